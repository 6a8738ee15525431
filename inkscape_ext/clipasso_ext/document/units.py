"""Lengths as documents write them, in user units."""

from __future__ import annotations

import math
from typing import Any, List

from inkex import units

from clipasso_ext.names import DOCUMENT_UNITS, NAMED_VIEW

DISPLAY_UNITS = ("px", "mm", "cm", "in", "pt", "pc")
_convert: Any = units.convert_unit  # some releases of inkex have types, others have not


def length(text: Any, whole: float = 100.0) -> float:
    """A length in user units, 0 for what is no length; `whole` is what 100 % are."""
    text = str(text or "0").strip()
    if text.endswith("%"):
        return float(_convert(text[:-1], "px")) / 100 * whole
    return float(_convert(text, "px"))


def view_box(element: Any) -> List[float]:
    """The four numbers of a ``viewBox``, or none where there is none that can be used."""
    try:
        numbers = [float(one) for one in (element.get("viewBox") or "").replace(",", " ").split()]
    except ValueError:
        return []
    if len(numbers) != 4 or not all(map(math.isfinite, numbers)):
        return []
    return numbers if min(numbers[2:]) > 0 else []


def unit_in_user_units(svg: Any, unit: str) -> float:
    """How many of the document's user units one ``mm``, ``px``, ``in``, ... on paper is."""
    per_unit_px = float(_convert("1" + unit, "px"))
    numbers = view_box(svg)
    width = svg.get("width") or "100%"
    if not numbers or width.strip().endswith("%"):
        return per_unit_px
    scale = length(width) / numbers[2]
    height = svg.get("height") or "100%"
    if not height.strip().endswith("%"):
        scale = min(scale, length(height) / numbers[3])
    return per_unit_px / scale if scale else per_unit_px


def display_unit(svg: Any) -> str:
    """The unit in which the document's lengths are shown to the person."""
    view = svg.find(NAMED_VIEW)
    unit = None if view is None else view.get(DOCUMENT_UNITS)
    return unit if unit in DISPLAY_UNITS else "px"
