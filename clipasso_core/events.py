"""What a job tells while it runs, as JSON: one object a line, shared by `clipasso run` and `clipasso sketch --json`."""

from __future__ import annotations

import dataclasses
from typing import Any

from clipasso_core.errors import UserError
from clipasso_core.result import SketchResult
from clipasso_core.sketch import Progress
from clipasso_core.svg import to_svg


def progress_event(progress: Progress) -> dict[str, Any]:
    """``started`` (with what was settled) before the first step, ``progress`` after every step."""
    if progress.step == 0:
        return {"event": "started", **dataclasses.asdict(progress.setup), "line": progress.setup.line()}
    return {
        "event": "progress",
        "step": progress.step,
        "steps": progress.steps,
        "loss": progress.loss,
        "time_s": progress.time_s,
        "time_left_s": progress.time_left_s,
    }


def result_event(result: SketchResult) -> dict[str, Any]:
    """``result``: the sketch's JSON form, and the SVG document as text."""
    return {"event": "result", "sketch": result.to_json(), "svg": to_svg(result).decode()}


def error_event(error: UserError) -> dict[str, Any]:
    """``error`` that the person can mend."""
    return {"event": "error", "code": error.code, "message": error.message}


def bug_event(message: str) -> dict[str, Any]:
    """``error`` that is not the person's."""
    return {"event": "error", "code": "bug", "message": message}
