"""From strokes to an image, differentiably: one meaning, several rasterisers.

A stroke is a chain of cubic Beziers drawn with a round pen. A pixel's coverage is the overlap of
the pen's cross-section with a one-pixel box centred on the pixel's centre, measured along the
distance to the nearest point of the chain. Strokes are composited in order, each over what lies
below, the first over the background (white).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

from clipasso_core.errors import UserError
from clipasso_core.request import RASTERISERS
from clipasso_core.wording import Wording

if TYPE_CHECKING:
    from torch import Tensor

# that all cubics look at together, at most, before the sparse rasteriser is lighter on memory
DENSE_PIXELS = 128 * 224 * 224
STEADY = ("dense", "fused")  # those that do the same work, in the same shapes, for any strokes

log = logging.getLogger(__name__)


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
    if rasteriser == "fused":
        _require_fused(strokes.points.device.type)
        from clipasso_core.raster import fused

        return fused.render(strokes, size)
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
        "bad-rasteriser",
        "there is no rasteriser '{rasteriser}': choose one of {names}",
        rasteriser=rasteriser,
        names=names,
    )


def _require_fused(device: str) -> None:
    if device != "cuda":
        raise UserError(
            "no-fused",
            "the fused rasteriser can't be used here, there is no GPU: leave --rasteriser out to"
            " use one that can",
        )
    lack = why_not_fused()
    if lack is None:
        return
    if not lack.values:
        raise UserError(
            "no-fused",
            "the fused rasteriser can't be used here, Triton is not installed: leave --rasteriser"
            " out to use one that can",
        )
    raise UserError(
        "no-fused",
        "the fused rasteriser can't be used here, Triton fails ({fault}): leave --rasteriser out to"
        " use one that can",
        fault=lack.values["fault"],
    )


def fitting(device: str, cubics: int, size: tuple[int, int]) -> str:
    """The rasteriser for so many cubics, of all sketches together, on that type of device."""
    if device != "cuda":
        return "sparse"
    if why_not_fused() is None:
        return "fused"
    return "dense" if cubics * size[0] * size[1] <= DENSE_PIXELS else "sparse"


def available(rasteriser: str) -> bool:
    """Whether that rasteriser's package can be imported."""
    package = {"diffvg": "pydiffvg", "fused": "triton"}.get(rasteriser)
    return package is None or find_spec(package) is not None


@cache
def why_not_fused() -> Wording | None:
    """Why the fused kernels can't be built or run on this machine's GPU, a clause; None if they
    can. Tried once, with one stroke.
    """
    if not available("fused"):
        return Wording("Triton is not installed")
    from clipasso_core.raster import fused

    try:
        fused.try_out()
    # Triton builds with the machine's compiler and headers, for the machine's driver: it fails in
    # many ways, and each has another rasteriser as its way on
    except Exception as error:
        reason = (str(error).splitlines() or [""])[0]
        log.warning("the fused rasteriser can't be used on this GPU", exc_info=True)
        return Wording("Triton fails ({fault})", fault=f"{type(error).__name__}: {reason}")
    return None
