"""The effect hands what it knows to a window, which outlives it: a folder, private to the person,
that is the window's from then on.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Callable, Dict, List

from clipasso_ext.beside.origin import Origin
from clipasso_ext.beside.remembered import written_down
from clipasso_ext.document.placed_photo import PlacedPhoto
from clipasso_ext.document.units import display_unit
from clipasso_ext.host import EXTENSION, log, scratch_folder
from clipasso_ext.locks import hold
from clipasso_ext.problem import Problem
from clipasso_ext.processes import detached, silent
from clipasso_ext.words import _

PREFIX = "clipasso-window-"
SAID = "window.json"
LOCK = "lock"
SCRIPT = "clipasso_window.py"
STARTING_S = 60  # so long after it was made, a folder may have no window yet


def open_window(svg: Any, placed: Callable[[Path], List[PlacedPhoto]], origin: Origin) -> None:
    """Open the sketching window in a process of its own.

    placed: gives the bitmaps to sketch, whose files are to go into the folder that it is told.
        Raises `Problem`, with nothing left behind.
    """
    _sweep()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=scratch_folder()))
    try:
        said = {
            "unit": display_unit(svg),
            "photos": [written_down(one) for one in placed(folder)],
            "origin": origin._asdict(),
        }
        (folder / SAID).write_text(json.dumps(said), encoding="utf-8")
        command = [sys.executable, str(EXTENSION / SCRIPT), str(folder)]
        subprocess.Popen(command, **silent(), **detached())
    except OSError as error:
        shutil.rmtree(str(folder), ignore_errors=True)
        raise Problem(
            _(
                "The window can't be opened ({reason}): make room for {folder}, and try again."
            ).format(reason=error.strerror, folder=folder.parent)
        ) from None
    except BaseException:
        shutil.rmtree(str(folder), ignore_errors=True)
        raise


def read_folder(folder: Path) -> Dict[str, Any]:
    """What the window was handed."""
    said: Dict[str, Any] = json.loads((folder / SAID).read_text(encoding="utf-8"))
    return said


def _sweep() -> None:
    """Clear away what windows left that were killed."""
    above = Path(scratch_folder() or tempfile.gettempdir())
    for folder in above.glob(PREFIX + "*"):
        try:
            status = folder.lstat()
            is_own = stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid()
            if not is_own or time.time() - status.st_mtime < STARTING_S:
                continue
            lock = hold(folder / LOCK)
            if lock is not None:
                shutil.rmtree(str(folder))
                os.close(lock)
        except OSError as error:
            log(f"{folder} is left: {error}")
