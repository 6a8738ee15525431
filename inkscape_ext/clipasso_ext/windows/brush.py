"""The brush with which a person says what matters: its buttons, its size, and what it painted over
each photograph.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Tuple

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gtk  # noqa: E402
from lxml import etree  # noqa: E402

from clipasso_ext.document.shapes import Shape  # noqa: E402
from clipasso_ext.document.still import Part, cut  # noqa: E402
from clipasso_ext.engine.regions import (  # noqa: E402
    LESS,
    MORE,
    NOT_SUBJECT,
    SUBJECT,
    Area,
    Mark,
    Marks,
)
from clipasso_ext.engine.tries import Regions  # noqa: E402
from clipasso_ext.host import log  # noqa: E402
from clipasso_ext.windows.pictures import draws_svg, from_svg  # noqa: E402
from clipasso_ext.words import _, later  # noqa: E402

LABELS = [
    # Translators: what a brush paints over a photograph: where there are to be more strokes.
    (MORE, later("Mo_re Here"), later("Paint where the sketch needs more strokes.")),
    (LESS, later("_Less Here"), later("Paint where fewer strokes will do.")),
    (NOT_SUBJECT, later("_Not the Subject"), later("Paint what should be left out.")),
    (
        SUBJECT,
        later("S_ubject Too"),
        later("Paint what belongs to the subject and was not found."),
    ),
]
RADIUS = 0.04  # of the longer side
SMALLEST, LARGEST = 0.005, 0.25
CHANGE = 1.25  # of the size, by one key
Size = Tuple[float, float]
SIZE_TIP = later("[ and ] change the brush's size.")
NO_SVG = later("To paint, this GTK has to draw SVG: install the package librsvg2-common.")


class Brush(Gtk.Box):  # type: ignore[misc] # GTK has no types
    """Calls `changed` after every stroke of the brush, and `shown` when the picture is another.

    tool: what is painted; None for nothing. A photograph's marks are taken with `look_at`.
    """

    def __init__(self, changed: Callable[[], None], shown: Callable[[], None]) -> None:
        super().__init__(spacing=6)
        self.tool: Optional[str] = None
        self._changed = changed
        self._shown = shown
        self._radius = RADIUS
        self._marks: Optional[Marks] = None
        self._of: Dict[int, Marks] = {}  # by the photograph's number
        self._painting: Optional[Mark] = None
        self._over: Optional[Tuple[float, float]] = None  # where the brush is
        # pictures that were written, by their documents: what a sketch was drawn with is known by
        # its file
        self._files: Dict[str, Optional[Path]] = {}
        self._build()

    @property
    def can_paint(self) -> bool:
        """Whether what is painted can be drawn."""
        return draws_svg()

    def _build(self) -> None:
        tools = Gtk.Box()
        tools.get_style_context().add_class("linked")
        self._buttons = {}
        for tool, label, tip in LABELS:
            button = Gtk.ToggleButton.new_with_mnemonic(_(label))
            button.set_tooltip_text(f"{_(tip)} {_(SIZE_TIP)}")
            button.connect("toggled", self._choose, tool)
            tools.pack_start(button, False, False, 0)
            self._buttons[tool] = button
        self._undo = self._action(
            _("Undo"), _("Take the last stroke of the brush back (Ctrl+Z)"), self.undo
        )
        # Translators: a button that takes all away that was painted.
        self._clear = self._action(_("Clear"), _("Take all that was painted away"), self.clear)
        for widget in (tools, self._undo, self._clear):
            self.pack_start(widget, False, False, 0)
        if not self.can_paint:
            self.set_sensitive(False)
            self.set_tooltip_text(_(NO_SVG))
        self._refresh()

    def _action(self, label: str, tip: str, act: Callable[[], None]) -> Any:
        button = Gtk.Button.new_with_label(label)
        button.set_tooltip_text(tip)
        button.connect("clicked", lambda _: act())
        return button

    def _choose(self, button: Any, tool: str) -> None:
        if button.get_active():
            self.tool = tool
            for other, one in self._buttons.items():
                if other != tool:
                    one.set_active(False)
        elif self.tool == tool:
            self.tool = None
        self._shown()

    def look_at(self, number: int, size: Optional[Tuple[float, float]]) -> None:
        """The photograph on show, and its size; None for one that is not seen yet."""
        if number not in self._of and size is not None:
            self._of[number] = Marks(size)
        self._marks = self._of.get(number)
        self._refresh()

    def resize(self, closer: bool) -> None:
        """A larger brush, or a smaller one."""
        factor = CHANGE if closer else 1 / CHANGE
        self._radius = min(max(self._radius * factor, SMALLEST), LARGEST)
        self._shown()

    def hover(self, place: Optional[Tuple[float, float]]) -> None:
        """Where the brush is; None for nowhere on the picture."""
        self._over = place

    def begin(self, place: Tuple[float, float]) -> None:
        """A stroke of the brush begins."""
        if self._marks is None or self.tool is None:
            return
        self._painting = Mark(self.tool, self._radius, [place])
        self._marks.all.append(self._painting)

    def go_on(self, place: Tuple[float, float]) -> None:
        """And goes on."""
        if self._painting is not None:
            self._painting.points.append(place)

    def end(self) -> None:
        """And ends."""
        if self._painting is not None:
            self._painting = None
            self.tell()

    def mark(self, number: int, tool: Optional[str], shapes: List[Shape], size: Size) -> None:
        """Mark what shapes enclose over a photograph of that size, in the place of what they marked
        before; with no tool nothing.
        """
        marks = self._of.setdefault(number, Marks(size))
        if marks.area is not None:
            marks.all.remove(marks.area)
        if tool is not None:
            marks.all.append(Area(tool, shapes))

    def marked(self, number: int) -> Optional[str]:
        """With which tool shapes marked a photograph."""
        marks: Optional[Marks] = self._of.get(number)
        area = None if marks is None else marks.area
        return None if area is None else area.tool

    def tell(self) -> None:
        """Of marks that are others now."""
        self._refresh()
        self._shown()
        self._changed()

    def undo(self) -> None:
        """Take the last stroke back."""
        if self._marks is not None and self._marks.all:
            self._marks.all.pop()
            self.tell()

    def clear(self) -> None:
        """Take all strokes back."""
        if self._marks is not None and self._marks.all:
            self._marks.all.clear()
            self.tell()

    def _refresh(self) -> None:
        has_marks = self._marks is not None and bool(self._marks.all)
        self._undo.set_sensitive(has_marks)
        self._clear.set_sensitive(has_marks)

    def drawn(self, part: Part, width: int, height: int) -> Optional[Any]:
        """What was painted over a part of the picture, at that size; None for nothing."""
        if self._marks is None:
            return None
        brush = None
        if self.tool is not None and self._over is not None:
            brush = Mark(self.tool, self._radius, [self._over])
        if brush is None and not self._marks.all:
            return None
        return from_svg(cut(etree.fromstring(self._marks.overlay(brush)), part, width, height))

    def write(self, number: int, folder: Path) -> Regions:
        """The pictures of what was painted over a photograph, as files, by the request's field."""
        marks: Optional[Marks] = self._of.get(number)
        regions: Regions = {}
        fields: List[str] = [] if marks is None else marks.fields()
        for field in fields:
            assert marks is not None
            document = marks.picture(field)
            if document not in self._files:
                self._files[document] = self._write(document, folder / field)
            path = self._files[document]
            if path is not None:
                regions[field] = str(path)
        return regions

    def _write(self, document: str, place: Path) -> Optional[Path]:
        """A document as a picture, a file beside that place; None for what can't be drawn."""
        picture = from_svg(document.encode())
        if picture is None:
            log(f"what was painted for {place.name} can't be drawn")
            return None
        path = place.with_name(f"{place.name}-{len(self._files) + 1}.png")
        picture.savev(str(path), "png", [], [])
        return path
