"""A person before a real Inkscape."""

from __future__ import annotations

import json
from contextlib import suppress

import psutil
from lxml import etree

from support.screen import wait_for

WINDOW, PROGRESS, MESSAGE = "^Sketch the Selected Bitmap$", "^Sketching$", "^CLIPasso$"


class Sitting:
    """Inkscape with one document open, its photo selected."""

    def __init__(self, inkscape, screen, path):
        self.inkscape, self.desk, self.path = inkscape, screen, path
        self.heard_at = inkscape.folder / "heard"
        self.process = inkscape.open(path, FAKE_ENGINE_LOG=str(self.heard_at))
        self.main = screen.window(rf"^\*?{path.name} - Inkscape$")
        self.press("ctrl+a")

    def press(self, *keys):
        self.desk.focus(self.main)
        self.desk.press(*keys)

    def start(self, key, name):
        """Run a menu entry and return its window."""
        self.press(key)
        return self.desk.window(name)

    def heard(self):
        """What the engine was told."""
        return (
            [json.loads(line) for line in self.heard_at.read_text().splitlines()]
            if self.heard_at.exists()
            else []
        )

    def wait_heard(self, what, condition):
        return wait_for(
            lambda: next((line for line in self.heard() if condition(line)), None), what
        )

    def wait_changed(self, changed=True):
        """Until Inkscape says that the document differs from the file, or does not."""
        wait_for(
            lambda: self.is_changed() == changed,
            "the title's asterisk" if changed else "the asterisk's end",
        )

    def save(self):
        """Save, and return the file's bytes."""
        self.wait_changed()
        self.press("ctrl+s")
        self.wait_changed(False)
        return self.path.read_bytes()

    def is_changed(self):
        return self.desk.do("getwindowname", self.main).startswith("*")

    def cycle(self):
        """Flip everything and flip it back, saving each time; return the file's bytes. Inkscape
        saves only what it takes for changed.
        """
        self.press("ctrl+a", "h")
        self.save()
        self.press("h")
        return self.save()


def end_all(sitting):
    for process in children(sitting):
        with suppress(psutil.Error):
            process.kill()
    sitting.process.wait()
    wait_for(lambda: not children(sitting), "the end of Inkscape")
    sitting.desk.gone(sitting.path.name)


def children(sitting, word=""):
    """Inkscape and what it started, with a word in the command line. They are known by the
    environment that they were given.
    """
    mark, found = sitting.inkscape.environment["CLIPASSO_ENGINE"], []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            given = (
                process.environ().get("CLIPASSO_ENGINE") == mark
                and process.status() != psutil.STATUS_ZOMBIE
            )
            if given and word in " ".join(process.cmdline()):
                found.append(process)
    return found


def nothing_computes(sitting):
    wait_for(lambda: not children(sitting, "fake_engine.py"), "the end of the engine")
    wait_for(lambda: not children(sitting, "clipasso_"), "the end of the extension")
    assert not list((sitting.inkscape.folder / "scratch").glob("clipasso-*"))


def meaning(data):
    """An SVG but for the order of its attributes, which undo changes in Inkscape."""
    return etree.canonicalize(etree.fromstring(data), strip_text=True)
