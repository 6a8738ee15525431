"""The units in which a document is shown to the person."""

from __future__ import annotations

from typing import Any

from clipasso_ext.document.attributes import PX, read_length, read_view_box
from clipasso_ext.names import DOCUMENT_UNITS, NAMED_VIEW

# pixels of the page for one of its user units, beyond which nothing is seen of either
NOTHING, FARTHEST = 1e-12, 1e12
DISPLAY_UNITS = ("px", "mm", "cm", "in", "pt", "pc")


def unit_in_user_units(svg: Any, unit: str) -> float:
    """How many of the document's user units one ``mm``, ``px``, ``in``, ... on paper is."""
    per_unit_px = PX[unit]
    numbers = read_view_box(svg)
    width = svg.get("width") or "100%"
    if not numbers or width.strip().endswith("%"):
        return per_unit_px
    scale = read_length(width) / numbers[2]
    height = svg.get("height") or "100%"
    if not height.strip().endswith("%"):
        scale = min(scale, read_length(height) / numbers[3])
    return per_unit_px / scale if NOTHING < scale < FARTHEST else per_unit_px


def display_unit(svg: Any) -> str:
    """The unit in which the document's lengths are shown to the person."""
    view = svg.find(NAMED_VIEW)
    unit = None if view is None else view.get(DOCUMENT_UNITS)
    return unit if unit in DISPLAY_UNITS else "px"
