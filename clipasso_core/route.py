"""Paths through points: strokes in the order of least travel with the pen up, or as one line.

To a route a stroke is two ends, of which the pen may begin at either. Ends have numbers: stroke s
starts at end 2 s and stops at end 2 s + 1, so that ``end ^ 1`` is the other end of the same stroke
and ``end >> 1`` the stroke. What lies between a stroke and the next is a gap.
"""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from clipasso_core.neighbours import nearest_ends

Route = list[tuple[int, bool]]  # which stroke comes next, and whether it is turned round
OnProgress = Callable[[int, int], bool | None]  # told step and steps; False ends the search

SMOOTH = 0.35  # of a gap: how far a joint goes on in the direction of the stroke before it turns
EQUAL = 6  # decimals, of the drawing's extent, to which two gaps are equally long: in a hatching
# noise would choose among them, and every choice that doesn't fit the one before costs a long gap
LEAST = 1e-10  # of the drawing's extent: what counts as shorter


@dataclass(frozen=True)
class Search:
    """How widely and how long a route is searched. The reasons are medians over strokes that lie
    scattered, in clusters, in hatchings and in pieces.

    near: ends around each end to which the pen may go from there. With 5, routes through 2000
        strokes are 1 % longer; with 12 they take a third longer to find and are as long.
    kicks_a_stroke, kicks: parts thrown out of order and mended, for each stroke and at most.
        Without, routes are 2 % longer, through hatchings up to a half; twice as many save 0.4 % at
        2000 strokes and nothing at 100.
    reach: strokes in such a part, at most. With 3, routes through hatchings are a fifth longer;
        with 50 they are as long.
    mends: exchanges after a kick, at most. 99 of 100 kicks that help take fewer, while across some
        hatchings an exchange pushes another on from line to line to the far side, for nothing.
    seed: of the kicks.
    """

    near: int = 8
    kicks_a_stroke: int = 20
    kicks: int = 1000
    reach: int = 20
    mends: int = 100
    seed: int = 0


def find_route(
    ends: np.ndarray, on_progress: OnProgress | None = None, search: Search | None = None
) -> Route:
    """The order of little pen-up travel through strokes with these ends [N, 2, 2]: stroke, start
    and stop, x and y.

    It depends on where the strokes are, not on their order or sense, unless that order is as short
    as what was found: then it stays. Of a route's two directions it takes the one that begins
    nearer to the corner of least x + y. The same input gives the same route.
    on_progress: called before the first step and after every step; when it returns False the best
    route so far is returned. What it raises goes through.
    Raises ValueError when a number is not finite.
    """
    search = search or Search()
    if not np.isfinite(ends).all():
        raise ValueError("strokes must have finite ends")
    route: Route = [(stroke, False) for stroke in range(len(ends))]
    if len(ends) < 2:
        return route
    steps = _count_steps(len(ends), search)
    if on_progress is not None and on_progress(0, steps) is False:
        return route
    order, flipped, places = _canonical(ends)
    near = nearest_ends(places, search.near)
    starts = (shortest_gaps_first(places, near), nearest_next(places))
    tours = [_Tour(places, near, start) for start in starts]
    for step, _ in enumerate(_improve(tours, search), 1):
        if on_progress is not None and on_progress(step, steps) is False:
            break
    path = min(tours, key=_Tour.travel).path()
    found = [(int(order[end >> 1]), bool(end & 1) != bool(flipped[end >> 1])) for end in path]
    return min(route, found, key=lambda one: travel(ends, one))


def travel(ends: np.ndarray, route: Route) -> float:
    """Length of the moves with the pen up, along a route through strokes with these ends
    [N, 2, 2].
    """
    strokes = np.array([stroke for stroke, _ in route], int)
    turned = np.array([turned for _, turned in route], int)
    # where the pen goes down and where it is lifted, [N, 2] each
    down = ends[strokes, turned]
    up = ends[strokes, 1 - turned]
    return float(np.hypot(*(down[1:] - up[:-1]).T).sum())


def one_chain(chains: Sequence[np.ndarray], on_progress: OnProgress | None = None) -> np.ndarray:
    """Chains of cubics [3k+1, 2] joined into one by a short way, with a cubic for each gap.

    on_progress and errors: as of `find_route`.
    """
    route = find_route(np.array([(chain[0], chain[-1]) for chain in chains]), on_progress)
    parts = [chains[stroke][::-1] if turned else chains[stroke] for stroke, turned in route]
    # the first, then of each other a joint of three points and what follows its first, [P, 2]
    whole = np.empty((sum(len(part) + 2 for part in parts) - 2, 2))
    length = len(parts[0])
    whole[:length] = parts[0]
    for part in parts[1:]:
        whole[length : length + 3] = _joint(whole[:length], part)
        whole[length + 3 : length + 2 + len(part)] = part[1:]
        length += len(part) + 2
    return whole


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
            direction: np.ndarray = (point - chain[0]) / length
            return direction
    return np.zeros(2)


def _canonical(ends: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Strokes as they would be had they come in any other order or sense: by place, from left to
    right, in a square of side 1. Returns which stroke each is [N], whether it is flipped [N], and
    its ends [N, 2, 2].
    """
    # into the unit square; first by size, so that no difference is too large for a float
    places = ends / (np.abs(ends).max() or 1.0)
    places = places - places.min((0, 1))
    places = places / (places.max() or 1.0)
    # whether a stroke stops left of its start, or below it, [N]
    start, stop = places[:, 0], places[:, 1]
    below = (start[:, 0] == stop[:, 0]) & (start[:, 1] > stop[:, 1])
    flipped = (start[:, 0] > stop[:, 0]) | below
    places = np.where(flipped[:, None, None], places[:, ::-1], places)
    # by x, then y of the left end, then of the right one, [N]
    order = np.lexsort(places.reshape(-1, 4).T[::-1])
    return order, flipped[order], places[order]


# Which ends are near


# Where a search starts: the ends at which the pen comes to the strokes, in their order


def nearest_next(ends: np.ndarray) -> list[int]:
    """From the corner of least x and y always to the nearest end that is left: good for what lies
    in rows. ends: [N, 2, 2].
    """
    points = ends.reshape(-1, 2)
    left = np.ones(len(points), bool)
    here = np.array([points[:, 0].min(), points[:, 1].min()])
    path = []
    for _ in range(len(ends)):
        # from the pen to all ends, [2N]
        away = np.hypot(*(points - here).T)
        away[~left] = np.inf
        end = int(np.argmin(away))
        path.append(end)
        left[[end, end ^ 1]] = False
        here = points[end ^ 1]
    return path


def shortest_gaps_first(ends: np.ndarray, near: np.ndarray) -> list[int]:
    """The shortest gaps that fit together: good for what lies scattered.

    ends: [N, 2, 2]. near: as `nearest_ends` finds it. Strokes that have grown together are a stroke
    of the next round, until one is left.
    """
    points = ends.reshape(-1, 2)
    across: dict[int, int] = {}  # from end to end over each gap
    far = [end ^ 1 for end in range(len(points))]  # from a part's open end to its other one
    parts = np.arange(len(points)).reshape(-1, 2)  # their open ends, [P, 2]
    while len(parts) > 1:
        open_ends = parts.ravel()
        # pairs of open ends that are near each other, each once [pairs, 2], and how far apart
        pairs = np.stack([np.repeat(open_ends, near.shape[1]), open_ends[near].ravel()], axis=1)
        pairs = np.unique(np.sort(pairs, axis=1), axis=0)
        apart = np.round(np.hypot(*(points[pairs[:, 0]] - points[pairs[:, 1]]).T), EQUAL)
        for one, other in pairs[np.argsort(apart, kind="stable")].tolist():
            if one in across or other in across or far[one] == other:
                continue
            across[one], across[other] = other, one
            first, last = far[one], far[other]
            far[first], far[last] = last, first
        parts = np.array(
            [(end, far[end]) for end in open_ends.tolist() if end < far[end] and end not in across]
        )
        if len(parts) > 1:
            near = nearest_ends(points[parts], near.shape[1])
    path = [int(parts[0, 0])]
    while path[-1] ^ 1 in across:
        path.append(across[path[-1] ^ 1])
    return path


# How it becomes shorter


def _count_steps(strokes: int, search: Search) -> int:
    """Each end of two tours is looked at, then come the kicks."""
    return 4 * strokes + _count_kicks(strokes, search)


def _count_kicks(strokes: int, search: Search) -> int:
    # it takes three strokes and the pen's home to throw anything out of order
    return min(search.kicks, search.kicks_a_stroke * strokes) if strokes > 2 else 0


def _improve(tours: list[_Tour], search: Search) -> Iterator[None]:
    """Make tours shorter until no exchange helps, then kick the shortest; yields after each step.

    Iterated local search: O. Martin, S. W. Otto, E. W. Felten, Complex Systems 5 (1991).
    """
    for tour in tours:
        for end in range(tour.home):
            tour.settle([end])
            yield
    best = min(tours, key=_Tour.travel)
    chance = random.Random(search.seed)
    for _ in range(_count_kicks(best.home // 2, search)):
        best.kick(chance, search)
        yield


class _Tour:
    """A closed way through all strokes and the pen's home, which is near to everything: a stroke
    without travel before and behind it.

    Exchanges of up to three gaps make it shorter (3-opt with lists of neighbours: S. Lin, Bell
    System Technical Journal 44, 1965; J. L. Bentley, ORSA Journal on Computing 4, 1992): parts are
    turned round or change places. Each consists of `connect`, which takes turns to undo.
    """

    def __init__(self, ends: np.ndarray, near: np.ndarray, path: list[int]) -> None:
        points = ends.reshape(-1, 2)
        self.points = [complex(x, y) for x, y in points.tolist()]
        self.home = len(points)  # number of the home's first end
        # near ends of each end and how far away they are; home is tried where all are farther than
        # the gap is long
        away = np.hypot(*(points[:, None] - points[near]).transpose(2, 0, 1))
        homes = [(0.0, self.home), (0.0, self.home + 1)]
        self.near: list[list[tuple[float, int]]] = [
            [*zip(lengths, numbers, strict=True), *homes]
            for lengths, numbers in zip(away.tolist(), near.tolist(), strict=True)
        ]
        self.near += [[], []]  # nothing is near to home: the pen need not go on from there
        self.entered = [*path, self.home]  # the end at which the pen comes to each stroke, in order
        self.place = [0] * len(self.entered)  # of each stroke in that order
        for place, end in enumerate(self.entered):
            self.place[end >> 1] = place
        self.done: list[tuple[int, int]] = []  # what `connect` parted

    def path(self) -> list[int]:
        """From home to home: the ends at which the pen comes to the strokes."""
        home = self.place[-1]
        there = self.entered[home + 1 :] + self.entered[:home]
        back = [end ^ 1 for end in reversed(there)]
        first, last = self.points[there[0]], self.points[back[0]]
        return there if first.real + first.imag <= last.real + last.imag else back

    def travel(self) -> float:
        """Length of all gaps."""
        return sum(self.gap(one ^ 1, other) for one, other in pairwise(self.path()))

    def gap(self, one: int, other: int) -> float:
        """Distance of two ends."""
        if one >= self.home or other >= self.home:
            return 0.0
        return abs(self.points[one] - self.points[other])

    def is_entered(self, end: int) -> bool:
        """Whether the pen comes to a stroke at this end, rather than leaves it."""
        return self.entered[self.place[end >> 1]] == end

    def across(self, end: int) -> int:
        """The end at the other side of the gap."""
        place = self.place[end >> 1]
        if self.entered[place] == end:
            return self.entered[place - 1] ^ 1
        return self.entered[(place + 1) % len(self.entered)]

    def settle(self, ends: Sequence[int], most: float = math.inf) -> float:
        """Exchange gaps as long as it helps, at these ends and at all whose gaps change by it, or
        so often at most. Returns the travel saved.
        """
        waiting = deque(ends)
        saved = 0.0
        while waiting and most > 0:
            gain, exchange = self.best_exchange(waiting[0])
            if not exchange:
                waiting.popleft()
                continue
            saved += gain
            most -= 1
            waiting.extend(one for one in self.exchange(*exchange) if one not in waiting)
        return saved

    def best_exchange(self, a: int) -> tuple[float, tuple[int, ...]]:
        """What saves most travel of all that brings an end nearer to its neighbour over the gap:
        how much, and for `exchange`; 0 and nothing if nothing does.

        The gaps a-b and c-d, where c is near a, become a-c and b-d; or with a third, e-f, where e
        is near d, they become a-c, d-e and f-b.
        """
        b = self.across(a)
        length = self.gap(a, b)
        best = LEAST
        exchange: tuple[int, ...] = ()
        for away, c in self.near[a]:
            if away >= length:
                break
            if c == b:
                continue
            d = self.across(c)
            saved = length - away + self.gap(c, d)
            if self.is_entered(c) == self.is_entered(a) and saved - self.gap(b, d) > best:
                best, exchange = saved - self.gap(b, d), (a, c)
            for more, e in self.near[d]:
                if more >= saved:
                    break
                f = self.across(e)
                gain = saved - more + self.gap(e, f) - self.gap(f, b)
                if gain > best and self.can_exchange(a, c, e):
                    best, exchange = gain, (a, c, e)
        return (best, exchange) if exchange else (0.0, ())

    def can_exchange(self, a: int, c: int, e: int) -> bool:
        """Whether the tour stays whole. Seen in the direction in which the pen leaves a."""
        if e in (a, c):
            return False
        count = len(self.place)
        sense = 1 if not self.is_entered(a) else -1
        # how many strokes after a's they come
        to_c = (self.place[c >> 1] - self.place[a >> 1]) * sense % count
        to_e = (self.place[e >> 1] - self.place[a >> 1]) * sense % count
        if self.is_entered(c) != self.is_entered(a):
            # from c to a it would be a ring, which the third gap has to open
            return to_e == 0 or to_e >= to_c
        # the part from b to c is turned round, then d takes the place of b
        inside = 1 <= to_e <= to_c
        return inside == (self.is_entered(e) == self.is_entered(a))

    def exchange(self, a: int, c: int, e: int | None = None) -> list[int]:
        """See `best_exchange`. Returns the ends whose gaps have changed, home's aside."""
        b, d = self.across(a), self.across(c)
        changed = [a, b, c, d]
        if e is None:
            self.connect(a, c)
        else:
            f = self.across(e)
            changed += [e, f]
            if self.is_entered(c) == self.is_entered(a):
                self.connect(a, c)
                self.connect(d, e)
            elif self.is_entered(e) == self.is_entered(a):
                self.connect(d, e)
                self.connect(c, a)
            else:
                self.move(c, f, a)
        return [end for end in changed if end < self.home]

    def move(self, first: int, last: int, beside: int) -> None:
        """Take out the part between two ends and put it into a gap, the first end beside this."""
        before, behind, other = self.across(first), self.across(last), self.across(beside)
        straight = self.is_entered(beside) == self.is_entered(before)
        self.connect(before, beside if straight else other)
        self.connect(before, behind)
        if straight:
            self.connect(beside, first)

    def connect(self, one: int, other: int) -> None:
        """Bring two ends beside each other, of which the pen enters both or leaves both, by turning
        round what lies between them. It is undone by connecting what it parts.
        """
        self.done.append((one, self.across(one)))
        first, last = self.place[one >> 1], self.place[other >> 1]
        if self.is_entered(one):
            self.turn(first, last - 1)
        else:
            self.turn(first + 1, last)

    def turn(self, first: int, last: int) -> None:
        """Turn round the part between two places, or all else, which is the same: what is
        shorter.
        """
        count = len(self.entered)
        inside = (last - first) % count + 1
        if 2 * inside > count:
            first, last = last + 1, first - 1
        first %= count
        last %= count
        if first <= last:
            part = self.entered[first : last + 1]
        else:
            part = self.entered[first:] + self.entered[: last + 1]
        part = [end ^ 1 for end in reversed(part)]
        behind = max(0, first + len(part) - count)  # how much lies at the list's beginning
        self.entered[first : first + len(part) - behind] = part[: len(part) - behind]
        self.entered[:behind] = part[len(part) - behind :]
        for place, end in enumerate(part, first):
            self.place[end >> 1] = place if place < count else place - count

    def kick(self, chance: random.Random, search: Search) -> None:
        """Swap the first and the last of three parts that follow each other, mend that, and go back
        unless the tour is shorter: a double bridge, which no exchange could make or undo.
        """
        count = len(self.entered)
        reach = min(search.reach, (count - 1) // 3)
        place = chance.randrange(count)
        parts = []  # first and last end of each
        for _ in range(3):
            length = chance.randint(1, reach)
            first = self.entered[place % count]
            last = self.entered[(place + length - 1) % count] ^ 1
            parts.append((first, last))
            place += length
        (one, one_last), (two, two_last), (three, three_last) = parts
        before, behind = self.across(one), self.across(three_last)
        ends = [before, one, one_last, two, two_last, three, three_last, behind]
        former = self._travel_at(ends)
        self.done = []
        self.move(one, one_last, three_last)
        self.move(two, two_last, three_last)
        added = self._travel_at(ends) - former
        saved = self.settle([end for end in ends if end < self.home], search.mends)
        if saved - added <= LEAST:
            for end, parted in reversed(self.done):
                self.connect(end, parted)
        self.done = []

    def _travel_at(self, ends: Sequence[int]) -> float:
        """Length of the gaps between these ends."""
        return sum(self.gap(end, self.across(end)) for end in ends) / 2
