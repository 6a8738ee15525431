"""Paths through points: every stroke once, shorter than plainly, soon, and the same again."""

from __future__ import annotations

import itertools
import random
import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.plain_route import plain_route

from clipasso_core import route
from clipasso_core.neighbours import nearest_ends
from clipasso_core.route import Route, Search, find_route, one_chain, travel

SHORT = Search(kicks=20)  # for what must hold however long one searches

coordinates = st.one_of(
    st.floats(-1e3, 1e3),
    st.integers(0, 3).map(float),  # ends that coincide, strokes without length, strokes twice
    st.integers(0, 3).map(lambda number: number + 1e-7),  # and what lies hard by
)
points = st.tuples(coordinates, coordinates)
strokes = st.one_of(
    st.tuples(points, points),
    points.map(lambda point: (point, point)),
    st.tuples(coordinates, coordinates).map(lambda ends: ((ends[0], 0.0), (ends[1], 0.0))),
)
drawings = st.lists(strokes, min_size=1, max_size=25).map(lambda ends: np.array(ends, float))
on_a_line = st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=25).map(
    lambda ends: np.array([((one, one), (other, other)) for one, other in ends], float)
)


def scattered(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).random((count, 2, 2))


def short(count: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.random((count, 1, 2)) + rng.normal(0, 0.05, (count, 2, 2))


def clustered(count: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    centres = rng.random((count // 8, 2))
    return centres[rng.integers(0, len(centres), count), None] + rng.normal(0, 0.01, (count, 2, 2))


def dots(count: int, seed: int) -> np.ndarray:
    return np.repeat(np.random.default_rng(seed).random((count, 1, 2)), 2, axis=1)


def grid(count: int, seed: int) -> np.ndarray:
    side = int(np.ceil(count**0.5))
    corners = np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1).reshape(-1, 2)[:count]
    corners = np.random.default_rng(seed).permutation(corners.astype(float))
    return np.stack([corners, corners + np.array([0.6, 0])], axis=1)


def hatching(count: int, seed: int, noise: float = 0.05) -> np.ndarray:
    """Lines of length 1, some 1 / count apart, drawn by a hand that is off by a share of that."""
    rng = np.random.default_rng(seed)
    y = (rng.permutation(count) + rng.normal(0, noise, count)) / count
    left = rng.normal(0, noise, count) / count
    right = 1 + rng.normal(0, noise, count) / count
    return np.stack([np.stack([left, y], -1), np.stack([right, y], -1)], axis=1)


DRAWINGS = [scattered, short, clustered, dots, grid, hatching]


def is_complete(found: Route, count: int) -> bool:
    return sorted(stroke for stroke, _ in found) == list(range(count))


def start_of(ends: np.ndarray) -> Route:
    """The route before it is improved: all but the very first step."""
    return find_route(ends, lambda step, _: step < 1)


@given(drawings | on_a_line)
@settings(max_examples=60, deadline=None)
def test_every_stroke_comes_once_and_no_start_is_shorter(ends: np.ndarray) -> None:
    found = find_route(ends, search=SHORT)
    assert is_complete(found, len(ends))
    allowed = travel(ends, found) * (1 - 1e-9) - 1e-9
    assert allowed <= travel(ends, [(stroke, False) for stroke in range(len(ends))])
    assert allowed <= travel(ends, start_of(ends))


@given(drawings | on_a_line)
@settings(max_examples=40, deadline=None)
def test_a_drawing_turned_round_has_as_short_a_route(ends: np.ndarray) -> None:
    one = travel(ends, find_route(ends, search=SHORT))
    turned = ends[::-1, ::-1]
    assert travel(turned, find_route(turned, search=SHORT)) == pytest.approx(one, abs=1e-6)


@given(drawings, st.integers(1, 8))
@settings(max_examples=40, deadline=None)
def test_near_ends_are_those_that_all_distances_tell(ends: np.ndarray, count: int) -> None:
    flat = ends.reshape(-1, 2)
    away = np.hypot(*(flat[:, None] - flat[None]).transpose(2, 0, 1))
    number = np.arange(len(flat))
    away[number[:, None] >> 1 == number[None] >> 1] = np.inf
    count = min(count, len(flat) - 2)
    if count:
        near = nearest_ends(ends, count)
        found = np.take_along_axis(away, near, axis=1)
        assert (found == np.sort(away, axis=1)[:, :count]).all()


def test_near_ends_are_found_across_many_leaves() -> None:
    ends = np.concatenate([scattered(300, 0), clustered(200, 1), np.zeros((100, 2, 2))])
    flat = ends.reshape(-1, 2)
    away = np.hypot(*(flat[:, None] - flat[None]).transpose(2, 0, 1))
    number = np.arange(len(flat))
    away[number[:, None] >> 1 == number[None] >> 1] = np.inf
    near = nearest_ends(ends, 8)
    assert (np.take_along_axis(away, near, axis=1) == np.sort(away, axis=1)[:, :8]).all()


@pytest.mark.parametrize("seed", range(5))
def test_through_few_strokes_it_is_the_best_there_is(seed: int) -> None:
    ends = scattered(5, seed)
    best = min(
        travel(ends, list(zip(turn, ways, strict=True)))
        for turn in itertools.permutations(range(5))
        for ways in itertools.product([False, True], repeat=5)
    )
    assert travel(ends, find_route(ends)) == pytest.approx(best)


def shares_of_plain(cases: list[np.ndarray], found: list[Route]) -> list[float]:
    """How long these routes are, measured by the plain ones."""
    return [
        travel(ends, one) / travel(ends, plain_route(ends))
        for ends, one in zip(cases, found, strict=True)
    ]


@pytest.mark.parametrize(("count", "seeds"), [(30, 2), (60, 1)])
def test_routes_are_as_short_as_plain_ones(count: int, seeds: int) -> None:
    cases = [draw(count, seed) for draw in DRAWINGS for seed in range(seeds)]
    assert statistics.median(shares_of_plain(cases, [*map(find_route, cases)])) <= 1.02
    # and that could fail
    assert statistics.median(shares_of_plain(cases, [*map(start_of, cases)])) > 1.02


def test_routes_through_a_hundred_strokes_are_as_short_as_plain_ones() -> None:
    cases = [scattered(100, 0), hatching(100, 0)]
    assert max(shares_of_plain(cases, [*map(find_route, cases)])) <= 1.02


@pytest.mark.parametrize("count", [8, 16, 32])
def test_one_line_sketches_are_no_longer_than_with_plain_routes(count: int) -> None:
    cases = [draw(count, seed) for draw in (scattered, short) for seed in range(6)]
    plain = sum(travel(ends, plain_route(ends)) for ends in cases)
    assert sum(travel(ends, find_route(ends)) for ends in cases) <= plain * (1 + 1e-9)


@pytest.mark.parametrize("noise", [0.0, 0.05])
def test_a_hatching_is_drawn_to_and_fro(noise: float) -> None:
    ends = hatching(200, 0, noise)
    assert travel(ends, find_route(ends)) < 1.1 * 199 / 200


def test_an_order_as_short_as_what_is_found_stays() -> None:
    ends = hatching(40, 0)
    found = find_route(ends)
    ordered = np.stack([ends[stroke][::-1] if turned else ends[stroke] for stroke, turned in found])
    assert find_route(ordered) == [(stroke, False) for stroke in range(40)]


def test_the_same_drawing_has_the_same_route() -> None:
    ends = clustered(50, 0)
    assert find_route(ends) == find_route(ends.copy())


def test_no_stroke_and_one_stroke_have_a_route() -> None:
    assert find_route(np.zeros((0, 2, 2))) == []
    assert find_route(np.ones((1, 2, 2))) == [(0, False)]


@pytest.mark.parametrize("size", [1e-300, 1e-12, 1e12, 1e300])
def test_size_and_place_on_the_page_do_not_matter(size: float) -> None:
    ends = scattered(20, 0)
    found = find_route(ends)
    assert find_route(ends * size) == found
    assert find_route(ends + 1e3) == found


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_refused(number: float) -> None:
    ends = scattered(4, 0)
    ends[2, 1, 0] = number
    with pytest.raises(ValueError, match="finite"):
        find_route(ends)


def test_every_step_is_told() -> None:
    told: list[tuple[int, int]] = []
    find_route(scattered(10, 0), lambda *step: told.append(step), SHORT)
    steps = told[0][1]
    assert told == [(step, steps) for step in range(steps + 1)]


@pytest.mark.parametrize("last", [0, 1, 30, 60])
def test_it_ends_when_told_with_the_best_route_so_far(last: int) -> None:
    told: list[int] = []

    def on_progress(step: int, _steps: int) -> bool:
        told.append(step)
        return step < last

    ends = scattered(20, 0)
    found = find_route(ends, on_progress)
    assert told == [*range(last + 1)]
    assert is_complete(found, 20)
    assert travel(ends, find_route(ends)) <= travel(ends, found)


def test_what_progress_raises_calls_the_search_off() -> None:
    def on_progress(step: int, _steps: int) -> None:
        if step == 7:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        find_route(scattered(20, 0), on_progress)


@pytest.mark.parametrize("count", [2, 3, 4, 9, 30])
def test_an_exchange_saves_what_was_promised_and_a_kick_never_costs(count: int) -> None:
    chance = random.Random(count)
    ends = scattered(count, count)
    path = [2 * stroke + chance.randrange(2) for stroke in chance.sample(range(count), count)]
    tour = route._Tour(ends, nearest_ends(ends, 8), path)
    exchanges = 0
    for end in [*range(2 * count)] * 3:
        before = tour.travel()
        gaps = [tour.across(one) for one in range(2 * count)]
        saved, exchange = tour.best_exchange(end)
        if exchange:
            exchanges += 1
            told = tour.exchange(*exchange)
            changed = [one for one in range(2 * count) if tour.across(one) != gaps[one]]
            assert sorted(told) == changed
        assert before - tour.travel() == pytest.approx(saved)
        assert sorted(end >> 1 for end in tour.path()) == [*range(count)]
    assert exchanges > 0
    for _ in range(30 if count > 2 else 0):
        before = tour.travel()
        tour.kick(chance, Search())
        assert tour.travel() <= before + 1e-12
        assert sorted(end >> 1 for end in tour.path()) == [*range(count)]


def test_ten_times_the_strokes_are_no_hundred_times_the_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    measured = 0
    gap = route._Tour.gap

    def counted(tour: route._Tour, one: int, other: int) -> float:
        nonlocal measured
        measured += 1
        return gap(tour, one, other)

    monkeypatch.setattr(route._Tour, "gap", counted)
    work = []
    for count in (100, 1000):
        measured = 0
        find_route(short(count, 0), search=Search(kicks=0))
        work.append(measured)
    assert 0 < work[1] < 15 * work[0]
    # and kicks cost as much among many as among few
    measured = 0
    find_route(short(1000, 0), search=Search(kicks=100))
    assert 0 < measured - work[1] < 100 * 2000


@given(st.lists(st.integers(1, 3), min_size=1, max_size=12), st.integers(0, 99))
@settings(max_examples=30, deadline=None)
def test_one_chain_holds_all_chains_and_a_cubic_for_each_gap(cubics: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    chains = [rng.random((3 * count + 1, 2)) for count in cubics]
    chains[0][:] = 0.5  # a dot
    whole = one_chain(chains)
    assert len(whole) == 3 * (sum(cubics) + len(cubics) - 1) + 1
    assert np.isfinite(whole).all()
    places = {tuple(point) for point in whole.tolist()}
    assert all(tuple(point) in places for chain in chains for point in chain.tolist())
