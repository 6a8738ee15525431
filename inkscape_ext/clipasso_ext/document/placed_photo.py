"""A bitmap of the document that is open here: its pixels, and its place on the page."""

from __future__ import annotations

from pathlib import Path
from typing import Any, List, Optional, Sequence, Tuple, Union

from clipasso_ext.cancellation import Cancellation
from clipasso_ext.document.document_mark import mark_of
from clipasso_ext.document.elements import sketches_of
from clipasso_ext.document.photograph import PhotoFacts, Photograph
from clipasso_ext.document.pixels import Pixels, Undrawn, find_pixels
from clipasso_ext.document.placement import Placement, inverse, place, to_page, written
from clipasso_ext.document.selection import Photo
from clipasso_ext.document.shapes import Shape
from clipasso_ext.document.units import display_unit, unit_in_user_units


class PlacedPhoto(Photograph):
    """A photo in the document `svg`.

    folders: where relative links are looked for. scratch: an existing folder for its pixels.
    selected: ids of what is selected with it.
    """

    def __init__(
        self,
        photo: Photo,
        svg: Any,
        folders: List[Path],
        scratch: Path,
        selected: Sequence[Shape] = (),
    ) -> None:
        super().__init__()
        self.photo = photo
        self.svg = svg
        self._folders = folders
        self._scratch = scratch
        self._selected = selected
        self._found: Optional[Union[Pixels, Undrawn]] = None

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

    @property
    def shapes(self) -> List[Shape]:
        if not self._selected:  # most often, and then nothing has to be found
            return []
        share = inverse(self.photo.transform @ self.found().box.onto(1, 1))
        seen = [shape.seen_by(share) for shape in self._selected]
        return [shape for shape in seen if shape.lies_over_the_picture]

    @property
    def size_px(self) -> Tuple[int, int]:
        return self.found().size_px

    def found(self) -> Union[Pixels, Undrawn]:
        """Its pixels, or what Inkscape is to draw of it: nobody waits. Raises `Problem`."""
        if self._found is None:
            self._found = find_pixels(self.photo, self.svg, self._folders, self._scratch)
        return self._found

    def find(self, cancellation: Cancellation) -> Pixels:
        found = self.found()
        return found if isinstance(found, Pixels) else found.draw(cancellation)
