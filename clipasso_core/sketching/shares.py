"""How many strokes each of several subjects has, and in which order they take turns."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from clipasso_core.request import FEWEST


def shares(strokes: int, weights: Sequence[float]) -> list[int]:
    """Of so many strokes those of each subject, by weight; each has `FEWEST` at least.

    There are enough for that: `strokes` is `FEWEST` times the number of weights or more.
    """
    counts = [FEWEST] * len(weights)
    for _ in range(strokes - sum(counts)):
        # the one that has the least of what is its own
        next_ = max(range(len(weights)), key=lambda one: weights[one] / (counts[one] + 0.5))
        counts[next_] += 1
    return counts


def turns(counts: Sequence[int]) -> list[int]:
    """Whose stroke comes next, so that any first part of them has its share of each (Sainte-Lague's
    method, by which shares never shrink while the whole grows).
    """
    waiting = [(0.5 / count, one, 0) for one, count in enumerate(counts) if count]
    heapq.heapify(waiting)
    order = []
    while waiting:
        _, one, had = heapq.heappop(waiting)
        order.append(one)
        if had + 1 < counts[one]:
            heapq.heappush(waiting, ((had + 1.5) / counts[one], one, had + 1))
    return order
