"""The choice of an ink: one colour, or for each stroke the photograph's own."""

from __future__ import annotations

from typing import Any, Callable

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, Gtk  # noqa: E402

from clipasso_ext.engine.settings import PHOTO_INK  # noqa: E402
from clipasso_ext.words import _, pgettext  # noqa: E402

OWN_INK = "own"
BLACK = "#000000"


class InkField(Gtk.Box):  # type: ignore[misc] # GTK has no types
    """Calls `changed`; `value` is the ink as the settings have it."""

    def __init__(self, ink: str, changed: Callable[[], None]) -> None:
        super().__init__(spacing=6)
        self.kind = Gtk.ComboBoxText()
        self.kind.append(OWN_INK, _("One colour"))
        self.kind.append(PHOTO_INK, _("From the photograph"))
        self.kind.set_active_id(PHOTO_INK if ink == PHOTO_INK else OWN_INK)
        self.kind.set_tooltip_text(
            _("One colour for all strokes, or for each the photograph's own.")
        )
        color = Gdk.RGBA()
        if not color.parse(ink):
            color.parse("black")
        self.color = Gtk.ColorButton.new_with_rgba(color)
        self.color.set_title(pgettext("title of the colour chooser", "Ink"))
        self.color.set_tooltip_text(_("The colour of all strokes."))
        self.color.set_sensitive(ink != PHOTO_INK)

        def choose(_: Any) -> None:
            self.color.set_sensitive(self.kind.get_active_id() == OWN_INK)
            changed()

        self.kind.connect("changed", choose)
        self.color.connect("color-set", lambda _: changed())
        self.pack_start(self.kind, True, True, 0)
        self.pack_start(self.color, False, False, 0)

    @property
    def value(self) -> str:
        """A colour, or ``photo``."""
        if self.kind.get_active_id() == PHOTO_INK:
            return PHOTO_INK
        ink = _hex(self.color.get_rgba())
        return "black" if ink == BLACK else ink


def _hex(color: Any) -> str:
    return "#%02x%02x%02x" % tuple(
        round(255 * part) for part in (color.red, color.green, color.blue)
    )
