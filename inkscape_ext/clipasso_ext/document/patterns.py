"""Bitmaps that something is filled with: they are part of no selection."""

from __future__ import annotations

import re
from typing import Any, Iterable, Iterator

from clipasso_ext.document.elements import by_id, href, tag
from clipasso_ext.names import IMAGE

PAINTS = ("fill", "stroke", "style")  # attributes that name a pattern; sheets hardly do
REFERENCE = re.compile(r"url\(\s*[\"']?#([^\"')\s]+)")


def show_bitmaps(elements: Iterable[Any]) -> bool:
    """Whether some of these, or what is in them, are painted with a pattern that holds a bitmap."""
    for element in elements:
        for one in element.iter():
            if tag(one) and any(_holds_bitmap(pattern) for pattern in _patterns(one)):
                return True
    return False


def _patterns(element: Any) -> Iterator[Any]:
    """What an element is painted with by reference."""
    for name in PAINTS:
        for ident in REFERENCE.findall(element.attrib.get(name) or ""):
            yield by_id(element, ident)


def _holds_bitmap(pattern: Any) -> bool:
    """Whether a pattern, or that whose content it takes over, holds a bitmap."""
    seen = set()
    while pattern is not None and tag(pattern) == "pattern" and id(pattern) not in seen:
        seen.add(id(pattern))
        if next(pattern.iter(IMAGE), None) is not None:
            return True
        pattern = by_id(pattern, (href(pattern) or "").strip().lstrip("#"))
    return False
