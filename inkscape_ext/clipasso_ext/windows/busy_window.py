"""The window that says what an insertion waits for: Inkscape is busy with another extension."""

from __future__ import annotations

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import GLib, Gtk  # noqa: E402

from clipasso_ext.windows.waiting_window import WaitingWindow  # noqa: E402
from clipasso_ext.words import _  # noqa: E402

PAUSE_MS = 200
PATIENCE_MS = 3000  # most extensions have ended by then


class BusyWindow(WaitingWindow):
    """Appears after a moment only. Cancel gives the insertion up."""

    def __init__(self) -> None:
        super().__init__(_("Waiting for Inkscape"))
        self._waited_ms = 0
        self._pause = 0  # the timer that ends it

    def pause(self) -> bool:
        """Wait for a moment. Returns whether to go on waiting."""
        if self._waited_ms >= PATIENCE_MS and not self.get_visible():
            self._appear()
        self._pause = GLib.timeout_add(PAUSE_MS, self._go_on)
        Gtk.main()
        if self._pause:
            GLib.source_remove(self._pause)
        self._waited_ms += PAUSE_MS
        return not self.cancelled

    def _appear(self) -> None:
        busy = _("Inkscape is busy with another extension. Inserting goes on when that has ended.")
        # Translators: Live preview is the check box below the dialogs of Inkscape's extensions.
        dialog = _("If its dialog is open with Live preview on, close it.")
        self.show_progress(f"{busy}\n{dialog}", None)
        self.show_all()
        self.present()

    def _go_on(self) -> bool:
        self._pause = 0
        Gtk.main_quit()
        return False
