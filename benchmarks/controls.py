"""Drawings that the engine must beat: no drawing at all, chance, and what other tools make of the
same canvas.

Strokes are lists of chains of cubics [3k+1, 2] in canvas px. The start strokes and the published
schedule come from the engine itself.
"""

from __future__ import annotations

import math
import re
from typing import Any

import cv2
import numpy as np
from judges import canny

from clipasso_core.frame import CANVAS_PX
from clipasso_core.photo.framing import SUBJECT
from clipasso_core.strokes import polyline

# a random stroke's length in units of sqrt(subject area / strokes): as long as the engine's own
# first strokes
REACH = 1.44
BEND = 0.15  # how far its control points stray, as a share of its length
FIT_PX = 1.0  # how far a traced line may lie from the edge's pixels
FINER = 4  # filled shapes are drawn so many times larger and averaged down


def random_strokes(
    mask: np.ndarray, count: int, rng: np.random.Generator, on_subject: bool
) -> list[np.ndarray]:
    """Bent strokes in random places and directions, all over the canvas or with their middles on
    the subject.
    """
    subject = mask > SUBJECT
    length = REACH * max(8.0, math.sqrt(float(subject.sum()) / count))
    rows, columns = np.nonzero(subject if on_subject and subject.any() else np.ones_like(subject))
    places = rng.integers(0, len(rows), count)
    middles = np.stack([columns[places], rows[places]], -1) + 0.5
    angles = rng.uniform(0, math.pi, count)
    along = (
        np.linspace(-0.5, 0.5, 4)[None, :, None]
        * length
        * np.stack([np.cos(angles), np.sin(angles)], -1)[:, None]
    )
    return list(middles[:, None] + along + rng.normal(0, BEND * length, (count, 4, 2)))


def centreline(canvas: np.ndarray, mask: np.ndarray, count: int) -> list[np.ndarray]:
    """The longest lines of the thinned edge map, each a chain of as many cubics as it needs."""
    lines = sorted(walks(thin(canny(canvas, mask) < 0.5)), key=len, reverse=True)[:count]
    return [_fit(line) for line in lines if len(line) > 1]


def thin(ink: np.ndarray) -> np.ndarray:
    """Lines one pixel wide (Zhang & Suen 1984): [H, W] bool."""
    left = np.pad(ink, 1).astype(np.uint8)
    while True:
        before = left.sum()
        for half in (0, 1):
            around = [np.roll(left, (-y, -x), (0, 1)) for y, x in _RING]
            north, east, south, west = (around[i] for i in (0, 2, 4, 6))
            neighbours = sum(one.astype(int) for one in around)
            rises = sum((around[i] == 0) & (around[(i + 1) % 8] == 1) for i in range(8))
            ends = (north * east * (west if half else south) == 0) & (
                west * south * (north if half else east) == 0
            )
            left[(left == 1) & (neighbours >= 2) & (neighbours <= 6) & (rises == 1) & ends] = 0
        if left.sum() == before:
            return left[1:-1, 1:-1].astype(bool)


# (row, column), clockwise from the north
_RING = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))


def walks(lines: np.ndarray) -> list[np.ndarray]:
    """Lines of pixels [H, W] as paths [n, 2] (x, y), each going on as straight as it can; from
    loose ends first.
    """
    free = {(int(x), int(y)) for y, x in zip(*np.nonzero(lines), strict=True)}

    def beside(cell: tuple[int, int]) -> list[tuple[int, int]]:
        return [(cell[0] + x, cell[1] + y) for y, x in _RING if (cell[0] + x, cell[1] + y) in free]

    found = []
    for begin in sorted(free, key=lambda cell: len(beside(cell)) != 1):
        if begin not in free:
            continue
        free.remove(begin)
        path = [begin]
        while choices := beside(path[-1]):
            back = path[max(0, len(path) - 5)]
            way = (path[-1][0] - back[0], path[-1][1] - back[1])
            step = max(
                choices,
                key=lambda cell: _along(way, (cell[0] - path[-1][0], cell[1] - path[-1][1])),
            )
            free.remove(step)
            path.append(step)
        found.append(np.array(path, dtype=np.float64) + 0.5)
    return found


def _along(way: tuple[int, int], step: tuple[int, int]) -> float:
    return (way[0] * step[0] + way[1] * step[1]) / math.hypot(*step)


def _fit(line: np.ndarray) -> np.ndarray:
    """A chain of cubics [3k+1, 2] through the ends of a path of pixels [n, 2], within `FIT_PX` of
    it.
    """
    t = np.linspace(0, 1, len(line))[:, None]
    first, last = line[0], line[-1]
    inner = np.concatenate([3 * t * (1 - t) ** 2, 3 * t * t * (1 - t)], 1)
    rest = line - (1 - t) ** 3 * first - t**3 * last
    handles = np.linalg.lstsq(inner, rest, rcond=None)[0]
    away = np.linalg.norm(rest - inner @ handles, axis=1)
    if len(line) > 8 and away.max() > FIT_PX:
        cut = int(np.clip(away.argmax(), 4, len(line) - 5))
        return np.concatenate([_fit(line[: cut + 1]), _fit(line[cut:])[1:]])
    return np.stack([first, *handles, last])


def vtracer_shapes(canvas: np.ndarray, count: int) -> list[list[np.ndarray]]:
    """The largest black shapes that vtracer finds in the canvas, cut at Otsu's threshold: for each
    its outlines, holes included.
    """
    import vtracer
    from svgelements import Path

    grey = np.clip(canvas.mean(2) * 255, 0, 255).astype(np.uint8)
    _, levels = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    done, data = cv2.imencode(".png", levels)
    assert done
    text = vtracer.convert_raw_image_to_svg(
        data.tobytes(), img_format="png", colormode="binary", filter_speckle=2
    )
    shapes = []
    for d, x, y in re.findall(r'<path d="([^"]+)"[^>]*translate\(([-\d.]+),([-\d.]+)\)', text):
        outlines = [
            _outline(part) + np.array([float(x), float(y)])
            for part in Path(d).as_subpaths()
            if len(part) > 2
        ]
        shapes.append([one for one in outlines if len(one) >= 4])
    return sorted(filter(None, shapes), key=lambda shape: -_extent(shape[0]))[:count]


def _outline(subpath: Any) -> np.ndarray:
    """A closed subpath of lines and cubics as a chain [3k+1, 2]."""
    from svgelements import Move

    points: list[complex] = []
    for segment in subpath:
        if isinstance(segment, Move) or segment.start == segment.end:
            continue
        begin, end = complex(segment.start), complex(segment.end)
        if hasattr(segment, "control1"):
            handles = [complex(segment.control1), complex(segment.control2)]
        else:
            handles = [begin + (end - begin) / 3, begin + (end - begin) * 2 / 3]
        points += [*([] if points else [begin]), *handles, end]
    return np.array([(one.real, one.imag) for one in points]).reshape(-1, 2)


def _extent(chain: np.ndarray) -> float:
    return float(np.prod(np.ptp(chain, axis=0)))


def filled(shapes: list[list[np.ndarray]]) -> np.ndarray:
    """Black shapes on white, [224, 224] in 0..1."""
    page = np.zeros((CANVAS_PX * FINER, CANVAS_PX * FINER), np.uint8)
    for shape in shapes:
        cover = np.zeros_like(page)
        cv2.fillPoly(
            cover, [np.round(polyline(chain, 9) * FINER).astype(np.int32) for chain in shape], 1
        )
        page |= cover
    return 1 - cv2.resize(
        page.astype(np.float32), (CANVAS_PX, CANVAS_PX), interpolation=cv2.INTER_AREA
    )
