"""From strokes to an image, differentiably: one meaning, several rasterisers.

A stroke is a chain of cubic Beziers drawn with a round pen. A pixel's coverage is the overlap of
the pen's cross-section with a one-pixel box centred on the pixel's centre, measured along the
distance to the nearest point of the chain. Strokes are composited in order, each over what lies
below, the first over the background (white).
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

from clipasso_core.errors import UserError
from clipasso_core.request import RASTERISERS

if TYPE_CHECKING:
    from torch import Tensor

# that all cubics look at together, at most, before the sparse rasteriser is lighter on memory
DENSE_PIXELS = 128 * 224 * 224


@dataclass
class StrokeBatch:
    """B sketches of N strokes as tensors, in pixels of the canvas.

    Pixel (0, 0) covers [0, 1) x [0, 1). A chain of fewer cubics than the longest is padded by
    repeating its last point.
    """

    points: Tensor  # [B, N, 3K+1, 2]
    width: Tensor  # [B, N] full width, px
    color: Tensor  # [B, N, 3] in 0..1
    opacity: Tensor  # [B, N] in 0..1

    def scaled(self, factor: float) -> StrokeBatch:
        """The same sketches on a canvas `factor` times as large."""
        return StrokeBatch(self.points * factor, self.width * factor, self.color, self.opacity)

    def select(self, index: Tensor | slice) -> StrokeBatch:
        """The sketches that `index` picks from the batch."""
        return StrokeBatch(
            self.points[index], self.width[index], self.color[index], self.opacity[index]
        )


def render(strokes: StrokeBatch, size: tuple[int, int], rasteriser: str = "auto") -> Tensor:
    """Draw the strokes on white.

    size: (height, width) in px. rasteriser: ``auto`` is the `fitting` one.

    Returns images [B, 3, H, W] in 0..1 with gradients of points, width, colour and opacity. Raises
    `UserError` when the rasteriser's package is missing.
    """
    if rasteriser == "auto":
        cubics = strokes.width.numel() * ((strokes.points.shape[2] - 1) // 3)
        rasteriser = fitting(strokes.points.device.type, cubics, size)
    if rasteriser == "sparse":
        from clipasso_core.raster import sparse

        return sparse.render(strokes, size)
    if rasteriser == "dense":
        from clipasso_core.raster import dense

        return dense.render(strokes, size)
    if rasteriser == "diffvg":
        if not available("diffvg"):
            raise UserError(
                "no-diffvg",
                "the diffvg rasteriser needs the package pydiffvg, which is not installed; leave"
                " --rasteriser out to use the built-in one",
            )
        from clipasso_core.raster import diffvg

        return diffvg.render(strokes, size)
    names = ", ".join(RASTERISERS)
    raise UserError(
        "bad-rasteriser", f"there is no rasteriser '{rasteriser}': choose one of {names}"
    )


def fitting(device: str, cubics: int, size: tuple[int, int]) -> str:
    """The rasteriser for so many cubics, of all sketches together, on that type of device."""
    looks = cubics * size[0] * size[1]
    return "dense" if device == "cuda" and looks <= DENSE_PIXELS else "sparse"


def available(rasteriser: str) -> bool:
    """Whether that rasteriser's package can be imported."""
    return rasteriser != "diffvg" or find_spec("pydiffvg") is not None
