"""The window of Sketch with Parameters: what grows, how long it takes, and two ways to end it."""

from __future__ import annotations

from typing import Any, List, Tuple

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, GLib, Gtk  # noqa: E402

from clipasso_ext.engine.connection import Event  # noqa: E402
from clipasso_ext.engine.host import Host  # noqa: E402
from clipasso_ext.engine.session import Session  # noqa: E402
from clipasso_ext.engine.settings import Settings  # noqa: E402
from clipasso_ext.engine.task import Task  # noqa: E402
from clipasso_ext.windows import wording  # noqa: E402
from clipasso_ext.windows.preview import SIDE_PX, Preview  # noqa: E402


class ProgressWindow(Gtk.Window):
    """Sketches every task, and closes by itself."""

    def __init__(self, tasks: List[Task], chosen: Settings, host: Host) -> None:
        super().__init__(title="Sketching", border_width=12, icon_name="org.inkscape.Inkscape")
        self.set_position(Gtk.WindowPosition.CENTER)
        self._tasks, self._chosen = tasks, chosen
        self._session = Session(tasks, host, GLib.idle_add, self._refresh, SIDE_PX)
        self._cancelled = False
        self._preview = Preview()
        self._status, self._bar = Gtk.Label(xalign=0), Gtk.ProgressBar()
        self._keep = Gtk.Button.new_with_mnemonic("_Stop and Keep")
        self._keep.set_tooltip_text("End the work now and insert the sketch as it is")
        self._keep.connect("clicked", lambda _: self._session.keep())
        cancel = Gtk.Button.new_with_mnemonic("_Cancel")
        cancel.set_tooltip_text("Leave the document as it is (Esc)")
        cancel.connect("clicked", lambda _: self._cancel())
        buttons = Gtk.Box(spacing=8)
        buttons.pack_start(cancel, False, False, 0)
        buttons.pack_end(self._keep, False, False, 0)
        page = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=10)
        for widget in (self._preview, self._status, self._bar, buttons):
            page.pack_start(widget, widget is self._preview, True, 0)
        self.add(page)
        self.connect("delete-event", lambda *_: self._cancel())
        self.connect(
            "key-press-event", lambda _, event: event.keyval == Gdk.KEY_Escape and self._cancel()
        )

    def run(self) -> Tuple[List[Tuple[Task, Event]], List[str]]:
        """Show the window until all is done. Returns the sketches, and what went wrong with the
        others; nothing when cancelled.
        """
        self.show_all()
        self.present()
        self._session.begin(self._chosen, self._chosen.preset, list(range(len(self._tasks))))
        try:
            Gtk.main()
        finally:
            self._session.close()
            self.destroy()
        if self._cancelled:
            return [], []
        both = list(zip(self._tasks, self._session.shown))
        several = len(both) > 1
        problems = [
            f"{task.name}: {shown.problem}" if several else shown.problem
            for task, shown in both
            if shown.problem
        ]
        return [(task, shown.result) for task, shown in both if shown.result is not None], problems

    def _cancel(self) -> bool:
        self._cancelled = True
        Gtk.main_quit()
        return True

    def _refresh(self) -> Any:
        session = self._session
        if not session.busy:
            Gtk.main_quit()
            return
        assert session.current is not None
        shown, pixels = session.shown[session.current], self._tasks[session.current].seen
        self._preview.show_sketch(pixels.path if pixels is not None else None, shown.strokes, None)
        self._status.set_text(wording.describe(session))
        self._bar.set_fraction(wording.share(session))
        self._keep.set_sensitive(session.phase == "progress")
