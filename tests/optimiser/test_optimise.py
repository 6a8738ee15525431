"""The optimiser goes downhill, keeps what it scored, and stops when it is told to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch
from support.discs import BRISK, likeness_to_disc, plain_loss, starts

from clipasso_core.guide import Guide, load_guide
from clipasso_core.optimiser.levels import inner_levels
from clipasso_core.optimiser.likeness import Likeness
from clipasso_core.optimiser.optimise import Step, optimise
from clipasso_core.optimiser.rank import rank
from clipasso_core.optimiser.views import ViewPool
from clipasso_core.presets import PRESETS

CPU = torch.device("cpu")

# whole, turned, bent, bent twice
MOVES = torch.tensor([[1, -1, 1, -1], [1, -1 / 3, -1, 3], [1, 1 / 3, -1, -3], [1, 1, 1, 1]])


@pytest.fixture(scope="module")
def likeness(lite: Guide) -> Likeness:
    return likeness_to_disc(lite)


def test_the_loss_falls(likeness: Likeness) -> None:
    start = starts() + torch.tensor([10.0, -8.0])  # off the edges that they were laid along
    outcome = optimise(start, likeness, BRISK, 30)
    assert outcome.loss < 0.9 * plain_loss(likeness, start[0])


def test_the_sketch_kept_is_the_one_scored(likeness: Likeness) -> None:
    seen: list[Step] = []
    outcome = optimise(starts(), likeness, BRISK, 8, lambda step: seen.append(step))
    assert plain_loss(likeness, outcome.points) == pytest.approx(outcome.loss, rel=1e-4)
    assert [step.loss for step in seen] == sorted((step.loss for step in seen), reverse=True)
    assert all(
        plain_loss(likeness, step.points) == pytest.approx(step.loss, rel=1e-4) for step in seen
    )


def test_the_same_start_gives_the_same_bits(likeness: Likeness) -> None:
    first, second = (optimise(starts(), likeness, BRISK, 4) for _ in range(2))
    assert torch.equal(first.points, second.points)
    assert first.loss == second.loss


@pytest.mark.parametrize("at", [1, 2, 5])
def test_it_stops_at_any_step_and_keeps_the_best(likeness: Likeness, at: int) -> None:
    outcome = optimise(starts(), likeness, BRISK, 6, lambda step: step.step < at)
    assert outcome.stopped
    assert outcome.steps == at
    assert plain_loss(likeness, outcome.points) == pytest.approx(outcome.loss, rel=1e-4)


def test_an_exception_of_the_callback_passes_through(likeness: Likeness) -> None:
    def cancel(step: Step) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        optimise(starts(), likeness, BRISK, 3, cancel)


def test_poor_seeds_are_dropped_and_the_best_is_finished(likeness: Likeness) -> None:
    alive: list[int] = []
    outcome = optimise(starts(seeds=4), likeness, BRISK, 8, lambda step: alive.append(step.seeds))
    assert alive == [4, 4, 2, 2, 1, 1, 1, 1]
    alone = optimise(starts(seeds=4)[outcome.seed : outcome.seed + 1], likeness, BRISK, 8)
    assert outcome.loss <= alone.loss + 1e-4
    everyone: list[int] = []
    optimise(
        starts(seeds=2),
        likeness,
        replace(BRISK, keep_all=True),
        4,
        lambda step: everyone.append(step.seeds),
    )
    assert everyone == [2, 2, 2, 2]


def test_time_left_counts_the_dropped_seeds(likeness: Likeness) -> None:
    steps: list[Step] = []
    optimise(starts(seeds=4), likeness, BRISK, 8, lambda step: steps.append(step))
    assert steps[-1].time_left_s == 0
    assert steps[0].time_left_s < 7 * steps[0].time_s, "later steps have fewer seeds"


def test_it_ends_early_when_the_loss_stands_still(likeness: Likeness) -> None:
    still = replace(BRISK, lr_px=1e-9, stop_change=1e-5, stop_times=2)
    assert optimise(starts(), likeness, still, 50).steps == 3


class Told(Likeness):
    """Finds losses that were written down, by start and look; a start is known by its place."""

    def __init__(self, guide: Guide, losses: list[list[float]]) -> None:
        super().__init__(
            guide, torch.ones(1, 3, 224, 224), ViewPool(1, 1, 0, 1, 224, 0, CPU), 3.0, "sparse"
        )
        self._losses = losses

    def at_levels(
        self, points: torch.Tensor, turn: int, levels: Sequence[int]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """See `Likeness.at_levels`; of one view."""
        found = [self._losses[int(start[0, 0, 0]) // 100][turn] for start in points]
        return 0 * points.sum((1, 2, 3))[:, None] + torch.tensor(found)[:, None], torch.ones(1)


def looks_of_each(guide: Guide, losses: list[list[float]]) -> tuple[list[int], float]:
    """How many starts take part in each step with those losses, and the loss that wins."""
    places = 100.0 * torch.arange(len(losses)).view(-1, 1, 1, 1) + 50
    preset = replace(
        PRESETS["published"], score_every=1, lr_px=1e-3, stop_change=0.01, stop_times=2
    )
    taking_part: list[int] = []
    outcome = optimise(
        places.expand(-1, 1, 4, 2).clone(),
        Told(guide, losses),
        preset,
        len(losses[0]),
        lambda step: taking_part.append(step.seeds),
    )
    return taking_part, outcome.loss


def test_a_start_is_done_when_it_is_twice_no_better_than_its_best(lite: Guide) -> None:
    # each look differs little from the one before, and soon much from the best
    creeping = [0.5, 0.509, 0.518, 0.527, 0.536, 0.545]
    assert looks_of_each(lite, [creeping])[0] == [1] * 6
    # the other way about: near its best each second time, never twice in a row
    swinging = [0.5, 0.501, 0.6, 0.501, 0.6, 0.501]
    assert looks_of_each(lite, [swinging])[0] == [1] * 6
    assert looks_of_each(lite, [[0.5, 0.501, 0.502, 0.4, 0.3, 0.2]]) == ([1] * 3, 0.5)


def test_each_start_is_done_by_itself(lite: Guide) -> None:
    early, late = [0.5, 0.5, 0.5, 0.1, 0.1, 0.1], [0.9, 0.8, 0.7, 0.6, 0.55, 0.45]
    taking_part, loss = looks_of_each(lite, [early, late])
    assert taking_part == [2, 2, 2, 1, 1, 1]
    assert loss == pytest.approx(0.45), "the one that is behind may still win"


@pytest.mark.parametrize("moves", [False, True])
def test_its_adam_is_adam(moves: bool) -> None:
    # Adam's first steps magnify what 16 bits round away
    likeness = likeness_to_disc(load_guide("lite", precision="fp32"))
    preset = replace(BRISK, lr_px=1.0, betas=(0.9, 0.999), decay=False, tidy=False, moves=moves)
    last: list[Step] = []
    optimise(starts(), likeness, replace(preset, score_every=1), 4, lambda step: last.append(step))
    moved = torch.zeros_like(starts()).requires_grad_(True)
    theirs = torch.optim.Adam([moved], lr=1.0, betas=(0.9, 0.999))
    losses = []
    for turn in range(4):
        points = starts() + (MOVES @ moved if moves else moved)
        loss = likeness.through_views(likeness.draw(points), turn)
        losses.append(float(loss[0, 0].detach()))
        theirs.zero_grad()
        loss.mean().backward()
        theirs.step()
    assert last[-1].loss == pytest.approx(min(losses), rel=1e-4)


def test_the_moves_of_a_stroke_are_orthogonal_and_a_px_long() -> None:
    t = (torch.arange(1000) + 0.5)[:, None] / 1000
    # how far each takes each place
    along = torch.cat([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3], 1) @ MOVES
    inner = along.T @ along / len(t)
    assert (inner - inner.diagonal().diag()).abs().max() < 1e-4
    assert along.abs().amax(0).tolist() == pytest.approx([1, 1, 1, 1], abs=0.01)


def test_points_of_a_long_chain_move_one_by_one(likeness: Likeness) -> None:
    chain = torch.cat([starts(count=2)[:, :, :3], starts(count=2)[:, :, :]], 2)  # [1, 2, 7, 2]
    seen: list[Step] = []
    optimise(
        chain, likeness, replace(BRISK, tidy=False, lr_px=0.5), 2, lambda step: seen.append(step)
    )
    assert torch.allclose((seen[-1].points - chain[0]).abs(), torch.tensor(0.8), atol=0.01), (
        "Adam's first step is as long for each"
    )


@pytest.mark.parametrize("thorough", [True, False])
def test_ranked_strokes_are_a_good_sketch_at_every_number(
    likeness: Likeness, thorough: bool
) -> None:
    points = optimise(starts(count=8), likeness, BRISK, 8).points
    order = rank(points, likeness, thorough)
    assert sorted(order) == list(range(8))
    rng = np.random.default_rng(0)
    for count in (1, 2, 4) if thorough else (4,):
        ranked = plain_loss(likeness, points[order[:count]])
        others = [plain_loss(likeness, points[rng.permutation(8)[:count]]) for _ in range(6)]
        assert ranked < np.mean(others)
        assert count > 1 or ranked <= min(others) + 1e-4, "the first alone is the best alone"


def test_of_several_layouts_the_likest_is_taken(likeness: Likeness) -> None:
    good = starts(seeds=2)
    assert torch.equal(likeness.best(torch.stack([good[0], good[0] + 40])), good[0])
    assert torch.equal(likeness.best(torch.stack([good[1] - 30, good[1]])), good[1])


def test_levels_halve_down_to_eight() -> None:
    assert [inner_levels(count) for count in (1, 16, 23, 24, 32, 40, 64)] == [
        (),
        (),
        (),
        (12,),
        (8, 16),
        (10, 20),
        (8, 16, 32),
    ]


def test_a_level_is_drawn_as_its_strokes_alone(likeness: Likeness) -> None:
    points = starts(seeds=2, count=6)
    for levels in ((2,), (1, 3), (1, 2, 4)):
        for turn in range(4):
            losses, weights = likeness.at_levels(points, turn, levels)
            assert losses.shape == (2, len(weights))
            assert float(losses[0, 0]) == pytest.approx(
                plain_loss(likeness, points[0]), rel=1e-3
            ), "the plain view of the whole is first"
            assert float(weights[:2].sum()) == pytest.approx(1), "of the whole"
            alone = [
                likeness.through_views(likeness.draw(points[:, :level]), turn, [view])
                for level in levels
                for view in (0, 1)
            ]
            for column in range(2, len(weights)):
                assert any(
                    torch.allclose(losses[:, column], value[:, 0], rtol=1e-3) for value in alone
                )


def test_nested_strokes_make_better_first_sketches(likeness: Likeness) -> None:
    def first_half(levels: tuple[int, ...]) -> float:
        grown = [
            optimise(starts(seed + 1, count=8)[-1:], likeness, BRISK, 24, levels=levels).points
            for seed in range(3)
        ]
        return float(np.mean([plain_loss(likeness, points[:4]) for points in grown]))

    assert first_half((4,)) < first_half(())


def test_no_stroke_leaves_its_level(likeness: Likeness) -> None:
    order = rank(starts(count=7)[0], likeness, levels=(2, 4))
    assert [sorted(order[:2]), sorted(order[2:4]), sorted(order[4:])] == [[0, 1], [2, 3], [4, 5, 6]]


def test_one_stroke_needs_no_ranking(likeness: Likeness) -> None:
    assert rank(starts(count=1)[0], likeness) == [0]


def test_without_a_thorough_look_strokes_keep_to_their_levels(likeness: Likeness) -> None:
    order = rank(starts(count=6)[0], likeness, thorough=False, levels=(2, 4))
    assert [sorted(order[begin : begin + 2]) for begin in (0, 2, 4)] == [[0, 1], [2, 3], [4, 5]]


def test_what_pads_a_chain_is_no_stroke() -> None:
    likeness = likeness_to_disc(load_guide("lite"))
    short, long = starts(count=2)[0]
    bend = long[-1] + torch.tensor([[4.0, 3], [9, 7], [15, 8]])
    padded = torch.stack([torch.cat([short, short[-1:].expand(3, 2)]), torch.cat([long, bend])])
    likeness.tie = torch.tensor([[0, 1, 2, 3, 3, 3, 3], [0, 1, 2, 3, 4, 5, 6]])
    moved = padded.clone()
    # the last point of its own: what pads it lies where it was
    moved[0, 3] += torch.tensor([15.0, 8.0])
    assert torch.equal(likeness.tied(moved[None])[0, 0, 3:], moved[0, 3].expand(4, 2))


def test_beside_the_lanes_nothing_is_shared_out(
    likeness: Likeness, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    before, true_draw = torch.get_num_threads(), likeness.draw

    def draw(points: torch.Tensor) -> torch.Tensor:
        seen.append(torch.get_num_threads())
        return true_draw(points)

    monkeypatch.setattr(likeness, "draw", draw)
    torch.set_num_threads(2)
    try:
        optimise(starts(), likeness, BRISK, 2, lambda step: seen.append(torch.get_num_threads()))
    finally:
        torch.set_num_threads(before)
    assert seen == [1, 2, 1, 2]
