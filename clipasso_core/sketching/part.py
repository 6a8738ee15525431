"""One subject, or what lies behind all of them, on its way to strokes."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from clipasso_core.optimiser.levels import inner_levels
from clipasso_core.optimiser.saliency import published_saliency
from clipasso_core.optimiser.start import EdgeMap
from clipasso_core.route import one_chain
from clipasso_core.sketching import earlier
from clipasso_core.sketching.preparation import Preparation, relevance
from clipasso_core.sketching.stage import Stage, to_map
from clipasso_core.strokes import Stroke, from_canvas

if TYPE_CHECKING:
    import torch

    from clipasso_core.optimiser.layout import Layout
    from clipasso_core.optimiser.likeness import Likeness
    from clipasso_core.optimiser.optimise import Anchors, Outcome, Steps

# Shares of a preset's, for drawing on after strokes were joined into one line
ONE_LINE_STEPS = 0.5
ONE_LINE_RATE = 0.5
SAME_PX = 1e-3  # up to which points of the line are those that were joined


@dataclass(frozen=True)
class Look:
    """What a part is after a step. time_s, time_left_s: of its own. strokes: the best so far, not
    ordered.
    """

    step: int
    loss: float
    time_s: float
    time_left_s: float
    strokes: Callable[[], list[Stroke]]


@dataclass(frozen=True)
class Drawn:
    """What a part has come to: strokes in picture pixels, most needed first. seed: of the start
    that won, counted from the request's.
    """

    strokes: list[Stroke]
    loss: float
    seed: int
    steps: int


Walk = Generator[Look, "bool | None", Drawn]  # False in answer to a look ends it


class Part:
    """One sketch on a canvas of its own."""

    def __init__(
        self,
        prepared: Preparation,
        stage: Stage,
        strokes: int,
        width_px: float | None = None,
        levels: tuple[int, ...] | None = None,
        steps: int | None = None,
    ) -> None:
        """stage: what of the photograph it shows.

        width_px: of its strokes in picture pixels; None for that which the request and the canvas
            give. levels: how many of its first strokes are to be sketches of their own; None for
            those that the number of strokes gives. steps: in place of the preset's.
        """
        self.prepared = prepared
        self.stage = stage
        self.strokes = strokes
        self.start: list[Stroke] | None = None  # of an earlier sketch, most needed first
        self.width_px = width_px or self.stage.width_px(prepared.request.width_px)
        self._steps_before_joined = steps or prepared.preset.steps
        self._levels = self._settle_levels(levels)
        drawn_px = self.stage.drawn_width_px(self.width_px)
        self.portrait = prepared.portrait(self.stage, strokes, drawn_px)
        self.layout = self._choose_layout()
        # which strokes are features, those that belong together in one
        self._given_groups = self.portrait.given.places(strokes, self._levels)
        self._given_at = [one for group in self._given_groups for one in group]

    @property
    def source(self) -> str:
        """What says where strokes begin, for the person."""
        return self.layout.source if self.start is None else "an earlier sketch"

    @property
    def steps(self) -> int:
        """Steps in all, with those after its strokes were joined into one line."""
        steps = self._steps_before_joined
        is_line = self.prepared.request.one_line
        return steps + (max(1, round(steps * ONE_LINE_STEPS)) if is_line else 0)

    def walk(self) -> Walk:
        """Lay strokes, optimise, and order them; halts after every step."""
        from clipasso_core.optimiser.layout import lay_out, relocation
        from clipasso_core.optimiser.optimise import optimising
        from clipasso_core.optimiser.rank import rank

        prepared, levels = self.prepared, self._levels
        preset, seed = prepared.preset, prepared.request.seed
        likeness = prepared.likeness(self.stage, self._drawn_width_px())
        layout, given = self.layout, self.portrait.given
        if self.start is not None:
            start = self._goes_on_from(self.start)
        else:
            start = lay_out(layout, likeness, preset, seed, self.strokes, levels, given)
        growing = optimising(
            start,
            likeness,
            preset,
            self._steps_before_joined,
            levels=levels,
            relocate=relocation(layout, likeness, preset, seed, levels, self._given_at),
            anchors=self._anchors(start[0]),
        )
        outcome, time_s = yield from self._told(growing, 0, 0.0)
        if prepared.request.one_line:
            line = yield from self._draw_on_as_one_line(outcome, time_s, likeness)
            return Drawn(self.strokes_of(line.points), line.loss, outcome.seed, line.steps)
        order = rank(outcome.points, likeness, preset.thorough_rank, levels, self._given_groups)
        strokes = self.strokes_of(outcome.points, order)
        return Drawn(strokes, outcome.loss, outcome.seed, outcome.steps)

    def _goes_on_from(self, strokes: list[Stroke]) -> torch.Tensor:
        """The strokes of an earlier sketch as those to begin with, [1, N, 4, 2] canvas px."""
        import torch

        given, at = self.portrait.given.curves, self._given_at
        chains = earlier.placed(strokes, self.stage.frame, given, at)
        device = self.prepared.guide.device
        return torch.tensor(chains, dtype=torch.float32, device=device)[None]

    def _told(
        self, growing: Steps, before: int, before_s: float
    ) -> Generator[Look, bool | None, tuple[Outcome, float]]:
        """The optimiser's steps as the part's. before: steps done earlier, in so many seconds.
        Returns the outcome, and the seconds in all.
        """
        answer: bool | None = None
        time_s = before_s
        while True:
            try:
                step = growing.send(answer)
            except StopIteration as end:
                return end.value, time_s
            done, time_s = before + step.step, before_s + step.time_s
            # seeds that are dropped make the rest quicker; of what comes after, nothing is known
            left_s = step.time_left_s
            if step.steps != self.steps:
                left_s = step.time_s / step.step * (self.steps - done)
            strokes = partial(self.strokes_of, step.points)
            answer = yield Look(done, step.loss, time_s, left_s, strokes)

    def _draw_on_as_one_line(
        self, outcome: Outcome, time_s: float, likeness: Likeness
    ) -> Generator[Look, bool | None, Outcome]:
        """Join the strokes into one line, and optimise that."""
        import torch

        from clipasso_core.optimiser.optimise import Anchors, Outcome, optimising

        preset, before = self.prepared.preset, outcome.steps
        line = _joined(outcome.points)
        if outcome.stopped:
            loss = float(likeness.plain(likeness.draw(line)))
            return Outcome(line[0], loss, outcome.seed, before, True)
        calm = replace(preset, lr_px=preset.lr_px * ONE_LINE_RATE)
        anchors = self._anchors(outcome.points)
        if anchors is not None:  # those of the line that were points of the features
            there = anchors.places[anchors.which]  # [M, 2]
            which = (torch.cdist(line[0], there[None]) < SAME_PX).any(-1)  # [1, P]
            anchors = Anchors(which, line[0])
        steps = self.steps - self._steps_before_joined
        growing = optimising(line, likeness, calm, steps, anchors=anchors)
        drawn_on, _ = yield from self._told(growing, before, time_s)
        return replace(drawn_on, steps=before + drawn_on.steps)

    def strokes_of(self, points: torch.Tensor, order: Sequence[int] | None = None) -> list[Stroke]:
        """A sketch [N, P, 2] (canvas px) as strokes. order: of need, if it is known."""
        stage, request = self.stage, self.prepared.request
        chains = points.detach().cpu().numpy()
        strokes = from_canvas(chains, stage.frame, self.width_px, "#000000")
        strokes = [
            replace(stroke, color=stage.ink(chain, request.color))
            for stroke, chain in zip(strokes, chains, strict=True)
        ]
        if not request.one_line:
            self._make_features(strokes)
        return strokes if order is None else [strokes[one] for one in order]

    def _settle_levels(self, levels: tuple[int, ...] | None) -> tuple[int, ...]:
        prepared = self.prepared
        if prepared.request.one_line:
            return ()
        if levels is not None:
            return levels
        return inner_levels(self.strokes) if prepared.preset.nested else ()

    def _choose_layout(self) -> Layout:
        """How strokes are laid out."""
        from clipasso_core.optimiser.layout import EdgeLayout, SaliencyLayout

        stage = self.stage
        if self.prepared.preset.start == "edges":
            quiet = self.portrait.inside
            edges = EdgeMap(stage.canvas, stage.subject, quiet=quiet, wanted=stage.wanted)
            return EdgeLayout(edges)
        guide = self.prepared.saliency_guide()
        seen = relevance(guide, stage.canvas)
        return SaliencyLayout(published_saliency(seen, stage.canvas), guide.name, stage.wanted)

    def _anchors(self, points: torch.Tensor) -> Anchors | None:
        """The features among strokes [N, P, 2], held where they are, and what others are to keep
        clear of; None for neither.
        """
        from clipasso_core.optimiser.optimise import Anchors

        barred = self.stage.barred
        if not self._given_at and barred is None:
            return None
        which = points.new_zeros(points.shape[:2]).bool()
        which[self._given_at] = True
        clear = self.portrait.ground
        ground = to_map(clear if barred is None else np.maximum(clear, barred), points.device)
        return Anchors(which, points, ground)

    def _make_features(self, strokes: list[Stroke]) -> None:
        """Give the strokes that are features their names and pens."""
        portrait = self.portrait
        for one, part, pen in zip(self._given_at, portrait.parts, portrait.pens, strict=True):
            width_px = float(pen) * strokes[one].width
            strokes[one] = replace(strokes[one], part=part, width=width_px)

    def _drawn_width_px(self) -> float | torch.Tensor:
        """Canvas px, of all strokes or of each [N]."""
        import torch

        width_px = self.stage.drawn_width_px(self.width_px)
        if not self._given_at or self.prepared.request.one_line:
            return width_px
        pens = torch.ones(self.strokes)
        pens[self._given_at] = torch.tensor(self.portrait.pens, dtype=torch.float32)
        return (pens * width_px).to(self.prepared.guide.device)


def _joined(points: torch.Tensor) -> torch.Tensor:
    """Strokes [N, 4, 2] as one chain, [1, 1, P, 2]."""
    import torch

    chain = one_chain(list(points.cpu().numpy().astype(np.float64)))
    return torch.tensor(chain, dtype=torch.float32, device=points.device)[None, None]
