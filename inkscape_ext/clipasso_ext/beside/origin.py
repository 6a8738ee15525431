"""From where a window was opened: which Inkscape, and which window of it."""

from __future__ import annotations

from typing import NamedTuple, Optional

from clipasso_ext.beside.front import window_in_front
from clipasso_ext.beside.other_effects import own_group
from clipasso_ext.beside.session_bus import connect


class Origin(NamedTuple):
    """name: of the Inkscape on the session bus. window: X11's number of its window that had the
    keyboard; None where nobody knows. group: the process group of Inkscape and its extensions.
    """

    name: str
    window: Optional[int]
    group: int


def find_origin() -> Optional[Origin]:
    """Of this process, which Inkscape has just started; None where that is not on the bus."""
    bus = connect()
    name = None if bus is None else bus.parent()
    return None if name is None else Origin(name, window_in_front(), own_group())
