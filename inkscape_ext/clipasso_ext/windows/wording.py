"""What the windows say about the work."""

from __future__ import annotations

from typing import Optional, Sequence

from clipasso_ext.engine.connection import Event
from clipasso_ext.engine.session import Session
from clipasso_ext.engine.settings import DRAFT
from clipasso_ext.engine.tries import Try

REPLACE = "Replace the sketch that is there"


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
    """Who judges the sketch, and what was taken for the subject, out of the event ``started``."""
    if not started:
        return ""
    return f"{judge(str(started['guide']))} {subject(str(started['mask']))}"


def judge(guide: str) -> str:
    """Who says how like the photograph a sketch is."""
    if not guide.startswith("clip:"):
        return "Judged by the built-in network."
    return f"Judged by CLIP ({guide.split(':')[1]})."


def subject(mask: str) -> str:
    """What was taken for the subject. mask: where it comes from, in the engine's words."""
    if mask.startswith("none"):
        return "The whole picture is drawn."
    if mask == "alpha":
        return "The subject is what is not transparent."
    if mask == "plain border":
        return "The subject is what stands out from the plain background."
    return "The subject was found automatically: the view Mask shows it."


def result_line(one: Try, note: str) -> str:
    """One line on a sketch that is on show. note: what came of the last work besides."""
    if note:
        return note
    count = strokes(one.strokes)
    if one.stopped:
        done, planned = one.steps
        return f"Stopped after {done} of {planned} steps: {count}."
    if one.is_draft:
        return f"Draft of {count}. Finish refines it; Insert puts it into the document as it is."
    return f"Finished: {count}."


def try_caption(one: Try) -> str:
    """Below a small picture: strokes and time."""
    return f"{one.strokes} · {duration(one.time_s)}"


def try_line(one: Try) -> str:
    """What a small picture shows."""
    work = "Draft" if one.is_draft else "Finished"
    if one.stopped:
        work = f"Stopped after {one.steps[0]} of {one.steps[1]} steps"
    parts = [strokes(one.strokes), f"try {one.settings.seed + 1}", duration(one.time_s)]
    return f"{work}: {', '.join(parts)}. Click to have it back."


def page(names: Sequence[str], at: int) -> str:
    """Which of several bitmaps is on show."""
    return f"{at + 1} of {len(names)}: {names[at]}"


def shapes(count: int) -> str:
    """The question what so many selected shapes mean."""
    if count == 1:
        return "1 shape is selected with the bitmap:"
    return f"{count} shapes are selected with the bitmap:"


def insert_label(count: int) -> str:
    """Of the button that inserts the sketches of so many bitmaps; with its mnemonic."""
    return "_Insert" if count == 1 else f"_Insert All {count}"


def faces(found: Optional[int]) -> str:
    """The label of the switch for faces. found: None where nobody has looked."""
    if found is None:
        return "Faces"
    return f"Faces ({found or 'none'} found)"


def subjects(found: Optional[int]) -> str:
    """The label of the switch for subjects that are drawn apart. found: None where nobody has
    looked.
    """
    if found is None:
        return "Subjects apart"
    return f"Subjects apart ({found if found > 1 else 'only one'} found)"


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
