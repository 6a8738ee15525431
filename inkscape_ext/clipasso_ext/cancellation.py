"""Calling off what nobody wants any more."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import Callable, Iterator, List


class CalledOff(Exception):  # noqa: N818 - it is no error
    """What was asked for is no longer wanted, and was not done."""


class Cancellation:
    """Whether somebody still wants what they asked for. Any thread may call it off, for good."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._called_off = False
        self._listeners: List[Callable[[], None]] = []

    @property
    def called_off(self) -> bool:
        return self._called_off

    def call_off(self) -> None:
        """End the work at once: whoever listens is called in this thread."""
        with self._lock:
            listeners = [] if self._called_off else list(self._listeners)
            self._called_off = True
        for listener in listeners:
            listener()

    def check(self) -> None:
        """Raises `CalledOff`, if it was."""
        if self._called_off:
            raise CalledOff

    @contextmanager
    def listening(self, listener: Callable[[], None]) -> Iterator[None]:
        """Have `listener` called when it is called off; at once, if it was before."""
        with self._lock:
            late = self._called_off
            self._listeners.append(listener)
        try:
            if late:
                listener()
            yield
        finally:
            with self._lock:
                self._listeners.remove(listener)
