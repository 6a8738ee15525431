"""The sketching window beside a real Inkscape that goes on working: both are reached through a
session bus.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.documents import Document, placed
from support.inkscape import Inkscape, labels
from support.screen import Desk, desk, wait_for
from support.session_bus import session_bus
from support.sitting import MESSAGE, WINDOW, Sitting, children, end_all

SKETCH, INSERT = "ctrl+F9", "ctrl+F12"
KEYS = {SKETCH: "sketch", INSERT: "insert.noprefs"}
Sit = Callable[..., Sitting]
HALF = placed(x="20", y="15", width="80", height="60")  # room beside it on the page
# of the screen: where nothing lies on the canvas but a shape that is drawn there
CORNERS = ((330, 560), (420, 640))


@pytest.fixture(scope="module")
def own_desk() -> Iterator[Desk]:
    with desk() as screen:
        yield screen


@pytest.fixture(scope="module")
def bus() -> Iterator[str]:
    with session_bus() as address:
        yield address


@pytest.fixture
def sit(tmp_path: Path, own_desk: Desk, bus: str) -> Iterator[Sit]:
    """Opens Inkscape on a document; ends it, and what it started, after the test."""
    sittings: list[Sitting] = []

    def start(mode: str = "", document: Document | None = None) -> Sitting:
        (tmp_path / "scratch").mkdir()
        inkscape = Inkscape.install(
            tmp_path,
            own_desk.display,
            FAKE_ENGINE=mode,
            TMPDIR=str(tmp_path / "scratch"),
            DBUS_SESSION_BUS_ADDRESS=bus,
        )
        inkscape.bind(KEYS)
        path = (document or Document("plain")).write(tmp_path)
        sittings.append(Sitting(inkscape, own_desk, path))
        return sittings[-1]

    yield start
    for sitting in sittings:
        end_all(sitting)


def nothing_is_left(sitting: Sitting) -> None:
    """Of the window: no process, no file, no job."""
    for word in ("clipasso_", "fake_engine.py"):
        wait_for(lambda word=word: not children(sitting, word), f"the end of {word}")
    assert list((sitting.inkscape.folder / "scratch").iterdir()) == []
    jobs = sitting.inkscape.home / "jobs"
    assert not jobs.exists() or list(jobs.iterdir()) == []


def draw_rectangle(sitting: Sitting) -> None:
    sitting.press("r")
    sitting.desk.drag(*CORNERS)
    sitting.wait_changed()


def shapes(path: Path) -> int:
    """How many rectangles are on the page beside the one that every document of ours has."""
    return path.read_text().count("<rect") - 1


def test_one_draws_in_inkscape_while_the_draft_runs_and_inserts_then(sit: Sit) -> None:
    sitting = sit("slow")
    sitting.start(SKETCH, WINDOW)
    sitting.wait_heard("a draft", lambda line: "request" in line)
    wait_for(lambda: not children(sitting, "clipasso_sketch"), "the end of the effect")
    assert not sitting.is_changed(), "the effect left something in the document"
    draw_rectangle(sitting)
    assert sitting.desk.find(WINDOW)
    sitting.desk.window(WINDOW)
    sitting.desk.press("alt+f")
    sitting.wait_heard("the work", lambda line: "preset" not in line.get("request", {"preset": 1}))
    sitting.desk.press("alt+i")
    sitting.desk.gone(WINDOW)
    wait_for(lambda: not children(sitting, "clipasso_"), "the sketch")
    sitting.press("ctrl+z")
    sitting.save()
    assert (shapes(sitting.path), labels(sitting.path)) == (1, []), "one undo, the sketch alone"
    sitting.press("ctrl+shift+z")
    sitting.save()
    assert (shapes(sitting.path), labels(sitting.path)) == (1, ["Sketch of photo (16 strokes)"])
    assert not sitting.desk.find(MESSAGE)
    nothing_is_left(sitting)
