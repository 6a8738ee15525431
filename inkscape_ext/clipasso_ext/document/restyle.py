"""How strokes look, by native means: widths, ends, opacity, filters and tapering live path effects;
they stay editable paths.
"""

from __future__ import annotations

import json
import math
from typing import Any, Dict, NamedTuple, Optional, Sequence, Tuple

from lxml import etree

from clipasso_ext.document.attributes import read_plain_width
from clipasso_ext.document.cascade import declare, stated
from clipasso_ext.document.elements import FreshIds, defs_of
from clipasso_ext.document.placement import magnification, to_page
from clipasso_ext.document.sketch_layer import SketchLayer
from clipasso_ext.document.taper import is_ours, paint_of, taper, untaper, width_of
from clipasso_ext.document.units import display_unit, unit_in_user_units
from clipasso_ext.names import FILTER, LABEL, PART, PLAIN_WIDTH, REQUEST, SVG

THINNEST = 1e-12  # magnification below which nothing is seen
PAINTED = ("emphasis", "mask_repair")  # of a request: files that live as long as their window
GRAIN = "clipasso-pencil"  # id of the filter that makes a line grainy


class Look(NamedTuple):
    """A way to draw. factor: of the width. opacity: of the ink. cap: the ends. blend: with what
    lies below. grainy: as a pencil on paper.
    """

    factor: float
    opacity: str
    cap: str
    blend: str
    grainy: bool


KEEP_LOOK = "keep"  # in place of a look or of ends: as it is
PLAIN = "plain"
LOOKS = {
    PLAIN: Look(1.0, "1", "round", "normal", False),
    "pencil": Look(0.6, "0.75", "round", "multiply", True),  # thin, grey and grainy
    "ink": Look(1.0, "1", "round", "normal", False),  # a pen's: with thin ends
    # broad and see-through, darker where strokes cross
    "marker": Look(2.5, "0.55", "butt", "multiply", False),
}
ENDS = {"ink": "taper"}  # what a look means for the ends, unless they are chosen


class Restyling(NamedTuple):
    """What to change; ``keep``, 0 and None leave as it is. width: in the document's display unit.
    taper: ``keep``, ``none``, ``taper``.
    """

    look: str
    width: float
    ink: Optional[str]
    taper: str


def restyle(sketch: SketchLayer, wanted: Restyling) -> None:
    """Change the looks of the meant strokes; their points, ids and order stay."""
    look = LOOKS.get(wanted.look)
    grain = _grain(sketch.svg) if look is not None and look.grainy else ""
    ids = FreshIds(sketch.svg)
    paths = list(sketch.meant_paths)
    usual = usual_width(paths)
    for path in paths:
        # what lies within a face was drawn with a finer pen, and stays finer than the rest
        finer = path.get(PART) and usual > 0
        share = min(1.0, _plain_width(path)[0] / usual) if finer else 1.0
        own = wanted._replace(width=wanted.width * share)
        _restyle_path(path, sketch.svg, own, look, grain, ids)


def usual_width(paths: Sequence[Any]) -> float:
    """The width of most strokes before any look, in their own units; 0 where there are none but a
    face's, which may be finer.
    """
    widths = sorted(_plain_width(path)[0] for path in paths if not path.get(PART))
    return widths[len(widths) // 2] if widths else 0.0


def dress(layer: Any, svg: Any, wanted: Restyling, width_px: float) -> None:
    """Give a new sketch its looks, and have it remember them for the strokes that are added to it.

    width_px: the width wanted, in the picture's pixels; 0 for the engine's own.
    """
    restyle(SketchLayer(svg, layer, None, None), wanted)
    made = read_request(layer)
    for name, value in (("color", wanted.ink or "photo"), ("width_px", width_px or None)):
        made.pop(name, None)
        if value is not None:
            made[name] = value
    for name in PAINTED:
        made.pop(name, None)
    layer.set(REQUEST, json.dumps(made))


def read_request(layer: Any) -> Dict[str, Any]:
    """The request that a sketch was made with; empty where it can't be read."""
    try:
        made = json.loads(layer.get(REQUEST) or "{}")
    except (ValueError, RecursionError):
        return {}
    return made if isinstance(made, dict) else {}


def _restyle_path(
    path: Any, svg: Any, wanted: Restyling, look: Optional[Look], grain: str, ids: FreshIds
) -> None:
    """grain: id of the filter that makes it grainy, or nothing. ids: of the document."""
    ends = ENDS.get(wanted.look, "keep") if wanted.taper == "keep" else wanted.taper
    plain, factor = _plain_width(path)
    is_new_width = look is not None or wanted.width > 0
    tapers_anew = is_ours(path) and is_new_width  # its effect holds the width
    if tapers_anew:
        untaper(path, ids)
    if wanted.width > 0:
        scale = magnification(to_page(path, svg))
        scale = scale if THINNEST < scale < 1 / THINNEST else 1.0  # nothing is seen of it
        plain = wanted.width * unit_in_user_units(svg, display_unit(svg)) / scale
    if look is not None:
        factor = look.factor
        _apply(path, look, grain)
    if is_new_width:
        # looks go by the plain width, so that they don't add up
        path.set(PLAIN_WIDTH, f"{plain:.6g}")
        declare(path, "stroke-width", f"{plain * factor:.6g}")
    if wanted.ink is not None:
        declare(path, paint_of(path), wanted.ink)
    if ends == "taper" or (tapers_anew and ends == "keep"):
        taper(path, svg, plain * factor, ids)
    elif ends == "none":
        untaper(path, ids)


def _apply(path: Any, look: Look, grain: str) -> None:
    _declare_unless(path, f"{paint_of(path)}-opacity", look.opacity, "1")
    declare(path, "stroke-linecap", look.cap)
    _declare_unless(path, "mix-blend-mode", look.blend, "normal")
    _declare_unless(path, "filter", f"url(#{grain})" if grain else "none", "none")


def _declare_unless(path: Any, name: str, value: str, default: str) -> None:
    """Declare a property, unless the path has that value without. default: where nothing is
    said.
    """
    declare(path, name, None)
    if (stated(path, name) or default) != value:
        declare(path, name, value)


def _plain_width(path: Any) -> Tuple[float, float]:
    """The stroke's width before any look, and the factor of its look; a width that a person has set
    since counts as plain.
    """
    now = width_of(path)
    plain = read_plain_width(path)
    for look in LOOKS.values():
        if plain and math.isclose(now, plain * look.factor, rel_tol=1e-4):
            return plain, look.factor
    return now, 1.0


def _grain(svg: Any) -> str:
    """The filter that makes a line grainy; one for all sketches of a document. Returns its id."""
    if any(element.get("id") == GRAIN for element in svg.iter(FILTER)):
        return GRAIN
    region = {"x": "-0.1", "y": "-0.1", "width": "1.2", "height": "1.2"}
    space = {"color-interpolation-filters": "sRGB"}
    grain = etree.SubElement(defs_of(svg), FILTER)
    for name, value in {"id": GRAIN, **space, **region}.items():
        grain.set(name, value)
    grain.set(LABEL, "Pencil")
    noise = {
        "type": "fractalNoise",
        "baseFrequency": "0.9",
        "numOctaves": "3",
        "seed": "1",
        "result": "noise",
    }
    etree.SubElement(grain, SVG + "feTurbulence", noise)
    # opaque where the noise's opacity is low
    alpha_only = "0 0 0 0 0  0 0 0 0 0  0 0 0 0 0  0 0 0 -2.4 2"
    paper = {"in": "noise", "type": "matrix", "values": alpha_only, "result": "paper"}
    etree.SubElement(grain, SVG + "feColorMatrix", paper)
    drawn = {"in": "SourceGraphic", "in2": "paper", "operator": "in"}
    etree.SubElement(grain, SVG + "feComposite", drawn)
    return GRAIN
