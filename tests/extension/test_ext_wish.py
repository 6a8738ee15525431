"""A finished sketch that a window wants inserted gets into the document that it came from, and into
no other; the window learns what became of it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable, List

import pytest
from clipasso_ext.beside import wish
from clipasso_ext.beside.remembered import RememberedPhoto, RememberedTask, written_down
from clipasso_ext.engine.background import BackgroundJob, all_jobs
from clipasso_ext.engine.connection import ask_once
from clipasso_ext.engine.settings import Settings
from clipasso_ext.host import Host
from clipasso_ext.names import JOB, SKETCH
from lxml import etree

from easel import PAGE, image, root, sketch_task, tree_of
from kinds import Run

NAMED = PAGE + ' sodipodi:docname="cats.svg"'
OTHER = PAGE + ' sodipodi:docname="dogs.svg"'
Wanted = Callable[..., BackgroundJob]


@pytest.fixture
def wanted(host: Host, scratch: Path) -> Wanted:
    """A finished sketch of a document's bitmap, as the window leaves it."""

    def make(body: str = "", page: str = NAMED, anywhere: bool = False) -> BackgroundJob:
        placed = sketch_task(root(body or image(), page), scratch).placed
        said = json.loads(json.dumps(written_down(placed)))
        task = RememberedTask(RememberedPhoto(said), host)
        request = task.request(Settings(strokes=3), "draft")
        event = ask_once(host, str(task.read().path), request)
        task.insert({**event, "preview": "AAAA"}, Settings(strokes=3, bitmap="hide"))
        assert task.job is not None
        wish.ask(task.job, anywhere)
        return task.job

    return make


def added(output: bytes) -> List[Any]:
    return [one for one in tree_of(output).iter("{*}g") if one.get(SKETCH)]


def said(job: BackgroundJob) -> str:
    answer = wish.answer(job)
    return "" if answer is None else answer.said


def test_a_wanted_sketch_is_inserted_above_its_bitmap(wanted: Wanted, run: Run) -> None:
    job = wanted()
    output = run("deliver", image(), page=NAMED)
    (layer,) = added(output)
    assert (layer.getprevious().get("id"), len(layer), layer.get(JOB)) == ("photo", 3, job.id)
    assert tree_of(output).find("{*}image").get("style") == "display:none"
    assert said(job) == wish.INSERTED


def test_it_is_not_inserted_twice(wanted: Wanted, run: Run) -> None:
    job = wanted()
    once = run("deliver", image(), page=NAMED)
    wish.ask(job, False)
    assert run("deliver", once) == b""
    assert said(job) == wish.INSERTED


def test_another_document_with_the_same_bitmap_is_left_alone(wanted: Wanted, run: Run) -> None:
    job = wanted()
    assert run("deliver", image(), page=OTHER) == b""
    assert said(job) == wish.ELSEWHERE


def test_a_document_is_known_by_its_path(
    wanted: Wanted, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCUMENT_PATH", "/home/ann/cats.svg")
    job = wanted()
    monkeypatch.setenv("DOCUMENT_PATH", "/home/ann/copies/cats.svg")
    assert run("deliver", image(), page=NAMED) == b""
    assert said(job) == wish.ELSEWHERE
    monkeypatch.setenv("DOCUMENT_PATH", "/home/ann/cats.svg")
    wish.ask(job, False)
    assert added(run("deliver", image(), page=NAMED))


def test_the_window_that_it_came_from_may_have_another_name_by_then(
    wanted: Wanted, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = wanted(anywhere=True)
    monkeypatch.setenv("DOCUMENT_PATH", "/home/ann/saved.svg")
    assert added(run("deliver", image(), page=OTHER))
    assert said(job) == wish.INSERTED
    monkeypatch.setenv("DOCUMENT_PATH", "")
    job = wanted(anywhere=True)
    assert run("deliver", image("other"), page=OTHER) == b"", "it does not hold the bitmap"
    assert said(job) == wish.ELSEWHERE


def test_a_bitmap_that_is_gone_is_told(wanted: Wanted, run: Run) -> None:
    job = wanted()
    assert run("deliver", "<path/>", page=NAMED) == b""
    assert said(job) == wish.GONE


def test_nothing_is_inserted_that_is_not_wanted_any_more(wanted: Wanted, run: Run) -> None:
    job = wanted()
    wish.withdraw(job)
    assert run("deliver", image(), page=NAMED) == b""
    assert said(job) == ""


def test_what_was_not_delivered_waits_with_what_was_sketched_in_the_background(
    wanted: Wanted, run: Run, host: Host
) -> None:
    job = wanted()
    wish.withdraw(job)
    assert [one.id for one in all_jobs(host)] == [job.id]
    assert added(run("insert", image(), page=OTHER))[0].get(JOB) == job.id


def test_the_pictures_of_the_window_are_not_kept_with_the_sketch(wanted: Wanted) -> None:
    outcome = wanted().outcome or {}
    assert outcome["event"] == "result"
    assert "preview" not in outcome


@pytest.mark.skipif(not Path("/proc").exists(), reason="nobody knows without /proc")
def test_nothing_is_inserted_while_inkscape_runs_another_extension(
    wanted: Wanted, run: Run, tmp_path: Path
) -> None:
    job = wanted()
    with (tmp_path / "ink_ext_XXXXXX.svgABCDEF").open("w"):
        assert run("deliver", image(), page=NAMED) == b""
        assert said(job) == wish.BUSY
    wish.ask(job, False)
    assert added(run("deliver", image(), page=NAMED))


# What the window is handed


def test_a_remembered_bitmap_is_asked_for_as_the_placed_one_is(scratch: Path, host: Host) -> None:
    body = image(more='transform="rotate(20) scale(3)"')
    page = 'width="200mm" height="100mm" viewBox="0 0 400 200"'
    task = sketch_task(root(body, page), scratch)
    again = RememberedPhoto(json.loads(json.dumps(written_down(task.placed))))
    assert again.facts == task.placed.facts
    assert again.pixels.path.read_bytes() == task.placed.pixels.path.read_bytes()
    wide = Settings(width=2.5)
    assert RememberedTask(again, host).request(wide, "draft") == task.request(wide, "draft")


def test_writing_down_leaves_the_document_as_it_is(scratch: Path) -> None:
    svg = root(image(more='transform=" rotate( 30.123456789 ) " style=" a : b ;;"'))
    before = etree.tostring(svg)
    written_down(sketch_task(svg, scratch).placed)
    assert etree.tostring(svg) == before


def test_a_bitmap_that_cannot_be_sketched_says_why_in_the_window(scratch: Path) -> None:
    placed = sketch_task(root(image(link="gone.png")), scratch).placed
    again = RememberedPhoto(written_down(placed))
    assert again.name == "gone"
    with pytest.raises(Exception, match=r"gone\.png\. Put it back"):
        again.read()


def test_what_inkscape_is_to_draw_is_drawn_by_the_window(scratch: Path, inkscape: Any) -> None:
    inkscape.does("open(target, 'wb').write(b'drawn')")
    svg = root(image(more='opacity="0.5"'))
    said_of_it = written_down(sketch_task(svg, scratch).placed)
    assert inkscape.calls() == [], "the effect did not wait for it"
    again = RememberedPhoto(said_of_it)
    assert again.pixels.path.read_bytes() == b"drawn"
    assert again.pixels.rendered
