"""How strokes look, by native means: widths, ends, opacity, filters and tapering live path effects; they stay editable paths."""

from __future__ import annotations

import re
from typing import Any, NamedTuple, Optional

from lxml import etree

from .layer import declare
from .placement import display_unit, unit_in_user_units
from .sketches import Sketch
from .taper import defs_of, is_tapered, taper, untaper
from .task import to_page

SVG = "http://www.w3.org/2000/svg"
LABEL = "{http://www.inkscape.org/namespaces/inkscape}label"
COLORS = "color-interpolation-filters"


class Look(NamedTuple):
    """A way to draw. factor: of the width. opacity: of the ink. cap: the ends. blend: with what lies below. rough: a filter's strength."""

    factor: float
    opacity: str
    cap: str
    blend: str
    rough: float


LOOKS = {
    "plain": Look(1.0, "1", "round", "normal", 0.0),
    "pencil": Look(0.6, "0.75", "round", "multiply", 1.0),  # thin, grey and grainy
    "ink": Look(1.0, "1", "round", "normal", 0.0),
    "marker": Look(2.5, "0.55", "butt", "multiply", 0.0),  # broad and see-through, darker where strokes cross
}
PLAIN_WIDTH = "{https://clipasso.org/ns}width"  # what a look's factor applies to, so that looks don't add up


class Restyling(NamedTuple):
    """What to change; ``keep``, 0 and None leave as it is. width: in the document's display unit. taper: ``keep``, ``none``, ``taper``."""

    look: str
    width: float
    ink: Optional[str]
    taper: str


def restyle(sketch: Sketch, wish: Restyling) -> None:
    """Change the looks of the meant strokes; their points, ids and order stay."""
    look = LOOKS.get(wish.look)
    grain = _grain(sketch) if look is not None and look.rough else None
    for path in sketch.meant:
        width = _width_of(path)
        if wish.width > 0:
            scale = abs(_scale_of(path, sketch.svg)) or 1.0
            width = wish.width * unit_in_user_units(sketch.svg, display_unit(sketch.svg)) / scale
            path.set(PLAIN_WIDTH, f"{width:.6g}")
        if look is not None:
            path.set(PLAIN_WIDTH, f"{width:.6g}")
            width *= look.factor
            declare(path, "stroke-opacity", look.opacity if look.opacity != "1" else None)
            declare(path, "stroke-linecap", look.cap)
            declare(path, "mix-blend-mode", look.blend if look.blend != "normal" else None)
            declare(path, "filter", f"url(#{grain})" if grain else None)
        if look is not None or wish.width > 0:
            declare(path, "stroke-width", f"{width:.6g}")
        if wish.ink is not None:
            declare(path, "fill" if is_tapered(path) else "stroke", wish.ink)
        if wish.taper == "taper":
            taper(path, sketch.svg, width)
        elif wish.taper == "none":
            untaper(path)


def _width_of(path: Any) -> float:
    """The stroke's width before any look."""
    if path.get(PLAIN_WIDTH):
        return float(path.get(PLAIN_WIDTH))
    stated = re.search(r"(?:^|;)\s*stroke-width\s*:\s*([0-9.eE+-]+)", path.attrib.get("style") or "")
    text = stated.group(1) if stated else path.get("stroke-width") or "1"
    number = re.match(r"[0-9.eE+-]+", text)
    return float(number.group()) if number else 1.0


def _scale_of(path: Any, svg: Any) -> float:
    (a, c, _), (b, d, _) = to_page(path, svg).matrix
    return float(abs(a * d - b * c)) ** 0.5


def _grain(sketch: Sketch) -> str:
    """The filter that makes a line grainy; one for all sketches of a document."""
    name = "clipasso-pencil"
    if not any(element.get("id") == name for element in sketch.svg.iter("{%s}filter" % SVG)):
        size = {"x": "-0.1", "y": "-0.1", "width": "1.2", "height": "1.2"}
        grain = etree.SubElement(defs_of(sketch.svg), "{%s}filter" % SVG, {"id": name, COLORS: "sRGB", **size})
        grain.set(LABEL, "Pencil")
        noise = {"type": "fractalNoise", "baseFrequency": "0.9", "numOctaves": "3", "seed": "1", "result": "noise"}
        etree.SubElement(grain, "{%s}feTurbulence" % SVG, noise)
        table = "0 0 0 0 0  0 0 0 0 0  0 0 0 0 0  0 0 0 -2.4 2"
        etree.SubElement(grain, "{%s}feColorMatrix" % SVG, {"in": "noise", "type": "matrix", "values": table, "result": "paper"})
        etree.SubElement(grain, "{%s}feComposite" % SVG, {"in": "SourceGraphic", "in2": "paper", "operator": "in"})
    return name
