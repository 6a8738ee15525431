"""A sketch's label tells whose it is and how many strokes it shows."""

from __future__ import annotations

import re

COUNT = re.compile(r"\(\d+ strokes?\)$")


def labelled(name: str, count: int) -> str:
    """Of the sketch of the bitmap with that name."""
    return f"Sketch of {name} {_counted(count)}"


def tells_count(label: str) -> bool:
    """Whether a label tells how many strokes there are."""
    return COUNT.search(label) is not None


def recounted(label: str, count: int) -> str:
    """The same label with another number."""
    return COUNT.sub(_counted(count), label)


def _counted(count: int) -> str:
    return f"({count} {'stroke' if count == 1 else 'strokes'})"
