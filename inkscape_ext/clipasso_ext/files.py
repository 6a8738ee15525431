"""Files and folders, put in their places."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

# the engine's and the set-up's files.py have the same
BUSY_S = 2.0  # Windows: readers and virus scanners let go of a small file within fractions of it
LOOK_S = 0.02


def move(source: Path, target: Path) -> None:
    """Rename a file or folder, a file also into the place of another. Raises OSError.

    Windows refuses that while anybody has something of it open, who scans for viruses what was
    written just now for instance: there it is tried for a while.
    """
    until = time.monotonic() + BUSY_S
    while True:
        try:
            os.replace(str(source), str(target))
            return
        except PermissionError:
            if sys.platform != "win32" or time.monotonic() > until:
                raise
        time.sleep(LOOK_S)  # nobody tells when it is let go of
