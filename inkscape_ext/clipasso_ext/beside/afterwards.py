"""What Inkscape is to do once the effect that runs now has ended: a process that outlives it says
so. Where there is no session bus it is left.
"""

from __future__ import annotations

import subprocess
import sys
import time
from typing import List

from clipasso_ext.beside.origin import find_origin
from clipasso_ext.beside.other_effects import effect_runs
from clipasso_ext.beside.session_bus import connect
from clipasso_ext.host import EXTENSION, log
from clipasso_ext.processes import detached, silent

SCRIPT = "clipasso_select.py"
LOOK_S = 0.1
LIMIT_S = 60  # an effect takes a second from here to its end


def select_afterwards(idents: List[str]) -> None:
    """Have Inkscape select these objects alone. No harm is done where it can't be."""
    origin = find_origin()
    if origin is None:
        return
    command = [sys.executable, str(EXTENSION / SCRIPT), origin.name, str(origin.group), *idents]
    try:
        subprocess.Popen(command, **silent(), **detached())
    except OSError as error:
        log(f"nothing is selected: {error}")


def main() -> None:
    """The process itself: the command line has Inkscape's name on the bus, its process group, and
    the ids.
    """
    name, group, *idents = sys.argv[1:]
    until = time.monotonic() + LIMIT_S
    while effect_runs(int(group)):  # nobody tells when it ends
        if time.monotonic() > until:
            return
        time.sleep(LOOK_S)
    bus = connect()
    if bus is not None and bus.do(name, "select-clear"):
        bus.do(name, "select-by-id", parameter=",".join(idents))
