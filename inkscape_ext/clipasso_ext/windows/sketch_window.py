"""The sketching window: the photograph, a draft that follows the controls, and what becomes of
it.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable, List, Optional, Sequence, Tuple

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, GLib, Gtk  # noqa: E402

from clipasso_ext.document.still import Still  # noqa: E402
from clipasso_ext.document.treatment import DIM  # noqa: E402
from clipasso_ext.engine.connection import Event  # noqa: E402
from clipasso_ext.engine.session import Session, Task, TaskState  # noqa: E402
from clipasso_ext.engine.settings import DRAFT, Settings, store  # noqa: E402
from clipasso_ext.engine.sketch_task import PhotoTask  # noqa: E402
from clipasso_ext.engine.submission import Submission, handed_over  # noqa: E402
from clipasso_ext.engine.tries import Try  # noqa: E402
from clipasso_ext.host import Host  # noqa: E402
from clipasso_ext.windows import wording  # noqa: E402
from clipasso_ext.windows.board import Board  # noqa: E402
from clipasso_ext.windows.controls import Controls  # noqa: E402
from clipasso_ext.windows.pictures import draws_svg  # noqa: E402
from clipasso_ext.windows.theme import follow_inkscape  # noqa: E402

PAUSE_MS = 150  # a turning knob is followed when it rests for so long
PAINT_PAUSE_MS = 700  # between two strokes of the brush one lifts the hand
PAINTED = "clipasso-painted-"  # of a folder's name
MASK_PX = 1024  # longer side of the picture of the mask
SIZE_PX = (1060, 700)  # of the window, if the screen has so much room
ROOM = 0.92  # of the screen, at most: bars and borders need the rest


class SketchWindow(Gtk.Window):  # type: ignore[misc] # GTK has no types
    """Runs until the person inserts, hands the work to the background, or cancels. It does not
    touch the document.
    """

    def __init__(self, tasks: Sequence[PhotoTask], stored: Settings, host: Host, unit: str) -> None:
        """unit: in which the document shows lengths."""
        follow_inkscape()
        super().__init__(
            title="Sketch a Photograph", border_width=10, icon_name="org.inkscape.Inkscape"
        )
        self._tasks = tasks
        self._host = host
        self._unit = unit
        self._at = 0  # index of the task on show
        self._followed: Optional[int] = None  # the task that computed when that was last looked at
        self._inserting = False  # as soon as what computes is done
        self._timer = 0  # of a knob that was turned just now
        self._wanted: List[Tuple[Task, Event]] = []
        self._chosen = stored
        self._open = True
        self._draws_svg = draws_svg()  # else looks are the engine's to draw
        self._still: Tuple[Any, Optional[Still]] = (None, None)  # the last one, and what it is of
        self._session = Session(
            tasks, host, GLib.idle_add, self._refresh, MASK_PX, preview_svg=self._draws_svg
        )
        self._submission: Optional[Submission] = None  # on its way to the background
        self.handed_over = ""  # what to tell of sketches that are in the background
        self._painted = Path()  # the folder of what is painted, while the window is open
        # another number was another try at another photograph
        stored = replace(stored, seed=0, replaces=False)
        if not host.settings.exists():  # black strokes are lost on a dark photograph
            stored = replace(stored, bitmap=DIM)
        self._build(stored)
        self._take_room()
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
        self._board.show_pager()
        self._controls.offer_to_replace(any(task.is_sketched for task in self._tasks))
        self._problem_bar.hide()
        self._keep.hide()
        self._controls.slider.grab_focus()
        self.present()
        self._session.ask_about()
        try:
            with tempfile.TemporaryDirectory(prefix=PAINTED, dir=self._host.scratch) as folder:
                self._painted = Path(folder)
                self._begin(DRAFT, [0])
                Gtk.main()
        finally:
            self._session.close()
            if self._submission is not None:
                self._submission.close()
            for task in self._tasks:  # what was painted ends with the window
                task.regions = {}
            self._chosen = self._controls.settings
            self._open = False
            self.destroy()
        return self._wanted

    # Looks

    def _build(self, stored: Settings) -> None:
        names = [task.name for task in self._tasks]
        self._board = Board(names, self._go, self._paint, self._bring_back, self._refresh)
        middle = Gtk.Box(spacing=16)
        middle.pack_start(self._board, True, True, 0)
        middle.pack_start(self._side(stored), False, False, 0)
        page = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=8)
        page.pack_start(self._problem_row(), False, False, 0)
        page.pack_start(middle, True, True, 0)
        self._status = Gtk.Label(xalign=0, ellipsize=3)
        self._bar = Gtk.ProgressBar()
        page.pack_start(self._status, False, False, 0)
        page.pack_start(self._bar, False, False, 0)
        page.pack_start(self._button_row(), False, False, 0)
        self.add(page)

    def _take_room(self) -> None:
        """As large as the screen allows, in its middle."""
        screen = Gdk.Display.get_default().get_monitor(0).get_workarea()
        width = min(SIZE_PX[0], int(screen.width * ROOM))
        height = min(SIZE_PX[1], int(screen.height * ROOM))
        self.set_default_size(width, height)
        self.set_position(Gtk.WindowPosition.CENTER)

    def _side(self, stored: Settings) -> Any:
        """The controls, which scroll where the screen is low."""
        self._controls = Controls(stored, self._unit, self._turn)
        self._line = Gtk.Label(xalign=0, wrap=True, max_width_chars=40, selectable=False)
        self._line.get_style_context().add_class("dim-label")
        right = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=10)
        right.pack_start(self._controls, False, False, 0)
        right.pack_end(self._line, False, False, 0)
        scrolled = Gtk.ScrolledWindow(hscrollbar_policy=Gtk.PolicyType.NEVER)
        scrolled.set_propagate_natural_height(True)
        scrolled.add(right)
        return scrolled

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
        self._finish = self._button(
            "_Finish", "Refine the strokes that you see with more work", self._refine
        )
        self._keep = self._button(
            "S_top and Keep", "End the work now and keep the sketch as it is", self._session.keep
        )
        self._insert = self._button(
            wording.insert_label(len(self._tasks)),
            "Put the sketch that you see into the document (Enter)",
            self._put,
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
        focus = self.get_focus()
        if event.keyval == Gdk.KEY_Escape:
            self._leave()
        elif event.keyval in (Gdk.KEY_Return, Gdk.KEY_KP_Enter) and not _is_pressed(focus):
            self._put()
        elif event.keyval in (Gdk.KEY_Page_Up, Gdk.KEY_Page_Down) and len(self._tasks) > 1:
            self._go(1 if event.keyval == Gdk.KEY_Page_Down else -1)
        elif isinstance(focus, Gtk.Entry):
            return False
        elif event.keyval == Gdk.KEY_z and event.state & Gdk.ModifierType.CONTROL_MASK:
            self._board.brush.undo()
        elif event.state & Gdk.ModifierType.MOD1_MASK or not self._board.press(event.keyval):
            return False
        return True

    def _turn(self, redraws: bool) -> None:
        if not self._open:  # GTK empties the fields of a window that it takes down
            return
        if redraws or not self._draws_svg:
            self._redraw_after(PAUSE_MS)
        else:
            self._refresh()

    def _paint(self) -> None:
        self._redraw_after(PAINT_PAUSE_MS)

    def _redraw_after(self, pause_ms: int) -> None:
        self._inserting = False
        self._stop_timer()
        self._timer = GLib.timeout_add(pause_ms, self._redraw)

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
        self._begin(DRAFT, [self._at])
        return False

    def _begin(self, preset: str, which: List[int], goes_on: bool = False) -> None:
        """Have the engine draw with what the controls say and what was painted."""
        for index, task in enumerate(self._tasks):
            task.regions = self._board.brush.write(index, self._painted)
        chosen = self.settings
        chosen = chosen.without_looks if self._draws_svg else chosen
        self._session.begin(chosen, preset, which, goes_on)

    def _go(self, step: int) -> None:
        self._at = (self._at + step) % len(self._tasks)
        session = self._session
        if session.states[self._at].result is None:
            if not session.busy:
                self._begin(DRAFT, [self._at])
            elif session.preset == DRAFT:
                session.also(self._at)
        self._refresh()

    def _bring_back(self, one: Try) -> None:
        self._stop_timer()
        self._inserting = False
        self._controls.follow(one.settings)
        self._session.bring_back(self._at, one)

    def _refine(self) -> None:
        self._controls.commit()
        if self._stop_timer():  # what is on show is of other settings
            for index in range(len(self._tasks)):
                self._session.forget(index)
        order = [self._at, *(index for index in range(len(self._tasks)) if index != self._at)]
        self._begin(self.settings.preset, order, goes_on=True)

    def _put(self) -> None:
        """Insert what is on show; what still computes is waited for if it is a draft, and kept as
        it is if not.
        """
        if self._submission is not None:
            return
        self._controls.commit()
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
            self._begin(DRAFT, missing)
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
        self._controls.commit()
        self._stop_timer()
        self._inserting = False
        chosen = self.settings
        for task, state in zip(self._tasks, self._session.states):
            shown = state.tries.shown
            fits = shown is not None and shown.leads_to(chosen, task.regions)
            task.start = shown.svg if shown is not None and fits else None
        self._submission = Submission(self._tasks, chosen, self._host)
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
        if session.current != self._followed:
            self._followed = session.current
            if session.current is not None and session.preset != DRAFT:
                self._at = session.current  # follow the work
        state = session.states[self._at]
        self._show_sketch(state)
        self._controls.offer_guides(session.guides)
        if self._controls.settings.faces == "auto":
            self._controls.tell_faces(state.started.get("faces"))
        if self._controls.settings.subjects == "auto":
            self._controls.tell_subjects(state.started.get("subjects"))
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

    def _show_sketch(self, state: TaskState) -> None:
        """The picture, and the small ones below it."""
        board, picture = self._board, self._picture()
        if self._draws_svg:
            grows = state.drawing is not None
            still = None if state.svg is None else self._drawn(state.svg, grows)
            board.preview.show_still(picture, still, state.mask)
        else:
            board.preview.show_sketch(picture, state.strokes, state.mask)
        board.show_page(self._at)
        looks = self.settings.looks
        tries = state.tries
        board.strip.show_tries(tries.all, tries.shown, looks, self._small)

    def _small(self, one: Try) -> Optional[Still]:
        return self._made(one.svg, False) if self._draws_svg else None

    def _drawn(self, svg: str, grows: bool) -> Still:
        """The document with the looks that are chosen, made once."""
        key = svg, self.settings.looks, grows
        if self._still[0] != key:
            self._still = key, self._made(svg, grows)
        assert self._still[1] is not None
        return self._still[1]

    def _made(self, svg: str, grows: bool) -> Still:
        looks = self.settings.looks
        width_px = 0.0
        # what the width comes to is known once the picture was read, for which nobody waits here
        if looks.width > 0 and self._tasks[self._at].pixels_if_read is not None:
            width_px = self._tasks[self._at].width_px(looks.width)
        return Still(svg, looks._replace(width=width_px), grows)

    def _refresh_buttons(self, state: TaskState) -> None:
        session = self._session
        finishing = session.busy and session.preset != DRAFT
        free = self._submission is None  # else nothing but Cancel has a meaning
        self._controls.set_sensitive(free)
        self._background.set_sensitive(free)
        self._keep.set_visible(finishing)  # one takes the other's place
        self._keep.set_sensitive(free and session.phase == "progress")
        self._finish.set_visible(not finishing)
        shown = state.tries.shown
        self._finish.set_sensitive(free and not self._is_exhausted)
        is_finished = shown is not None and not shown.is_draft
        self._finish.set_label("_Finish Again" if is_finished else "_Finish")
        there_is_one = state.result is not None or session.busy
        self._insert.set_sensitive(free and not self._inserting and there_is_one)

    @property
    def _is_exhausted(self) -> bool:
        """Whether to finish would change nothing."""
        chosen = self.settings
        shown = [state.tries.shown for state in self._session.states]
        return all(one is not None and one.is_exhausted(chosen) for one in shown)

    def _picture(self) -> Optional[Path]:
        pixels = self._tasks[self._at].pixels_if_read
        return None if pixels is None else pixels.path

    def _status_line(self) -> str:
        if self._submission is not None:
            return "Preparing the bitmaps for the background…"
        if self._session.busy:
            return wording.status_line(self._session)
        state = self._session.states[self._at]
        shown = state.tries.shown
        return "" if shown is None else wording.result_line(shown, state.note)


def _is_pressed(focus: Any) -> bool:
    """Whether Enter presses what has the focus. A drop-down opens by Space, and Enter inserts, as
    the button says.
    """
    if not isinstance(focus, Gtk.Button) or isinstance(focus, Gtk.ColorButton):
        return isinstance(focus, Gtk.Button)
    return focus.get_ancestor(Gtk.ComboBox) is None
