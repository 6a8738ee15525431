"""What the tests of the JSON lines share: talking to `clipasso run`, and the warm engine's life."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parents[2]
Event = dict[str, Any]
# requests
BRIEF: dict[str, Any] = {
    "version": 1,
    "strokes": 3,
    "guide": "lite",
    "preset": "draft",
    "mask": "none",
    "steps": 3,
}
ENDLESS: dict[str, Any] = {**BRIEF, "steps": 100_000}
LIMIT_S = 120  # for one conversation; a busy machine takes a good part of it to import torch


class Talk:
    """A conversation with the command in a process of its own.

    It is killed when it takes too long.
    """

    def __init__(
        self,
        home: Path | str | None = None,
        cold: bool = False,
        limit_s: float = LIMIT_S,
        cwd: Path = ROOT,
        **environment: str,
    ) -> None:
        self.process = subprocess.Popen(
            command("run", *(["--cold"] if cold else [])),
            cwd=cwd,
            env=surroundings(home, **environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._in = self.process.stdin
        self._out = self.process.stdout
        self._watchdog = threading.Timer(limit_s, self.process.kill)
        self._watchdog.start()

    def __enter__(self) -> Talk:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self._watchdog.cancel()
        self.process.wait()
        self._out.close()
        with suppress(OSError):  # what could not be sent any more
            self._in.close()

    def say(self, line: str | bytes | Event) -> None:
        """Send one line; an object goes as JSON."""
        text = json.dumps(line) if isinstance(line, dict) else line
        data = text.encode() if isinstance(text, str) else text
        self._in.write(data + b"\n")
        self._in.flush()

    def hear(self, *last: str) -> list[Event]:
        """The events up to one of these kinds, or up to the end of the output.

        Fails when a line is not JSON.
        """
        heard: list[Event] = []
        while line := self._out.readline():
            heard.append(json.loads(line))
            if heard[-1]["event"] in last:
                return heard
        assert not last, f"the command ended, or took too long, before {' or '.join(last)}: {heard}"
        return heard

    def hang_up(self) -> None:
        """End the requests."""
        self._in.close()

    def walk_away(self) -> None:
        """Take no more events."""
        self._out.close()

    def status(self) -> int:
        """The exit status; negative when the process had to be killed."""
        return self.process.wait()


def command(*words: str) -> list[str]:
    """The `clipasso` command."""
    return [sys.executable, "-m", "clipasso_core", *words]


def surroundings(home: Path | str | None = None, **more: str) -> dict[str, str]:
    """The environment of a command that serves that home.

    One thread, because the tests are many and the cores few.
    """
    at_home = {} if home is None else {"CLIPASSO_HOME": str(home)}
    return {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **at_home, **more}


def clipasso(
    home: Path | str, *words: str, cwd: Path = ROOT, **more: str
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        command(*words),
        cwd=cwd,
        env=surroundings(home, **more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )


def kinds(events: list[Event]) -> list[str]:
    """The kinds of events in their order, runs of the same kind as one.

    Whether an engine had to be woken counts for nothing.
    """
    names = [event["event"] for event in events if event["event"] != "waking"]
    return [name for i, name in enumerate(names) if i == 0 or names[i - 1] != name]


def engine_process(home: Path | str) -> psutil.Process:
    """The process of that home's engine."""
    return psutil.Process(json.loads((Path(home) / "run" / "engine.json").read_text())["pid"])


def engines(home: Path | str) -> list[psutil.Process]:
    """All engines of that home that live, recorded or not."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        with suppress(psutil.Error):
            line = process.info["cmdline"] or []
            is_engine = line[-4:-2] == ["engine", "serve"]
            if is_engine and process.environ().get("CLIPASSO_HOME") == str(home):
                found.append(process)
    return found


def wait_gone(process: psutil.Process, limit_s: float = 30) -> None:
    """Wait until a process has ended. One that nobody buries counts."""
    until = time.monotonic() + limit_s
    with suppress(psutil.NoSuchProcess):
        # these hold its files
        while process.status() != psutil.STATUS_ZOMBIE or process.num_threads() > 1:
            assert time.monotonic() < until, f"process {process.pid} lives on"
            time.sleep(0.02)  # it is nobody's child: there is no event


@contextmanager
def housekeeping(home: Path | str) -> Iterator[Path]:
    """A home whose engines do not outlive the block."""
    try:
        yield Path(home)
    finally:
        for process in engines(home):
            with suppress(psutil.NoSuchProcess):
                process.kill()
                wait_gone(process)
