"""What windows that show work have in common: a line that tells it, a bar, and Cancel."""

from __future__ import annotations

from typing import Any, Optional

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, GLib, Gtk  # noqa: E402

from clipasso_ext.windows.theme import follow_inkscape  # noqa: E402
from clipasso_ext.words import _  # noqa: E402

PULSE_MS = 100


class WaitingWindow(Gtk.Window):  # type: ignore[misc] # GTK has no types
    """Cancel, Esc and closing it end the main loop, with `cancelled` set. Enter does nothing, until
    a button has the keyboard.
    """

    def __init__(self, title: str) -> None:
        follow_inkscape()
        super().__init__(title=title, border_width=12, icon_name="org.inkscape.Inkscape")
        self.set_position(Gtk.WindowPosition.CENTER)
        self.cancelled = False
        self.status = Gtk.Label(xalign=0)
        self.bar = Gtk.ProgressBar()
        self._pulse = 0  # the timer that moves the bar
        self.buttons = Gtk.Box(spacing=8)
        self.page = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=10)
        cancel = Gtk.Button.new_with_mnemonic(_("_Cancel"))
        cancel.set_tooltip_text(_("Leave the document as it is (Esc)"))
        cancel.connect("clicked", lambda _: self.cancel())
        self.buttons.pack_start(cancel, False, False, 0)
        for widget in (self.status, self.bar, self.buttons):
            self.page.pack_start(widget, False, True, 0)
        self.add(self.page)
        # else Cancel has the keyboard, and whoever presses Enter has cancelled
        self.connect("show", lambda _: self.set_focus(None))
        self.connect("destroy", lambda _: self._stop_pulse())
        self.connect("delete-event", lambda *_: self.cancel())
        self.connect(
            "key-press-event", lambda _, event: event.keyval == Gdk.KEY_Escape and self.cancel()
        )

    def show_progress(self, status: str, share: Optional[float]) -> None:
        """share: of the work that is done, 0 to 1; None where nobody knows, but something is
        done.
        """
        self.status.set_text(status)
        if share is None:
            self._pulse = self._pulse or GLib.timeout_add(PULSE_MS, self._move)
        else:
            self._stop_pulse()
            self.bar.set_fraction(share)

    def _move(self) -> bool:
        self.bar.pulse()
        return True

    def _stop_pulse(self) -> None:
        if self._pulse:
            GLib.source_remove(self._pulse)
            self._pulse = 0

    def cancel(self) -> Any:
        self.cancelled = True
        Gtk.main_quit()
        return True
