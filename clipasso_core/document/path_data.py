"""Path data of any program as chains of cubics, and back."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from svgelements import Close, CubicBezier, Move, QuadraticBezier
from svgelements import Path as PathData

DECIMALS = 5  # of coordinates that are written back


def read_path(data: str) -> tuple[list[NDArray[np.floating]], bool]:
    """The subpaths of path data as chains of cubics [3k+1, 2], and whether one is closed."""
    path = PathData(data)
    path.approximate_arcs_with_cubics()
    chains: list[list[NDArray[np.floating]]] = []
    closed = False
    for segment in path:
        if isinstance(segment, Move):
            chains.append([_xy(segment.end)])
            continue
        closed |= isinstance(segment, Close)
        if segment.end is None:
            continue
        start, end = chains[-1][-1], _xy(segment.end)
        if isinstance(segment, CubicBezier):
            chains[-1] += [_xy(segment.control1), _xy(segment.control2), end]
        elif isinstance(segment, QuadraticBezier):
            control = _xy(segment.control)
            chains[-1] += [start + 2 / 3 * (control - start), end + 2 / 3 * (control - end), end]
        elif isinstance(segment, Close) and np.allclose(start, end):
            continue
        else:  # a line, or a degenerate arc's chord
            chains[-1] += [start + (end - start) / 3, end + (start - end) / 3, end]
    arrays = [np.stack(chain) for chain in chains if len(chain) > 1]
    return [chain for chain in arrays if np.isfinite(chain).all()], closed


def _xy(point: Any) -> NDArray[np.floating]:
    return np.array([float(point.x), float(point.y)])


def path_text(chain: NDArray[np.floating]) -> str:
    """``M x,y C ...`` for a chain of cubics [3k+1, 2]."""
    texts = [f"{_number(x)},{_number(y)}" for x, y in chain]
    return f"M {texts[0]} C {' '.join(texts[1:])}"


def _number(value: float) -> str:
    return f"{value:.{DECIMALS}f}".rstrip("0").rstrip(".")
