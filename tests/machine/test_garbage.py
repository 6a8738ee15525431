"""How often Python looks for garbage."""

from __future__ import annotations

import subprocess
import sys

ASKED = """
import atexit, gc
atexit.register(lambda: print(gc.get_freeze_count() > 0))  # runs after what is registered later
from clipasso_core.cli.main import main
main(["--version"])
print(gc.get_threshold()[0] >= 100_000, gc.isenabled(), gc.get_freeze_count())
"""


def test_a_command_looks_seldom_and_not_at_its_end() -> None:
    done = subprocess.run([sys.executable, "-c", ASKED], capture_output=True, text=True)
    assert done.stdout.splitlines()[1:] == ["True True 0", "True"], done.stderr
