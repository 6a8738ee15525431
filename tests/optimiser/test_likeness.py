"""What a likeness keeps of its photograph."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from dataclasses import fields, is_dataclass

import pytest
import torch
from support.discs import starts
from support.pictures import disc
from torch import Tensor

from clipasso_core.guide import Guide
from clipasso_core.optimiser.likeness import Likeness
from clipasso_core.optimiser.seen import SeenSets
from clipasso_core.optimiser.views import ViewPool

SETS, VIEWS = 3, 4


def tensors_in(kept: object) -> Iterator[Tensor]:
    """Of whatever holds them."""
    if isinstance(kept, Tensor):
        yield kept
    elif isinstance(kept, SeenSets):
        yield from tensors_in(vars(kept))
    elif isinstance(kept, dict):
        for value in kept.values():
            yield from tensors_in(value)
    elif isinstance(kept, (list, tuple)):
        for value in kept:
            yield from tensors_in(value)
    elif is_dataclass(kept):
        for one in fields(kept):
            yield from tensors_in(getattr(kept, one.name))


def bytes_kept(likeness: Likeness) -> int:
    """Of all numbers in its memory, those that several share counted once."""
    storages = [one.untyped_storage() for one in tensors_in(vars(likeness))]
    return sum({one.data_ptr(): one.nbytes() for one in storages}.values())


def likeness_of(guide: Guide, views: int = VIEWS) -> Likeness:
    target = torch.tensor(disc()[0]).permute(2, 0, 1)[None]
    return Likeness(guide, target, ViewPool(SETS, views, 0.5, 0.8, 224, 0, guide.device), 3.0)


@pytest.mark.parametrize("levels", [(), (2,), (1, 2, 3)])
def test_the_photographs_features_are_kept_once(lite: Guide, levels: tuple[int, ...]) -> None:
    likeness = likeness_of(lite)
    before, one_view = bytes_kept(likeness), sum(one.nbytes for one in tensors_in(likeness.blank))
    for turn in range(likeness.period(levels)):
        likeness.at_levels(starts(), turn, levels)
    likeness.plain(likeness.draw(starts()))
    seen = 1 + SETS * (VIEWS - 1)  # straight on, and through the other views of each set
    assert bytes_kept(likeness) - before == pytest.approx(seen * one_view, rel=0.01)


@pytest.mark.parametrize("views", [1, VIEWS])
def test_what_is_kept_is_what_the_guide_sees(lite: Guide, views: int) -> None:
    likeness = likeness_of(lite, views)
    for turn in range(2 * SETS):
        expected = lite.features(likeness.pool.look(likeness.target, turn))
        found = likeness.wanted(turn)
        assert len(found.embedding) == views
        assert torch.allclose(found.embedding, expected.embedding, rtol=1e-2, atol=1e-3)
        for layer, value in expected.maps.items():
            assert torch.allclose(found.maps[layer], value, rtol=1e-2, atol=1e-2), layer


def test_what_is_done_with_goes_at_once(lite: Guide) -> None:
    likeness = likeness_of(lite)
    likeness.at_levels(starts(), 0, (1, 2))
    likeness.plain(likeness.draw(starts()))
    left = weakref.ref(likeness)
    gc.disable()
    try:
        del likeness
        assert left() is None
    finally:
        gc.enable()
