"""CLIPasso's engine: a photograph becomes a few editable Bezier strokes.

>>> from clipasso_core import sketch, SketchRequest, write_svg
>>> result = sketch("cat.jpg", SketchRequest(strokes=12))
>>> write_svg(result, "cat.svg")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clipasso_core.document.svg import from_svg, read_svg, to_svg, write_svg
    from clipasso_core.errors import UserError
    from clipasso_core.request import SketchRequest
    from clipasso_core.result import SketchResult
    from clipasso_core.sketching.job import sketch
    from clipasso_core.sketching.progress import Progress

__version__ = "0.2.0"
__all__ = [
    "Progress",
    "SketchRequest",
    "SketchResult",
    "UserError",
    "from_svg",
    "read_svg",
    "sketch",
    "to_svg",
    "write_svg",
]

_ROOMS = {
    "UserError": "errors",
    "SketchRequest": "request",
    "SketchResult": "result",
    "Progress": "sketching.progress",
    "sketch": "sketching.job",
    "from_svg": "document.svg",
    "read_svg": "document.svg",
    "to_svg": "document.svg",
    "write_svg": "document.svg",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for, nothing else: `clipasso run` is to be up in a tenth of a second."""
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
