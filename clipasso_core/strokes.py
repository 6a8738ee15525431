"""A sketch as a value: strokes in the picture's own pixels, most needed first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from clipasso_core.frame import Frame

if TYPE_CHECKING:
    pass

Point = tuple[float, float]
MOST_POINTS = 100_000  # of such a line: one to another world is thinned out
LINE_PX = 2.0  # between the points of a line that covers edges


@dataclass(frozen=True)
class Stroke:
    """A chain of one or more cubic Beziers drawn with a round pen.

    points: 3k+1 control points (x, y) in picture pixels: an end point, then two handles and an end
        point for each cubic.
    width: full width in picture pixels. color: ``#rrggbb``. opacity: 0..1.
    id: names the stroke in the SVG. locked: not to be changed by the engine.
    part: what it draws, such as ``left lid`` of a face; "" for whatever the guide made of it.
    subject: number of the subject that it belongs to, from 1; 0 where nothing is drawn apart.
    """

    points: tuple[Point, ...]
    width: float
    color: str = "#000000"
    opacity: float = 1.0
    id: str = ""
    locked: bool = False
    part: str = ""
    subject: int = 0

    def __post_init__(self) -> None:
        if len(self.points) < 4 or len(self.points) % 3 != 1:
            raise ValueError(f"a chain of cubics has 4, 7, 10, ... points, not {len(self.points)}")


def padded(chains: Sequence[NDArray[np.floating]]) -> NDArray[np.floating]:
    """Chains [3k+1, 2] as one array [N, P, 2]: shorter ones stand still at their end."""
    longest = max(len(chain) for chain in chains)
    return np.stack(
        [np.concatenate([one, np.repeat(one[-1:], longest - len(one), axis=0)]) for one in chains]
    )


def from_canvas(
    points: NDArray[np.floating], frame: Frame, width: float, color: str
) -> list[Stroke]:
    """Strokes from canvas points [N, 3k+1, 2]. `width` in picture pixels."""
    placed = frame.to_picture(np.asarray(points, dtype=np.float64))
    return [Stroke(tuple((float(x), float(y)) for x, y in chain), width, color) for chain in placed]


def named(strokes: Sequence[Stroke]) -> tuple[Stroke, ...]:
    """The strokes with ids ``stroke-1``, ``stroke-2``, ... in their order."""
    return tuple(replace(stroke, id=f"stroke-{number}") for number, stroke in enumerate(strokes, 1))


def bernstein(t: NDArray[np.floating]) -> NDArray[np.floating]:
    """Bernstein's cubic polynomials at parameters [n]: [n, 4], a row's sum is 1."""
    t = t[:, None]
    return np.concatenate([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3], 1)


def polyline(chain: NDArray[np.floating], per_cubic: int = 33) -> NDArray[np.floating]:
    """Points [n, 2] along a chain of cubics [3k+1, 2], evenly in their parameter."""
    basis = bernstein(np.linspace(0, 1, per_cubic))
    return np.concatenate(
        [basis @ chain[first : first + 4] for first in range(0, len(chain) - 1, 3)]
    )


def sampled(chain: NDArray[np.floating]) -> NDArray[np.floating]:
    """Points [n, 2] along a chain of cubics [3k+1, 2], evenly some `LINE_PX` apart, or farther
    where there would be too many.
    """
    line = polyline(chain)
    steps = np.hypot(*np.diff(line, axis=0).T)
    at = np.concatenate([[0.0], np.cumsum(steps)])
    count = max(2, int(min(at[-1] / LINE_PX, MOST_POINTS)) + 1)
    places = np.linspace(0, at[-1], count)
    return np.stack([np.interp(places, at, line[:, axis]) for axis in (0, 1)], -1)
