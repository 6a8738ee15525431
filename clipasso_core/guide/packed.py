"""Frozen convolutions on a processor, their weights sorted once as it wants to have them.

Otherwise every call sorts them anew.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# oneDNN's operations, where torch was built with it
PACKED = ("_convolution_pointwise", "_reorder_convolution_weight")
# in CLIP's ResNets; the third convolution's sum is rectified, not what it gives
FOLLOWS = {"conv1": "act1", "conv2": "act2"}
log = logging.getLogger(__name__)


class Convolution:
    """A convolution without gradient, packed for one shape where torch has oneDNN.

    Other batch sizes are right, too. takes: the shape of what comes in. highest: what comes out is
    cut at 0 and there, infinity included; None leaves it as it is.
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
        self._bias = bias
        self._highest = highest
        self._stride = [stride, stride]
        self._around = [around, around]
        self._dilation = [1, 1]
        self._groups = groups
        self._mkldnn = torch.ops.mkldnn if can_pack(weight.dtype) else None
        self._weight = weight.contiguous()
        if self._mkldnn is not None:
            self._weight = self._mkldnn._reorder_convolution_weight(
                self._weight, self._around, self._stride, self._dilation, groups, list(takes)
            )
        self._then: tuple[str, list[float]] = ("none", [])
        if highest is not None:
            self._then = ("relu", []) if math.isinf(highest) else ("hardtanh", [0.0, highest])

    def __call__(self, x: Tensor) -> Tensor:
        weight, bias = self._weight, self._bias
        stride, around, dilation = self._stride, self._around, self._dilation
        if self._mkldnn is None:
            y = F.conv2d(x, weight, bias, stride, around, dilation, self._groups)
            return y if self._highest is None else F.hardtanh(y, 0.0, self._highest, inplace=True)
        packed: Tensor = self._mkldnn._convolution_pointwise(
            x, weight, bias, around, stride, dilation, self._groups, *self._then, ""
        )
        return packed


class Layer:
    """A frozen convolution and its way back. takes, highest: as `Convolution` has them.

    A strided one must end where what comes in ends.
    """

    def __init__(
        self, convolution: nn.Conv2d, takes: Sequence[int], highest: float | None = None
    ) -> None:
        weight = convolution.weight.detach()
        bias = None if convolution.bias is None else convolution.bias.detach()
        groups = convolution.groups
        stride, around, kernel = convolution.stride[0], convolution.padding[0], weight.shape[-1]
        assert isinstance(around, int)
        self._highest = highest
        self._stride = stride
        self._convolve = Convolution(weight, bias, stride, around, groups, takes, highest)
        # shape of what comes out; pictures are square
        side = (takes[2] + 2 * around - kernel) // stride + 1
        self.gives = (takes[0], convolution.out_channels, side, side)
        # the kernel of the way back: [in, out / groups, k, k]
        turned = (weight if groups > 1 else weight.transpose(0, 1)).flip(2, 3)
        # a strided layer's gradient with zeros between: then the way back is an ordinary layer
        self._spread = stride * (side - 1) + 1
        spread = (*self.gives[:2], self._spread, self._spread)
        self._convolve_back = Convolution(turned, None, 1, kernel - 1 - around, groups, spread)

    def __call__(self, x: Tensor) -> Tensor:
        return self._convolve(x)

    def back(self, gradient: Tensor, gave: Tensor | None = None) -> Tensor:
        """The gradient of what came in; `gave`: what came out, of a bounded layer."""
        if self._highest is not None:
            gradient = torch.ops.aten.hardtanh_backward(gradient, gave, 0.0, self._highest)
        return self.back_unbounded(gradient)

    def back_unbounded(self, gradient: Tensor) -> Tensor:
        """The gradient of what came in, by that of what the convolution gave."""
        if self._stride > 1:
            # with zeros between, channels last in memory: [B, C, spread, spread]
            size, channels = gradient.shape[:2]
            zeros = gradient.new_zeros(size, self._spread, self._spread, channels)
            spread = zeros.permute(0, 3, 1, 2)
            spread[:, :, :: self._stride, :: self._stride] = gradient
            gradient = spread
        return self._convolve_back(gradient)


class PackedConv2d(nn.Module):
    """In the place of a frozen `nn.Conv2d`, with the ReLU behind it or without.

    Gradients flow to what comes in.
    """

    def __init__(self, convolution: nn.Conv2d, relu: bool) -> None:
        super().__init__()
        self._convolution: nn.Conv2d | None = convolution
        self._relu = relu
        self._layer: Layer | None = None

    def forward(self, x: Tensor) -> Tensor:
        # packed for the first shape that comes along; the weights as they were are let go
        if self._layer is None:
            assert self._convolution is not None
            self._layer = Layer(self._convolution, x.shape, math.inf if self._relu else None)
            self._convolution = None
        y: Tensor = _Pass.apply(x, self._layer, self._relu)
        return y


class _Pass(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, layer: Layer, relu: bool) -> Tensor:
        y = layer(x)
        ctx.layer = layer
        _keep_signs(ctx, y, relu)
        return y

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        gradient = _where_positive(ctx, gradient)
        gradient = gradient.contiguous(memory_format=torch.channels_last)
        return ctx.layer.back_unbounded(gradient), None, None


class Rectifier(nn.Module):
    """In the place of an `nn.ReLU`: the same numbers. For the way back it keeps a byte for each of
    them in the place of four, of which a step of RN101 has 80 million.
    """

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = _Rectify.apply(x)
        return y


class _Rectify(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        y = x.relu()
        _keep_signs(ctx, y, True)
        return y

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        return _where_positive(ctx, gradient)


def _keep_signs(ctx: Any, y: Tensor, relu: bool) -> None:
    """Where a ReLU lets the gradient through, if there is one."""
    if relu and ctx.needs_input_grad[0]:
        ctx.save_for_backward(y > 0)


def _where_positive(ctx: Any, gradient: Tensor) -> Tensor:
    for positive in ctx.saved_tensors:
        return torch.where(positive, gradient, 0)
    return gradient


def pack(network: nn.Module) -> None:
    """Put a `PackedConv2d` in the place of every convolution of stride 1, and of the ReLU that
    follows it as in a bottleneck; a `Rectifier` in the place of the others.
    """
    for parent in list(network.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.Conv2d) and child.stride == (1, 1):
                act = FOLLOWS.get(name, "")
                relu = isinstance(getattr(parent, act, None), nn.ReLU)
                setattr(parent, name, PackedConv2d(child, relu))
                if relu:
                    setattr(parent, act, nn.Identity())
    for parent in list(network.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.ReLU):
                setattr(parent, name, Rectifier())


@lru_cache
def can_pack(dtype: torch.dtype) -> bool:
    """Whether this torch has oneDNN's packed convolutions, and they work here.

    Tried once, for what torch keeps to itself may change.
    """
    if not torch.backends.mkldnn.is_available():
        return False
    if not all(hasattr(torch.ops.mkldnn, name) for name in PACKED):
        return False
    # a picture of four channels and a kernel of one pixel, packed and as ever
    x = torch.linspace(-1, 1, 64).view(1, 4, 4, 4).to(dtype)
    weight = torch.linspace(-1, 1, 16).view(4, 4, 1, 1).to(dtype)
    try:
        packed = torch.ops.mkldnn._reorder_convolution_weight(
            weight, [0, 0], [1, 1], [1, 1], 1, list(x.shape)
        )
        seen = torch.ops.mkldnn._convolution_pointwise(
            x, packed, None, [0, 0], [1, 1], [1, 1], 1, "none", [], ""
        )
        return torch.allclose(seen.float(), F.conv2d(x.float(), weight.float()), atol=0.1)
    except RuntimeError as error:
        log.warning("layers are not packed on this processor: %s", error)
        return False
