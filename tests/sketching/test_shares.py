"""Everybody has strokes, and from the beginning."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from clipasso_core.request import FEWEST
from clipasso_core.sketching.shares import shares, turns

weights = st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=8)


@given(weights, st.integers(0, 100))
def test_all_strokes_are_shared_out_and_each_has_enough(of: list[float], more: int) -> None:
    strokes = FEWEST * len(of) + more
    counts = shares(strokes, of)
    assert sum(counts) == strokes
    assert min(counts) >= FEWEST


def test_who_has_more_to_draw_has_more() -> None:
    assert shares(16, [3.0, 1.0]) == [12, 4]
    assert shares(16, [1.0, 1.0]) == [8, 8]
    assert shares(16, [100.0, 1.0]) == [13, 3]


@given(weights, st.integers(0, 100))
def test_every_first_part_has_its_share_of_each(of: list[float], more: int) -> None:
    counts = shares(FEWEST * len(of) + more, of)
    order = turns(counts)
    assert [order.count(one) for one in range(len(of))] == counts
    third = order[: -(-len(order) // 3)]
    assert set(third) == set(range(len(of)))
    # each has what a common divisor gives it, to half a stroke: so the sum is off by half a stroke
    # for each of them at most, and everybody's share by its part of that
    for one, count in enumerate(counts):
        share = count / len(order)
        bound = 0.5 + share * len(of) / 2
        for end in range(len(order)):
            assert abs(order[:end].count(one) - end * share) <= bound + 1e-9
