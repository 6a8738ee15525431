"""Strokes to draw, and how what is drawn is compared."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from clipasso_core.raster import StrokeBatch

SIZE = (56, 64)
Render = Callable[[StrokeBatch, tuple[int, int]], Tensor]


def some_strokes(
    seed: int, batch: int = 1, count: int = 5, cubics: int = 1, dtype: torch.dtype = torch.float64
) -> StrokeBatch:
    """Random strokes, wide and thin, some of them reaching beyond the canvas."""
    generator = torch.Generator().manual_seed(seed)
    first = torch.rand(batch, count, 1, 2, generator=generator, dtype=dtype) * 56
    moves = (torch.rand(batch, count, 3 * cubics, 2, generator=generator, dtype=dtype) - 0.4) * 26
    return StrokeBatch(
        torch.cat([first, first + moves.cumsum(2)], 2),
        torch.rand(batch, count, generator=generator, dtype=dtype) * 5 + 1.2,
        torch.rand(batch, count, 3, generator=generator, dtype=dtype),
        torch.rand(batch, count, generator=generator, dtype=dtype) * 0.6 + 0.4,
    )


def gradients(draw: Render, strokes: StrokeBatch, weights: Tensor) -> dict[str, Tensor]:
    """The gradient of a weighted sum of the image, by name."""
    leaves = {
        name: value.detach().clone().requires_grad_(True) for name, value in vars(strokes).items()
    }
    size = weights.shape[-2], weights.shape[-1]
    (draw(StrokeBatch(**leaves), size) * weights).sum().backward()
    return {name: leaf.grad for name, leaf in leaves.items()}


def cosine(one: Tensor, other: Tensor) -> Tensor:
    """How alike two gradients are, of any shape."""
    return torch.cosine_similarity(one.flatten(), other.flatten(), dim=0)


def smooth_weights(size: tuple[int, int] = SIZE) -> Tensor:
    """As an image loss has them: neighbouring pixels weigh alike."""
    y, x = torch.meshgrid(torch.arange(size[0]), torch.arange(size[1]), indexing="ij")
    bands = [torch.sin(x / 9.0 + band) * torch.cos(y / 7.0 - band) for band in range(3)]
    return torch.stack(bands)[None].double()


def black(points: Tensor, width: float) -> StrokeBatch:
    """One opaque stroke [1, 1, P, 2]."""
    return StrokeBatch(points, torch.full((1, 1), width), torch.zeros(1, 1, 3), torch.ones(1, 1))
