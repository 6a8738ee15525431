"""Moving the strokes until the guide finds the sketch like the photograph."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from clipasso_core.guide import Features, Guide
from clipasso_core.guide.losses import loss_terms, total
from clipasso_core.machine.threads import single
from clipasso_core.optimiser.replay import Compute, Replay
from clipasso_core.optimiser.tidiness import untidiness
from clipasso_core.optimiser.views import ViewPool
from clipasso_core.presets import Preset
from clipasso_core.raster import StrokeBatch, fitting, render

FINAL_RATE = 0.02  # of a decaying step, at the end
# of a level's view beside the whole sketch: 0.5 costs the levels 2 to 3 % and gives the whole 2 %
LEVEL_WEIGHT = 1.0
ALONE = 1.6  # how much farther a point goes alone than each of a stroke's four moves, which add up
NOWHERE_PX = -1e4  # strokes there are never seen
LEVEL_VIEWS = 2  # of all levels, at most in one step
# (share of the steps done, share of the seeds kept; at least one)
DROPS = ((0.25, 0.5), (0.5, 0.0))


Relocate = Callable[[Tensor], Tensor]  # a sketch [N, 4, 2] with some of its strokes elsewhere


@dataclass(frozen=True)
class Step:
    """What the optimiser tells after every step; returning False from the callback ends it with the
    best so far.
    """

    step: int  # steps done
    steps: int  # steps planned
    loss: float  # lowest plain-view loss so far
    seeds: int  # seeds still in the race
    time_s: float  # since the first step began
    time_left_s: float
    points: Tensor  # [N, 4, 2] the best so far, canvas px


@dataclass(frozen=True)
class Outcome:
    """The sketch with the lowest plain-view loss."""

    points: Tensor  # [N, 4, 2] canvas px
    loss: float
    seed: int  # index of the start that it grew from
    steps: int  # steps done
    stopped: bool  # ended by the callback


class _Plan(NamedTuple):
    """What the views of one turn look at."""

    of_whole: Sequence[int]  # views of the whole sketch
    of_levels: list[tuple[int, int]]  # (which level, view)
    wanted: Features  # of the photograph, for every view
    weights: Tensor  # [views]


class Likeness:
    """The loss of sketches against one target, through a pool of views; the target's features are
    computed once a view.
    """

    def __init__(
        self,
        guide: Guide,
        target: Tensor,
        pool: ViewPool,
        width_px: float | Tensor,
        door: str = "auto",
        words: Tensor | None = None,
        held: Tensor | None = None,
        tie: Tensor | None = None,
    ) -> None:
        """`target`: [1, 3, 224, 224] in 0..1 on the guide's device; `width_px`: of all strokes or
        of each [N], canvas px.

        held: [1, 1, 224, 224], what is drawn already and stays. tie: [N, P], for each point the
            index of the one that it follows:
        what a chain of fewer cubics than the longest is padded with follows its last point.
        """
        self.guide, self.pool, self.width_px, self.door, self.words = (
            guide,
            pool,
            width_px,
            door,
            words,
        )
        self.held, self.tie = held, tie
        self.target, self.size = target, (target.shape[-2], target.shape[-1])
        self._wanted: dict[int, Features] = {}
        self._plans: dict[tuple[int, tuple[int, ...]], _Plan] = {}
        with torch.no_grad():
            self.blank = guide.features(
                torch.ones(1, 3, guide.side, guide.side, device=target.device)
            ).detach()

    @torch.no_grad()
    def wanted(self, turn: int) -> Features:
        """The target through the views of one set; looked at when first asked for, so that the
        first step need not wait for all.
        """
        turn %= len(self.pool)
        if turn not in self._wanted:
            self._wanted[turn] = self.guide.features(self.pool.look(self.target, turn)).detach()
        return self._wanted[turn]

    def tied(self, points: Tensor) -> Tensor:
        """Sketches [B, N, P, 2] whose padding follows the points that it pads."""
        if self.tie is None:
            return points
        return points[:, torch.arange(points.shape[1], device=points.device)[:, None], self.tie]

    def draw(self, points: Tensor) -> Tensor:
        """Sketches [B, N, P, 2] in black on white, grey values [B, 1, 224, 224]."""
        batch, count = points.shape[:2]
        points = self.tied(points)
        width = points.new_ones(batch, count) * self.width_px
        strokes = StrokeBatch(
            points, width, points.new_zeros(batch, count, 3), points.new_ones(batch, count)
        )
        drawn = render(strokes, self.size, self.door)[:, :1]
        # black over black: what is left of the white multiplies
        return drawn if self.held is None else drawn * self.held

    def through_views(self, drawn: Tensor, turn: int, which: Sequence[int] | None = None) -> Tensor:
        """Loss [B, views] of drawn sketches through views of one set; `which`: the views wanted,
        all when None.
        """
        wanted = self.wanted(turn)
        if which is not None:
            wanted = wanted.select(torch.tensor(which, device=drawn.device))
        return self.unlike(self.pool.look(drawn, turn, which), wanted.repeat(len(drawn))).view(
            len(drawn), -1
        )

    def at_levels(self, points: Tensor, turn: int, levels: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Losses of sketches [B, N, P, 2] and of their first strokes, seen through as many views as
        the pool has in a set.

        levels: how many of the first strokes are to be a sketch on their own, fewest first. Some
            views look at the whole, the plain
        one among them, the others at levels, in turn. Returns losses [B, views] and the weight
        [views] of each; first the plain view's.
        """
        plan = self._plan(turn, tuple(levels))
        drawn = self._draw_levels(points, levels)
        pictures = [self.pool.look(drawn[-1], turn, plan.of_whole).unflatten(0, (len(points), -1))]
        pictures += [
            self.pool.look(drawn[level], turn, [view])[:, None] for level, view in plan.of_levels
        ]
        losses = self.unlike(
            torch.cat(pictures, 1).flatten(0, 1), plan.wanted.repeat(len(points))
        ).view(len(points), -1)
        return losses, plan.weights

    def keeps_shape(self, shape: Sequence[int], levels: Sequence[int]) -> bool:
        """Whether a step of starts of a shape [S, N, P, 2] is the same for any strokes, as a
        recording must be.
        """
        sizes = _apart(shape[1], levels)
        drawn = shape[0] * len(sizes) * max(sizes) * ((shape[2] - 1) // 3)
        return self.door == "dense" or (
            self.door == "auto" and fitting(self.target.device.type, drawn, self.size) == "dense"
        )

    def period(self, levels: Sequence[int]) -> int:
        """Turns after which `at_levels` looks again as in the first."""
        return math.lcm(len(self.pool), 2, len(levels)) if levels else len(self.pool)

    def _plan(self, turn: int, levels: tuple[int, ...]) -> _Plan:
        """Who looks at what in a turn; made once, so that a step has nothing to send to the
        device.
        """
        key = turn % self.period(levels), levels
        if key not in self._plans:
            views = self.pool.views
            looked_at = min(len(levels), LEVEL_VIEWS) if views > 1 else 0
            of_whole = range(max(2, views - looked_at) if looked_at else views)
            turns = (
                range(turn * LEVEL_VIEWS, (turn + 1) * LEVEL_VIEWS)
                if len(levels) > LEVEL_VIEWS
                else range(looked_at)
            )
            of_levels = [
                (one % len(levels), 0 if (turn + place) % 2 == 0 else views - 1)
                for place, one in enumerate(turns)
            ]
            chosen = torch.tensor(
                [*of_whole, *(view for _, view in of_levels)], device=self.target.device
            )
            weights = [1 / len(of_whole)] * len(of_whole) + [LEVEL_WEIGHT] * len(of_levels)
            self._plans[key] = _Plan(
                of_whole,
                of_levels,
                self.wanted(turn).select(chosen),
                torch.tensor(weights, device=self.target.device),
            )
        return self._plans[key]

    def _draw_levels(self, points: Tensor, levels: Sequence[int]) -> list[Tensor]:
        """The first strokes of every level, then all: no stroke is drawn twice, for black over
        black multiplies.
        """
        if not levels:
            return [self.draw(points)]
        assert self.held is None, "only fresh sketches have levels"
        sizes = _apart(points.shape[1], levels)
        parts, most = points.split(sizes, 1), max(sizes)
        filled = [
            F.pad(part, (0, 0, 0, 0, 0, most - part.shape[1]), value=NOWHERE_PX) for part in parts
        ]
        drawn = self.draw(torch.stack(filled).flatten(0, 1)).unflatten(0, (len(parts), -1))
        return list(accumulate(drawn, torch.mul))

    def unlike(self, pictures: Tensor, wanted: Features) -> Tensor:
        """The loss [B] of pictures [B, 1 or 3, side, side] as the guide sees them, against what is
        wanted in the place of each.
        """
        return self.guide.compare(pictures.expand(-1, 3, -1, -1), wanted, self._loss)

    def _loss(self, seen: Features, wanted: Features) -> Tensor:
        return total(
            loss_terms(seen, wanted, self.blank, self.guide.recipe, self.words), self.guide.recipe
        )

    @torch.no_grad()
    def plain(self, drawn: Tensor) -> Tensor:
        """Loss [B] of drawn sketches [B, 1, 224, 224] seen straight on."""
        return self.unlike(self.pool.plain(drawn), self.wanted(0).select(slice(0, 1)))

    @torch.no_grad()
    def best(self, layouts: Tensor) -> Tensor:
        """Of layouts [T, N, P, 2] the one with the lowest plain-view loss."""
        return layouts[self.plain(self.draw(layouts)).argmin()] if len(layouts) > 1 else layouts[0]


def alone(guide: Guide) -> AbstractContextManager[None]:
    """While what is computed beside the guide is too little to be shared out among threads."""
    return single() if guide.own_threads else nullcontext()


def optimise(
    start: Tensor,
    likeness: Likeness,
    preset: Preset,
    steps: int,
    on_step: Callable[[Step], bool | None] | None = None,
    within_px: float | None = None,
    levels: Sequence[int] = (),
    relocate: Relocate | None = None,
) -> Outcome:
    """Adam on the strokes of S starts [S, N, 4, 2] (canvas px), the poorer ones dropped on the way.

    The score is the loss of the plain view, taken before the step that it belongs to, and the
    sketch kept is the one scored. No point moves farther than `within_px` from where it started.
    The first strokes of each of `levels` are optimised to be a sketch on their own, besides.
    `relocate` lays strokes of little use anew, at the preset's `relocations`. On a CPU the seeds go
    through the guide one after the other (it saves memory and costs nothing), on a GPU together.
    """
    points = start.clone()
    alive = list(range(len(points)))
    mean, spread = torch.zeros_like(points), torch.zeros_like(points)
    best_loss, best_points, best_seed = math.inf, points[0].clone(), 0
    scores = torch.full((len(points),), math.inf)
    drops = [] if preset.keep_all else [(round(share * steps), keep) for share, keep in DROPS]
    calm, last_score, done, stopped = 0, math.inf, 0, False
    compute = _computing(likeness, tuple(levels), preset.tidy, start.shape)
    relocations = {round(share * steps) for share in preset.relocations}
    moves = _moves(points) if preset.moves else None
    began = time.monotonic()

    for step in range(steps):
        with alone(likeness.guide):
            losses, gradient = compute(points, step)
        if step % preset.score_every == 0 or step == steps - 1:
            scores = losses[:, 0].cpu()
            low = int(scores.argmin())
            if scores[low] < best_loss:
                best_loss, best_points, best_seed = (
                    float(scores[low]),
                    points[low].clone(),
                    alive[low],
                )
        done = step + 1
        if on_step is not None:
            spent = time.monotonic() - began
            left = spent / done * _work_left(done, steps, len(alive), drops)
            if on_step(Step(done, steps, best_loss, len(alive), spent, left, best_points)) is False:
                stopped = True
                break
        if preset.stop_change and step % preset.score_every == 0:
            score = float(scores.min())
            calm = calm + 1 if abs(last_score - score) < preset.stop_change else 0
            last_score = score
            if calm >= preset.stop_times:
                break
        for at, keep in drops:
            if done == at and len(alive) > 1:
                order = scores.argsort()[: max(1, round(len(alive) * keep))].sort().values
                alive = [alive[i] for i in order.tolist()]
                points, gradient, mean, spread, scores = (
                    value[order.to(value.device)]
                    for value in (points, gradient, mean, spread, scores)
                )
        rate = preset.lr_px * _decay(step / steps) if preset.decay else preset.lr_px
        first, second = preset.betas
        if moves is not None:
            gradient = moves.T @ gradient
        mean = first * mean + (1 - first) * gradient
        spread = second * spread + (1 - second) * gradient.square()
        way = (mean / (1 - first**done)) / ((spread / (1 - second**done)).sqrt() + 1e-8)
        points = points - rate * (way if moves is None else moves @ way)
        if relocate is not None and done in relocations:
            laid = torch.stack([relocate(one) for one in points])
            fresh = (laid != points).flatten(2).any(-1)[..., None, None]
            points, mean, spread = laid, mean.masked_fill(fresh, 0), spread.masked_fill(fresh, 0)
        if within_px is not None:
            anchor = start[alive]
            moved = points - anchor
            points = anchor + moved * (
                within_px / moved.norm(dim=-1, keepdim=True).clamp_min(within_px)
            )
    return Outcome(best_points, best_loss, best_seed, done, stopped)


def _computing(
    likeness: Likeness, levels: tuple[int, ...], tidy: bool, shape: Sequence[int]
) -> Compute:
    """A step's losses [S, views], without gradient, and the gradient of their weighted sums, and of
    `untidiness`, for points and a turn.
    """

    def one(points: Tensor, turn: int) -> tuple[Tensor, Tensor]:
        points = points.detach().requires_grad_(True)
        losses, weights = likeness.at_levels(points, turn, levels)
        whole = (losses * weights).sum()
        if tidy:
            whole = whole + untidiness(likeness.tied(points)).sum()
        (gradient,) = torch.autograd.grad(whole, points)
        return losses.detach(), gradient

    def each(points: Tensor, turn: int) -> tuple[Tensor, Tensor]:
        losses, gradients = zip(*(one(seed, turn) for seed in points.split(1)), strict=True)
        return torch.cat(losses), torch.cat(gradients)

    device = likeness.target.device.type
    if device == "cuda" and likeness.keeps_shape(shape, levels):
        return Replay(one, likeness.period(levels))
    return each if device == "cpu" else one


def _apart(strokes: int, levels: Sequence[int]) -> list[int]:
    """How many strokes the first level has, how many each next one adds."""
    return [end - begin for begin, end in pairwise([0, *levels, strokes])]


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
