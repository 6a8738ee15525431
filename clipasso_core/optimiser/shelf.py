"""What the target looks like through each set of views: the first sets in memory, the others in a
file.
"""

from __future__ import annotations

import errno
import logging
import tempfile
import weakref
from typing import Any

import numpy as np
from torch import Tensor

from clipasso_core.guide import Features

logger = logging.getLogger(__name__)


class Shelf:
    """Features by the number of their set, each put there once, all of one shape."""

    def __init__(self, at_hand: int) -> None:
        """at_hand: sets that are kept in memory; what is not on a processor must be."""
        self._at_hand: dict[int, Features] = {}
        self._most = at_hand
        self._file: Any = None  # without a name: it goes with whoever opened it, killed or not
        self._places: dict[int, int] = {}  # by set, bytes from the file's beginning
        self._end = 0

    def __contains__(self, number: int) -> bool:
        return number in self._at_hand or number in self._places

    def __getitem__(self, number: int) -> Features:
        if number in self._at_hand:
            return self._at_hand[number]
        found = next(iter(self._at_hand.values())).copy()
        self._file.seek(self._places[number])
        for part in found.tensors():
            numbers = _numbers(part)
            if self._file.readinto(numbers) != numbers.nbytes:
                raise OSError(errno.EIO, "a temporary file was cut short")
        return found

    def __setitem__(self, number: int, features: Features) -> None:
        if len(self._at_hand) >= self._most and self._is_written(number, features):
            return
        self._at_hand[number] = features

    def _is_written(self, number: int, features: Features) -> bool:
        """Put them into the file, unless there is no room for it."""
        parts = [_numbers(part) for part in features.copy().tensors()]
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - it outlives this
                weakref.finalize(self, self._file.close)
            self._file.seek(self._end)
            for part in parts:
                if self._file.write(part) != part.nbytes:
                    raise OSError(errno.ENOSPC, "no room")
        except OSError as error:
            logger.info("the target's features stay in memory: %s", error)
            return False
        self._places[number] = self._end
        self._end += sum(part.nbytes for part in parts)
        return True


def _numbers(copied: Tensor) -> np.ndarray:
    """A copy's numbers in the order in which they lie in memory, which is its own."""
    return copied.as_strided((copied.numel(),), (1,)).numpy()
