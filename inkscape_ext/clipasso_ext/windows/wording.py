"""What the windows say about the work."""

from __future__ import annotations

from typing import Any, Dict, Optional, Sequence

from clipasso_ext.engine.connection import Event
from clipasso_ext.engine.session import Session
from clipasso_ext.engine.settings import DRAFT
from clipasso_ext.engine.tries import Try
from clipasso_ext.words import _, clauses, filled, later, ngettext, told_of

# what the engine's doctor looks at, for translators to find
DOCTORS = (
    "Python",
    later("packages"),
    "torch",
    later("devices"),
    later("guide lite"),
    later("subject mask"),
    later("faces in photographs"),
    later("guides clip:*"),
    "diffvg",
    later("folders"),
    later("extension"),
)
REPLACE = later("Replace the sketch that is there")
# by the engine's word for where the subject's mask comes from
SUBJECTS = {
    "alpha": later("The subject is what is not transparent."),
    "plain border": later("The subject is what stands out from the plain background."),
}
# by the phase of the session
PHASES = {
    "preparing": later("Looking at the bitmap…"),
    "waking": later("Starting the engine: it loads its networks, which takes some seconds once…"),
    "started": later("Laying the first strokes…"),
}
SEEKING = later("Finding the subject and its edges…")


def strokes(count: int) -> str:
    return ngettext("{count} stroke", "{count} strokes", count).format(count=count)


def status_line(session: Session) -> str:
    """One line on what is computed now."""
    line = _phase_line(session)
    if len(session.tasks) > 1 and session.current is not None:
        return told_of(session.tasks[session.current].name, line)
    return line


def _phase_line(session: Session) -> str:
    event = session.latest
    if session.phase == "queued":
        count = event["position"]
        return ngettext(
            "Waiting for the engine: {count} other sketch goes first…",
            "Waiting for the engine: {count} other sketches go first…",
            count,
        ).format(count=count)
    if session.phase == "progress" and event["step"] >= event["steps"]:
        return _("Ordering the strokes by how much each is needed…")
    if session.phase == "progress":
        return _step_line(event, session.preset == DRAFT)
    return _(PHASES.get(session.phase, SEEKING))


def _step_line(event: Event, is_draft: bool) -> str:
    """How far a sketch is."""
    at = {"step": event["step"], "steps": event["steps"]}
    left_s = event.get("time_left_s")
    if is_draft:
        return _("Draft: step {step} of {steps}").format(**at)
    if not left_s:
        return _("Finishing: step {step} of {steps}").format(**at)
    return _("Finishing: step {step} of {steps}, {time} left").format(**at, time=duration(left_s))


def guide_line(started: Event) -> str:
    """Who judges the sketch, and what was taken for the subject, out of the event ``started``."""
    if not started:
        return ""
    return f"{judge(str(started['guide']))} {subject(str(started['mask']))}"


def judge(guide: str) -> str:
    """Who says how like the photograph a sketch is."""
    if not guide.startswith("clip:"):
        return _("Judged by the built-in network.")
    return _("Judged by CLIP ({model}).").format(model=guide.split(":")[1])


def subject(mask: str) -> str:
    """What was taken for the subject. mask: where it comes from, in the engine's words."""
    if mask.startswith("none"):
        return _("The whole picture is drawn.")
    if mask in SUBJECTS:
        return _(SUBJECTS[mask])
    # Translators: "Mask" is the label of one of the views of the window.
    return _("The subject was found automatically: the view Mask shows it.")


def result_line(one: Try, note: str) -> str:
    """One line on a sketch that is on show. note: what came of the last work besides."""
    if note:
        return note
    count = strokes(one.strokes)
    if one.stopped:
        done, planned = one.steps
        # Translators: {strokes} is "16 strokes".
        return _("Stopped after {done} of {planned} steps: {strokes}.").format(
            done=done, planned=planned, strokes=count
        )
    if one.is_draft:
        # Translators: {strokes} is "16 strokes"; Finish and Insert are the labels of buttons.
        return _(
            "Draft of {strokes}. Finish refines it; Insert puts it into the document as it is."
        ).format(strokes=count)
    # Translators: {strokes} is "16 strokes".
    return _("Finished: {strokes}.").format(strokes=count)


def try_caption(one: Try) -> str:
    """Below a small picture: strokes and time."""
    return f"{one.strokes} · {duration(one.time_s)}"


def try_line(one: Try) -> str:
    """What a small picture shows."""
    # Translators: {strokes} is "16 strokes", {time} is "7 s"; a try is an attempt.
    text = _("Finished: {strokes}, try {number}, {time}. Click to have it back.")
    if one.is_draft:
        text = _("Draft: {strokes}, try {number}, {time}. Click to have it back.")
    if one.stopped:
        text = _(
            "Stopped after {done} of {planned} steps: {strokes}, try {number}, {time}. Click to"
            " have it back."
        )
    return text.format(
        done=one.steps[0],
        planned=one.steps[1],
        strokes=strokes(one.strokes),
        number=one.settings.seed + 1,
        time=duration(one.time_s),
    )


def page(names: Sequence[str], at: int) -> str:
    """Which of several bitmaps is on show."""
    # Translators: which of several bitmaps is on show: "2 of 3: portrait".
    return _("{number} of {count}: {name}").format(number=at + 1, count=len(names), name=names[at])


def shapes(count: int) -> str:
    """The question what so many selected shapes mean."""
    return ngettext(
        "{count} shape is selected with the bitmap:",
        "{count} shapes are selected with the bitmap:",
        count,
    ).format(count=count)


def insert_label(count: int) -> str:
    """Of the button that inserts the sketches of so many bitmaps; with its mnemonic."""
    if count == 1:
        return _("_Insert")
    return ngettext("_Insert All {count}", "_Insert All {count}", count).format(count=count)


def faces(found: Optional[int]) -> str:
    """The label of the switch for faces. found: None where nobody has looked."""
    if found is None:
        # Translators: a switch: the features of faces are drawn.
        return _("Faces")
    if not found:
        return _("Faces (none found)")
    return ngettext("Faces ({count} found)", "Faces ({count} found)", found).format(count=found)


def subjects(found: Optional[int]) -> str:
    """The label of the switch for subjects that are drawn apart. found: None where nobody has
    looked.
    """
    if found is None:
        # Translators: a switch: subjects that stand apart are drawn apart, each at its own scale.
        return _("Subjects apart")
    if found <= 1:
        return _("Subjects apart (only one found)")
    return ngettext(
        "Subjects apart ({count} found)", "Subjects apart ({count} found)", found
    ).format(count=found)


def duration(seconds: float) -> str:
    """As a person says it."""
    whole = int(seconds + 0.999)
    if whole < 90:
        # Translators: seconds.
        return _("{count} s").format(count=whole)
    # Translators: minutes.
    return _("{count} min").format(count=(whole + 30) // 60)


def engine(facts: Dict[str, Any]) -> str:
    """What the engine is at. facts: what it says of itself; nothing where it does not run."""
    if not facts:
        return _("The engine is not running; the next sketch starts it.")
    state = _("The engine {version} is idle.")
    if facts.get("working"):
        state = _("The engine {version} is computing.")
    parts = [state.format(version=facts.get("version"))]
    waiting = int(facts.get("waiting") or 0)
    if waiting:
        parts.append(
            ngettext("{count} sketch waits.", "{count} sketches wait.", waiting).format(
                count=waiting
            )
        )
    if facts.get("memory_mb"):
        memory = _("It takes {size} MB of memory (process {number}).")
        parts.append(memory.format(size=round(facts["memory_mb"]), number=facts.get("pid")))
    return " ".join(parts)


def finding(said: Dict[str, Any]) -> str:
    """A line of the doctor's report."""
    told = _told(_words(said).get("text"), str(said["text"]))
    return told_of(_(str(said["subject"])), told)


def advice(said: Dict[str, Any]) -> str:
    """What to do about it."""
    advised = _words(said).get("advice")
    return _told([advised] if advised else [], str(said["advice"]))


def _words(said: Dict[str, Any]) -> Dict[str, Any]:
    """Of a finding: what other languages are made of; nothing of an earlier engine."""
    return dict(said.get("words") or {})


def _told(parts: Any, otherwise: str) -> str:
    """What the engine tells in clauses, each a template and values. otherwise: the same in English,
    of an engine that does not tell it so.
    """
    told = [filled(str(part["text"]), part["values"], "") for part in parts or []]
    return clauses(told) if told and all(told) else otherwise


def is_unmeasured(session: Session) -> bool:
    """Whether something is done of which nobody knows how long it takes."""
    return session.busy and progress_share(session) in (0.0, 1.0)


def progress_share(session: Session) -> float:
    """How far the current one is, 0 to 1."""
    event = session.latest
    if session.phase != "progress" or not event.get("steps"):
        return 0.0
    return float(event["step"] / event["steps"])
