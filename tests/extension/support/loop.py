"""The one thread that a session belongs to: what others post is done when the test waits."""

from __future__ import annotations

import queue
import time
from typing import Any, Callable

LIMIT_S = 20


class Loop:
    def __init__(self) -> None:
        self.posted: queue.Queue[Callable[[], Any]] = queue.Queue()
        self.changes = 0

    def change(self) -> None:
        self.changes += 1

    def post(self, act: Callable[[], Any]) -> None:
        """From any thread."""
        self.posted.put(act)

    def until(self, condition: Callable[[], Any]) -> None:
        """Do what is posted until it holds."""
        end = time.monotonic() + LIMIT_S
        while not condition():
            self.posted.get(timeout=max(0.01, end - time.monotonic()))()
