"""The work that the sketching window has done: what it asks the engine for, when, and what is to be
inserted of it in the end. Knows no widgets.
"""

from __future__ import annotations

from typing import List, Optional, Protocol, Sequence, Tuple

from gi.repository import GLib

from clipasso_ext.engine.connection import Event
from clipasso_ext.engine.session import Session
from clipasso_ext.engine.settings import DRAFT, Settings
from clipasso_ext.engine.sketch_task import PhotoTask
from clipasso_ext.engine.submission import Submission, handed_over
from clipasso_ext.engine.task import Task, TaskState
from clipasso_ext.engine.tries import Regions, Try
from clipasso_ext.host import Host

MASK_PX = 1024  # longer side of the picture of the mask


class Front(Protocol):
    """What the work knows of the window."""

    @property
    def settings(self) -> Settings:
        """What the controls say."""

    def commit(self) -> None:
        """Take over what was typed and not confirmed yet."""

    def painted(self, index: int) -> Regions:
        """The pictures of what was painted over a bitmap, as files, by the request's field."""

    def follow(self, drawn: Settings) -> None:
        """Have the controls say with what a sketch was drawn."""

    def refresh(self) -> None:
        """Show what there is."""

    def leave(self, remember: bool) -> None:
        """Close the window."""


class Work:
    """On some bitmaps.

    draws_svg: whether looks are drawn here, else they are the engine's to draw.
    """

    def __init__(
        self, tasks: Sequence[PhotoTask], host: Host, front: Front, draws_svg: bool
    ) -> None:
        self.at = 0  # index of the task on show
        self.inserting = False  # as soon as what computes is done
        self.wanted: List[Tuple[Task, Event]] = []  # what is to be inserted
        self.handed_over = ""  # what to tell of sketches that are in the background
        self.session = Session(
            tasks, host, GLib.idle_add, self._look, MASK_PX, preview_svg=draws_svg
        )
        self._tasks = tasks
        self._host = host
        self._front = front
        self._draws_svg = draws_svg
        self._followed: Optional[int] = None  # the task that computed when that was last looked at
        self._pen = 0.0  # its width in the document's unit; 0 for the engine's own
        self._timer = 0  # of a knob that was turned just now
        self._submission: Optional[Submission] = None  # on its way to the background

    @property
    def state(self) -> TaskState:
        """Of the task on show."""
        return self.session.states[self.at]

    @property
    def is_handing_over(self) -> bool:
        """Whether the bitmaps are on their way to the background."""
        return self._submission is not None

    @property
    def is_waiting(self) -> bool:
        """Whether a knob was turned just now, which is followed when it rests."""
        return bool(self._timer)

    @property
    def is_exhausted(self) -> bool:
        """Whether to finish would change nothing."""
        chosen = self._front.settings
        shown = [state.tries.shown for state in self.session.states]
        return all(one is not None and one.is_exhausted(chosen) for one in shown)

    @property
    def wants_another_pen(self) -> bool:
        """Whether the strokes on show were laid for a pen of quite another width."""
        shown, task = self.state.seen, self._tasks[self.at]
        if not self._draws_svg or shown is None or task.pixels_if_read is None:
            return False
        return shown.is_far_from(task.width_px(self._front.settings.width))

    def start(self) -> None:
        """Ask what the engine has, and draw the first bitmap."""
        self.session.ask_about()
        self._begin(DRAFT, [0])

    def close(self) -> None:
        """Call everything off."""
        self.stop_waiting()
        self.session.close()
        if self._submission is not None:
            self._submission.close()
        for task in self._tasks:  # what was painted ends with the window
            task.regions = {}

    def stop_waiting(self) -> bool:
        """Do not follow a knob that was turned just now. Returns whether one was."""
        if not self._timer:
            return False
        GLib.source_remove(self._timer)
        self._timer = 0
        return True

    # What the person wants

    def redraw_after(self, pause_ms: int) -> None:
        """Draw anew when nothing is turned any more for so long."""
        self.inserting = False
        self.stop_waiting()
        self._timer = GLib.timeout_add(pause_ms, self._redraw)

    def redraw_for_width(self) -> None:
        """Lay the strokes anew, for a pen as wide as they are to be."""
        self._front.commit()
        self.stop_waiting()
        self.inserting = False
        self._pen = self._front.settings.width
        self._redraw()

    def turn_to(self, step: int) -> None:
        """Show a bitmap further on."""
        self.at = (self.at + step) % len(self._tasks)
        session = self.session
        if self.state.result is None:
            if not session.busy:
                self._begin(DRAFT, [self.at])
            elif session.preset == DRAFT:
                session.also(self.at)
        self._front.refresh()

    def bring_back(self, one: Try) -> None:
        """Show an earlier sketch of the bitmap on show, and with what it was drawn."""
        self.stop_waiting()
        self.inserting = False
        self._pen = one.settings.width
        self._front.follow(one.settings)
        self.session.bring_back(self.at, one)

    def refine(self) -> None:
        """Finish: go on from what is on show."""
        self._front.commit()
        if self.stop_waiting():  # what is on show is of other settings
            self._forget_all()
        order = [self.at, *(index for index in range(len(self._tasks)) if index != self.at)]
        self._begin(self._front.settings.preset, order, goes_on=True)

    def put(self) -> None:
        """Insert what is on show; what still computes is waited for if it is a draft, and kept as
        it is if not.
        """
        if self.is_handing_over:
            return
        self._front.commit()
        self.inserting = True
        if self.stop_waiting():  # follow the knob that was turned
            self._redraw()
        elif self.session.busy:
            if self.session.preset != DRAFT:
                self.session.keep()
            self._front.refresh()
        else:
            self._insert_or_draft()

    def hand_over(self) -> None:
        """Submit every bitmap to the background. Meanwhile Cancel leaves everything as it was."""
        self._front.commit()
        self.stop_waiting()
        self.inserting = False
        chosen = self._front.settings
        for task, state in zip(self._tasks, self.session.states):
            shown = state.tries.shown
            fits = shown is not None and shown.leads_to(self._asked, task.regions)
            task.start = shown.svg if shown is not None and fits else None
        self._submission = Submission(self._tasks, chosen, self._host)
        self._submission.begin(GLib.idle_add, self.session.cancellation, self._take_submission)
        self._front.refresh()

    # What becomes of it

    def _look(self) -> None:
        """Show what is new, and go on with what waited for it."""
        session = self.session
        if session.current != self._followed:
            self._followed = session.current
            if session.current is not None and session.preset != DRAFT:
                self.at = session.current  # follow the work
        self._front.refresh()
        if self.inserting and not session.busy:
            GLib.idle_add(self._insert_or_draft)

    def _redraw(self) -> bool:
        self._timer = 0
        self._forget_all()
        self._begin(DRAFT, [self.at])
        return False

    def _forget_all(self) -> None:
        """What is on show, of every bitmap: the controls no longer describe it."""
        for index in range(len(self._tasks)):
            self.session.forget(index)

    def _begin(self, preset: str, which: List[int], goes_on: bool = False) -> None:
        """Have the engine draw with what the controls say and what was painted."""
        for index, task in enumerate(self._tasks):
            task.regions = self._front.painted(index)
        self.session.begin(self._asked, preset, which, goes_on)

    @property
    def _asked(self) -> Settings:
        """What the engine is asked for."""
        chosen = self._front.settings
        if not self._draws_svg:
            return chosen
        return chosen.without_looks(self._pen if chosen.width > 0 else 0.0)

    def _insert_or_draft(self) -> None:
        states = self.session.states
        missing = [
            index
            for index, state in enumerate(states)
            if state.result is None and not state.problem
        ]
        if missing:
            self._begin(DRAFT, missing)
            return
        self.inserting = False
        done: List[Tuple[Task, Event]] = [
            (task, state.result)
            for task, state in zip(self._tasks, states)
            if state.result is not None
        ]
        if not done:
            self._front.refresh()
            return
        self.wanted = done
        self._front.leave(remember=True)

    def _take_submission(self, problem: str) -> None:
        """problem: why nothing was submitted; empty when all is."""
        if not problem:
            self.handed_over = handed_over([task.name for task in self._tasks])
            self._front.leave(remember=True)
            return
        self._submission = None
        self.state.problem = problem
        self._front.refresh()
