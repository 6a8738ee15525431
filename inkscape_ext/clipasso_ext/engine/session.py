"""A conversation about some bitmaps: which is computed, how far it is, what came of each. Knows no
widgets.
"""

from __future__ import annotations

import threading
import traceback
from typing import Any, Callable, Dict, List, Optional, Sequence

from clipasso_ext.cancellation import CalledOff, Cancellation
from clipasso_ext.engine.connection import LAST, Connection, Event, message_of
from clipasso_ext.engine.settings import DRAFT, Settings
from clipasso_ext.engine.task import Task, TaskState
from clipasso_ext.engine.tries import Try
from clipasso_ext.host import Host, log
from clipasso_ext.problem import FAULT, Problem
from clipasso_ext.words import _, later, told_of

NOTHING_BETTER = later("No better sketch was found from here; this one stays.")
# while another one was looked at
NOTHING_BETTER_ASIDE = later("Finish is done: it found no better sketch.")
DONE_ASIDE = later("Finish is done: its sketch is the last one below the picture.")
READER_END_S = 5  # Inkscape is ended at once; a file on a slow disk is not waited for longer
Post = Callable[[Callable[[], Any]], Any]  # runs a function in the thread that owns the session


class Session:
    """Computes sketches of the tasks one after the other, and tells `changed` whenever there is
    something new to see.

    All methods belong to one thread; `post` brings what other threads find out into it.
    """

    def __init__(
        self,
        tasks: Sequence[Task],
        host: Host,
        post: Post,
        changed: Callable[[], None],
        preview_px: int,
        preview_svg: bool = False,
    ) -> None:
        """preview_svg: whether growing sketches come as documents, not as pictures."""
        self.tasks = list(tasks)
        self.states = [TaskState() for _ in tasks]
        self.current: Optional[int] = None  # index of the task that computes
        # preparing, asked, waking, queued, started, progress: of the current task
        self.phase = ""
        self.latest: Event = {}  # its last event
        self.guides = ["auto", "lite"]
        self.cancellation = Cancellation()  # of all that is done for these tasks
        self._host = host
        self._post = post
        self._changed = changed
        self._preview_px = preview_px
        self._preview_svg = preview_svg
        self._connection: Optional[Connection] = None
        self._progress: Event = {}  # the last that was told of the current one
        self._settings = Settings()
        self._preset = DRAFT
        self._goes_on = False  # from the sketches on show
        self._from: Optional[Try] = None  # from which the current one goes on
        self._kept = False  # the current one was ended early
        self._queue: List[int] = []
        self._number = 0  # of the request that counts
        self._keeping = False  # as soon as there is something to keep
        self._readers: List[threading.Thread] = []

    @property
    def busy(self) -> bool:
        return self.current is not None

    @property
    def preset(self) -> str:
        """With which the current ones are computed."""
        return self._preset

    def ask_about(self) -> None:
        """Find out which guides there are."""
        self._send(lambda connection: connection.ask_about())

    def begin(
        self, settings: Settings, preset: str, which: List[int], goes_on: bool = False
    ) -> None:
        """Sketch these tasks; what computes is called off.

        goes_on: from the sketches on show, where they have these settings.
        """
        if self.current is not None:
            self.states[self.current].stop_growing()
        self._settings = settings
        self._preset = preset
        self._goes_on = goes_on
        self._queue = list(which)
        for index in which:
            self.states[index].problem = ""
            self.states[index].note = ""
        self._next()

    def also(self, index: int) -> None:
        """Sketch this task as well, after what computes."""
        if index != self.current and index not in self._queue:
            self._queue.append(index)

    def keep(self) -> None:
        """End what computes early and keep it, once there is something to keep; the tasks that wait
        are dropped.
        """
        self._queue = []
        self._kept = True
        if self.phase == "progress":
            self._send(lambda connection: connection.stop())
        else:
            self._keeping = True

    def problems(self) -> List[str]:
        """What went wrong, each with the bitmap's name where there are several."""
        several = len(self.tasks) > 1
        return [
            told_of(task.name, state.problem) if several else state.problem
            for task, state in zip(self.tasks, self.states)
            if state.problem
        ]

    def forget(self, index: int) -> None:
        """The sketch on show, which the controls no longer describe; it may come back."""
        self.states[index].tries.shown = None

    def bring_back(self, index: int, one: Try) -> None:
        """Show an earlier sketch. A draft of this task that computes is called off; work to finish
        it goes on, and what comes of it is another try.
        """
        finishes = self.current == index and self._preset != DRAFT
        if self.current == index and not finishes:
            self.call_off()
        self.states[index].show(one, aside=finishes)
        self._changed()

    def call_off(self) -> None:
        """End what computes, and forget it."""
        if self.current is None:
            return
        self.states[self.current].stop_growing()
        self._queue = []
        self._hang_up()
        self._next()

    def close(self) -> None:
        """Call everything off, and wait until no bitmap is read any more."""
        self._number += 1
        self._queue = []
        self.current = None
        self.cancellation.call_off()
        if self._connection is not None:
            self._connection.close()
        for reader in self._readers:
            reader.join(READER_END_S)

    def _next(self) -> None:
        self._number += 1
        self._keeping = False
        self._kept = False
        self._from = None
        self.latest = {}
        self._progress = {}
        self.phase = "preparing"
        self.current = self._queue.pop(0) if self._queue else None
        if self.current is not None:
            self._from = self._earlier(self.current)
            self._start_reading(self.tasks[self.current])
        self._changed()

    def _earlier(self, index: int) -> Optional[Try]:
        """The sketch on show of a task, if the next one is to go on from it and may."""
        shown = self.states[index].tries.shown
        if not self._goes_on or shown is None:
            return None
        fits = shown.leads_to(self._settings, self.tasks[index].regions)
        return shown if fits else None

    def _start_reading(self, task: Task) -> None:
        number = self._number
        reader = threading.Thread(target=self._prepare, args=(number, task), daemon=True)
        self._readers = [one for one in self._readers if one.is_alive()] + [reader]
        reader.start()

    def _prepare(self, number: int, task: Task) -> None:
        """In a thread of its own: Inkscape may have to draw the bitmap first, which takes its
        time.
        """
        try:
            path = str(task.read(self.cancellation).path)
            request = task.request(self._settings, self._preset)
            edit = task.edit
            self._post(lambda: self._ask(number, path, request, edit))
        except CalledOff:
            pass  # the session is closed
        except Problem as problem:
            text = str(problem)
            self._post(lambda: self._fail(number, text))
        except Exception:
            log(traceback.format_exc())
            self._post(lambda: self._fail(number, _(FAULT)))

    def _ask(
        self, number: int, path: str, request: Dict[str, Any], edit: Optional[Dict[str, Any]]
    ) -> None:
        if number != self._number:
            return
        self.phase = "asked"
        start = None if self._from is None else self._from.svg
        more = {"edit": edit, "start": start, "preview_svg": self._preview_svg or None}
        self._send(
            lambda connection: connection.sketch(
                str(number), path, request, self._preview_px, **more
            )
        )
        self._changed()

    def _send(self, say: Callable[[Connection], None]) -> None:
        """Say something to the engine, which is started if it is not there."""
        try:
            if self._connection is None:
                self._connection = Connection(
                    self._host, lambda event: self._post(lambda: self._on_event(event))
                )
            say(self._connection)
        except Problem as problem:
            self._fail(self._number, str(problem))

    def _fail(self, number: int, text: str) -> None:
        if number != self._number:
            return
        if self.current is not None:
            self.states[self.current].problem = text
        self._next()

    def _on_event(self, event: Event) -> None:
        if self.cancellation.called_off:
            return
        if event["event"] == "about":
            self.guides = list(event["guides"])
            self._changed()
        elif event.get("id") is None and event.get("code") == "no-engine":
            self._lose_connection(message_of(event))
        elif self.current is not None and event.get("id") == str(self._number):
            self._on_current_event(event, self.states[self.current])

    def _lose_connection(self, message: str) -> None:
        """The engine's command itself ended; the next request starts another."""
        self._connection = None
        self._queue = []
        if self.current is not None:
            self.states[self.current].lose()
        self._fail(self._number, message)

    def _hang_up(self) -> None:
        """The next request starts another command: install.py may have put a newer one in the place
        of this one, which finds no engine any more.
        """
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _on_current_event(self, event: Event, state: TaskState) -> None:
        """An event of the current task."""
        self.latest = event
        self.phase = str(event["event"])
        if self._keeping and self.phase == "progress":
            self._keeping = False
            self._send(lambda connection: connection.stop())
        state.hear(event)
        if self.phase == "progress":
            self._progress = event
        elif self.phase == "result":
            self._take(event, state)
        elif self.phase == "error" and event.get("code") == "no-engine":
            self._hang_up()
        if self.phase in LAST:
            state.stop_growing()
            self._next()
        else:
            self._changed()

    def _take(self, event: Event, state: TaskState) -> None:
        """A sketch is done: it is on show, unless it is no better than what it went on from, or
        another one is looked at.
        """
        aside = state.aside
        state.stop_growing()
        earlier = self._from
        if earlier is not None and not earlier.is_bettered_by(event):
            if not self._kept:
                earlier.exhausted.add((self._settings.preset, self._settings.guide))
            if not aside:
                state.tries.shown = earlier
            state.note = _(NOTHING_BETTER_ASIDE if aside else NOTHING_BETTER)
            return
        assert self.current is not None
        told = self._progress
        steps = int(told.get("step") or 0), int(told.get("steps") or 0)
        state.tries.add(
            Try(
                event,
                self._settings,
                self._preset,
                dict(self.tasks[self.current].regions),
                steps,
                float(told.get("time_s") or 0.0),
                self._kept and steps[0] < steps[1],
            ),
            show=not aside,
        )
        state.note = _(DONE_ASIDE) if aside else ""
