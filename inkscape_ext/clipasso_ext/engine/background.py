"""Sketches that compute while Inkscape goes on: each is a folder, which outlives Inkscape."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any, Dict, List, Optional

from inkex import Transform

from clipasso_ext.cancellation import Cancellation
from clipasso_ext.document.document_mark import DocumentMark
from clipasso_ext.document.elements import by_id, sketches_of
from clipasso_ext.document.new_layer import build_layer, insert_layer
from clipasso_ext.document.pixels import box_now
from clipasso_ext.document.placement import Box, Placement, place, to_page
from clipasso_ext.document.restyle import PAINTED, Restyling, dress
from clipasso_ext.document.selection import Photo, find_photos
from clipasso_ext.document.treatment import treat
from clipasso_ext.engine.connection import Event
from clipasso_ext.engine.settings import Settings
from clipasso_ext.engine.sketch_task import PhotoTask
from clipasso_ext.files import move
from clipasso_ext.host import NO_ENGINE, Host, log
from clipasso_ext.locks import hold
from clipasso_ext.names import DOCNAME, JOB
from clipasso_ext.problem import Problem
from clipasso_ext.processes import detached, silent
from clipasso_ext.words import _

FORGET_S = 30 * 24 * 3600  # a sketch that was inserted may be inserted again for so long
# in a job's folder
OUTCOME = "outcome.json"
PROGRESS = "progress.json"
LOCK = "lock"  # held by the process that computes
# facts that every job has
TEXTS = ("name", "image", "fingerprint", "document", "bitmap", "page")
NUMBERS = {"box": 4, "size_px": 2}  # and how many of each


class BackgroundJob:
    """A job's folder: what was asked for, and what came of it."""

    def __init__(self, folder: Path, facts: Dict[str, Any]) -> None:
        self.folder = folder
        self.facts = facts

    @property
    def id(self) -> str:
        return self.folder.name

    @property
    def name(self) -> str:
        return str(self.facts["name"])

    @property
    def outcome(self) -> Optional[Event]:
        """The event that the job ended in; None while it computes."""
        return read_object(self.folder / OUTCOME)

    @property
    def progress(self) -> str:
        """How far it is, for the person."""
        event = read_object(self.folder / PROGRESS) or {}
        if event.get("event") == "progress":
            return _("step {step} of {steps}").format(
                step=event.get("step"), steps=event.get("steps")
            )
        # Translators: how far a sketch is, in parentheses behind its name.
        return _("waiting for its turn") if event.get("event") == "queued" else _("starting")

    @property
    def is_interrupted(self) -> bool:
        """Whether it had begun and no process is at it any more, as far as anybody can tell."""
        try:
            lock = hold(self.folder / LOCK)
            if lock is None:
                return False
            os.close(lock)
        except OSError:  # a folder that is closed
            return False
        return self.outcome is None and (self.folder / PROGRESS).exists()

    def begin_anew(self, host: Host) -> None:
        """Have an interrupted one computed from its start. Raises `Problem`."""
        with suppress(OSError):  # it is written anew
            (self.folder / PROGRESS).unlink()
        start(self, host)

    @property
    def document(self) -> DocumentMark:
        """The document that it was submitted from."""
        path, root = (str(self.facts.get(name) or "") for name in ("path", "root"))
        return DocumentMark(self.facts["document"], path, root)

    def finish(self, outcome: Event, host: Host) -> None:
        """End it in this event, with nothing left to compute. Raises `Problem`."""
        try:
            (self.folder / OUTCOME).write_text(json.dumps(outcome), encoding="utf-8")
        except OSError as error:
            raise _unwritable(host, error) from None

    @property
    def is_settled(self) -> bool:
        """Whether the person got it, as a sketch or as the reason why there is none."""
        return (self.folder / "inserted").exists()

    def settle(self) -> None:
        """The person got it. A read-only disk has it told again."""
        try:
            (self.folder / "inserted").touch()
        except OSError as error:
            log(f"{self.folder}: {error}")

    def bitmap(self, svg: Any) -> Optional[Photo]:
        """The job's bitmap, if this document holds it."""
        if by_id(svg, self.facts["image"]) is None:
            return None
        try:
            photos = find_photos(svg, [self.facts["image"]])
        except Problem:
            return None
        wanted = self.facts["fingerprint"]
        return next((photo for photo in photos if photo.fingerprint == wanted), None)

    def is_of(self, svg: Any) -> bool:
        """Whether the job was submitted from this document, by its name."""
        return bool(self.facts["document"]) and self.facts["document"] == svg.get(DOCNAME)

    def insert(self, svg: Any, photo: Optional[Photo]) -> None:
        """Put the sketch onto its bitmap wherever that is now, or, without one, where the bitmap
        was on the page. Raises `Problem`.
        """
        sketch = str((self.outcome or {}).get("svg")).encode()
        if photo is not None:
            earlier = sketches_of(svg, photo.id) if self.facts.get("replaces") is True else []
            layer = insert_layer(svg, photo, self._placement_now(svg, photo), sketch, self.id)
            self._dress(layer, svg)
            for old in earlier:
                old.getparent().remove(old)
            treat(photo, self.facts["bitmap"])
            return
        page = Transform(self.facts["page"])
        placement = place(page, Transform(), Box(*self.facts["box"]), self._size_px)
        layer = build_layer(svg, sketch, placement, self.name)
        layer.set(JOB, self.id)
        svg.append(layer)
        self._dress(layer, svg)

    def _dress(self, layer: Any, svg: Any) -> None:
        """Give the sketch its looks; one of an earlier version has those that it was drawn with."""
        looks = self.facts.get("looks")
        if looks is not None:
            *wanted, width_px = looks
            dress(layer, svg, Restyling(*wanted), width_px)

    def _placement_now(self, svg: Any, photo: Photo) -> Placement:
        box = box_now(photo.image, svg, self._size_px, self.facts["drawn"])
        return place(photo.transform, to_page(photo.branch()[0], svg), box, self._size_px)

    @property
    def _size_px(self) -> Any:
        return tuple(self.facts["size_px"])


def facts_of(task: PhotoTask, settings: Settings, cancellation: Cancellation) -> Dict[str, Any]:
    """What a job's file is to say. Raises `Problem` and `CalledOff`."""
    number = time.strftime("%Y%m%d-%H%M%S-") + uuid.uuid4().hex[:6]
    pixels = task.read(cancellation)
    photo = task.photograph.facts
    line = {
        "id": number,
        "photo": "photo" + (pixels.path.suffix or ".bitmap"),
        "request": task.request(settings, settings.preset),
    }
    if task.start is not None:
        line["start"] = task.start
    return {
        "version": 1,
        "line": line,
        "name": photo.name,
        "image": photo.image,
        "fingerprint": photo.fingerprint,
        "document": photo.document.name,
        "path": photo.document.path,
        "root": photo.document.root,
        "bitmap": settings.bitmap,
        "looks": [*settings.looks, task.width_px(settings.width)],
        "replaces": settings.replaces,
        "box": [pixels.box.x, pixels.box.y, pixels.box.width, pixels.box.height],
        "size_px": list(pixels.size_px),
        "drawn": pixels.rendered,
        "page": photo.page,
    }


def write_hidden(facts: Dict[str, Any], picture: Path, host: Host) -> BackgroundJob:
    """Write a job's folder, hidden yet. Raises `Problem`, with nothing left of it."""
    folder = host.jobs / f".{facts['line']['id']}"
    try:
        folder.mkdir(parents=True)
        shutil.copyfile(str(picture), str(folder / facts["line"]["photo"]))
        _take_painted(facts["line"]["request"], folder)
        (folder / "job.json").write_text(json.dumps(facts), encoding="utf-8")
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise _unwritable(host, error) from None
    return BackgroundJob(folder, facts)


def _take_painted(request: Dict[str, Any], folder: Path) -> None:
    """Copy what the person painted into a job's folder: its own files live as long as the
    window.
    """
    for name in PAINTED:
        if name in request:
            shutil.copyfile(request[name], str(folder / f"{name}.png"))
            request[name] = f"{name}.png"


def show(hidden: BackgroundJob, host: Host) -> BackgroundJob:
    """Give a job's folder the name under which it is found. Raises `Problem`."""
    folder = host.jobs / str(hidden.facts["line"]["id"])
    try:
        move(hidden.folder, folder)
    except OSError as error:
        raise _unwritable(host, error) from None
    return BackgroundJob(folder, hidden.facts)


def _unwritable(host: Host, error: OSError) -> Problem:
    return Problem(
        _("The job can't be written ({reason}): make room for {folder}, and try again.").format(
            reason=error.strerror, folder=host.jobs
        )
    )


def start(job: BackgroundJob, host: Host) -> subprocess.Popen[bytes]:
    """Have the job computed. Does no harm to one that computes or is done: its own process sees
    that and ends. Raises `Problem`.
    """
    command = [*host.command, "job", str(job.folder)]
    try:
        return subprocess.Popen(
            command, cwd=host.working_folder, env=host.environment, **silent(), **detached()
        )
    except OSError:
        raise Problem(_(NO_ENGINE)) from None


def all_jobs(host: Host) -> List[BackgroundJob]:
    """Every job that can be read, oldest first. Those inserted long ago are forgotten."""
    try:
        folders = sorted(
            path for path in host.jobs.iterdir() if path.is_dir() and not path.name.startswith(".")
        )
    except OSError:
        return []
    jobs = []
    for folder in folders:
        facts = read_object(folder / "job.json")
        if facts is None or not _is_sound(facts):
            continue
        job = BackgroundJob(folder, facts)
        if job.is_settled and _age_s(folder / "inserted") > FORGET_S:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            jobs.append(job)
    return jobs


def _is_sound(facts: Dict[str, Any]) -> bool:
    """Whether what a job says is whole: one that is damaged must not keep the others from their
    documents.
    """
    if not all(isinstance(facts.get(name), str) for name in TEXTS):
        return False
    for name, count in NUMBERS.items():
        numbers = facts.get(name)
        if not isinstance(numbers, list) or len(numbers) != count:
            return False
        if not all(type(number) in (int, float) for number in numbers):
            return False
    if not _are_looks(facts.get("looks")):
        return False
    return min(facts["size_px"]) > 0 and isinstance(facts.get("drawn"), bool)


def _are_looks(value: Any) -> bool:
    """Whether they are a look, a width, an ink or none, ends, and the width in pixels; or nothing,
    as of an earlier version.
    """
    if value is None:
        return True
    if not isinstance(value, list) or len(value) != 5:
        return False
    look, width, ink, taper, width_px = value
    texts = isinstance(look, str) and isinstance(taper, str) and isinstance(ink, (str, type(None)))
    return texts and all(type(one) in (int, float) for one in (width, width_px))


def _age_s(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return 0.0


def read_object(path: Path) -> Optional[Dict[str, Any]]:
    """A file's JSON object; None for one that is not there or not whole."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
