"""The engine as a child process: requests down its stdin, events up its stdout, one JSON object a
line (docs/protocol.md).
"""

from __future__ import annotations

import json
import queue
import subprocess
import threading
from typing import Any, Callable, Dict, Optional

from clipasso_ext.engine.host import Host, detached, engine_environment, log
from clipasso_ext.problem import Problem

LAST = ("result", "error", "cancelled", "about")
Event = Dict[str, Any]


class Engine:
    """One conversation. `on_event` is called from a thread of its own; after the engine has gone,
    with one last ``error``.
    """

    def __init__(self, host: Host, on_event: Callable[[Event], None]) -> None:
        try:
            self._process = subprocess.Popen(
                [*host.command, "run"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=engine_environment(host),
                **detached(),
            )
        except OSError as error:
            log(f"the engine's command {host.command} does not start: {error}")
            raise Problem(
                "The engine is not where it was installed: run install.py again, and try again."
            ) from None
        self._on_event, self._closed = on_event, False
        threading.Thread(target=self._listen, name="events", daemon=True).start()

    def sketch(
        self,
        ident: str,
        photo: str,
        request: Dict[str, Any],
        preview_px: Optional[int],
        edit: Optional[Dict[str, Any]] = None,
    ) -> None:
        """Ask for a sketch, or for an edit of one; the one that computes is called off."""
        line = {"id": ident, "photo": photo, "request": request}
        if edit is not None:
            line["edit"] = edit
        self._say({**line, "preview_px": preview_px} if preview_px else line)

    def stop(self) -> None:
        """End the sketch that computes early, and keep it."""
        self._say({"id": None, "stop": True})

    def ask_about(self) -> None:
        """Ask which guides there are."""
        self._say({"id": "about", "about": True})

    def close(self) -> None:
        """No more requests; what computes is called off."""
        self._closed = True
        try:
            if self._process.stdin is not None:
                self._process.stdin.close()
        except OSError:
            pass  # it went before us

    def _say(self, line: Event) -> None:
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
                try:
                    event = json.loads(line)
                except ValueError:
                    event = None
                if isinstance(event, dict) and isinstance(event.get("event"), str):
                    self._on_event(event)
                else:
                    log(f"the engine said what is no event: {line[:200]!r}")
        status = self._process.wait()
        if not self._closed:
            log(f"the engine's command ended with status {status}")
            message = (
                "The engine ended unexpectedly: try again. Should it happen again, its log tells"
                " why (Engine and Models)."
            )
            self._on_event({"id": None, "event": "error", "code": "no-engine", "message": message})


def ask_once(
    host: Host, photo: str, request: Dict[str, Any], edit: Optional[Dict[str, Any]] = None
) -> Event:
    """One sketch, waited for. Returns the last event."""
    events: queue.Queue[Event] = queue.Queue()
    engine = Engine(host, events.put)
    try:
        engine.sketch("1", photo, request, None, edit)
        while True:
            event = events.get()
            if event["event"] in LAST and event.get("id") in ("1", None):
                return event
    finally:
        engine.close()
