"""Strokes with thin ends: Inkscape's PowerStroke as a live path effect, which Path > Remove Path
Effect takes off again.
"""

from __future__ import annotations

import math
from typing import Any, Dict, List, Tuple

from lxml import etree

from clipasso_ext.document.attributes import read_length, read_numbers
from clipasso_ext.document.cascade import declare, inherited
from clipasso_ext.document.chains import chains_of, points_along
from clipasso_ext.document.elements import FreshIds, by_id, defs_of
from clipasso_ext.names import INKSCAPE, ORIGINAL_D, PATH_EFFECT, SVG, TAPER

THIN = 0.2  # of its width that a tapered stroke has at its ends
# whether a path has a live path effect: its attribute is links with semicolons between them
_USERS: Any = etree.XPath(
    "boolean(//svg:path[contains(concat(translate(@inkscape:path-effect, ' ', ''), ';'), $link)])",
    namespaces={"svg": SVG.strip("{}"), "inkscape": INKSCAPE.strip("{}")},
)


def is_tapered(path: Any) -> bool:
    """Whether a PowerStroke is on it, ours or another: what paints the stroke is then its fill."""
    return _power_stroke(path) is not None


def paint_of(path: Any) -> str:
    """The property that paints a stroke: ``stroke``, or ``fill`` for an outline with thin ends."""
    return "fill" if is_tapered(path) else "stroke"


def is_ours(path: Any) -> bool:
    """Whether its PowerStroke is one that we made; copies made by Inkscape have another id and keep
    the mark.
    """
    effect = _power_stroke(path)
    return effect is not None and effect.get(TAPER) is not None


def flatten(path: Any, tapered: bool) -> None:
    """Make a copy of a path into what its live path effects start from: a stroke. tapered: whether
    the path itself is.
    """
    path.attrib.pop(PATH_EFFECT, None)
    original = path.attrib.pop(ORIGINAL_D, None)
    if original:
        path.set("d", original)
    if tapered:
        _exchange_paint(path, "fill", "stroke")


def redraw(path: Any, data: str) -> None:
    """Give a path new data; a live path effect stays on it and starts from them."""
    if not path.get(ORIGINAL_D):
        path.set("d", data)
        return
    path.set(ORIGINAL_D, data)
    chains = chains_of(data)
    if is_tapered(path) and _is_tapering(chains):
        path.set("d", _outline(chains[0], width_of(path)))
    else:
        path.set("d", data)


def taper(path: Any, svg: Any, width: float, ids: FreshIds) -> None:
    """Inkscape's Taper Stroke as a live path effect, which Path > Remove Path Effect takes off
    again. width: of the stroke in its own units. ids: of the document, for the effect's.
    """
    chains = chains_of(path.get("d"))
    if path.get(PATH_EFFECT) or not _is_tapering(chains):
        return
    ident = ids.new("clipasso-taper")
    effect = etree.SubElement(defs_of(svg), PATH_EFFECT)
    effect.set("id", ident)
    effect.set(TAPER, "1")
    for name, value in _power_stroke_settings(len(chains[0]) - 1, width).items():
        effect.set(name, value)
    path.set(ORIGINAL_D, path.get("d"))
    path.set("d", _outline(chains[0], width))  # Inkscape computes it anew at the first change
    path.set(PATH_EFFECT, f"#{ident}")
    _exchange_paint(path, "stroke", "fill")


def untaper(path: Any, ids: FreshIds) -> None:
    """Take a PowerStroke off again; what nobody else uses of ours goes from the definitions. ids:
    of the document, which may have its id anew.
    """
    effect = _power_stroke(path)
    if effect is None:
        return
    others = [one for one in _effect_ids(path) if one != effect.get("id")]
    if others:  # Inkscape computes what they make of the stroke at the next change
        path.set(PATH_EFFECT, ";".join("#" + one for one in others))
        path.set("d", path.get(ORIGINAL_D) or path.get("d"))
    else:
        path.attrib.pop(PATH_EFFECT)
        path.set("d", path.attrib.pop(ORIGINAL_D, path.get("d")))
    _exchange_paint(path, "fill", "stroke")
    is_used = _USERS(path, link="#%s;" % effect.get("id"))
    if effect.get(TAPER) is not None and not is_used:
        effect.getparent().remove(effect)
        ids.free(effect.get("id"))


def width_of(path: Any) -> float:
    """A stroke's width in its own units."""
    text = inherited(path, "stroke-width")
    width = read_length(text)
    # 0 is what can't be read, too, and then the width is what SVG has for none
    return width if width > 0 or read_numbers(text) == [0.0] else 1.0


def _is_tapering(chains: List[Any]) -> bool:
    """Whether the effect can taper them: it takes single chains, and a dot has no ends."""
    return len(chains) == 1 and len(points_along(chains[0])) > 1


def _power_stroke_settings(segments: int, width: float) -> Dict[str, str]:
    """What Inkscape's own Taper Stroke writes for a chain of so many segments."""
    thin = f"{THIN * width / 2:.5g}"
    return {
        "effect": "powerstroke",
        "is_visible": "true",
        "lpeversion": "1",
        "offset_points": f"0,{thin} | {segments / 2:.5g},{width / 2:.5g} | {segments},{thin}",
        "not_jump": "false",
        "sort_points": "true",
        "interpolator_type": "CentripetalCatmullRom",
        "interpolator_beta": "0.2",
        "start_linecap_type": "round",
        "end_linecap_type": "round",
        "linejoin_type": "round",
        "miter_limit": "4",
        "scale_width": "1",
    }


def _outline(chain: Any, width: float) -> str:
    """The outline of a chain of cubics that is thin at its ends, as path data."""
    middle = points_along(chain)
    last = len(middle) - 1
    left, right = [], []
    for index, point in enumerate(middle):
        ahead = middle[min(index + 1, last)] - middle[max(index - 1, 0)]
        half = width / 2 * (THIN + (1 - THIN) * math.sin(math.pi * index / last))
        aside = 1j * ahead / abs(ahead) * half if ahead else 0
        left.append(point + aside)
        right.append(point - aside)
    texts = [f"{point.real:.4f},{point.imag:.4f}" for point in left + right[::-1]]
    return "M " + " L ".join(texts) + " Z"


def _effect_ids(path: Any) -> Tuple[str, ...]:
    """Ids of the live path effects on a path."""
    links = (path.get(PATH_EFFECT) or "").split(";")
    return tuple(one.strip().lstrip("#") for one in links if one.strip())


def _power_stroke(path: Any) -> Any:
    """The PowerStroke on a path, or None."""
    found = [by_id(path, one) for one in _effect_ids(path)]
    return next(
        (one for one in found if one is not None and one.get("effect") == "powerstroke"), None
    )


def _exchange_paint(path: Any, one: str, other: str) -> None:
    """Paint what was painted by `one` by `other` instead."""
    declare(path, other, inherited(path, one) or "#000000")
    declare(path, other + "-opacity", inherited(path, one + "-opacity") or None)
    declare(path, one, "none")
    declare(path, one + "-opacity", None)
