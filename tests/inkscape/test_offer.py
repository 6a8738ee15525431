"""Without an engine the first window says what is missing, and brings it after a yes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.documents import Document
from support.inkscape import Inkscape
from support.screen import Desk, desk, wait_for
from support.sitting import MESSAGE, Sitting, end_all

ROOT = Path(__file__).parents[2]
INKSCAPES_PYTHON = "/usr/bin/python3"
OFFER = "^CLIPasso: the engine is not installed yet$"
# Offers one step, and prints what came of it
SHOW = """
import sys
from clipasso_ext.engine.offer import Offer, Step
from clipasso_ext.windows.offer_window import OfferWindow
obstacle, *command = sys.argv[1:]
print(OfferWindow(Offer(obstacle, [Step("Bringing it", command)], 0.4)).run())
"""


@pytest.fixture(scope="module")
def own_desk() -> Iterator[Desk]:
    with desk() as screen:
        yield screen


@pytest.fixture
def sitting(tmp_path: Path, own_desk: Desk) -> Iterator[Sitting]:
    """Inkscape without an engine."""
    inkscape = Inkscape.install(
        tmp_path, own_desk.display, CLIPASSO_ENGINE=str(tmp_path / "no-engine.json")
    )
    inkscape.bind({"ctrl+F9": "sketch"})
    sitting = Sitting(inkscape, own_desk, Document("plain").write(tmp_path))
    yield sitting
    end_all(sitting)


def test_in_inkscape_it_is_the_first_window_and_declining_leaves_everything_as_it_was(
    sitting: Sitting,
) -> None:
    window = sitting.start("ctrl+F9", OFFER)
    sitting.desk.focus(window)
    sitting.desk.press("Escape")
    sitting.desk.gone(OFFER)
    assert not (sitting.inkscape.home / "engines").exists()
    assert "not installed yet" in sitting.inkscape.log
    sitting.start("ctrl+F9", OFFER)  # Inkscape is free again


def show(own_desk: Desk, *words: str) -> subprocess.Popen[str]:
    """The window alone, in Inkscape's Python."""
    own = {"DISPLAY": own_desk.display, "PYTHONPATH": str(ROOT / "inkscape_ext")}
    variables = {**os.environ, **own}
    command = [INKSCAPES_PYTHON, "-c", SHOW, *words]
    return subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("status", [0, 1])
def test_what_is_offered_is_done_after_a_yes_and_not_before(
    own_desk: Desk, tmp_path: Path, status: int
) -> None:
    done = tmp_path / "done"
    code = f"open({str(done)!r}, 'w'); raise SystemExit({status})"
    shown = show(own_desk, "", sys.executable, "-c", code)
    window = own_desk.window(OFFER)
    for answer in ("alt+n", "alt+i"):
        own_desk.focus(window)
        own_desk.press("alt+i")
        own_desk.focus(own_desk.window(MESSAGE))
        assert not done.exists()
        own_desk.press(answer)
        own_desk.gone(MESSAGE)
    wait_for(done.exists, "what was offered")
    if status:  # the window stays, and tells
        own_desk.focus(window)
        own_desk.press("Escape")
    told, _ = shown.communicate(timeout=40)
    assert told.strip() == str(status == 0)


def test_an_obstacle_is_told_and_nothing_can_be_installed(own_desk: Desk, tmp_path: Path) -> None:
    done = tmp_path / "done"
    shown = show(own_desk, "sudo apt install python3-venv", "touch", str(done))
    own_desk.focus(own_desk.window(OFFER))
    own_desk.press("alt+i", "Escape")
    assert shown.communicate(timeout=40)[0].strip() == "False"
    assert not done.exists()
