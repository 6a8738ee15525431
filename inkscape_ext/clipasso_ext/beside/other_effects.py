"""Whether Inkscape is busy with an extension. It begins another one then if it is told to, and
whichever ends last undoes what the other did.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Iterator

PROCESSES = Path("/proc")
EXCHANGED = "ink_ext_"  # in the names of the files that Inkscape exchanges with an extension
A_RUN = 2  # so many of them it has open for one: what it gives, and what comes back


def own_group() -> int:
    """The process group of this process, which is its Inkscape's; 0 where there is none."""
    getpgid = getattr(os, "getpgid", None)
    return int(getpgid(0)) if getpgid else 0


def effect_runs(group: int, own_file: str = "") -> bool:
    """Whether the Inkscape of that process group runs an extension, or has not taken yet what came
    of one: until then it has the files open that it exchanges with it. Nobody knows where there is
    no ``/proc``.

    own_file: which Inkscape gave to this process, if it is an extension: that one does not count.
    """
    held = set(_exchanged(group))
    return len(held) > (A_RUN if own_file and os.path.realpath(own_file) in held else 0)


def _exchanged(group: int) -> Iterator[str]:
    """Such files that processes of the group have open."""
    for process in PROCESSES.glob("[0-9]*"):
        try:
            if os.getpgid(int(process.name)) != group:
                continue
            for descriptor in os.listdir(str(process / "fd")):
                path = os.path.realpath(str(process / "fd" / descriptor))
                if EXCHANGED in os.path.basename(path):
                    yield path
        except OSError:  # it has ended, or is somebody else's
            continue
