"""Where in the document a sketch's layer goes, by where its bitmap is."""

from __future__ import annotations

from typing import Any, List, Optional, Tuple

from clipasso_ext.document.attributes import read_share
from clipasso_ext.document.cascade import stated
from clipasso_ext.document.elements import by_id
from clipasso_ext.names import CURRENT_LAYER, GROUPMODE, INSENSITIVE, NAMED_VIEW

# of a layer: what changes how a sketch in it would look
PAINTED_OVER = ("filter", "mask", "clip-path", "mix-blend-mode")
NEUTRAL = ("", "none", "normal")
# an element, and the child of it that the sketch goes above; None where it has no child
Branch = Tuple[Any, Any]


def branch_of(elements: List[Any]) -> Branch:
    """The layer (or root) that a sketch goes into, and the child of it that it goes above.

    elements: those from below the root down to what stands on the page for the bitmap. Their
        innermost layer is the place, unless one of them is locked, dimmed or hidden, as one has a
        photograph to trace it: then it is what that one lies in, or the layer that the person draws
        in, if that is above.
    """
    child = elements[0]
    for element, below in zip(elements, elements[1:]):
        if not _is_layer(element):
            break
        if not _is_plain(element):
            return _current_above(element) or (element.getparent(), element)
        child = below
    return child.getparent(), child


def _current_above(layer: Any) -> Optional[Branch]:
    """The top of the layer that the person draws in, if that lies above another and hides
    nothing.
    """
    root = layer.getroottree().getroot()
    view = root.find(NAMED_VIEW)
    ident = "" if view is None else view.get(CURRENT_LAYER) or ""
    current = by_id(root, ident) if ident else None
    if current is None:
        return None
    around = [one for one in (current, *current.iterancestors()) if one is not root]
    if not all(_is_layer(one) and _is_plain(one) for one in around):
        return None
    above = (
        sibling
        for one in (layer, *layer.iterancestors())
        if one is not root
        for sibling in one.itersiblings()
    )
    if not any(one in around for one in above):
        return None
    return current, current[-1] if len(current) else None


def _is_layer(element: Any) -> bool:
    return bool(element.get(GROUPMODE) == "layer")


def _is_plain(layer: Any) -> bool:
    """Whether what is in a layer looks as it is, and can be clicked."""
    if layer.get(INSENSITIVE) or stated(layer, "display") == "none":
        return False
    opacity = read_share(stated(layer, "opacity") or "1")
    if opacity is not None and opacity < 1:
        return False
    return all(stated(layer, name) in NEUTRAL for name in PAINTED_OVER)
