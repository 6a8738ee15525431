"""Whether Inkscape waits for an extension. It begins another one then if it is told to, and
whichever ends last undoes what the other did.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Dict, Iterable, Iterator, Optional

PROCESSES = Path("/proc")
DOCUMENT = "ink_ext_"  # in the name of the file that Inkscape gives to an extension
TAKING_S = 20  # Inkscape takes what came of one in a second; one that died removes no file


def own_group() -> int:
    """The process group of this process, which is its Inkscape's; 0 where there is none."""
    getpgid = getattr(os, "getpgid", None)
    return int(getpgid(0)) if getpgid else 0


class OtherEffects:
    """The extensions, beside this process, that one Inkscape started.

    Each runs until Inkscape has taken what came of it: then it removes the file that it gave to it,
    a moment after the process has ended. Nobody knows of them where there is no ``/proc``.
    """

    def __init__(self, group: int, given: Iterable[str] = ()) -> None:
        """group: the process group of that Inkscape. given: files of effects that are known."""
        self._group = group
        until = time.monotonic() + TAKING_S
        self._until: Dict[str, float] = dict.fromkeys(given, until)  # file -> believed so long

    def run(self) -> bool:
        """Whether one does. Those that this saw once are not forgotten before their end."""
        now = time.monotonic()
        alive = list(_documents(self._group))
        self._until.update(dict.fromkeys(alive, now + TAKING_S))
        return bool(alive) or any(
            now < until and os.path.exists(path) for path, until in self._until.items()
        )


def _documents(group: int) -> Iterator[str]:
    """The files that were given to the extensions of a group whose processes live."""
    for path in PROCESSES.glob("[0-9]*"):
        document = _document(path, group)
        if document is not None:
            yield document


def _document(process: Path, group: int) -> Optional[str]:
    number = int(process.name)
    try:
        if number == os.getpid() or os.getpgid(number) != group:
            return None
        words = os.fsdecode((process / "cmdline").read_bytes()).split("\0")
    except OSError:  # it has ended
        return None
    return next((word for word in reversed(words) if DOCUMENT in word), None)
