"""How often Python looks for garbage."""

from __future__ import annotations

import subprocess
import sys

ASKED = """
import atexit, gc
usual = gc.get_threshold()
atexit.register(lambda: print(gc.get_freeze_count() > 0))  # runs after what is registered later
from clipasso_core.cli import main
from clipasso_core.service.worker import Worker

def run(*_):
    print(gc.get_threshold()[0] >= 100_000, gc.isenabled(), gc.get_freeze_count())
    Worker()
    print(gc.get_threshold() == usual)
    main.look_seldom()
    return 0

main._run = run
main.main([])
print(gc.get_threshold() == usual)
"""


def test_a_command_looks_seldom_a_worker_often_and_nobody_at_the_end() -> None:
    done = subprocess.run([sys.executable, "-c", ASKED], capture_output=True, text=True)
    assert done.stdout.splitlines() == ["True True 0", "True", "True", "True"], done.stderr
