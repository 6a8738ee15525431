"""How often Python looks for garbage."""

from __future__ import annotations

import subprocess
import sys

ASKED = """
import atexit, gc
usual = gc.get_threshold()
atexit.register(lambda: print(gc.get_freeze_count() > 0))  # runs after what is registered later
from clipasso_core.cli.main import main
main(["--version"])
print(gc.get_threshold()[0] >= 100_000, gc.isenabled(), gc.get_freeze_count())
from clipasso_core.service.worker import Worker
Worker()
print(gc.get_threshold() == usual)
"""


def test_a_command_looks_seldom_a_worker_often_and_nobody_at_the_end() -> None:
    done = subprocess.run([sys.executable, "-c", ASKED], capture_output=True, text=True)
    assert done.stdout.splitlines()[1:] == ["True True 0", "True", "True"], done.stderr
