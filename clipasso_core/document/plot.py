"""For plotters, cutters and lasers: strokes in the order of least travel, or joined into one line.

The sketch's own layer is kept, hidden.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence

import numpy as np
from lxml import etree

from clipasso_core.document.drawing import Drawing, Line, apply, looks, path_text
from clipasso_core.document.stylesheet import declare
from clipasso_core.document.svg import INKSCAPE, SVG
from clipasso_core.errors import UserError
from clipasso_core.route import find_route, one_chain, travel


def order_strokes(drawing: Drawing, only: Sequence[Line] | None = None) -> float:
    """Add a layer with the strokes in plotting order, each turned to begin where the pen comes
    from. Returns the travel saved, 0 to 1.

    only: the lines to take; None takes all.
    """
    lines = _lines(drawing, only)
    ends = np.array([(line.chains[0][0], line.chains[-1][-1]) for line in lines])
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


def join_strokes(drawing: Drawing, only: Sequence[Line] | None = None) -> int:
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
