"""Matrices (a, b, c, d, e, f) as SVG writes them, independent of inkex."""

from __future__ import annotations

import math
from typing import Sequence, Tuple

Matrix = Tuple[float, float, float, float, float, float]
UNIT: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


def times(*matrices: Matrix) -> Matrix:
    """The product: the last one is applied first."""
    total = UNIT
    for a, b, c, d, e, f in matrices:
        p, q, r, s, t, u = total
        total = (
            p * a + r * b,
            q * a + s * b,
            p * c + r * d,
            q * c + s * d,
            p * e + r * f + t,
            q * e + s * f + u,
        )
    return total


def inverse(matrix: Matrix) -> Matrix:
    a, b, c, d, e, f = matrix
    size = a * d - b * c
    return (
        d / size,
        -b / size,
        -c / size,
        a / size,
        (c * f - d * e) / size,
        (b * e - a * f) / size,
    )


def applied(matrix: Sequence[float], point: Sequence[float]) -> Tuple[float, float]:
    a, b, c, d, e, f = matrix
    return (a * point[0] + c * point[1] + e, b * point[0] + d * point[1] + f)


def translate(x: float, y: float) -> Matrix:
    return (1.0, 0.0, 0.0, 1.0, x, y)


def scale(x: float, y: float) -> Matrix:
    return (x, 0.0, 0.0, y, 0.0, 0.0)


def rotate(degrees: float) -> Matrix:
    turn = math.radians(degrees)
    return (math.cos(turn), math.sin(turn), -math.sin(turn), math.cos(turn), 0.0, 0.0)


def skew(degrees: float) -> Matrix:
    return (1.0, 0.0, math.tan(math.radians(degrees)), 1.0, 0.0, 0.0)


def text(matrix: Sequence[float]) -> str:
    """As an attribute's value."""
    return "matrix(%s)" % ",".join(repr(number) for number in matrix)
