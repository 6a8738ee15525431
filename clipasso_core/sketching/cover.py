"""What lines of a drawing cover of the canvas."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from clipasso_core.document.drawing import Line
from clipasso_core.frame import CANVAS_PX, Frame
from clipasso_core.sketching.stage import DRAWN_WIDTH_PX
from clipasso_core.strokes import padded, sampled

FARTHEST_PX = 1e6  # from the canvas that an outline is followed
SUBPIXEL_BITS = 4  # of OpenCV's fixed-point coordinates


def cover(lines: Sequence[Line], frame: Frame, black: bool = False) -> np.ndarray:
    """How dark lines are on a frame's canvas [224, 224], 0 to 1, with the engine's own rasteriser;
    fills as polygons. black: as if their ink were, which is how the optimiser draws.
    """
    left = np.ones((CANVAS_PX, CANVAS_PX), np.float64)  # of the white
    for line in lines:
        chains = [frame.to_canvas(chain) for chain in line.chains]
        if line.fill > 0:
            left *= 1 - line.fill * _filled(chains)
        darkness = 1.0 if black else line.darkness
        if darkness > 0 and line.width > 0:
            left *= 1 - darkness * _stroked(chains, line.width / frame.scale)
    return 1 - left


def _filled(chains: Sequence[np.ndarray]) -> np.ndarray:
    """What the outlines [3k+1, 2] (canvas px) enclose, [224, 224] in 0..1."""
    sheet = np.zeros((CANVAS_PX, CANVAS_PX), np.uint8)
    # [n, 2] each, whole numbers that OpenCV can hold
    places = [sampled(chain).clip(-FARTHEST_PX, FARTHEST_PX) for chain in chains]
    outlines = [np.round(place * 2**SUBPIXEL_BITS).astype(np.int32) for place in places]
    cv2.fillPoly(sheet, outlines, 255, cv2.LINE_AA, SUBPIXEL_BITS)
    return sheet / 255


def _stroked(chains: Sequence[np.ndarray], width_px: float) -> np.ndarray:
    """What black strokes along chains [3k+1, 2] (canvas px) cover, [224, 224] in 0..1."""
    import torch

    from clipasso_core.raster import StrokeBatch, render

    thinnest, thickest = DRAWN_WIDTH_PX
    count = len(chains)
    batch = StrokeBatch(
        torch.tensor(padded(chains), dtype=torch.float32)[None],
        torch.full((1, count), min(max(width_px, thinnest), thickest)),
        torch.zeros(1, count, 3),
        torch.ones(1, count),
    )
    with torch.no_grad():
        drawn = render(batch, (CANVAS_PX, CANVAS_PX))
    return 1 - drawn[0, 0].numpy()
