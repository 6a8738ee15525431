"""Frozen convolutions on a processor, their weights sorted once as it wants to have them: otherwise every call sorts them anew."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

PACKED = ("_convolution_pointwise", "_reorder_convolution_weight")  # oneDNN's operations, where torch was built with it
FOLLOWS = {"conv1": "act1", "conv2": "act2"}  # in CLIP's ResNets; the third convolution's sum is rectified, not what it gives
log = logging.getLogger(__name__)


class Convolution:
    """A convolution without gradient, packed for one shape where torch has oneDNN (other batch sizes are right, too).

    takes: the shape of what comes in. highest: what comes out is cut at 0 and there, infinity included; None leaves it as it is.
    """

    def __init__(
        self,
        weight: Tensor,
        bias: Tensor | None,
        stride: int,
        around: int,
        groups: int,
        takes: Sequence[int],
        highest: float | None = None,
    ) -> None:
        self._bias, self._highest = bias, highest
        self._settings = [stride] * 2, [around] * 2, [1, 1], groups
        self._mkldnn = torch.ops.mkldnn if can_pack(weight.dtype) else None
        self._weight = weight.contiguous()
        if self._mkldnn is not None:
            self._weight = self._mkldnn._reorder_convolution_weight(self._weight, [around] * 2, [stride] * 2, [1, 1], groups, list(takes))
        self._then: tuple[str, list[float]] = ("none", [])
        if highest is not None:
            self._then = ("relu", []) if math.isinf(highest) else ("hardtanh", [0.0, highest])

    def __call__(self, x: Tensor) -> Tensor:
        stride, around, dilation, groups = self._settings
        if self._mkldnn is None:
            y = F.conv2d(x, self._weight, self._bias, stride, around, dilation, groups)
            return y if self._highest is None else F.hardtanh(y, 0.0, self._highest, inplace=True)
        return self._mkldnn._convolution_pointwise(x, self._weight, self._bias, around, stride, dilation, groups, *self._then, "")


class PackedConv2d(nn.Module):
    """In the place of a frozen `nn.Conv2d` of stride 1, with the ReLU behind it or without. Gradients flow to what comes in."""

    def __init__(self, convolution: nn.Conv2d, relu: bool = False) -> None:
        super().__init__()
        assert convolution.stride == (1, 1)
        assert convolution.groups == 1
        self._convolution: nn.Conv2d | None = convolution
        self._relu = relu
        self._there: Convolution | None = None
        self._back: Convolution | None = None

    def forward(self, x: Tensor) -> Tensor:
        if self._there is None or self._back is None:
            self._there, self._back = self._pack(x.shape)
        return _Pass.apply(x, self._there, self._back, self._relu)

    def _pack(self, takes: Sequence[int]) -> tuple[Convolution, Convolution]:
        """For the first shape that comes along; the weights as they were are let go."""
        assert self._convolution is not None
        weight, bias = self._convolution.weight.detach(), self._convolution.bias
        around, kernel = self._convolution.padding[0], weight.shape[-1]
        assert isinstance(around, int)
        gives = (takes[0], weight.shape[0], *(side + 2 * around - kernel + 1 for side in takes[2:]))
        there = Convolution(weight, None if bias is None else bias.detach(), 1, around, 1, takes, math.inf if self._relu else None)
        back = Convolution(weight.transpose(0, 1).flip(2, 3), None, 1, kernel - 1 - around, 1, gives)
        self._convolution = None
        return there, back


class _Pass(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, there: Convolution, back: Convolution, relu: bool) -> Tensor:
        y = there(x)
        ctx.back, ctx.relu = back, relu
        if relu:
            ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None, None]:
        gradient = gradient.contiguous(memory_format=torch.channels_last)
        if ctx.relu:
            gradient = torch.ops.aten.threshold_backward(gradient, ctx.saved_tensors[0], 0)
        return ctx.back(gradient), None, None, None


def pack(network: nn.Module) -> None:
    """Put a `PackedConv2d` in the place of every convolution of stride 1, and of the ReLU that follows it as in a bottleneck."""
    for parent in list(network.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.Conv2d) and child.stride == (1, 1) and child.groups == 1:
                act = FOLLOWS.get(name, "")
                relu = isinstance(getattr(parent, act, None), nn.ReLU)
                setattr(parent, name, PackedConv2d(child, relu))
                if relu:
                    setattr(parent, act, nn.Identity())


@lru_cache
def can_pack(dtype: torch.dtype) -> bool:
    """Whether this torch has oneDNN's packed convolutions, and they work here: tried once, for what torch keeps to itself may change."""
    if not (torch.backends.mkldnn.is_available() and all(hasattr(torch.ops.mkldnn, name) for name in PACKED)):
        return False
    x = torch.linspace(-1, 1, 64).view(1, 4, 4, 4).to(dtype)
    weight = torch.linspace(-1, 1, 16).view(4, 4, 1, 1).to(dtype)
    try:
        packed = torch.ops.mkldnn._reorder_convolution_weight(weight, [0, 0], [1, 1], [1, 1], 1, list(x.shape))
        seen = torch.ops.mkldnn._convolution_pointwise(x, packed, None, [0, 0], [1, 1], [1, 1], 1, "none", [], "")
        return torch.allclose(seen.float(), F.conv2d(x.float(), weight.float()), atol=0.1)
    except RuntimeError as error:
        log.warning("layers are not packed on this processor: %s", error)
        return False
