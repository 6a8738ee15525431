"""Strokes that a sketch has from the start, and that stay near where they were laid: what a person
looks for and no guide does, such as the features of a face.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Given:
    """Given strokes, most needed first.

    curves: [K, 4, 2] canvas px, K may be 0. sizes: how many of them, one after the other, belong
        together, as two eyes do.
    """

    curves: NDArray[np.floating]
    sizes: tuple[int, ...]

    def by_level(self, levels: Sequence[int]) -> list[NDArray[np.floating]]:
        """The curves of each level, and those of the whole besides. Of an inner level's strokes up
        to half are given, so that few strokes have a face as well.
        """
        return np.split(self.curves, self._ends(levels))

    def places(self, levels: Sequence[int]) -> tuple[tuple[int, ...], ...]:
        """Which strokes of a sketch they are, those that belong together in one: the first strokes
        of each level.
        """
        ends = [*self._ends(levels), len(self.curves)]
        shifts = [begin - end for begin, end in zip([0, *levels], [0, *ends], strict=False)]
        found = []
        for last, size in zip(accumulate(self.sizes), self.sizes, strict=True):
            shift = shifts[bisect_left(ends, last)]
            found.append(tuple(range(last - size + shift, last + shift)))
        return tuple(found)

    def _ends(self, levels: Sequence[int]) -> list[int]:
        """How many of them the sketch has up to each level: none without its fellows."""
        whole = [0, *accumulate(self.sizes)]
        return [max(end for end in whole if end <= level // 2) for level in levels]


NOTHING = Given(np.zeros((0, 4, 2)), ())


def interleaved(given: Sequence[Sequence[int]], others: Sequence[int]) -> list[int]:
    """Both in one order, each evenly spread over the whole, so that any first part of it has its
    share of both; those that belong together stay so.
    """
    total, order = len(others) + sum(map(len, given)), []
    waiting, taken = list(others), 0
    for group in given:
        # others first: a head before its eyes
        due = math.ceil((taken + len(group) / 2) * len(others) / max(total - len(others), 1))
        while waiting and len(others) - len(waiting) < due:
            order.append(waiting.pop(0))
        order += group
        taken += len(group)
    return order + waiting
