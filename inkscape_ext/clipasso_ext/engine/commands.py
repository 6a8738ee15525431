"""The engine's other commands: one is run to its end, and what it printed is its answer."""

from __future__ import annotations

import locale
import subprocess
from typing import List, NamedTuple

from clipasso_ext.host import NO_ENGINE, Host, log
from clipasso_ext.processes import detached


class Answer(NamedTuple):
    """succeeded: whether the command did what it was asked. text: what it printed, or why not."""

    succeeded: bool
    text: str


def run_command(host: Host, words: List[str]) -> Answer:
    """Run one of the engine's commands, however long it takes."""
    try:
        done = subprocess.run(
            [*host.command, *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=host.environment,
            check=False,
            **detached(),
        )
    except OSError as error:
        log(f"{host.command}: {error}")
        return Answer(False, NO_ENGINE)
    said = _text_of(done.stdout)
    complaint = _text_of(done.stderr).replace("clipasso: ", "")
    return Answer(done.returncode == 0, said or complaint)


def _text_of(said: bytes) -> str:
    """What the engine printed: on Windows Python prints into pipes in the system's own encoding."""
    try:
        return said.decode("utf-8").strip()
    except UnicodeDecodeError:
        return said.decode(locale.getpreferredencoding(False), "replace").strip()
