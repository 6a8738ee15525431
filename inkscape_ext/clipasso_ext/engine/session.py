"""A conversation about some bitmaps: which is computed, how far it is, what came of each. Knows no
widgets.
"""

from __future__ import annotations

import threading
import traceback
from typing import Any, Callable, Dict, List, Optional

from clipasso_ext.engine.connection import LAST, Engine, Event
from clipasso_ext.engine.host import Host, log
from clipasso_ext.engine.settings import DRAFT, Settings
from clipasso_ext.engine.task import Task, message_of
from clipasso_ext.problem import Problem

Post = Callable[[Callable[[], Any]], Any]  # runs a function in the thread that owns the session


class Shown:
    """What there is to see of one bitmap."""

    def __init__(self) -> None:
        self.strokes: Optional[str] = None  # PNG in base64
        self.mask: Optional[str] = None  # PNG in base64
        self.started: Event = {}  # which guide, and why
        self.result: Optional[Event] = None
        self.preset = ""  # of the result
        self.problem = ""


class Session:
    """Computes sketches of the tasks one after the other, and tells `changed` whenever there is
    something new to see.

    All methods belong to one thread; `post` brings what other threads find out into it.
    """

    def __init__(
        self,
        tasks: List[Task],
        host: Host,
        post: Post,
        changed: Callable[[], None],
        preview_px: int,
    ) -> None:
        self.tasks, self.shown = tasks, [Shown() for _ in tasks]
        self._post, self._changed, self._preview_px = post, changed, preview_px
        self._host = host
        self._engine: Optional[Engine] = None
        self._settings, self._preset = Settings(), DRAFT
        self._queue: List[int] = []
        self._closed = False
        self._number = 0  # of the request that counts
        self.current: Optional[int] = None  # index of the task that computes
        self._keeping = False  # as soon as there is something to keep
        self.phase = ""  # waking, queued, started, progress of the current one
        self.latest: Event = {}  # its last event
        self.guides = ["auto", "lite"]

    @property
    def busy(self) -> bool:
        return self.current is not None

    @property
    def preset(self) -> str:
        """With which the current ones are computed."""
        return self._preset

    def ask_about(self) -> None:
        """Find out which guides there are."""
        self._speak(lambda engine: engine.ask_about())

    def begin(self, settings: Settings, preset: str, which: List[int]) -> None:
        """Sketch these tasks; what computes is called off."""
        self._settings, self._preset, self._queue = settings, preset, list(which)
        for index in which:
            self.shown[index].problem = ""
        self._next()

    def keep(self) -> None:
        """End what computes early and keep it, once there is something to keep; the tasks that wait
        are dropped.
        """
        self._queue = []
        if self.phase == "progress":
            self._speak(lambda engine: engine.stop())
        else:
            self._keeping = True

    def forget(self, index: int) -> None:
        """A result that the controls no longer describe."""
        self.shown[index].result = None

    def close(self) -> None:
        """Call everything off."""
        self._number += 1
        self._queue, self.current, self._closed = [], None, True
        if self._engine is not None:
            self._engine.close()

    def _next(self) -> None:
        self._number += 1
        self.latest, self.phase, self._keeping = {}, "preparing", False
        if not self._queue:
            self.current = None
            self._changed()
            return
        self.current = self._queue.pop(0)
        threading.Thread(
            target=self._prepare, args=(self._number, self.tasks[self.current]), daemon=True
        ).start()
        self._changed()

    def _prepare(self, number: int, task: Task) -> None:
        """In a thread of its own: a clipped bitmap is drawn by Inkscape first, which takes its
        time.
        """
        try:
            request = task.request(self._settings, self._preset)
            path, edit = str(task.pixels.path), task.edit
            self._post(lambda: self._ask(number, path, request, edit))
        except Problem as problem:
            text = str(problem)
            self._post(lambda: self._fail(number, text))
        except Exception:
            log(traceback.format_exc())
            self._post(
                lambda: self._fail(
                    number,
                    "Something went wrong in the extension. Its log has the details (Engine and"
                    " Models).",
                )
            )

    def _ask(
        self, number: int, path: str, request: Dict[str, Any], edit: Optional[Dict[str, Any]]
    ) -> None:
        if number != self._number:
            return
        self.phase = "asked"
        self._speak(
            lambda engine: engine.sketch(str(number), path, request, self._preview_px, edit)
        )
        self._changed()

    def _speak(self, say: Callable[[Engine], None]) -> None:
        try:
            if self._engine is None:
                self._engine = Engine(
                    self._host, lambda event: self._post(lambda: self._hear(event))
                )
            say(self._engine)
        except Problem as problem:
            self._fail(self._number, str(problem))

    def _fail(self, number: int, text: str) -> None:
        if number != self._number:
            return
        if self.current is not None:
            self.shown[self.current].problem = text
        self._next()

    def _hear(self, event: Event) -> None:
        if self._closed:
            return
        if event["event"] == "about":
            self.guides = list(event["guides"])
            self._changed()
            return
        # the command itself ended; the next request starts another
        if event.get("id") is None and event.get("code") == "no-engine":
            self._engine = None
            self._queue = []
            if self.current is not None:
                self.shown[self.current].strokes = None
            self._fail(self._number, message_of(event))
            return
        if self.current is None or event.get("id") != str(self._number):
            return  # of a request that was replaced
        shown = self.shown[self.current]
        self.latest, self.phase = event, str(event["event"])
        if self._keeping and self.phase == "progress":
            self._keeping = False
            self._speak(lambda engine: engine.stop())
        shown.strokes = event.get("preview", shown.strokes)
        shown.mask = event.get("mask_preview", shown.mask)
        if event["event"] == "started":
            shown.started = {name: value for name, value in event.items() if name != "mask_preview"}
        if event["event"] == "result":
            shown.result, shown.preset = event, self._preset
        elif event["event"] == "error":
            # the strokes on show are of a sketch that never came
            shown.problem, shown.strokes = message_of(event), None
        if event["event"] in LAST:
            self._next()
        else:
            self._changed()
