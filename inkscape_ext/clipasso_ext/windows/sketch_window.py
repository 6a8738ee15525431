"""The sketching window: the photograph, a draft that follows the controls, and what becomes of
it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, List, Optional, Tuple

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, GLib, Gtk  # noqa: E402

from clipasso_ext.document.placement import display_unit  # noqa: E402
from clipasso_ext.engine import jobs, settings  # noqa: E402
from clipasso_ext.engine.connection import Event  # noqa: E402
from clipasso_ext.engine.host import Host  # noqa: E402
from clipasso_ext.engine.session import Session  # noqa: E402
from clipasso_ext.engine.settings import DRAFT, Settings  # noqa: E402
from clipasso_ext.engine.task import Task  # noqa: E402
from clipasso_ext.problem import Problem  # noqa: E402
from clipasso_ext.windows import wording  # noqa: E402
from clipasso_ext.windows.controls import Controls  # noqa: E402
from clipasso_ext.windows.preview import ALONE, MASK, OVER, SIDE_PX, Preview  # noqa: E402

PAUSE_MS = 150  # a turning knob is followed when it rests for so long
VIEWS = [(OVER, "Over the Photo"), (ALONE, "Strokes Alone"), (MASK, "Mask")]


class SketchWindow(Gtk.Window):
    """Runs until the person inserts, hands the work to the background, or cancels. It does not
    touch the document.
    """

    def __init__(self, tasks: List[Task], stored: Settings, host: Host, svg: Any) -> None:
        super().__init__(
            title="Sketch the Selected Bitmap", border_width=12, icon_name="org.inkscape.Inkscape"
        )
        self.set_position(Gtk.WindowPosition.CENTER)
        self._tasks, self._host, self._svg = tasks, host, svg
        self._at, self._inserting, self._timer = 0, False, 0
        self._wanted: List[Tuple[Task, Event]] = []
        self._chosen, self._open = stored, True
        self._session = Session(tasks, host, GLib.idle_add, self._refresh, SIDE_PX)
        self._build(stored)
        self.connect("delete-event", lambda *_: self._leave())
        self.connect("key-press-event", self._key)

    @property
    def settings(self) -> Settings:
        """What the controls say, or said when the window closed."""
        return self._controls.settings if self._open else self._chosen

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
            self._chosen, self._open = self._controls.settings, False
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
        self._controls = Controls(stored, display_unit(self._svg), self._turn)
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
            button.connect("toggled", self._look, mode)
            switch.pack_start(button, False, False, 0)
            first = first or button
        row.pack_start(switch, False, False, 0)
        self._pager = Gtk.Box(spacing=6)
        back, on = Gtk.Button(label="‹"), Gtk.Button(label="›")
        back.connect("clicked", lambda _: self._go(-1))
        on.connect("clicked", lambda _: self._go(1))
        self._page = Gtk.Label()
        for widget in (back, self._page, on):
            self._pager.pack_start(widget, False, False, 0)
        row.pack_end(self._pager, False, False, 0)
        return row

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

    def _button(self, label: str, tooltip: str, act: Any) -> Any:
        button = Gtk.Button.new_with_mnemonic(label)
        button.set_tooltip_text(tooltip)
        button.connect("clicked", lambda _: act())
        return button

    # What the person does

    def _key(self, _: Any, event: Any) -> bool:
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
        if self._timer:
            GLib.source_remove(self._timer)
        self._timer = GLib.timeout_add(PAUSE_MS, self._redraw)

    def _redraw(self) -> bool:
        self._timer = 0
        for index in range(len(self._tasks)):
            self._session.forget(index)
        self._session.begin(self.settings, DRAFT, [self._at])
        return False

    def _settle(self) -> bool:
        """Follow a knob that was turned just now. Returns whether there was one."""
        if not self._timer:
            return False
        GLib.source_remove(self._timer)
        self._redraw()
        return True

    def _look(self, button: Any, mode: str) -> None:
        if button.get_active():
            self._preview.mode = mode
            self._refresh()

    def _go(self, step: int) -> None:
        self._at = (self._at + step) % len(self._tasks)
        if not self._session.busy and self._session.shown[self._at].result is None:
            self._session.begin(self.settings, DRAFT, [self._at])
        self._refresh()

    def _refine(self) -> None:
        if self._timer:
            GLib.source_remove(self._timer)
            self._timer = 0
        chosen = self.settings
        order = [self._at, *(index for index in range(len(self._tasks)) if index != self._at)]
        self._session.begin(chosen, chosen.preset, order)

    def _put(self) -> None:
        """Insert what is on show; what still computes is waited for if it is a draft, and kept as
        it is if not.
        """
        self._inserting = True
        if self._settle():
            return
        if self._session.busy:
            if self._session.preset != DRAFT:
                self._session.keep()
            self._refresh()
        else:
            self._insert_or_draft()

    def _insert_or_draft(self) -> None:
        missing = [
            index
            for index, shown in enumerate(self._session.shown)
            if shown.result is None and not shown.problem
        ]
        if missing:
            self._session.begin(self.settings, DRAFT, missing)
            return
        self._inserting = False
        done = [
            (task, shown.result)
            for task, shown in zip(self._tasks, self._session.shown)
            if shown.result is not None
        ]
        if not done:
            self._refresh()
            return
        self._wanted = done
        self._leave(remember=True)

    def _hand_over(self) -> None:
        try:
            for task in self._tasks:
                # a bitmap that can't be sketched is told before any is ordered
                task.placement  # noqa: B018
            for task in self._tasks:
                jobs.order(task, self.settings, self._svg, self._host)
        except Problem as problem:
            self._session.shown[self._at].problem = str(problem)
            self._refresh()
            return
        self._leave(remember=True)

    def _leave(self, remember: bool = False) -> bool:
        if remember:
            settings.store(self.settings, self._host.settings)
        if self._timer:
            GLib.source_remove(self._timer)
            self._timer = 0
        Gtk.main_quit()
        return True

    # What there is to see

    def _refresh(self) -> None:
        session, shown = self._session, self._session.shown[self._at]
        if (
            session.busy
            and len(self._tasks) > 1
            and session.preset != DRAFT
            and session.current is not None
        ):
            self._at, shown = session.current, session.shown[session.current]  # follow the work
        self._page.set_text(f"{self._at + 1} of {len(self._tasks)}")
        self._preview.show_sketch(self._picture(), shown.strokes, shown.mask)
        self._controls.offer_guides(session.guides)
        self._line.set_text(wording.judge(shown.started))
        self._line.set_tooltip_text(shown.started.get("line", ""))
        self._problem.set_markup(f"<b>{GLib.markup_escape_text(shown.problem)}</b>")
        self._problem_bar.set_visible(bool(shown.problem))
        self._bar.set_fraction(wording.share(session))
        # an empty bar after the work would look like none done
        self._bar.set_opacity(1.0 if session.busy else 0.0)
        self._status.set_text(self._what_now())
        finishing = session.busy and session.preset != DRAFT
        self._keep.set_visible(finishing)  # one takes the other's place
        self._keep.set_sensitive(session.phase == "progress")
        self._finish.set_visible(not finishing)
        self._finish.set_label(
            "_Finish Again" if shown.result is not None and shown.preset != DRAFT else "_Finish"
        )
        self._insert.set_sensitive(
            not self._inserting and (shown.result is not None or session.busy)
        )
        if self._inserting and not session.busy:
            GLib.idle_add(self._insert_or_draft)

    def _picture(self) -> Optional[Path]:
        pixels = self._tasks[self._at].seen
        return pixels.path if pixels is not None else None

    def _what_now(self) -> str:
        session, shown = self._session, self._session.shown[self._at]
        if session.busy:
            return wording.describe(session)
        if shown.result is None:
            return ""
        count = wording.strokes(len(shown.result["sketch"]["strokes"]))
        if shown.preset == DRAFT:
            return (
                f"Draft of {count}. Finish refines it; Insert puts it into the document as it is."
            )
        return f"Finished: {count}."
