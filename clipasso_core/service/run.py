"""The extension's door: JSON requests in, JSON events out, one a line; a later request replaces the
one that computes.

`run` hands the lines to the warm engine and prints what it answers; it imports nothing heavy.
`run_cold` computes in this process. docs/protocol.md describes the lines.
"""

from __future__ import annotations

import json
import os
import threading
from collections import OrderedDict
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import IO, Any

from clipasso_core.errors import UserError
from clipasso_core.machine import log
from clipasso_core.service import client as engine
from clipasso_core.service import events
from clipasso_core.service.envelope import MAX_LINE, STOP, at_home, read_envelope, read_id
from clipasso_core.service.place import REQUEST
from clipasso_core.service.scheduler import Client, Desk

BUG, MISTAKE = 1, 2  # exit statuses


class _Mouth:
    """Prints events, and remembers how the last request ended."""

    def __init__(self, stdout: IO[str]) -> None:
        self._stdout = stdout
        self._turn = threading.Lock()
        self.status = 0

    def say(self, event: dict[str, Any]) -> None:
        with self._turn:
            if event.get("event") in events.LAST:
                self.status = (
                    0 if event["event"] != "error" else BUG if event["code"] == "bug" else MISTAKE
                )
            self._stdout.write(json.dumps(event) + "\n")
            self._stdout.flush()


def run_cold(stdin: IO[str], stdout: IO[str]) -> int:
    """Serve until the input ends. Returns the exit status of the last request: 0, 1 for a bug, 2
    for what a person can mend.
    """
    from clipasso_core.service.worker import Worker

    mouth, desk = _Mouth(stdout), Desk()

    def send(event: dict[str, Any]) -> None:
        try:
            mouth.say(event)
        except BrokenPipeError:
            # nobody listens; this thread may hold the client's turn
            threading.Thread(target=desk.close).start()
            raise

    client = Client(send)

    def read() -> None:
        try:
            while line := stdin.readline(MAX_LINE):
                if line.strip():
                    desk.ask(client, line)
        finally:
            desk.close()

    threading.Thread(target=read, name="requests", daemon=True).start()
    desk.work(Worker())
    return 0 if client.gone else mouth.status


def run(stdin: IO[str], stdout: IO[str]) -> int:
    """Relay until the input ends. Returns what `run_cold` does."""
    mouth = _Mouth(stdout)
    relay = _Relay(mouth)
    try:
        while line := stdin.readline(MAX_LINE):
            if line.strip():
                relay.ask(line)
    finally:
        relay.finish()
    return mouth.status


class _Relay:
    """One conversation with the warm engine, which is found or started at the first line, and again
    should it have died.
    """

    def __init__(self, mouth: _Mouth) -> None:
        self._mouth = mouth
        self._connection: Connection | None = None
        self._listener: threading.Thread | None = None
        self._open: OrderedDict[str, Any] = OrderedDict()  # ids whose last event has not come yet
        self._sending: str | None = None
        self._state = threading.Lock()

    def ask(self, line: str) -> None:
        ident = read_id(line)
        try:
            envelope = read_envelope(line)  # a mistake in the line needs no engine to be told
        except UserError as error:
            self._say({"id": ident, **events.error_event(error)})
            return
        message = REQUEST + at_home(line, envelope).encode("utf-8", "surrogateescape")
        for _ in range(2):  # an engine may end for idleness just now
            if envelope.kind == STOP and self._connection is None:
                return
            try:
                if self._connection is None:
                    self._connect(ident)
                assert self._connection is not None
                if envelope.kind != STOP:
                    with self._state:
                        self._sending = json.dumps(ident)
                        self._open[self._sending] = ident
                self._connection.send_bytes(message)
                with self._state:
                    self._sending = None
                return
            except UserError as error:
                self._say({"id": ident, **events.error_event(error)})
                return
            except OSError:
                self._drop()
                with self._state:
                    self._open.pop(json.dumps(ident), None)
                    self._sending = None
        self._say({"id": ident, **_death_event()})

    def finish(self) -> None:
        """No more requests: what computes is called off."""
        if self._connection is not None:
            with suppress(OSError):  # it died; its listener tells
                self._connection.send_bytes(b"")
            assert self._listener is not None
            self._listener.join()

    def _connect(self, ident: Any) -> None:
        self._connection = engine.reach(lambda: self._say({"id": ident, **events.waking_event()}))
        self._listener = threading.Thread(
            target=self._listen, args=(self._connection,), name="events", daemon=True
        )
        self._listener.start()

    def _drop(self) -> None:
        if self._connection is not None:
            assert self._listener is not None
            self._listener.join()
            self._connection = None

    def _listen(self, connection: Connection) -> None:
        try:
            while True:
                event = json.loads(connection.recv_bytes(MAX_LINE))
                if event.get("event") in events.LAST:
                    with self._state:
                        self._open.pop(json.dumps(event["id"]), None)
                self._say(event)
        except (EOFError, OSError):
            self._report_death()
        finally:
            connection.close()

    def _report_death(self) -> None:
        """The engine has gone. Whoever still waits is told, the next request starts another."""
        with self._state:
            # that one goes to another engine
            waiting = [ident for key, ident in self._open.items() if key != self._sending]
            self._open.clear()
        for ident in waiting:
            self._say({"id": ident, **_death_event()})

    def _say(self, event: dict[str, Any]) -> None:
        try:
            self._mouth.say(event)
        except BrokenPipeError:  # nobody listens: nobody wants the sketch
            os._exit(0)  # the main thread sits in a read that nothing else would end


def _death_event() -> dict[str, Any]:
    return events.bug_event(
        f"the engine ended unexpectedly; please report it with {log.engine_log_path()}"
    )
