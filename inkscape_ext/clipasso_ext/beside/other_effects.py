"""Whether Inkscape waits for an extension. It begins another one then if it is told to, and
whichever ends last undoes what the other did.
"""

from __future__ import annotations

import os
from pathlib import Path

PROCESSES = Path("/proc")
DOCUMENT = b"ink_ext_"  # in the name of the file that Inkscape gives to an extension


def own_group() -> int:
    """The process group of this process, which is its Inkscape's; 0 where there is none."""
    getpgid = getattr(os, "getpgid", None)
    return int(getpgid(0)) if getpgid else 0


def effect_runs(group: int) -> bool:
    """Whether an extension runs, beside this process, that the Inkscape of that process group
    started. Nobody knows where there is no ``/proc``.
    """
    return any(_is_effect(path, group) for path in PROCESSES.glob("[0-9]*"))


def _is_effect(process: Path, group: int) -> bool:
    number = int(process.name)
    try:
        if number == os.getpid() or os.getpgid(number) != group:
            return False
        return DOCUMENT in (process / "cmdline").read_bytes()
    except OSError:  # it has ended
        return False
