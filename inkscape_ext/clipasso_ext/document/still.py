"""A sketch that is not in the document yet, as it will look there: the engine's own document with
looks, and any part of it at any size.
"""

from __future__ import annotations

from typing import Any, List, NamedTuple, Tuple

from lxml import etree

from clipasso_ext.document.cascade import declare, stated
from clipasso_ext.document.restyle import Restyling, restyle, usual_width
from clipasso_ext.document.sketch_layer import SketchLayer
from clipasso_ext.names import GROUP, PATH, SKETCH


class Part(NamedTuple):
    """A rectangle of a picture, each number as a share of its width or height."""

    x: float
    y: float
    width: float
    height: float


WHOLE = Part(0.0, 0.0, 1.0, 1.0)


class Still:
    """A sketch with its looks, to be drawn."""

    def __init__(self, document: str, looks: Restyling, grows: bool = False) -> None:
        """looks: with a width in the picture's pixels. grows: it is one of many a second, and has
        no grain, which takes its time.
        """
        self._root = _read(document)
        for layer in _layers(self._root):
            restyle(SketchLayer(self._root, layer, None, None), looks)
            _grain_once(layer, grows)

    @property
    def size(self) -> Tuple[float, float]:
        """Of the picture, in its pixels."""
        width, height = (float(one) for one in self._root.get("viewBox").split()[2:])
        return width, height

    def svg(self, part: Part, width: int, height: int) -> bytes:
        """A part of it as a document of so many pixels."""
        return cut(self._root, part, width, height)


def pen_px(document: str) -> float:
    """How wide the engine drew the strokes of a sketch, in the picture's pixels; 0 for none."""
    return usual_width([path for layer in _layers(_read(document)) for path in layer.iter(PATH)])


def _read(document: str) -> Any:
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    return etree.fromstring(document.encode(), parser)


def _layers(root: Any) -> List[Any]:
    return [layer for layer in root.findall(GROUP) if layer.get(SKETCH) is not None]


def _grain_once(layer: Any, without: bool) -> None:
    """What makes lines grainy works on the layer as a whole: it looks the same and takes a moment,
    while each stroke's own takes that for every stroke.
    """
    grains = {stated(path, "filter") for path in layer.iter(PATH)} - {"", "none"}
    for path in layer.iter(PATH):
        declare(path, "filter", None)
    for grain in () if without else grains:
        declare(layer, "filter", grain)


def cut(root: Any, part: Part, width: int, height: int) -> bytes:
    """A part of a document with a view box from 0, 0, as one of so many pixels."""
    whole_width, whole_height = (float(one) for one in root.get("viewBox").split()[2:])
    box = (
        part.x * whole_width,
        part.y * whole_height,
        part.width * whole_width,
        part.height * whole_height,
    )
    before = dict(root.attrib)
    root.set("viewBox", " ".join(f"{one:.6g}" for one in box))
    root.set("width", str(width))
    root.set("height", str(height))
    root.set("preserveAspectRatio", "none")
    try:
        return etree.tostring(root)
    finally:
        root.attrib.clear()
        root.attrib.update(before)
