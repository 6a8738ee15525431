"""The fused renderer: one kernel draws, one brings the gradient back; for NVIDIA's and AMD's cards
under Linux, where torch brings Triton along.

The same picture as `dense`, which looks from every pixel at every stroke and moves gigabytes for
it. Shapes and launches never depend on where strokes lie, so that a step can be recorded.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from clipasso_core.raster import StrokeBatch


def render(strokes: StrokeBatch, size: tuple[int, int]) -> Tensor:
    """See `clipasso_core.raster.render`. The kernels compute in 32 bits whatever they are given."""
    batch, count, length, _ = strokes.points.shape
    # all sketches' strokes in one row: [B * N, P, 2], [B * N], [B * N, 3]
    image: Tensor = _Draw.apply(
        strokes.points.float().reshape(batch * count, length, 2),
        strokes.width.float().reshape(-1) / 2,
        strokes.color.float().reshape(-1, 3),
        strokes.opacity.float().reshape(-1),
        batch,
        size,
    )
    return image.to(strokes.points.dtype)


@torch.enable_grad()  # whoever asks first may want none
def try_out(device: str = "cuda") -> None:
    """Draw one stroke on the GPU, and bring a gradient back. Raises whatever is in the way: a
    compiler or headers that are missing, a driver that is too old.
    """
    points = torch.tensor([[[[2.0, 2.0], [4, 9], [9, 4], [12, 12]]]], device=device)
    points.requires_grad_(True)
    one, black = points.new_ones(1, 1), points.new_zeros(1, 1, 3)
    image = render(StrokeBatch(points, 3 * one, black, one), (16, 16))
    (gradient,) = torch.autograd.grad(image.sum(), points)
    darkest = float(image.detach().min())
    if darkest > 0.01 or not bool(gradient.isfinite().all()) or not bool(gradient.any()):
        raise RuntimeError("it draws nothing")


class _Draw(torch.autograd.Function):
    """Images [B, 3, H, W] of strokes, in composite order sketch by sketch."""

    @staticmethod
    def forward(
        ctx: Any,
        points: Tensor,
        half: Tensor,
        color: Tensor,
        opacity: Tensor,
        batch: int,
        size: tuple[int, int],
    ) -> Tensor:
        from clipasso_core.raster import kernels

        height, width = size
        strokes, length, _ = points.shape
        across, down = -(-width // kernels.TILE.value), -(-height // kernels.TILE.value)
        inputs = tuple(value.contiguous() for value in (points, half, color, opacity))
        image = points.new_empty(batch, 3, height, width)
        # of each stroke at each pixel: where on it the nearest point lies, and the light that is
        # left by the strokes above; [B * N, H * W]
        parameter = points.new_empty(strokes, height * width)
        above = torch.empty_like(parameter)
        # whether a tile sees a stroke: [B * N, tiles]
        touched = points.new_empty(strokes, across * down, dtype=torch.int8)
        counts = strokes // batch, (length - 1) // 3, height, width, across
        with torch.cuda.device_of(points):
            kernels.forward[across * down, batch](
                *inputs, image, parameter, above, touched, *counts, num_warps=kernels.WARPS
            )
        ctx.save_for_backward(*inputs, parameter, above, touched)
        ctx.counts, ctx.batch = counts, batch
        return image

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        from clipasso_core.raster import kernels

        points, half, color, opacity, *seen = ctx.saved_tensors
        wants_points, *wants_style = ctx.needs_input_grad[:4]
        strokes, length, _ = points.shape
        tiles = seen[-1].shape[1]
        # Each tile writes its own share, and all are added up afterwards: always in the same order,
        # so that the same strokes have the same gradient. [B * N, tiles, values of a stroke]
        shares = points.new_zeros(strokes, tiles, 2 * length + kernels.STYLES)
        with torch.cuda.device_of(points):
            kernels.backward[tiles, ctx.batch](
                *(points, half, color, opacity),
                grad.contiguous(),
                *seen,
                shares,
                *ctx.counts,
                with_style=any(wants_style),
                num_warps=kernels.WARPS,
            )
        total = shares.sum(1)
        of_points = total[:, : 2 * length].reshape(strokes, length, 2) if wants_points else None
        of_half, of_opacity, of_color = total[:, 2 * length :].split((1, 1, 3), 1)
        wants_half, wants_color, wants_opacity = wants_style
        return (
            of_points,
            of_half[:, 0] if wants_half else None,
            of_color if wants_color else None,
            of_opacity[:, 0] if wants_opacity else None,
            None,
            None,
        )
