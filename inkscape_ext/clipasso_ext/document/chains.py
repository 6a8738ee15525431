"""Path data as chains of cubics, and points along them."""

from __future__ import annotations

import itertools
import math
from typing import Any, List

from inkex import paths

SAMPLES = 16  # points along a cubic
SAME = 1e-9  # user units; points that are nearer are one


def chains_of(data: str) -> List[Any]:
    """The connected parts of path data; each is a list of nodes with their handles
    [before, node, after]. None at all where one lies beyond all numbers.
    """
    try:
        parsed: Any = paths.Path(data or "")
        chains = [chain for chain in parsed.to_superpath() if len(chain) > 1]
    except (ValueError, ArithmeticError, IndexError):  # arcs that no ellipse has
        return []
    points = (point for chain in chains for node in chain for point in node)
    return chains if all(map(math.isfinite, itertools.chain.from_iterable(points))) else []


def points_along(chain: Any) -> List[complex]:
    """Points x + iy along a chain of cubics, no two in one place."""
    points: List[complex] = []
    for before, after in zip(chain, chain[1:]):
        ends = (before[1], before[2], after[0], after[1])
        a, b, c, d = (complex(*point) for point in ends)
        for step in range(SAMPLES + 1):
            t = step / SAMPLES
            s = 1 - t
            points.append(s**3 * a + 3 * t * s**2 * b + 3 * t * t * s * c + t**3 * d)
    return [
        point
        for index, point in enumerate(points)
        if index == 0 or abs(point - points[index - 1]) > SAME
    ]
