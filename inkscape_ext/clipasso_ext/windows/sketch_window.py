"""The sketching window: the photograph, a draft that follows the controls, and what becomes of
it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, List, Optional, Sequence, Tuple

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, GLib, Gtk  # noqa: E402

from clipasso_ext.engine.connection import Event  # noqa: E402
from clipasso_ext.engine.session import Session, Task, TaskState  # noqa: E402
from clipasso_ext.engine.settings import DRAFT, Settings, store  # noqa: E402
from clipasso_ext.engine.sketch_task import PhotoTask  # noqa: E402
from clipasso_ext.engine.submission import Submission, handed_over  # noqa: E402
from clipasso_ext.host import Host  # noqa: E402
from clipasso_ext.windows import wording  # noqa: E402
from clipasso_ext.windows.controls import Controls  # noqa: E402
from clipasso_ext.windows.preview import ALONE, MASK, OVER, SIDE_PX, Preview  # noqa: E402

PAUSE_MS = 150  # a turning knob is followed when it rests for so long
VIEWS = [(OVER, "Over the Photo"), (ALONE, "Strokes Alone"), (MASK, "Mask")]


class SketchWindow(Gtk.Window):  # type: ignore[misc] # GTK has no types
    """Runs until the person inserts, hands the work to the background, or cancels. It does not
    touch the document.
    """

    def __init__(self, tasks: Sequence[PhotoTask], stored: Settings, host: Host, unit: str) -> None:
        """unit: in which the document shows lengths."""
        super().__init__(
            title="Sketch a Photograph", border_width=12, icon_name="org.inkscape.Inkscape"
        )
        self.set_position(Gtk.WindowPosition.CENTER)
        self._tasks = tasks
        self._host = host
        self._unit = unit
        self._at = 0  # index of the task on show
        self._inserting = False  # as soon as what computes is done
        self._timer = 0  # of a knob that was turned just now
        self._wanted: List[Tuple[Task, Event]] = []
        self._chosen = stored
        self._open = True
        self._session = Session(tasks, host, GLib.idle_add, self._refresh, SIDE_PX)
        self._submission: Optional[Submission] = None  # on its way to the background
        self.handed_over = ""  # what to tell of sketches that are in the background
        self._build(stored)
        self.connect("delete-event", lambda *_: self._leave())
        self.connect("key-press-event", self._press)

    @property
    def settings(self) -> Settings:
        """What the controls say, or said when the window closed."""
        return self._controls.settings if self._open else self._chosen

    @property
    def problems(self) -> List[str]:
        """Why some bitmaps have no sketch."""
        return self._session.problems()

    def run(self) -> List[Tuple[Task, Event]]:
        """Show the window and wait for the person. Returns the sketches to insert; none when that
        is not wanted.
        """
        self.show_all()
        self._pager.set_visible(len(self._tasks) > 1)
        self._problem_bar.hide()
        self._keep.hide()
        self._controls.slider.grab_focus()
        self.present()
        self._session.ask_about()
        self._session.begin(self.settings, DRAFT, [0])
        try:
            Gtk.main()
        finally:
            self._session.close()
            if self._submission is not None:
                self._submission.close()
            self._chosen = self._controls.settings
            self._open = False
            self.destroy()
        return self._wanted

    # Looks

    def _build(self, stored: Settings) -> None:
        self._preview = Preview()
        frame = Gtk.Frame()
        frame.add(self._preview)
        left = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=8)
        left.pack_start(frame, True, True, 0)
        left.pack_start(self._view_row(), False, False, 0)
        self._controls = Controls(stored, self._unit, self._turn)
        right = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=12)
        right.pack_start(self._controls, False, False, 0)
        self._line = Gtk.Label(xalign=0, wrap=True, max_width_chars=44, selectable=False)
        self._line.get_style_context().add_class("dim-label")
        right.pack_end(self._line, False, False, 0)
        middle = Gtk.Box(spacing=18)
        middle.pack_start(left, True, True, 0)
        middle.pack_start(right, False, False, 0)
        page = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=10)
        page.pack_start(self._problem_row(), False, False, 0)
        page.pack_start(middle, True, True, 0)
        self._status = Gtk.Label(xalign=0, ellipsize=3)
        self._bar = Gtk.ProgressBar()
        page.pack_start(self._status, False, False, 0)
        page.pack_start(self._bar, False, False, 0)
        page.pack_start(self._button_row(), False, False, 0)
        self.add(page)

    def _view_row(self) -> Any:
        row = Gtk.Box(spacing=12)
        switch = Gtk.Box()
        switch.get_style_context().add_class("linked")
        first = None
        for mode, text in VIEWS:
            button = Gtk.RadioButton.new_with_label_from_widget(first, text)
            button.set_mode(False)
            button.connect("toggled", self._show_view, mode)
            switch.pack_start(button, False, False, 0)
            first = first or button
        row.pack_start(switch, False, False, 0)
        row.pack_end(self._pager_box(), False, False, 0)
        return row

    def _pager_box(self) -> Any:
        self._pager = Gtk.Box(spacing=6)
        back = Gtk.Button(label="‹")
        back.connect("clicked", lambda _: self._go(-1))
        on = Gtk.Button(label="›")
        on.connect("clicked", lambda _: self._go(1))
        self._page = Gtk.Label()
        for widget in (back, self._page, on):
            self._pager.pack_start(widget, False, False, 0)
        return self._pager

    def _problem_row(self) -> Any:
        self._problem_bar = Gtk.InfoBar(message_type=Gtk.MessageType.WARNING)
        self._problem_bar.set_no_show_all(True)
        self._problem = Gtk.Label(xalign=0, wrap=True, max_width_chars=90, selectable=True)
        row = Gtk.Box(spacing=10)
        row.pack_start(
            Gtk.Image.new_from_icon_name("dialog-warning", Gtk.IconSize.DND), False, False, 0
        )
        row.pack_start(self._problem, True, True, 0)
        row.show_all()
        self._problem_bar.get_content_area().add(row)
        return self._problem_bar

    def _button_row(self) -> Any:
        row = Gtk.Box(spacing=8)
        self._cancel = self._button(
            "_Cancel", "Leave the document as it is (Esc)", lambda: self._leave()
        )
        self._background = self._button(
            "In the _Background", "Finish while you go on working in Inkscape", self._hand_over
        )
        self._finish = self._button("_Finish", "Refine the draft with more work", self._refine)
        self._keep = self._button(
            "S_top and Keep", "End the work now and keep the sketch as it is", self._session.keep
        )
        self._insert = self._button(
            "_Insert", "Put the sketch that you see into the document (Enter)", self._put
        )
        self._insert.get_style_context().add_class("suggested-action")
        self._insert.set_can_default(True)
        self.set_default(self._insert)
        row.pack_start(self._cancel, False, False, 0)
        for button in (self._insert, self._keep, self._finish, self._background):
            row.pack_end(button, False, False, 0)
        return row

    def _button(self, label: str, tooltip: str, act: Callable[[], Any]) -> Any:
        button = Gtk.Button.new_with_mnemonic(label)
        button.set_tooltip_text(tooltip)
        button.connect("clicked", lambda _: act())
        return button

    # What the person does

    def _press(self, _: Any, event: Any) -> bool:
        if event.keyval == Gdk.KEY_Escape:
            self._leave()
            return True
        if event.keyval in (Gdk.KEY_Return, Gdk.KEY_KP_Enter) and not isinstance(
            self.get_focus(), (Gtk.Button, Gtk.ComboBox)
        ):
            self._controls.strokes.update()
            self._put()
            return True
        return False

    def _turn(self, redraws: bool) -> None:
        if not redraws:
            return
        self._inserting = False
        self._stop_timer()
        self._timer = GLib.timeout_add(PAUSE_MS, self._redraw)

    def _stop_timer(self) -> bool:
        """Returns whether a knob was turned just now."""
        if not self._timer:
            return False
        GLib.source_remove(self._timer)
        self._timer = 0
        return True

    def _redraw(self) -> bool:
        self._timer = 0
        for index in range(len(self._tasks)):
            self._session.forget(index)
        self._session.begin(self.settings, DRAFT, [self._at])
        return False

    def _show_view(self, button: Any, mode: str) -> None:
        if button.get_active():
            self._preview.mode = mode
            self._refresh()

    def _go(self, step: int) -> None:
        self._at = (self._at + step) % len(self._tasks)
        if not self._session.busy and self._session.states[self._at].result is None:
            self._session.begin(self.settings, DRAFT, [self._at])
        self._refresh()

    def _refine(self) -> None:
        self._stop_timer()
        chosen = self.settings
        order = [self._at, *(index for index in range(len(self._tasks)) if index != self._at)]
        self._session.begin(chosen, chosen.preset, order)

    def _put(self) -> None:
        """Insert what is on show; what still computes is waited for if it is a draft, and kept as
        it is if not.
        """
        if self._submission is not None:
            return
        self._inserting = True
        if self._stop_timer():  # follow the knob that was turned
            self._redraw()
        elif self._session.busy:
            if self._session.preset != DRAFT:
                self._session.keep()
            self._refresh()
        else:
            self._insert_or_draft()

    def _insert_or_draft(self) -> None:
        states = self._session.states
        missing = [
            index
            for index, state in enumerate(states)
            if state.result is None and not state.problem
        ]
        if missing:
            self._session.begin(self.settings, DRAFT, missing)
            return
        self._inserting = False
        done: List[Tuple[Task, Event]] = [
            (task, state.result)
            for task, state in zip(self._tasks, states)
            if state.result is not None
        ]
        if not done:
            self._refresh()
            return
        self._wanted = done
        self._leave(remember=True)

    def _hand_over(self) -> None:
        """Submit every bitmap to the background. Meanwhile Cancel leaves everything as it was."""
        self._stop_timer()
        self._inserting = False
        self._submission = Submission(self._tasks, self.settings, self._host)
        self._submission.begin(GLib.idle_add, self._session.cancellation, self._handed_over)
        self._refresh()

    def _handed_over(self, problem: str) -> None:
        """problem: why nothing was submitted; empty when all is."""
        if not problem:
            self.handed_over = handed_over([task.name for task in self._tasks])
            self._leave(remember=True)
            return
        self._submission = None
        self._session.states[self._at].problem = problem
        self._refresh()

    def _leave(self, remember: bool = False) -> bool:
        if remember:
            store(self.settings, self._host.settings)
        self._stop_timer()
        Gtk.main_quit()
        return True

    # What there is to see

    def _refresh(self) -> None:
        session = self._session
        if len(self._tasks) > 1 and session.current is not None and session.preset != DRAFT:
            self._at = session.current  # follow the work
        state = session.states[self._at]
        self._page.set_text(f"{self._at + 1} of {len(self._tasks)}")
        self._preview.show_sketch(self._picture(), state.strokes, state.mask)
        self._controls.offer_guides(session.guides)
        if self._controls.settings.faces == "auto":
            self._controls.tell_faces(state.started.get("faces"))
        self._line.set_text(wording.guide_line(state.started))
        self._line.set_tooltip_text(state.started.get("line", ""))
        self._problem.set_markup(f"<b>{GLib.markup_escape_text(state.problem)}</b>")
        self._problem_bar.set_visible(bool(state.problem))
        self._bar.set_fraction(wording.progress_share(session))
        # an empty bar after the work would look like none done
        self._bar.set_opacity(1.0 if session.busy else 0.0)
        self._status.set_text(self._status_line())
        self._refresh_buttons(state)
        if self._inserting and not session.busy:
            GLib.idle_add(self._insert_or_draft)

    def _refresh_buttons(self, state: TaskState) -> None:
        session = self._session
        finishing = session.busy and session.preset != DRAFT
        free = self._submission is None  # else nothing but Cancel has a meaning
        self._controls.set_sensitive(free)
        self._background.set_sensitive(free)
        self._keep.set_visible(finishing)  # one takes the other's place
        self._keep.set_sensitive(free and session.phase == "progress")
        self._finish.set_visible(not finishing)
        self._finish.set_sensitive(free)
        is_finished = state.result is not None and state.preset != DRAFT
        self._finish.set_label("_Finish Again" if is_finished else "_Finish")
        there_is_one = state.result is not None or session.busy
        self._insert.set_sensitive(free and not self._inserting and there_is_one)

    def _picture(self) -> Optional[Path]:
        pixels = self._tasks[self._at].pixels_if_read
        return None if pixels is None else pixels.path

    def _status_line(self) -> str:
        if self._submission is not None:
            return "Preparing the bitmaps for the background…"
        if self._session.busy:
            return wording.status_line(self._session)
        state = self._session.states[self._at]
        if state.result is None:
            return ""
        count = wording.strokes(len(state.result["sketch"]["strokes"]))
        if state.preset == DRAFT:
            return (
                f"Draft of {count}. Finish refines it; Insert puts it into the document as it is."
            )
        return f"Finished: {count}."
