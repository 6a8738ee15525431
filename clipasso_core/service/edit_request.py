"""An edit of a sketch as the JSON door takes it, and its answer. docs/protocol.md describes
both.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from lxml import etree

from clipasso_core.document.drawing import parse_drawing
from clipasso_core.errors import UserError
from clipasso_core.guide import Guide, load_guide
from clipasso_core.photo.mask import find_subject
from clipasso_core.photo.picture import Picture
from clipasso_core.request import SketchRequest
from clipasso_core.sketching.edit import REDRAW, Change, add, inks, refine
from clipasso_core.sketching.job import FindMask, OnProgress


@dataclass(frozen=True)
class Order:
    """What to do with a sketch.

    do: ``refine``, ``add``, or ``ink`` (colours from the photograph, nothing moves). svg: a
        document that holds the layer, whose id
    is `layer`. page: where the photograph lies, as `drawing.parse_drawing` takes it. only: ids of
    the strokes to redraw, None for all that are not locked. reach: see `edit.REACHES`.
    """

    do: str
    svg: str
    layer: str
    page: list[float]
    only: list[str] | None = None
    reach: str = REDRAW

    @classmethod
    def from_json(cls, data: object) -> Order:
        """Raises `UserError` for anything that is no order."""
        if not isinstance(data, dict) or not set(data) <= {field.name for field in fields(cls)}:
            raise _NO_ORDER
        try:
            order = cls(**data)
        except TypeError:
            raise _NO_ORDER from None
        page = (
            isinstance(order.page, list)
            and len(order.page) == 6
            and all(isinstance(one, (int, float)) for one in order.page)
        )
        only = order.only is None or (
            isinstance(order.only, list) and all(isinstance(one, str) for one in order.only)
        )
        texts = isinstance(order.svg, str) and isinstance(order.layer, str)
        if not (page and only and texts) or order.do not in ("refine", "add", "ink"):
            raise _NO_ORDER
        a, b, c, d, *_ = order.page
        if not all(math.isfinite(one) for one in order.page) or abs(a * d - b * c) < 1e-12:
            raise UserError("bad-edit", "the photograph is squashed to nothing on the page")
        return order

    def carry_out(
        self,
        picture: Picture,
        request: SketchRequest,
        on_progress: OnProgress | None = None,
        load: Callable[[str, str, str, bool], Guide] = load_guide,
        find: FindMask = find_subject,
    ) -> dict[str, Any]:
        """Do it. Returns the event ``result``.

        ``change``: what it came to. ``paths``: data by id, of what was redrawn. ``added``: elements
        as text. ``inks``: colours by id.
        """
        drawing = parse_drawing(self.svg.encode(), self.layer, self.page)
        if self.do == "ink":
            lines = drawing.lines if self.only is None else drawing.find(self.only)
            change = Change(0.0, 0.0, True, 0, tuple(lines), ())
            colors = inks(picture, request, lines, load, find)
            return {
                "event": "result",
                "change": change.to_json(),
                "paths": {},
                "added": [],
                "inks": colors,
            }
        if self.do == "add":
            change = add(picture, drawing, request, on_progress, load, find)
            added = [etree.tostring(line.node, with_tail=False).decode() for line in change.lines]
            return {"event": "result", "change": change.to_json(), "paths": {}, "added": added}
        only = drawing.find(self.only) if self.only is not None else None
        change = refine(picture, drawing, request, only, self.reach, on_progress, load, find)
        paths = {line.id: line.node.get("d") for line in change.lines} if change.improved else {}
        return {"event": "result", "change": change.to_json(), "paths": paths, "added": []}


_NO_ORDER = UserError("bad-edit", "that is no edit: docs/protocol.md shows one")
