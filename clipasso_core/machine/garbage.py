"""How often Python looks for objects that only hold each other.

torch makes some 300,000 objects when it is imported, which stay: looking through them again and
again takes a tenth of a second while it is imported, and a third when Python takes itself apart.
"""

from __future__ import annotations

import atexit
import gc

MADE = 100_000  # objects between two looks at the young ones; Python's own number is 700 to 2,000


def look_seldom() -> None:
    """For a process that imports torch, before it does."""
    gc.set_threshold(MADE, *gc.get_threshold()[1:])
    atexit.register(gc.freeze)  # no look at what the end of the process frees anyway
