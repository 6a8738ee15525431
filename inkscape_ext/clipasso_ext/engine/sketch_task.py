"""A bitmap that is to be sketched: what the engine is asked, and where its answer goes."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple

from clipasso_ext.cancellation import Cancellation
from clipasso_ext.document.elements import sketches_of
from clipasso_ext.document.new_layer import insert_layer
from clipasso_ext.document.photograph import Photograph
from clipasso_ext.document.pixels import Pixels
from clipasso_ext.document.placed_photo import PlacedPhoto
from clipasso_ext.document.restyle import dress
from clipasso_ext.document.shapes import Shape
from clipasso_ext.document.treatment import treat
from clipasso_ext.engine.connection import Event
from clipasso_ext.engine.settings import Settings
from clipasso_ext.engine.tries import Regions
from clipasso_ext.problem import Problem


class PhotoTask:
    """A sketch from nothing, of a bitmap whose document may be elsewhere."""

    def __init__(self, photograph: Photograph) -> None:
        self.photograph = photograph
        self.regions: Regions = {}  # what the person painted, as files
        self.start: Optional[str] = None  # the sketch that a job in the background goes on from

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
        request = settings.request(self.width_px(settings.width), preset)
        return {**request, **self.regions}

    def width_px(self, width: float) -> float:
        """A width in the document's display unit as so many pixels of the picture, which is waited
        for. Raises `Problem`.
        """
        return self.photograph.in_pixels(width)

    @property
    def is_sketched(self) -> bool:
        """Whether a sketch of it is in the document already."""
        return self.photograph.is_sketched

    @property
    def shapes(self) -> List[Shape]:
        """The shapes that are selected with the bitmap and lie over it; see `Photograph`."""
        try:
            return self.photograph.shapes
        except Problem:  # what is wrong with the bitmap is told when it is read
            return []

    @property
    def size_px(self) -> Tuple[int, int]:
        """Width and height of the bitmap. Raises `Problem`."""
        return self.photograph.size_px

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
        svg = self.placed.svg
        earlier = self.earlier if settings.replaces else []
        layer = insert_layer(svg, photo, self.placed.placement, sketch)
        dress(layer, svg, settings.looks, self.width_px(settings.width))
        treat(photo, settings.bitmap)
        for old in earlier:
            old.getparent().remove(old)

    @property
    def earlier(self) -> List[Any]:
        """The layers of sketches of this bitmap that are in the document."""
        return sketches_of(self.placed.svg, self.placed.photo.id)
