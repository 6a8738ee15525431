"""A bitmap that is to be sketched, for those who compute: its pixels, found once, whoever asks, and
what else is to be known of it.
"""

from __future__ import annotations

import threading
from typing import List, NamedTuple, Optional, Tuple

from inkex import Transform

from clipasso_ext.cancellation import CalledOff, Cancellation
from clipasso_ext.document.attributes import transform_of
from clipasso_ext.document.document_mark import DocumentMark
from clipasso_ext.document.pixels import Pixels
from clipasso_ext.document.placement import place
from clipasso_ext.document.shapes import Shape


class PhotoFacts(NamedTuple):
    """What is known of a bitmap without its document.

    name: for the person. image: id of what stands on the page for it. fingerprint: of the bitmap
    itself. document: which one it is in. page: from the image's coordinates to the document's user
    units, as a ``transform``. unit: in which lengths are shown to the person. unit_length: how many
    user units one of these is.
    """

    name: str
    image: str
    fingerprint: str
    document: DocumentMark
    page: str
    unit: str
    unit_length: float


class Photograph:
    """A bitmap, and what finding its pixels came to. Any thread may ask.

    Inkscape may have to draw the bitmap, which takes seconds. That is done once: those who ask
    meanwhile or later get the same outcome, or the same exception.
    """

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._askers: List[Cancellation] = []
        self._reading = Cancellation()  # called off when nobody who asked wants it any more
        self._pixels: Optional[Pixels] = None
        self._failure: Optional[Exception] = None

    @property
    def facts(self) -> PhotoFacts:
        """What is known of it."""
        raise NotImplementedError

    def find(self, cancellation: Cancellation) -> Pixels:
        """Find the picture file. Raises `Problem` and `CalledOff`."""
        raise NotImplementedError

    @property
    def name(self) -> str:
        return self.facts.name

    @property
    def is_sketched(self) -> bool:
        """Whether a sketch of it is in its document."""
        raise NotImplementedError

    @property
    def shapes(self) -> List[Shape]:
        """The shapes that are selected with it and lie over it; places are shares of its width and
        height. Raises `Problem`.
        """
        raise NotImplementedError

    @property
    def size_px(self) -> Tuple[int, int]:
        """Width and height of its pixels, which need not be read for that. Raises `Problem`."""
        raise NotImplementedError

    @property
    def pixels(self) -> Pixels:
        """The picture file, waited for. Raises `Problem`."""
        return self.read()

    @property
    def pixels_if_read(self) -> Optional[Pixels]:
        """The picture file, if it was needed already."""
        return self._pixels

    @property
    def scale(self) -> float:
        """User units of the document for one pixel; the picture file is waited for. Raises
        `Problem`.
        """
        pixels = self.pixels
        page = transform_of(self.facts.page)
        return place(page, Transform(), pixels.box, pixels.size_px).scale

    def in_pixels(self, length: float) -> float:
        """A length in the document's display unit, in pixels of the picture, which is waited for.
        Raises `Problem`.
        """
        return length * self.facts.unit_length / self.scale

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
                self._pixels = self.find(self._reading)
            except CalledOff:  # whoever asks next has it done again
                raise
            except Exception as failure:
                self._failure = failure
                raise
        return self._pixels

    def _end_if_unwanted(self) -> None:
        if all(asker.called_off for asker in list(self._askers)):
            self._reading.call_off()
