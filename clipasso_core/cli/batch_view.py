"""How a batch looks in a terminal, and to a program."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from clipasso_core.batch.batch import Plan, Tally
from clipasso_core.batch.executor import Message, Note, Told
from clipasso_core.batch.row import Row
from clipasso_core.cli.terminal import new_bar, time_text
from clipasso_core.wording import shortened

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID


class BatchView(Protocol):
    """What shows how a batch goes on."""

    def tell(self, message: Message) -> None:
        """Show what came."""

    def finish(self, tally: Tally, interrupted: bool) -> None:
        """Show the end."""

    def reported(self, pages: int, target: str) -> None:
        """Tell of the report."""


@contextmanager
def show_batch(plan: Plan, as_json: bool, quiet: bool) -> Iterator[BatchView]:
    """A progress bar on standard error, JSON events on standard output, or nothing."""
    if as_json:
        yield _Json(plan)
        return
    if quiet:
        yield _Silence()
        return
    from rich.console import Console

    console = Console(stderr=True)
    bar = new_bar(console, refresh_per_second=4, disable=not console.is_terminal)
    with bar:
        yield _Bar(plan, bar, console)


def planned_event(plan: Plan) -> dict[str, Any]:
    """``planned``: what the run is to do."""
    return {
        "event": "planned",
        "to_draw": len(plan.photos),
        "done_before": plan.done,
        "failed_before": plan.failed,
        "notes": plan.notes,
    }


def planned_line(plan: Plan) -> str:
    """The same, for a person."""
    text = f"{_pictures(len(plan.photos))} to draw"
    if plan.done:
        text += f", {plan.done} drawn before"
    if plan.failed:
        text += f", {plan.failed} failed before (--retry-failed tries again)"
    return text


class _Bar:
    def __init__(self, plan: Plan, bar: Progress, console: Console) -> None:
        self._bar = bar
        self._console = console
        self._plan = plan
        self._began = time.monotonic()
        self._drawn = self._failed = 0
        for line in (*plan.notes, planned_line(plan)):
            self._print(line)
        total = len(plan.photos) or None
        self._task: TaskID = bar.add_task("loading", total=total, note="")

    def tell(self, message: Message) -> None:
        if isinstance(message, Note):
            self._print(message.text)
        elif isinstance(message, Row):
            self._count(message)
        elif message.event["event"] == "started":
            self._bar.update(self._task, description="sketching")

    def finish(self, tally: Tally, interrupted: bool) -> None:
        for line in _last_lines(self._plan, tally, interrupted):
            self._print(line)

    def reported(self, pages: int, target: str) -> None:
        more = f" and {pages - 1} more beside it" if pages > 1 else ""
        self._print(f"the report is {target}{more}")

    def _count(self, row: Row) -> None:
        if row.is_done:
            self._drawn += 1
        else:
            self._failed += 1
            self._print(f"{row.path}: {row.message}")
        self._bar.update(self._task, advance=1, note=self._note())

    def _note(self) -> str:
        passed_s = time.monotonic() - self._began
        finished = self._drawn + self._failed
        parts = [f"{60 * finished / max(passed_s, 1e-3):.3g} a minute"]
        left = len(self._plan.photos) - finished
        if left > 0:
            parts.append(f"{time_text(passed_s / finished * left)} left")
        if self._failed:
            parts.append(f"{self._failed} failed")
        return " · ".join(parts)

    def _print(self, line: str) -> None:
        self._console.print(shortened(line), soft_wrap=True, highlight=False, markup=False)


class _Json:
    def __init__(self, plan: Plan) -> None:
        self._stream = sys.stdout  # libraries may print into what takes its place
        self._began = time.monotonic()
        self._print(planned_event(plan))

    def tell(self, message: Message) -> None:
        if isinstance(message, Note):
            self._print({"event": "note", "text": message.text})
        elif isinstance(message, Told):
            self._print({"picture": message.path, **message.event})
        elif not message.is_done:
            self._print({"picture": message.path, **_error_event(message)})

    def finish(self, tally: Tally, interrupted: bool) -> None:
        self._print(
            {
                "event": "finished",
                "drawn": tally.drawn,
                "failed": tally.failed,
                "left": tally.left,
                "ended_by": tally.ended_by or None,
                "interrupted": interrupted and not tally.ended_by,
                "time_s": round(time.monotonic() - self._began, 3),
            }
        )

    def reported(self, pages: int, target: str) -> None:
        self._print({"event": "reported", "output": target, "pages": pages})

    def _print(self, event: dict[str, Any]) -> None:
        print(json.dumps(event), flush=True, file=self._stream)


class _Silence:
    def tell(self, message: Message) -> None:
        return

    def finish(self, tally: Tally, interrupted: bool) -> None:
        return

    def reported(self, pages: int, target: str) -> None:
        return


def _last_lines(plan: Plan, tally: Tally, interrupted: bool) -> Iterator[str]:
    if tally.ended_by:
        yield f"stopped: {tally.ended_by}"
    elif interrupted:
        yield "interrupted"
    text = f"{_pictures(tally.drawn)} drawn"
    if plan.done:
        text += f", {plan.done} before"
    if tally.failed + plan.failed:
        text += f", {tally.failed + plan.failed} failed"
    if tally.left:
        text += f", {tally.left} left: the same command goes on"
    yield text


def _pictures(count: int) -> str:
    return f"{count} picture{'' if count == 1 else 's'}"


def _error_event(row: Row) -> dict[str, Any]:
    """``error`` of docs/protocol.md."""
    told = {name: getattr(row, name) for name in ("code", "message", "text", "values")}
    return {"event": "error", **told}
