"""Sketches that compute while Inkscape goes on: each is a folder, which outlives Inkscape."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import time
import uuid
from pathlib import Path
from typing import Any, Dict, List, Optional

from inkex import Transform

from clipasso_ext.document import layer
from clipasso_ext.document.pixels import box_now
from clipasso_ext.document.placement import Box, place, written
from clipasso_ext.document.selection import Photo, by_id, find_photos, href
from clipasso_ext.engine.host import Host, detached, engine_environment, log
from clipasso_ext.engine.settings import Settings
from clipasso_ext.engine.task import Task, message_of, to_page
from clipasso_ext.problem import Problem

FORGET_S = 30 * 24 * 3600  # a sketch that was inserted may be inserted again for so long
DOCNAME = "{http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd}docname"
JOB = "{%s}job" % layer.CLIPASSO
WORDS = ("name", "image", "fingerprint", "document", "bitmap", "page")  # facts that every job has


class Job:
    """A job's folder: the order, and what came of it."""

    def __init__(self, folder: Path, facts: Dict[str, Any]) -> None:
        self.folder, self.facts = folder, facts

    @property
    def id(self) -> str:
        return self.folder.name

    @property
    def name(self) -> str:
        return str(self.facts["name"])

    @property
    def outcome(self) -> Optional[Dict[str, Any]]:
        """The event that the job ended in; None while it computes."""
        return _read(self.folder / "outcome.json")

    @property
    def progress(self) -> str:
        """How far it is, for the person."""
        event = _read(self.folder / "progress.json") or {}
        if event.get("event") == "progress":
            return f"step {event.get('step')} of {event.get('steps')}"
        return "waiting for its turn" if event.get("event") == "queued" else "starting"

    @property
    def inserted(self) -> bool:
        return (self.folder / "inserted").exists()

    def bitmap(self, svg: Any) -> Optional[Photo]:
        """The job's bitmap, if this document holds it."""
        if by_id(svg, self.facts["image"]) is None:
            return None
        try:
            photos = find_photos(svg, [self.facts["image"]])
        except Problem:
            return None
        return next(
            (photo for photo in photos if fingerprint(photo) == self.facts["fingerprint"]), None
        )

    def is_of(self, svg: Any) -> bool:
        """Whether the job was ordered from this document, by its name."""
        return bool(self.facts["document"]) and self.facts["document"] == svg.get(DOCNAME)

    def insert(self, svg: Any, photo: Optional[Photo]) -> None:
        """Put the sketch onto its bitmap wherever that is now, or, without one, where the bitmap
        was on the page.
        """
        sketch, size_px = (
            str((self.outcome or {}).get("svg")).encode(),
            tuple(self.facts["size_px"]),
        )
        if photo is not None:
            box = box_now(photo.image, svg, size_px, self.facts["drawn"])
            placement = place(photo.transform, to_page(photo.branch()[0], svg), box, size_px)
            layer.insert(svg, photo, placement, sketch, self.id)
            layer.treat(photo, self.facts["bitmap"])
        else:
            box = Box(*self.facts["box"])
            placed = layer.build(
                svg,
                sketch,
                place(Transform(self.facts["page"]), Transform(), box, size_px),
                self.name,
            )
            placed.set(JOB, self.id)
            svg.append(placed)

    def settle(self) -> None:
        """The person got it, as a sketch or as the reason why there is none. A read-only disk has
        it told again.
        """
        try:
            (self.folder / "inserted").touch()
        except OSError as error:
            log(f"{self.folder}: {error}")


def order(task: Task, settings: Settings, svg: Any, host: Host) -> Job:
    """Write a job's folder, and start a process for it that outlives Inkscape. Raises `Problem`."""
    number = time.strftime("%Y%m%d-%H%M%S-") + uuid.uuid4().hex[:6]
    folder, scratch = host.jobs / number, host.jobs / f".{number}"
    pixels = task.pixels
    picture = "photo" + (pixels.path.suffix or ".bitmap")
    facts = {
        "version": 1,
        "line": {
            "id": number,
            "photo": picture,
            "request": task.request(settings, settings.preset),
        },
        "name": task.name,
        "image": task.photo.id,
        "fingerprint": fingerprint(task.photo),
        "document": svg.get(DOCNAME) or "",
        "bitmap": settings.bitmap,
        "box": [pixels.box.x, pixels.box.y, pixels.box.width, pixels.box.height],
        "size_px": list(pixels.size_px),
        "drawn": pixels.drawn,
        "page": written(task.photo.transform),
    }
    try:
        scratch.mkdir(parents=True)
        shutil.copyfile(str(pixels.path), str(scratch / picture))
        (scratch / "job.json").write_text(json.dumps(facts), encoding="utf-8")
        os.replace(scratch, folder)
    except OSError as error:
        shutil.rmtree(scratch, ignore_errors=True)
        raise Problem(
            f"The job can't be written ({error.strerror}): make room for {host.jobs}, and try"
            " again."
        ) from None
    job = Job(folder, facts)
    try:
        start(job, host)
    except Problem:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return job


def start(job: Job, host: Host) -> None:
    """Have the job computed. Does no harm to one that computes or is done: its own process sees
    that and ends.
    """
    silent: Dict[str, Any] = {
        "stdin": subprocess.DEVNULL,
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
    }
    try:
        subprocess.Popen(
            [*host.command, "job", str(job.folder)],
            env=engine_environment(host),
            **silent,
            **detached(),
        )
    except OSError:
        raise Problem(
            "The engine is not where it was installed: run install.py again, and try again."
        ) from None


def all_jobs(host: Host) -> List[Job]:
    """Every job that can be read, oldest first. Those inserted long ago are forgotten."""
    try:
        folders = sorted(
            path for path in host.jobs.iterdir() if path.is_dir() and not path.name.startswith(".")
        )
    except OSError:
        return []
    jobs = []
    for folder in folders:
        facts = _read(folder / "job.json")
        if facts is None or not _is_sound(facts):
            continue
        job = Job(folder, facts)
        if job.inserted and _age_s(folder / "inserted") > FORGET_S:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            jobs.append(job)
    return jobs


def _is_sound(facts: Dict[str, Any]) -> bool:
    """Whether an order is whole: one that is damaged must not keep the others from their
    documents.
    """
    numbers = [facts.get("box"), facts.get("size_px")]
    if not all(isinstance(facts.get(word), str) for word in WORDS) or not all(
        isinstance(one, list) for one in numbers
    ):
        return False
    if not all(type(number) in (int, float) for one in numbers for number in one) or [
        len(one) for one in numbers
    ] != [4, 2]:
        return False
    return min(facts["size_px"]) > 0 and isinstance(facts.get("drawn"), bool)


def _age_s(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return 0.0


class Report:
    """What became of the jobs when finished sketches were inserted."""

    def __init__(self) -> None:
        self.inserted: List[str] = []
        self.lines: List[str] = []

    def text(self) -> str:
        done = [f"Inserted: {', '.join(self.inserted)}."] if self.inserted else []
        return "\n\n".join(done + self.lines) or "No sketch is waiting for this document."


def insert_finished(svg: Any, host: Host, place_gone: bool = False, again: bool = False) -> Report:
    """Insert what is finished for this document.

    place_gone: sketches whose bitmap is gone go where it was on the page; else they stay and are
        reported.
    again: also those that were inserted before and are not in the document now.
    """
    report, elsewhere, settled = Report(), 0, []
    present = {element.get(JOB) for element in svg.iter() if isinstance(element.tag, str)}
    for job in all_jobs(host):
        if job.id in present or (job.inserted and not again):
            continue
        photo = job.bitmap(svg)
        if photo is None and not job.is_of(svg):
            elsewhere += not job.inserted
            continue
        outcome = job.outcome
        if outcome is None:
            start(job, host)  # should the computer have been switched off under it
            report.lines.append(f"Still computing: {job.name} ({job.progress}).")
        elif outcome.get("event") != "result":
            report.lines.append(f"Failed: {job.name}. {message_of(outcome)}")
            settled.append(job)
        elif photo is None and not place_gone:
            report.lines.append(
                f"The bitmap of {job.name} is gone. To put its sketch where the bitmap was, "
                "run this again with “Put it where the bitmap was”."
            )
        else:
            settled.append(job)
            try:
                job.insert(svg, photo)
                report.inserted.append(job.name)
            except Problem as problem:
                report.lines.append(f"Failed: {job.name}. {problem}")
    # not before all went well: a fault half-way leaves the document as it was, and every sketch
    # waiting
    for job in settled:
        job.settle()
    if elsewhere:
        report.lines.append(
            f"{elsewhere} more {'waits' if elsewhere == 1 else 'wait'} for other documents."
        )
    return report


def fingerprint(photo: Photo) -> str:
    """Of the bitmap itself: ids are used again from document to document."""
    address = href(photo.image) or ""
    if not address.startswith("data:"):
        address = address.replace("\\", "/").rsplit("/", 1)[-1]  # Inkscape rebases links
    return hashlib.sha256("".join(address.split()).encode()).hexdigest()[:32]


def _read(path: Path) -> Optional[Dict[str, Any]]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None
