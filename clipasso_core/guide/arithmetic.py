"""How a guide's numbers are kept: the precision a device is good at, batch norms folded away."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

# generations of NVIDIA's cards, the first number of their compute capability
BF16_FROM, FP16_FROM = 8, 7
# A layer's term is a mean over a hundred thousand values, and fp16 ends at 6e-8: unmagnified, the
# gradient of RN50 was zero. A power of two, which rounds nothing.
MAGNIFIED = 2.0**12
_NAMED = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def choose_dtype(precision: str, device: torch.device) -> torch.dtype:
    """The dtype for `precision`.

    ``auto`` takes 16 bits where the device multiplies them natively, bf16 before fp16: its range
    holds the small gradients of the layer terms without scaling. Of NVIDIA's cards Ampere and newer
    know bf16, Volta and Turing fp16; older ones compute fp16 more slowly than fp32.
    """
    if precision != "auto":
        return _NAMED[precision]
    if device.type == "cuda" and torch.version.hip is None:
        generation, _ = torch.cuda.get_device_capability(device)
        if generation >= BF16_FROM:
            return torch.bfloat16
        return torch.float16 if generation >= FP16_FROM else torch.float32
    if device.type == "cuda":
        natively = torch.cuda.is_bf16_supported(including_emulation=False)
        return torch.bfloat16 if natively else torch.float16
    if device.type == "cpu" and native_bf16():
        return torch.bfloat16
    return torch.float32


def put_in(pictures: Tensor, dtype: torch.dtype) -> Tensor:
    """Pictures [B, 3, H, W] as a network takes them; the gradient comes back at its own size."""
    if dtype == torch.float16:
        pictures = _Magnified.apply(pictures, 1 / MAGNIFIED)
    return pictures.to(dtype, memory_format=torch.channels_last)


def taken_out(values: Tensor) -> Tensor:
    """What a network sees, in float32; into fp16 the gradient goes magnified."""
    if values.dtype != torch.float16:
        return values.float()
    magnified: Tensor = _Magnified.apply(values.float(), MAGNIFIED)
    return magnified


class _Magnified(torch.autograd.Function):
    """The same values, with a gradient so many times as large."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, times: float) -> Tensor:
        ctx.times = times
        return values.view_as(values)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        return grad * ctx.times, None


def native_bf16() -> bool:
    """Whether this processor multiplies bf16 natively (AVX-512 BF16 or AMX).

    Emulated, bf16 is slower than fp32.
    """
    probes = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(getattr(torch.cpu, probe)() for probe in probes if hasattr(torch.cpu, probe))


def freeze(network: nn.Module) -> nn.Module:
    """Evaluation mode, no weight gradients, batch norms folded into the convolution before them."""
    network.eval().requires_grad_(False)
    for parent in network.modules():
        children = list(parent.named_children())
        for (conv_name, conv), (norm_name, norm) in pairwise(children):
            if (
                isinstance(conv, nn.Conv2d)
                and isinstance(norm, nn.BatchNorm2d)
                and norm.num_features == conv.out_channels
            ):
                setattr(parent, conv_name, fuse_conv_bn_eval(conv, norm))
                # timm's norms carry their activation
                setattr(parent, norm_name, getattr(norm, "act", nn.Identity()))
    for module in network.modules():
        if isinstance(module, (nn.ReLU, nn.Hardtanh)):  # ReLU6 is a Hardtanh
            module.inplace = False  # with a gradient, "in place" computes elsewhere and copies back
    return network.requires_grad_(False)
