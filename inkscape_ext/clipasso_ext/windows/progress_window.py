"""The window of Sketch with Parameters: what grows, how long it takes, and two ways to end it."""

from __future__ import annotations

from typing import List, Sequence, Tuple

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import GLib, Gtk  # noqa: E402

from clipasso_ext.engine.connection import Event  # noqa: E402
from clipasso_ext.engine.session import Session  # noqa: E402
from clipasso_ext.engine.settings import Settings  # noqa: E402
from clipasso_ext.engine.task import Task  # noqa: E402
from clipasso_ext.host import Host  # noqa: E402
from clipasso_ext.windows import wording  # noqa: E402
from clipasso_ext.windows.preview import SIDE_PX, Preview  # noqa: E402
from clipasso_ext.windows.waiting_window import WaitingWindow  # noqa: E402
from clipasso_ext.words import _  # noqa: E402


class ProgressWindow(WaitingWindow):
    """Sketches every task, and closes by itself."""

    def __init__(self, tasks: Sequence[Task], chosen: Settings, host: Host) -> None:
        super().__init__(_("Sketching"))
        self._tasks = tasks
        self._chosen = chosen
        self._session = Session(tasks, host, GLib.idle_add, self._refresh, SIDE_PX)
        self._preview = Preview()
        self._keep = Gtk.Button.new_with_mnemonic(_("_Stop and Keep"))
        self._keep.set_tooltip_text(_("End the work now and insert the sketch as it is"))
        self._keep.connect("clicked", lambda _: self._session.keep())
        self.buttons.pack_end(self._keep, False, False, 0)
        self.page.pack_start(self._preview, True, True, 0)
        self.page.reorder_child(self._preview, 0)

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
        if self.cancelled:
            return [], []
        results = [
            (task, state.result)
            for task, state in zip(self._tasks, self._session.states)
            if state.result is not None
        ]
        return results, self._session.problems()

    def _refresh(self) -> None:
        session = self._session
        if session.current is None:
            Gtk.main_quit()
            return
        state = session.states[session.current]
        pixels = self._tasks[session.current].pixels_if_read
        self._preview.show_sketch(None if pixels is None else pixels.path, state.strokes, None)
        share = None if wording.is_unmeasured(session) else wording.progress_share(session)
        self.show_progress(wording.status_line(session), share)
        self._keep.set_sensitive(session.phase == "progress")
