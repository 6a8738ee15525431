"""Where requests wait their turn: one computes at a time, and who is in a hurry goes first."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from clipasso_core.errors import Cancelled, UserError, of_machine
from clipasso_core.machine import log
from clipasso_core.service import events
from clipasso_core.service.envelope import ABOUT, SKETCH, STOP, Envelope, read_envelope, read_id

if TYPE_CHECKING:
    from clipasso_core.service.worker import Worker

CANCEL, KEEP = "cancel", "keep"  # what a caller may wish while its sketch computes


class Urgency(IntEnum):
    """Who goes first. A request that computes lets those of a lower number go first, between two
    of its looks at the sketch, and goes on where it was.
    """

    QUESTION = 0  # what there is to choose from: no computing
    DRAFT = 1  # a person turns a knob, or waits for strokes to be redrawn
    SKETCH = 2
    BACKGROUND = 3  # nobody waits for it


def urgency_of(envelope: Envelope, patient: bool) -> Urgency:
    """How much of a hurry a request is in. patient: it comes from a job in the background."""
    if envelope.kind == ABOUT:
        return Urgency.QUESTION
    if patient:
        return Urgency.BACKGROUND
    if envelope.edit is not None or envelope.preset == "draft":
        return Urgency.DRAFT
    return Urgency.SKETCH


class Caller:
    """Somebody who asks. `send` takes one event and may raise OSError, after which the caller
    counts as gone. It must not wait for anybody: the thread that computes calls it.
    """

    def __init__(self, send: Callable[[dict[str, Any]], None]) -> None:
        self._send = send
        self._turn = threading.Lock()
        self.gone = False

    def tell(
        self, ident: Any, event: dict[str, Any], still: Callable[[], bool] = lambda: True
    ) -> None:
        """Send an event if it is `still` true when the caller's turn comes; a caller that has gone
        hears nothing.
        """
        with self._turn:
            if not self.gone and still():
                try:
                    self._send({"id": ident, **event})
                except OSError:
                    self.gone = True


@dataclass(eq=False)
class _Request:
    """What one caller asked for."""

    caller: Caller
    envelope: Envelope
    urgency: Urgency
    wish: str = ""
    waits: bool = True
    place: int = 0  # in the queue, as the caller knows it

    def tell(self, event: dict[str, Any]) -> None:
        self.caller.tell(self.envelope.ident, event)

    def tell_place(self, place: int) -> None:
        """``queued``, once for each place; never after ``started``, whichever thread was faster."""
        if place not in (0, self.place):
            self.place = place
            self.caller.tell(self.envelope.ident, events.queued_event(place), lambda: self.waits)


class Scheduler:
    """Takes lines from any number of callers and has a worker serve them: by urgency, among equals
    first come first served.

    A caller's later request replaces its earlier one. Every request ends in exactly one ``result``,
    ``error``, ``cancelled`` or ``about``. `ask`, `leave` and `close` may be called from any thread;
    `work` runs in the thread that computes.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: list[_Request] = []
        self._active: list[_Request] = []  # the last one computes, those before it gave way
        self._callers: set[Caller] = set()
        self._closed = False
        self._quiet_since = time.monotonic()
        self.served = 0

    def join(self, caller: Caller) -> bool:
        """Somebody has come; while anybody is here the scheduler does not close for idleness. False
        when it has closed already.
        """
        with self._changed:
            if not self._closed:
                self._callers.add(caller)
            return not self._closed

    def ask(self, caller: Caller, line: str | bytes, patient: bool = False) -> None:
        """Take one line. What is wrong with it is told to the caller at once.

        patient: it is a job in the background, for which nobody waits.
        """
        try:
            envelope = read_envelope(line)
        except UserError as error:
            caller.tell(read_id(line), events.error_event(error))
            return
        with self._changed:
            if envelope.kind == STOP:
                self._wish(caller, KEEP)
                return
            dropped = [] if envelope.kind == ABOUT else self._drop(caller, SKETCH)
            request = _Request(caller, envelope, urgency_of(envelope, patient))
            if self._closed:
                dropped.append(request)
            else:
                self._waiting.append(request)
            self._changed.notify_all()
        self._tell(dropped)

    def leave(self, caller: Caller) -> None:
        """The caller wants nothing more: its sketch is called off."""
        with self._changed:
            dropped = self._drop(caller)
            self._callers.discard(caller)
            if not self._callers:
                self._quiet_since = time.monotonic()
            self._changed.notify_all()
        self._tell(dropped)

    def settle(self, caller: Caller) -> None:
        """Wait until nothing computes for the caller, so that it has heard its last event."""
        with self._changed:
            self._changed.wait_for(lambda: all(one.caller is not caller for one in self._active))

    def close(self) -> None:
        """Call everything off and let `work` return."""
        with self._changed:
            callers = {one.caller for one in self._waiting}
            dropped = [request for caller in callers for request in self._drop(caller)]
            for request in self._active:
                request.wish = CANCEL
            self._closed = True
            self._changed.notify_all()
        self._tell(dropped)

    @property
    def closed(self) -> bool:
        """Whether nobody is served any more."""
        return self._closed

    def state(self) -> dict[str, Any]:
        """For ``clipasso engine status``."""
        with self._changed:
            return {
                "clients": len(self._callers),
                "waiting": len(self._waiting),
                "working": bool(self._active),
                "served": self.served,
            }

    def work(self, worker: Worker, idle_s: float | None = None) -> None:
        """Serve until closed, or until nobody has been here for `idle_s` seconds."""
        while (request := self._next(idle_s)) is not None:
            self._serve(request, worker)

    def _next(self, idle_s: float | None) -> _Request | None:
        """Wait for the most urgent request."""
        with self._changed:
            while not self._waiting:
                if self._closed:
                    return None
                left_s = None
                if idle_s is not None and not self._callers:
                    left_s = self._quiet_since + idle_s - time.monotonic()
                    if left_s <= 0:
                        self._closed = True  # whoever comes from now on finds another engine
                        return None
                self._changed.wait(left_s)
            request = self._take()
        self.announce()
        return request

    def _take(self) -> _Request:
        """The first of the most urgent requests that wait. The lock is held."""
        request = min(self._waiting, key=lambda one: one.urgency)
        self._waiting.remove(request)
        request.waits = False
        self._active.append(request)
        return request

    def _give_way(self, request: _Request, worker: Worker) -> None:
        """Serve those that are in more of a hurry than the request that computes."""
        while True:
            with self._changed:
                if all(one.urgency >= request.urgency for one in self._waiting):
                    return
                urgent = self._take()
            self.announce()
            self._serve(urgent, worker)
            self.announce()

    def _serve(self, request: _Request, worker: Worker) -> None:
        def wish() -> str:
            return CANCEL if request.caller.gone else request.wish

        def give_way() -> None:
            self._give_way(request, worker)

        try:
            if request.envelope.kind == ABOUT:
                request.tell(worker.about())
            else:
                request.tell(worker.sketch(request.envelope, request.tell, wish, give_way))
        except Cancelled:
            request.tell(events.cancelled_event())
        except UserError as error:
            request.tell(events.error_event(error))
        except Exception as error:
            request.tell(events.error_event(of_machine(error) or log.record_bug(error)))
        finally:
            with self._changed:
                self._active.remove(request)
                self.served += 1
                self._quiet_since = time.monotonic()
                self._changed.notify_all()

    def announce(self) -> None:
        """Tell those who wait how many sketches are before them."""
        with self._changed:
            sketches = [one for one in self._waiting if one.envelope.kind == SKETCH]
            queue = sorted(sketches, key=lambda one: one.urgency)  # a sort that keeps the order
            busy = [one for one in self._active if _goes_on(one)]
            places = [
                (request, place + sum(one.urgency <= request.urgency for one in busy))
                for place, request in enumerate(queue)
            ]
        for request, place in places:
            request.tell_place(place)

    def _wish(self, caller: Caller, wish: str) -> None:
        for request in (*self._waiting, *self._active):
            if request.caller is caller and request.wish != CANCEL:
                request.wish = wish

    def _drop(self, caller: Caller, *kinds: str) -> list[_Request]:
        """Call off what a caller asked for, or these kinds of it. Returns what waited, for
        `cancelled` to be told without the lock.
        """
        for request in self._active:
            if request.caller is caller:
                request.wish = CANCEL
        dropped = [
            request
            for request in self._waiting
            if request.caller is caller and (not kinds or request.envelope.kind in kinds)
        ]
        for request in dropped:
            request.waits = False
            self._waiting.remove(request)
        return dropped

    def _tell(self, dropped: list[_Request]) -> None:
        with suppress(OSError):
            for request in dropped:
                request.tell(events.cancelled_event())
        self.announce()


def _goes_on(request: _Request) -> bool:
    """Whether a request that computes does not end at its next step."""
    return request.wish != CANCEL and request.envelope.kind == SKETCH
