"""Where requests wait their turn: one sketch computes at a time, whoever asks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clipasso_core.errors import UserError
from clipasso_core.machine import log
from clipasso_core.service import events
from clipasso_core.service.envelope import ABOUT, SKETCH, STOP, Envelope, read_envelope, read_id

if TYPE_CHECKING:
    from clipasso_core.service.worker import Worker

CANCEL, KEEP = "cancel", "keep"  # what a client may wish while its sketch computes


class CalledOff(Exception):  # noqa: N818 - it is no error
    """Nobody wants the sketch any more."""


class Client:
    """Somebody who asks. `send` takes one event and may raise OSError, after which the client
    counts as gone.
    """

    def __init__(self, send: Callable[[dict[str, Any]], None]) -> None:
        self._send = send
        self._turn = threading.Lock()
        self.gone = False

    def tell(
        self, ident: Any, event: dict[str, Any], still: Callable[[], bool] = lambda: True
    ) -> None:
        """Send an event if it is `still` true when the client's turn comes; a client that has gone
        hears nothing.
        """
        with self._turn:
            if not self.gone and still():
                try:
                    self._send({"id": ident, **event})
                except OSError:
                    self.gone = True


@dataclass(eq=False)
class _Ticket:
    client: Client
    envelope: Envelope
    wish: str = ""
    waits: bool = True
    place: int = 0  # in the queue, as the client knows it

    def tell(self, event: dict[str, Any]) -> None:
        self.client.tell(self.envelope.ident, event)

    def tell_place(self, place: int) -> None:
        """``queued``, once for each place; never after ``started``, whichever thread was faster."""
        if place not in (0, self.place):
            self.place = place
            self.client.tell(self.envelope.ident, events.queued_event(place), lambda: self.waits)


class Desk:
    """Takes lines from any number of clients and has a worker serve them, first come first served.

    A client's later request replaces its earlier one. Every request ends in exactly one ``result``,
    ``error``, ``cancelled`` or ``about``. `ask`, `leave` and `close` may be called from any thread;
    `work` runs in the thread that computes.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: list[_Ticket] = []
        self._current: _Ticket | None = None
        self._clients: set[Client] = set()
        self._closed = False
        self._quiet_since = time.monotonic()
        self.served = 0

    def join(self, client: Client) -> bool:
        """Somebody has come; while anybody is here the desk does not close for idleness. False when
        it has closed already.
        """
        with self._changed:
            if not self._closed:
                self._clients.add(client)
            return not self._closed

    def ask(self, client: Client, line: str | bytes) -> None:
        """Take one line. What is wrong with it is told to the client at once."""
        try:
            envelope = read_envelope(line)
        except UserError as error:
            client.tell(read_id(line), events.error_event(error))
            return
        with self._changed:
            if envelope.kind == STOP:
                self._wish(client, KEEP)
                return
            dropped = [] if envelope.kind == ABOUT else self._drop(client, SKETCH)
            ticket = _Ticket(client, envelope)
            if self._closed:
                dropped.append(ticket)
            else:
                self._waiting.append(ticket)
            self._changed.notify_all()
        self._tell(dropped)

    def leave(self, client: Client) -> None:
        """The client wants nothing more: its sketch is called off."""
        with self._changed:
            dropped = self._drop(client)
            self._clients.discard(client)
            if not self._clients:
                self._quiet_since = time.monotonic()
            self._changed.notify_all()
        self._tell(dropped)

    def settle(self, client: Client) -> None:
        """Wait until nothing computes for the client, so that it has heard its last event."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._current is None or self._current.client is not client
            )

    def close(self) -> None:
        """Call everything off and let `work` return."""
        with self._changed:
            dropped = [
                ticket
                for client in {one.client for one in self._waiting}
                for ticket in self._drop(client)
            ]
            if self._current is not None:
                self._current.wish = CANCEL
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
                "clients": len(self._clients),
                "waiting": len(self._waiting),
                "working": self._current is not None,
                "served": self.served,
            }

    def work(self, worker: Worker, idle_s: float | None = None) -> None:
        """Serve until closed, or until nobody has been here for `idle_s` seconds."""
        while (ticket := self._next(idle_s)) is not None:
            try:
                self._serve(ticket, worker)
            finally:
                with self._changed:
                    self._current = None
                    self.served += 1
                    self._quiet_since = time.monotonic()
                    self._changed.notify_all()

    def _next(self, idle_s: float | None) -> _Ticket | None:
        with self._changed:
            while not self._waiting:
                if self._closed:
                    return None
                left = None
                if idle_s is not None and not self._clients:
                    left = self._quiet_since + idle_s - time.monotonic()
                    if left <= 0:
                        self._closed = True  # whoever comes from now on finds another engine
                        return None
                self._changed.wait(left)
            self._current = self._waiting.pop(0)
            self._current.waits = False
        self.announce()
        return self._current

    def _serve(self, ticket: _Ticket, worker: Worker) -> None:
        try:
            if ticket.envelope.kind == ABOUT:
                ticket.tell(worker.about())
            else:
                ticket.tell(
                    worker.sketch(
                        ticket.envelope,
                        ticket.tell,
                        lambda: CANCEL if ticket.client.gone else ticket.wish,
                    )
                )
        except CalledOff:
            ticket.tell(events.cancelled_event())
        except UserError as error:
            ticket.tell(events.error_event(error))
        except Exception as error:
            ticket.tell(events.bug_event(log.record_bug(error)))

    def announce(self) -> None:
        """Tell those who wait how many sketches are before them."""
        with self._changed:
            now = self._current
            # at its next step
            ends = now is None or now.wish == CANCEL or now.envelope.kind != SKETCH
            queue = list(
                enumerate(
                    (ticket for ticket in self._waiting if ticket.envelope.kind == SKETCH),
                    0 if ends else 1,
                )
            )
        for place, ticket in queue:
            ticket.tell_place(place)

    def _wish(self, client: Client, wish: str) -> None:
        for ticket in (*self._waiting, *((self._current,) if self._current else ())):
            if ticket.client is client and ticket.wish != CANCEL:
                ticket.wish = wish

    def _drop(self, client: Client, *kinds: str) -> list[_Ticket]:
        """Call off what a client asked for, or these kinds of it. Returns what waited, for
        `cancelled` to be told without the lock.
        """
        if self._current is not None and self._current.client is client:
            self._current.wish = CANCEL
        dropped = [
            ticket
            for ticket in self._waiting
            if ticket.client is client and (not kinds or ticket.envelope.kind in kinds)
        ]
        for ticket in dropped:
            ticket.waits = False
            self._waiting.remove(ticket)
        return dropped

    def _tell(self, dropped: list[_Ticket]) -> None:
        with suppress(OSError):
            for ticket in dropped:
                ticket.tell(events.cancelled_event())
        self.announce()
