"""From where a window was opened: which Inkscape, and which window of it."""

from __future__ import annotations

import os
from typing import NamedTuple, Optional

from clipasso_ext.beside.front import window_in_front
from clipasso_ext.beside.session_bus import connect


class Origin(NamedTuple):
    """name: of the Inkscape on the session bus. window: X11's number of its window that had the
    keyboard; None where nobody knows. group: the process group of Inkscape and its extensions.
    """

    name: str
    window: Optional[int]
    group: int


def find_origin() -> Optional[Origin]:
    """Of this process, which Inkscape has just started; None where no Inkscape is on the bus."""
    bus = connect()
    names = [] if bus is None else bus.inkscapes()
    return Origin(names[0], window_in_front(), os.getpgid(0)) if names else None
