"""Drawings that the engine must beat: no drawing at all, chance, and what other tools draw.

All are of the same canvas. Start strokes and the published schedule come from the engine itself.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import cv2
import numpy as np
from judges import canny
from numpy.typing import NDArray

from clipasso_core.document.path_data import read_path
from clipasso_core.frame import CANVAS_PX
from clipasso_core.photo.framing import SUBJECT
from clipasso_core.strokes import polyline

Chain = NDArray[np.floating]  # of cubics, [3k+1, 2] in canvas px

# a random stroke's length in units of sqrt(subject area / strokes), as the engine's first strokes
REACH = 1.44
BEND = 0.15  # how far its control points stray, as a share of its length
FIT_PX = 1.0  # how far a traced line may lie from the edge's pixels
FINER = 4  # filled shapes are drawn so many times larger and averaged down


def random_strokes(
    mask: NDArray[np.floating], count: int, rng: np.random.Generator, on_subject: bool
) -> list[Chain]:
    """Bent strokes in random places and directions.

    They lie all over the canvas, or with their middles on the subject.
    """
    subject = mask > SUBJECT
    length = REACH * max(8.0, math.sqrt(float(subject.sum()) / count))
    # middles [count, 2]
    rows, columns = np.nonzero(subject if on_subject and subject.any() else np.ones_like(subject))
    places = rng.integers(0, len(rows), count)
    middles = np.stack([columns[places], rows[places]], -1) + 0.5
    # from there to the control points of a straight stroke [count, 4, 2], and how they stray
    angles = rng.uniform(0, math.pi, count)
    directions = np.stack([np.cos(angles), np.sin(angles)], -1)
    along = np.linspace(-0.5, 0.5, 4)[None, :, None] * length * directions[:, None]
    astray = rng.normal(0, BEND * length, (count, 4, 2))
    return list(middles[:, None] + along + astray)


def centreline(canvas: NDArray[np.floating], mask: NDArray[np.floating], count: int) -> list[Chain]:
    """The longest lines of the thinned edge map, each a chain of as many cubics as it needs."""
    lines = sorted(walks(thin(canny(canvas, mask) < 0.5)), key=len, reverse=True)[:count]
    return [_fit(line) for line in lines if len(line) > 1]


def thin(ink: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Lines one pixel wide (Zhang & Suen 1984): [H, W]."""
    left = np.pad(ink, 1).astype(np.uint8)
    while True:
        before = left.sum()
        for half in (0, 1):
            around = [np.roll(left, (-y, -x), (0, 1)) for y, x in _RING]
            north, east, south, west = (around[i] for i in (0, 2, 4, 6))
            neighbours = sum(one.astype(int) for one in around)
            rises = sum((around[i] == 0) & (around[(i + 1) % 8] == 1) for i in range(8))
            open_before = north * east * (west if half else south) == 0
            open_behind = west * south * (north if half else east) == 0
            is_rim = (neighbours >= 2) & (neighbours <= 6) & (rises == 1)
            left[(left == 1) & is_rim & open_before & open_behind] = 0
        if left.sum() == before:
            return left[1:-1, 1:-1].astype(bool)


Cell = tuple[int, int]  # x, y
# (row, column), clockwise from the north
_RING = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))


def walks(lines: NDArray[np.bool_]) -> list[NDArray[np.floating]]:
    """Lines of pixels [H, W] as paths [n, 2] (x, y), from loose ends first.

    Each goes on as straight as it can.
    """
    free = {(int(x), int(y)) for y, x in zip(*np.nonzero(lines), strict=True)}

    def beside(cell: Cell) -> list[Cell]:
        around = [(cell[0] + x, cell[1] + y) for y, x in _RING]
        return [one for one in around if one in free]

    found: list[NDArray[np.floating]] = []
    for begin in sorted(free, key=lambda cell: len(beside(cell)) != 1):
        if begin not in free:
            continue
        free.remove(begin)
        path = [begin]
        while choices := beside(path[-1]):
            step = _straightest(path, choices)
            free.remove(step)
            path.append(step)
        found.append(np.array(path, dtype=np.float64) + 0.5)
    return found


def _straightest(path: Sequence[Cell], choices: Sequence[Cell]) -> Cell:
    """The first choice that goes on as the last few steps of a path went."""
    here = path[-1]
    back = path[max(0, len(path) - 5)]
    way = (here[0] - back[0], here[1] - back[1])
    steps = [(cell[0] - here[0], cell[1] - here[1]) for cell in choices]
    along = [(way[0] * x + way[1] * y) / math.hypot(x, y) for x, y in steps]
    return choices[along.index(max(along))]


def _fit(line: NDArray[np.floating]) -> Chain:
    """A chain of cubics through the ends of a path of pixels [n, 2], within `FIT_PX` of it."""
    t = np.linspace(0, 1, len(line))[:, None]
    first, last = line[0], line[-1]
    # weights of the two handles [n, 2], and what they have to make up for [n, 2]
    inner = np.concatenate([3 * t * (1 - t) ** 2, 3 * t * t * (1 - t)], 1)
    rest = line - (1 - t) ** 3 * first - t**3 * last
    handles = np.linalg.lstsq(inner, rest, rcond=None)[0]
    # how far each pixel stays from the curve [n]
    away = np.linalg.norm(rest - inner @ handles, axis=1)
    if len(line) > 8 and away.max() > FIT_PX:
        cut = int(np.clip(away.argmax(), 4, len(line) - 5))
        return np.concatenate([_fit(line[: cut + 1]), _fit(line[cut:])[1:]])
    return np.stack([first, *handles, last])


def vtracer_shapes(canvas: NDArray[np.floating], count: int) -> list[list[Chain]]:
    """The largest black shapes that vtracer finds in the canvas, cut at Otsu's threshold.

    For each its outlines, holes included.
    """
    import vtracer

    grey = np.clip(canvas.mean(2) * 255, 0, 255).astype(np.uint8)
    _, levels = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    done, data = cv2.imencode(".png", levels)
    assert done
    text = vtracer.convert_raw_image_to_svg(
        data.tobytes(), img_format="png", colormode="binary", filter_speckle=2
    )
    shapes = []
    for d, x, y in re.findall(r'<path d="([^"]+)"[^>]*translate\(([-\d.]+),([-\d.]+)\)', text):
        corner = np.array([float(x), float(y)])
        shapes.append([chain + corner for chain in read_path(d)[0]])
    return sorted(filter(None, shapes), key=lambda shape: -_extent(shape[0]))[:count]


def _extent(chain: Chain) -> float:
    return float(np.prod(np.ptp(chain, axis=0)))


def filled(shapes: list[list[Chain]]) -> NDArray[np.floating]:
    """Black shapes on white, [224, 224] in 0..1."""
    page = np.zeros((CANVAS_PX * FINER, CANVAS_PX * FINER), np.uint8)
    for shape in shapes:
        cover = np.zeros_like(page)
        corners = [np.round(polyline(chain, 9) * FINER).astype(np.int32) for chain in shape]
        cv2.fillPoly(cover, corners, 1)
        page |= cover
    size = (CANVAS_PX, CANVAS_PX)
    ink = cv2.resize(page.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return 1 - np.asarray(ink, np.float32)
