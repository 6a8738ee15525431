"""What the engine does with a sketch that is in the document, and what of its answer goes back."""

from __future__ import annotations

import json
from typing import Any, Dict, List

from lxml import etree

from clipasso_ext.document.layer import CLIPASSO, RANK, declare
from clipasso_ext.document.placement import Placement
from clipasso_ext.document.selection import tag
from clipasso_ext.document.sketches import Sketch
from clipasso_ext.document.taper import is_tapered, redraw
from clipasso_ext.engine.settings import Settings
from clipasso_ext.engine.task import Task

# of the request that a sketch was made with, which its further strokes share
KEPT = ("mask", "color", "width_px")
SAFE_MASKS = ("auto", "none", "alpha")


class EditTask:
    """A sketch that the engine goes on from. Has what `session.Session` asks of a task.

    do: ``refine``, ``add`` or ``ink``. count: strokes to add.
    """

    def __init__(
        self, sketch: Sketch, task: Task, do: str, reach: str = "redraw", count: int = 0
    ) -> None:
        self.sketch, self._task, self._do, self._reach, self._count = sketch, task, do, reach, count
        self.told: List[str] = []  # what the person should know afterwards
        self.done = False  # not when it was cancelled

    @property
    def name(self) -> str:
        return self.sketch.name

    @property
    def pixels(self) -> Any:
        return self._task.pixels

    @property
    def seen(self) -> Any:
        return self._task.seen

    @property
    def placement(self) -> Placement:
        return self._task.placement

    def request(self, settings: Settings, preset: str) -> Dict[str, Any]:
        """The engine's request: as the sketch was made, with the guide and the work that are chosen
        now.
        """
        try:
            made = json.loads(self.sketch.layer.get("{%s}request" % CLIPASSO) or "{}")
        except ValueError:
            made = {}
        kept = {name: made[name] for name in KEPT if isinstance(made, dict) and name in made}
        if kept.get("mask", "auto") not in SAFE_MASKS:  # a file that may be gone
            del kept["mask"]
        # the resolution may be another now
        if isinstance(kept.get("width_px"), (int, float)) and self.sketch.picture is not None:
            kept["width_px"] = kept["width_px"] * self.sketch.magnified(self._task)
        request = {"version": 1, **kept, "preset": preset, "guide": settings.guide}
        if self._count:
            request["strokes"] = self._count
        return request

    @property
    def edit(self) -> Dict[str, Any]:
        """What the engine is to do with which paths."""
        (a, c, e), (b, d, f) = self.sketch.page(self._task).matrix
        order = {
            "do": self._do,
            "svg": self.sketch.alone().decode(),
            "layer": self.sketch.layer.get("id"),
            "page": [a, b, c, d, e, f],
        }
        return {**order, "only": self.sketch.asked, "reach": self._reach}

    def insert(self, event: Dict[str, Any], _: Settings) -> None:
        """Give the paths their new data, ids, order, style and everything else left alone; put new
        paths on top.
        """
        change = event["change"]
        self.done = True
        self.sketch.remember(self._task)
        for path in self.sketch.paths:
            data = event["paths"].get(path.get("id"))
            if data is not None:
                redraw(path, data)
            ink = event.get("inks", {}).get(path.get("id"))
            if ink is not None:
                declare(path, "fill" if is_tapered(path) else "stroke", ink)
        taken = {element.get("id") for element in self.sketch.svg.iter() if tag(element)}
        for text in event["added"]:
            path = etree.fromstring(text)
            number = 1
            while f"stroke-{number}" in taken:
                number += 1
            path.set("id", f"stroke-{number}")
            taken.add(path.get("id"))
            ranks = [int(one.get(RANK)) for one in self.sketch.ranked]
            # the engine does not see the ranks of hidden strokes
            path.set(RANK, str(max(ranks, default=-1) + 1))
            self.sketch.layer.append(path)
        for ident, why in change.get("kept", {}).items():
            if why == "locked" and self.sketch.chosen is None:  # that is what it was locked for
                continue
            self.told.append(f"{ident} stays as it is: it is {why}.")
        if self._do == "refine" and not change["improved"]:
            self.told.append("No better place was found, so the strokes stay where they were.")
