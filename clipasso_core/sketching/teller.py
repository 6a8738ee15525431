"""Tells the optimiser's steps as those of a job."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from clipasso_core.errors import Cancelled
from clipasso_core.result import SketchResult
from clipasso_core.sketching.progress import OnProgress, Progress, Setup
from clipasso_core.strokes import named

if TYPE_CHECKING:
    import torch

    from clipasso_core.optimiser.optimise import Step


class Teller:
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


class TwoParts:
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


def merged(subject: SketchResult, behind: SketchResult) -> SketchResult:
    """The subject's strokes first: the first n of them are still a sketch of it."""
    strokes = named([*subject.strokes, *behind.strokes])
    return replace(subject, strokes=strokes, steps=subject.steps + behind.steps)


def _nothing_yet() -> SketchResult:
    raise ValueError("there is no sketch before the first step")
