"""The sketch in the document: a layer of ordinary paths beside its bitmap."""

from __future__ import annotations

import re
from typing import Any, Optional

from inkex import Transform
from lxml import etree

from clipasso_ext.document.cascade import PARTS, stated
from clipasso_ext.document.placement import Placement, written
from clipasso_ext.document.selection import GROUPMODE, LABEL, Photo, tag
from clipasso_ext.problem import Problem

SVG = "http://www.w3.org/2000/svg"
CLIPASSO = "https://clipasso.org/ns"
SKETCH, SOURCE, PICTURE, POINTS, RANK, LOCKED, PAPER = (
    "{%s}%s" % (CLIPASSO, name)
    for name in ("sketch", "source", "picture", "points", "rank", "locked", "paper")
)
KEEP, DIM, HIDE = "keep", "dim", "hide"  # what happens to the bitmap afterwards
DIMMED = 0.3  # of the opacity that it had
UNDIMMED = "{%s}undimmed" % CLIPASSO  # the opacity that a bitmap had before we dimmed it
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


def insert(
    svg: Any, photo: Photo, placement: Placement, sketch: bytes, job: Optional[str] = None
) -> Any:
    """Put a sketch into the layer of its bitmap, directly above it. Returns the new layer."""
    parent, below = photo.branch()
    layer = build(svg, sketch, placement, photo.name)
    layer.set(SOURCE, f"#{photo.id}")
    if job:
        layer.set(f"{{{CLIPASSO}}}job", job)
    parent.insert(list(parent).index(below) + 1, layer)
    return layer


def build(svg: Any, sketch: bytes, placement: Placement, name: str) -> Any:
    """The engine's SVG as a layer for this document: own ids, own label, on its place."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        drawn = etree.fromstring(sketch, parser).find(f"{{{SVG}}}g")
    except etree.XMLSyntaxError:
        drawn = None
    strokes = [] if drawn is None else drawn.findall(f"{{{SVG}}}path")
    if (
        drawn is None
        or not strokes
        or not all(NUMBER.search(str(stroke.get("d"))) for stroke in strokes)
    ):
        raise Problem(
            "The engine's answer can't be read: run install.py again, so that engine and extension"
            " are of one version."
        )
    layer = etree.Element(f"{{{SVG}}}g", nsmap={"clipasso": CLIPASSO})
    ids = _Ids(svg)
    layer.set("id", ids.new("sketch"))
    count = len(strokes)
    layer.set(GROUPMODE, "layer")
    layer.set(LABEL, f"Sketch of {name} ({count} {'stroke' if count == 1 else 'strokes'})")
    for attribute, value in drawn.attrib.items():
        if attribute.startswith(f"{{{CLIPASSO}}}"):
            layer.set(attribute, value)
    layer.set("transform", written(placement.layer))
    if placement.points != Transform():
        # from the picture's pixels, which later edits need
        layer.set(POINTS, written(placement.points))
    for stroke in strokes:
        path = etree.SubElement(layer, f"{{{SVG}}}path", dict(stroke.attrib))
        path.set("id", ids.new("stroke"))
        path.set("d", moved(str(stroke.get("d")), placement.points))
    return layer


def moved(data: str, transform: Transform) -> str:
    """Path data of absolute commands with points only, as the engine writes it, under a
    transform.
    """
    if transform == Transform():
        return data
    numbers = [float(one) for one in NUMBER.findall(data)]
    points = [transform.apply_to_point(pair) for pair in zip(numbers[::2], numbers[1::2])]
    texts = [
        f"{x:.5g},{y:.5g}" if max(abs(x), abs(y)) < 1 else f"{x:.4f},{y:.4f}" for x, y in points
    ]
    return f"M {texts[0]} C {' '.join(texts[1:])}"


def treat(photo: Photo, treatment: str) -> None:
    """Dim or hide a bitmap that was sketched."""
    if treatment == HIDE:
        declare(photo.owner, "display", "none")
    elif treatment == DIM:
        own = photo.owner.get(UNDIMMED) or stated(photo.owner, "opacity") or "1"
        photo.owner.set(UNDIMMED, own)
        declare(photo.owner, "opacity", f"{_share(own) * DIMMED:.3g}")


def untreated(element: Any) -> str:
    """An element's style without our own dimming and hiding: a bitmap that was sketched can be
    sketched again.
    """
    style = element.attrib.get("style") or ""
    parts = [
        part
        for part in style.split(";")
        if part.strip() and "".join(part.split()) != "display:none"
    ]
    if element.get(UNDIMMED):
        parts = [part for part in parts if part.partition(":")[0].strip() != "opacity"] + [
            f"opacity:{element.get(UNDIMMED)}"
        ]
    return ";".join(parts)


def _share(text: str) -> float:
    """An opacity, 0 to 1; what can't be read is 1, as a browser has it."""
    text = text.replace("!important", "").strip()
    try:
        return min(max(float(text[:-1]) / 100 if text.endswith("%") else float(text), 0.0), 1.0)
    except ValueError:
        return 1.0


def declare(element: Any, name: str, value: Optional[str]) -> None:
    """Set a property in an element's style; None takes it away."""
    said = PARTS.findall(element.attrib.get("style") or "")
    parts = [
        part for part in said if part.strip() and part.partition(":")[0].strip().lower() != name
    ]
    if value is not None:
        parts.append(f"{name}:{value}")
    if parts:
        # set() of inkex would rewrite it, without !important
        element.attrib["style"] = ";".join(parts).strip()
    else:
        element.attrib.pop("style", None)


class _Ids:
    """Ids that the document does not have yet."""

    def __init__(self, svg: Any) -> None:
        self._taken = {element.get("id") for element in svg.iter() if tag(element)}

    def new(self, prefix: str) -> str:
        number = 1
        while f"{prefix}-{number}" in self._taken:
            number += 1
        self._taken.add(f"{prefix}-{number}")
        return f"{prefix}-{number}"
