"""A finished sketch that is wanted in its document now: what the window asks, and what the effect
answers, as files in the job's folder.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any, Container, NamedTuple, Optional

from clipasso_ext.beside.other_effects import effect_runs, own_group
from clipasso_ext.document.document_mark import DocumentMark, mark_of
from clipasso_ext.engine.background import BackgroundJob, all_jobs, read_object
from clipasso_ext.files import move
from clipasso_ext.host import Host
from clipasso_ext.names import JOB
from clipasso_ext.problem import Problem

WISH = "wanted.json"
ANSWER = "answer.json"
# what is answered
INSERTED = "inserted"
ELSEWHERE = "elsewhere"  # another document was in front
GONE = "gone"  # the document has the bitmap no more
FAILED = "failed"
BUSY = "busy"  # Inkscape waits for another extension


class Answer(NamedTuple):
    """said: one of the words above. text: for the person, where it failed."""

    said: str
    text: str = ""


def ask(job: BackgroundJob, anywhere: bool) -> None:
    """Want a job's sketch inserted. anywhere: into a document of another name or place, too, if it
    holds the bitmap: it may have been saved under another name. Raises OSError.
    """
    with suppress(FileNotFoundError):
        (job.folder / ANSWER).unlink()
    _write(job.folder / WISH, {"anywhere": anywhere})


def answer(job: BackgroundJob) -> Optional[Answer]:
    """What became of it; None where nobody looked."""
    said = read_object(job.folder / ANSWER)
    return None if said is None else Answer(str(said.get("said")), str(said.get("text")))


def withdraw(job: BackgroundJob) -> None:
    """Want it no more. Raises OSError."""
    for name in (WISH, ANSWER):
        with suppress(FileNotFoundError):
            (job.folder / name).unlink()


def grant(svg: Any, host: Host, own_file: str = "") -> None:
    """Insert every sketch that is wanted in this document, and answer to each.

    own_file: which Inkscape gave to this effect.
    """
    is_busy = effect_runs(own_group(), own_file)
    present = {element.get(JOB) for element in svg.iter() if isinstance(element.tag, str)}
    answers = []
    for job in all_jobs(host):
        wish = read_object(job.folder / WISH)
        if wish is not None:
            answers.append((job, Answer(BUSY) if is_busy else _granted(job, svg, wish, present)))
    # not before all went well: a fault half-way leaves the document as it was
    for job, said in answers:
        _write(job.folder / ANSWER, said._asdict())


def _granted(job: BackgroundJob, svg: Any, wish: Any, present: Container[Optional[str]]) -> Answer:
    """present: the jobs whose sketches the document has."""
    if job.id in present:
        return Answer(INSERTED)
    photo = job.bitmap(svg)
    is_it = _is_same(job.document, mark_of(svg))
    if not is_it and (photo is None or wish.get("anywhere") is not True):
        return Answer(ELSEWHERE)
    if photo is None:
        return Answer(GONE)
    try:
        job.insert(svg, photo)
    except Problem as problem:
        return Answer(FAILED, str(problem))
    return Answer(INSERTED)


def _is_same(one: DocumentMark, other: DocumentMark) -> bool:
    """Whether both are of one document."""
    if one.path or other.path:
        return one.path == other.path
    return (one.name, one.root) == (other.name, other.root)


def _write(path: Path, said: Any) -> None:
    """Whole or not at all. Raises OSError."""
    scratch = path.with_suffix(".new")
    scratch.write_text(json.dumps(said), encoding="utf-8")
    move(scratch, path)
