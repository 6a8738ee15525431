"""What goes out, one JSON object a line, and what `clipasso sketch --json` prints.
docs/protocol.md describes it.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from clipasso_core.errors import UserError

if TYPE_CHECKING:
    from clipasso_core.result import SketchResult
    from clipasso_core.sketching.progress import Progress, Setup

LAST = ("result", "error", "cancelled", "about")  # each request ends in one of these
BEFORE = ("waking", "queued")  # nothing has come of the request yet


def progress_event(progress: Progress) -> dict[str, Any]:
    """``started`` (with what was settled) before the first step, ``progress`` after every step."""
    if progress.step == 0:
        return _started(progress.setup)
    return {
        "event": "progress",
        "step": progress.step,
        "steps": progress.steps,
        "loss": progress.loss,
        "time_s": progress.time_s,
        "time_left_s": progress.time_left_s,
    }


def _started(setup: Setup) -> dict[str, Any]:
    facts = {field.name: getattr(setup, field.name) for field in dataclasses.fields(setup)}
    return {
        "event": "started",
        **facts,
        "why": str(setup.why),
        "notes": [str(note) for note in setup.notes],
        "line": setup.line(),
        "words": {
            "why": setup.why.to_json(),
            "notes": [note.to_json() for note in setup.notes],
        },
    }


def result_event(result: SketchResult) -> dict[str, Any]:
    """``result``: the sketch's JSON form, and the SVG document as text."""
    from clipasso_core.document.svg import to_svg

    return {"event": "result", "sketch": result.to_json(), "svg": to_svg(result).decode()}


def waking_event() -> dict[str, Any]:
    """``waking``: the engine was not running and is being started."""
    return {"event": "waking"}


def queued_event(position: int) -> dict[str, Any]:
    """``queued``: so many sketches are computed before this one."""
    return {"event": "queued", "position": position}


def cancelled_event() -> dict[str, Any]:
    """``cancelled``: nobody wants the sketch any more."""
    return {"event": "cancelled"}


def error_event(error: UserError) -> dict[str, Any]:
    """``error``: what the person can mend, or a bug that is written down."""
    return {"event": "error", **error.to_json()}


def ended_event() -> dict[str, Any]:
    """``error``: the engine ended while it computed, by a crash or because it was killed."""
    from clipasso_core.machine import log

    return error_event(
        UserError(
            "bug",
            "the engine ended unexpectedly, by a crash or because something killed it; please"
            " report it with {log} and {crash} beside it",
            log=log.engine_log_path(),
            crash=log.crash_path().name,
        )
    )
