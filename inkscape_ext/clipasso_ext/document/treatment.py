"""What becomes of a bitmap that was sketched: it is kept, dimmed or hidden."""

from __future__ import annotations

from typing import Any

from clipasso_ext.document.cascade import declare, stated
from clipasso_ext.document.selection import Photo
from clipasso_ext.names import UNDIMMED

KEEP, DIM, HIDE = TREATMENTS = ("keep", "dim", "hide")
DIMMED = 0.3  # of the opacity that it had


def treat(photo: Photo, treatment: str) -> None:
    """Dim or hide a bitmap that was sketched."""
    if treatment == HIDE:
        declare(photo.owner, "display", "none")
    elif treatment == DIM:
        own = photo.owner.get(UNDIMMED) or stated(photo.owner, "opacity") or "1"
        photo.owner.set(UNDIMMED, own)
        declare(photo.owner, "opacity", f"{_share(own) * DIMMED:.3g}")


def untreated(element: Any) -> str:
    """An element's style without our own dimming and hiding: a bitmap that was sketched can be
    sketched again.
    """
    style = element.attrib.get("style") or ""
    parts = [
        part
        for part in style.split(";")
        if part.strip() and "".join(part.split()) != "display:none"
    ]
    undimmed = element.get(UNDIMMED)
    if undimmed:
        parts = [part for part in parts if part.partition(":")[0].strip() != "opacity"]
        parts.append(f"opacity:{undimmed}")
    return ";".join(parts)


def _share(text: str) -> float:
    """An opacity, 0 to 1; what can't be read is 1, as a browser has it."""
    text = text.replace("!important", "").strip()
    try:
        value = float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        return 1.0
    return min(max(value, 0.0), 1.0)
