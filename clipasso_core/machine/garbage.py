"""How often Python looks for objects that only hold each other.

torch makes some 170,000 objects when it is imported, which stay. Looking through them again and
again while it is imported, and once more when Python takes itself apart, costs half a second.
"""

from __future__ import annotations

import atexit
import gc

USUAL = gc.get_threshold()
MADE = 100_000  # objects between two looks at the young ones; Python's own number is 700 to 2,000


def look_seldom() -> None:
    """For a process that imports torch, before it does."""
    gc.set_threshold(MADE, *USUAL[1:])
    atexit.register(gc.freeze)  # no look at what the end of the process frees anyway


def look_often() -> None:
    """As usual: for a process that draws one sketch after the other, or has drawn."""
    gc.set_threshold(*USUAL)
