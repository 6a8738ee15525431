"""Sketches within a sketch: numbers of strokes at which the first ones are a good sketch of their
own.
"""

from __future__ import annotations

LEAST = 8  # below that, strokes must be too long to serve a larger sketch as well
# a sketch of fewer strokes needs every one of them: with levels, lines of 16 cross where they would
# have met
SPARE = 24


def inner_levels(count: int) -> tuple[int, ...]:
    """The levels within a sketch of `count` strokes, fewest first: its half, the half of that, and
    so on.
    """
    levels: list[int] = []
    while count >= SPARE or (levels and count >= 2 * LEAST):
        count //= 2
        levels.insert(0, count)
    return tuple(levels)
