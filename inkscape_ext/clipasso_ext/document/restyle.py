"""How strokes look, by native means: widths, ends, opacity, filters and tapering live path effects;
they stay editable paths.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple, Optional, Tuple

from lxml import etree

from clipasso_ext.document.cascade import stated
from clipasso_ext.document.layer import declare
from clipasso_ext.document.placement import display_unit, unit_in_user_units
from clipasso_ext.document.sketches import Sketch
from clipasso_ext.document.taper import defs_of, is_ours, is_tapered, taper, untaper, width_of
from clipasso_ext.engine.task import to_page

SVG = "http://www.w3.org/2000/svg"
LABEL = "{http://www.inkscape.org/namespaces/inkscape}label"
COLORS = "color-interpolation-filters"


class Look(NamedTuple):
    """A way to draw. factor: of the width. opacity: of the ink. cap: the ends. blend: with what
    lies below. rough: a filter's strength.
    """

    factor: float
    opacity: str
    cap: str
    blend: str
    rough: float


LOOKS = {
    "plain": Look(1.0, "1", "round", "normal", 0.0),
    "pencil": Look(0.6, "0.75", "round", "multiply", 1.0),  # thin, grey and grainy
    "ink": Look(1.0, "1", "round", "normal", 0.0),  # a pen's: with thin ends
    # broad and see-through, darker where strokes cross
    "marker": Look(2.5, "0.55", "butt", "multiply", 0.0),
}
ENDS = {"ink": "taper"}  # what a look means for the ends, unless they are chosen
# what a look's factor applies to, so that looks don't add up
PLAIN_WIDTH = "{https://clipasso.org/ns}width"


class Restyling(NamedTuple):
    """What to change; ``keep``, 0 and None leave as it is. width: in the document's display unit.
    taper: ``keep``, ``none``, ``taper``.
    """

    look: str
    width: float
    ink: Optional[str]
    taper: str


def restyle(sketch: Sketch, wish: Restyling) -> None:
    """Change the looks of the meant strokes; their points, ids and order stay."""
    look = LOOKS.get(wish.look)
    ends = ENDS.get(wish.look, "keep") if wish.taper == "keep" else wish.taper
    grain = _grain(sketch) if look is not None and look.rough else None
    for path in sketch.meant:
        plain, factor = _plain_width(path)
        anew = is_ours(path) and (look is not None or wish.width > 0)  # its effect holds the width
        if anew:
            untaper(path)
        if wish.width > 0:
            scale = abs(_scale_of(path, sketch.svg)) or 1.0
            plain = wish.width * unit_in_user_units(sketch.svg, display_unit(sketch.svg)) / scale
        if look is not None:
            factor = look.factor
            paint = "fill" if is_tapered(path) else "stroke"
            _say(path, f"{paint}-opacity", look.opacity, "1")
            declare(path, "stroke-linecap", look.cap)
            _say(path, "mix-blend-mode", look.blend, "normal")
            _say(path, "filter", f"url(#{grain})" if grain else "none", "none")
        if look is not None or wish.width > 0:
            path.set(PLAIN_WIDTH, f"{plain:.6g}")
            declare(path, "stroke-width", f"{plain * factor:.6g}")
        if wish.ink is not None:
            declare(path, "fill" if is_tapered(path) else "stroke", wish.ink)
        if ends == "taper" or (anew and ends == "keep"):
            taper(path, sketch.svg, plain * factor)
        elif ends == "none":
            untaper(path)


def _say(path: Any, name: str, value: str, plain: str) -> None:
    """Declare a property, if the path has another value without that. plain: where nothing is
    said.
    """
    declare(path, name, None)
    if (stated(path, name) or plain) != value:
        declare(path, name, value)


def _plain_width(path: Any) -> Tuple[float, float]:
    """The stroke's width before any look, and the factor of its look; a width that a person has set
    since counts as plain.
    """
    now, plain = width_of(path), path.get(PLAIN_WIDTH)
    for look in LOOKS.values():
        if plain and math.isclose(now, float(plain) * look.factor, rel_tol=1e-4):
            return float(plain), look.factor
    return now, 1.0


def _scale_of(path: Any, svg: Any) -> float:
    (a, c, _), (b, d, _) = to_page(path, svg).matrix
    return float(abs(a * d - b * c)) ** 0.5


def _grain(sketch: Sketch) -> str:
    """The filter that makes a line grainy; one for all sketches of a document."""
    name = "clipasso-pencil"
    if not any(element.get("id") == name for element in sketch.svg.iter("{%s}filter" % SVG)):
        size = {"x": "-0.1", "y": "-0.1", "width": "1.2", "height": "1.2"}
        grain = etree.SubElement(
            defs_of(sketch.svg), "{%s}filter" % SVG, {"id": name, COLORS: "sRGB", **size}
        )
        grain.set(LABEL, "Pencil")
        noise = {
            "type": "fractalNoise",
            "baseFrequency": "0.9",
            "numOctaves": "3",
            "seed": "1",
            "result": "noise",
        }
        etree.SubElement(grain, "{%s}feTurbulence" % SVG, noise)
        table = "0 0 0 0 0  0 0 0 0 0  0 0 0 0 0  0 0 0 -2.4 2"
        etree.SubElement(
            grain,
            "{%s}feColorMatrix" % SVG,
            {"in": "noise", "type": "matrix", "values": table, "result": "paper"},
        )
        etree.SubElement(
            grain,
            "{%s}feComposite" % SVG,
            {"in": "SourceGraphic", "in2": "paper", "operator": "in"},
        )
    return name
