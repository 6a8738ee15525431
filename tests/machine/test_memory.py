"""A full memory: fewer at once, and at last a word of what would fit."""

from __future__ import annotations

import pytest
import torch
from support.pictures import green_disc
from support.resources import OneGuide
from torch import Tensor

from clipasso_core import SketchRequest, UserError
from clipasso_core.guide import Guide
from clipasso_core.machine.memory import Sparing, enough_memory, is_full
from clipasso_core.optimiser.likeness import Likeness
from clipasso_core.photo.picture import from_array
from clipasso_core.sketching.job import SketchJob


class Card:
    """A stand-in for a device that has room for so many sketches at once."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.tried: list[int] = []
        self._place = torch.empty(0)

    def __call__(self, batch: Tensor, turn: int) -> tuple[Tensor, Tensor]:
        self.tried.append(len(batch))
        if len(batch) > self.room:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        self._place = self._place if len(self._place) == len(batch) else torch.empty(len(batch))
        torch.add(batch.sum(1), turn, out=self._place)  # overwritten by the next call
        return self._place, 2 * batch


@pytest.mark.parametrize(
    ("count", "room", "tried"),
    [(4, 4, [4]), (4, 3, [4, 2, 2]), (4, 1, [4, 2, 1, 1, 1, 1]), (3, 2, [3, 1, 1, 1])],
)
def test_what_does_not_fit_is_computed_in_parts(count: int, room: int, tried: list[int]) -> None:
    card = Card(room)
    sparing = Sparing(card)
    batch = torch.arange(2.0 * count).view(count, 2)
    for turn in range(2):
        sums, doubled = sparing(batch, turn)
        assert torch.equal(sums, batch.sum(1) + turn)
        assert torch.equal(doubled, 2 * batch)
        if turn == 0:
            assert card.tried == tried
    assert max(card.tried[len(tried) :]) <= room, "it remembers"


def test_one_that_does_not_fit_is_told_and_other_errors_pass() -> None:
    with pytest.raises(torch.OutOfMemoryError):
        Sparing(Card(0))(torch.ones(3, 2), 0)

    def fail(batch: Tensor) -> tuple[Tensor]:
        raise RuntimeError("shapes differ")

    with pytest.raises(RuntimeError, match="shapes differ"):
        Sparing(fail)(torch.ones(3, 2))
    with pytest.raises(RuntimeError, match="shapes differ"), enough_memory("lite", "cpu"):
        raise RuntimeError("shapes differ")


@pytest.mark.parametrize(
    ("error", "full"),
    [
        (torch.OutOfMemoryError("CUDA out of memory."), True),
        (RuntimeError("MPS backend out of memory (MPS allocated: 8.00 GB)"), True),
        (RuntimeError("CUDA error: out of memory"), True),
        (RuntimeError("CUDA error: misaligned address"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_a_full_memory_is_known_by_its_error(error: Exception, full: bool) -> None:
    assert is_full(error) is full


@pytest.mark.parametrize(
    ("guide", "fits"),
    [("lite", "would fit, --device cpu"), ("clip:RN101:openai", "--guide lite, or --device cpu")],
)
def test_a_person_is_told_what_would_fit(guide: str, fits: str) -> None:
    with pytest.raises(UserError, match=fits) as caught, enough_memory(guide, "mps"):
        raise torch.OutOfMemoryError
    assert caught.value.code == "no-memory"


def test_a_job_tells_it(lite: Guide, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Likeness, points: Tensor) -> Tensor:
        raise torch.OutOfMemoryError

    monkeypatch.setattr(Likeness, "draw", full)
    request = SketchRequest(strokes=2, steps=1, guide="lite", mask="none", device="cpu")
    with pytest.raises(UserError, match="too small for the guide lite"):
        SketchJob(from_array(green_disc()), request, OneGuide(lite)).run()


def test_layouts_that_do_not_fit_together_are_looked_at_apart(lite: Guide) -> None:
    from support.discs import likeness_to_disc, starts

    likeness = likeness_to_disc(lite)
    drawn = likeness.draw(starts(seeds=3))
    wanted = likeness.plain(drawn)
    unlike = likeness.unlike

    def narrow(pictures: Tensor, target: object) -> Tensor:
        if len(pictures) > 1:
            raise torch.OutOfMemoryError
        return unlike(pictures, target)  # type: ignore[arg-type]

    likeness.unlike = narrow  # type: ignore[method-assign, assignment]
    assert torch.allclose(likeness.plain(drawn), wanted, atol=1e-3)
