"""For plotters, cutters and lasers: strokes in the order of least travel, or joined into one line.

The sketch's own layer is kept, hidden.
"""

from __future__ import annotations

import copy
from itertools import pairwise

import numpy as np
from lxml import etree

from clipasso_core.drawing import Drawing, Line, apply, declare, path_text
from clipasso_core.errors import UserError
from clipasso_core.svg import INKSCAPE, SVG

ROUNDS = 40  # of improving a route; it settles in a few
SMOOTH = 0.35  # of a gap: how far a joint goes on in the direction of the stroke before it turns


def order(drawing: Drawing) -> float:
    """Add a layer with the strokes in plotting order, each turned to begin where the pen comes from. Returns the travel saved, 0 to 1."""
    lines = _lines(drawing)
    ends = [(line.chains[0][0], line.chains[-1][-1]) for line in lines]
    before = travel(ends, [(index, False) for index in range(len(lines))])
    route = find_route(ends)
    layer = _new_layer(drawing, "plot order")
    for index, turned in route:
        node = copy.deepcopy(lines[index].node)
        node.set("id", drawing.new_id())
        chains = [chain[::-1] for chain in lines[index].chains[::-1]] if turned else lines[index].chains
        own = np.linalg.inv(lines[index].to_picture)
        node.set("d", " ".join(path_text(apply(own, chain)) for chain in chains))
        node.attrib.pop("transform", None)
        _keep_place(node, lines[index], drawing)
        layer.append(node)
    after = travel(ends, route)
    return 1 - after / before if before else 0.0


def join(drawing: Drawing) -> int:
    """Add a layer with one continuous path through all strokes. Returns how many strokes it joins."""
    lines = _lines(drawing)
    chains = [chain for line in lines for chain in line.chains]
    route = find_route([(chain[0], chain[-1]) for chain in chains])
    whole = _reversed_if(chains[route[0][0]], route[0][1])
    for index, turned in route[1:]:
        following = _reversed_if(chains[index], turned)
        whole = np.concatenate([whole, _joint(whole, following), following[1:]])
    layer = _new_layer(drawing, "one line")
    node = etree.SubElement(layer, f"{{{SVG}}}path", id=drawing.new_id())
    for name in ("style", "stroke", "stroke-width", "fill"):
        if lines[0].node.get(name):
            node.set(name, lines[0].node.get(name))
    node.set("d", path_text(apply(_to_layer(drawing), whole)))
    scale = float(np.sqrt(abs(np.linalg.det(_to_layer(drawing)[:2, :2]))))
    declare(node, "stroke-width", f"{lines[0].width * scale:.5g}")
    declare(node, "fill", "none")
    return len(chains)


def find_route(ends: list[tuple[np.ndarray, np.ndarray]]) -> list[tuple[int, bool]]:
    """Strokes as (index, turned round) in the order of least pen-up travel: nearest neighbour, then 2-opt until it settles.

    ends: start and end of each stroke, [2] each.
    """
    left = set(range(len(ends)))
    low = min(left, key=lambda one: float(np.minimum(ends[one][0].sum(), ends[one][1].sum())))
    route = [(low, bool(ends[low][1].sum() < ends[low][0].sum()))]
    left.discard(low)
    while left:
        here = _leave(ends, route[-1])
        one, turned = min(((one, way) for one in left for way in (False, True)), key=lambda pair: _gap(here, _enter(ends, pair)))
        route.append((one, turned))
        left.discard(one)
    for _ in range(ROUNDS):
        if not _improve(ends, route):
            break
    return route


def travel(ends: list[tuple[np.ndarray, np.ndarray]], route: list[tuple[int, bool]]) -> float:
    """Length of the moves with the pen up."""
    return sum(_gap(_leave(ends, one), _enter(ends, other)) for one, other in pairwise(route))


def _improve(ends: list[tuple[np.ndarray, np.ndarray]], route: list[tuple[int, bool]]) -> bool:
    """Turn round every part of the route that gets shorter by it. Returns whether there was one."""
    better = False
    count = len(route)
    for first in range(count):
        for last in range(first, count):
            before = after = 0.0
            if first > 0:
                come = _leave(ends, route[first - 1])
                before += _gap(come, _enter(ends, route[first]))
                after += _gap(come, _leave(ends, route[last]))
            if last < count - 1:
                go = _enter(ends, route[last + 1])
                before += _gap(_leave(ends, route[last]), go)
                after += _gap(_enter(ends, route[first]), go)
            if after < before - 1e-9:
                route[first : last + 1] = [(one, not turned) for one, turned in reversed(route[first : last + 1])]
                better = True
    return better


def _enter(ends: list[tuple[np.ndarray, np.ndarray]], step: tuple[int, bool]) -> np.ndarray:
    return ends[step[0]][1 if step[1] else 0]


def _leave(ends: list[tuple[np.ndarray, np.ndarray]], step: tuple[int, bool]) -> np.ndarray:
    return ends[step[0]][0 if step[1] else 1]


def _gap(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.hypot(*(one - other)))


def _reversed_if(chain: np.ndarray, turned: bool) -> np.ndarray:
    return chain[::-1] if turned else chain


def _joint(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """A cubic's two handles and end from the end of one chain to the start of the next, in the direction of both."""
    start, end = before[-1], after[0]
    reach = SMOOTH * _gap(start, end)
    return np.stack([start + reach * _direction(before[::-1]) * -1, end - reach * _direction(after), end])


def _direction(chain: np.ndarray) -> np.ndarray:
    """In which a chain sets out."""
    for point in chain[1:]:
        length = _gap(point, chain[0])
        if length > 1e-9:
            return (point - chain[0]) / length
    return np.zeros(2)


def _lines(drawing: Drawing) -> list[Line]:
    lines = [line for line in drawing.lines if line.fixed != "filled" or line.darkness > 0]
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
        node.set("transform", "matrix({:.10g},{:.10g},{:.10g},{:.10g},{:.10g},{:.10g})".format(*own[:2].T.ravel()))


def _new_layer(drawing: Drawing, what: str) -> etree._Element:
    """A copy of the layer without its content, above it; the old one is hidden."""
    old = drawing.layer
    if old.getparent() is None:
        raise UserError("no-layer", "the strokes are in no layer: put them into one, or name a group with --layer")
    layer = etree.Element(old.tag, {name: value for name, value in old.attrib.items() if name == "transform"})
    layer.set("id", drawing.new_id().replace("stroke", "plot"))
    layer.set(f"{{{INKSCAPE}}}groupmode", "layer")
    label = old.get(f"{{{INKSCAPE}}}label") or old.get("id") or "Sketch"
    layer.set(f"{{{INKSCAPE}}}label", f"{label}, {what}")
    old.addnext(layer)
    declare(old, "display", "none")
    return layer
