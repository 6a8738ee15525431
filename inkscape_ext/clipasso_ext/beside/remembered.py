"""A bitmap of a document that another process has open: as the effect wrote it down, and as the
window reads it.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

from clipasso_ext.cancellation import Cancellation
from clipasso_ext.document.document_mark import DocumentMark
from clipasso_ext.document.photograph import PhotoFacts, Photograph
from clipasso_ext.document.pixels import Pixels, Undrawn
from clipasso_ext.document.placed_photo import PlacedPhoto
from clipasso_ext.document.placement import Box
from clipasso_ext.document.shapes import Shape
from clipasso_ext.engine.background import BackgroundJob, facts_of, show, write_hidden
from clipasso_ext.engine.connection import Event
from clipasso_ext.engine.settings import Settings
from clipasso_ext.engine.sketch_task import PhotoTask
from clipasso_ext.host import Host
from clipasso_ext.problem import Problem

PICTURES = ("preview", "mask_preview")  # of an event, for the window alone


def written_down(placed: PlacedPhoto) -> Dict[str, Any]:
    """All that needs the document, as JSON; of a bitmap that can't be sketched, why not."""
    try:
        found = placed.found()
        placed.placement_of(found)  # what is squashed is told now
        facts = placed.facts
        shapes = [shape._asdict() for shape in placed.shapes]
    except Problem as problem:
        return {"name": placed.name, "problem": str(problem)}
    return {
        "name": placed.name,
        "problem": "",
        "facts": {**facts._asdict(), "document": facts.document._asdict()},
        "file": str(found.drawing if isinstance(found, Undrawn) else found.path),
        "undrawn": isinstance(found, Undrawn),
        "box": [found.box.x, found.box.y, found.box.width, found.box.height],
        "size_px": list(found.size_px),
        "sketched": placed.is_sketched,
        "shapes": shapes,
    }


class RememberedPhoto(Photograph):
    """As `written_down` has it."""

    def __init__(self, said: Dict[str, Any]) -> None:
        super().__init__()
        self._said = said

    @property
    def name(self) -> str:
        return str(self._said["name"])

    @property
    def facts(self) -> PhotoFacts:
        """Raises `Problem` for a bitmap that can't be sketched."""
        self._check()
        facts = self._said["facts"]
        return PhotoFacts(**{**facts, "document": DocumentMark(**facts["document"])})

    @property
    def is_sketched(self) -> bool:
        return bool(self._said.get("sketched"))

    @property
    def shapes(self) -> List[Shape]:
        self._check()
        return [Shape(**one) for one in self._said["shapes"]]

    @property
    def size_px(self) -> Tuple[int, int]:
        self._check()
        width, height = self._said["size_px"]
        return width, height

    def find(self, cancellation: Cancellation) -> Pixels:
        self._check()
        path, box = Path(self._said["file"]), Box(*self._said["box"])
        width, height = self.size_px
        if self._said["undrawn"]:
            return Undrawn(path, box, (width, height)).draw(cancellation)
        return Pixels(path, box, (width, height))

    def _check(self) -> None:
        if self._said["problem"]:
            raise Problem(self._said["problem"])


class RememberedTask(PhotoTask):
    """A sketch of such a bitmap. What is to be inserted becomes a finished job, which waits for its
    document as those of the background do.
    """

    def __init__(self, photograph: RememberedPhoto, host: Host) -> None:
        super().__init__(photograph)
        self.job: Optional[BackgroundJob] = None  # once there is one
        self._host = host

    def insert(self, event: Event, settings: Settings) -> None:
        never = Cancellation()
        hidden = write_hidden(facts_of(self, settings, never), self.read(never).path, self._host)
        outcome = {name: value for name, value in event.items() if name not in PICTURES}
        try:
            hidden.finish(outcome, self._host)
            self.job = show(hidden, self._host)
        except Problem:
            shutil.rmtree(hidden.folder, ignore_errors=True)
            raise
