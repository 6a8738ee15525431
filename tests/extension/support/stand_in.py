"""A command in Inkscape's place, which does what a test tells it when a bitmap is to be drawn."""

from __future__ import annotations

import os
import select
import sys
from pathlib import Path
from typing import List

import pytest

LIMIT_S = 20
COMMAND = """#!{python}
import os, sys
with open({log!r}, "a") as file:
    print(*sys.argv[1:], sep="\\t", file=file)
target = [word.split("=", 1)[1] for word in sys.argv if word.startswith("--export-filename=")][0]
{act}
"""
DRAW = "open(target, 'wb').write(b'drawn')"


class StandIn:
    """Whether it has begun and when it goes on is told through pipes, so that nobody has to wait
    for a time.
    """

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._log = folder / "called"
        self._command = folder / "inkscape-stand-in"
        self._begun = folder / "begun"
        self._goes_on = folder / "goes-on"
        self._open: List[int] = []
        monkeypatch.setenv("INKSCAPE_COMMAND", str(self._command))

    def does(self, act: str) -> None:
        """From now on: lines of Python, in which `target` is the file that is wanted."""
        text = COMMAND.format(python=sys.executable, log=str(self._log), act=act)
        self._command.write_text(text)
        self._command.chmod(0o755)

    def waits(self, then: str = DRAW) -> None:
        """From now on: tell that it has begun, wait until it may go on, and do this."""
        for pipe in (self._begun, self._goes_on):
            if not pipe.exists():
                os.mkfifo(str(pipe))
        tell = "open(%r, 'wb', 0).write(b'!')" % str(self._begun)
        wait = "open(%r, 'rb', 0).read(1)" % str(self._goes_on)
        give_up = "import signal; signal.alarm(%d)" % LIMIT_S  # should the test have failed
        self.does("\n".join([give_up, tell, wait, then]))

    def wait_begun(self) -> None:
        pipe = os.open(str(self._begun), os.O_RDONLY | os.O_NONBLOCK)
        try:
            assert select.select([pipe], [], [], LIMIT_S)[0], "no bitmap was drawn"
            os.read(pipe, 1)
        finally:
            os.close(pipe)

    def go_on(self) -> None:
        # open for both: opening does not wait for the other end, which may be gone
        pipe = os.open(str(self._goes_on), os.O_RDWR)
        os.write(pipe, b"!")
        self._open.append(pipe)  # what was written is lost with the last one that has it open

    def close(self) -> None:
        for pipe in self._open:
            os.close(pipe)

    def calls(self) -> List[List[str]]:
        """The words that it was called with, each time."""
        if not self._log.exists():
            return []
        return [line.split("\t") for line in self._log.read_text().splitlines()]
