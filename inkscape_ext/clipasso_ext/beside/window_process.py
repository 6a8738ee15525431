"""The process of a sketching window: it reads what the effect handed over, shows the window, and
has delivered what the person inserts.
"""

from __future__ import annotations

import os
import shutil
import sys
import traceback
import warnings
from pathlib import Path

from clipasso_ext.beside.delivery import Delivery
from clipasso_ext.beside.front import stay_above
from clipasso_ext.beside.handover import LOCK, read_folder
from clipasso_ext.beside.origin import Origin
from clipasso_ext.beside.remembered import RememberedPhoto, RememberedTask
from clipasso_ext.beside.session_bus import connect
from clipasso_ext.engine import settings
from clipasso_ext.host import find_host, has_gtk, log
from clipasso_ext.locks import hold
from clipasso_ext.problem import FAULT, Problem
from clipasso_ext.telling import tell
from clipasso_ext.words import _, told_of


def main() -> None:
    """Run the window of the folder that the command line names, which is gone afterwards. Whatever
    happens is told in a window.
    """
    warnings.resetwarnings()  # inkex switches them on
    warnings.simplefilter("ignore")
    folder = Path(sys.argv[1])
    lock = hold(folder / LOCK)
    problem = ""
    try:
        problem = attend(folder)
    except Problem as told:
        problem = str(told)
    except Exception:
        log(traceback.format_exc())
        problem = _(FAULT)
    finally:
        shutil.rmtree(str(folder), ignore_errors=True)
        if lock is not None:
            os.close(lock)
    if problem:
        tell(problem, sys.stderr, quiet=True)


def attend(folder: Path) -> str:
    """Show the window until the person has done with it, and insert what is wanted. Returns what
    there is to tell. Raises `Problem`.
    """
    host = find_host()
    said = read_folder(folder)
    tasks = [RememberedTask(RememberedPhoto(one), host) for one in said["photos"]]
    if not has_gtk():
        raise Problem(_("The window can't be shown: the screen is gone."))
    from clipasso_ext.windows.busy_window import BusyWindow
    from clipasso_ext.windows.sketch_window import SketchWindow

    origin = Origin(**said["origin"])
    window = SketchWindow(tasks, settings.load(host.settings), host, said["unit"])
    stay_above(window, origin.window)
    wanted = window.run()
    if not wanted:
        return window.handed_over
    told = list(window.problems)
    for task, event in wanted:
        try:
            task.insert(event, window.settings)
        except Problem as problem:  # the others are inserted
            told.append(told_of(task.name, str(problem)))
    jobs = [task.job for task in tasks if task.job is not None]
    if jobs:
        busy = BusyWindow()
        stay_above(busy, origin.window)
        told.insert(0, Delivery(jobs, origin, connect(), busy.pause).run())
        busy.destroy()
    return "\n\n".join(text for text in told if text)
