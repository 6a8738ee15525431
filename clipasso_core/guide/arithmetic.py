"""How a guide's numbers are kept: which precision a device is good at, and batch norms folded away."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

_NAMED = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def choose_dtype(precision: str, device: torch.device) -> torch.dtype:
    """The dtype for `precision`; ``auto`` takes 16 bits where the device computes them natively, bf16 before fp16 (its range
    holds the small gradients of the layer terms without scaling)."""
    if precision != "auto":
        return _NAMED[precision]
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16
    if device.type == "cpu" and native_bf16():
        return torch.bfloat16
    return torch.float32


def native_bf16() -> bool:
    """Whether this processor multiplies bf16 natively (AVX-512 BF16 or AMX); emulated, it is slower than fp32."""
    probes = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(getattr(torch.cpu, probe)() for probe in probes if hasattr(torch.cpu, probe))


def freeze(network: nn.Module) -> nn.Module:
    """Evaluation mode, no weight gradients, every batch norm folded into the convolution before it."""
    network.eval().requires_grad_(False)
    for parent in network.modules():
        children = list(parent.named_children())
        for (conv_name, conv), (norm_name, norm) in pairwise(children):
            if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d) and norm.num_features == conv.out_channels:
                setattr(parent, conv_name, fuse_conv_bn_eval(conv, norm))
                setattr(parent, norm_name, getattr(norm, "act", nn.Identity()))  # timm's norms carry their activation
    for module in network.modules():
        if isinstance(module, (nn.ReLU, nn.Hardtanh)):  # ReLU6 is a Hardtanh
            module.inplace = False  # with a gradient, "in place" computes elsewhere and copies back
    return network.requires_grad_(False)


def differentiate_in_fp32(network: nn.Module) -> None:
    """Take the gradient of strided depthwise convolutions in fp32.

    On a CPU torch has no 16-bit kernel for it and falls back to one that takes thirty times as long as all the rest of a layer; with
    this one detour 16 bits are nearly twice as fast as 32 in a network of depthwise convolutions.
    """
    for parent in list(network.modules()):
        for name, child in parent.named_children():
            if isinstance(child, nn.Conv2d) and child.groups == child.in_channels > 1 and max(child.stride) > 1:
                setattr(parent, name, _StridedDepthwise(child))


class _StridedDepthwise(nn.Module):
    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        self.convolution = convolution
        self.wide = convolution.weight.float().contiguous(memory_format=torch.channels_last)

    def forward(self, x: Tensor) -> Tensor:
        conv = self.convolution
        return _Convolve.apply(x, conv.weight, self.wide, conv.bias, conv.stride, conv.padding, conv.groups)


class _Convolve(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, wide: Tensor, bias: Tensor | None, stride: Any, padding: Any, groups: int) -> Tensor:
        ctx.save_for_backward(wide)
        ctx.settings = x.shape, stride, padding, groups
        return F.conv2d(x, weight, bias, stride, padding, 1, groups)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        (wide,) = ctx.saved_tensors
        shape, stride, padding, groups = ctx.settings
        rest = [
            size - ((out - 1) * step + kernel - 2 * around)
            for size, out, step, kernel, around in zip(shape[2:], grad.shape[2:], stride, wide.shape[2:], padding, strict=True)
        ]
        down = F.conv_transpose2d(grad.float(), wide, None, stride, padding, rest, groups)
        return down.to(grad.dtype), None, None, None, None, None, None
