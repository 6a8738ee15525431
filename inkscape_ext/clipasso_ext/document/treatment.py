"""What becomes of a bitmap that was sketched: it is kept, dimmed, dimmed and locked, or hidden."""

from __future__ import annotations

from typing import Any

from clipasso_ext.document.attributes import read_share
from clipasso_ext.document.cascade import declare, stated
from clipasso_ext.document.selection import Photo
from clipasso_ext.names import INSENSITIVE, UNDIMMED

KEEP, DIM, LOCK, HIDE = TREATMENTS = ("keep", "dim", "lock", "hide")
DIMMED = 0.3  # of the opacity that it had


def treat(photo: Photo, treatment: str) -> None:
    """Dim, lock or hide a bitmap that was sketched."""
    if treatment == HIDE:
        declare(photo.owner, "display", "none")
        return
    if treatment == LOCK:
        photo.owner.set(INSENSITIVE, "true")
    if treatment in (DIM, LOCK):
        own = _undimmed(photo.owner) or stated(photo.owner, "opacity") or "1"
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
    undimmed = _undimmed(element)
    if undimmed:
        parts = [part for part in parts if part.partition(":")[0].strip() != "opacity"]
        parts.append(f"opacity:{undimmed}")
    return ";".join(parts)


def _undimmed(element: Any) -> str:
    """The opacity that it had before we dimmed it; empty for none."""
    text = element.get(UNDIMMED) or ""
    return "" if read_share(text) is None else text


def _share(text: str) -> float:
    """An opacity, 0 to 1; what can't be read is 1, as a browser has it."""
    share = read_share(text.replace("!important", ""))
    return 1.0 if share is None else share
