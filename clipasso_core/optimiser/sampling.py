"""Pictures read between their pixels."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

# devices for which torch has no way back through `grid_sample`
BY_HAND = ("mps",)


def sample(pictures: Tensor, grids: Tensor) -> Tensor:
    """Pictures [B, C, H, W] at places [B, h, w, 2] of x and y, -1 to 1 from edge to edge: weighted
    by the four pixels around, zeros outside; [B, C, h, w], with gradients of both.
    """
    if pictures.device.type in BY_HAND:
        return _by_hand(pictures, grids)
    return F.grid_sample(
        pictures, grids, mode="bilinear", padding_mode="zeros", align_corners=False
    )


def _by_hand(pictures: Tensor, grids: Tensor) -> Tensor:
    """The same by operations that every device knows."""
    height, width = pictures.shape[-2:]
    # places in pixels, counted from the first one's centre, and the pixel before: [B, h, w]
    x = ((grids[..., 0] + 1) * width - 1) / 2
    y = ((grids[..., 1] + 1) * height - 1) / 2
    left, top = x.detach().floor(), y.detach().floor()
    flat = pictures.flatten(2)  # [B, C, H * W]
    total = pictures.new_zeros(*pictures.shape[:2], *grids.shape[1:3])
    for column, share_x in ((left, left + 1 - x), (left + 1, x - left)):
        for row, share_y in ((top, top + 1 - y), (top + 1, y - top)):
            is_inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
            weight = torch.where(is_inside, share_x * share_y, 0)
            pixel = row.clamp(0, height - 1) * width + column.clamp(0, width - 1)
            index = pixel.long().flatten(1)[:, None].expand(-1, pictures.shape[1], -1)
            total = total + weight[:, None] * flat.gather(2, index).view_as(total)
    return total
