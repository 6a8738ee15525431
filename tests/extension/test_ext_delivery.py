"""The window looks for the document among all that are open, and says where the sketch is if it was
not found.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Callable, List, Optional

import pytest
from clipasso_ext.beside import wish
from clipasso_ext.beside.delivery import ACTION, NEXT_WINDOW, Delivery
from clipasso_ext.beside.origin import Origin
from clipasso_ext.beside.other_effects import own_group
from clipasso_ext.beside.remembered import RememberedPhoto, RememberedTask, written_down
from clipasso_ext.engine.background import BackgroundJob, all_jobs
from clipasso_ext.engine.connection import ask_once
from clipasso_ext.engine.settings import Settings
from clipasso_ext.host import Host
from clipasso_ext.menu import insert_finished
from clipasso_ext.names import JOB

from easel import PAGE, image, root, sketch_task

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no session bus")
NAME = "org.inkscape.Inkscape"
ORIGIN = Origin(NAME, None, own_group())
CATS = PAGE + ' sodipodi:docname="cats.svg"'
DOGS = PAGE + ' sodipodi:docname="dogs.svg"'
FILES = ["job.json", "outcome.json", "photo.bitmap"]  # of a finished job
needs_proc = pytest.mark.skipif(not Path("/proc").exists(), reason="nobody knows without /proc")


class Inkscape:
    """In the place of the bus: one Inkscape with some documents, the first of which is in front."""

    def __init__(self, host: Host, documents: List[Any], deaf: bool = False) -> None:
        self.host = host
        self.documents = documents
        self.deaf = deaf  # it knows no such action
        self.front = 0
        self.asked: List[str] = []

    def inkscapes(self) -> List[str]:
        return [NAME] if self.documents else []

    def windows(self, _: str) -> List[str]:
        return [f"/window/{number}" for number, _ in enumerate(self.documents, 1)]

    def do(self, _name: str, action: str, place: Optional[str] = None) -> bool:
        self.asked.append(action)
        if action == NEXT_WINDOW:
            self.front = (self.front + 1) % len(self.documents)
        elif not self.deaf:
            wish.grant(self.documents[self.front], self.host)
        return True


def unasked() -> bool:
    raise AssertionError("no other extension runs")


@pytest.fixture
def job(host: Host, scratch: Path) -> BackgroundJob:
    """A finished sketch of the document with the cats."""
    placed = sketch_task(root(image(), CATS), scratch).placed
    task = RememberedTask(RememberedPhoto(written_down(placed)), host)
    task.insert(
        ask_once(host, str(task.read().path), task.request(Settings(), "draft")), Settings()
    )
    assert task.job is not None
    return task.job


@pytest.fixture
def deliver(host: Host, job: BackgroundJob) -> Callable[..., str]:
    def run(inkscape: Any, pause: Callable[[], bool] = unasked) -> str:
        return Delivery([job], ORIGIN, inkscape, pause).run()

    return run


def waits() -> str:
    return f"The sketch waits: open its document and choose {insert_finished()}."


def files_of(job: BackgroundJob) -> List[str]:
    return sorted(path.name for path in job.folder.iterdir())


def inserted(svg: Any) -> List[str]:
    return [str(one.get(JOB)) for one in svg if one.get(JOB)]


def test_the_document_is_found_behind_others(
    deliver: Callable[..., str], host: Host, job: BackgroundJob
) -> None:
    dogs, strangers, cats = root(image(), DOGS), root("", PAGE), root(image(), CATS)
    inkscape = Inkscape(host, [dogs, strangers, cats])
    assert deliver(inkscape) == ""
    assert [inserted(one) for one in (dogs, strangers, cats)] == [[], [], [job.id]]
    assert inkscape.asked == [ACTION, NEXT_WINDOW, ACTION, NEXT_WINDOW, ACTION]
    assert all_jobs(host) == [], "what was inserted is cleared away"
    assert not job.folder.exists()


@needs_proc
def test_inkscape_is_not_asked_before_it_has_taken_what_came_of_another_extension(
    deliver: Callable[..., str], host: Host, tmp_path: Path
) -> None:
    inkscape = Inkscape(host, [root(image(), CATS)])
    asked_early: List[str] = []
    exchanged = (tmp_path / "ink_ext_XXXXXX.svgABCDEF").open("w")

    def pause() -> bool:
        asked_early.extend(inkscape.asked)
        exchanged.close()
        return True

    assert deliver(inkscape, pause) == ""
    assert exchanged.closed
    assert asked_early == []


@needs_proc
def test_who_waits_no_longer_for_another_extension_is_told_where_the_sketch_is(
    deliver: Callable[..., str], host: Host, job: BackgroundJob, tmp_path: Path
) -> None:
    inkscape = Inkscape(host, [root(image(), CATS)])
    pauses = iter([True, True, False])
    with (tmp_path / "ink_ext_XXXXXX.svgABCDEF").open("w"):
        assert deliver(inkscape, lambda: next(pauses)) == waits()
    assert inkscape.asked == []
    assert [one.id for one in all_jobs(host)] == [job.id]
    assert files_of(job) == FILES, "it is wanted no more"


@pytest.mark.parametrize(
    ("documents", "deaf", "words"),
    [
        ([], False, "Inkscape does not answer"),
        ([DOGS, PAGE], False, "The document that the sketch belongs to is not open any more"),
        ([CATS], True, "Inkscape did not insert the sketch"),
    ],
    ids=["no Inkscape", "no such document", "an older extension"],
)
def test_what_is_not_inserted_waits_and_that_is_said(
    documents: List[str],
    deaf: bool,
    words: str,
    deliver: Callable[..., str],
    host: Host,
    job: BackgroundJob,
) -> None:
    inkscape = Inkscape(host, [root(image(), page) for page in documents], deaf)
    said = deliver(inkscape)
    assert said == f"{words}. {waits()}"
    assert [one.id for one in all_jobs(host)] == [job.id]
    assert files_of(job) == FILES, "it is wanted no more"


def test_without_a_bus_it_waits(deliver: Callable[..., str]) -> None:
    assert deliver(None).startswith("Inkscape does not answer")


def test_a_bitmap_that_is_gone_is_told(deliver: Callable[..., str], host: Host) -> None:
    said = deliver(Inkscape(host, [root("<path/>", CATS)]))
    assert said.startswith("The bitmap photo is not in its document any more. Its sketch waits")
    assert len(all_jobs(host)) == 1
