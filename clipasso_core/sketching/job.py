"""From a photograph and a request to a sketch: the engine's one entry, in the order that data
flows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from clipasso_core.errors import Cancelled
from clipasso_core.optimiser.levels import inner_levels
from clipasso_core.optimiser.saliency import published_saliency
from clipasso_core.optimiser.start import EdgeMap
from clipasso_core.photo.picture import Picture, from_array, from_image, read_picture
from clipasso_core.photo.scene import without_subject
from clipasso_core.request import SketchRequest
from clipasso_core.result import SketchResult
from clipasso_core.route import one_chain
from clipasso_core.sketching.preparation import Preparation, relevance
from clipasso_core.sketching.progress import OnProgress, Progress, Setup
from clipasso_core.sketching.resources import Resources
from clipasso_core.strokes import from_canvas, named

if TYPE_CHECKING:
    import torch
    from PIL import Image

    from clipasso_core.guide import Guide
    from clipasso_core.optimiser.layout import Layout
    from clipasso_core.optimiser.likeness import Likeness
    from clipasso_core.optimiser.optimise import Outcome, Step

    Source = Picture | str | Path | np.ndarray | Image.Image

BEHIND_WIDTH = 0.6  # of the subject's strokes: the pen for its background
# Shares of a preset's, for drawing on after strokes were joined into one line
ONE_LINE_STEPS = 0.5
ONE_LINE_RATE = 0.5


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
        self.layout = self._choose_layout()
        self.setup = self.prepared.setup(self.layout.source)

    def run(self, on_progress: OnProgress | None = None) -> SketchResult:
        """Optimise, rank and colour the strokes; then those of the background, if there are to be
        any. Raises `Cancelled` when it is called off before the first step.
        """
        if self.request.background is None:
            return self._draw(on_progress)
        behind = SketchJob(
            without_subject(self.prepared.picture, self.prepared.mask.foreground),
            self._request_behind(self.request.background),
            _Shared(self.prepared),
        )
        teller = _TwoParts(on_progress, self.setup, (self._steps, behind._steps))
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
            return EdgeLayout(EdgeMap(stage.canvas, stage.subject))
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
            width_px=self.stage.width_px(self.request.width_px) * BEHIND_WIDTH,
        )

    def _draw(self, on_progress: OnProgress | None) -> SketchResult:
        from clipasso_core.optimiser.layout import lay_out, relocation
        from clipasso_core.optimiser.optimise import optimise
        from clipasso_core.optimiser.rank import rank

        preset, request, levels = self.prepared.preset, self.request, self._levels
        width_px = self.stage.drawn_width_px(self.stage.width_px(request.width_px))
        likeness = self.prepared.likeness(self.stage, width_px)
        teller = None
        if on_progress is not None:
            teller = _Teller(on_progress, self.setup, self._steps, self._result)
            teller.begin()
        start = lay_out(self.layout, likeness, preset, request.seed, request.strokes, levels)
        elsewhere = relocation(self.layout, likeness, preset, request.seed, levels)
        outcome = optimise(
            start, likeness, preset, preset.steps, teller, levels=levels, relocate=elsewhere
        )
        if request.one_line:
            outcome = self._draw_on_as_one_line(outcome, likeness, teller)
        order = rank(outcome.points, likeness, preset.thorough_rank, levels)
        return self._result(outcome.points[order], outcome.loss, outcome.seed, outcome.steps)

    def _draw_on_as_one_line(
        self, outcome: Outcome, likeness: Likeness, teller: _Teller | None
    ) -> Outcome:
        """Join the strokes into one line, and optimise that."""
        from clipasso_core.optimiser.optimise import Outcome, optimise

        preset, before = self.prepared.preset, outcome.steps
        line = _joined(outcome.points)
        if outcome.stopped:
            loss = float(likeness.plain(likeness.draw(line)))
            return Outcome(line[0], loss, outcome.seed, before, True)
        if teller is not None:
            teller.go_on()
        calm = replace(preset, lr_px=preset.lr_px * ONE_LINE_RATE)
        drawn_on = optimise(line, likeness, calm, self._steps - preset.steps, teller)
        return replace(drawn_on, seed=outcome.seed, steps=before + drawn_on.steps)

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

    def _result(self, points: torch.Tensor, loss: float, seed: int, steps: int) -> SketchResult:
        """A sketch [N, P, 2] (canvas px) as the job's result. seed: of the start that it grew from,
        counted from the request's.
        """
        stage, request = self.stage, self.request
        chains = points.detach().cpu().numpy()
        width_px = stage.width_px(request.width_px)
        strokes = [
            replace(stroke, color=stage.ink(chain, request.color))
            for stroke, chain in zip(
                from_canvas(chains, stage.frame, width_px, "#000000"), chains, strict=True
            )
        ]
        return self.prepared.describe(stage, named(strokes), loss, request.seed + seed, steps)


class _Shared(Resources):
    """Of a job within another: the same guide, and the same chance for others."""

    def __init__(self, prepared: Preparation) -> None:
        self._prepared = prepared

    def guide(self, *_wanted: object, **_more: object) -> Guide:
        return self._prepared.guide

    def give_way(self) -> None:
        self._prepared.resources.give_way()


class _Teller:
    """Tells the optimiser's steps as the job's."""

    def __init__(
        self,
        on_progress: OnProgress,
        setup: Setup,
        steps: int,
        result: Callable[[torch.Tensor, float, int, int], SketchResult],
    ) -> None:
        self._on_progress = on_progress
        self._setup = setup
        self._steps = steps
        self._result = result
        self._steps_before = 0  # of what was optimised before this
        self._time_before_s = 0.0
        self._told: Step | None = None

    def begin(self) -> None:
        """Before the first step. Raises `Cancelled` when nobody wants it."""
        start = Progress(self._setup, 0, self._steps, None, 0.0, None, _nothing_yet)
        if self._on_progress(start) is False:
            raise Cancelled

    def go_on(self) -> None:
        """The optimiser begins anew, with what it has come to."""
        if self._told is not None:
            self._steps_before += self._told.step
            self._time_before_s += self._told.time_s

    def __call__(self, step: Step) -> bool | None:
        """See `optimise`'s `on_step`."""
        self._told = step
        done, time_s = self._steps_before + step.step, self._time_before_s + step.time_s
        # seeds that are dropped make the rest quicker; of what comes after that, nothing is known
        left_s = step.time_left_s
        if step.steps != self._steps:
            left_s = step.time_s / step.step * (self._steps - done)

        def preview() -> SketchResult:
            return self._result(step.points, step.loss, 0, done)

        return self._on_progress(
            Progress(self._setup, done, self._steps, step.loss, time_s, left_s, preview)
        )


class _TwoParts:
    """Tells a subject and its background as one job."""

    def __init__(
        self, on_progress: OnProgress | None, setup: Setup, steps: tuple[int, int]
    ) -> None:
        self._on_progress, self._setup = on_progress, setup
        self._steps_of_subject, self._steps = steps[0], sum(steps)
        self._time_of_subject_s = 0.0
        self.stopped = False
        self.subject: SketchResult | None = None

    def of_subject(self, progress: Progress) -> bool | None:
        self._time_of_subject_s = progress.time_s
        return self._tell(progress, progress.step, progress.time_s, progress.preview)

    def of_background(self, progress: Progress) -> bool | None:
        if progress.step == 0:
            return None  # told already that it began
        subject = self.subject
        assert subject is not None
        done = self._steps_of_subject + progress.step
        time_s = self._time_of_subject_s + progress.time_s
        return self._tell(progress, done, time_s, lambda: merged(subject, progress.preview()))

    def _tell(
        self,
        progress: Progress,
        done: int,
        time_s: float,
        preview: Callable[[], SketchResult],
    ) -> bool | None:
        assert self._on_progress is not None
        left_s = None
        if progress.time_left_s is not None:
            left_s = progress.time_s / max(progress.step, 1) * (self._steps - done)
        going_on = self._on_progress(
            Progress(self._setup, done, self._steps, progress.loss, time_s, left_s, preview)
        )
        self.stopped = going_on is False
        return going_on


def _joined(points: torch.Tensor) -> torch.Tensor:
    """Strokes [N, 4, 2] as one chain, [1, 1, P, 2]."""
    import torch

    chain = one_chain(list(points.cpu().numpy().astype(np.float64)))
    return torch.tensor(chain, dtype=torch.float32, device=points.device)[None, None]


def merged(subject: SketchResult, behind: SketchResult) -> SketchResult:
    """The subject's strokes first: the first n of them are still a sketch of it."""
    strokes = named([*subject.strokes, *behind.strokes])
    return replace(subject, strokes=strokes, steps=subject.steps + behind.steps)


def _nothing_yet() -> SketchResult:
    raise ValueError("there is no sketch before the first step")
