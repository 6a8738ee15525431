"""The extension in front of a person: real Inkscape on a screen of its own, operated by
keyboard.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.documents import Document
from support.inkscape import Inkscape, element, fit, labels, rest, without
from support.screen import Desk, desk, wait_for
from support.sitting import MESSAGE, PROGRESS, WINDOW, Sitting, end_all, meaning, nothing_computes

pytestmark = pytest.mark.every_inkscape
# from the key to the window. Half a second on an idle machine; the tests share theirs with others
APPEARS_S = 10.0
SKETCH, PARAMETERS, BACKGROUND, INSERT, PAGE = (
    "ctrl+F9",
    "ctrl+F10",
    "ctrl+F11",
    "ctrl+F12",
    "ctrl+F8",
)
Sit = Callable[..., Sitting]
KEYS = {
    PAGE: "parameters",
    SKETCH: "sketch",
    PARAMETERS: "parameters.noprefs",
    BACKGROUND: "background.noprefs",
    INSERT: "insert.noprefs",
}


@pytest.fixture(scope="module")
def own_desk() -> Iterator[Desk]:
    with desk() as screen:
        yield screen


@pytest.fixture
def sit(tmp_path: Path, own_desk: Desk) -> Iterator[Sit]:
    """Opens Inkscape on a document; ends it after the test."""
    sittings: list[Sitting] = []

    def start(mode: str = "", document: Document | None = None, preferences: str = "") -> Sitting:
        scratch = tmp_path / "scratch"
        scratch.mkdir()
        inkscape = Inkscape.install(
            tmp_path, own_desk.display, FAKE_ENGINE=mode, TMPDIR=str(scratch)
        )
        inkscape.bind(KEYS)
        inkscape.prefer(preferences)
        sittings.append(
            Sitting(inkscape, own_desk, (document or Document("plain")).write(tmp_path))
        )
        return sittings[-1]

    yield start
    for sitting in sittings:
        end_all(sitting)


def is_draft(line: dict[str, Any]) -> bool:
    return bool(line.get("request", {}).get("preset") == "draft")


def is_finish(line: dict[str, Any]) -> bool:
    return "request" in line and not is_draft(line)


def test_a_sketch_is_inserted_and_one_undo_takes_it_back(sit: Sit) -> None:
    sitting = sit()
    before = sitting.cycle()
    began = time.monotonic()
    sitting.start(SKETCH, WINDOW)
    appeared_s = time.monotonic() - began
    print(f"the window appears {appeared_s:.2f} s after the key")
    sitting.desk.press("alt+i")
    sitting.desk.gone(WINDOW)
    sitting.wait_changed()
    sitting.press("ctrl+z")
    sitting.wait_changed(False)
    nothing_computes(sitting)
    assert meaning(sitting.cycle()) == meaning(before)
    sitting.start(SKETCH, WINDOW)
    sitting.desk.press("Return")
    sitting.save()
    assert labels(sitting.path) == ["Sketch of photo (16 strokes)"]
    assert (
        fit(
            *(
                sitting.inkscape.render(without(sitting.path, sketched))
                for sketched in (False, True)
            )
        ).off
        < 0.005
    )
    assert appeared_s < APPEARS_S


def cancel_by_key(sitting: Sitting) -> None:
    sitting.desk.press("Escape")


def cancel_by_button(sitting: Sitting) -> None:
    sitting.desk.press("alt+c")


def cancel_by_window_manager(sitting: Sitting) -> None:
    sitting.desk.press("alt+F4")


@pytest.mark.parametrize("cancel", [cancel_by_key, cancel_by_button, cancel_by_window_manager])
@pytest.mark.parametrize(
    ("key", "window"), [(SKETCH, WINDOW), (PARAMETERS, PROGRESS)], ids=["window", "parameters"]
)
def test_cancel_half_way_changes_nothing_and_stops_the_work(
    cancel: Callable[..., Any], key: str, window: str, sit: Sit
) -> None:
    sitting = sit("slow")
    before = sitting.cycle()
    sitting.start(key, window)
    sitting.wait_heard("a request", lambda line: "request" in line)
    cancel(sitting)
    sitting.desk.gone(window)
    nothing_computes(sitting)
    assert not sitting.is_changed()
    assert sitting.cycle() == before
    assert not sitting.desk.find(MESSAGE)


@pytest.mark.parametrize(
    ("key", "window"), [(SKETCH, WINDOW), (PARAMETERS, PROGRESS)], ids=["window", "parameters"]
)
def test_progress_moves_and_stop_and_keep_keeps(key: str, window: str, sit: Sit) -> None:
    sitting = sit("slow")
    shown = sitting.start(key, window)
    if key == SKETCH:
        sitting.wait_heard("a draft", is_draft)
        sitting.desk.press("alt+f")
    sitting.wait_heard("the work", is_finish)
    first = sitting.desk.look(shown)
    wait_for(lambda: not sitting.desk.same(sitting.desk.look(shown), first), "progress to move")

    def stopped() -> bool:
        sitting.desk.press("alt+s" if key == PARAMETERS else "alt+t")
        return any(line.get("stop") for line in sitting.heard())

    wait_for(stopped, "Stop and Keep")
    if key == SKETCH:
        sitting.desk.press("alt+i")
    sitting.save()
    assert labels(sitting.path) == ["Sketch of photo (16 strokes)"]


def test_enter_cancels_nothing(sit: Sit) -> None:
    sitting = sit("slow")
    sitting.start(PARAMETERS, PROGRESS)
    sitting.wait_heard("the work", is_finish)
    sitting.desk.press("Return", "alt+s")
    sitting.save()
    assert labels(sitting.path) == ["Sketch of photo (16 strokes)"]


def test_the_page_of_parameters_is_shown_and_applied(sit: Sit) -> None:
    sitting = sit()
    sitting.start(PAGE, "^Sketch with Parameters$")
    sitting.desk.press("alt+a")
    sitting.save()
    assert labels(sitting.path) == ["Sketch of photo (16 strokes)"]


def test_the_controls_are_followed_and_remembered(sit: Sit) -> None:
    sitting = sit()
    sitting.start(SKETCH, WINDOW)
    sitting.desk.press("alt+s")
    sitting.desk.press("ctrl+a")
    sitting.desk.write("5\t")
    sitting.wait_heard(
        "a draft of 5 strokes", lambda line: is_draft(line) and line["request"].get("strokes") == 5
    )
    sitting.desk.press("alt+a")
    sitting.wait_heard(
        "another try", lambda line: is_draft(line) and line["request"].get("seed") == 1
    )
    sitting.desk.press("alt+f")
    sitting.wait_heard("the work", is_finish)
    sitting.desk.press("alt+i")
    sitting.save()
    assert labels(sitting.path) == ["Sketch of photo (5 strokes)"]
    sitting.start(SKETCH, WINDOW)
    sitting.wait_heard(
        "again 5 strokes",
        lambda line: line in sitting.heard()[-1:] and line.get("request", {}).get("strokes") == 5,
    )


@pytest.mark.parametrize("mode", ["error", "die"])
def test_an_error_is_shown_in_the_window_and_nowhere_else(mode: str, sit: Sit) -> None:
    sitting = sit(mode)
    before = sitting.cycle()
    shown = sitting.start(SKETCH, WINDOW)
    wait_for(lambda: beige(sitting.desk.look(shown)) > 5000, "the message in the window")
    assert not sitting.desk.find(MESSAGE)
    sitting.desk.press("Escape")
    sitting.desk.gone(WINDOW)
    only = {f"{sitting.path.name} - Inkscape"}
    wait_for(lambda: set(sitting.desk.titles()) == only, "nothing but Inkscape's own window")
    assert sitting.cycle() == before


def beige(picture: np.ndarray) -> int:  # [H, W, 3] of 0..255, red green blue
    """Pixels of GTK's bar for warnings."""
    red, green, blue = (picture[..., channel].astype(int) for channel in range(3))
    return int(((red > 230) & (abs(red - green - 13) < 5) & (abs(green - blue - 12) < 5)).sum())


@pytest.mark.parametrize("mode", ["error", "die"])
def test_an_error_without_the_window_is_one_message(mode: str, sit: Sit) -> None:
    sitting = sit(mode)
    before = sitting.cycle()
    sitting.start(PARAMETERS, MESSAGE)
    assert not sitting.desk.find(PROGRESS)
    sitting.desk.press("Return")
    sitting.desk.gone(MESSAGE)
    nothing_computes(sitting)
    only = {f"{sitting.path.name} - Inkscape"}
    wait_for(lambda: set(sitting.desk.titles()) == only, "nothing but Inkscape's own window")
    assert sitting.cycle() == before


@pytest.mark.parametrize("key", [SKETCH, PARAMETERS, BACKGROUND])
def test_without_a_bitmap_there_is_one_message_that_says_what_to_do(key: str, sit: Sit) -> None:
    sitting = sit(document=Document("", "<circle r='9'/>"))
    before = sitting.cycle()
    sitting.start(key, MESSAGE)
    sitting.desk.press("Escape")
    sitting.desk.gone(MESSAGE)
    assert sitting.cycle() == before


def test_parameters_sketch_with_the_progress_in_a_window_that_closes(sit: Sit) -> None:
    sitting = sit(preferences='<group id="extensions" org.clipasso.parameters.strokes="8"/>')
    sitting.press(PARAMETERS)
    sitting.save()
    assert labels(sitting.path) == ["Sketch of photo (8 strokes)"]
    only = {f"{sitting.path.name} - Inkscape"}
    wait_for(lambda: set(sitting.desk.titles()) == only, "nothing but Inkscape's own window")


@pytest.mark.parametrize("way", ["the window's button", "the menu"])
def test_a_sketch_goes_to_the_background_and_is_inserted_later(way: str, sit: Sit) -> None:
    sitting = sit()
    before = sitting.cycle()
    if way == "the menu":
        sitting.press(BACKGROUND)
    else:
        sitting.start(SKETCH, WINDOW)
        sitting.desk.press("alt+b")
        sitting.desk.gone(WINDOW)
    sitting.desk.window(MESSAGE)  # says that it was handed over
    sitting.desk.press("Return")
    sitting.desk.gone(MESSAGE)
    assert not sitting.is_changed()
    assert sitting.cycle() == before
    wait_for(lambda: list((sitting.inkscape.home / "jobs").glob("*/outcome.json")), "the job")
    sitting.press(INSERT)
    sitting.wait_changed()
    sitting.press("ctrl+z")
    sitting.wait_changed(False)
    assert meaning(sitting.cycle()) == meaning(before)


def test_inkscape_is_free_while_a_sketch_computes_in_the_background(sit: Sit) -> None:
    sitting = sit("slow")
    sitting.start(BACKGROUND, MESSAGE)
    sitting.desk.press("Return")
    sitting.desk.gone(MESSAGE)
    sitting.cycle()
    sitting.start(INSERT, MESSAGE)  # says that it still computes
    sitting.desk.press("Return")
    sitting.desk.gone(MESSAGE)
    assert not sitting.is_changed()


def test_the_photo_is_hidden_by_the_window(sit: Sit) -> None:
    sitting = sit()
    sitting.inkscape.home.mkdir(parents=True, exist_ok=True)
    (sitting.inkscape.home / "extension.json").write_text(json.dumps({"bitmap": "hide"}))
    before = sitting.cycle()
    sitting.start(SKETCH, WINDOW)
    sitting.desk.press("Return")
    sitting.save()
    assert element(sitting.path, "photo").get("style") == "display:none"
    sitting.path.with_name("before.svg").write_bytes(before)
    assert rest(sitting.path, loose=("photo",)) == rest(
        sitting.path.with_name("before.svg"), loose=("photo",)
    )
