"""Shapes that are selected together with a bitmap: a person marks regions of it with them."""

from __future__ import annotations

import math
from typing import Any, Iterator, List, NamedTuple, Sequence, Tuple

from inkex import Transform

from clipasso_ext.document.attributes import read_length, read_numbers
from clipasso_ext.document.cascade import inherited
from clipasso_ext.document.chains import chains_of, points_along
from clipasso_ext.document.elements import tag
from clipasso_ext.document.placement import to_page, viewport
from clipasso_ext.names import RANK, SKETCH

CLOSED = 1e-6  # of a path's extent: what is nearer is one
Point = Tuple[float, float]


class Shape(NamedTuple):
    """What a closed outline encloses. rings: its parts, each without its first point again.
    even_odd: whether that is its fill rule, else nonzero.
    """

    rings: List[List[Point]]
    even_odd: bool

    def seen_by(self, transform: Transform) -> Shape:
        """The same in other coordinates."""
        (a, c, e), (b, d, f) = transform.matrix
        rings = [[(a * x + c * y + e, b * x + d * y + f) for x, y in ring] for ring in self.rings]
        return Shape(rings, self.even_odd)

    @property
    def lies_over_the_picture(self) -> bool:
        """Whether it encloses some of the square from 0, 0 to 1, 1, which is the picture where
        places are shares of its width and height.
        """
        if any(_crosses(one, other) for ring in self.rings for one, other in _edges(ring)):
            return True
        turns = sum(_turns(ring, (0.5, 0.5)) for ring in self.rings)
        return bool(turns % 2 if self.even_odd else turns)


def find_shapes(svg: Any, ids: Sequence[str]) -> List[Shape]:
    """The shapes among what is selected, in the order of the page and in the document's user units:
    closed paths, rectangles, circles, ellipses and polygons. Strokes of a sketch are none, though
    those with thin ends are outlines.
    """
    found = []
    selected = set(ids)
    for element in svg.iter() if selected else ():
        if element.get("id") not in selected or _is_sketched(element):
            continue
        rings = [
            [(point.real, point.imag) for point in points_along(chain)[:-1]]
            for chain in chains_of(_outline(element, svg))
            if _is_closed(chain)
        ]
        rings = [ring for ring in rings if _encloses(ring)]
        if rings:
            shape = Shape(rings, inherited(element, "fill-rule") == "evenodd")
            found.append(shape.seen_by(to_page(element, svg)))
    return found


def _is_sketched(element: Any) -> bool:
    """Whether the engine drew it."""
    around = (element, *element.iterancestors())
    return element.get(RANK) is not None or any(one.get(SKETCH) for one in around)


def _outline(element: Any, svg: Any) -> str:
    """Path data of an element; empty for one that is no shape."""
    kind = tag(element)
    if kind == "path":
        return element.get("d") or ""
    if kind == "polygon":
        return _polygon(read_numbers(element.get("points") or "") or [])
    width, height = viewport(svg)
    if kind == "rect":
        return _rectangle(element, width, height)
    if kind in ("circle", "ellipse"):
        return _ellipse(element, width, height)
    return ""


def _polygon(numbers: List[float]) -> str:
    places = [f"{x!r},{y!r}" for x, y in zip(numbers[::2], numbers[1::2])]
    return f"M {' L '.join(places)} Z" if places else ""


def _rectangle(element: Any, whole_width: float, whole_height: float) -> str:
    x, width = (read_length(element.get(name), whole_width) for name in ("x", "width"))
    y, height = (read_length(element.get(name), whole_height) for name in ("y", "height"))
    if not min(width, height) > 0:
        return ""
    across, down = _radii(element, whole_width, whole_height)
    across, down = min(across, width / 2), min(down, height / 2)
    if not min(across, down) > 0:
        return f"M {x!r},{y!r} h {width!r} v {height!r} h {-width!r} Z"
    arc = f"a {across!r},{down!r} 0 0 1"
    straight = width - 2 * across, height - 2 * down
    return (
        f"M {x + across!r},{y!r} h {straight[0]!r} {arc} {across!r},{down!r}"
        f" v {straight[1]!r} {arc} {-across!r},{down!r}"
        f" h {-straight[0]!r} {arc} {-across!r},{-down!r}"
        f" v {-straight[1]!r} {arc} {across!r},{-down!r} Z"
    )


def _ellipse(element: Any, whole_width: float, whole_height: float) -> str:
    x = read_length(element.get("cx"), whole_width)
    y = read_length(element.get("cy"), whole_height)
    if tag(element) == "circle":
        # SVG 2, section 7.10: what 100 % of a length in no direction are
        whole = math.hypot(whole_width, whole_height) / math.sqrt(2)
        across = down = read_length(element.get("r"), whole)
    else:
        across, down = _radii(element, whole_width, whole_height)
    if not min(across, down) > 0:
        return ""
    arc = f"a {across!r},{down!r} 0 0 1"
    return f"M {x - across!r},{y!r} {arc} {2 * across!r},0 {arc} {-2 * across!r},0 Z"


def _radii(element: Any, whole_width: float, whole_height: float) -> Point:
    """rx and ry; one that is missing is as the other."""
    across, down = element.get("rx"), element.get("ry")
    found = read_length(across, whole_width), read_length(down, whole_height)
    if across in (None, "auto"):
        return found[1], found[1]
    if down in (None, "auto"):
        return found[0], found[0]
    return found


def _is_closed(chain: Any) -> bool:
    """Whether a chain ends where it begins."""
    xs, ys = ([node[1][axis] for node in chain] for axis in (0, 1))
    extent = max(max(xs) - min(xs), max(ys) - min(ys))
    return bool(abs(xs[-1] - xs[0]) + abs(ys[-1] - ys[0]) <= CLOSED * extent)


def _encloses(ring: List[Point]) -> bool:
    """Whether it has an inside: its points lie on no line, and within what can be reckoned."""
    if len(ring) < 3:
        return False
    x, y = ring[0]
    aways = [(px - x, py - y) for px, py in ring]
    # products, since a power that is too large is an error
    across, down = max(aways, key=lambda away: away[0] * away[0] + away[1] * away[1])
    least = CLOSED * (across * across + down * down)
    return any(abs(across * dy - down * dx) > least for dx, dy in aways)


def _edges(ring: List[Point]) -> Iterator[Tuple[Point, Point]]:
    yield from zip(ring, ring[1:] + ring[:1])


def _crosses(one: Point, other: Point) -> bool:
    """Whether a line passes through the inside of the square from 0, 0 to 1, 1, by Liang and
    Barsky: it enters each of its two strips before it leaves any.
    """
    enters, leaves = 0.0, 1.0
    for start, end in zip(one, other):
        along = end - start
        if not along:
            if not 0 < start < 1:
                return False
            continue
        first, last = sorted((-start / along, (1 - start) / along))
        enters, leaves = max(enters, first), min(leaves, last)
    return enters < leaves


def _turns(ring: List[Point], place: Point) -> int:
    """How often a ring winds around a place."""
    x, y = place
    turns = 0
    for (x0, y0), (x1, y1) in _edges(ring):
        if (y0 <= y) != (y1 <= y):
            side = (x1 - x0) * (y - y0) - (x - x0) * (y1 - y0)
            turns += 1 if y1 > y0 and side > 0 else -1 if y1 <= y0 and side < 0 else 0
    return turns
