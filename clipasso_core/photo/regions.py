"""What a person painted over a photograph, in greys."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from clipasso_core.errors import UserError
from clipasso_core.files import read_bytes
from clipasso_core.photo.picture import Picture, decode_picture

Painted = Literal["mask", "mask repair", "emphasis"]

MIDDLE = 0.5  # the grey that changes nothing
EVEN = 1.5 / 255  # greys so near the middle are it: eight bits don't hold it exactly
ALIKE = 0.02  # by which the proportions of pictures that lie over each other may differ


def read_regions(picture: Picture, path: str, what: Painted) -> NDArray[np.floating]:
    """A picture of greys over a photograph, at its working size: [h, w] float32 in 0..1.

    Where it is transparent nothing is painted: it is in the middle there. what: its name, for
    messages. Raises `UserError` when it can't be read, or is of other proportions.
    """
    painted = read_over(picture, path, what)
    cover = 1.0 if painted.alpha is None else painted.alpha.astype(np.float32) / 255
    grey = painted.rgb.mean(2, dtype=np.float32) / 255 * cover + MIDDLE * (1 - cover)
    grey = fitted(grey.astype(np.float32), picture)
    return np.where(np.abs(grey - MIDDLE) <= EVEN, np.float32(MIDDLE), grey)


def read_over(picture: Picture, path: str, what: Painted) -> Picture:
    """A picture, upright as the photograph is, that has the photograph's proportions; see
    `read_regions`.
    """
    over = decode_picture(read_bytes(path, what), Path(path).name)
    here, there = picture.width / picture.height, over.width / over.height
    if abs(here / there - 1) > ALIKE:
        raise _unlike(over, picture, what)
    return over


def _unlike(over: Picture, picture: Picture, what: Painted) -> UserError:
    """Of other proportions: a whole sentence for each kind, as other languages need it."""
    if what == "mask":
        return UserError(
            "bad-mask",
            "the mask is {width} x {height} and the photo {photo_width} x {photo_height}: make the"
            " mask of the photo's proportions",
            width=over.width,
            height=over.height,
            photo_width=picture.width,
            photo_height=picture.height,
        )
    if what == "mask repair":
        return UserError(
            "bad-mask_repair",
            "the mask repair is {width} x {height} and the photo {photo_width} x {photo_height}:"
            " make the mask repair of the photo's proportions",
            width=over.width,
            height=over.height,
            photo_width=picture.width,
            photo_height=picture.height,
        )
    return UserError(
        "bad-emphasis",
        "the emphasis is {width} x {height} and the photo {photo_width} x {photo_height}: make the"
        " emphasis of the photo's proportions",
        width=over.width,
        height=over.height,
        photo_width=picture.width,
        photo_height=picture.height,
    )


def fitted(grey: NDArray[np.floating], picture: Picture) -> NDArray[np.floating]:
    """Greys [h', w'] at a photograph's working size: [h, w] float32 in 0..1."""
    size = picture.rgb.shape[1::-1]
    found = cv2.resize(grey, size, interpolation=cv2.INTER_LINEAR)
    return np.clip(np.asarray(found, np.float32), 0, 1)
