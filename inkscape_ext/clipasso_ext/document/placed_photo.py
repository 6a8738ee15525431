"""A bitmap of the document that is open here: its pixels, and its place on the page."""

from __future__ import annotations

from pathlib import Path
from typing import Any, List, Union

from clipasso_ext.cancellation import Cancellation
from clipasso_ext.document.document_mark import mark_of
from clipasso_ext.document.elements import sketches_of
from clipasso_ext.document.photograph import PhotoFacts, Photograph
from clipasso_ext.document.pixels import Pixels, Undrawn, find_pixels, read_pixels
from clipasso_ext.document.placement import Placement, place, to_page, written
from clipasso_ext.document.selection import Photo
from clipasso_ext.document.units import display_unit, unit_in_user_units


class PlacedPhoto(Photograph):
    """A photo in the document `svg`.

    folders: where relative links are looked for. scratch: an existing folder for its pixels.
    """

    def __init__(self, photo: Photo, svg: Any, folders: List[Path], scratch: Path) -> None:
        super().__init__()
        self.photo = photo
        self.svg = svg
        self._folders = folders
        self._scratch = scratch

    @property
    def name(self) -> str:
        return self.photo.name

    @property
    def is_sketched(self) -> bool:
        return bool(sketches_of(self.svg, self.photo.id))

    @property
    def facts(self) -> PhotoFacts:
        """What another process is to know of it. Raises `Problem`."""
        unit = display_unit(self.svg)
        return PhotoFacts(
            name=self.photo.name,
            image=self.photo.id,
            fingerprint=self.photo.fingerprint,
            document=mark_of(self.svg),
            page=written(self.photo.transform),
            unit=unit,
            unit_length=unit_in_user_units(self.svg, unit),
        )

    @property
    def scale(self) -> float:
        return self.placement.scale

    @property
    def placement(self) -> Placement:
        """Where its strokes go; the picture file is waited for. Raises `Problem`."""
        return self.placement_of(self.pixels)

    def placement_of(self, pixels: Union[Pixels, Undrawn]) -> Placement:
        """Where the strokes of such pixels go. Raises `Problem`."""
        layer = self.photo.branch()[0]
        return place(self.photo.transform, to_page(layer, self.svg), pixels.box, pixels.size_px)

    def found(self) -> Union[Pixels, Undrawn]:
        """Its pixels, or what Inkscape is to draw of it: nobody waits. Raises `Problem`."""
        return find_pixels(self.photo, self.svg, self._folders, self._scratch)

    def find(self, cancellation: Cancellation) -> Pixels:
        return read_pixels(self.photo, self.svg, self._folders, self._scratch, cancellation)
