"""The strip of tries: small pictures of what was seen, any of which comes back with a click."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import GLib, Gtk  # noqa: E402

from clipasso_ext.document.still import WHOLE, Still  # noqa: E402
from clipasso_ext.engine.tries import Try  # noqa: E402
from clipasso_ext.windows import wording  # noqa: E402
from clipasso_ext.windows.pictures import OPAQUE, blank, from_png, from_svg, lay  # noqa: E402
from clipasso_ext.windows.sharp_image import SharpImage  # noqa: E402

LONGER_PX = 76  # side of a small picture
SHORTER_PX = 56
Draw = Callable[[Try], Optional[Still]]


class Strip(Gtk.ScrolledWindow):  # type: ignore[misc] # GTK has no types
    """Calls `chosen` with the try that was clicked."""

    def __init__(self, chosen: Callable[[Try], None]) -> None:
        super().__init__()
        self.set_policy(Gtk.PolicyType.AUTOMATIC, Gtk.PolicyType.NEVER)
        self._chosen = chosen
        self._row = Gtk.Box(spacing=4)
        self.add(self._row)
        self._buttons: Dict[Try, Any] = {}
        self._drawn_for: Any = None  # with which looks, how sharp
        self._end = 0  # the call that is to show the last one
        self.connect("destroy", self._forget_end)
        self._telling = False  # the buttons follow, nobody clicks

    def show_tries(self, tries: List[Try], shown: Optional[Try], looks: Any, draw: Draw) -> None:
        """looks: when they are others, the pictures are drawn anew."""
        for one in [one for one in self._buttons if one not in tries]:
            self._buttons.pop(one).destroy()
        key = looks, self.get_scale_factor()
        anew = key != self._drawn_for
        self._drawn_for = key
        is_new = False
        for one in tries:
            if one not in self._buttons:
                self._buttons[one] = self._button(one)
                is_new = True
            elif not anew:
                continue
            image = self._buttons[one].picture
            image.show_picture(_small(one, draw(one), image.scale))
        self._mark(shown)
        if is_new:
            self._forget_end()
            self._end = GLib.idle_add(self._show_end)

    def _mark(self, shown: Optional[Try]) -> None:
        self._telling = True
        for one, button in self._buttons.items():
            button.set_active(one is shown)
        self._telling = False

    def _button(self, one: Try) -> Any:
        button = Gtk.ToggleButton(relief=Gtk.ReliefStyle.NONE)
        button.picture = SharpImage()
        label = Gtk.Label()
        label.set_markup(f"<small>{GLib.markup_escape_text(wording.try_caption(one))}</small>")
        box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=2)
        box.pack_start(button.picture, True, True, 0)
        box.pack_start(label, False, False, 0)
        button.add(box)
        button.set_tooltip_text(wording.try_line(one))
        button.connect("toggled", self._toggle, one)
        button.show_all()
        self._row.pack_start(button, False, False, 0)
        return button

    def _toggle(self, button: Any, one: Try) -> None:
        if self._telling:
            return
        if button.get_active():
            self._chosen(one)
        else:  # one that is on show stays on show
            self._telling = True
            button.set_active(True)
            self._telling = False

    def _forget_end(self, *_: Any) -> None:
        if self._end:
            GLib.source_remove(self._end)
            self._end = 0

    def _show_end(self) -> bool:
        self._end = 0
        place = self.get_hadjustment()
        place.set_value(place.get_upper() - place.get_page_size())
        return False


def _small(one: Try, still: Optional[Still], sharpness: int) -> Optional[Any]:
    """A try on white paper, of so many pixels for each."""
    strokes = from_png(one.event.get("preview")) if still is None else None
    size = still.size if still is not None else None
    if strokes is not None:
        size = strokes.get_width(), strokes.get_height()
    if size is None:
        return None
    scale = min(LONGER_PX / size[0], SHORTER_PX / size[1])
    width, height = (max(1, round(side * scale)) * sharpness for side in size)
    paper = blank(width, height)
    if still is not None:
        strokes = from_svg(still.svg(WHOLE, width, height))
    if strokes is not None:
        lay(strokes, paper, OPAQUE, WHOLE)
    return paper
