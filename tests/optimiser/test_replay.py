"""What a GPU will be told to record: the same result, no word from the processor, and a way on
where it can't.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
import torch
from support.discs import BRISK, likeness_to_disc, starts
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from clipasso_core.guide import Guide, load_guide
from clipasso_core.optimiser.likeness import Likeness
from clipasso_core.optimiser.looks import Looks
from clipasso_core.optimiser.optimise import Outcome, _computing, _Seeds, gradient_of, optimise
from clipasso_core.optimiser.replay import Compute, Replay, Step

# Their results have a shape, or a course, that depends on values; or they bring values from the
# processor.
WAITS = {
    "_local_scalar_dense",
    "nonzero",
    "masked_select",
    "bincount",
    "unique_dim",
    "_unique2",
    "repeat_interleave.Tensor",
    "lift_fresh",
    "is_nonzero",
    "equal",
}


class Listener(TorchDispatchMode):
    """Remembers operations for which a device would have to wait for its processor."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.waits: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = func.name().removeprefix("aten::")
        chooses = name.startswith("index.") and any(
            one.dtype == torch.bool for one in _indices(args)
        )
        if chooses or {name, name.partition(".")[0]} & WAITS:
            self.waits.append(name)
        return func(*args, **(kwargs or {}))


def _indices(args: Any) -> list[Tensor]:
    return [one for one in args[1] if one is not None]


class FakeRecorder:
    """Plays by computing again into the same results, as a recorded graph does."""

    def __init__(self) -> None:
        self.recorded = self.played = 0

    def __call__(
        self, compute: Callable[[], tuple[Tensor, Tensor]]
    ) -> tuple[Callable[[], None], Tensor, Tensor]:
        self.recorded += 1
        losses, gradient = (value.clone().fill_(torch.nan) for value in compute())

        def play() -> None:
            self.played += 1
            for place, value in zip((losses, gradient), compute(), strict=True):
                place.copy_(value)

        return play, losses, gradient


def dense(lite: Guide) -> Likeness:
    likeness = likeness_to_disc(lite)
    likeness.rasteriser = "dense"
    return likeness


LEVELS = [(), (2,), (1, 2, 3)]


def step_of(likeness: Likeness, levels: tuple[int, ...]) -> tuple[Looks, Step]:
    """What is recorded on a GPU."""
    looks = Looks(likeness, levels)
    return looks, partial(gradient_of, judge=looks.losses, likeness=likeness, tidy=True)


@pytest.mark.parametrize("levels", LEVELS)
def test_a_step_never_waits_for_the_processor(lite: Guide, levels: tuple[int, ...]) -> None:
    likeness, points = dense(lite), starts(seeds=2)
    looks, step = step_of(likeness, levels)
    for turn in range(likeness.period(levels)):
        looks.turn_to(turn)  # looks at the photograph, makes its plans
        with Listener() as listener:
            looks.turn_to(turn)
            step(points)
        assert listener.waits == []


@pytest.mark.parametrize("levels", LEVELS)
def test_all_turns_are_one_recording(lite: Guide, levels: tuple[int, ...]) -> None:
    """The same memory, filled anew, holds what each turn looks at."""
    likeness, points = dense(lite), starts(seeds=2)
    looks, step = step_of(likeness, levels)
    whole = _computing(likeness, levels, True, points.shape, None)
    seen = set()
    for turn in range(likeness.period(levels)):
        looks.turn_to(turn)
        (losses, gradient), (wanted, wanted_gradient) = step(points), whole(points, turn)
        assert torch.allclose(losses, wanted, atol=2e-3)
        assert torch.cosine_similarity(gradient.flatten(), wanted_gradient.flatten(), 0) > 0.999
        seen.add(round(float(losses.sum()), 4))
    assert len(seen) > 1, "turns differ"


def test_the_recording_knows_what_counts_more(lite: Guide) -> None:
    likeness, points = dense(lite), starts(seeds=2)
    likeness._weight = torch.linspace(0, 2, 224).expand(1, 1, 224, 224)
    looks, step = step_of(likeness, (2,))
    for turn in range(3):
        looks.turn_to(turn)
        wanted, _ = likeness.at_levels(points, turn, (2,))
        assert torch.allclose(step(points)[0], wanted, atol=2e-3)


@pytest.mark.parametrize("seeds", [1, 4])
def test_the_best_sketch_is_kept_without_waiting(seeds: int) -> None:
    points = starts(seeds)
    race = _Seeds(points, BRISK, 10, None, None)
    with Listener() as listener:
        for losses in (torch.linspace(2, 1, seeds), torch.linspace(1, 3, seeds) + 1):
            race.score(losses)
            race.move(0, torch.ones_like(points))
    assert listener.waits == []
    outcome = race.outcome(2, False)
    assert (outcome.loss, outcome.seed) == ((1, 3) if seeds == 4 else (2, 0))
    assert torch.equal(outcome.points, points[outcome.seed])


def test_the_sparse_rasteriser_does_wait(lite: Guide) -> None:
    likeness, points = likeness_to_disc(lite), starts().requires_grad_(True)
    with Listener() as listener:
        likeness.draw(points).sum().backward()
    assert "nonzero" in listener.waits


def test_only_what_keeps_its_shape_is_recorded(lite: Guide) -> None:
    likeness = likeness_to_disc(lite)
    assert not likeness.keeps_shape((1, 16, 4, 2), (8,)), "on a processor sparse is taken"
    likeness.rasteriser = "dense"
    assert likeness.keeps_shape((3, 256, 4, 2), (8,))


def test_a_replayed_sketch_is_the_same_sketch(lite: Guide, monkeypatch: pytest.MonkeyPatch) -> None:
    def replayed(
        likeness: Likeness, levels: tuple[int, ...], tidy: bool, shape: Any, anchors: None
    ) -> Replay:
        looks, step = step_of(likeness, levels)
        return Replay(step, looks.turn_to, record)

    def computed(*settings: Any) -> Compute:
        looks, step = step_of(*settings[:2])

        def compute(points: Tensor, turn: int) -> tuple[Tensor, Tensor]:
            looks.turn_to(turn)
            return step(points)

        return compute

    def sketched() -> Outcome:
        return optimise(starts(seeds=4), dense(lite), preset, preset.steps, levels=(2,))

    record = FakeRecorder()
    preset = replace(BRISK, steps=14)
    monkeypatch.setattr("clipasso_core.optimiser.optimise._computing", computed)
    plain = sketched()
    monkeypatch.setattr("clipasso_core.optimiser.optimise._computing", replayed)
    again = sketched()
    assert torch.equal(again.points, plain.points)
    assert again.loss == plain.loss
    assert record.recorded == 3, "one for all turns, and one more where seeds are dropped"
    assert record.played == 14 - 2 * 3 + 3


def test_what_cannot_be_recorded_is_computed(caplog: pytest.LogCaptureFixture) -> None:
    def refuse(compute: Any) -> Any:
        raise RuntimeError("operation not permitted when stream is capturing")

    turns: list[int] = []
    replay = Replay(lambda points: (points.sum()[None], points * turns[-1]), turns.append, refuse)
    for turn in range(6):
        losses, gradient = replay(torch.full((2,), float(turn)), turn)
        assert losses.tolist() == [2.0 * turn]
        assert gradient.tolist() == [float(turn * turn)] * 2
    assert replay.gave_up
    assert caplog.text.count("not recorded") == 1


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")
def test_a_gpu_records_and_replays_the_same_sketch() -> None:
    likeness = likeness_to_disc(load_guide("lite", "cuda"))
    points = starts(seeds=2).cuda()
    looks, step = step_of(likeness, (2,))
    replay = Replay(step, looks.turn_to)
    first, *_, last = [tuple(value.clone() for value in replay(points, 0)) for _ in range(4)]
    assert not replay.gave_up
    for one, other in zip(first, last, strict=True):
        assert torch.allclose(one, other, rtol=1e-2, atol=1e-4)
