"""The question what shapes mean that are selected together with the bitmap."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gtk  # noqa: E402

from clipasso_ext.document.shapes import Shape  # noqa: E402
from clipasso_ext.engine.regions import LESS, MORE, NOT_SUBJECT, ONLY  # noqa: E402
from clipasso_ext.engine.sketch_task import PhotoTask  # noqa: E402
from clipasso_ext.windows import wording  # noqa: E402
from clipasso_ext.windows.brush import Brush  # noqa: E402
from clipasso_ext.words import _, later  # noqa: E402

NOTHING = "nothing"
MEANINGS = [
    # Translators: answers to "2 shapes are selected with the bitmap:", what is meant by them.
    (NOTHING, later("Draw normally there")),
    (MORE, later("More strokes there")),
    (LESS, later("Fewer strokes there")),
    (ONLY, later("Draw only what is inside")),
    (NOT_SUBJECT, later("Leave it out")),
]
TIP = later("Shapes mark regions of the bitmap, as the brush does.")


class ShapeRow(Gtk.Box):  # type: ignore[misc] # GTK has no types
    """Has the brush mark what the shapes over each bitmap enclose. Hidden over a bitmap without
    shapes.
    """

    def __init__(self, tasks: Sequence[PhotoTask], brush: Brush) -> None:
        super().__init__(spacing=6)
        self.set_no_show_all(True)
        self._tasks = tasks
        self._brush = brush
        # what is selected does not change while the window is open
        self._shapes: Dict[int, List[Shape]] = {}
        if brush.can_paint:
            self._shapes = {number: task.shapes for number, task in enumerate(tasks)}
        self._at = 0
        self._following = False  # the choice follows what is marked, nobody makes it
        self._label = Gtk.Label(xalign=0)
        self._choice = Gtk.ComboBoxText(tooltip_text=_(TIP))
        for meaning, text in MEANINGS:
            self._choice.append(meaning, _(text))
        self._choice.connect("changed", self._choose)
        for widget in (self._label, self._choice):
            widget.show()
            self.pack_start(widget, False, False, 0)

    def look_at(self, number: int) -> None:
        """The bitmap on show, and what is marked over it now."""
        self._at = number
        count = len(self._shapes.get(number, []))
        self._label.set_text(wording.shapes(count))
        self.set_visible(count > 0)
        self._following = True
        self._choice.set_active_id(self._brush.marked(number) or NOTHING)
        self._following = False

    def _choose(self, choice: Any) -> None:
        """One answer holds for every bitmap."""
        if self._following:
            return
        meaning = choice.get_active_id()
        tool: Optional[str] = None if meaning == NOTHING else meaning
        for number, shapes in self._shapes.items():
            if shapes:
                self._brush.mark(number, tool, shapes, self._tasks[number].size_px)
        self._brush.look_at(self._at, self._tasks[self._at].size_px)
        self._brush.tell()
