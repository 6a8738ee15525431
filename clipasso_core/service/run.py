"""The extension's way in: JSON requests in, JSON events out, one a line; a later request replaces
the one that computes.

`run` hands the lines to the warm engine and prints what it answers; it imports nothing heavy.
`run_cold` computes in this process. docs/protocol.md describes the lines.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import IO, Any

from clipasso_core.errors import UserError, of_output
from clipasso_core.service import client, events
from clipasso_core.service.envelope import MAX_LINE, STOP, at_home, read_envelope, read_id
from clipasso_core.service.place import REQUEST
from clipasso_core.service.scheduler import Caller, Scheduler

BUG, MISTAKE = 1, 2  # exit statuses
TRIES = 2  # for a request whose engine ends before anything is shown of it


class _Printer:
    """Prints events, and remembers how the last request ended."""

    def __init__(self, stdout: IO[str]) -> None:
        self._stdout = stdout
        self._turn = threading.Lock()
        self.status = 0

    def print(self, event: dict[str, Any]) -> None:
        with self._turn:
            if event.get("event") in events.LAST:
                self.status = _status(event)
            self._stdout.write(json.dumps(event) + "\n")
            self._stdout.flush()


def _status(event: dict[str, Any]) -> int:
    """Of a request that ended so."""
    if event["event"] != "error":
        return 0
    return BUG if event["code"] == "bug" else MISTAKE


def run_cold(stdin: IO[str], stdout: IO[str]) -> int:
    """Serve until the input ends. Returns the exit status of the last request: 0, 1 for a bug, 2
    for what a person can mend. Raises OSError when the output can't be written.
    """
    from clipasso_core.service.worker import Worker

    printer, scheduler = _Printer(stdout), Scheduler()
    lost: list[OSError] = []

    def send(event: dict[str, Any]) -> None:
        try:
            printer.print(event)
        except OSError as error:
            lost.append(error)
            # nobody listens; this thread may hold the caller's turn
            threading.Thread(target=scheduler.close).start()
            raise

    caller = Caller(send)

    def read() -> None:
        try:
            while line := stdin.readline(MAX_LINE):
                if line.strip():
                    scheduler.ask(caller, line)
        finally:
            scheduler.close()

    threading.Thread(target=read, name="requests", daemon=True).start()
    scheduler.work(Worker())
    if lost:
        raise lost[0]
    return printer.status


def run(stdin: IO[str], stdout: IO[str]) -> int:
    """Relay until the input ends. Returns what `run_cold` does."""
    printer = _Printer(stdout)
    relay = _Relay(printer)
    try:
        while line := stdin.readline(MAX_LINE):
            if line.strip():
                relay.ask(line)
    finally:
        relay.finish()
    return printer.status


@dataclass
class _Open:
    """A request whose last event has not come yet. shown: something was told that came of it."""

    ident: Any
    message: bytes
    tries: int = 1
    shown: bool = False
    connection: Connection | None = None  # to the engine that has it


class _Relay:
    """One conversation with the warm engine, which is found or started at the first line.

    An engine that died is replaced: a request of which nothing was shown yet goes to the next one,
    of any other its caller is told.
    """

    def __init__(self, printer: _Printer) -> None:
        self._printer = printer
        self._state = threading.RLock()  # of what follows, which the listener shares
        self._connection: Connection | None = None
        self._listener: threading.Thread | None = None
        self._open: OrderedDict[str, _Open] = OrderedDict()  # by the id as text
        self._finished = False

    def ask(self, line: str) -> None:
        ident = read_id(line)
        try:
            envelope = read_envelope(line)  # a mistake in the line needs no engine to be told
            message = REQUEST + at_home(line, envelope).encode("utf-8", "surrogateescape")
        except UserError as error:
            self._say({"id": ident, **events.error_event(error)})
            return
        with self._state:
            if envelope.kind != STOP:
                self._send(_Open(ident, message))
            elif self._connection is not None:
                with suppress(OSError):  # it died; its listener tells
                    self._connection.send_bytes(message)

    def finish(self) -> None:
        """No more requests: what computes is called off."""
        with self._state:
            self._finished = True
            connection = self._connection
        if connection is not None:
            with suppress(OSError):  # it died; its listener tells
                connection.send_bytes(b"")
        while (listener := self._listener) is not None and listener.is_alive():
            listener.join()

    def _send(self, request: _Open) -> None:
        """Hand a request to an engine, found or started. The lock is held."""
        key = json.dumps(request.ident)
        while True:
            self._open[key] = request
            try:
                if self._connection is None:
                    self._connect(request.ident)
                request.connection = self._connection
                assert request.connection is not None
                request.connection.send_bytes(request.message)
                return
            except UserError as error:
                self._open.pop(key, None)
                self._say({"id": request.ident, **events.error_event(error)})
                return
            except OSError:
                self._connection = None  # it ended just now, for idleness or otherwise
                if request.tries >= TRIES:
                    self._open.pop(key, None)
                    self._say({"id": request.ident, **events.ended_event()})
                    return
                request.tries += 1

    def _connect(self, ident: Any) -> None:
        connection = client.reach(lambda: self._say({"id": ident, **events.waking_event()}))
        self._connection = connection
        self._listener = threading.Thread(
            target=self._listen, args=(connection,), name="events", daemon=True
        )
        self._listener.start()

    def _listen(self, connection: Connection) -> None:
        try:
            while True:
                self._hear(json.loads(connection.recv_bytes(MAX_LINE)))
        except (EOFError, OSError):
            self._go_on_without(connection)
        finally:
            connection.close()

    def _hear(self, event: dict[str, Any]) -> None:
        key = json.dumps(event.get("id"))
        with self._state:
            if event.get("event") in events.LAST:
                self._open.pop(key, None)
            elif event.get("event") not in events.BEFORE and key in self._open:
                self._open[key].shown = True
        self._say(event)

    def _go_on_without(self, connection: Connection) -> None:
        """The engine has gone. What it showed something of is over, the rest goes to another."""
        with self._state:
            if self._connection is connection:
                self._connection = None
            lost = [one for one in self._open.values() if one.connection is connection]
            for request in lost:
                del self._open[json.dumps(request.ident)]
                if request.shown or request.tries >= TRIES or self._finished:
                    self._say({"id": request.ident, **events.ended_event()})
                else:
                    request.tries += 1
                    self._send(request)

    def _say(self, event: dict[str, Any]) -> None:
        try:
            self._printer.print(event)
        # the main thread sits in a read that nothing else would end
        except BrokenPipeError:  # nobody listens: nobody wants the sketch
            os._exit(0)
        except OSError as error:
            print(f"clipasso: {of_output(error).message}", file=sys.stderr, flush=True)
            os._exit(MISTAKE)
