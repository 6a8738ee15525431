"""An edit of a sketch as the JSON protocol has it, and its answer. docs/protocol.md describes
both.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from lxml import etree

from clipasso_core.document.attributes import is_flat
from clipasso_core.document.drawing import Drawing, Line, parse_drawing
from clipasso_core.errors import UserError
from clipasso_core.photo.picture import Picture
from clipasso_core.request import SketchRequest
from clipasso_core.sketching.edit import Change, add, inks, refine
from clipasso_core.sketching.progress import OnProgress
from clipasso_core.sketching.reach import REDRAW
from clipasso_core.sketching.resources import Resources

REFINE, ADD, INK = "refine", "add", "ink"


@dataclass(frozen=True)
class EditRequest:
    """What to do with a sketch.

    do: ``refine``, ``add``, or ``ink`` (colours from the photograph, nothing moves).
    svg: a document that holds the layer, whose id is `layer`.
    page: where the photograph lies, as `drawing.parse_drawing` takes it.
    only: ids of the strokes to redraw, None for all that are not locked.
    reach: see `reach.REACHES`.
    """

    do: str
    svg: str
    layer: str
    page: list[float]
    only: list[str] | None = None
    reach: str = REDRAW

    @classmethod
    def from_json(cls, data: object) -> EditRequest:
        """Raises `UserError` for anything that is no edit."""
        if not isinstance(data, dict) or not set(data) <= {field.name for field in fields(cls)}:
            raise _NO_EDIT
        try:
            edit = cls(**data)
        except TypeError:
            raise _NO_EDIT from None
        if not edit._is_sound():
            raise _NO_EDIT
        a, b, c, d, e, f = edit.page
        if is_flat(np.array([[a, c, e], [b, d, f], [0, 0, 1]], float)):
            raise UserError("bad-edit", "the photograph is squashed to nothing on the page")
        return edit

    def _is_sound(self) -> bool:
        """Whether every field is of its kind."""
        if not isinstance(self.svg, str) or not isinstance(self.layer, str):
            return False
        if not isinstance(self.page, list) or len(self.page) != 6:
            return False
        if not all(_is_number(one) for one in self.page):
            return False
        if self.only is not None and not (
            isinstance(self.only, list) and all(isinstance(one, str) for one in self.only)
        ):
            return False
        return isinstance(self.reach, str) and self.do in (REFINE, ADD, INK)

    def carry_out(
        self,
        picture: Picture,
        request: SketchRequest,
        on_progress: OnProgress | None = None,
        resources: Resources | None = None,
    ) -> dict[str, Any]:
        """Do it. Returns the event ``result``.

        ``change``: what it came to. ``paths``: data by id, of what was redrawn. ``added``: elements
        as text. ``inks``: colours by id.
        """
        data = self.svg.encode("utf-8", "replace")  # JSON can hold halves of letters
        drawing = parse_drawing(data, self.layer, self.page)
        if self.do == INK:
            lines = drawing.lines if self.only is None else drawing.find(self.only)
            colors = inks(picture, request, lines, resources)
            return {**_answer(Change(0.0, 0.0, True, 0, tuple(lines), ())), "inks": colors}
        if self.do == ADD:
            change = add(picture, drawing, request, on_progress, resources)
            added = [etree.tostring(line.node, with_tail=False).decode() for line in change.lines]
            return _answer(change, added=added)
        only = self._chosen(drawing)
        change = refine(picture, drawing, request, only, self.reach, on_progress, resources)
        redrawn = change.lines if change.improved else ()
        return _answer(change, paths={line.id: line.node.get("d") or "" for line in redrawn})

    def _chosen(self, drawing: Drawing) -> list[Line] | None:
        return drawing.find(self.only) if self.only is not None else None


def _is_number(value: object) -> bool:
    """Whether it is one that a float can hold."""
    return (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and abs(value) <= sys.float_info.max
    )


def _answer(
    change: Change, paths: dict[str, str] | None = None, added: list[str] | None = None
) -> dict[str, Any]:
    return {
        "event": "result",
        "change": change.to_json(),
        "paths": paths or {},
        "added": added or [],
    }


_NO_EDIT = UserError("bad-edit", "that is no edit: docs/protocol.md shows one")
