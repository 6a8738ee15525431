"""The square of a picture that the optimiser draws on, and the way back to the picture's pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

Pixel = TypeVar("Pixel", bound=np.generic)
CANVAS_PX = 224  # side of the optimiser's canvas: the guides' own input (paper, section 3)


@dataclass(frozen=True)
class Frame:
    """A square in the picture's pixels; it may reach beyond the picture, where it is white."""

    x: float
    y: float
    side: float

    @property
    def scale(self) -> float:
        """Picture pixels to one pixel of the canvas."""
        return self.side / CANVAS_PX

    @property
    def _corner(self) -> NDArray[np.floating]:
        return np.array([self.x, self.y])

    def to_picture(self, canvas_xy: NDArray[np.floating]) -> NDArray[np.floating]:
        """[..., 2] points on the canvas, in picture pixels."""
        return canvas_xy * self.scale + self._corner

    def to_canvas(self, picture_xy: NDArray[np.floating]) -> NDArray[np.floating]:
        """[..., 2] points in picture pixels, on the canvas."""
        return (picture_xy - self._corner) / self.scale

    def cut(self, pixels: NDArray[np.floating], scale: float, fill: float) -> NDArray[np.floating]:
        """The canvas' view of pixels of which `scale` are one of the picture.

        pixels: [h, w] or [h, w, C] float32. Returns [224, 224(, C)]; what lies outside the picture
        is `fill`. Reduced by area, so that fine texture doesn't alias.
        """
        square, _ = self.square(pixels.astype(np.float32, copy=False), scale, fill)
        side = len(square)
        way = cv2.INTER_AREA if side > CANVAS_PX else cv2.INTER_CUBIC
        view = cv2.resize(square, (CANVAS_PX, CANVAS_PX), interpolation=way)
        return np.asarray(view, np.float32)

    def square(
        self, pixels: NDArray[Pixel], scale: float, fill: float
    ) -> tuple[NDArray[Pixel], tuple[int, int]]:
        """The frame in pixels of which `scale` are one of the picture, [side, side(, C)], `fill`
        beside the picture; and its left upper corner there.
        """
        side = max(1, round(self.side * scale))
        left, top = round(self.x * scale), round(self.y * scale)
        square = np.full((side, side, *pixels.shape[2:]), fill, pixels.dtype)
        # what the picture has of it
        height, width = pixels.shape[:2]
        x0, y0 = max(left, 0), max(top, 0)
        x1, y1 = min(left + side, width), min(top + side, height)
        if x1 > x0 and y1 > y0:
            square[y0 - top : y1 - top, x0 - left : x1 - left] = pixels[y0:y1, x0:x1]
        return square, (left, top)
