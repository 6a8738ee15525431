"""Pictures of a sketch while it grows, for an animation."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from clipasso_core.color import parse_color, to_rgb
from clipasso_core.errors import UserError
from clipasso_core.frame import CANVAS_PX
from clipasso_core.raster import render
from clipasso_core.raster.batch import to_batch
from clipasso_core.result import SketchResult
from clipasso_core.sketching.progress import Progress

SIDE_PX = 2 * CANVAS_PX


def draw(result: SketchResult, side_px: int = SIDE_PX) -> Image.Image:
    """The square that holds the subject, strokes on the paper asked for, else on white."""
    batch = to_batch(result.strokes, result.frame).scaled(side_px / CANVAS_PX)
    pixels = render(batch, (side_px, side_px))[0].permute(1, 2, 0).numpy()
    if result.request.paper is not None:
        black = replace(batch, color=torch.zeros_like(batch.color))
        # of what lies below the strokes
        left = render(black, (side_px, side_px))[0].permute(1, 2, 0).numpy()
        pixels = pixels - left * (1 - np.array(to_rgb(parse_color(result.request.paper))))
    return Image.fromarray((np.clip(pixels, 0, 1) * 255).round().astype(np.uint8))


class Stills:
    """Writes ``frame-00001.png``, ... into a folder, which is made if its parent exists. Raises
    `UserError` when it can't.
    """

    def __init__(self, folder: str | Path) -> None:
        self._folder = Path(folder)
        try:
            self._folder.mkdir(exist_ok=True)
        except OSError as error:
            raise UserError(
                "cannot-write",
                "the folder {folder} can't be made ({reason}): choose another with --frames",
                folder=folder,
                reason=error.strerror,
            ) from None

    def add(self, progress: Progress) -> None:
        """The best sketch so far as the next picture."""
        path = self._folder / f"frame-{progress.step:05}.png"
        try:
            draw(progress.preview()).save(path)
        except OSError as error:
            raise UserError(
                "cannot-write",
                "{path} can't be written ({reason}): free some room or choose another folder with"
                " --frames",
                path=path,
                reason=error.strerror,
            ) from None
