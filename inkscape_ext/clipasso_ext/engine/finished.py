"""Finished sketches of the background come into the document, and the others are told."""

from __future__ import annotations

import shutil
from typing import Any, List, Optional

from clipasso_ext.document.selection import Photo
from clipasso_ext.engine.background import BackgroundJob, all_jobs, start
from clipasso_ext.engine.connection import message_of
from clipasso_ext.host import Host
from clipasso_ext.names import JOB
from clipasso_ext.problem import Problem
from clipasso_ext.words import _, ngettext

ROOM_BYTES = 4_000_000  # a sketch, its log and what it is written in before it is renamed


class InsertReport:
    """What became of the jobs when finished sketches were inserted."""

    def __init__(self) -> None:
        self.inserted: List[str] = []  # names of bitmaps
        self.lines: List[str] = []
        self.elsewhere = 0  # jobs that wait for other documents

    @property
    def has_news(self) -> bool:
        """Whether there is more to tell than what is seen."""
        return bool(self.lines or self.elsewhere or not self.inserted)

    def text(self) -> str:
        """For the person."""
        parts = []
        if self.inserted:
            parts.append(_("Inserted: {names}.").format(names=", ".join(self.inserted)))
        parts += self.lines
        if self.elsewhere:
            more = ngettext(
                "{count} more waits for other documents.",
                "{count} more wait for other documents.",
                self.elsewhere,
            )
            parts.append(more.format(count=self.elsewhere))
        return "\n\n".join(parts) or _("No sketch is waiting for this document.")


def insert_finished(
    svg: Any, host: Host, place_gone: bool = False, again: bool = False
) -> InsertReport:
    """Insert what is finished for this document. Raises `Problem`.

    place_gone: sketches whose bitmap is gone go where it was on the page; else they stay and are
        reported.
    again: also those that were inserted before and are not in the document now.
    """
    report = InsertReport()
    settled = []
    present = {element.get(JOB) for element in svg.iter() if isinstance(element.tag, str)}
    for job in all_jobs(host):
        if job.id in present or (job.is_settled and not again):
            continue
        photo = job.bitmap(svg)
        if photo is None and not job.is_of(svg):
            report.elsewhere += not job.is_settled
        elif _insert_one(job, photo, svg, host, place_gone, report):
            settled.append(job)
    # not before all went well: a fault half-way leaves the document as it was, and every sketch
    # waiting
    for job in settled:
        job.settle()
    return report


def _computing(job: BackgroundJob, host: Host) -> str:
    """What a job without an outcome is at; one that was interrupted is begun anew. Raises
    `Problem`.
    """
    if not job.is_interrupted:
        start(job, host)  # should the computer have been switched off under it
        return _("Still computing: {name} ({progress}).").format(
            name=job.name, progress=job.progress
        )
    if shutil.disk_usage(str(job.folder)).free < ROOM_BYTES:
        return _(
            "Interrupted: {name}. The disk is full: make room for {folder}, and choose this again."
        ).format(name=job.name, folder=host.jobs)
    job.begin_anew(host)
    return _(
        "Begun anew: {name}. It was interrupted: the disk was full, or the computer was switched"
        " off."
    ).format(name=job.name)


def _insert_one(
    job: BackgroundJob,
    photo: Optional[Photo],
    svg: Any,
    host: Host,
    place_gone: bool,
    report: InsertReport,
) -> bool:
    """Insert a job's sketch, or report why not. Returns whether the person is done with it."""
    outcome = job.outcome
    if outcome is None:
        report.lines.append(_computing(job, host))
        return False
    if outcome.get("event") != "result":
        report.lines.append(_failed(job, message_of(outcome)))
        return True
    if photo is None and not place_gone:
        report.lines.append(
            _(
                "The bitmap of {name} is gone. To put its sketch where the bitmap was, run this"
                " again with “Put it where the bitmap was”."
            ).format(name=job.name)
        )
        return False
    try:
        job.insert(svg, photo)
        report.inserted.append(job.name)
    except Problem as problem:
        report.lines.append(_failed(job, str(problem)))
    return True


def _failed(job: BackgroundJob, why: str) -> str:
    # Translators: {reason} is a whole sentence.
    return _("Failed: {name}. {reason}").format(name=job.name, reason=why)
