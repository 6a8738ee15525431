"""Walks several parts of a sketch side by side, and tells their steps as those of one job."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from clipasso_core.errors import Cancelled
from clipasso_core.result import SketchResult
from clipasso_core.sketching.part import Drawn, Look, Walk
from clipasso_core.sketching.progress import OnProgress, Progress, Setup
from clipasso_core.strokes import Stroke

# of what each part has come to so far, and after so many steps: the sketch
Compose = Callable[[Sequence["list[Stroke]"], float, int], SketchResult]


class Teller:
    """Tells the steps of all parts as the job's: a step is one of each."""

    def __init__(
        self, on_progress: OnProgress | None, setup: Setup, of_subjects: int, compose: Compose
    ) -> None:
        """of_subjects: how many of the parts are subjects, by whose loss the sketch is judged."""
        self._on_progress, self._setup = on_progress, setup
        self._of_subjects, self._compose = of_subjects, compose

    def begin(self) -> None:
        """Before the first step. Raises `Cancelled` when nobody wants it."""
        if self._on_progress is not None:
            start = Progress(self._setup, 0, self._setup.steps, None, 0.0, None, _nothing_yet)
            if self._on_progress(start) is False:
                raise Cancelled

    def tell(self, looks: Sequence[Look]) -> bool | None:
        """The latest look of every part. Returns False for no more."""
        if self._on_progress is None:
            return None
        step, loss = max(look.step for look in looks), self.loss(looks)

        def preview() -> SketchResult:
            return self._compose([look.strokes() for look in looks], loss, step)

        time_s = sum(look.time_s for look in looks)
        left_s = sum(look.time_left_s for look in looks)
        return self._on_progress(
            Progress(self._setup, step, self._setup.steps, loss, time_s, left_s, preview)
        )

    def loss(self, parts: Sequence[Look | Drawn]) -> float:
        """Of the sketch, of which these are the parts: the mean of its subjects'."""
        losses = [part.loss for part in parts[: self._of_subjects]]
        return sum(losses) / len(losses)


def walk(walks: Sequence[Walk], tell: Callable[[Sequence[Look]], bool | None]) -> list[Drawn]:
    """Take a step of each in turn, until all have come to their end.

    tell: is told the latest look of each after every round; all end early when it returns False.
    """
    looks: dict[int, Look] = {}
    drawn: dict[int, Drawn] = {}
    answer: bool | None = None
    while len(drawn) < len(walks):
        has_news = False
        for one, part in enumerate(walks):
            if one not in drawn:
                try:
                    looks[one] = part.send(answer)
                    has_news = True
                except StopIteration as end:
                    drawn[one] = end.value
        if has_news and answer is not False:
            answer = tell([looks[one] for one in range(len(walks))])
    return [drawn[one] for one in range(len(walks))]


def _nothing_yet() -> SketchResult:
    raise ValueError("there is no sketch before the first step")
