"""For plotters, cutters and lasers: strokes in the order of least travel, or joined into one line.

The sketch's own layer is kept, hidden.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from lxml import etree

from clipasso_core.document.attributes import INKSCAPE, SVG
from clipasso_core.document.drawing import Drawing, Line, apply, declare, looks, path_text
from clipasso_core.errors import UserError

ROUNDS = 40  # of improving a route; it settles in a few
STARTS = 4  # strokes from which routes are tried, both ways round: more find little
SMOOTH = 0.35  # of a gap: how far a joint goes on in the direction of the stroke before it turns


def order(drawing: Drawing, only: Sequence[Line] | None = None) -> float:
    """Add a layer with the strokes in plotting order, each turned to begin where the pen comes
    from. Returns the travel saved, 0 to 1.

    only: the lines to take; None takes all.
    """
    lines = _lines(drawing, only)
    ends = ends_of([(line.chains[0][0], line.chains[-1][-1]) for line in lines])
    before = travel(ends, [(index, False) for index in range(len(lines))])
    route = find_route(ends)
    layer = _new_layer(drawing, "plot order")
    for index, turned in route:
        node = copy.deepcopy(lines[index].node)
        node.set("id", drawing.new_id())
        chains = (
            [chain[::-1] for chain in lines[index].chains[::-1]] if turned else lines[index].chains
        )
        own = np.linalg.inv(lines[index].to_picture)
        node.set("d", " ".join(path_text(apply(own, chain)) for chain in chains))
        node.attrib.pop("transform", None)
        # it leaves the groups that it inherits from
        for name, value in looks(lines[index].node, drawing.styles).items():
            declare(node, name, value)
        _keep_place(node, lines[index], drawing)
        layer.append(node)
    after = travel(ends, route)
    return 1 - after / before if before else 0.0


def join(drawing: Drawing, only: Sequence[Line] | None = None) -> int:
    """Add a layer with one continuous path through the strokes. Returns how many strokes it joins.

    only: the lines to take; None takes all.
    """
    lines = _lines(drawing, only)
    chains = [chain for line in lines for chain in line.chains]
    whole = one_chain(chains)
    layer = _new_layer(drawing, "one line")
    node = etree.SubElement(layer, f"{{{SVG}}}path", id=drawing.new_id())
    node.set("style", lines[0].node.get("style") or "")
    for name, value in looks(lines[0].node, drawing.styles).items():
        declare(node, name, value)
    node.set("d", path_text(apply(_to_layer(drawing), whole)))
    scale = float(np.sqrt(abs(np.linalg.det(_to_layer(drawing)[:2, :2]))))
    declare(node, "stroke-width", f"{lines[0].width * scale:.5g}")
    declare(node, "fill", "none")
    return len(chains)


def one_chain(chains: Sequence[np.ndarray]) -> np.ndarray:
    """Chains of cubics [3k+1, 2] joined into one by the shortest way, with a cubic for each gap."""
    route = find_route(ends_of([(chain[0], chain[-1]) for chain in chains]))
    whole = _reversed_if(chains[route[0][0]], route[0][1])
    for index, turned in route[1:]:
        following = _reversed_if(chains[index], turned)
        whole = np.concatenate([whole, _joint(whole, following), following[1:]])
    return whole


Ends = list[tuple[complex, complex]]  # start and end of each stroke, x + iy
Route = list[tuple[int, bool]]  # which stroke comes next, and whether it is turned round


def ends_of(pairs: Sequence[tuple[np.ndarray, np.ndarray]]) -> Ends:
    """Start and end points [2] as complex numbers, with which distances are quick."""
    return [(complex(*one), complex(*other)) for one, other in pairs]


def find_route(ends: Ends) -> Route:
    """The order of least pen-up travel: nearest neighbour from several beginnings, each improved
    until it settles.
    """
    corner = sorted(
        range(len(ends)), key=lambda one: min(point.real + point.imag for point in ends[one])
    )
    starts = [
        (one, way) for one in corner[:: max(1, len(corner) // STARTS)] for way in (False, True)
    ]
    return min(
        (_improved(ends, _nearest(ends, start)) for start in starts),
        key=lambda route: travel(ends, route),
    )


def travel(ends: Ends, route: Route) -> float:
    """Length of the moves with the pen up."""
    return sum(abs(_leave(ends, one) - _enter(ends, other)) for one, other in pairwise(route))


def _nearest(ends: Ends, start: tuple[int, bool]) -> Route:
    route, left = [start], set(range(len(ends))) - {start[0]}
    while left:
        here = _leave(ends, route[-1])
        route.append(
            min(
                ((one, way) for one in left for way in (False, True)),
                key=lambda step: abs(here - _enter(ends, step)),
            )
        )
        left.discard(route[-1][0])
    return route


def _improved(ends: Ends, route: Route) -> Route:
    for _ in range(ROUNDS):
        turned, moved = _turn_parts(ends, route), _move_strokes(ends, route)
        if not (turned or moved):
            break
    return route


def _turn_parts(ends: Ends, route: Route) -> bool:
    """2-opt: turn round every part of the route that gets shorter by it. Returns whether there was
    one.
    """
    better = False
    count = len(route)
    for first in range(count):
        for last in range(first, count):
            gain = 0.0
            if first > 0:
                come = _leave(ends, route[first - 1])
                gain += abs(come - _enter(ends, route[first])) - abs(
                    come - _leave(ends, route[last])
                )
            if last < count - 1:
                go = _enter(ends, route[last + 1])
                gain += abs(_leave(ends, route[last]) - go) - abs(_enter(ends, route[first]) - go)
            if gain > 1e-9:
                route[first : last + 1] = [
                    (one, not turned) for one, turned in reversed(route[first : last + 1])
                ]
                better = True
    return better


def _move_strokes(ends: Ends, route: Route) -> bool:
    """Or-opt: put every stroke where it makes the route shortest. Returns whether one moved."""
    better = False
    for place in range(len(route)):
        before = travel(ends, route[max(0, place - 1) : place + 2])
        stroke, rest = route[place], route[:place] + route[place + 1 :]
        closed = travel(ends, rest[max(0, place - 1) : place + 1])
        best, where = before - closed, None
        for at in range(len(rest) + 1):
            around = rest[max(0, at - 1) : at + 1]
            plain = travel(ends, around) if 0 < at < len(rest) else 0.0
            for way in (False, True):
                step = (stroke[0], way)
                parts = [*rest[max(0, at - 1) : at], step, *rest[at : at + 1]]
                cost = travel(ends, parts) - plain
                if cost < best - 1e-9:
                    best, where = cost, (at, step)
        if where is not None:
            route[:] = [*rest[: where[0]], where[1], *rest[where[0] :]]
            better = True
    return better


def _enter(ends: Ends, step: tuple[int, bool]) -> complex:
    return ends[step[0]][1 if step[1] else 0]


def _leave(ends: Ends, step: tuple[int, bool]) -> complex:
    return ends[step[0]][0 if step[1] else 1]


def _reversed_if(chain: np.ndarray, turned: bool) -> np.ndarray:
    return chain[::-1] if turned else chain


def _joint(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """A cubic's two handles and end from the end of one chain to the start of the next, in the
    direction of both.
    """
    start, end = before[-1], after[0]
    reach = SMOOTH * float(np.hypot(*(start - end)))
    return np.stack(
        [start + reach * _direction(before[::-1]) * -1, end - reach * _direction(after), end]
    )


def _direction(chain: np.ndarray) -> np.ndarray:
    """In which a chain sets out."""
    for point in chain[1:]:
        length = float(np.hypot(*(point - chain[0])))
        if length > 1e-9:
            return (point - chain[0]) / length
    return np.zeros(2)


def _lines(drawing: Drawing, only: Sequence[Line] | None) -> list[Line]:
    lines = [
        line
        for line in (drawing.lines if only is None else only)
        if line.fixed != "filled" or line.darkness > 0
    ]
    if not lines:
        raise UserError("no-stroke", "the sketch has no stroke that could be plotted")
    return lines


def _to_layer(drawing: Drawing) -> np.ndarray:
    """From picture pixels to the layer's own coordinates."""
    return np.linalg.inv(drawing.ctm) @ drawing.to_page


def _keep_place(node: etree._Element, line: Line, drawing: Drawing) -> None:
    """A path that leaves its groups takes their transforms with it."""
    own = np.linalg.inv(drawing.ctm) @ drawing.to_page @ line.to_picture
    if not np.allclose(own, np.eye(3), atol=1e-9):
        node.set(
            "transform",
            "matrix({:.10g},{:.10g},{:.10g},{:.10g},{:.10g},{:.10g})".format(*own[:2].T.ravel()),
        )


def _new_layer(drawing: Drawing, what: str) -> etree._Element:
    """A copy of the layer without its content, above it; the old one is hidden."""
    old = drawing.layer
    if old.getparent() is None:
        raise UserError(
            "no-layer",
            "the strokes are in no layer: put them into one, or name a group with --layer",
        )
    layer = etree.Element(
        old.tag, {name: value for name, value in old.attrib.items() if name == "transform"}
    )
    layer.set("id", drawing.new_id().replace("stroke", "plot"))
    layer.set(f"{{{INKSCAPE}}}groupmode", "layer")
    label = old.get(f"{{{INKSCAPE}}}label") or old.get("id") or "Sketch"
    layer.set(f"{{{INKSCAPE}}}label", f"{label}, {what}")
    old.addnext(layer)
    declare(old, "display", "none")
    return layer
