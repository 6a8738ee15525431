"""Routes as they were found until 2026-11: plain, and cubic in the number of strokes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

ROUNDS = 40  # of improving a route; it settles in a few
STARTS = 4  # strokes from which routes are tried, both ways round: more find little

Ends = list[tuple[complex, complex]]  # start and end of each stroke, x + iy
Route = list[tuple[int, bool]]  # which stroke comes next, and whether it is turned round


def plain_route(ends: np.ndarray) -> Route:
    """The order of little pen-up travel: nearest neighbour from several beginnings, each improved
    by all exchanges of two gaps and all moves of one stroke until it settles. Ends: [N, 2, 2].
    """
    return _find([(complex(*start), complex(*stop)) for start, stop in ends.tolist()])


def _find(ends: Ends) -> Route:
    corner = sorted(
        range(len(ends)), key=lambda one: min(point.real + point.imag for point in ends[one])
    )
    starts = [
        (one, way) for one in corner[:: max(1, len(corner) // STARTS)] for way in (False, True)
    ]
    return min(
        (_improved(ends, _nearest(ends, start)) for start in starts),
        key=lambda route: _travel(ends, route),
    )


def _travel(ends: Ends, route: Route) -> float:
    """Length of the moves with the pen up."""
    return sum(abs(_leave(ends, one) - _enter(ends, other)) for one, other in pairwise(route))


def _nearest(ends: Ends, start: tuple[int, bool]) -> Route:
    route, left = [start], set(range(len(ends))) - {start[0]}
    while left:
        here = _leave(ends, route[-1])
        route.append(
            min(
                ((one, way) for one in left for way in (False, True)),
                key=lambda step: abs(here - _enter(ends, step)),
            )
        )
        left.discard(route[-1][0])
    return route


def _improved(ends: Ends, route: Route) -> Route:
    for _ in range(ROUNDS):
        turned, moved = _turn_parts(ends, route), _move_strokes(ends, route)
        if not (turned or moved):
            break
    return route


def _turn_parts(ends: Ends, route: Route) -> bool:
    """2-opt: turn round every part of the route that gets shorter by it. Returns whether there was
    one.
    """
    better = False
    count = len(route)
    for first in range(count):
        for last in range(first, count):
            gain = 0.0
            if first > 0:
                come = _leave(ends, route[first - 1])
                gain += abs(come - _enter(ends, route[first])) - abs(
                    come - _leave(ends, route[last])
                )
            if last < count - 1:
                go = _enter(ends, route[last + 1])
                gain += abs(_leave(ends, route[last]) - go) - abs(_enter(ends, route[first]) - go)
            if gain > 1e-9:
                route[first : last + 1] = [
                    (one, not turned) for one, turned in reversed(route[first : last + 1])
                ]
                better = True
    return better


def _move_strokes(ends: Ends, route: Route) -> bool:
    """Or-opt: put every stroke where it makes the route shortest. Returns whether one moved."""
    better = False
    for place in range(len(route)):
        before = _travel(ends, route[max(0, place - 1) : place + 2])
        stroke, rest = route[place], route[:place] + route[place + 1 :]
        closed = _travel(ends, rest[max(0, place - 1) : place + 1])
        best, where = before - closed, None
        for at in range(len(rest) + 1):
            around = rest[max(0, at - 1) : at + 1]
            plain = _travel(ends, around) if 0 < at < len(rest) else 0.0
            for way in (False, True):
                step = (stroke[0], way)
                parts = [*rest[max(0, at - 1) : at], step, *rest[at : at + 1]]
                cost = _travel(ends, parts) - plain
                if cost < best - 1e-9:
                    best, where = cost, (at, step)
        if where is not None:
            route[:] = [*rest[: where[0]], where[1], *rest[where[0] :]]
            better = True
    return better


def _enter(ends: Ends, step: tuple[int, bool]) -> complex:
    return ends[step[0]][1 if step[1] else 0]


def _leave(ends: Ends, step: tuple[int, bool]) -> complex:
    return ends[step[0]][0 if step[1] else 1]
