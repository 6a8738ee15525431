"""How a guide's numbers are kept: the precision a device is good at, batch norms folded away."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

_NAMED = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def choose_dtype(precision: str, device: torch.device) -> torch.dtype:
    """The dtype for `precision`.

    ``auto`` takes 16 bits where the device computes them natively, bf16 before fp16: its range
    holds the small gradients of the layer terms without scaling.
    """
    if precision != "auto":
        return _NAMED[precision]
    if device.type == "cuda":
        natively = torch.cuda.is_bf16_supported(including_emulation=False)
        return torch.bfloat16 if natively else torch.float16
    if device.type == "cpu" and native_bf16():
        return torch.bfloat16
    return torch.float32


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
