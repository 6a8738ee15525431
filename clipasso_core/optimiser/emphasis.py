"""What matters to the person, as strokes and the loss heed it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from clipasso_core.photo.framing import SUBJECT


@dataclass(frozen=True)
class Heed:
    """How far a person's emphasis goes.

    laid: how many times as many strokes are laid where it is white.
    judged: how many times as much the loss weighs there.
    inner: how much of their worth edges within the outline keep elsewhere, where white takes the
        most that it may, and in proportion where it takes less: with few strokes left, the outline
        tells most. It lies below `EdgeStart.unwanted`, so that then none are laid along them.
    most: the share of all that white takes at most, if it is less than that of the subject: what is
        left must tell the rest of the subject.
    apart_px: side of the square that each stroke has for itself where it is white: more of them
        would be a blot. The pen is 3 px wide.
    barred: share of the middle grey, below which strokes are led out.
    """

    laid: float = 8.0
    judged: float = 5.0
    inner: float = 0.2
    most: float = 0.7
    apart_px: float = 16.0
    barred: float = 0.5


class Emphasis:
    """Greys of a canvas [224, 224] in 0..1, where 0.5 changes nothing."""

    def __init__(
        self, grey: np.ndarray, subject: np.ndarray, strokes: int, heed: Heed = Heed()
    ) -> None:
        """subject: [224, 224] in 0..1. strokes: how many there are for it."""
        self._more = np.clip(2 * grey - 1, 0, 1)
        self._less = np.clip(2 * grey, 0, 1)
        self._heed = heed
        # the share of the subject that is white, and how many times as much that may count
        whole, white = float(subject.sum()), float((self._more * subject).sum())
        share = white / whole if whole > 0 else 0.0
        most = min(heed.most, white / heed.apart_px**2 / strokes)
        self._most = max(1.0, most * (1 - share) / max(share * (1 - most), 1e-9))
        within = cv2.erode((subject > SUBJECT).astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
        # of all strokes those that white takes
        many = share * min(heed.laid, self._most)
        taken = many / (many + 1 - share) if share > 0 else 0.0
        passed_over: np.ndarray = within * (1 - self._more) * min(1.0, taken / heed.most)
        self._passed_over = passed_over

    @property
    def laid(self) -> np.ndarray:
        """How many times as many strokes each place is to have, [224, 224]; 1 as without."""
        keep = 1 - (1 - self._heed.inner) * self._passed_over
        return self._times(self._heed.laid) * keep

    @property
    def judged(self) -> np.ndarray:
        """How many times as much each place weighs in the loss, [224, 224]; 1 as without."""
        return self._times(self._heed.judged)

    @property
    def barred(self) -> np.ndarray:
        """Where no strokes are to be, [224, 224] in 0..1; soft towards where some are."""
        ground: np.ndarray = np.clip(1 - self._less / self._heed.barred, 0, 1)
        return ground.astype(np.float32)

    def _times(self, white: float) -> np.ndarray:
        times: np.ndarray = self._less * min(white, self._most) ** self._more
        return times
