"""What lies behind a subject, as a picture of its own, so that both can be sketched apart."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from clipasso_core.photo.frame import SUBJECT
from clipasso_core.photo.picture import Picture

SIDE = 192  # px at which the hole is filled: only broad shapes may go on behind the subject
# share of the longer side by which the hole is larger than the subject: its rim is no edge of the
# background
MARGIN = 0.02


def without_subject(picture: Picture, foreground: np.ndarray) -> Picture:
    """The picture with its subject filled in from around it. foreground: [h, w] in 0..1 at the
    picture's working size.
    """
    height, width = foreground.shape
    shrink = min(1.0, SIDE / max(height, width))
    size = max(1, round(width * shrink)), max(1, round(height * shrink))
    grow = max(3, 2 * round(MARGIN * max(size)) + 1)
    hole = cv2.resize(
        (foreground > SUBJECT / 2).astype(np.uint8), size, interpolation=cv2.INTER_NEAREST
    )
    hole = cv2.dilate(hole, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (grow, grow)))
    small = cv2.resize(
        (picture.on_white() * 255).astype(np.uint8), size, interpolation=cv2.INTER_AREA
    )
    filled = cv2.GaussianBlur(
        cv2.inpaint(small, hole, 3, cv2.INPAINT_TELEA), (0, 0), max(size) / 48
    )
    large = cv2.resize(filled, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    share = cv2.resize(
        cv2.GaussianBlur(hole.astype(np.float32), (0, 0), max(size) / 96), (width, height)
    )[..., None].clip(0, 1)
    rgb = large * share + picture.on_white() * 255 * (1 - share)
    return replace(picture, rgb=np.clip(rgb, 0, 255).astype(np.uint8), alpha=None)
