"""How like sketches are to one photograph, as a guide sees both through a pool of views."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import accumulate, pairwise
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from clipasso_core.guide import Features, Guide
from clipasso_core.guide.losses import loss_terms, total
from clipasso_core.machine.memory import Sparing
from clipasso_core.machine.threads import single
from clipasso_core.optimiser.seen import SeenSets
from clipasso_core.optimiser.views import ViewPool
from clipasso_core.raster import STEADY, StrokeBatch, fitting, render

# Of a level's view beside the whole sketch: 0.5 costs the levels 2 to 3 % and gives the whole 2 %
LEVEL_WEIGHT = 1.0
LEVEL_VIEWS = 2  # of all levels, at most in one step
NOWHERE_PX = -1e4  # strokes there are never seen
AT_ONCE = 16  # strokes or sketches that are drawn or looked at together


class Plan(NamedTuple):
    """What the views of one turn look at."""

    of_whole: Sequence[int]  # views of the whole sketch
    of_levels: list[tuple[int, int]]  # (which level, view)
    chosen: Tensor | None  # of a set's views, one for each look; None for all in their order
    weights: Tensor  # [views]
    drawings: Tensor  # [views - 1] which level all but the first look at; the last is the whole

    @property
    def views(self) -> list[int]:
        """Of the looks that follow the first, which is straight on."""
        return [*self.of_whole[1:], *(view for _, view in self.of_levels)]


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
        rasteriser: str = "auto",
        words: Tensor | None = None,
        held: Tensor | None = None,
        tie: Tensor | None = None,
        others: Callable[[], None] | None = None,
        weight: Tensor | None = None,
    ) -> None:
        """target: [1, 3, 224, 224] in 0..1 on the guide's device.

        width_px: of all strokes, or of each [N] of a whole sketch, canvas px.
        held: [1, 1, 224, 224], what is drawn already and stays.
        tie: [N, P], for each point the index of the one that it follows: what a chain of fewer
            cubics than the longest is padded with follows its last point.
        others: lets others compute who go first; see `give_way`.
        weight: [1, 1, 224, 224], how much each place of the target counts; None for all the same.
        """
        self.guide = guide
        self.pool = pool
        self.width_px = width_px
        self.rasteriser = rasteriser
        self.words = words
        self.held = held
        self.tie = tie
        self.target = target
        self.size = target.shape[-2], target.shape[-1]
        self.waited_s = 0.0  # while others computed
        self._others = others
        self._look_straight = Sparing(Likeness._straight_on)
        self._weight = weight
        self._straight: Features | None = None  # the target seen plainly, which all sets share
        self._turned = SeenSets(pool.at_hand)  # and through the other views of each set
        self._plans: dict[tuple[int, tuple[int, ...]], Plan] = {}
        with torch.no_grad():
            self.blank = guide.features(
                torch.ones(1, 3, guide.side, guide.side, device=target.device)
            ).detach()

    def give_way(self) -> None:
        """Let others compute first who are in more of a hurry; called between two looks. The time
        that it takes is not the sketch's own: see `waited_s`.
        """
        if self._others is not None:
            began = time.monotonic()
            self._others()
            self.waited_s += time.monotonic() - began

    @torch.no_grad()
    def wanted(self, turn: int) -> Features:
        """The target through the views of one set; looked at when first asked for, so that the
        first step need not wait for all. Each view is kept once: of RN101 one takes 2.4 MB.
        """
        turn %= len(self.pool)
        straight = self._seen_straight()
        if self.pool.views == 1:
            return straight
        seen = self._turned.get(turn)
        if seen is None:
            which = range(1, self.pool.views)
            views = self.pool.look(self.target, turn, which)
            seen = self.guide.features(views).detach()
            if self._weight is not None:
                seen = seen.weighted(self.pool.look(self._weight, turn, which))
            self._turned.put(turn, seen)
        return straight.beside(seen)

    @torch.no_grad()
    def _seen_straight(self) -> Features:
        """The target as it is."""
        if self._straight is None:
            seen = self.guide.features(self.pool.plain(self.target)).detach()
            if self._weight is not None:
                seen = seen.weighted(self.pool.plain(self._weight))
            self._straight = seen
        return self._straight

    def tied(self, points: Tensor) -> Tensor:
        """Sketches [B, N, P, 2] whose padding follows the points that it pads."""
        if self.tie is None:
            return points
        return points[:, torch.arange(points.shape[1], device=points.device)[:, None], self.tie]

    def draw(self, points: Tensor) -> Tensor:
        """Sketches [B, N, P, 2], or the first strokes of such, in black on white: grey values
        [B, 1, 224, 224].
        """
        points = self.tied(points)
        drawn = self._drawn(points, self._widths(points.shape[1]).expand(len(points), -1))
        # black over black: what is left of the white multiplies
        return drawn if self.held is None else drawn * self.held

    def draw_each(self, points: Tensor, which: Sequence[int]) -> Tensor:
        """Strokes [M, 4, 2], each alone and with the width of that stroke of the sketch which
        `which` names: what each leaves of the white, [M, 1, 224, 224].
        """
        width = self._widths(max(which) + 1)[list(which)][:, None]  # [M, 1]
        parts = zip(points[:, None].split(AT_ONCE), width.split(AT_ONCE), strict=True)
        return torch.cat([self._drawn(part, widths) for part, widths in parts])

    def _drawn(self, points: Tensor, width: Tensor) -> Tensor:
        """[B, 1, 224, 224] of strokes [B, N, P, 2] of widths [B, N]."""
        black, opaque = points.new_zeros(*width.shape, 3), torch.ones_like(width)
        strokes = StrokeBatch(points, width, black, opaque)
        return render(strokes, self.size, self.rasteriser)[:, :1]

    def _widths(self, count: int) -> Tensor:
        """Of the first so many strokes of a sketch, [count]."""
        if isinstance(self.width_px, Tensor):
            return self.width_px[:count]
        return torch.full((count,), self.width_px, device=self.target.device)

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

        levels: how many of the first strokes are to be a sketch on their own, fewest first.

        Some views look at the whole, the plain one among them, the others at levels, in turn.
        Returns losses [B, views] and the weight [views] of each; first the plain view's.
        """
        plan = self.looks(turn, tuple(levels))
        drawn = self.draw_levels(points, levels)
        pictures = [self.pool.look(drawn[-1], turn, plan.of_whole).unflatten(0, (len(points), -1))]
        pictures += [
            self.pool.look(drawn[level], turn, [view])[:, None] for level, view in plan.of_levels
        ]
        wanted = self.wanted_in(turn, levels).repeat(len(points))
        losses = self.unlike(torch.cat(pictures, 1).flatten(0, 1), wanted)
        return losses.view(len(points), -1), plan.weights

    def wanted_in(self, turn: int, levels: Sequence[int]) -> Features:
        """The target through the views that `at_levels` looks through in a turn."""
        chosen = self.looks(turn, tuple(levels)).chosen
        wanted = self.wanted(turn)
        return wanted if chosen is None else wanted.select(chosen)

    def keeps_shape(self, shape: Sequence[int], levels: Sequence[int]) -> bool:
        """Whether a step of starts of a shape [S, N, P, 2] is the same for any strokes, as a
        recording must be.
        """
        sizes = _apart(shape[1], levels)
        drawn = shape[0] * len(sizes) * max(sizes) * ((shape[2] - 1) // 3)
        fits = fitting(self.target.device.type, drawn, self.size)
        return (fits if self.rasteriser == "auto" else self.rasteriser) in STEADY

    def period(self, levels: Sequence[int]) -> int:
        """Turns after which `at_levels` looks again as in the first."""
        return math.lcm(len(self.pool), 2, len(levels)) if levels else len(self.pool)

    def looks(self, turn: int, levels: tuple[int, ...]) -> Plan:
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
            looks = [*of_whole, *(view for _, view in of_levels)]
            weights = [1 / len(of_whole)] * len(of_whole) + [LEVEL_WEIGHT] * len(of_levels)
            drawings = [len(levels)] * (len(of_whole) - 1) + [level for level, _ in of_levels]
            self._plans[key] = Plan(
                of_whole,
                of_levels,
                torch.tensor(looks, device=self.target.device) if of_levels else None,
                torch.tensor(weights, device=self.target.device),
                torch.tensor(drawings, dtype=torch.long, device=self.target.device),
            )
        return self._plans[key]

    def draw_levels(self, points: Tensor, levels: Sequence[int]) -> list[Tensor]:
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
        widths = [
            F.pad(part, (0, most - len(part)), value=1.0).expand(len(points), -1)
            for part in self._widths(points.shape[1]).split(sizes)
        ]
        drawn = self._drawn(torch.cat(filled), torch.cat(widths)).unflatten(0, (len(parts), -1))
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
        return self._look_straight(drawn, self)[0]

    @staticmethod
    def _straight_on(drawn: Tensor, likeness: Likeness) -> tuple[Tensor]:
        # not a method, which would hold the likeness that holds it
        pictures = likeness.pool.plain(drawn)
        return (likeness.unlike(pictures, likeness._seen_straight()),)

    @torch.no_grad()
    def best(self, layouts: Tensor) -> Tensor:
        """Of layouts [T, N, P, 2] the one with the lowest plain-view loss."""
        return layouts[self.plain(self.draw(layouts)).argmin()] if len(layouts) > 1 else layouts[0]


def alone(guide: Guide) -> AbstractContextManager[None]:
    """While what is computed beside the guide is too little to be shared out among threads."""
    return single() if guide.own_threads else nullcontext()


def _apart(strokes: int, levels: Sequence[int]) -> list[int]:
    """How many strokes the first level has, how many each next one adds."""
    return [end - begin for begin, end in pairwise([0, *levels, strokes])]
