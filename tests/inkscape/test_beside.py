"""The sketching window beside a real Inkscape that goes on working: both are reached through a
session bus.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.documents import Document, placed
from support.inkscape import CLIPASSO, Inkscape, element, fit, labels, sketches, without
from support.screen import Desk, desk, need, wait_for
from support.session_bus import session_bus
from support.sitting import BUSY, MESSAGE, PROGRESS, WINDOW, Sitting, Told, children, end_all

pytestmark = pytest.mark.every_inkscape
SKETCH = "ctrl+F9"
PARAMETERS = "ctrl+F10"
INSERT = "ctrl+F12"
ADD = "ctrl+F11"
KEYS = {
    SKETCH: "sketch",
    PARAMETERS: "parameters.noprefs",
    ADD: "add.noprefs",
    INSERT: "insert.noprefs",
}
Sit = Callable[..., Sitting]
TURN = "rotate(30 100 75)"
# the photograph, and a rectangle over its left half
TURNED = placed(transform=TURN) + (
    f'<rect id="half" x="20" y="15" width="80" height="120" transform="{TURN}"/>'
)
HALF = placed(x="20", y="15", width="80", height="60")  # room beside it on the page
# of the screen: where nothing lies on the canvas but a shape that is drawn there
CORNERS = ((150, 560), (240, 640))


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
    wait_for(lambda: not children(sitting, "clipasso_"), "the end of the window")
    wait_for(lambda: not children(sitting, "fake_engine.py"), "the end of the engine")
    assert list((sitting.inkscape.folder / "scratch").iterdir()) == []
    jobs = sitting.inkscape.home / "jobs"
    assert not jobs.exists() or [one for one in jobs.iterdir() if one.is_dir()] == []


def is_work(line: Told) -> bool:
    """Whether a request is one of Finish."""
    return "request" in line and "preset" not in line["request"]


def draw_rectangle(sitting: Sitting) -> None:
    window = sitting.desk.find(WINDOW)
    sitting.desk.do("windowmove", window, "320", "0")  # which lies above Inkscape
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
    sitting.wait_heard("the work", is_work)
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


def drafted(sitting: Sitting) -> None:
    """Open the window, and wait for a draft in it and for the end of the effect."""
    sitting.start(SKETCH, WINDOW)
    sitting.wait_heard("a draft", lambda line: "request" in line)
    wait_for(lambda: not children(sitting, "clipasso_sketch"), "the end of the effect")


def insert(sitting: Sitting) -> None:
    """With the window's key, and wait until its process has ended or says something."""
    sitting.desk.window(WINDOW)
    sitting.desk.press("alt+i")
    sitting.desk.gone(WINDOW)

    def is_over() -> bool:
        return not children(sitting, "clipasso_") or bool(sitting.desk.find(MESSAGE))

    wait_for(is_over, "what became of it")


def act(sitting: Sitting, action: str, *parameters: str) -> None:
    """Have Inkscape do something in the document that is in front, by D-Bus."""
    need("gdbus")
    name = f"org.inkscape.Inkscape.{sitting.tag}"
    where = ["--session", "--dest", name, "--object-path", "/" + name.replace(".", "/")]
    said = [action, "[{}]".format(", ".join(f"<'{one}'>" for one in parameters)), "{}"]
    subprocess.run(
        ["gdbus", "call", *where, "--method", "org.gtk.Actions.Activate", *said],
        env=sitting.inkscape.environment,
        stdout=subprocess.DEVNULL,
        check=True,
    )


def copy_of(sitting: Sitting, name: str) -> str:
    """Open a copy of the document in the same Inkscape; returns its window, which is in front."""
    path = sitting.path.with_name(name)
    path.write_bytes(sitting.path.read_bytes())
    sitting.inkscape.open(path, sitting.tag)
    return sitting.window_of(path)


def test_the_sketch_goes_to_its_document_though_a_copy_of_it_is_in_front(sit: Sit) -> None:
    sitting = sit()
    drafted(sitting)
    other = copy_of(sitting, "copy.svg")
    insert(sitting)
    sitting.save()
    assert labels(sitting.path) == ["Sketch of photo (16 strokes)"]
    assert not sitting.desk.do("getwindowname", other).startswith("*"), "the copy was changed"
    nothing_is_left(sitting)


def test_the_sketch_lies_on_a_bitmap_that_was_moved_meanwhile(sit: Sit) -> None:
    sitting = sit(document=Document("half", HALF))
    drafted(sitting)
    act(sitting, "transform-translate", "60,20")
    sitting.wait_changed()
    insert(sitting)
    sitting.save()
    assert float(element(sitting.path, "photo").get("x") or 0) > 30, "it was not moved"
    pictures = (sitting.inkscape.render(without(sitting.path, one)) for one in (False, True))
    assert fit(*pictures).off < 0.005


def test_the_window_is_not_lost_behind_inkscape(sit: Sit) -> None:
    sitting = sit()
    drafted(sitting)
    window = sitting.desk.window(WINDOW)
    sitting.desk.wait_still()
    before = sitting.desk.look(window)
    sitting.desk.focus(sitting.main)
    sitting.desk.wait_still()
    inside = (slice(40, 300), slice(40, 300))  # of the preview
    assert sitting.desk.same(sitting.desk.look(window)[inside], before[inside])


def test_two_windows_stand_beside_each_other(sit: Sit) -> None:
    two = placed(x="10", y="15", width="80", height="60") + placed(
        id="other-photo", x="110", y="15", width="80", height="60"
    )
    sitting = sit(document=Document("two", two))
    sitting.cycle()  # what was pressed before is done by then
    windows = "Sketch a Photograph"

    def count(number: int) -> None:
        wait_for(lambda: sitting.desk.titles().count(windows) == number, f"{number} windows")

    for number, photo in enumerate(("photo", "other-photo"), start=1):
        act(sitting, "select-clear")
        act(sitting, "select-by-id", photo)
        sitting.press(SKETCH)
        count(number)
    wait_for(lambda: len([one for one in sitting.heard() if "request" in one]) == 2, "two drafts")
    for number in (1, 0):
        sitting.desk.window(WINDOW)
        sitting.desk.press("alt+i")
        count(number)
    wait_for(lambda: not children(sitting, "clipasso_"), "both sketches")
    sitting.save()
    assert labels(sitting.path) == ["Sketch of photo (16 strokes)"] * 2
    assert sorted(one.get(f"{CLIPASSO}source", "") for one in sketches(sitting.path)) == [
        "#other-photo",
        "#photo",
    ]
    nothing_is_left(sitting)


@pytest.mark.parametrize("way", ["the document is closed", "Inkscape is closed"])
def test_a_sketch_whose_document_was_closed_waits_and_the_window_says_so(
    way: str, sit: Sit
) -> None:
    sitting = sit()
    drafted(sitting)
    if way == "the document is closed":
        copy_of(sitting, "stranger.svg")
    sitting.press("ctrl+w" if way == "the document is closed" else "ctrl+q")
    sitting.desk.gone(rf"^\*?{sitting.path.name} - Inkscape$")
    sitting.wait_at_rest()
    insert(sitting)
    sitting.desk.window(MESSAGE)
    sitting.desk.press("Return")
    sitting.desk.gone(MESSAGE)
    (job,) = (one for one in (sitting.inkscape.home / "jobs").iterdir() if one.is_dir())
    assert sorted(path.name for path in job.iterdir()) == ["job.json", "outcome.json", "photo.png"]
    process = sitting.inkscape.open(sitting.path, sitting.tag)
    sitting.main = sitting.window_of(sitting.path)
    sitting.press(INSERT)
    sitting.save()
    assert labels(sitting.path) == ["Sketch of photo (16 strokes)"]
    sitting.process = process if way == "Inkscape is closed" else sitting.process


@pytest.mark.parametrize("key", ["Escape", "alt+c", "alt+F4"])
def test_a_window_that_is_cancelled_leaves_nothing(key: str, sit: Sit) -> None:
    sitting = sit("slow")
    before = sitting.cycle()
    drafted(sitting)
    sitting.desk.window(WINDOW)
    sitting.desk.press(key)
    sitting.desk.gone(WINDOW)
    nothing_is_left(sitting)
    assert not sitting.is_changed()
    assert sitting.cycle() == before


def test_a_sketch_waits_for_the_extension_that_inkscape_waits_for(sit: Sit) -> None:
    sitting = sit("slow")
    drafted(sitting)
    sitting.desk.press("alt+f")
    sitting.wait_heard("the work", is_work)
    sitting.start(PARAMETERS, PROGRESS)
    sitting.desk.window(WINDOW)
    sitting.desk.press("alt+i")
    sitting.desk.gone(WINDOW)
    wait_for(
        lambda: list((sitting.inkscape.home / "jobs").glob("*/job.json")), "the sketch to wait"
    )
    wait_for(lambda: sitting.desk.find(BUSY), "what the sketch waits for to be said")
    sitting.desk.window(PROGRESS)
    sitting.desk.press("alt+s")
    sitting.desk.gone(PROGRESS)
    wait_for(lambda: not children(sitting, "clipasso_"), "both sketches")
    sitting.save()
    assert labels(sitting.path) == ["Sketch of photo (16 strokes)"] * 2
    nothing_is_left(sitting)


def test_a_shape_that_is_selected_with_the_bitmap_marks_a_region(sit: Sit) -> None:
    sitting = sit(document=Document("turned", TURNED))
    drafted(sitting)
    sitting.desk.window(WINDOW)
    # from the slider back over the draft to the question, and to its second answer
    sitting.desk.press("shift+Tab", "shift+Tab", "Down")
    told = sitting.wait_heard("the region", lambda line: "emphasis" in line.get("request", {}))
    grey = np.asarray(Image.open(told["request"]["emphasis"]).convert("L"))
    height, width = grey.shape
    assert width * 3 == height * 4, "the photograph's proportions"
    left, right = grey[:, : width // 2 - 3], grey[:, width // 2 + 3 :]
    assert (left.min(), left.max()) == (210, 210)
    assert (right.min(), right.max()) == (128, 128)
    sitting.desk.press("Escape")
    sitting.desk.gone(WINDOW)
    nothing_is_left(sitting)


def test_strokes_that_were_added_are_selected(sit: Sit) -> None:
    sitting = sit()
    drafted(sitting)
    insert(sitting)
    sitting.save()
    before = sorted(str(one.get("id")) for one in sketches(sitting.path)[0])
    sitting.press("Escape", ADD)
    sitting.wait_changed()
    wait_for(lambda: not children(sitting, "clipasso_"), "the selection")
    act(sitting, "delete-selection")
    sitting.save()
    after = sorted(str(one.get("id")) for one in sketches(sitting.path)[0])
    assert after == before, "the new ones were selected, and nothing else"
    assert labels(sitting.path) == ["Sketch of photo (18 strokes)"], "nothing was added"
