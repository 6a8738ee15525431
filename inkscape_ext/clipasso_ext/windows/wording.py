"""What the windows say about the work."""

from __future__ import annotations

from typing import Optional

from clipasso_ext.engine.connection import Event
from clipasso_ext.engine.session import Session
from clipasso_ext.engine.settings import DRAFT


def strokes(count: int) -> str:
    return f"{count} {'stroke' if count == 1 else 'strokes'}"


def status_line(session: Session) -> str:
    """One line on what is computed now."""
    several = ""
    if len(session.tasks) > 1 and session.current is not None:
        several = f"{session.tasks[session.current].name}: "
    return several + _phase_line(session)


def _phase_line(session: Session) -> str:
    event = session.latest
    if session.phase == "preparing":
        return "Looking at the bitmap…"
    if session.phase == "waking":
        return "Starting the engine: it loads its networks, which takes some seconds once…"
    if session.phase == "queued":
        count = event["position"]
        sketches = "sketch goes" if count == 1 else "sketches go"
        return f"Waiting for the engine: {count} other {sketches} first…"
    if session.phase == "started":
        return "Laying the first strokes…"
    if session.phase == "progress" and event["step"] >= event["steps"]:
        return "Ordering the strokes by how much each is needed…"
    if session.phase == "progress":
        is_draft = session.preset == DRAFT
        left_s = event.get("time_left_s")
        rest = f", {duration(left_s)} left" if left_s and not is_draft else ""
        work = "Draft" if is_draft else "Finishing"
        return f"{work}: step {event['step']} of {event['steps']}{rest}"
    return "Finding the subject and its edges…"


def guide_line(started: Event) -> str:
    """Which guide judges the sketch, why that one, and what was taken for the subject, out of the
    event ``started``.
    """
    if not started:
        return ""
    found = str(started["mask"])
    if found.startswith("none"):
        subject = "the whole picture"
    elif found == "alpha":
        subject = "cut out by its transparency"
    else:
        subject = f"found by {found}"
    return f"Judged by {started['guide']} ({started['why']}). Subject: {subject}."


def faces(found: Optional[int]) -> str:
    """The label of the switch for faces. found: None where nobody has looked."""
    if found is None:
        return "Faces"
    return f"Faces ({found or 'none'} found)"


def duration(seconds: float) -> str:
    """As a person says it."""
    whole = int(seconds + 0.999)
    return f"{whole} s" if whole < 90 else f"{(whole + 30) // 60} min"


def is_unmeasured(session: Session) -> bool:
    """Whether something is done of which nobody knows how long it takes."""
    return session.busy and progress_share(session) in (0.0, 1.0)


def progress_share(session: Session) -> float:
    """How far the current one is, 0 to 1."""
    event = session.latest
    if session.phase != "progress" or not event.get("steps"):
        return 0.0
    return float(event["step"] / event["steps"])
