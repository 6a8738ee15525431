"""Child processes: started so that nothing of Inkscape's reaches them, and ended for certain."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from typing import Any, Dict, List, Optional

from clipasso_ext.cancellation import Cancellation

END_S = 5  # a killed process is gone at once, unless the system itself hangs


def detached() -> Dict[str, Any]:
    """Settings of `subprocess.Popen` for a child that no window, pipe or signal of ours reaches."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def silent() -> Dict[str, Any]:
    """Settings of `subprocess.Popen` for a child that reads nothing and tells nothing."""
    return dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)


def run(
    command: List[str],
    limit_s: float,
    cancellation: Cancellation,
    environment: Optional[Dict[str, str]] = None,
) -> int:
    """Run a silent command to its end, and return its status. environment: its variables, None for
    ours.

    Raises OSError where it can't be started, `subprocess.TimeoutExpired` after `limit_s` seconds
    and `CalledOff`; it has been ended by then.
    """
    process = subprocess.Popen(command, env=environment, **silent(), **detached())
    with cancellation.listening(lambda: end(process)):
        try:
            status = process.wait(limit_s)
        except BaseException:  # it took too long, or Ctrl+C
            end(process)
            raise
    cancellation.check()
    return status


def end(process: subprocess.Popen[Any]) -> None:
    """End a detached process and its own children at once, and wait until it is gone."""
    if process.poll() is None:
        if sys.platform == "win32":
            tree = ["taskkill", "/F", "/T", "/PID", str(process.pid)]
            subprocess.run(tree, **silent(), **detached(), check=False)
        else:
            with suppress(ProcessLookupError):  # it went by itself
                os.killpg(process.pid, signal.SIGKILL)
    with suppress(subprocess.TimeoutExpired):
        process.wait(END_S)
