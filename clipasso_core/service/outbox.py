"""What is still to be said to one caller, said by a thread of its own: the thread that computes for
all never waits for one who does not read.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

SLOW_S = 10.0  # a window that is busy redrawing reads again within that
UNREAD = 64  # events that wait; who lets more pile up reads none of them


class Outbox:
    """Sends events in their order. Of progress that nobody has read yet only the latest is kept.

    send: says one event and may wait for the other side. cut: ends the connection, after which
    `send` raises OSError or returns.
    """

    def __init__(
        self,
        send: Callable[[dict[str, Any]], None],
        cut: Callable[[], None],
        slow_s: float = SLOW_S,
    ) -> None:
        self._send, self._cut, self._slow_s = send, cut, slow_s
        self._changed = threading.Condition()
        self._waiting: deque[dict[str, Any]] = deque()
        self._sending_since: float | None = None
        self._closed = False
        self._broken = False
        self._thread = threading.Thread(target=self._work, name="outbox", daemon=True)
        self._thread.start()

    def put(self, event: dict[str, Any]) -> None:
        """Have an event sent. Never waits. Raises OSError when the other side has gone, or has not
        read for too long.
        """
        with self._changed:
            if self._broken or self._closed:
                raise OSError("the caller has gone")
            if self._is_slow():
                self._broken = True
                self._cut()
                raise OSError(f"the caller has read nothing for {self._slow_s:g} seconds")
            if event.get("event") == "progress" and self._waiting:
                latest = self._waiting[-1]
                if latest.get("event") == "progress" and latest["id"] == event["id"]:
                    self._waiting.pop()
            self._waiting.append(event)
            self._changed.notify_all()

    def close(self) -> None:
        """Let what waits be sent, as long as the other side reads, and end the thread."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if threading.current_thread() is self._thread:
            return
        self._thread.join(self._slow_s)
        if self._thread.is_alive():
            self._cut()

    def _is_slow(self) -> bool:
        if len(self._waiting) >= UNREAD:
            return True
        since = self._sending_since
        return since is not None and time.monotonic() - since > self._slow_s

    def _work(self) -> None:
        while (event := self._next()) is not None:
            try:
                self._send(event)
            except OSError:
                with self._changed:
                    self._broken = True
                # half a message may be out: nothing sensible can follow
                with suppress(OSError):
                    self._cut()
                return

    def _next(self) -> dict[str, Any] | None:
        with self._changed:
            self._sending_since = None
            self._changed.wait_for(lambda: self._waiting or self._closed)
            if not self._waiting or self._broken:
                return None
            self._sending_since = time.monotonic()
            return self._waiting.popleft()
