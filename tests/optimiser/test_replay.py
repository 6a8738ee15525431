"""What a GPU will be told to record: the same result, no word from the processor, and a way on
where it can't.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from support.discs import BRISK, likeness_to_disc, starts
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from clipasso_core.guide import Guide, load_guide
from clipasso_core.optimiser.likeness import Likeness
from clipasso_core.optimiser.optimise import _computing, optimise
from clipasso_core.optimiser.replay import Replay

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


@pytest.mark.parametrize("levels", [(), (2,), (1, 2, 3)])
def test_a_step_never_waits_for_the_processor(lite: Guide, levels: tuple[int, ...]) -> None:
    likeness, points = dense(lite), starts(seeds=2)
    compute = _computing(likeness, levels, True, points.shape, None)
    for turn in range(likeness.period(levels)):
        compute(points, turn)  # looks at the photograph, makes its plans
        with Listener() as listener:
            compute(points, turn)
        assert listener.waits == []


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
    recorder = FakeRecorder()
    preset = replace(BRISK, steps=14)

    def replayed(
        likeness: Likeness, levels: tuple[int, ...], tidy: bool, shape: Any, anchors: None
    ) -> Replay:
        compute = _computing(likeness, levels, tidy, shape, anchors)
        return Replay(compute, likeness.period(levels), lambda: recorder)

    plain = optimise(starts(seeds=4), dense(lite), preset, preset.steps, levels=(2,))
    monkeypatch.setattr("clipasso_core.optimiser.optimise._computing", replayed)
    again = optimise(starts(seeds=4), dense(lite), preset, preset.steps, levels=(2,))
    assert torch.equal(again.points, plain.points)
    assert again.loss == plain.loss
    assert recorder.played > recorder.recorded >= 2, (
        "seeds are dropped on the way: other shapes, other recordings"
    )


def test_what_cannot_be_recorded_is_computed(caplog: pytest.LogCaptureFixture) -> None:
    def refuse(compute: Any) -> Any:
        raise RuntimeError("operation not permitted when stream is capturing")

    replay = Replay(lambda points, turn: (points.sum()[None], points * turn), 2, lambda: refuse)
    for turn in range(6):
        losses, gradient = replay(torch.full((2,), float(turn)), turn)
        assert losses.tolist() == [2.0 * turn]
        assert gradient.tolist() == [float(turn * (turn % 2))] * 2
    assert replay.gave_up
    assert caplog.text.count("not recorded") == 1


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")
def test_a_gpu_records_and_replays_the_same_sketch() -> None:
    likeness = likeness_to_disc(load_guide("lite", "cuda"))
    points = starts(seeds=2).cuda()
    compute = _computing(likeness, (2,), True, points.shape, None)
    assert isinstance(compute, Replay)
    first, *_, last = [tuple(value.clone() for value in compute(points, 0)) for _ in range(4)]
    assert not compute.gave_up
    for one, other in zip(first, last, strict=True):
        assert torch.allclose(one, other, rtol=1e-2, atol=1e-4)
