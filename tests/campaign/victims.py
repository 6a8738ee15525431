"""A process that has imported all that commands need, and forks one for each command: so that a
command can be killed a thousand times in the time in which Python starts a hundred times.

    python tests/campaign/victims.py

takes orders as JSON lines, as `Victims` gives them.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import select
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import Any

# What a command does to the world outside of it: between two of these nothing can be half done.
DEEDS = (
    *("open", "os.rename", "os.remove", "os.link", "os.mkdir", "os.rmdir", "os.chmod"),
    *("tempfile.mkstemp", "subprocess.Popen", "socket.connect", "socket.bind", "fcntl.flock"),
)
LIMIT_S = 60.0


def count_down(deeds: int) -> None:
    """Kill this process just before its next deed but so many."""
    left = deeds

    def hear(event: str, _words: object) -> None:
        nonlocal left
        if event in DEEDS:
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hear)


def suffer(order: dict[str, Any]) -> int:
    """Be the command of an order; returns its status."""
    from clipasso_core.cli.main import main

    os.environ.update(order["environment"])
    os.chdir(order["folder"])
    out = os.open("said", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for number in (1, 2):
        os.dup2(out, number)
    if order["user"] is not None:
        os.setgroups([])
        os.setgid(order["user"])
        os.setuid(order["user"])
    if order["deeds"] is not None:
        count_down(order["deeds"])
    return main(order["words"])


def oversee(order: dict[str, Any]) -> int:
    """Fork a command and return its status, negative for the signal that killed it."""
    number = os.fork()
    if number == 0:
        status = 1
        try:
            status = suffer(order)
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)
    watch = os.pidfd_open(number)
    limit_s = LIMIT_S if order["seconds"] is None else order["seconds"]
    if not select.select([watch], [], [], limit_s)[0]:
        os.kill(number, signal.SIGKILL)
    os.close(watch)
    return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])


def main() -> None:
    """See the head of this file."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    import clipasso_core

    # all of them: somebody else may not be able to read the disk
    for room in pkgutil.walk_packages(clipasso_core.__path__, "clipasso_core."):
        if not room.name.endswith("__main__"):
            importlib.import_module(room.name)
    for line in sys.stdin:
        order = json.loads(line)
        began = time.monotonic()
        status = oversee(order)
        print(json.dumps({"status": status, "took_s": time.monotonic() - began}), flush=True)


if __name__ == "__main__":
    main()
