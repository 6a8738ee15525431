"""Strokes as the rasteriser takes them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from clipasso_core.color import to_rgb
from clipasso_core.frame import Frame
from clipasso_core.raster import StrokeBatch
from clipasso_core.strokes import Stroke, padded


def to_batch(strokes: Sequence[Stroke], frame: Frame, width_px: float | None = None) -> StrokeBatch:
    """One sketch [1, N, ...] on the frame's canvas.

    width_px: in canvas pixels, in the place of the strokes' own widths.
    """
    points = padded([np.asarray(stroke.points, dtype=np.float64) for stroke in strokes])
    widths = [
        width_px if width_px is not None else stroke.width / frame.scale for stroke in strokes
    ]
    return StrokeBatch(
        torch.tensor(frame.to_canvas(points), dtype=torch.float32)[None],
        torch.tensor(widths, dtype=torch.float32)[None],
        torch.tensor([to_rgb(stroke.color) for stroke in strokes], dtype=torch.float32)[None],
        torch.tensor([stroke.opacity for stroke in strokes], dtype=torch.float32)[None],
    )
