"""For plotters, cutters and lasers: strokes in the order of least travel, or joined into one line.

The sketch's own layer is kept, hidden.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from itertools import count

import numpy as np
from lxml import etree
from numpy.typing import NDArray

from clipasso_core.document.attributes import INKSCAPE, SVG, is_flat
from clipasso_core.document.drawing import Drawing, Line, apply, looks
from clipasso_core.document.path_data import path_text
from clipasso_core.document.stylesheet import declare
from clipasso_core.errors import Cancelled, UserError
from clipasso_core.route import OnProgress, find_route, one_chain, travel

FARTHEST = 1e9  # from the origin, user units and px: beyond, numbers lose what is seen of a stroke


def order_strokes(
    drawing: Drawing, only: Sequence[Line] | None = None, on_progress: OnProgress | None = None
) -> float:
    """Add a layer with the strokes in plotting order, each turned to begin where the pen comes
    from. Returns the travel saved, 0 to 1.

    only: the lines to take; None takes all. on_progress: told step and steps; when it returns False
    nothing is added, and `Cancelled` raised. Raises `UserError`.
    """
    lines = lines_to_plot(drawing, only)
    to_layer = drawing.to_layer
    ends = np.array([(line.chains[0][0], line.chains[-1][-1]) for line in lines])
    before = travel(ends, [(index, False) for index in range(len(lines))])
    route = find_route(ends, _or_cancelled(on_progress))
    layer = _new_layer(drawing, "plot order")
    names = _new_ids(drawing)
    for index, turned in route:
        node = _copied(lines[index], turned, drawing)
        node.set("id", next(names))
        _keep_place(node, to_layer @ lines[index].to_picture)
        layer.append(node)
    after = travel(ends, route)
    return 1 - after / before if before else 0.0


def join_strokes(
    drawing: Drawing, only: Sequence[Line] | None = None, on_progress: OnProgress | None = None
) -> int:
    """Add a layer with one continuous path through the strokes. Returns how many strokes it joins.

    only, on_progress: as of `order_strokes`. Raises `UserError`.
    """
    lines = lines_to_plot(drawing, only)
    to_layer = drawing.to_layer
    chains = [chain for line in lines for chain in line.chains]
    whole = apply(to_layer, one_chain(chains, _or_cancelled(on_progress)))
    scale = float(np.sqrt(abs(np.linalg.det(to_layer[:2, :2]))))
    layer = _new_layer(drawing, "one line")
    node = etree.SubElement(layer, f"{{{SVG}}}path", id=next(_new_ids(drawing)))
    node.set("style", lines[0].node.get("style") or "")
    for name, value in looks(lines[0].node, drawing.styles).items():
        declare(node, name, value)
    node.set("d", path_text(whole))
    declare(node, "stroke-width", f"{lines[0].width * scale:.5g}")
    declare(node, "fill", "none")
    return len(chains)


def _or_cancelled(on_progress: OnProgress | None) -> OnProgress | None:
    """A half-way route is of no use: who wants to stop wants nothing."""
    if on_progress is None:
        return None

    def tell(step: int, steps: int) -> None:
        if on_progress(step, steps) is False:
            raise Cancelled

    return tell


def lines_to_plot(drawing: Drawing, only: Sequence[Line] | None = None) -> list[Line]:
    """Those that have a stroke. Raises `UserError` where that is none, or one lies beyond all
    paper, and where there is no layer beside which another could be laid.
    """
    lines = drawing.lines if only is None else only
    lines = [line for line in lines if line.fixed != "filled" or line.darkness > 0]
    if not lines:
        raise UserError("no-stroke", "the sketch has no stroke that could be plotted")
    if drawing.layer.getparent() is None:
        raise UserError(
            "no-layer",
            "the strokes are in no layer: put them into one, or name a group with --layer",
        )
    for line in lines:
        if not (_is_near(line.chains, drawing.to_layer) and line.width < FARTHEST):
            raise _far(line.id)
    return list(lines)


def _far(ident: str | None) -> UserError:
    if not ident:
        return UserError(
            "bad-stroke",
            "the stroke without an id lies beyond everything that can be plotted: move it back, or"
            " take it out",
        )
    return UserError(
        "bad-stroke",
        "the stroke {stroke} lies beyond everything that can be plotted: move it back, or take it"
        " out",
        stroke=ident,
    )


def _squashed(ident: str | None) -> UserError:
    if not ident:
        return UserError(
            "bad-stroke",
            "the stroke without an id would be squashed to nothing: undo the transforms around it,"
            " or take it out",
        )
    return UserError(
        "bad-stroke",
        "the stroke {stroke} would be squashed to nothing: undo the transforms around it, or take"
        " it out",
        stroke=ident,
    )


def _is_near(chains: Sequence[NDArray[np.floating]], to_layer: NDArray[np.floating]) -> bool:
    """Whether chains lie where numbers tell places apart, in the picture and in the layer."""
    points = np.concatenate(list(chains))
    with np.errstate(all="ignore"):
        both = np.concatenate([points, apply(to_layer, points)])
    return bool((np.abs(both) < FARTHEST).all())


def _copied(line: Line, turned: bool, drawing: Drawing) -> etree._Element:
    """A stroke's element as it stands anywhere in the layer, turned round if it is to be."""
    node = copy.deepcopy(line.node)
    own = np.linalg.inv(line.to_picture)
    chains = [chain[::-1] for chain in line.chains[::-1]] if turned else line.chains
    node.set("d", " ".join(path_text(apply(own, chain)) for chain in chains))
    node.attrib.pop("transform", None)
    # it leaves the groups that it inherits from
    for name, value in looks(line.node, drawing.styles).items():
        declare(node, name, value)
    return node


def _keep_place(node: etree._Element, own: NDArray[np.floating]) -> None:
    """A path that leaves its groups takes their transforms with it. own: [3, 3] to the layer.
    Raises `UserError` for one that no document can hold.
    """
    if is_flat(own):
        raise _squashed(node.get("id"))
    if not np.allclose(own, np.eye(3), atol=1e-9):
        numbers = ",".join(f"{value:.10g}" for value in own[:2].T.ravel())
        node.set("transform", f"matrix({numbers})")


def _new_ids(drawing: Drawing) -> Iterator[str]:
    """Ids for other strokes, one after the other: the document is looked through once."""
    taken = drawing.ids
    names = (f"stroke-{number}" for number in count(1))
    return (name for name in names if name not in taken)


def _new_layer(drawing: Drawing, what: str) -> etree._Element:
    """A copy of the layer without its content, above it; the old one is hidden."""
    old = drawing.layer
    layer = etree.Element(old.tag)
    if old.get("transform"):
        layer.set("transform", old.get("transform") or "")
    layer.set("id", drawing.new_id("plot"))
    layer.set(f"{{{INKSCAPE}}}groupmode", "layer")
    label = old.get(f"{{{INKSCAPE}}}label") or old.get("id") or "Sketch"
    layer.set(f"{{{INKSCAPE}}}label", f"{label}, {what}")
    old.addnext(layer)
    declare(old, "display", "none")
    return layer
