"""The order in which strokes are needed: the first n are a good sketch of n strokes."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor

from clipasso_core.optimiser.given import interleaved
from clipasso_core.optimiser.likeness import AT_ONCE, Likeness

BATCH = 2  # stale candidates that are looked at again together


@torch.no_grad()
def rank(
    points: Tensor,
    likeness: Likeness,
    thorough: bool = True,
    levels: Sequence[int] = (),
    given: Sequence[Sequence[int]] = (),
) -> list[int]:
    """Indices of the strokes [N, P, 2] (canvas px), most needed first; `thorough` looks at how they
    do together.

    levels: numbers of first strokes that were optimised to be a sketch on their own; no stroke
        leaves its level.
    given: strokes whose order is known, most needed first, those that belong together in one. The
        others, ordered with all given ones of their level in sight, stand between them.
    """
    white = likeness.draw_each(points, range(len(points)))  # [N, 1, H, W]
    absence = [] if thorough else _by_absence(white, likeness)
    taken: list[int] = []
    for begin, end in pairwise([0, *levels, len(points)]):
        groups = [[one for one in group if begin <= one < end] for group in given]
        laid = [one for group in groups for one in group]
        if thorough:
            free = [one for one in range(begin, end) if one not in laid]
            free = _greedy(white, [*taken, *laid], free, likeness)
        else:
            free = [one for one in absence if begin <= one < end and one not in laid]
        taken += interleaved(groups, free)
    return taken


def _greedy(
    white: Tensor, before: list[int], candidates: list[int], likeness: Likeness
) -> list[int]:
    """Each next stroke is the one that, with those already taken, brings the guide's plain-view
    loss lowest.

    A candidate's gain seldom grows while others join, so that only the most promising ones are
    looked at again (lazy greedy, Minoux 1978).
    """
    if len(candidates) < 2:
        return candidates
    taken: list[int] = []
    ground = white[before].prod(0, keepdim=True)
    loss = float(likeness.plain(ground))

    def tried(some: list[int]) -> list[float]:
        return [
            float(value)
            for part in (ground * white[some]).split(AT_ONCE)
            for value in likeness.plain(part)
        ]

    queue = [(value - loss, one) for one, value in zip(candidates, tried(candidates), strict=True)]
    # how many strokes were taken when the candidate was last looked at
    fresh = dict.fromkeys(candidates, 0)
    heapq.heapify(queue)
    while len(queue) > 1:
        likeness.give_way()
        gain, one = heapq.heappop(queue)
        if fresh[one] == len(taken):
            taken.append(one)
            ground = ground * white[one]
            loss += gain
            continue
        stale = [one]
        while queue and len(stale) < BATCH and fresh[queue[0][1]] != len(taken):
            stale.append(heapq.heappop(queue)[1])
        for candidate, value in zip(stale, tried(stale), strict=True):
            fresh[candidate] = len(taken)
            heapq.heappush(queue, (value - loss, candidate))
    return [*taken, *(one for _, one in queue)]


def _by_absence(white: Tensor, likeness: Likeness) -> list[int]:
    """By how much the whole sketch suffers without each: a quarter of the time, losses of the first
    n some 3 % higher.
    """
    count = len(white)
    without = torch.stack(
        [white[[other for other in range(count) if other != one]].prod(0) for one in range(count)]
    )
    return (
        torch.cat([likeness.plain(part) for part in without.split(AT_ONCE)])
        .argsort(descending=True)
        .tolist()
    )
