"""A new sketch in the document: a layer of ordinary paths beside its bitmap."""

from __future__ import annotations

import re
from typing import Any, List, Optional, Tuple

from inkex import Transform
from lxml import etree

from clipasso_ext.document.elements import FreshIds
from clipasso_ext.document.label import labelled
from clipasso_ext.document.placement import Placement, written
from clipasso_ext.document.selection import Photo
from clipasso_ext.names import (
    CLIPASSO,
    CLIPASSO_URI,
    GROUP,
    GROUPMODE,
    JOB,
    LABEL,
    PATH,
    POINTS,
    SOURCE,
)
from clipasso_ext.problem import Problem
from clipasso_ext.words import _

NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


def insert_layer(
    svg: Any, photo: Photo, placement: Placement, sketch: bytes, job: Optional[str] = None
) -> Any:
    """Put a sketch, an SVG of the engine's, above its bitmap, where it is seen as it is.

    Returns the new layer. Raises `Problem`, with the document as it was.
    """
    parent, below = photo.branch()
    layer = build_layer(svg, sketch, placement, photo.name)
    layer.set(SOURCE, f"#{photo.id}")
    if job:
        layer.set(JOB, job)
    parent.insert(0 if below is None else list(parent).index(below) + 1, layer)
    return layer


def build_layer(svg: Any, sketch: bytes, placement: Placement, name: str) -> Any:
    """The engine's SVG as a layer for this document: own ids, own label, on its place, and in it a
    group for each subject that was drawn apart. What the engine says of the sketch and of each
    stroke stays as it is. Raises `Problem`.
    """
    drawn, strokes = _strokes_of(sketch)
    ids = FreshIds(svg)
    layer = etree.Element(GROUP, nsmap={"clipasso": CLIPASSO_URI})
    layer.set("id", ids.new("sketch"))
    layer.set(GROUPMODE, "layer")
    layer.set(LABEL, labelled(name, len(strokes)))
    for attribute, value in drawn.attrib.items():
        if str(attribute).startswith(CLIPASSO):
            layer.set(attribute, value)
    layer.set("transform", written(placement.layer))
    if placement.points != Transform():
        # from the picture's pixels, which later edits need
        layer.set(POINTS, written(placement.points))
    groups = {}  # of the engine's layer: those of this one
    for group in drawn.findall(GROUP):
        groups[group] = etree.SubElement(layer, GROUP, dict(group.attrib))
        groups[group].set("id", ids.new("subject"))
    for stroke in strokes:
        path = etree.SubElement(groups.get(stroke.getparent(), layer), PATH, dict(stroke.attrib))
        path.set("id", ids.new("stroke"))
        path.set("d", transformed(str(stroke.get("d")), placement.points))
    return layer


def _strokes_of(sketch: bytes) -> Tuple[Any, List[Any]]:
    """The layer in the engine's SVG, and the strokes in it. Raises `Problem`."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        drawn = etree.fromstring(sketch, parser).find(GROUP)
    except etree.XMLSyntaxError:
        drawn = None
    strokes = [] if drawn is None else list(drawn.iter(PATH))
    if not strokes or not all(NUMBER.search(str(stroke.get("d"))) for stroke in strokes):
        raise Problem(
            _(
                "The engine's answer can't be read: run install.py again, so that engine and"
                " extension are of one version."
            )
        )
    return drawn, strokes


def transformed(data: str, transform: Transform) -> str:
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
