"""The window of Join into One Line and Plot Order: how far it is, and Cancel."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Callable, Optional

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import GLib, Gtk  # noqa: E402

from clipasso_ext.cancellation import CalledOff, Cancellation  # noqa: E402
from clipasso_ext.engine.connection import Event  # noqa: E402
from clipasso_ext.windows.waiting_window import WaitingWindow  # noqa: E402

WIDTH_PX = 360
# gets where to tell progress, and what calls it off
Work = Callable[[Callable[[Event], None], Cancellation], Path]


class PlotWindow(WaitingWindow):
    """Shows work that is done in another thread, and closes by itself."""

    def __init__(self, title: str, status: str, step: str, work: Work) -> None:
        """status: what is told first. step: what is told then, with {step} and {steps} in it."""
        super().__init__(title)
        self.set_default_size(WIDTH_PX, -1)
        self._status = status
        self._step = step
        self._work = work
        self._cancellation = Cancellation()
        self._made: Optional[Path] = None
        self._failure: Optional[Exception] = None

    def run(self) -> Optional[Path]:
        """Show the window until the work is done. Returns what it made; None when cancelled. Raises
        what the work raised.
        """
        worker = threading.Thread(target=self._do, daemon=True)
        self.show_progress(self._status, 0.0)
        self.show_all()
        self.present()
        worker.start()
        try:
            Gtk.main()
        finally:
            self.destroy()
            self._cancellation.call_off()  # ends the engine's command; nothing, where it is done
            worker.join()
        if self.cancelled:
            return None
        if self._failure is not None:
            raise self._failure
        return self._made

    def _do(self) -> None:
        """In a thread of its own."""
        try:
            self._made = self._work(
                lambda event: GLib.idle_add(self._show, event), self._cancellation
            )
        except CalledOff:
            return  # the window is closed
        except Exception as failure:
            self._failure = failure
        GLib.idle_add(self._finish)

    def _finish(self) -> None:
        if not self.cancelled:
            Gtk.main_quit()

    def _show(self, event: Event) -> None:
        step = event["step"]
        steps = event["steps"]
        self.show_progress(self._step.format(step=step, steps=steps), step / max(steps, 1))
