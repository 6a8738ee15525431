"""What the windows say about the work."""

from __future__ import annotations

from typing import Any, Dict

from clipasso_ext.engine.session import Session
from clipasso_ext.engine.settings import DRAFT


def strokes(count: int) -> str:
    return f"{count} {'stroke' if count == 1 else 'strokes'}"


def describe(session: Session) -> str:
    """One line on what is computed now."""
    event, phase = session.latest, session.phase
    draft = session.preset == DRAFT
    several = ""
    if len(session.tasks) > 1 and session.current is not None:
        several = f"{session.tasks[session.current].name}: "
    if phase == "preparing":
        return several + "Looking at the bitmap…"
    if phase == "waking":
        return several + "Starting the engine; the first sketch takes a few seconds longer…"
    if phase == "queued":
        count = event["position"]
        return (
            several
            + f"{count} {'sketch is' if count == 1 else 'sketches are'} computed before this one…"
        )
    if phase == "progress":
        left = event.get("time_left_s")
        rest = f", {duration(left)} left" if left and not draft else ""
        return (
            several
            + f"{'Draft' if draft else 'Finishing'}: step {event['step']} of {event['steps']}{rest}"
        )
    return several + "Finding the subject and its edges…"


def judge(started: Dict[str, Any]) -> str:
    """Which guide judges the sketch, why that one, and what was taken for the subject, out of the
    event ``started``.
    """
    if not started:
        return ""
    found = started["mask"]
    subject = (
        "the whole picture"
        if found.startswith("none")
        else f"found by {found}"
        if found != "alpha"
        else "cut out by its transparency"
    )
    return f"Judged by {started['guide']} ({started['why']}). Subject: {subject}."


def duration(seconds: float) -> str:
    """As a person says it."""
    whole = int(seconds + 0.999)
    return f"{whole} s" if whole < 90 else f"{(whole + 30) // 60} min"


def share(session: Session) -> float:
    """How far the current one is, 0 to 1."""
    event = session.latest
    return (
        event["step"] / event["steps"]
        if session.phase == "progress" and event.get("steps")
        else 0.0
    )
