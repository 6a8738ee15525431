"""Paths through points: near the best there is, and soon."""

from __future__ import annotations

import itertools
import time

import numpy as np
import pytest

from clipasso_core import route


@pytest.mark.parametrize("seed", range(5))
def test_the_order_is_near_the_best_there_is(seed: int) -> None:
    rng = np.random.default_rng(seed)
    ends = route.ends_of([(one[0], one[1]) for one in rng.random((5, 2, 2))])
    best = min(
        route.travel(ends, list(zip(turn, ways, strict=True)))
        for turn in itertools.permutations(range(5))
        for ways in itertools.product([False, True], repeat=5)
    )
    assert route.travel(ends, route.find_route(ends)) < 1.25 * best


def test_many_strokes_take_no_long_wait() -> None:
    points = np.random.default_rng(0).random((128, 2, 2))
    ends = route.ends_of([(one[0], one[1]) for one in points])
    began = time.monotonic()
    found = route.find_route(ends)
    assert time.monotonic() - began < 60
    assert sorted(one for one, _ in found) == list(range(128))
    assert route.travel(ends, found) < 0.3 * route.travel(
        ends, [(one, False) for one in range(128)]
    )
