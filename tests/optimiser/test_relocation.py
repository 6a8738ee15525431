"""A stroke that is of little use goes where it is needed; one that is needed stays."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from support.discs import BRISK, likeness_to_disc, plain_loss, starts
from torch import Tensor

from clipasso_core.guide import Guide
from clipasso_core.optimiser.likeness import Likeness
from clipasso_core.optimiser.optimise import optimise
from clipasso_core.optimiser.relocation import CANDIDATES, Lay, relocate

AWAY = torch.tensor([[200.0, 4.0], [205, 6], [210, 5], [216, 4]])  # in a corner that is blank


@pytest.fixture(scope="module")
def likeness(lite: Guide) -> Likeness:
    return likeness_to_disc(lite)


def offering(place: Tensor, asked: list[tuple[Tensor, int, int]] | None = None) -> Lay:
    """Offers one place only."""

    def lay(there: Tensor, count: int, of: int) -> Tensor:
        if asked is not None:
            asked.append((there.clone(), count, of))
        return place.expand(count, 4, 2)

    return lay


def test_a_stroke_on_blank_paper_goes_where_the_sketch_is_bare(likeness: Likeness) -> None:
    whole = starts(count=5)[0]
    spoilt = whole.clone()
    spoilt[2] = AWAY
    asked: list[tuple[Tensor, int, int]] = []
    mended = relocate(spoilt, likeness, offering(whole[2], asked))
    assert torch.equal(mended, whole)
    ((there, count, of),) = asked
    assert torch.equal(there, whole[[0, 1, 3, 4]]), "places are looked for around all the others"
    assert (count, of) == (CANDIDATES, 5)
    assert torch.equal(spoilt[2], AWAY), "what was given stays as it is"


def test_no_stroke_goes_where_it_is_worse(likeness: Likeness) -> None:
    whole = starts(count=8)[0]
    assert torch.equal(relocate(whole, likeness, offering(AWAY)), whole)


def test_a_sketch_only_gets_nearer(likeness: Likeness) -> None:
    sketch, offers = starts(seeds=2, count=12)
    turn = iter(range(12))
    moved = relocate(
        sketch, likeness, lambda there, count, of: torch.roll(offers, next(turn), 0)[:count]
    )
    assert plain_loss(likeness, moved) <= plain_loss(likeness, sketch)
    assert 0 <= (moved != sketch).flatten(1).any(1).sum() <= 3, "a quarter of the strokes at most"


def test_a_stroke_of_a_level_is_laid_for_that_level(likeness: Likeness) -> None:
    whole = starts(count=6)[0]
    spoilt = whole.clone()
    spoilt[1] = AWAY
    asked: list[tuple[Tensor, int, int]] = []
    mended = relocate(spoilt, likeness, offering(whole[1], asked), levels=(2, 4))
    assert torch.equal(mended[1], whole[1])
    there, _, of = asked[0]
    assert torch.equal(there, whole[:1])
    assert of == 2


def test_the_optimiser_asks_at_the_preset_s_shares_and_goes_on_from_there(
    likeness: Likeness,
) -> None:
    preset = replace(BRISK, relocations=(0.25, 0.5))
    asked: list[Tensor] = []

    def away(points: Tensor) -> Tensor:
        asked.append(points.clone())
        return torch.cat([points[:-1], AWAY[None]])

    seen: list[int] = []
    optimise(starts(), likeness, preset, 8, lambda step: seen.append(len(asked)), relocate=away)
    assert seen == [0, 0, 1, 1, 2, 2, 2, 2], "after the second and the fourth step"
    first, second = asked
    assert (second[-1] - AWAY).abs().max() < 8 * preset.lr_px, (
        "it was laid there and moved on in the steps since"
    )
    assert (first[-1] - AWAY).abs().max() > 10 * preset.lr_px


@pytest.mark.parametrize("relocations", [(), (0.5,)])
def test_a_preset_without_relocations_asks_nobody(
    likeness: Likeness, relocations: tuple[float, ...]
) -> None:
    asked: list[Tensor] = []

    def note(points: Tensor) -> Tensor:
        asked.append(points)
        return points

    optimise(starts(), likeness, replace(BRISK, relocations=relocations), 2, relocate=note)
    assert len(asked) == len(relocations)
