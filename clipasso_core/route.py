"""Paths through points: strokes in the order of least travel with the pen up, or as one line."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

ROUNDS = 40  # of improving a route; it settles in a few
STARTS = 4  # strokes from which routes are tried, both ways round: more find little
SMOOTH = 0.35  # of a gap: how far a joint goes on in the direction of the stroke before it turns


def one_chain(chains: Sequence[np.ndarray]) -> np.ndarray:
    """Chains of cubics [3k+1, 2] joined into one by the shortest way, with a cubic for each gap."""
    route = find_route(ends_of([(chain[0], chain[-1]) for chain in chains]))
    whole = _reversed_if(chains[route[0][0]], route[0][1])
    for index, turned in route[1:]:
        following = _reversed_if(chains[index], turned)
        whole = np.concatenate([whole, _joint(whole, following), following[1:]])
    return whole


Ends = list[tuple[complex, complex]]  # start and end of each stroke, x + iy
Route = list[tuple[int, bool]]  # which stroke comes next, and whether it is turned round


def ends_of(pairs: Sequence[tuple[np.ndarray, np.ndarray]]) -> Ends:
    """Start and end points [2] as complex numbers, with which distances are quick."""
    return [(complex(*one), complex(*other)) for one, other in pairs]


def find_route(ends: Ends) -> Route:
    """The order of least pen-up travel: nearest neighbour from several beginnings, each improved
    until it settles.
    """
    corner = sorted(
        range(len(ends)), key=lambda one: min(point.real + point.imag for point in ends[one])
    )
    starts = [
        (one, way) for one in corner[:: max(1, len(corner) // STARTS)] for way in (False, True)
    ]
    return min(
        (_improved(ends, _nearest(ends, start)) for start in starts),
        key=lambda route: travel(ends, route),
    )


def travel(ends: Ends, route: Route) -> float:
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
        before = travel(ends, route[max(0, place - 1) : place + 2])
        stroke, rest = route[place], route[:place] + route[place + 1 :]
        closed = travel(ends, rest[max(0, place - 1) : place + 1])
        best, where = before - closed, None
        for at in range(len(rest) + 1):
            around = rest[max(0, at - 1) : at + 1]
            plain = travel(ends, around) if 0 < at < len(rest) else 0.0
            for way in (False, True):
                step = (stroke[0], way)
                parts = [*rest[max(0, at - 1) : at], step, *rest[at : at + 1]]
                cost = travel(ends, parts) - plain
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


def _reversed_if(chain: np.ndarray, turned: bool) -> np.ndarray:
    return chain[::-1] if turned else chain


def _joint(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """A cubic's two handles and end from the end of one chain to the start of the next, in the
    direction of both.
    """
    start, end = before[-1], after[0]
    reach = SMOOTH * float(np.hypot(*(start - end)))
    return np.stack(
        [start + reach * _direction(before[::-1]) * -1, end - reach * _direction(after), end]
    )


def _direction(chain: np.ndarray) -> np.ndarray:
    """In which a chain sets out."""
    for point in chain[1:]:
        length = float(np.hypot(*(point - chain[0])))
        if length > 1e-9:
            return (point - chain[0]) / length
    return np.zeros(2)
