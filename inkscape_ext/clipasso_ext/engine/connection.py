"""The engine as a child process: requests down its stdin, events up its stdout, one JSON object a
line (docs/protocol.md).
"""

from __future__ import annotations

import json
import queue
import subprocess
import threading
from typing import Any, Callable, Dict, Optional

from clipasso_ext.host import NO_ENGINE, Host, log
from clipasso_ext.problem import Problem
from clipasso_ext.processes import detached
from clipasso_ext.words import _, filled, later

LAST = ("result", "error", "cancelled", "about")  # events that end a request
Event = Dict[str, Any]
GONE = later(
    "The engine ended unexpectedly: try again. Should it happen again, its log tells why (Engine"
    " and Models)."
)


class Connection:
    """One conversation. `on_event` is called from a thread of its own; after the engine has gone,
    with one last ``error``.
    """

    def __init__(self, host: Host, on_event: Callable[[Event], None]) -> None:
        """Raises `Problem` where the engine's command can't be started."""
        try:
            self._process = subprocess.Popen(
                [*host.command, "run"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=host.environment,
                **detached(),
            )
        except OSError as error:
            log(f"the engine's command {host.command} does not start: {error}")
            raise Problem(_(NO_ENGINE)) from None
        self._on_event = on_event
        self._closed = False
        threading.Thread(target=self._listen, name="events", daemon=True).start()

    def sketch(
        self,
        ident: str,
        photo: str,
        request: Dict[str, Any],
        preview_px: Optional[int],
        **more: Any,
    ) -> None:
        """Ask for a sketch, or for an edit of one; the one that computes is called off.

        more: other fields of the line, such as ``edit`` and ``start``; None is left out.
        """
        line = {"id": ident, "photo": photo, "request": request, "preview_px": preview_px, **more}
        self._send({name: value for name, value in line.items() if value is not None})

    def stop(self) -> None:
        """End the sketch that computes early, and keep it."""
        self._send({"id": None, "stop": True})

    def ask_about(self) -> None:
        """Ask which guides there are."""
        self._send({"id": "about", "about": True})

    def close(self) -> None:
        """No more requests; what computes is called off."""
        self._closed = True
        try:
            if self._process.stdin is not None:
                self._process.stdin.close()
        except OSError:
            pass  # it went before us

    def _send(self, line: Event) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(line).encode() + b"\n")
            self._process.stdin.flush()
        except (OSError, ValueError):
            pass  # it has gone, which the listening thread tells

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as stream:
            for line in stream:
                event = parsed(line)
                if event is not None:
                    self._on_event(event)
        status = self._process.wait()
        if not self._closed:
            log(f"the engine's command ended with status {status}")
            self._on_event({"id": None, "event": "error", "code": "no-engine", "message": _(GONE)})


def parsed(line: bytes) -> Optional[Event]:
    """A line of the engine's as an event; one that is none is logged."""
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        event = None
    if isinstance(event, dict) and isinstance(event.get("event"), str):
        return event
    log(f"the engine said what is no event: {line[:200]!r}")
    return None


def message_of(event: Event) -> str:
    """An error event as a sentence for the person, in their language where the engine told it as a
    template and what belongs into that.
    """
    message = str(event.get("message") or _("The engine failed without a word."))
    text, values = event.get("text"), event.get("values")
    if isinstance(text, str) and isinstance(values, dict):
        message = filled(text, values, message)
    return message[:1].upper() + message[1:]


def require_result(event: Event) -> Event:
    """The event itself. Raises `Problem`, if it is no result."""
    if event["event"] != "result":
        raise Problem(message_of(event))
    return event


def ask_once(
    host: Host, photo: str, request: Dict[str, Any], edit: Optional[Dict[str, Any]] = None
) -> Event:
    """One sketch, waited for. Returns the last event. Raises `Problem`."""
    events: queue.Queue[Event] = queue.Queue()
    connection = Connection(host, events.put)
    try:
        connection.sketch("1", photo, request, None, edit=edit)
        while True:
            event = events.get()
            if event["event"] in LAST and event.get("id") in ("1", None):
                return event
    finally:
        connection.close()
