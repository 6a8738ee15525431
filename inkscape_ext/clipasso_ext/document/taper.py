"""Strokes with thin ends: Inkscape's PowerStroke as a live path effect, which Path > Remove Path
Effect takes off again.
"""

from __future__ import annotations

import math
import re
from typing import Any, List, Tuple

import inkex
from lxml import etree

from clipasso_ext.document.cascade import inherited
from clipasso_ext.document.layer import declare
from clipasso_ext.document.selection import by_id, tag

SVG = "http://www.w3.org/2000/svg"
EFFECT = "{http://www.inkscape.org/namespaces/inkscape}path-effect"
# what a live path effect starts from
ORIGINAL = "{http://www.inkscape.org/namespaces/inkscape}original-d"
OURS = "{https://clipasso.org/ns}taper"
THIN = 0.2  # of its width that a tapered stroke has at its ends
SAMPLES = 16  # points along a cubic of a tapered outline


def is_tapered(path: Any) -> bool:
    """Whether a PowerStroke is on it, ours or another: what paints the stroke is then its fill."""
    return _power_stroke(path) is not None


def is_ours(path: Any) -> bool:
    """Whether its PowerStroke is one that we made; copies made by Inkscape have another id and keep
    the mark.
    """
    effect = _power_stroke(path)
    return effect is not None and effect.get(OURS) is not None


def flatten(path: Any, tapered: bool) -> None:
    """Make a copy of a path into what its live path effects start from: a stroke. tapered: whether
    the path itself is.
    """
    path.attrib.pop(EFFECT, None)
    original = path.attrib.pop(ORIGINAL, None)
    if original:
        path.set("d", original)
    if tapered:
        _swap(path, "fill", "stroke")


def redraw(path: Any, data: str) -> None:
    """Give a path new data; a live path effect stays on it and starts from them."""
    if not path.get(ORIGINAL):
        path.set("d", data)
        return
    path.set(ORIGINAL, data)
    chains = [one for one in inkex.Path(data).to_superpath() if len(one) > 1]
    path.set(
        "d", _outline(chains[0], width_of(path)) if is_tapered(path) and len(chains) == 1 else data
    )


def taper(path: Any, svg: Any, width: float) -> None:
    """Inkscape's Taper Stroke as a live path effect, which Path > Remove Path Effect takes off
    again.
    """
    chains = [one for one in inkex.Path(path.get("d")).to_superpath() if len(one) > 1]
    if path.get(EFFECT) or len(chains) != 1:  # the effect tapers single chains
        return
    segments = len(chains[0]) - 1
    effect = etree.SubElement(
        defs_of(svg), "{http://www.inkscape.org/namespaces/inkscape}path-effect"
    )
    taken = {element.get("id") for element in svg.iter() if tag(element)}
    number = 1
    while f"clipasso-taper-{number}" in taken:
        number += 1
    settings = {
        "effect": "powerstroke",
        "is_visible": "true",
        "lpeversion": "1",
        "offset_points": (
            f"0,{THIN * width / 2:.5g} | {segments / 2:.5g},{width / 2:.5g} |"
            f" {segments},{THIN * width / 2:.5g}"
        ),
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
    for name, value in {"id": f"clipasso-taper-{number}", OURS: "1", **settings}.items():
        effect.set(name, value)
    path.set(ORIGINAL, path.get("d"))
    path.set("d", _outline(chains[0], width))  # Inkscape computes it anew at the first change
    path.set(EFFECT, f"#clipasso-taper-{number}")
    _swap(path, "stroke", "fill")


def _outline(chain: Any, width: float) -> str:
    """The outline of a chain of cubics that is thin at its ends, as path data."""
    middle: List[complex] = []
    for before, after in zip(chain, chain[1:]):
        a, b, c, d = (complex(*point) for point in (before[1], before[2], after[0], after[1]))
        for step in range(SAMPLES + 1):
            t = step / SAMPLES
            middle.append(
                (1 - t) ** 3 * a + 3 * t * (1 - t) ** 2 * b + 3 * t * t * (1 - t) * c + t**3 * d
            )
    middle = [
        point
        for place, point in enumerate(middle)
        if place == 0 or abs(point - middle[place - 1]) > 1e-9
    ]
    left, right = [], []
    last = len(middle) - 1
    for place, point in enumerate(middle):
        ahead = middle[min(place + 1, last)] - middle[max(place - 1, 0)]
        half = width / 2 * (THIN + (1 - THIN) * math.sin(math.pi * place / last))
        aside = 1j * ahead / abs(ahead) * half if ahead else 0
        left.append(point + aside)
        right.append(point - aside)
    texts = [f"{point.real:.4f},{point.imag:.4f}" for point in left + right[::-1]]
    return "M " + " L ".join(texts) + " Z"


def untaper(path: Any) -> None:
    """Take a PowerStroke off again; what nobody else uses of ours goes from the definitions."""
    effect = _power_stroke(path)
    if effect is None:
        return
    others = [one for one in _effects(path) if one != effect.get("id")]
    if others:  # Inkscape computes what they make of the stroke at the next change
        path.set(EFFECT, ";".join("#" + one for one in others))
        path.set("d", path.get(ORIGINAL) or path.get("d"))
    else:
        path.attrib.pop(EFFECT)
        path.set("d", path.attrib.pop(ORIGINAL, path.get("d")))
    _swap(path, "fill", "stroke")
    used = any(
        effect.get("id") in _effects(one)
        for one in path.getroottree().getroot().iter("{%s}path" % SVG)
    )
    if effect.get(OURS) is not None and not used:
        effect.getparent().remove(effect)


def width_of(path: Any) -> float:
    """A stroke's width in its own units."""
    number = re.match(r"[0-9.]+(?:[eE][+-]?[0-9]+)?", inherited(path, "stroke-width"))
    return float(number.group()) if number else 1.0


def _effects(path: Any) -> Tuple[str, ...]:
    """Ids of the live path effects on a path."""
    return tuple(
        one.strip().lstrip("#") for one in (path.get(EFFECT) or "").split(";") if one.strip()
    )


def _power_stroke(path: Any) -> Any:
    """The PowerStroke on a path, or None."""
    found = [by_id(path, one) for one in _effects(path)]
    return next(
        (one for one in found if one is not None and one.get("effect") == "powerstroke"), None
    )


def _swap(path: Any, one: str, other: str) -> None:
    """Paint what was painted by `one` by `other` instead."""
    declare(path, other, inherited(path, one) or "#000000")
    declare(path, other + "-opacity", inherited(path, one + "-opacity") or None)
    declare(path, one, "none")
    declare(path, one + "-opacity", None)


def defs_of(svg: Any) -> Any:
    """The document's definitions, made if there are none."""
    defs = svg.find("{%s}defs" % SVG)
    if defs is None:
        defs = etree.Element("{%s}defs" % SVG)
        svg.insert(0, defs)
    return defs
