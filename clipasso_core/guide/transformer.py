"""A vision transformer's layers (Dosovitskiy et al. 2021), frozen, as contiguous matrix products.

PyTorch's own attention, given pictures first, multiplies the tokens of each place with a copy of
the weights: 50 copies a block for ViT-B/32, nine tenths of a step on a processor.
"""

from __future__ import annotations

from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn


class SelfAttention(nn.Module):
    """A frozen `nn.MultiheadAttention` of tokens to one another: same numbers, same call."""

    def __init__(self, attention: nn.MultiheadAttention) -> None:
        super().__init__()
        self.in_proj_weight = attention.in_proj_weight  # [3D, D]
        self.in_proj_bias = attention.in_proj_bias  # [3D]
        self.out_proj = attention.out_proj
        self.heads = attention.num_heads
        self.width = attention.embed_dim  # D

    def forward(
        self,
        tokens: Tensor,
        _key: Tensor,
        _value: Tensor,
        need_weights: bool = False,
        attn_mask: Any = None,
    ) -> tuple[Tensor, None]:
        """tokens: [B, L, D]."""
        assert not need_weights, "an image tower never asks for them"
        assert attn_mask is None
        # queries, keys and values side by side [B, L, 3D], then each by heads [B, heads, L, d]
        projected = F.linear(tokens.contiguous(), self.in_proj_weight, self.in_proj_bias)
        query, key, value = (
            part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in projected.chunk(3, -1)
        )
        # each token's attention to all others: [B, heads, L, L], not by torch's fused operation,
        # whose way back takes twice as long in bf16
        weights = (query * query.shape[-1] ** -0.5 @ key.transpose(-1, -2)).softmax(-1)
        # what it draws from them, heads joined again: [B, L, D]
        drawn = (weights @ value).transpose(1, 2).flatten(2)
        return self.out_proj(drawn), None


class Patches(nn.Module):
    """A frozen `nn.Conv2d` whose windows lie side by side, as one product."""

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        assert convolution.bias is None
        self.side = convolution.kernel_size[0]
        # [D, 3 * side * side]
        self.weight = nn.Parameter(convolution.weight.flatten(1), requires_grad=False)

    def forward(self, pictures: Tensor) -> Tensor:
        """[B, 3, H, W] to [B, D, H / side, W / side]."""
        # windows side by side [B, 3, h, w, side, side], each as one row [B, h, w, 3 * side * side]
        windows = pictures.unfold(2, self.side, self.side).unfold(3, self.side, self.side)
        rows = windows.permute(0, 2, 3, 1, 4, 5).flatten(3)
        return F.linear(rows, self.weight).permute(0, 3, 1, 2)


def straighten(tower: Any) -> None:
    """Put these layers in the place of torch's in an open_clip `VisionTransformer`.

    Blocks with an attention of their own keep it.
    """
    for block in tower.transformer.resblocks:
        attention = getattr(block, "attn", None)
        if isinstance(attention, nn.MultiheadAttention) and attention.batch_first:
            block.attn = SelfAttention(attention)
    if tower.conv1.bias is None:
        tower.conv1 = Patches(tower.conv1)
