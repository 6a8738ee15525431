"""What one run of the extension is about: the bitmaps, their pixels, and the sketches that go back
into the document.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Optional

from inkex import Transform

from clipasso_ext.document import layer
from clipasso_ext.document.pixels import Pixels, see
from clipasso_ext.document.placement import Placement, display_unit, place, unit_in_user_units
from clipasso_ext.document.selection import Photo, own_transform
from clipasso_ext.engine.settings import Settings
from clipasso_ext.problem import Problem


class Task:
    """One bitmap of the document: seen when it is first needed, then placed."""

    def __init__(self, photo: Photo, svg: Any, folders: List[Path], scratch: Path) -> None:
        self.photo, self._svg, self._folders, self._scratch = photo, svg, folders, scratch
        self._pixels: Optional[Pixels] = None
        self._placement: Optional[Placement] = None

    @property
    def name(self) -> str:
        return self.photo.name

    @property
    def pixels(self) -> Pixels:
        """The picture file. Raises `Problem`."""
        if self._pixels is None:
            self._pixels = see(self.photo, self._svg, self._folders, self._scratch)
        return self._pixels

    @property
    def seen(self) -> Optional[Pixels]:
        """The picture file, if it was needed already."""
        return self._pixels

    @property
    def placement(self) -> Placement:
        """Where its strokes go. Raises `Problem`."""
        if self._placement is None:
            self._placement = place(
                self.photo.transform,
                to_page(self.photo.branch()[0], self._svg),
                self.pixels.box,
                self.pixels.size_px,
            )
        return self._placement

    def request(self, settings: Settings, preset: str) -> Dict[str, Any]:
        """The engine's request, its width in the picture's pixels."""
        width_px = (
            settings.width
            * unit_in_user_units(self._svg, display_unit(self._svg))
            / self.placement.scale
        )
        return settings.request(width_px, preset)

    @property
    def edit(self) -> Optional[Dict[str, Any]]:
        """A sketch is drawn from nothing: there is none to edit."""
        return None

    def insert(self, event: Dict[str, Any], settings: Settings) -> None:
        """Put a sketch, as the engine's result has it, into the document, and treat the bitmap as
        the person wants.
        """
        layer.insert(self._svg, self.photo, self.placement, str(event["svg"]).encode())
        layer.treat(self.photo, settings.bitmap)


def to_page(element: Any, svg: Any) -> Transform:
    """From an element's content to the document's user units."""
    total = Transform()
    while element is not None and element is not svg:
        total = own_transform(element) @ total
        element = element.getparent()
    return total


def message_of(event: Dict[str, Any]) -> str:
    """An error event as a sentence for the person."""
    text = str(event.get("message") or "The engine failed without a word.")
    return text[:1].upper() + text[1:]


def check(event: Dict[str, Any]) -> Dict[str, Any]:
    """The event, if it is a result. Raises `Problem`."""
    if event["event"] != "result":
        raise Problem(message_of(event))
    return event
