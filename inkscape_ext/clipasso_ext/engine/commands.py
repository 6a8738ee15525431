"""The engine's other commands: one is run to its end, and what it printed is its answer."""

from __future__ import annotations

import json
import locale
import subprocess
from typing import Any, Dict, List, NamedTuple

from clipasso_ext.engine.connection import message_of
from clipasso_ext.host import NO_ENGINE, Host, log
from clipasso_ext.processes import detached
from clipasso_ext.words import _


class Answer(NamedTuple):
    """succeeded: whether the command did what it was asked. text: what it printed, or why not."""

    succeeded: bool
    text: str

    @property
    def last(self) -> Dict[str, Any]:
        """The JSON object in the last line of what it printed; empty where there is none."""
        try:
            told = json.loads((self.text.splitlines() or [""])[-1])
        except (ValueError, RecursionError):
            return {}
        return told if isinstance(told, dict) else {}

    @property
    def failure(self) -> str:
        """Why the command did not do it, for the person."""
        return message_of(self.last if self.last.get("message") else {"message": self.text})


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
        return Answer(False, _(NO_ENGINE))
    said = _text_of(done.stdout)
    complaint = _text_of(done.stderr).replace("clipasso: ", "")
    return Answer(done.returncode == 0, said or complaint)


def _text_of(said: bytes) -> str:
    """What the engine printed: on Windows Python prints into pipes in the system's own encoding."""
    try:
        return said.decode("utf-8").strip()
    except UnicodeDecodeError:
        return said.decode(locale.getpreferredencoding(False), "replace").strip()
