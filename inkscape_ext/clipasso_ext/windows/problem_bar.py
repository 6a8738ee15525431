"""A bar at the top of a window that says what went wrong, while there is something."""

from __future__ import annotations

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import GLib, Gtk  # noqa: E402


class ProblemBar(Gtk.InfoBar):  # type: ignore[misc] # GTK has no types
    """Hidden until there is a problem."""

    def __init__(self) -> None:
        super().__init__(message_type=Gtk.MessageType.WARNING)
        self.set_no_show_all(True)
        self._text = Gtk.Label(xalign=0, wrap=True, max_width_chars=90, selectable=True)
        row = Gtk.Box(spacing=10)
        row.pack_start(
            Gtk.Image.new_from_icon_name("dialog-warning", Gtk.IconSize.DND), False, False, 0
        )
        row.pack_start(self._text, True, True, 0)
        row.show_all()
        self.get_content_area().add(row)

    def say(self, problem: str) -> None:
        """Nothing hides the bar."""
        self._text.set_markup(f"<b>{GLib.markup_escape_text(problem)}</b>")
        self.set_visible(bool(problem))
