"""From a photograph and a request to a sketch: the engine's one entry, in the order that data
flows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from clipasso_core.machine.memory import enough_memory
from clipasso_core.optimiser.levels import inner_levels
from clipasso_core.optimiser.saliency import published_saliency
from clipasso_core.optimiser.start import EdgeMap
from clipasso_core.photo.picture import Picture, from_array, from_image, read_picture
from clipasso_core.photo.scene import without_subject
from clipasso_core.request import SketchRequest
from clipasso_core.result import SketchResult
from clipasso_core.route import one_chain
from clipasso_core.sketching.preparation import Preparation, relevance
from clipasso_core.sketching.progress import OnProgress
from clipasso_core.sketching.resources import Resources
from clipasso_core.sketching.teller import Teller, TwoParts, merged
from clipasso_core.strokes import Stroke, from_canvas, named

if TYPE_CHECKING:
    import torch
    from PIL import Image

    from clipasso_core.guide import Guide
    from clipasso_core.optimiser.layout import Layout
    from clipasso_core.optimiser.likeness import Likeness
    from clipasso_core.optimiser.optimise import Anchors, Outcome

    Source = Picture | str | Path | np.ndarray | Image.Image

BEHIND_WIDTH = 0.6  # of the subject's strokes: the pen for its background
# Shares of a preset's, for drawing on after strokes were joined into one line
ONE_LINE_STEPS = 0.5
ONE_LINE_RATE = 0.5
SAME_PX = 1e-3  # up to which points of the line are those that were joined


def sketch(
    picture: Source, request: SketchRequest | None = None, on_progress: OnProgress | None = None
) -> SketchResult:
    """Draw a photograph with a few strokes.

    picture: a file's path, a `Picture`, a PIL image, or an array [h, w(, 3 or 4)] (uint8, or float
        in 0..1).
    request: the settings; the defaults draw 16 strokes.
    on_progress: called before the first step and after every step; when it returns False the best
        sketch so far is ordered and returned (before the first step there is none: `Cancelled`); an
        exception that it raises ends the job and passes through.

    Returns strokes in the picture's own pixels, most needed first, with the loss and how they were
    made. Raises `UserError` for what the caller can mend. Method: Vinker et al. 2022, "CLIPasso:
    Semantically-Aware Object Sketching"; departures from it are listed in docs/architecture.md.
    """
    job = SketchJob(as_picture(picture), request or SketchRequest())
    return job.run(on_progress)


def as_picture(source: Source) -> Picture:
    """Whatever `sketch` takes, as a `Picture`."""
    if isinstance(source, Picture):
        return source
    if isinstance(source, (str, Path)):
        return read_picture(source)
    if isinstance(source, np.ndarray):
        return from_array(source)
    return from_image(source)


class SketchJob:
    """One photograph on its way to strokes."""

    def __init__(
        self, picture: Picture, request: SketchRequest, resources: Resources | None = None
    ) -> None:
        self.request = request
        self.prepared = Preparation(picture, request, resources or Resources())
        self.stage = self.prepared.stage()
        self.portrait = self.prepared.portrait(self.stage)
        self.layout = self._choose_layout()
        # which strokes are features, those that belong together in one
        self._given_groups = self.portrait.given.places(request.strokes, self._levels)
        self._given_at = [one for group in self._given_groups for one in group]
        self.setup = self.prepared.setup(self.layout.source, self.portrait.faces)

    def run(self, on_progress: OnProgress | None = None) -> SketchResult:
        """Optimise, rank and colour the strokes; then those of the background, if there are to be
        any. Raises `Cancelled` when it is called off before the first step.
        """
        with enough_memory(self.prepared.guide_name, self.prepared.device):
            return self._run(on_progress)

    def _run(self, on_progress: OnProgress | None) -> SketchResult:
        if self.request.background is None:
            return self._draw(on_progress)
        behind = SketchJob(
            without_subject(self.prepared.picture, self.prepared.mask.foreground),
            self._request_behind(self.request.background),
            _Shared(self.prepared),
        )
        teller = TwoParts(on_progress, self.setup, (self._steps, behind._steps))
        subject = self._draw(teller.of_subject if on_progress else None)
        if teller.stopped:
            return subject
        teller.subject = subject
        return merged(subject, behind._draw(teller.of_background if on_progress else None))

    def _choose_layout(self) -> Layout:
        """How strokes are laid out."""
        from clipasso_core.optimiser.layout import EdgeLayout, SaliencyLayout

        stage = self.stage
        if self.prepared.preset.start == "edges":
            return EdgeLayout(EdgeMap(stage.canvas, stage.subject, quiet=self.portrait.inside))
        guide = self.prepared.saliency_guide()
        seen = relevance(guide, stage.canvas)
        return SaliencyLayout(published_saliency(seen, stage.canvas), guide.name)

    def _request_behind(self, strokes: int) -> SketchRequest:
        """For what lies behind the subject."""
        return replace(
            self.request,
            strokes=strokes,
            background=None,
            series=None,
            mask="none",
            faces="none",
            width_px=self.stage.width_px(self.request.width_px) * BEHIND_WIDTH,
        )

    def _draw(self, on_progress: OnProgress | None) -> SketchResult:
        from clipasso_core.optimiser.layout import lay_out, relocation
        from clipasso_core.optimiser.optimise import optimise
        from clipasso_core.optimiser.rank import rank

        preset, request, levels = self.prepared.preset, self.request, self._levels
        likeness = self.prepared.likeness(self.stage, self._drawn_width_px())
        teller = None
        if on_progress is not None:
            teller = Teller(on_progress, self.setup, self._steps, self._result)
            teller.begin()
        layout, given = self.layout, self.portrait.given
        start = lay_out(layout, likeness, preset, request.seed, request.strokes, levels, given)
        elsewhere = relocation(layout, likeness, preset, request.seed, levels, self._given_at)
        outcome = optimise(
            start,
            likeness,
            preset,
            preset.steps,
            teller,
            levels=levels,
            relocate=elsewhere,
            anchors=self._anchors(start[0]),
        )
        if request.one_line:
            line = self._draw_on_as_one_line(outcome, likeness, teller)
            return self._result(line.points, line.loss, line.seed, line.steps)
        order = rank(outcome.points, likeness, preset.thorough_rank, levels, self._given_groups)
        return self._result(outcome.points, outcome.loss, outcome.seed, outcome.steps, order)

    def _draw_on_as_one_line(
        self, outcome: Outcome, likeness: Likeness, teller: Teller | None
    ) -> Outcome:
        """Join the strokes into one line, and optimise that."""
        import torch

        from clipasso_core.optimiser.optimise import Anchors, Outcome, optimise

        preset, before = self.prepared.preset, outcome.steps
        line = _joined(outcome.points)
        if outcome.stopped:
            loss = float(likeness.plain(likeness.draw(line)))
            return Outcome(line[0], loss, outcome.seed, before, True)
        if teller is not None:
            teller.go_on()
        calm = replace(preset, lr_px=preset.lr_px * ONE_LINE_RATE)
        steps = self._steps - preset.steps
        anchors = self._anchors(outcome.points)
        if anchors is not None:  # those of the line that were points of the features
            there = anchors.places[anchors.which]  # [M, 2]
            which = (torch.cdist(line[0], there[None]) < SAME_PX).any(-1)  # [1, P]
            anchors = Anchors(which, line[0])
        drawn_on = optimise(line, likeness, calm, steps, teller, anchors=anchors)
        return replace(drawn_on, seed=outcome.seed, steps=before + drawn_on.steps)

    def _anchors(self, points: torch.Tensor) -> Anchors | None:
        """The features among strokes [N, P, 2], held where they are; None for none."""
        import torch

        from clipasso_core.optimiser.optimise import Anchors

        if not self._given_at:
            return None
        which = points.new_zeros(points.shape[:2]).bool()
        which[self._given_at] = True
        ground = torch.tensor(self.portrait.ground, device=points.device)
        return Anchors(which, points, ground[None, None])

    def _make_features(self, strokes: list[Stroke]) -> None:
        """Give the strokes that are features their names and pens."""
        portrait = self.portrait
        for one, part, pen in zip(self._given_at, portrait.parts, portrait.pens, strict=True):
            width_px = float(pen) * strokes[one].width
            strokes[one] = replace(strokes[one], part=part, width=width_px)

    @property
    def _levels(self) -> tuple[int, ...]:
        """How many of the first strokes are to be sketches of their own."""
        if self.request.one_line:
            return ()
        if self.request.series:
            return self.request.series[:-1]
        return inner_levels(self.request.strokes) if self.prepared.preset.nested else ()

    @property
    def _steps(self) -> int:
        """Steps of a sketch, with those after its strokes were joined into one line."""
        steps = self.prepared.preset.steps
        return steps + (max(1, round(steps * ONE_LINE_STEPS)) if self.request.one_line else 0)

    def _drawn_width_px(self) -> float | torch.Tensor:
        """Canvas px, of all strokes or of each [N]."""
        import torch

        stage = self.stage
        width_px = stage.drawn_width_px(stage.width_px(self.request.width_px))
        if not self._given_at or self.request.one_line:
            return width_px
        pens = torch.ones(self.request.strokes)
        pens[self._given_at] = torch.tensor(self.portrait.pens, dtype=torch.float32)
        return (pens * width_px).to(self.prepared.guide.device)

    def _result(
        self,
        points: torch.Tensor,
        loss: float,
        seed: int,
        steps: int,
        order: Sequence[int] | None = None,
    ) -> SketchResult:
        """A sketch [N, P, 2] (canvas px) as the job's result. seed: of the start that it grew from,
        counted from the request's. order: of need, if it is known.
        """
        stage, request = self.stage, self.request
        chains = points.detach().cpu().numpy()
        strokes = from_canvas(chains, stage.frame, stage.width_px(request.width_px), "#000000")
        strokes = [
            replace(stroke, color=stage.ink(chain, request.color))
            for stroke, chain in zip(strokes, chains, strict=True)
        ]
        if not request.one_line:
            self._make_features(strokes)
        if order is not None:
            strokes = [strokes[one] for one in order]
        return self.prepared.describe(stage, named(strokes), loss, request.seed + seed, steps)


class _Shared(Resources):
    """Of a job within another: the same guide, and the same chance for others."""

    def __init__(self, prepared: Preparation) -> None:
        self._prepared = prepared

    def guide(self, *_wanted: object, **_more: object) -> Guide:
        return self._prepared.guide

    def give_way(self) -> None:
        self._prepared.resources.give_way()


def _joined(points: torch.Tensor) -> torch.Tensor:
    """Strokes [N, 4, 2] as one chain, [1, 1, P, 2]."""
    import torch

    chain = one_chain(list(points.cpu().numpy().astype(np.float64)))
    return torch.tensor(chain, dtype=torch.float32, device=points.device)[None, None]
