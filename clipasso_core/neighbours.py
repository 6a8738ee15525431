"""Which ends of strokes are near each other."""

from __future__ import annotations

import numpy as np

LEAF = 32  # ends in a leaf of the tree: more are compared in vain, fewer are more leaves to look at
LEAVES = 4  # that are searched first; most often they hold all that is near


def nearest_ends(ends: np.ndarray, count: int) -> np.ndarray:
    """For each end the `count` nearest of other strokes, nearest first: numbers of ends
    [2N, count], fewer where there are not so many. ends: [N, 2, 2].
    """
    points = ends.reshape(-1, 2)
    count = min(count, len(points) - 2)
    leaves = _leaves(points)
    low = np.stack([points[leaf].min(0) for leaf in leaves])
    high = np.stack([points[leaf].max(0) for leaf in leaves])
    nearest = np.empty((len(points), count), int)
    for number, leaf in enumerate(leaves):
        # from this leaf's box to all others, [leaves]
        apart = np.hypot(*np.maximum(0, np.maximum(low - high[number], low[number] - high)).T)
        around = [leaves[other] for other in np.argsort(apart, kind="stable")]
        nearest[leaf], farthest = _nearest_of(points, leaf, around[:LEAVES], count)
        needed = int((apart < farthest).sum())
        if needed > LEAVES:
            nearest[leaf], _ = _nearest_of(points, leaf, around[:needed], count)
    return nearest


def _nearest_of(
    points: np.ndarray, leaf: np.ndarray, around: list[np.ndarray], count: int
) -> tuple[np.ndarray, float]:
    """For each end of a leaf the nearest ones in the leaves around it [L, count], and how far away
    the farthest of these is: infinitely, if there are too few.
    """
    others = np.sort(np.concatenate(around))
    # distances [L, others]; to its own stroke an end has none
    away = np.hypot(*(points[leaf, None] - points[None, others]).transpose(2, 0, 1))
    away[leaf[:, None] >> 1 == others[None] >> 1] = np.inf
    chosen = np.argsort(away, axis=1, kind="stable")[:, :count]
    farthest = np.take_along_axis(away, chosen, axis=1)[:, -1].max()
    if chosen.shape[1] < count:
        return np.zeros(count, int), np.inf
    return others[chosen], float(farthest)


def _leaves(points: np.ndarray) -> list[np.ndarray]:
    """Numbers of points [n, 2], parted again and again across their longer extent until no part
    has more than `LEAF`.
    """
    leaves = []
    waiting = [np.arange(len(points))]
    while waiting:
        numbers = waiting.pop()
        if len(numbers) <= LEAF:
            leaves.append(numbers)
            continue
        axis = int(np.argmax(np.ptp(points[numbers], axis=0)))
        numbers = numbers[np.argsort(points[numbers, axis], kind="stable")]
        waiting += [numbers[len(numbers) // 2 :], numbers[: len(numbers) // 2]]
    return leaves
