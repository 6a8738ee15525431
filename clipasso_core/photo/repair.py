"""A subject as a person mended it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from clipasso_core.errors import UserError
from clipasso_core.photo.framing import SUBJECT
from clipasso_core.photo.mask import Mask


def repaired(mask: Mask, painted: NDArray[np.floating]) -> Mask:
    """The mask as a person mended it: greys [h, w] in 0..1 add to the subject above the middle, and
    take away below it. Raises `UserError` when nothing is left.

    Where no subject was found, it is what was added, if anything was.
    """
    added, kept = np.clip(2 * painted - 1, 0, 1), np.clip(2 * painted, 0, 1)
    found_none = mask.source.startswith("none")
    if found_none and mask.source != "none" and added.max() > SUBJECT:
        foreground = added
    else:
        foreground = np.maximum(np.minimum(mask.foreground, kept), added)
    if foreground.max() <= SUBJECT:
        raise UserError(
            "bad-mask_repair", "the mask repair leaves no subject: paint less of it black"
        )
    source = "hand" if found_none else f"{mask.source}, repaired"
    return replace(mask, foreground=foreground.astype(np.float32), source=source)
