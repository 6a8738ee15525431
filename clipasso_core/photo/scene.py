"""What lies behind a subject, as a picture of its own, so that both can be sketched apart."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from clipasso_core.photo.framing import SUBJECT
from clipasso_core.photo.picture import Picture

SIDE = 192  # px at which the hole is filled: only broad shapes may go on behind the subject
# share of the longer side by which the hole outgrows the subject, whose rim is no background's edge
MARGIN = 0.02


def without_subject(picture: Picture, foreground: NDArray[np.floating]) -> Picture:
    """The picture with its subject filled in from around it.

    foreground: [h, w] in 0..1 at the picture's working size.
    """
    height, width = foreground.shape
    shrink = min(1.0, SIDE / max(height, width))
    size = (max(1, round(width * shrink)), max(1, round(height * shrink)))
    # where the subject is, and a rim of it: [h', w']
    subject = (foreground > SUBJECT / 2).astype(np.uint8)
    rim = max(3, 2 * round(MARGIN * max(size)) + 1)
    hole = cv2.resize(subject, size, interpolation=cv2.INTER_NEAREST)
    hole = cv2.dilate(hole, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (rim, rim)))
    # the picture with that hole filled, blurred and of full size again: [h, w, 3]
    white = (picture.on_white() * 255).astype(np.uint8)
    small = cv2.resize(white, size, interpolation=cv2.INTER_AREA)
    filled = cv2.inpaint(small, hole, 3, cv2.INPAINT_TELEA)
    filled = cv2.GaussianBlur(filled, (0, 0), max(size) / 48)
    large = cv2.resize(filled, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    # how much of it is seen: [h, w, 1]
    soft = cv2.GaussianBlur(hole.astype(np.float32), (0, 0), max(size) / 96)
    share = cv2.resize(soft, (width, height))[..., None].clip(0, 1)
    rgb = large * share + picture.on_white() * 255 * (1 - share)
    return replace(picture, rgb=np.clip(rgb, 0, 255).astype(np.uint8), alpha=None)
