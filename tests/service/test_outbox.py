"""Nobody who computes waits for somebody who does not read."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from clipasso_core.service.outbox import UNREAD, Outbox

LIMIT_S = 20
Event = dict[str, Any]


class Reader:
    """The other side: reads when the test says so."""

    def __init__(self) -> None:
        self.heard: queue.Queue[Event] = queue.Queue()
        self.reads = threading.Event()
        self.taken = threading.Event()
        self.cuts = 0

    def send(self, event: Event) -> None:
        self.taken.set()
        if not self.reads.wait(LIMIT_S) or self.cuts:
            raise BrokenPipeError
        self.heard.put(event)

    def cut(self) -> None:
        self.cuts += 1
        self.reads.set()


@pytest.fixture
def reader() -> Iterator[Reader]:
    reader = Reader()
    yield reader
    reader.reads.set()


def progress(step: int, ident: int = 1) -> Event:
    return {"id": ident, "event": "progress", "step": step}


def test_events_come_in_their_order(reader: Reader) -> None:
    reader.reads.set()
    outbox = Outbox(reader.send, reader.cut)
    told = [
        {"id": 1, "event": "started"},
        {"id": 1, "event": "result"},
        {"id": 2, "event": "error"},
    ]
    for event in told:
        outbox.put(event)
    outbox.close()
    assert [reader.heard.get(timeout=LIMIT_S) for _ in told] == told
    assert not reader.cuts


def test_of_progress_that_waits_only_the_latest_is_sent(reader: Reader) -> None:
    outbox = Outbox(reader.send, reader.cut)
    outbox.put({"id": 1, "event": "started"})
    assert reader.taken.wait(LIMIT_S)
    for step in range(5000):
        outbox.put(progress(step))
    outbox.put(progress(0, ident=2))
    outbox.put({"id": 2, "event": "result"})
    reader.reads.set()
    outbox.close()
    heard = [reader.heard.get(timeout=LIMIT_S) for _ in range(4)]
    assert [(one["event"], one.get("step")) for one in heard] == [
        ("started", None),
        ("progress", 4999),
        ("progress", 0),
        ("result", None),
    ]


def fill(outbox: Outbox) -> None:
    for number in range(2 * UNREAD):
        outbox.put({"id": number, "event": "result"})


def wait_long(outbox: Outbox) -> None:
    until = time.monotonic() + LIMIT_S
    while time.monotonic() < until:
        outbox.put(progress(1))
        time.sleep(0.01)


@pytest.mark.parametrize("put", [fill, wait_long])
def test_who_does_not_read_is_cut_off_and_putting_never_waits(
    reader: Reader, put: Callable[[Outbox], None]
) -> None:
    outbox = Outbox(reader.send, reader.cut, slow_s=0.3)
    outbox.put({"id": 0, "event": "result"})
    assert reader.taken.wait(LIMIT_S)
    with pytest.raises(OSError, match=r"read nothing|has gone"):
        put(outbox)
    assert reader.cuts >= 1
    with pytest.raises(OSError, match="gone"):
        outbox.put({"id": 0, "event": "result"})


def test_closing_gives_up_on_who_does_not_read(reader: Reader) -> None:
    outbox = Outbox(reader.send, reader.cut, slow_s=0.2)
    outbox.put({"id": 0, "event": "result"})
    assert reader.taken.wait(LIMIT_S)
    outbox.close()
    assert reader.cuts == 1


def test_a_broken_line_is_told_to_the_next_who_puts(reader: Reader) -> None:
    broken = threading.Event()

    def send(_: Event) -> None:
        raise BrokenPipeError

    outbox = Outbox(send, broken.set)
    outbox.put({"id": 0, "event": "result"})
    assert broken.wait(LIMIT_S)
    with pytest.raises(OSError, match="gone"):
        outbox.put({"id": 0, "event": "result"})
