"""Given strokes: where in a sketch they lie, how they are ordered, and that they stay where they
were laid.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given as examples
from hypothesis import strategies as st
from support.discs import BRISK, likeness_to_disc, starts
from support.pictures import disc

from clipasso_core.guide import Guide
from clipasso_core.optimiser.given import NOTHING, Given, interleaved
from clipasso_core.optimiser.layout import EdgeLayout, lay_out, relocation
from clipasso_core.optimiser.optimise import Anchors, optimise
from clipasso_core.optimiser.rank import rank
from clipasso_core.optimiser.start import EdgeMap

CORNER = np.array([[[4.0, 4.0], [8.0, 8.0], [12.0, 8.0], [16.0, 4.0]]])  # nothing is there to draw
FACE = Given(np.concatenate([CORNER + 6 * one for one in range(4)]), (2, 1, 1))


def test_those_of_a_level_are_its_first_and_none_without_its_fellows() -> None:
    assert FACE.places(16, ()) == ((0, 1), (2,), (3,))
    assert FACE.places(16, (3, 6)) == ((3, 4), (5,), (6,)), "half of 3 has no room for a pair"
    assert FACE.places(16, (4, 8)) == ((0, 1), (4,), (5,))
    assert [len(part) for part in FACE.by_level(16, (4, 8))] == [2, 2, 0]
    assert NOTHING.places(16, (4, 8)) == ()


@examples(
    st.lists(st.integers(1, 2), max_size=8),
    st.sets(st.integers(1, 40), max_size=6),
    st.integers(0, 10),
)
def test_no_level_has_more_of_them_than_strokes(
    sizes: list[int], levels: set[int], spare: int
) -> None:
    total = sum(sizes)
    count = max([total, *levels]) + 1 + spare
    given = Given(np.zeros((total, 4, 2)), tuple(sizes))
    ascending = sorted(levels)
    parts = given.by_level(count, ascending)
    begins = [0, *ascending]
    assert sum(map(len, parts)) == total
    for begin, end, part in zip(begins, [*ascending, count], parts, strict=True):
        assert len(part) <= end - begin
    groups = given.places(count, ascending)
    assert [len(group) for group in groups] == sizes
    flat = [one for group in groups for one in group]
    assert flat == sorted(set(flat))
    for begin, part in zip(begins, parts, strict=True):
        assert set(range(begin, begin + len(part))) <= set(flat)


@examples(st.lists(st.integers(1, 2), max_size=6), st.integers(0, 20))
def test_any_first_part_of_an_order_has_its_share_of_both(sizes: list[int], others: int) -> None:
    ends = np.cumsum([0, *sizes]).tolist()
    groups = [tuple(range(begin, end)) for begin, end in pairwise(ends)]
    count = ends[-1]
    order = interleaved(groups, range(count, count + others))
    assert sorted(order) == list(range(count + others))
    assert [one for one in order if one < count] == list(range(count))
    for group in groups:
        first = order.index(group[0])
        assert order[first : first + len(group)] == list(group)
    for first in range(len(order) + 1):
        here = sum(one < count for one in order[:first])
        assert abs(here - count * first / max(len(order), 1)) <= 2


def test_layouts_begin_with_what_is_given(lite: Guide) -> None:
    layout, likeness = EdgeLayout(EdgeMap(*disc())), likeness_to_disc(lite)
    start = lay_out(layout, likeness, replace(BRISK, seeds=2), 0, 12, (6,), FACE)
    assert start.shape == (2, 12, 4, 2)
    places = [one for group in FACE.places(12, (6,)) for one in group]
    for seed in start:
        np.testing.assert_allclose(seed[places].numpy(), FACE.curves, atol=1e-4)


def anchored(start: torch.Tensor, count: int) -> Anchors:
    which = torch.zeros(start.shape[1:3], dtype=torch.bool)
    which[:count] = True
    return Anchors(which, start[0].clone())


def test_what_is_anchored_stays_near_while_the_others_go(lite: Guide) -> None:
    likeness = likeness_to_disc(lite)
    start = starts(count=6)
    start[:, :2] = torch.tensor(FACE.curves[:2], dtype=torch.float32)
    free = optimise(start, likeness, BRISK, 20).points
    held = optimise(start, likeness, BRISK, 20, anchors=anchored(start, 2)).points
    moved = [(points - start[0]).norm(dim=-1).mean(-1) for points in (free, held)]
    assert moved[1][:2].max() < 2 < moved[0][:2].min()
    assert moved[1][2:].min() > 2


def test_what_was_displaced_comes_back_to_its_anchor(lite: Guide) -> None:
    start = starts(count=4)
    anchors = anchored(start, 1)
    start[:, 0] += 6.0
    outcome = optimise(
        start, likeness_to_disc(lite), replace(BRISK, decay=False), 40, anchors=anchors
    )
    assert (outcome.points[0] - anchors.places[0]).norm(dim=-1).mean() < 4


def test_what_is_given_is_never_laid_anew(lite: Guide) -> None:
    likeness = likeness_to_disc(lite)
    points = starts(count=6)[0]
    points[:4] = torch.tensor(FACE.curves, dtype=torch.float32)  # of no use to the guide
    layout = EdgeLayout(EdgeMap(*disc()))
    for given in ((), (0, 1, 2, 3)):
        lay = relocation(layout, likeness, BRISK, 0, (), given)
        assert lay is not None
        stayed = torch.equal(lay(points)[:4], points[:4])
        assert stayed == bool(given)


@pytest.mark.parametrize("thorough", [True, False])
@pytest.mark.parametrize("levels", [(), (4,)])
def test_given_strokes_stand_between_the_others(
    lite: Guide, thorough: bool, levels: tuple[int, ...]
) -> None:
    likeness = likeness_to_disc(lite)
    groups = FACE.places(8, levels)
    order = rank(starts(count=8)[0], likeness, thorough, levels, groups)
    assert sorted(order) == list(range(8))
    laid = [one for group in groups for one in group]
    assert [one for one in order if one in laid] == laid
    assert len([one for one in order[:4] if one in laid]) == 2
    if levels:
        assert sorted(order[:4]) == [0, 1, 2, 3]


def test_each_stroke_is_drawn_with_its_own_pen(lite: Guide) -> None:
    likeness = likeness_to_disc(lite)
    points = starts(count=5)[0]
    pens = torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0])
    likeness.width_px = pens
    together = likeness.draw(points[None])
    apart = likeness.draw_each(points, range(5))
    torch.testing.assert_close(together[0], apart.prod(0))
    levels = likeness.draw_levels(points[None], (2, 4))
    torch.testing.assert_close(levels[-1], together)
    torch.testing.assert_close(levels[0], likeness.draw(points[None, :2]))
    likeness.width_px = 4.0
    torch.testing.assert_close(likeness.draw_each(points[3:4], [3])[0], apart[3])
