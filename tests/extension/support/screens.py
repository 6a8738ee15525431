"""A screen without a monitor for windows of GTK, and hands that operate them from inside."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from contextlib import contextmanager
from typing import Any, Callable, Iterator, List

import pytest

LIMIT_S = 20
LOOK_MS = 20


@contextmanager
def virtual_screen() -> Iterator[str]:
    """Yields its name for DISPLAY. Skips the test where there can't be one."""
    if not shutil.which("Xvfb"):
        pytest.skip("windows are NOT tested: Xvfb not found (apt-get install xvfb)")
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x900x24", "-nolisten", "tcp"],
        pass_fds=[write],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    try:
        with os.fdopen(read) as answer:
            number = answer.readline().strip()
        assert number, "Xvfb did not start"
        yield f":{number}"
    finally:
        server.terminate()
        server.wait()


class Hands:
    """Operates windows while their main loop runs. What goes wrong ends the loop and is raised by
    `check`.
    """

    def __init__(self) -> None:
        self._failures: List[BaseException] = []

    def when(self, condition: Callable[[], Any], act: Callable[[], Any]) -> None:
        """Act once the condition holds."""
        from gi.repository import GLib, Gtk

        until = time.monotonic() + LIMIT_S

        def look() -> bool:
            try:
                if condition():
                    act()
                    return False
                assert time.monotonic() < until, "what the test waits for did not come"
            except BaseException as failure:
                self._failures.append(failure)
                Gtk.main_quit()
                return False
            return True

        GLib.timeout_add(LOOK_MS, look)

    def check(self) -> None:
        for failure in self._failures:
            raise failure


def widgets(parent: Any, kind: Any) -> List[Any]:
    """All of a kind in a window."""
    found: List[Any] = [parent] if isinstance(parent, kind) else []
    if hasattr(parent, "get_children"):
        for child in parent.get_children():
            found += widgets(child, kind)
    return found


def button(window: Any, label: str) -> Any:
    """The button with that label, its mnemonic's mark left out."""
    from gi.repository import Gtk

    (found,) = [
        one
        for one in widgets(window, Gtk.Button)
        if (one.get_label() or "").replace("_", "") == label
    ]
    return found


def status(window: Any) -> str:
    """All that a window says."""
    from gi.repository import Gtk

    return "\n".join(label.get_text() for label in widgets(window, Gtk.Label))
