"""Transparency that only crops a photograph, as a clip does, and says nothing of its subject."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from clipasso_core.photo.picture import Picture

SEEN = 0.5  # of the strongest alpha, from which a pixel is shown
# How far an edge lies from a plain shape's in the mean: px, or a share of the shape's side. Clips
# are exact to a fraction of a pixel, cut-outs of round things are not.
OFF_PX, OFF_SHARE = 0.6, 0.002
SOFT_SHARE = 1 / 40  # of a picture's longer side: blur of what is made up beside its edge

Bools = NDArray[np.bool_]


def shown_part(picture: Picture) -> Bools | None:
    """Where a photograph is shown that is cropped to an ellipse or a rectangle, be it turned, with
    round corners, or cut by the picture's border: [h, w].

    None where transparency has any other shape, as that of a subject.
    """
    if picture.alpha is None:
        return None
    shown = picture.alpha >= max(1.0, SEEN * float(picture.alpha.max()))
    sheet = np.pad(shown, 1).astype(np.uint8)
    contours, _ = cv2.findContours(sheet, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    if len(contours) != 1 or shown.all():  # parts or holes
        return None
    edge = contours[0][:, 0].astype(np.float32) - 0.5  # [n, 2], the pixels' middles
    height, width = shown.shape
    inner = ((edge > 1) & (edge < [width - 1, height - 1])).all(1)
    # the outermost pixels' middles lie half a pixel within an upright edge, and upon a turned one
    distances = [_to_rectangle(shown, edge, within_px) for within_px in (0.5, 0.0)]
    if inner.sum() >= len(edge) / 4 and inner.sum() >= 8:
        distances.append(_to_ellipse(shown, edge[inner]))
    # the mean distance between the edges: the area that differs, over the length of the edge
    off = [float(((far < 0) != shown).sum()) / len(edge) for far in distances]
    return shown if min(off) <= max(OFF_PX, OFF_SHARE * math.sqrt(shown.sum())) else None


def rim(shown: Bools) -> Bools:
    """The outermost pixels of what is shown, where the crop ends it and not the picture: [h, w]."""
    brush = np.ones((3, 3), np.uint8)
    inner = cv2.erode(shown.astype(np.uint8), brush, borderType=cv2.BORDER_REPLICATE)
    edge: Bools = shown & (inner == 0)
    return edge


def continued(rgb: NDArray[np.uint8], shown: Bools) -> NDArray[np.uint8]:
    """A cropped photograph [h, w, 3] as if it went on: the colours of its edge, ever softer.

    Networks take a crop on white for a thing of that shape.
    """
    hidden = (~shown).astype(np.uint8)
    # of each pixel the nearest that is shown, by a number, and how far it is: [h, w]
    far, number = cv2.distanceTransformWithLabels(
        hidden, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    numbered = np.zeros((int(number.max()) + 1, 3), np.uint8)
    numbered[number[shown]] = rgb[shown]
    nearest = numbered[number]
    reach = SOFT_SHARE * max(shown.shape)
    soft = cv2.GaussianBlur(nearest, (0, 0), max(reach, 1.0))
    share = np.clip(far / (2 * reach), 0, 1)[..., None]
    return np.asarray(np.round(nearest * (1 - share) + soft * share), np.uint8)


def _middles(shown: Bools) -> NDArray[np.floating]:
    """Of all pixels, [h, w, 2]."""
    y, x = np.mgrid[: shown.shape[0], : shown.shape[1]]
    return np.stack([x, y], -1) + 0.5


def _turned(
    shown: Bools, middle: tuple[float, float], degrees: float
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Of all pixels the way from a middle along two axes, the first turned by so much: [h, w]
    each.
    """
    away = _middles(shown) - np.array(middle)
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return away @ [cosine, sine], away @ [-sine, cosine]


def _to_rectangle(
    shown: Bools, edge: NDArray[np.float32], within_px: float
) -> NDArray[np.floating]:
    """Of all pixels the distance to the rectangle, with round corners or sharp, that is nearest to
    an edge whose outermost pixels [n, 2] lie so far within it; below 0 inside.
    """
    middle, size, degrees = cv2.minAreaRect(edge)
    half = np.array(size) / 2 + within_px
    missing = max(0.0, 4 * float(half.prod()) - float(shown.sum()))
    radius = min(math.sqrt(missing / (4 - math.pi)), float(half.min()))
    x, y = _turned(shown, (middle[0], middle[1]), degrees)
    right, down = np.abs(x) - half[0] + radius, np.abs(y) - half[1] + radius
    beside = np.hypot(np.maximum(right, 0), np.maximum(down, 0))
    return np.asarray(beside + np.minimum(np.maximum(right, down), 0) - radius)


def _to_ellipse(shown: Bools, edge: NDArray[np.float32]) -> NDArray[np.floating]:
    """Below 0 within the ellipse that is nearest to an edge [n, 2], above 0 beside it."""
    middle, size, degrees = cv2.fitEllipseDirect(edge)
    x, y = _turned(shown, (middle[0], middle[1]), degrees)
    half = np.array(size) / 2 + 0.5
    return np.asarray(np.hypot(x / max(half[0], 0.5), y / max(half[1], 0.5)) - 1)
