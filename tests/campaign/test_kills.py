"""Whatever is killed at whatever moment leaves the old file or the new one, and the next that comes
finds its way.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import psutil
import pytest
from lxml import etree
from support.drawings import SPACES
from support.talk import BRIEF, Talk, clipasso, engines, housekeeping, kinds, wait_gone

from campaign.budget import Budget, Clock
from campaign.documents import BODIES, PAGES
from campaign.killing import Moment, Victims, fresh_job, victims
from campaign.pictures import good_png

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="processes are held by descriptors"),
]
WORK = ("--guide", "lite", "--preset", "draft", "--steps", "1", "--mask", "none")
PHOTO = ("--photo", "good.png")
# commands that write sketch.svg, and how long they take at most
WRITERS = (
    (["sketch", "good.png", "-o", "sketch.svg", "--strokes", "2", *WORK], 1.5),
    (["refine", "sketch.svg", *PHOTO, *WORK], 0.5),
    (["add", "sketch.svg", "--strokes", "1", *PHOTO, *WORK], 1.0),
    (["level", "sketch.svg", "--strokes", "1"], 0.02),
    (["join", "sketch.svg"], 0.02),
    (["order", "sketch.svg"], 0.02),
    (["animate", "sketch.svg"], 0.02),
)
OLD = f"<svg {SPACES} {PAGES[0]}>{BODIES[2]}</svg>".encode()
TOLD_S = 5.0  # by then whoever waits knows that the engine is dead, or is served by another


def test_a_killed_writer_leaves_the_old_file_or_the_new_one(budget: Budget, tmp_path: Path) -> None:
    part = "killed writers"
    chance, clock, killed = Random(budget.seed_of(part)), Clock(budget.share_s(part)), 0
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "good.png").write_bytes(good_png())
    with victims(tmp_path / "home", tmp_path / "scratch") as some:
        while clock.once_more():
            words, longest_s = chance.choice(WRITERS)
            moment = Moment.any(chance, longest_s)
            (folder / "sketch.svg").write_bytes(OLD)
            status = some.run(folder, words, moment)
            killed += status < 0
            told = f"{words} {moment} {status}"
            assert status in (0, -9), told + said(folder)
            check_written(folder, status, told)
            (folder / "said").unlink(missing_ok=True)
        check_nothing_stays(some, folder, tmp_path / "scratch")
    budget.count(part, killed, "kills")
    assert killed


def said(folder: Path) -> str:
    """What commands said there."""
    path = folder / "said"
    return path.read_text() if path.exists() else ""


def check_written(folder: Path, status: int, told: str) -> None:
    """The old file or a new one, whole; beside it at most what the next writer clears away."""
    data = (folder / "sketch.svg").read_bytes()
    if data != OLD:
        etree.fromstring(data)
        assert data.rstrip().endswith(b"</svg>"), told
    beside = {path.name for path in folder.iterdir()} - {"good.png", "said", "sketch.svg"}
    assert all(name.startswith(".clipasso-") for name in beside), told
    assert status < 0 or not beside, f"{told}: what killed writers left is still there: {beside}"


def check_nothing_stays(some: Victims, folder: Path, scratch: Path) -> None:
    """One more writer, and the folder is as if nobody had been killed."""
    (folder / "sketch.svg").write_bytes(OLD)
    assert some.run(folder, ["join", "sketch.svg"]) == 0
    assert {path.name for path in folder.iterdir()} == {"good.png", "said", "sketch.svg"}
    assert list(scratch.iterdir()) == []


def test_a_killed_job_is_taken_up_again(budget: Budget, tmp_path: Path) -> None:
    part = "killed jobs"
    chance, clock, killed = Random(budget.seed_of(part)), Clock(budget.share_s(part)), 0
    with (
        housekeeping(tmp_path / "home") as home,
        victims(home, tmp_path / "scratch") as some,
    ):
        while clock.once_more():
            folder = fresh_job(tmp_path, BRIEF)
            for _ in range(chance.randint(1, 3)):
                moment = Moment.any(chance, 0.6)
                status = some.run(tmp_path, ["job", "job"], moment)
                assert status in (0, -9), f"{moment} {status} {said(tmp_path)}"
                killed += status < 0
                check_whole(folder)
            assert some.run(tmp_path, ["job", "job"]) == 0, said(tmp_path)
            assert outcome(folder)["event"] == "result"
            left = {path.name for path in folder.iterdir()}
            mine = {"good.png", "job.json", "lock", "outcome.json", "progress.json"}
            assert left <= mine, left - mine
    budget.count(part, killed, "kills")
    assert killed


def outcome(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "outcome.json").read_text()))


def check_whole(folder: Path) -> None:
    """What is there of a job's files can be read."""
    for name in ("outcome.json", "progress.json"):
        if (folder / name).exists():
            json.loads((folder / name).read_text())


# The engine

LEFT = ("key", "socket", "engine.json", "address")  # in its folder, and missed by nobody


def test_an_engine_killed_at_any_moment_is_replaced_or_told_of(
    budget: Budget, tmp_path: Path
) -> None:
    part = "killed engines"
    chance, clock = Random(budget.seed_of(part)), Clock(budget.share_s(part))
    (tmp_path / "good.png").write_bytes(good_png())
    request = {**BRIEF, "steps": 8}
    with housekeeping(tmp_path / "home") as home:
        while clock.once_more():
            when_s = 3.0 * chance.random()
            loses = chance.sample(LEFT, chance.randint(0, 2))
            ends_first = chance.random() < 0.3
            with Talk(home) as talk:
                killer = Killer(home, when_s, loses)
                if ends_first:
                    clipasso(home, "engine", "stop")
                talk.say({"id": 1, "photo": str(tmp_path / "good.png"), "request": request})
                events = talk.hear("result", "error", "cancelled")
                ended = time.monotonic()
                killer.join()
                check_conversation(events, killer, ended)
                talk.hang_up()
                assert talk.hear() == []
            assert len(living(home)) <= 1
    budget.count(part, clock.tried, "kills")


class Killer(threading.Thread):
    """Kills the home's engine once, after some time, and takes files of it away."""

    def __init__(self, home: Path, after_s: float, loses: list[str]) -> None:
        super().__init__()
        self.home, self.after_s, self.loses = home, after_s, loses
        self.killed_at: float | None = None
        self.start()

    def run(self) -> None:
        time.sleep(self.after_s)  # the moment is a matter of chance: there is no event
        found = living(self.home)
        self.killed_at = time.monotonic() if found else None
        for process in found:
            with suppress(psutil.NoSuchProcess):
                process.kill()
                wait_gone(process)
        for name in self.loses if found else ():
            (self.home / "run" / name).unlink(missing_ok=True)


def living(home: Path) -> list[psutil.Process]:
    return [one for one in engines(home) if one.status() != psutil.STATUS_ZOMBIE]


def check_conversation(events: list[dict[str, Any]], killer: Killer, ended: float) -> None:
    """A result; or, for an engine that was killed, one error that says so, in time."""
    told = f"{kinds(events)} {events[-1]} killed at {killer.after_s:.2f} s, lost {killer.loses}"
    if events[-1]["event"] == "result":
        return
    assert killer.killed_at is not None, told
    assert events[-1]["event"] == "error", told
    shown = any(event["event"] in ("started", "progress") for event in events)
    assert shown or "can't be started" in events[-1]["message"], told
    assert ended - killer.killed_at < TOLD_S, told
