"""What the engine does with a sketch that is in the document, and what of its answer goes back."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from lxml import etree

from clipasso_ext.cancellation import Cancellation
from clipasso_ext.document.attributes import read_rank
from clipasso_ext.document.cascade import declare
from clipasso_ext.document.elements import FreshIds
from clipasso_ext.document.pixels import Pixels
from clipasso_ext.document.placed_photo import PlacedPhoto
from clipasso_ext.document.restyle import read_request
from clipasso_ext.document.sketch_layer import SketchLayer
from clipasso_ext.document.taper import paint_of, redraw
from clipasso_ext.engine.connection import Event
from clipasso_ext.engine.settings import Settings
from clipasso_ext.engine.tries import Regions
from clipasso_ext.names import RANK
from clipasso_ext.words import _, later

# of the request that a sketch was made with, which its further strokes share
KEPT = ("mask", "faces", "color", "width_px")
NO_BETTER = later(
    "No better place was found, so the strokes stay where they were. Redraw them with Start afresh"
    " and another number in Another try, or move them by hand first."
)
# by the engine's word for why
KEPT_STROKES = {
    "locked": later("{stroke} stays as it is: it is locked."),
    "closed": later("{stroke} stays as it is: it is closed."),
    "filled": later("{stroke} stays as it is: it is filled."),
}
KEPT_STROKE = later("{stroke} stays as it is.")  # why, an engine of another version knows
SAFE_MASKS = ("auto", "none", "alpha")


class EditTask:
    """A sketch that the engine goes on from.

    do: ``refine``, ``add`` or ``ink``. reach: of ``refine``. count: strokes to add.
    """

    def __init__(
        self,
        sketch: SketchLayer,
        placed: PlacedPhoto,
        do: str,
        reach: str = "redraw",
        count: int = 0,
    ) -> None:
        self.sketch = sketch
        self.placed = placed
        self.messages: List[str] = []  # what the person should know afterwards
        self.done = False  # not when it was cancelled
        self.added: List[str] = []  # ids of new strokes
        self._do = do
        self._reach = reach
        self._count = count

    @property
    def name(self) -> str:
        return self.sketch.name

    @property
    def pixels_if_read(self) -> Optional[Pixels]:
        return self.placed.pixels_if_read

    def read(self, asker: Optional[Cancellation] = None) -> Pixels:
        """The picture file, waited for. Raises `Problem` and `CalledOff`."""
        return self.placed.read(asker)

    @property
    def regions(self) -> Regions:
        """There is nothing painted for an edit."""
        return {}

    def request(self, settings: Settings, preset: str) -> Dict[str, Any]:
        """The engine's request: as the sketch was made, with the guide and the work that are chosen
        now. Raises `Problem`.
        """
        kept = self._kept_request()
        if kept.get("mask", "auto") not in SAFE_MASKS:  # a file that may be gone
            del kept["mask"]
        # the resolution may be another now
        width_px = kept.get("width_px")
        if isinstance(width_px, (int, float)) and self.sketch.picture_px is not None:
            kept["width_px"] = width_px * self.sketch.magnified(self.placed)
        request = {"version": 1, **kept, "preset": preset, "guide": settings.guide}
        if self._count:
            request["strokes"] = self._count
        if settings.seed:
            request["seed"] = settings.seed
        return request

    def _kept_request(self) -> Dict[str, Any]:
        """What is kept of the request that the sketch was made with."""
        made = read_request(self.sketch.layer)
        return {name: made[name] for name in KEPT if name in made}

    @property
    def edit(self) -> Optional[Dict[str, Any]]:
        """What the engine is to do with which paths. Raises `Problem`."""
        (a, c, e), (b, d, f) = self.sketch.page(self.placed).matrix
        return {
            "do": self._do,
            "svg": self.sketch.alone().decode(),
            "layer": self.sketch.layer.get("id"),
            "page": [a, b, c, d, e, f],
            "only": self.sketch.only,
            "reach": self._reach,
        }

    def insert(self, event: Event, settings: Settings) -> None:
        """Give the paths their new data, ids, order, style and everything else left alone; put new
        paths on top.
        """
        change = event["change"]
        self.done = True
        self.sketch.remember(self.placed)
        for path in self.sketch.paths:
            data = event["paths"].get(path.get("id"))
            if data is not None:
                redraw(path, data)
            ink = event.get("inks", {}).get(path.get("id"))
            if ink is not None:
                declare(path, paint_of(path), ink)
        self._add(event["added"])
        self.sketch.recount()
        for ident, why in change.get("kept", {}).items():
            if why == "locked" and self.sketch.selected is None:  # that is what it was locked for
                continue
            self.messages.append(_(KEPT_STROKES.get(why, KEPT_STROKE)).format(stroke=ident))
        if self._do == "refine" and not change["improved"]:
            self.messages.append(_(NO_BETTER))

    def _add(self, texts: List[str]) -> None:
        """Put new paths on top, with ids and ranks of their own."""
        ids = FreshIds(self.sketch.svg)
        for text in texts:
            path = etree.fromstring(text)
            path.set("id", ids.new("stroke"))
            self.added.append(str(path.get("id")))
            ranks = [read_rank(one) or 0 for one in self.sketch.ranked_paths]
            # the engine does not see the ranks of hidden strokes
            path.set(RANK, str(max(ranks, default=-1) + 1))
            self.sketch.layer.append(path)
