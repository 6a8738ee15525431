"""The square of the picture that the optimiser draws on, and the way back to picture pixels."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from clipasso_core.frame import Frame
from clipasso_core.photo.crop import rim

ROOM = 0.15  # share of the subject's longer side that is left free around it
SUBJECT = 0.5  # mask value from which a pixel belongs to the subject
FADE_PX = 20.0  # canvas px over which a subject that the picture cuts off fades into the page
CUT = 0.03  # share of a border from which on the subject counts as cut off there


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
    low = np.array([columns.min(), rows.min()]) / scale
    high = np.array([columns.max() + 1, rows.max() + 1]) / scale
    return square_around(np.stack([low, high]))


def square_around(points: NDArray[np.floating]) -> Frame:
    """The square that holds points [n, 2], with room around them."""
    (x0, y0), (x1, y1) = points.min(0).tolist(), points.max(0).tolist()
    side = max(x1 - x0, y1 - y0) * (1 + ROOM)
    return Frame((x0 + x1 - side) / 2, (y0 + y1 - side) / 2, side)


def fade_where_cut(
    mask: NDArray[np.floating], reach: float, shown: NDArray[np.bool_] | None = None
) -> NDArray[np.float32]:
    """The mask [h, w], fading within `reach` pixels of each border that cuts the subject off.

    Such a border of the picture, or of a crop, is no edge of the subject: strokes would be spent on
    a line along it. shown: [h, w], where a crop shows the picture; None for all of it.
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
            faded = faded * fade(distance, reach)
    if shown is not None:
        edge = rim(shown)
        cut = edge & (mask > SUBJECT)
        if cut.sum() > CUT * edge.sum():
            distance = cv2.distanceTransform((~cut).astype(np.uint8), cv2.DIST_L2, 5) + 0.5
            faded = faded * fade(distance, reach)
        faded = faded * shown
    return faded.astype(mask.dtype)


def fade(distance: NDArray[np.floating], reach: float) -> NDArray[np.floating]:
    """What is left so far from a border, 0..1, along a curve that begins and ends level."""
    share = np.clip(distance / reach, 0, 1)
    return np.asarray(share * share * (3 - 2 * share))
