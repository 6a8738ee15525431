"""A screen of the tests' own: no window of theirs shows up in front of the person who runs them."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

LIMIT_S = 40  # for what takes a second; the machine may be busy
DRAG_STEPS = 8  # Inkscape takes a short jump of the mouse for a click
Found = TypeVar("Found")
Look = NDArray[np.uint8]  # [H, W, 3], red green blue


def need(*commands: str) -> None:
    """Skip the test where one of the commands is not installed; where CLIPASSO_CI is set, fail."""
    missing = [command for command in commands if not shutil.which(command)]
    if not missing:
        return
    remedy = f"on Debian: apt install {' '.join(missing).lower()}"
    reason = f"NOT TESTED WITH REAL INKSCAPE: {', '.join(missing)} not found ({remedy})"
    if os.environ.get("CLIPASSO_CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def wait_for(condition: Callable[[], Found | None], what: str, limit_s: float = LIMIT_S) -> Found:
    """Wait until something is so, and return it. For what tells nobody when it happens."""
    until = time.monotonic() + limit_s
    while not (found := condition()):
        assert time.monotonic() < until, f"not within {limit_s:.0f} s: {what}"
        time.sleep(0.02)
    return found


@contextmanager
def virtual_screen(size: str = "1280x900") -> Iterator[str]:
    """An X server without a monitor. Yields its name for DISPLAY."""
    need("Xvfb")
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{size}x24", "-nolisten", "tcp"]
    # else it begins anew when its last client leaves, and turns away whoever comes in that moment
    command.append("-noreset")
    # no key is pressed again by itself: on a busy machine a short press may last long
    command.append("-r")
    server = subprocess.Popen(
        command, pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    os.close(write)
    try:
        with os.fdopen(read) as answer:
            number = answer.readline().strip()
        assert number, "Xvfb did not start"
        yield f":{number}"
    finally:
        end(server)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a child, kindly first."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Desk:
    """A screen with a window manager, and the hands and eyes of a person before it."""

    def __init__(self, display: str) -> None:
        self.display = display

    def do(self, *words: str) -> str:
        """One command of xdotool; what it prints, or nothing if it found nothing."""
        done = subprocess.run(
            ["xdotool", *words],
            env={**os.environ, "DISPLAY": self.display},
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
        )
        return done.stdout.strip()

    def find(self, name: str) -> str:
        """The window that is shown with that title (a regular expression); empty for none."""
        return next(iter(self.do("search", "--onlyvisible", "--name", name).split()), "")

    def window(self, name: str, limit_s: float = LIMIT_S) -> str:
        """The window with that title, as soon as it is shown and has the keyboard."""
        found = wait_for(lambda: self.find(name), f"a window “{name}”", limit_s)
        self.focus(found)
        return found

    def focus(self, window: str) -> None:
        """Give a window the keyboard."""

        def active() -> bool:
            if self.do("getactivewindow") != window:
                self.do("windowactivate", window)
                return False
            # the window manager names it first, and gives it the keyboard a moment later
            return self.do("getwindowfocus") == window

        wait_for(active, "the keyboard in the window")

    def gone(self, name: str) -> None:
        """Wait until no window with that title is left."""
        wait_for(lambda: not self.find(name), f"the end of the window “{name}”")

    def press(self, *keys: str) -> None:
        """Keys, one after the other, for the window that has the keyboard."""
        self.do("key", "--clearmodifiers", "--delay", "20", *keys)

    def write(self, text: str) -> None:
        self.do("type", "--delay", "20", text)

    def titles(self) -> list[str]:
        """Of all windows that are shown."""
        windows = self.do("search", "--onlyvisible", "--name", ".").split()
        titles = [self.do("getwindowname", window) for window in windows]
        return [title for title in titles if title]

    def point(self, at: tuple[int, int]) -> None:
        """Move the mouse to a place on the screen."""
        self.do("mousemove", *map(str, at))

    def click(self, at: tuple[int, int]) -> None:
        """With the mouse, at a place on the screen."""
        self.do("mousemove", *map(str, at), "click", "1")

    def drag(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        """With the mouse, from one place on the screen to another."""
        self.point(start)
        self.do("mousedown", "1")
        for step in range(1, DRAG_STEPS + 1):
            x, y = (round(a + (b - a) * step / DRAG_STEPS) for a, b in zip(start, end, strict=True))
            self.point((x, y))
        self.do("mouseup", "1")

    def see(self) -> Look:
        """What is on the screen."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "screen.png"
            self.shot(path)
            return read_look(path)

    def look(self, window: str) -> Look:
        """What is seen of a window."""
        lines = self.do("getwindowgeometry", "--shell", window).splitlines()
        facts = dict(line.split("=") for line in lines)
        x, y, width, height = (int(facts[name]) for name in ("X", "Y", "WIDTH", "HEIGHT"))
        return self.see()[max(y, 0) : y + height, max(x, 0) : x + width]

    def wait_still(self) -> None:
        """Wait until the screen shows the same twice."""
        wait_for(lambda: self.same(self.see(), self.see()), "the screen to come to rest")

    @staticmethod
    def same(one: Look, other: Look) -> bool:
        """Whether two looks show the same."""
        return one.shape == other.shape and bool((one == other).all())

    def shot(self, path: Path, window: str | None = None) -> None:
        """A picture of the screen, or of one window in its frame."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        if window is not None:
            self.focus(window)
        what = ["--focused", "--border"] if window is not None else []
        environment = {**os.environ, "DISPLAY": self.display}
        command = ["scrot", *what, str(path)]
        subprocess.run(command, env=environment, check=True, timeout=LIMIT_S)


def read_look(path: Path) -> Look:
    """A picture's file as it is seen."""
    picture = cv2.imread(str(path))
    assert picture is not None, f"{path} is no picture"
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB).astype(np.uint8)


@contextmanager
def desk(size: str = "1280x900") -> Iterator[Desk]:
    """A screen with a window manager."""
    need("Xvfb", "openbox", "xdotool", "scrot")
    with virtual_screen(size) as display:
        manager = subprocess.Popen(
            ["openbox"],
            env={**os.environ, "DISPLAY": display},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        own = Desk(display)

        def begun() -> bool:
            return own.do("get_num_desktops") not in ("", "0") or manager.poll() is not None

        try:
            wait_for(begun, "the window manager")
            assert manager.poll() is None, "the window manager has ended"
            yield own
        finally:
            end(manager)
