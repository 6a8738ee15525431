"""A bitmap that is to be sketched: what the engine is asked, and where its answer goes."""

from __future__ import annotations

from typing import Any, Dict, Optional

from clipasso_ext.cancellation import Cancellation
from clipasso_ext.document.new_layer import insert_layer
from clipasso_ext.document.photograph import Photograph
from clipasso_ext.document.pixels import Pixels
from clipasso_ext.document.placed_photo import PlacedPhoto
from clipasso_ext.document.treatment import treat
from clipasso_ext.engine.connection import Event
from clipasso_ext.engine.settings import Settings


class PhotoTask:
    """A sketch from nothing, of a bitmap whose document may be elsewhere."""

    def __init__(self, photograph: Photograph) -> None:
        self.photograph = photograph

    @property
    def name(self) -> str:
        return self.photograph.name

    @property
    def pixels_if_read(self) -> Optional[Pixels]:
        return self.photograph.pixels_if_read

    def read(self, asker: Optional[Cancellation] = None) -> Pixels:
        """The picture file, waited for. Raises `Problem` and `CalledOff`."""
        return self.photograph.read(asker)

    def request(self, settings: Settings, preset: str) -> Dict[str, Any]:
        """The engine's request, its width in the picture's pixels. Raises `Problem`."""
        return settings.request(self.photograph.in_pixels(settings.width), preset)

    @property
    def edit(self) -> Optional[Dict[str, Any]]:
        """There is no sketch to edit."""
        return None

    def insert(self, event: Event, settings: Settings) -> None:
        """Put a sketch, as the engine's result has it, where it belongs. Raises `Problem`."""
        raise NotImplementedError


class SketchTask(PhotoTask):
    """Of a bitmap in the document that is open here."""

    def __init__(self, placed: PlacedPhoto) -> None:
        super().__init__(placed)
        self.placed = placed

    def insert(self, event: Event, settings: Settings) -> None:
        """Put a sketch into the document, and treat the bitmap as the person wants. Raises
        `Problem`.
        """
        photo = self.placed.photo
        sketch = str(event["svg"]).encode()
        insert_layer(self.placed.svg, photo, self.placed.placement, sketch)
        treat(photo, settings.bitmap)
