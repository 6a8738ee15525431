"""A plain face: a mesh in which every point that lines are drawn through has its place."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clipasso_core.photo.face_mesh import LEFT_CORNERS, RIGHT_CORNERS, Eye
from clipasso_core.photo.faces import Face
from clipasso_core.photo.features import (
    BRIDGE,
    INNER_LOWER_LIP,
    INNER_UPPER_LIP,
    JAW,
    LEFT_BROW,
    NOSE_BASE,
    OUTER_LOWER_LIP,
    RIGHT_BROW,
)

Floats = NDArray[np.floating]


def plain_face(
    middle: tuple[float, float] = (100.0, 100.0),
    side: float = 100.0,
    turn: float = 1.0,
    open_eyes: bool = True,
    open_mouth: bool = False,
) -> Face:
    """A face from the front, in pixels of the photograph.

    turn: how wide the person's left half, on the right of the picture, is to the other one.
    """
    narrow = np.array([turn, 1.0])

    def placed(points: Floats) -> Floats:
        turned = np.where(points[..., :1] > 0, points * narrow, points)
        where: Floats = turned * side + np.array(middle)
        return where

    mesh = np.concatenate([placed(_mesh(open_mouth)), np.zeros((468, 1))], 1)
    height = 0.06 if open_eyes else 0.01
    right, left = (
        Eye(
            placed(_arc(9, outer, inner, -height)),
            placed(_arc(9, outer, inner, height / 4)),
            placed(np.array([(outer[0] + inner[0]) / 2, outer[1] - height / 2])),
            0.03 * side,
        )
        for outer, inner in (((-0.27, -0.1), (-0.1, -0.1)), ((0.27, -0.1), (0.1, -0.1)))
    )
    return Face(mesh, right, left, 50.0)


def _mesh(open_mouth: bool) -> Floats:
    """[468, 2] about the middle, in shares of the side."""
    # points that no line is drawn through lie on an oval, as high as the face
    around = np.linspace(0, 2 * np.pi, 468)
    mesh = np.stack([0.4 * np.sin(around), -0.5 * np.cos(around)], -1)
    for side, edges in ((-1, RIGHT_BROW), (1, LEFT_BROW)):
        for edge, height in zip(edges, (-0.25, -0.22), strict=True):
            _draw(mesh, edge, (side * 0.3, height), (side * 0.08, height), -0.04)
    mesh[list(RIGHT_CORNERS)] = (-0.27, -0.1), (-0.1, -0.1)
    mesh[list(LEFT_CORNERS)] = (0.27, -0.1), (0.1, -0.1)
    mesh[BRIDGE] = 0, -0.12
    _draw(mesh, NOSE_BASE, (-0.08, 0.08), (0.08, 0.08), 0.05)
    gap = 0.06 if open_mouth else 0.004
    _draw(mesh, INNER_UPPER_LIP, (-0.12, 0.25), (0.12, 0.25), -gap / 2)
    _draw(mesh, INNER_LOWER_LIP, (-0.12, 0.25), (0.12, 0.25), gap / 2)
    _draw(mesh, OUTER_LOWER_LIP, (-0.06, 0.31), (0.06, 0.31), 0.02)
    _draw(mesh, JAW, (-0.36, 0.2), (0.36, 0.2), 0.3)
    return mesh


Point = tuple[float, float]


def _draw(mesh: Floats, which: tuple[int, ...], begin: Point, end: Point, down: float) -> None:
    mesh[list(which)] = _arc(len(which), begin, end, down)


def _arc(count: int, begin: Point, end: Point, down: float) -> Floats:
    """Points [count, 2] of a parabola that is lowest in its middle."""
    t = np.linspace(0, 1, count)[:, None]
    line: Floats = np.array(begin) * (1 - t) + np.array(end) * t
    return line + np.array([0.0, down]) * 4 * t * (1 - t)
