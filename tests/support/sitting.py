"""A person before a real Inkscape."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
from clipasso_ext.names import INKSCAPE, NAMED_VIEW
from lxml import etree

from support.inkscape import Inkscape, new_tag
from support.screen import Desk, wait_for

# titles of windows
WINDOW = "^Sketch a Photograph$"
PROGRESS = "^Sketching$"
BUSY = "^Waiting for Inkscape$"
MESSAGE = "^CLIPasso$"
CURRENT_LAYER = INKSCAPE + "current-layer"
REST_S = 0.3  # so long does an Inkscape nothing that has come to rest
TICK_S = 0.015  # of the processor: what looking at the clock may cost
Told = dict[str, Any]  # a line of the engine's protocol


class Sitting:
    """Inkscape with one document open, its photo selected."""

    def __init__(self, inkscape: Inkscape, screen: Desk, path: Path) -> None:
        self.inkscape = inkscape
        self.desk = screen
        self.path = path
        self.heard_at = inkscape.folder / "heard"
        self.tag = new_tag()
        self.process = inkscape.open(path, self.tag, FAKE_ENGINE_LOG=str(self.heard_at))
        self.main = self.window_of(path)
        self.press("ctrl+a")

    def window_of(self, path: Path) -> str:
        """Inkscape's window with that document, as soon as it is shown and can be worked in."""
        window = self.desk.window(rf"^\*?{path.name} - Inkscape$")
        self.wait_at_rest()
        return window

    def wait_at_rest(self) -> None:
        """Until Inkscape has nothing to do: 1.4.0 ends (SIGSEGV in its Objects panel) at an
        extension that begins while one of its windows is still being built or taken down.
        """
        seen, since = 0.0, time.monotonic()

        def rests() -> bool:
            nonlocal seen, since
            try:
                running = [one for one in children(self) if one.name() == "inkscape"]
                worked = sum(sum(one.cpu_times()[:2]) for one in running)
                # for a processor
                waits = any(one.status() == psutil.STATUS_RUNNING for one in running)
            except psutil.Error:  # one has ended meanwhile
                waits, worked = True, seen
            if waits or abs(worked - seen) > TICK_S:
                seen, since = worked, time.monotonic()
            return time.monotonic() - since > REST_S

        wait_for(rests, "Inkscape's rest")

    def press(self, *keys: str) -> None:
        self.desk.focus(self.main)
        self.desk.press(*keys)

    def start(self, key: str, name: str) -> str:
        """Run a menu entry and return its window."""
        self.press(key)
        return self.desk.window(name)

    def heard(self) -> list[Told]:
        """What the engine was told."""
        if not self.heard_at.exists():
            return []
        return [json.loads(line) for line in self.heard_at.read_text().splitlines()]

    def wait_heard(self, what: str, condition: Callable[[Told], object]) -> Told:
        """The first line for which a condition holds, as soon as it was told."""

        def first() -> Told | None:
            return next((line for line in self.heard() if condition(line)), None)

        return wait_for(first, what)

    def wait_changed(self, changed: bool = True) -> None:
        """Until Inkscape says that the document differs from the file, or does not."""
        what = "the title's asterisk" if changed else "the asterisk's end"
        wait_for(lambda: self.is_changed() == changed, what)

    def save(self) -> bytes:
        """Save, and return the file's bytes."""
        self.wait_changed()
        self.press("ctrl+s")
        self.wait_changed(False)
        return self.path.read_bytes()

    def is_changed(self) -> bool:
        return self.desk.do("getwindowname", self.main).startswith("*")

    def cycle(self) -> bytes:
        """Flip everything and flip it back, saving each time; return the file's bytes.

        Inkscape saves only what it takes for changed.
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
    """Inkscape and what it started, with a word in the command line.

    They are known by the environment that they were given.
    """
    mark = sitting.inkscape.environment["CLIPASSO_ENGINE"]
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            is_ours = process.environ().get("CLIPASSO_ENGINE") == mark
            lives = is_ours and process.status() != psutil.STATUS_ZOMBIE
            if lives and word in " ".join(process.cmdline()):
                found.append(process)
    return found


def nothing_computes(sitting: Sitting) -> None:
    wait_for(lambda: not children(sitting, "fake_engine.py"), "the end of the engine")
    wait_for(lambda: not children(sitting, "clipasso_"), "the end of the extension")
    assert not list((sitting.inkscape.folder / "scratch").glob("clipasso-*"))


def meaning(data: bytes) -> str:
    """An SVG but for the order of its attributes, which undo changes in Inkscape, and for the layer
    that is worked in, which 1.4 looks up anew.
    """
    root = etree.fromstring(data)
    for view in root.iter(NAMED_VIEW):
        view.attrib.pop(CURRENT_LAYER, None)
    return etree.canonicalize(root, strip_text=True)
