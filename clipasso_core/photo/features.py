"""The features of a face as lines that one would draw: lids, brows, nose, mouth, jaw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clipasso_core.photo.face_mesh import LEFT_CORNERS, RIGHT_CORNERS, Eye
from clipasso_core.photo.faces import Face
from clipasso_core.photo.glasses import Glasses
from clipasso_core.strokes import bernstein

# Points of the mesh along each line; right and left are the person's own
RIGHT_BROW = ((70, 63, 105, 66, 107), (46, 53, 52, 65, 55))  # its upper edge, its lower one
LEFT_BROW = ((300, 293, 334, 296, 336), (276, 283, 282, 295, 285))
NOSE_BASE = (64, 98, 97, 2, 326, 327, 294)
INNER_UPPER_LIP = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
INNER_LOWER_LIP = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
OUTER_UPPER_LIP = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291)
OUTER_LOWER_LIP = (181, 84, 17, 314, 405)  # its middle: more would close the mouth's line
JAW = (58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288)
BRIDGE = 168  # between the eyes

TURNED_AWAY = 0.35  # how wide one half of the face is to the other, from where it hides
CLOSED = 0.13  # an eye's height to its width, below which it is closed
OPEN = 0.1  # a mouth's, above which it is open
HANGING = ((-1.0, -0.5), (-0.9, 1.2), (0.9, 1.2), (1.0, -0.5))  # an iris, in radii about its middle


@dataclass(frozen=True, eq=False)
class Feature:
    """One line of a face.

    part: its name, such as ``left lid``. curve: [4, 2] a cubic in the photograph's pixels.
    """

    part: str
    curve: NDArray[np.floating]

    @property
    def kind(self) -> str:
        """The part without its side: ``lid``; those of a kind come in pairs."""
        return self.part.removeprefix("right ").removeprefix("left ")


def features(face: Face) -> list[Feature]:
    """The lines of a face, most needed first; those that can't be seen are left out."""
    flat = face.mesh[:, :2]
    right, left = _seen_sides(flat)
    eyes = [("right", face.right)] * right + [("left", face.left)] * left
    brows = [("right", RIGHT_BROW)] * right + [("left", LEFT_BROW)] * left
    found = [Feature(f"{side} lid", cubic(_lid(eye))) for side, eye in eyes]
    across = _Across(flat, right, left)
    mouth, lip = _mouth(across)
    found.append(mouth)
    found.append(Feature("jaw", cubic(across.trace(JAW))))
    found.append(Feature("nose", cubic(across.trace(NOSE_BASE))))
    found += [Feature(f"{side} iris", _iris(eye)) for side, eye in eyes if not _is_closed(eye)]
    found += _frame(face.glasses, right, left)
    found += [
        Feature(f"{side} brow", cubic(flat[np.array(edges)].mean(0))) for side, edges in brows
    ]
    found.append(lip)
    found += [
        Feature(f"{side} lower lid", cubic(eye.lower)) for side, eye in eyes if not _is_closed(eye)
    ]
    return found


@dataclass(frozen=True, eq=False)
class _Across:
    """Lines that run across a face, from the person's right to the left: of a profile half of each
    is seen. flat: [468, 2].
    """

    flat: NDArray[np.floating]
    right: bool
    left: bool

    def trace(self, points: Sequence[int]) -> NDArray[np.floating]:
        """What is seen of a line through points of the mesh, [n, 2]."""
        middle = len(points) // 2
        seen = points if self.left else points[: middle + 1]
        seen = seen if self.right else seen[middle:]
        trace: NDArray[np.floating] = self.flat[list(seen)]
        return trace


def _frame(glasses: Glasses | None, right: bool, left: bool) -> list[Feature]:
    """The lines of glasses, on the sides that are seen."""
    if glasses is None:
        return []
    rims = [("right", glasses.right)] * right + [("left", glasses.left)] * left
    return [
        *(Feature(f"{side} rim", curve) for side, curve in rims),
        Feature("bridge", glasses.bridge),
    ]


def cubic(trace: NDArray[np.floating]) -> NDArray[np.floating]:
    """The cubic [4, 2] from the first to the last point of a trace [n, 2], nearest to the rest."""
    # how far along each point lies, 0..1: [n]
    steps = np.linalg.norm(np.diff(trace, axis=0), axis=1)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    # Bernstein's polynomials there, and what the two inner points have to give: [n, 4], [n, 2]
    basis = bernstein(along / max(float(along[-1]), 1e-9))
    missing = trace - basis[:, [0]] * trace[0] - basis[:, [3]] * trace[-1]
    inner = np.linalg.lstsq(basis[:, 1:3], missing, rcond=None)[0]
    return np.stack([trace[0], inner[0], inner[1], trace[-1]])


def _seen_sides(flat: NDArray[np.floating]) -> tuple[bool, bool]:
    """Whether the right half of the face is seen, and the left one. flat: [468, 2]."""
    outer = np.stack([flat[RIGHT_CORNERS[0]], flat[LEFT_CORNERS[0]]])
    level = outer[1] - outer[0]
    level = level / max(float(np.linalg.norm(level)), 1e-9)
    # from the bridge of the nose to the outer corners, along the line between these
    right, left = (outer - flat[BRIDGE]) @ level * (-1, 1)
    return bool(right > TURNED_AWAY * left), bool(left > TURNED_AWAY * right)


def _lid(eye: Eye) -> NDArray[np.floating]:
    """The line that one draws of an eye: the upper lid; of a closed one, where the lids meet."""
    return eye.lower if _is_closed(eye) else eye.upper


def _is_closed(eye: Eye) -> bool:
    width = float(np.linalg.norm(eye.upper[-1] - eye.upper[0]))
    gap = np.linalg.norm(eye.upper[1:-1] - eye.lower[1:-1], axis=1).max()
    return bool(gap < CLOSED * width)


def _iris(eye: Eye) -> NDArray[np.floating]:
    """An arc [4, 2] that hangs from the upper lid."""
    along = eye.upper[-1] - eye.upper[0]
    along = along / max(float(np.linalg.norm(along)), 1e-9)
    down = np.array([-along[1], along[0]])
    if down @ (eye.lower - eye.upper).mean(0) < 0:
        down = -down
    places = np.array(HANGING) * eye.radius  # [4, 2]
    arc: NDArray[np.floating] = eye.iris + places[:, [0]] * along + places[:, [1]] * down
    return arc


def _mouth(across: _Across) -> tuple[Feature, Feature]:
    """The line of the mouth and that of a lip.

    Of a closed mouth where the lips meet, and the lower lip's edge. Of an open one the lower edge
    of the opening, which is what smiles, and the upper lip's edge.
    """
    upper, lower = across.trace(INNER_UPPER_LIP), across.trace(INNER_LOWER_LIP)
    width = float(np.linalg.norm(upper[-1] - upper[0]))
    gap = float(np.linalg.norm(upper - lower, axis=1).max())
    if gap > OPEN * width:
        lip = Feature("upper lip", cubic(across.trace(OUTER_UPPER_LIP)))
        return Feature("mouth", cubic(lower)), lip
    lip = Feature("lower lip", cubic(across.trace(OUTER_LOWER_LIP)))
    return Feature("mouth", cubic((upper + lower) / 2)), lip
