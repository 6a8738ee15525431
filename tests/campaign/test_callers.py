"""Many who call the engine at once, some of whom never read, say nothing, insult it or die: who
asks soundly is served, and the engine is as it was.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest
from support.screen import wait_for
from support.talk import BRIEF, ENDLESS, Talk, clipasso, engine_process, engines, housekeeping

from campaign.budget import Budget, Clock
from campaign.pictures import good_png
from clipasso_core.service import client
from clipasso_core.service.place import REQUEST, Place

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="sockets as Unix has them"),
]
AT_ONCE = 6
FEW = 3  # threads and files that come and go by themselves
Act = Callable[["Visit"], None]


class Visit:
    """One caller at the engine of a home."""

    def __init__(self, home: Path, photo: Path, seed: int) -> None:
        self.place = Place(home / "run")
        self.home, self.photo, self.chance = home, photo, Random(seed)

    def line(self, **settings: object) -> bytes:
        request = {**BRIEF, **settings}
        return json.dumps({"id": 1, "photo": str(self.photo), "request": request}).encode()

    def socket(self) -> socket.socket:
        line = socket.socket(socket.AF_UNIX)
        line.connect(self.place.address)
        return line

    def linger(self) -> None:
        time.sleep(self.chance.random())  # how long somebody stays is what is tried


def ask_soundly(visit: Visit) -> None:
    with Talk(visit.home) as talk:
        talk.say(visit.line())
        assert talk.hear("result", "error", "cancelled")[-1]["event"] == "result"


def ask_about(visit: Visit) -> None:
    assert clipasso(visit.home, "engine", "status").returncode == 0


def say_nothing(visit: Visit) -> None:
    with visit.socket():
        visit.linger()


def never_read(visit: Visit) -> None:
    connection, _ = client.connect(visit.place)
    with connection, suppress(OSError):
        for _ in range(20):
            connection.send_bytes(REQUEST + visit.line(steps=3))
        visit.linger()


def insult(visit: Visit) -> None:
    with visit.socket() as line, suppress(OSError):
        line.sendall(visit.chance.randbytes(visit.chance.randint(1, 300)))
        visit.linger()


def insult_behind_the_key(visit: Visit) -> None:
    connection, _ = client.connect(visit.place)
    with connection, socket.socket(fileno=os.dup(connection.fileno())) as line, suppress(OSError):
        line.sendall(struct.pack("!i", visit.chance.randint(-5, 1 << 30)))
        line.sendall(visit.chance.randbytes(100))
        visit.linger()


def die(visit: Visit) -> None:
    with Talk(visit.home) as talk:
        talk.say(visit.line(**ENDLESS))
        talk.hear("queued", "started")
        visit.linger()
        talk.process.kill()


def walk_away(visit: Visit) -> None:
    with Talk(visit.home) as talk:
        talk.say(visit.line(**ENDLESS))
        talk.walk_away()
        visit.linger()


ACTS: tuple[Act, ...] = (
    *(ask_soundly, ask_soundly, ask_about, say_nothing, never_read),
    *(insult, insult_behind_the_key, die, walk_away),
)


def test_who_asks_soundly_is_served_whoever_else_calls(budget: Budget, tmp_path: Path) -> None:
    part = "callers"
    chance, clock, called = Random(budget.seed_of(part)), Clock(budget.share_s(part)), 0
    photo = tmp_path / "good.png"
    photo.write_bytes(good_png())
    with housekeeping(tmp_path / "home") as home, ThreadPoolExecutor(AT_ONCE) as pool:
        assert clipasso(home, "engine", "start").returncode == 0
        ask_soundly(Visit(home, photo, 0))
        engine = engine_process(home)
        before = engine.num_threads(), engine.num_fds()
        while clock.once_more():
            acts = [ask_soundly, *(chance.choice(ACTS) for _ in range(AT_ONCE - 1))]
            visits = [Visit(home, photo, chance.randrange(1 << 30)) for _ in acts]
            done = [pool.submit(act, visit) for act, visit in zip(acts, visits, strict=True)]
            for one in done:
                one.result()
            called += len(acts)
        assert [one.pid for one in engines(home)] == [engine.pid]

        def has_settled() -> bool:
            now = engine.num_threads(), engine.num_fds()
            return all(one <= other + FEW for one, other in zip(now, before, strict=True))

        wait_for(has_settled, f"threads and files as before: {before}")
    budget.count(part, called, "calls")
