"""A bitmap of the document with its pixels and its place on the page, found once, whoever asks."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, List, Optional

from clipasso_ext.cancellation import CalledOff, Cancellation
from clipasso_ext.document.pixels import Pixels, read_pixels
from clipasso_ext.document.placement import Placement, place, to_page
from clipasso_ext.document.selection import Photo


class PlacedPhoto:
    """A photo, and what finding its pixels came to. Any thread may ask.

    Inkscape may have to draw the bitmap, which takes seconds. That is done once: those who ask
    meanwhile or later get the same outcome, or the same exception.
    """

    def __init__(self, photo: Photo, svg: Any, folders: List[Path], scratch: Path) -> None:
        self.photo = photo
        self.svg = svg
        self._folders = folders
        self._scratch = scratch
        self._turn = threading.Lock()
        self._askers: List[Cancellation] = []
        self._reading = Cancellation()  # called off when nobody who asked wants it any more
        self._pixels: Optional[Pixels] = None
        self._failure: Optional[Exception] = None

    @property
    def name(self) -> str:
        return self.photo.name

    @property
    def pixels(self) -> Pixels:
        """The picture file, waited for. Raises `Problem`."""
        return self.read()

    @property
    def pixels_if_read(self) -> Optional[Pixels]:
        """The picture file, if it was needed already."""
        return self._pixels

    @property
    def placement(self) -> Placement:
        """Where its strokes go; the picture file is waited for. Raises `Problem`."""
        pixels = self.pixels
        layer = self.photo.branch()[0]
        return place(self.photo.transform, to_page(layer, self.svg), pixels.box, pixels.size_px)

    def read(self, asker: Optional[Cancellation] = None) -> Pixels:
        """The picture file, waited for.

        Raises `Problem`, and `CalledOff` when the asker called it off. Inkscape is ended when all
        who asked did.
        """
        asker = asker or Cancellation()
        self._askers.append(asker)
        try:
            with asker.listening(self._end_if_unwanted), self._turn:
                asker.check()
                return self._read_once()
        finally:
            self._askers.remove(asker)

    def _read_once(self) -> Pixels:
        if self._failure is not None:
            raise self._failure
        if self._pixels is None:
            self._reading = Cancellation()
            self._end_if_unwanted()  # should it have been called off a moment ago
            try:
                self._pixels = read_pixels(
                    self.photo, self.svg, self._folders, self._scratch, self._reading
                )
            except CalledOff:  # whoever asks next has it done again
                raise
            except Exception as failure:
                self._failure = failure
                raise
        return self._pixels

    def _end_if_unwanted(self) -> None:
        if all(asker.called_off for asker in list(self._askers)):
            self._reading.call_off()
