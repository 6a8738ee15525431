"""How a job looks in a terminal."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from clipasso_core.result import SketchResult
from clipasso_core.sketching.progress import Progress

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bar

LONG_S = 0.5  # work that is done by then shows no bar
EVENT_S = 0.1  # between two events of counting


class View(Protocol):
    """What shows a job's progress."""

    def update(self, progress: Progress) -> None:
        """Show a step."""

    def finish(self, result: SketchResult, target: str, interrupted: bool) -> None:
        """Show the end."""


def new_bar(console: Console, **settings: Any) -> Bar:
    """A bar that counts, and has room for a note. settings: more of rich's own."""
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}"),
    )
    return Bar(*columns, console=console, **settings)


@contextmanager
def show_progress(as_json: bool) -> Iterator[View]:
    """A progress bar on standard error, or JSON events on standard output."""
    if as_json:
        yield _Json()
        return
    from rich.console import Console

    console = Console(stderr=True)
    bar = new_bar(console)
    view = _Bar(bar)
    if console.is_terminal:
        # elsewhere the bar is one line of the log, begun when there is something to tell
        bar.start()
    try:
        yield view
    except BaseException:
        bar.live.transient = True  # what fails leaves only its message
        raise
    finally:
        if bar.live.is_started:
            bar.stop()


@contextmanager
def show_counting(what: str, as_json: bool) -> Iterator[Callable[[int, int], None]]:
    """What is told step and steps of some work: a progress bar on standard error, if the work takes
    long, or JSON events on standard output.
    """
    if as_json:
        yield _count_as_json(_Pace(EVENT_S))
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with ExitStack() as stack:
        bar = Progress(*columns, console=console, transient=True)
        task = bar.add_task(what, total=None)
        pace = _Pace(LONG_S)

        def tell(step: int, steps: int) -> None:
            if not bar.live.is_started and console.is_terminal and pace.is_due():
                stack.enter_context(bar)
            bar.update(task, completed=step, total=steps)

        yield tell


def _count_as_json(pace: _Pace) -> Callable[[int, int], None]:
    def tell(step: int, steps: int) -> None:
        if step in (0, steps) or pace.is_due():
            print(json.dumps({"event": "progress", "step": step, "steps": steps}), flush=True)

    return tell


class _Pace:
    """Says at most so often that it is time."""

    def __init__(self, every_s: float) -> None:
        self._every_s, self._last = every_s, time.monotonic()

    def is_due(self) -> bool:
        now = time.monotonic()
        if now - self._last < self._every_s:
            return False
        self._last = now
        return True


class _Bar:
    def __init__(self, bar: object) -> None:
        from rich.progress import Progress as Bar

        assert isinstance(bar, Bar)
        self._bar = bar
        self._task = bar.add_task("loading", total=None, note="")

    def update(self, progress: Progress) -> None:
        if progress.step == 0:
            self._bar.start()
            self._bar.console.print(progress.setup.line(), soft_wrap=True, highlight=False)
            self._bar.update(self._task, description="sketching", total=progress.steps)
            return
        note = f"loss {progress.loss:.3f} · {time_text(progress.time_left_s or 0)} left"
        self._bar.update(self._task, completed=progress.step, note=note)
        if progress.step == progress.steps:
            self._bar.update(self._task, description="ordering", note=f"loss {progress.loss:.3f}")

    def finish(self, result: SketchResult, target: str, interrupted: bool) -> None:
        self._bar.update(
            self._task,
            description="stopped" if interrupted else "done",
            note=f"loss {result.loss:.3f}",
        )
        place = "standard output" if target == "-" else target
        count = f"{len(result.strokes)} {'stroke' if len(result.strokes) == 1 else 'strokes'}"
        text = (
            f"interrupted after {result.steps} steps: the best sketch so far ({count}) is in"
            f" {place}"
            if interrupted
            else f"{count} in {place}"
        )
        self._bar.console.print(text, soft_wrap=True, highlight=False)


class _Json:
    def update(self, progress: Progress) -> None:
        from clipasso_core.service.events import progress_event

        print(json.dumps(progress_event(progress)), flush=True)

    def finish(self, result: SketchResult, target: str, interrupted: bool) -> None:
        from clipasso_core.service.events import result_event

        event = result_event(result)
        del event["svg"]
        print(json.dumps({**event, "output": target, "interrupted": interrupted}), flush=True)


def time_text(seconds: float) -> str:
    """For a person: ``80 s``, ``12 min``, ``3 h``."""
    if seconds >= 5400:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
