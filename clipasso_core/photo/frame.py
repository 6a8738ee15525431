"""The square of the picture that the optimiser draws on, and the way back to picture pixels."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

CANVAS_PX = 224  # side of the optimiser's canvas: the guides' own input (paper, section 3)
ROOM = 0.15  # share of the subject's longer side that is left free around it
SUBJECT = 0.5  # mask value from which a pixel belongs to the subject
FADE_PX = 20.0  # canvas px over which a subject that the picture cuts off fades into the page
CUT = 0.03  # share of a border from which on the subject counts as cut off there


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
        # the frame in these pixels: [side, side(, C)]
        side = max(1, round(self.side * scale))
        left, top = round(self.x * scale), round(self.y * scale)
        square = np.full((side, side, *pixels.shape[2:]), fill, np.float32)
        # what the picture has of it
        height, width = pixels.shape[:2]
        x0, y0 = max(left, 0), max(top, 0)
        x1, y1 = min(left + side, width), min(top + side, height)
        if x1 > x0 and y1 > y0:
            square[y0 - top : y1 - top, x0 - left : x1 - left] = pixels[y0:y1, x0:x1]
        way = cv2.INTER_AREA if side > CANVAS_PX else cv2.INTER_CUBIC
        view = cv2.resize(square, (CANVAS_PX, CANVAS_PX), interpolation=way)
        return np.asarray(view, np.float32)


def frame_whole(width: int, height: int) -> Frame:
    """The whole picture, padded to a square."""
    side = float(max(width, height))
    return Frame((width - side) / 2, (height - side) / 2, side)


def frame_subject(mask: NDArray[np.floating], scale: float) -> Frame:
    """The square around the subject of `mask`.

    mask: [h, w] in 0..1, of which `scale` pixels are one of the picture.
    """
    rows, columns = np.where(mask > SUBJECT)
    if len(rows) == 0:
        return frame_whole(round(mask.shape[1] / scale), round(mask.shape[0] / scale))
    # the subject's edges, in pixels of the picture
    x0, x1 = float(columns.min()) / scale, float(columns.max() + 1) / scale
    y0, y1 = float(rows.min()) / scale, float(rows.max() + 1) / scale
    side = max(x1 - x0, y1 - y0) * (1 + ROOM)
    return Frame((x0 + x1 - side) / 2, (y0 + y1 - side) / 2, side)


def fade_where_cut(mask: NDArray[np.floating], reach: float) -> NDArray[np.float32]:
    """The mask [h, w], fading within `reach` pixels of each border that cuts the subject off.

    Such a border of the picture is no edge of the subject: strokes would be spent on a straight
    line along it.
    """
    height, width = mask.shape
    # the pixels' centres: [h, 1], [1, w]
    down = np.arange(height)[:, None] + 0.5
    across = np.arange(width)[None] + 0.5
    # each border's pixels, and how far from it all others lie
    sides = (
        (mask[0], down),
        (mask[-1], height - down),
        (mask[:, 0], across),
        (mask[:, -1], width - across),
    )
    faded = mask
    for border, distance in sides:
        if (border > SUBJECT).mean() > CUT:
            # how far into the fade, 0..1, then along a curve that begins and ends level
            share = np.clip(distance / reach, 0, 1)
            faded = faded * (share * share * (3 - 2 * share))
    return faded.astype(mask.dtype)
