"""What the target looks like through each set of views: the first sets in memory, the others in a
temporary file.
"""

from __future__ import annotations

import errno
import logging
import math
import tempfile
import weakref
from contextlib import suppress
from typing import Any

import numpy as np
import torch
from torch import Tensor

from clipasso_core.guide import Features

logger = logging.getLogger(__name__)


class SeenSets:
    """Features by the number of their set, each put once, all of one shape and layout."""

    def __init__(self, at_hand: int) -> None:
        """at_hand: sets that are kept in memory; what is not on a processor must be."""
        self._at_hand: dict[int, Features] = {}
        self._most: float = at_hand
        self._file: Any = None  # it goes with whoever opened it, killed or not
        self._places: dict[int, int] = {}  # by set, bytes from the file's beginning
        self._end = 0

    def get(self, number: int) -> Features | None:
        """None where they have to be put: never before, or lost."""
        if number not in self._places:
            return self._at_hand.get(number)
        found = next(iter(self._at_hand.values())).like()
        try:
            self._file.seek(self._places[number])
            for part in found.tensors():
                numbers = _numbers(part)
                if self._file.readinto(numbers) != numbers.nbytes:
                    raise OSError(errno.EIO, "cut short")
        except OSError as error:
            self._places.clear()
            self._end = 0
            self._give_up(error)
            return None
        return found

    def put(self, number: int, features: Features) -> None:
        """Keep them."""
        if len(self._at_hand) < self._most or not self._is_written(number, features):
            self._at_hand[number] = features

    def _is_written(self, number: int, features: Features) -> bool:
        """Put them into the file, if it has room."""
        first = next(iter(self._at_hand.values()))
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - it outlives this
                weakref.finalize(self, self._file.close)
            self._file.seek(self._end)
            for part, like in zip(features.copy().tensors(), first.like().tensors(), strict=True):
                assert part.stride() == like.stride()
                if self._file.write(_numbers(part)) != part.nbytes:
                    raise OSError(errno.ENOSPC, "no room")
        except OSError as error:
            self._give_up(error)
            return False
        self._places[number] = self._end
        self._end += sum(part.nbytes for part in features.tensors())
        return True

    def _give_up(self, error: OSError) -> None:
        """What comes now stays in memory, and what was begun takes no room."""
        logger.info("what the guide sees stays in memory, not in a temporary file: %s", error)
        self._most = math.inf
        with suppress(OSError):
            if self._file is not None:
                self._file.truncate(self._end)


def _numbers(dense: Tensor) -> np.ndarray:
    """A tensor's numbers in the order in which they lie in memory, which they share."""
    return torch.as_strided(dense, (dense.numel(),), (1,)).numpy()
