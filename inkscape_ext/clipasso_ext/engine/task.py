"""One bitmap that the engine is asked about: what for, and what there is to see of it."""

from __future__ import annotations

from typing import Any, Dict, Optional, Protocol

from clipasso_ext.cancellation import Cancellation
from clipasso_ext.document.pixels import Pixels
from clipasso_ext.engine.connection import Event, message_of
from clipasso_ext.engine.settings import Settings
from clipasso_ext.engine.tries import Regions, Tries, Try


class Task(Protocol):
    """What one bitmap is wanted for: a new sketch, or an edit of one. Any thread may ask, but only
    the one that owns the document may insert.
    """

    @property
    def name(self) -> str:
        """For the person."""

    @property
    def pixels_if_read(self) -> Optional[Pixels]:
        """The picture file, if it was read already. Never waits."""

    def read(self, asker: Optional[Cancellation] = None) -> Pixels:
        """The picture file. Waits for Inkscape, which may have to draw it. Raises `Problem`, and
        `CalledOff` when the asker called it off.
        """

    def request(self, settings: Settings, preset: str) -> Dict[str, Any]:
        """The engine's request, once the picture was read. Raises `Problem`."""

    @property
    def edit(self) -> Optional[Dict[str, Any]]:
        """What the engine is to do with which strokes, once the picture was read; None for a new
        sketch. Raises `Problem`.
        """

    @property
    def regions(self) -> Regions:
        """The pictures in which the person said what matters, by the request's field."""

    def insert(self, event: Event, settings: Settings) -> None:
        """Put the engine's ``result`` into the document. Raises `Problem`."""


class TaskState:
    """What there is to see of one task."""

    def __init__(self) -> None:
        self.strokes: Optional[str] = None  # PNG in base64
        self.drawing: Optional[str] = None  # the same as a document, of what grows
        self.mask: Optional[str] = None  # PNG in base64
        self.started: Event = {}  # which guide, and why
        self.tries = Tries()
        self.problem = ""
        self.note = ""  # what came of the last work, where it is not to be seen
        self.aside = False  # an earlier sketch is looked at while another one grows
        self._grows = False

    @property
    def result(self) -> Optional[Event]:
        """Of the sketch on show."""
        shown = self.tries.shown
        return None if shown is None else shown.event

    @property
    def preset(self) -> str:
        """Of the result."""
        shown = self.tries.shown
        return "" if shown is None else shown.preset

    @property
    def svg(self) -> Optional[str]:
        """The document of what is on show, be it done or growing."""
        shown = self.tries.shown
        grows = self.is_growing and self.drawing is not None
        return self.drawing if grows or shown is None else shown.svg

    @property
    def is_growing(self) -> bool:
        """Whether what is on show grows."""
        return self._grows and not self.aside

    @property
    def seen(self) -> Optional[Try]:
        """The sketch that is to be seen, if it is done."""
        return None if self.is_growing else self.tries.shown

    def hear(self, event: Event) -> None:
        """Take over what the engine tells of it."""
        if not self.aside:
            self.strokes = event.get("preview", self.strokes)
        self.mask = event.get("mask_preview", self.mask)
        said = event["event"]
        if said == "started":
            self.started = {name: value for name, value in event.items() if name != "mask_preview"}
        elif said == "progress":
            self.drawing = event.get("svg", self.drawing)
            self._grows = True
        elif said == "error":
            self.problem = message_of(event)
            self.lose()

    def lose(self) -> None:
        """Forget what grew: the strokes of a sketch that never came."""
        if not self.aside:
            self.strokes = None
        self.stop_growing()

    def stop_growing(self) -> None:
        """Nothing grows any more that could be looked away from."""
        self.drawing = None
        self._grows = False
        self.aside = False

    def show(self, one: Try, aside: bool = False) -> None:
        """An earlier sketch. aside: another one goes on growing meanwhile."""
        if not aside:
            self.stop_growing()
        self.tries.shown = one
        self.aside = aside
        self.strokes = one.event.get("preview", self.strokes)
        self.problem = ""
        self.note = ""
