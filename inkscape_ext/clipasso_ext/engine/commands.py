"""The engine's other commands: one is run to its end, and what it printed is its answer."""

from __future__ import annotations

import subprocess
from typing import List, NamedTuple

from clipasso_ext.host import NO_ENGINE, Host, log
from clipasso_ext.processes import detached
from clipasso_ext.words import _


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
        return Answer(False, _(NO_ENGINE))
    said = done.stdout.decode("utf-8", "replace").strip()
    complaint = done.stderr.decode("utf-8", "replace").strip().replace("clipasso: ", "")
    return Answer(done.returncode == 0, said or complaint)
