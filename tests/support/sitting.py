"""A person before a real Inkscape."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
from lxml import etree

from support.inkscape import Inkscape
from support.screen import Desk, wait_for

WINDOW, PROGRESS, MESSAGE = "^Sketch the Selected Bitmap$", "^Sketching$", "^CLIPasso$"


class Sitting:
    """Inkscape with one document open, its photo selected."""

    def __init__(self, inkscape: Inkscape, screen: Desk, path: Path) -> None:
        self.inkscape = inkscape
        self.desk = screen
        self.path = path
        self.heard_at = inkscape.folder / "heard"
        self.process = inkscape.open(path, FAKE_ENGINE_LOG=str(self.heard_at))
        self.main = screen.window(rf"^\*?{path.name} - Inkscape$")
        self.press("ctrl+a")

    def press(self, *keys: str) -> None:
        self.desk.focus(self.main)
        self.desk.press(*keys)

    def start(self, key: str, name: str) -> str:
        """Run a menu entry and return its window."""
        self.press(key)
        return self.desk.window(name)

    def heard(self) -> list[dict[str, Any]]:
        """What the engine was told."""
        return (
            [json.loads(line) for line in self.heard_at.read_text().splitlines()]
            if self.heard_at.exists()
            else []
        )

    def wait_heard(self, what: str, condition: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        found = wait_for(
            lambda: next((line for line in self.heard() if condition(line)), None), what
        )
        assert found is not None
        return found

    def wait_changed(self, changed: bool = True) -> None:
        """Until Inkscape says that the document differs from the file, or does not."""
        wait_for(
            lambda: self.is_changed() == changed,
            "the title's asterisk" if changed else "the asterisk's end",
        )

    def save(self) -> bytes:
        """Save, and return the file's bytes."""
        self.wait_changed()
        self.press("ctrl+s")
        self.wait_changed(False)
        return self.path.read_bytes()

    def is_changed(self) -> bool:
        return self.desk.do("getwindowname", self.main).startswith("*")

    def cycle(self) -> bytes:
        """Flip everything and flip it back, saving each time; return the file's bytes. Inkscape
        saves only what it takes for changed.
        """
        self.press("ctrl+a", "h")
        self.save()
        self.press("h")
        return self.save()


def end_all(sitting: Sitting) -> None:
    for process in children(sitting):
        with suppress(psutil.Error):
            process.kill()
    sitting.process.wait()
    wait_for(lambda: not children(sitting), "the end of Inkscape")
    sitting.desk.gone(sitting.path.name)


def children(sitting: Sitting, word: str = "") -> list[psutil.Process]:
    """Inkscape and what it started, with a word in the command line. They are known by the
    environment that they were given.
    """
    mark = sitting.inkscape.environment["CLIPASSO_ENGINE"]
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            given = (
                process.environ().get("CLIPASSO_ENGINE") == mark
                and process.status() != psutil.STATUS_ZOMBIE
            )
            if given and word in " ".join(process.cmdline()):
                found.append(process)
    return found


def nothing_computes(sitting: Sitting) -> None:
    wait_for(lambda: not children(sitting, "fake_engine.py"), "the end of the engine")
    wait_for(lambda: not children(sitting, "clipasso_"), "the end of the extension")
    assert not list((sitting.inkscape.folder / "scratch").glob("clipasso-*"))


def meaning(data: bytes) -> str:
    """An SVG but for the order of its attributes, which undo changes in Inkscape."""
    return str(etree.canonicalize(etree.fromstring(data), strip_text=True))
