"""What draws the pictures of a batch, wherever that is: the words that all kinds of it share."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe
from typing import Any, Protocol

from clipasso_core.batch.pictures import Photo
from clipasso_core.batch.row import Row


@dataclass(frozen=True)
class Told:
    """An event of docs/protocol.md about a picture that is being drawn."""

    path: str
    event: dict[str, Any]


@dataclass(frozen=True)
class Note:
    """One sentence about the work itself."""

    text: str


Message = Told | Note | Row


class Executor(Protocol):
    """Draws pictures."""

    def draw(self, photos: list[Photo], stop: Stop) -> Iterator[Message]:
        """Draw them, in any order; a row for each, unless it is stopped. Raises `UserError` where
        none can be drawn, `LostError` where it can't go on.
        """

    def close(self) -> None:
        """Give everything back. It may be drawn again afterwards."""


class Stop:
    """The wish to end, which a signal's handler may utter; who waits for other things can wait for
    it, too.
    """

    def __init__(self) -> None:
        self._reader, self._writer = Pipe(duplex=False)
        self._asked = threading.Event()

    def ask(self) -> None:
        """End soon."""
        if not self._asked.is_set():
            self._asked.set()
            self._writer.send_bytes(b"stop")

    @property
    def is_asked(self) -> bool:
        """Whether to end."""
        return self._asked.is_set()

    @property
    def waitable(self) -> Connection:
        """For `multiprocessing.connection.wait`: ready when it is asked."""
        return self._reader

    def wait(self, seconds: float) -> bool:
        """Wait for the wish; whether it came."""
        return bool(self._reader.poll(seconds))
