"""Strokes that a sketch has from the start, and that stay near where they were laid: what a person
looks for and no guide does, such as the features of a face.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

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

    def by_level(self, count: int, levels: Sequence[int]) -> list[NDArray[np.floating]]:
        """The curves of each level of a sketch of `count` strokes, and those of the whole besides.
        Of an inner level's strokes up to half are given, so that few strokes have a face as well.
        """
        return np.split(self.curves, self._ends(count, levels))

    def places(self, count: int, levels: Sequence[int]) -> tuple[tuple[int, ...], ...]:
        """Which strokes of a sketch of `count` strokes they are, those that belong together in one:
        the first strokes of each level.
        """
        own = [0, *self._ends(count, levels), len(self.curves)]
        begins = [0, *levels]
        places = [
            begin + one
            for begin, (first, end) in zip(begins, pairwise(own), strict=True)
            for one in range(end - first)
        ]
        ends = [0, *accumulate(self.sizes)]
        return tuple(tuple(places[begin:end]) for begin, end in pairwise(ends))

    def _ends(self, count: int, levels: Sequence[int]) -> list[int]:
        """How many of them the sketch has up to each level: none without its fellows, unless the
        next level's strokes would be too few for the rest.
        """
        whole = [0, *accumulate(self.sizes)]
        ends: list[int] = []
        later, above = len(self.curves), count
        for level in reversed(levels):
            least = max(0, later - (above - level))
            wanted = max(end for end in whole if end <= min(level // 2, later))
            if wanted < least:
                wanted = min((end for end in whole if least <= end <= level), default=least)
            ends.insert(0, wanted)
            later, above = wanted, level
        return ends


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
