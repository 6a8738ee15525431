"""Moving the strokes until the guide finds the sketch like the photograph."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from clipasso_core.machine.memory import Sparing
from clipasso_core.optimiser.likeness import Likeness, alone
from clipasso_core.optimiser.looks import Looks
from clipasso_core.optimiser.replay import Compute, Replay
from clipasso_core.optimiser.tidiness import trespass, untidiness
from clipasso_core.presets import Preset

FINAL_RATE = 0.02  # of a decaying step, at the end
# How much farther a point goes alone than each of a stroke's four moves, which add up
ALONE = 1.6
# Points with anchors take steps that are so much shorter, and are pulled to them by so much of the
# loss for every squared px; not tuned
ANCHORED_RATE = 0.2
ANCHOR_PULL = 0.01
# Between two looks at the lowest loss for the one who is told: a GPU has to be waited for
READ_S = 0.1
TRESPASS = 1.0  # of the loss for all strokes on ground that is to be kept clear
# (share of the steps done, share of the seeds kept; at least one)
DROPS = ((0.25, 0.5), (0.5, 0.0))

Judge = Callable[[Tensor], tuple[Tensor, Tensor]]  # sketches -> losses [S, views], weights [views]
Relocate = Callable[[Tensor], Tensor]  # a sketch [N, 4, 2] with some of its strokes elsewhere


@dataclass(frozen=True)
class Step:
    """What the optimiser tells after every step."""

    step: int  # steps done
    steps: int  # steps planned
    loss: float  # lowest plain-view loss so far; on a GPU, what it was up to `READ_S` ago
    seeds: int  # seeds still in the race
    time_s: float  # of its own, since the first step began
    time_left_s: float
    points: Tensor  # [N, 4, 2] the best so far, canvas px


@dataclass(frozen=True, eq=False)
class Anchors:
    """Points of a sketch that are held loosely near given places.

    which: [N, P], true for those. places: [N, P, 2] canvas px; of other points it is not looked at.
    ground: [1, 1, 224, 224], 1 where other strokes are not wanted; None for nowhere.
    """

    which: Tensor
    places: Tensor
    ground: Tensor | None = None


@dataclass(frozen=True)
class Outcome:
    """The sketch with the lowest plain-view loss."""

    points: Tensor  # [N, 4, 2] canvas px
    loss: float
    seed: int  # index of the start that it grew from
    steps: int  # steps done
    stopped: bool  # ended by who was told


Steps = Generator[Step, "bool | None", Outcome]  # False in answer to a step ends it


def optimise(
    start: Tensor,
    likeness: Likeness,
    preset: Preset,
    steps: int,
    on_step: Callable[[Step], bool | None] | None = None,
    within_px: float | None = None,
    levels: Sequence[int] = (),
    relocate: Relocate | None = None,
    anchors: Anchors | None = None,
) -> Outcome:
    """See `optimising`. `on_step` is called after every step; False from it ends it with the best
    so far.
    """
    going = optimising(start, likeness, preset, steps, within_px, levels, relocate, anchors)
    answer: bool | None = None
    while True:
        try:
            step = going.send(answer)
        except StopIteration as end:
            outcome: Outcome = end.value
            return outcome
        answer = None if on_step is None else on_step(step)


def optimising(
    start: Tensor,
    likeness: Likeness,
    preset: Preset,
    steps: int,
    within_px: float | None = None,
    levels: Sequence[int] = (),
    relocate: Relocate | None = None,
    anchors: Anchors | None = None,
) -> Steps:
    """Adam on the strokes of S starts [S, N, 4, 2] (canvas px), the poorer ones dropped on the way.

    Halts after every step and tells it, so that several sketches can grow side by side; False sent
    in answer ends it with the best so far.

    The score is the loss of the plain view, taken before the step that it belongs to, and the
    sketch kept is the one scored. No point moves farther than `within_px` from where it started.
    A start that no longer gets better ends by itself, and all is done with the last of them.
    The first strokes of each of `levels` are optimised to be a sketch on their own, besides.
    `relocate` lays strokes of little use anew, at the preset's `relocations`. Points that have
    `anchors` are pulled to them. On a CPU the seeds go
    through the guide one after the other (it saves memory and costs nothing), on a GPU together.
    """
    clock = _Clock(likeness)
    seeds = _Seeds(start, preset, steps, within_px, anchors)
    compute = _computing(likeness, tuple(levels), preset.tidy, start.shape, anchors)
    relocations = {round(share * steps) for share in preset.relocations}
    calm = _Calm(preset, len(start))
    done, stopped = 0, False
    for step in range(steps):
        losses, gradient = compute(seeds.points, step)
        looks = step % preset.score_every == 0
        if looks or step == steps - 1:
            seeds.score(losses[:, 0].clone())
        done = step + 1
        clock.halt()
        answer = yield seeds.tell(done, clock.time_s)
        clock.go_on()
        if answer is False:
            stopped = True
            break
        if looks:
            gradient = seeds.keep(calm.restless(seeds.alive, seeds.scores), gradient)
        if not seeds.alive:
            break
        gradient = seeds.drop(done, gradient)
        seeds.move(step, gradient)
        if relocate is not None and done in relocations:
            seeds.relocate(relocate)
        seeds.keep_near()
    return seeds.outcome(done, stopped)


class _Seeds:
    """The starts that are still in the race, Adam's memory of each, and the best sketch so far: all
    of it where it is computed, so that a step waits for nothing.
    """

    def __init__(
        self,
        start: Tensor,
        preset: Preset,
        steps: int,
        within_px: float | None,
        anchors: Anchors | None,
    ) -> None:
        self._start, self._preset, self._steps, self._within_px = start, preset, steps, within_px
        self._anchors = anchors
        self.points = start.clone()  # [S, N, P, 2]
        self.alive = list(range(len(start)))  # index of the start that each grew from
        self._mean = torch.zeros_like(start)  # of the gradients
        self._spread = torch.zeros_like(start)  # of their squares
        self._moves = _moves(start) if preset.moves else None
        drops = () if preset.keep_all else DROPS
        self._drops = [(round(share * steps), keep) for share, keep in drops]
        self.scores = start.new_full((len(start),), math.inf)  # [S] latest plain-view losses
        # as `alive`, and of the best sketch: [S], [1], [1], [1, N, P, 2]
        self._numbers = torch.arange(len(start), device=start.device)
        self._best_seed = self._numbers[:1]
        self._best_loss = self.scores[:1]
        self._best_points = start[:1].clone()
        self._read_loss, self._read = math.inf, -math.inf  # what was read last, and when

    def score(self, losses: Tensor) -> None:
        """Take plain-view losses [S] of the points as they are, and keep the lowest there was."""
        self.scores = losses
        low = losses.argmin()[None]
        lowest = losses.index_select(0, low)
        is_better = lowest < self._best_loss
        points, seed = self.points.index_select(0, low), self._numbers.index_select(0, low)
        self._best_points = torch.where(is_better[:, None, None, None], points, self._best_points)
        self._best_seed = torch.where(is_better, seed, self._best_seed)
        self._best_loss = torch.where(is_better, lowest, self._best_loss)

    def tell(self, done: int, time_s: float) -> Step:
        """What there is to say after so many steps."""
        left_s = time_s / done * _work_left(done, self._steps, len(self.alive), self._drops)
        now = time.monotonic()
        if self.points.is_cpu or now - self._read >= READ_S or done == self._steps:
            self._read_loss, self._read = float(self._best_loss), now
        seeds, best = len(self.alive), self._best_points[0]
        return Step(done, self._steps, self._read_loss, seeds, time_s, left_s, best)

    def outcome(self, done: int, stopped: bool) -> Outcome:
        """The best sketch of so many steps."""
        loss, seed = float(self._best_loss), int(self._best_seed)
        return Outcome(self._best_points[0], loss, seed, done, stopped)

    def drop(self, done: int, gradient: Tensor) -> Tensor:
        """Let the poorest go where the way says so. Returns the gradient of those that stay."""
        for at, share in self._drops:
            if done == at and len(self.alive) > 1:
                count = max(1, round(len(self.alive) * share))
                gradient = self.keep(sorted(self.scores.argsort()[:count].tolist()), gradient)
        return gradient

    def keep(self, kept: list[int], gradient: Tensor) -> Tensor:
        """Go on with those at these places alone. Returns their gradient."""
        if len(kept) == len(self.alive):
            return gradient
        self.alive = [self.alive[place] for place in kept]
        self.scores = self.scores[kept]
        there = torch.tensor(kept, dtype=torch.long, device=self.points.device)
        self.points, self._numbers = self.points[there], self._numbers[there]
        self._mean, self._spread = self._mean[there], self._spread[there]
        return gradient[there]

    def move(self, step: int, gradient: Tensor) -> None:
        """A step of Adam against the gradient [S, N, P, 2]."""
        preset = self._preset
        rate = preset.lr_px * _decay(step / self._steps) if preset.decay else preset.lr_px
        first, second = preset.betas
        if self._anchors is not None:
            which, away = self._anchors.which[..., None], self.points - self._anchors.places
            gradient = gradient + 2 * ANCHOR_PULL * torch.where(which, away, 0)
        if self._moves is not None:
            gradient = self._moves.T @ gradient
        self._mean = first * self._mean + (1 - first) * gradient
        self._spread = second * self._spread + (1 - second) * gradient.square()
        # both without their bias towards the zeros that they began with
        mean = self._mean / (1 - first ** (step + 1))
        spread = self._spread / (1 - second ** (step + 1))
        way = mean / (spread.sqrt() + 1e-8)
        way = way if self._moves is None else self._moves @ way
        if self._anchors is not None:
            way = torch.where(self._anchors.which[..., None], ANCHORED_RATE * way, way)
        self.points = self.points - rate * way

    def relocate(self, relocate: Relocate) -> None:
        """Lay strokes elsewhere; Adam knows nothing of them there."""
        laid = torch.stack([relocate(one) for one in self.points])
        fresh = (laid != self.points).flatten(2).any(-1)[..., None, None]  # [S, N, 1, 1]
        self.points = laid
        self._mean = self._mean.masked_fill(fresh, 0)
        self._spread = self._spread.masked_fill(fresh, 0)

    def keep_near(self) -> None:
        """Pull points back that went too far from where they started."""
        if self._within_px is None:
            return
        anchor = self._start[self.alive]
        moved = self.points - anchor
        length = moved.norm(dim=-1, keepdim=True)
        self.points = anchor + moved * (self._within_px / length.clamp_min(self._within_px))


class _Calm:
    """Tells which starts differ so little from the best that each has been that they are done."""

    def __init__(self, preset: Preset, starts: int) -> None:
        self._change, self._times = preset.stop_change, preset.stop_times
        self._best, self._count = [math.inf] * starts, [0] * starts

    def restless(self, alive: list[int], scores: Tensor) -> list[int]:
        """Take the losses [S] of a look at the starts of these numbers. Returns the places of those
        that go on.
        """
        if not self._change:
            return list(range(len(alive)))
        for start, score in zip(alive, scores.tolist(), strict=True):
            is_same = abs(self._best[start] - score) < self._change
            self._count[start] = self._count[start] + 1 if is_same else 0
            self._best[start] = min(self._best[start], score)
        return [place for place, start in enumerate(alive) if self._count[start] < self._times]


class _Clock:
    """Time that the sketch itself took: neither what others computed meanwhile, nor the halts."""

    def __init__(self, likeness: Likeness) -> None:
        self._likeness = likeness
        self.time_s = 0.0
        self.go_on()

    def go_on(self) -> None:
        self._began, self._waited_s = time.monotonic(), self._likeness.waited_s

    def halt(self) -> None:
        waited_s = self._likeness.waited_s - self._waited_s
        self.time_s += time.monotonic() - self._began - waited_s


def gradient_of(
    points: Tensor, judge: Judge, likeness: Likeness, tidy: bool, anchors: Anchors | None = None
) -> tuple[Tensor, Tensor]:
    """Losses [S, views] of sketches [S, N, P, 2], without gradient, and the gradient of their
    weighted sums and of `untidiness`. Other strokes keep clear of those with anchors, which are as
    near each other, and as short, as they are meant to be.
    """
    points = points.detach().requires_grad_(True)
    losses, weights = judge(points)
    whole = (losses * weights).sum()
    if tidy:
        looked_at = points
        if anchors is not None:
            looked_at = torch.where(anchors.which[..., None], points.detach(), points)
        whole = whole + untidiness(likeness.tied(looked_at)).sum()
        if anchors is not None and anchors.ground is not None:
            whole = whole + TRESPASS * trespass(looked_at, anchors.ground).sum()
    (gradient,) = torch.autograd.grad(whole, points)
    return losses.detach(), gradient


def _computing(
    likeness: Likeness,
    levels: tuple[int, ...],
    tidy: bool,
    shape: Sequence[int],
    anchors: Anchors | None,
) -> Compute:
    """What `gradient_of` says of points in a turn: one seed after the other, all together, or, on a
    GPU, recorded.
    """

    def step(points: Tensor, judge: Judge) -> tuple[Tensor, Tensor]:
        return gradient_of(points, judge, likeness, tidy, anchors)

    def one(points: Tensor, turn: int) -> tuple[Tensor, Tensor]:
        return step(points, lambda points: likeness.at_levels(points, turn, levels))

    def each(points: Tensor, turn: int) -> tuple[Tensor, Tensor]:
        found = []
        for seed in points.split(1):
            likeness.give_way()
            with alone(likeness.guide):
                found.append(one(seed, turn))
        losses, gradients = zip(*found, strict=True)
        return torch.cat(losses), torch.cat(gradients)

    def together(points: Tensor, turn: int) -> tuple[Tensor, Tensor]:
        likeness.give_way()
        losses, gradient = at_once(points, turn)
        return losses, gradient

    device = likeness.target.device.type
    if device == "cpu":
        return each
    at_once = Sparing(one)
    if device == "cuda" and likeness.keeps_shape(shape, levels):
        looks = Looks(likeness, levels)
        at_once = Sparing(Replay(lambda points: step(points, looks.losses), looks.turn_to))
    return together


def _moves(points: Tensor) -> Tensor:
    """What Adam moves in strokes [..., P, 2]: a matrix [P, P] from a step of each move, px, to the
    control points.

    Of a cubic it moves the whole, stretches and turns it, bends it, and bends it twice: Legendre's
    polynomials, orthogonal along the stroke, each of which takes its points at most one px. Control
    points pull at the same line, and Adam, which knows each number alone, is not told; these moves
    have little to do with each other. Points of longer chains move one by one.
    """
    count = points.shape[-2]
    if count != 4:
        return ALONE * torch.eye(count, device=points.device, dtype=points.dtype)
    return points.new_tensor([[1, -1, 1, -1], [1, -1 / 3, -1, 3], [1, 1 / 3, -1, -3], [1, 1, 1, 1]])


def _decay(share: float) -> float:
    return 1 - (1 - FINAL_RATE) * share


def _work_left(done: int, steps: int, alive: int, drops: list[tuple[int, float]]) -> float:
    """Steps left, counted in steps of the seeds that are alive now."""
    left, count, here = 0.0, float(alive), done
    for at, keep in [*drops, (steps, 1.0)]:
        if at > here:
            left += (at - here) * count / alive
            here = at
            count = max(1.0, round(count * keep))
    return left
