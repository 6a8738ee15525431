"""The sketching window: the photograph, a draft that follows the controls, and what becomes of
it.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any, List, Optional, Sequence, Tuple

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, Gtk  # noqa: E402

from clipasso_ext.document.still import Still  # noqa: E402
from clipasso_ext.document.treatment import DIM  # noqa: E402
from clipasso_ext.engine.connection import Event  # noqa: E402
from clipasso_ext.engine.settings import Settings, store  # noqa: E402
from clipasso_ext.engine.sketch_task import PhotoTask  # noqa: E402
from clipasso_ext.engine.task import Task  # noqa: E402
from clipasso_ext.engine.tries import Regions, Try  # noqa: E402
from clipasso_ext.host import Host  # noqa: E402
from clipasso_ext.windows import wording  # noqa: E402
from clipasso_ext.windows.action_row import ActionRow  # noqa: E402
from clipasso_ext.windows.board import Board  # noqa: E402
from clipasso_ext.windows.controls import Controls  # noqa: E402
from clipasso_ext.windows.pictures import draws_svg  # noqa: E402
from clipasso_ext.windows.problem_bar import ProblemBar  # noqa: E402
from clipasso_ext.windows.stills import Stills, made  # noqa: E402
from clipasso_ext.windows.theme import follow_inkscape  # noqa: E402
from clipasso_ext.windows.work import Work  # noqa: E402
from clipasso_ext.words import _  # noqa: E402

PAUSE_MS = 150  # a turning knob is followed when it rests for so long
PAINT_PAUSE_MS = 700  # between two strokes of the brush one lifts the hand
PAINTED = "clipasso-painted-"  # of a folder's name
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
            title=_("Sketch a Photograph"), border_width=10, icon_name="org.inkscape.Inkscape"
        )
        self._tasks = tasks
        self._host = host
        self._unit = unit
        self._chosen = stored
        self._open = True
        self._draws_svg = draws_svg()  # else looks are the engine's to draw
        self._stills = Stills()
        self._work = Work(tasks, host, self, self._draws_svg)
        self._folder = Path()  # of what is painted, while the window is open
        # another number was another try at another photograph
        stored = replace(stored, seed=0, replaces=False)
        if not host.settings.exists():  # black strokes are lost on a dark photograph
            stored = replace(stored, bitmap=DIM)
        self._build(stored)
        self._take_room()
        self.connect("delete-event", lambda *_: self.leave())
        self.connect("key-press-event", self._press)

    @property
    def problems(self) -> List[str]:
        """Why some bitmaps have no sketch."""
        return self._work.session.problems()

    @property
    def handed_over(self) -> str:
        """What to tell of sketches that are in the background."""
        return self._work.handed_over

    def run(self) -> List[Tuple[Task, Event]]:
        """Show the window and wait for the person. Returns the sketches to insert; none when that
        is not wanted.
        """
        self.show_all()
        self._board.show_pager()
        self._controls.offer_to_replace(any(task.is_sketched for task in self._tasks))
        self._controls.slider.grab_focus()
        self.present()
        try:
            with tempfile.TemporaryDirectory(prefix=PAINTED, dir=self._host.scratch) as folder:
                self._folder = Path(folder)
                self._work.start()
                Gtk.main()
        finally:
            self._work.close()
            self._chosen = self._controls.settings
            self._open = False
            self.destroy()
        return self._work.wanted

    # What the work knows of the window

    @property
    def settings(self) -> Settings:
        """What the controls say, or said when the window closed."""
        return self._controls.settings if self._open else self._chosen

    def commit(self) -> None:
        """Take over what was typed and not confirmed yet."""
        self._controls.commit()

    def painted(self, index: int) -> Regions:
        """The pictures of what was painted over a bitmap, as files."""
        return self._board.brush.write(index, self._folder)

    def follow(self, drawn: Settings) -> None:
        """Have the controls say with what a sketch was drawn."""
        self._controls.follow(drawn)

    def leave(self, remember: bool = False) -> bool:
        """Close. remember: what was chosen."""
        if remember:
            store(self.settings, self._host.settings)
        self._work.stop_waiting()
        Gtk.main_quit()
        return True

    # Looks

    def _build(self, stored: Settings) -> None:
        work = self._work
        self._board = Board(self._tasks, work.turn_to, self._paint, work.bring_back, self.refresh)
        middle = Gtk.Box(spacing=16)
        middle.pack_start(self._board, True, True, 0)
        middle.pack_start(self._side(stored), False, False, 0)
        page = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=8)
        self._problem_bar = ProblemBar()
        page.pack_start(self._problem_bar, False, False, 0)
        page.pack_start(middle, True, True, 0)
        self._status = Gtk.Label(xalign=0, ellipsize=3)
        self._bar = Gtk.ProgressBar()
        page.pack_start(self._status, False, False, 0)
        page.pack_start(self._bar, False, False, 0)
        self._actions = ActionRow(work, len(self._tasks), self.leave)
        page.pack_start(self._actions, False, False, 0)
        self.add(page)
        self.set_default(self._actions.insert)

    def _take_room(self) -> None:
        """As large as the screen allows, in its middle."""
        screen = Gdk.Display.get_default().get_monitor(0).get_workarea()
        width = min(SIZE_PX[0], int(screen.width * ROOM))
        height = min(SIZE_PX[1], int(screen.height * ROOM))
        self.set_default_size(width, height)
        self.set_position(Gtk.WindowPosition.CENTER)

    def _side(self, stored: Settings) -> Any:
        """The controls, which scroll where the screen is low."""
        self._controls = Controls(stored, self._unit, self._turn, self._work.redraw_for_width)
        self._line = Gtk.Label(xalign=0, wrap=True, max_width_chars=40, selectable=False)
        self._line.get_style_context().add_class("dim-label")
        right = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=10)
        right.pack_start(self._controls, False, False, 0)
        right.pack_end(self._line, False, False, 0)
        scrolled = Gtk.ScrolledWindow(hscrollbar_policy=Gtk.PolicyType.NEVER)
        scrolled.set_propagate_natural_height(True)
        scrolled.add(right)
        return scrolled

    # What the person does

    def _press(self, _: Any, event: Any) -> bool:
        focus = self.get_focus()
        if event.keyval == Gdk.KEY_Escape:
            self.leave()
        elif event.keyval in (Gdk.KEY_Return, Gdk.KEY_KP_Enter) and not _is_pressed(focus):
            self._work.put()
        elif event.keyval in (Gdk.KEY_Page_Up, Gdk.KEY_Page_Down) and len(self._tasks) > 1:
            self._work.turn_to(1 if event.keyval == Gdk.KEY_Page_Down else -1)
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
            self._work.redraw_after(PAUSE_MS)
        else:
            self.refresh()

    def _paint(self) -> None:
        self._work.redraw_after(PAINT_PAUSE_MS)

    # What there is to see

    def refresh(self) -> None:
        """Show what there is."""
        work, session = self._work, self._work.session
        state = work.state
        self._show_sketch()
        self._controls.set_sensitive(not work.is_handing_over)
        self._controls.offer_guides(session.guides)
        self._controls.offer_to_redraw(work.wants_another_pen)
        if self._controls.settings.faces == "auto":
            self._controls.tell_faces(state.started.get("faces"))
        if self._controls.settings.subjects == "auto":
            self._controls.tell_subjects(state.started.get("subjects"))
        self._line.set_text(wording.guide_line(state.started))
        self._line.set_tooltip_text(state.started.get("line", ""))
        self._problem_bar.say(state.problem)
        self._bar.set_fraction(wording.progress_share(session))
        # an empty bar after the work would look like none done
        self._bar.set_opacity(1.0 if session.busy else 0.0)
        self._status.set_text(self._status_line())
        self._actions.refresh()

    def _show_sketch(self) -> None:
        """The picture, and the small ones below it."""
        board, work = self._board, self._work
        state = work.state
        task = self._tasks[work.at]
        pixels = task.pixels_if_read
        picture = None if pixels is None else pixels.path
        looks = self.settings.looks
        if self._draws_svg:
            svg, grows = state.svg, state.is_growing
            still = None if svg is None else self._stills.drawn(svg, task, looks, grows)
            board.preview.show_still(picture, still, state.mask)
        else:
            board.preview.show_sketch(picture, state.strokes, state.mask)
        board.show_page(work.at)

        def small(one: Try) -> Optional[Still]:
            return made(one.svg, task, looks) if self._draws_svg else None

        board.strip.show_tries(state.tries.all, state.seen, looks, small)

    def _status_line(self) -> str:
        if self._work.is_handing_over:
            return _("Preparing the bitmaps for the background…")
        if self._work.session.busy:
            return wording.status_line(self._work.session)
        state = self._work.state
        shown = state.tries.shown
        return "" if shown is None else wording.result_line(shown, state.note)


def _is_pressed(focus: Any) -> bool:
    """Whether Enter presses what has the focus. A drop-down opens by Space, and Enter inserts, as
    the button says.
    """
    if not isinstance(focus, Gtk.Button) or isinstance(focus, Gtk.ColorButton):
        return isinstance(focus, Gtk.Button)
    return focus.get_ancestor(Gtk.ComboBox) is None
