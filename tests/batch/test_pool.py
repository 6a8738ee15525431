"""Processes draw what they are given; whatever becomes of them, each picture has one row."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from support.batches import QuickDraughtsman, done_row, fill

from clipasso_core import SketchRequest
from clipasso_core.batch import pool as module
from clipasso_core.batch import split as splitting
from clipasso_core.batch.draughtsman import LostError
from clipasso_core.batch.executor import Message, Note, Stop, Told
from clipasso_core.batch.pictures import Photo
from clipasso_core.batch.place import Out
from clipasso_core.batch.pool import Pool
from clipasso_core.batch.row import Row
from clipasso_core.batch.settings import Settings
from clipasso_core.batch.split import Split, splits
from clipasso_core.errors import UserError


def photos_in(folder: Path, **texts: str) -> list[Photo]:
    """Pictures that hold those texts; see `QuickDraughtsman`."""
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text)
    return [Photo(name, str(folder / name), f"{name}.svg") for name in texts]


def pool_into(out: Path, jobs: int | None = 2, text: str | None = None) -> Pool:
    out.mkdir()
    request = SketchRequest(guide="clip:RN50", text=text)
    return Pool(QuickDraughtsman(Settings(request), Out(str(out))), jobs)


def rows_of(messages: list[Message]) -> dict[str, Row]:
    rows = [one for one in messages if isinstance(one, Row)]
    assert len(rows) == len({row.path for row in rows})
    return {row.path: row for row in rows}


def test_every_picture_has_one_row_and_its_events(tmp_path: Path) -> None:
    photos = photos_in(tmp_path / "in", a="good", b="bad", c="good", d="good")
    pool = pool_into(tmp_path / "out")
    messages = list(pool.draw(photos, Stop()))
    again = list(pool.draw(photos[:1], Stop()))  # with the processes that are there
    pool.close()
    rows = rows_of(messages)
    assert {path: row.status for path, row in rows.items()} == {
        "a": "done",
        "b": "failed",
        "c": "done",
        "d": "done",
    }
    told = {one.path for one in messages if isinstance(one, Told)}
    assert told == set(rows)
    assert list(rows_of(again)) == ["a"]
    drew = {(tmp_path / "out" / f"{name}.svg").read_text() for name in "acd"}
    assert 1 <= len(drew) <= 2
    assert str(os.getpid()) not in drew


def test_a_process_that_dies_costs_nothing_the_first_time(tmp_path: Path) -> None:
    photos = photos_in(tmp_path / "in", a="die-once", b="good", c="good")
    pool = pool_into(tmp_path / "out")
    messages = list(pool.draw(photos, Stop()))
    pool.close()
    assert all(row.is_done for row in rows_of(messages).values())
    assert len(rows_of(messages)) == 3
    notes = [one.text for one in messages if isinstance(one, Note)]
    assert notes == ["a: its process ended (signal 9), it is drawn once more"]


def test_a_picture_that_ends_its_process_twice_is_a_row(tmp_path: Path) -> None:
    photos = photos_in(tmp_path / "in", a="die", b="good", c="good")
    pool = pool_into(tmp_path / "out", jobs=1)
    rows = rows_of(list(pool.draw(photos, Stop())))
    pool.close()
    assert (rows["a"].status, rows["a"].code) == ("failed", "worker-died")
    assert rows["b"].is_done
    assert rows["c"].is_done


def test_settings_that_nothing_can_be_drawn_with_are_told_once(tmp_path: Path) -> None:
    photos = photos_in(tmp_path / "in", a="good", b="good")
    pool = pool_into(tmp_path / "out", text="unfit")
    with pytest.raises(UserError) as told:
        list(pool.draw(photos, Stop()))
    pool.close()
    assert told.value.to_json() == {
        "code": "no-guide",
        "message": "there is no such guide as {x}",
        "text": "there is no such guide as {guide}",
        "values": {"guide": "{x}"},
    }


def test_processes_that_never_begin_are_given_up(tmp_path: Path) -> None:
    photos = photos_in(tmp_path / "in", a="good", b="good")
    pool = pool_into(tmp_path / "out", jobs=1, text="stillborn")
    with pytest.raises(UserError, match=r"end before they begin \(signal 9\): try fewer with"):
        list(pool.draw(photos, Stop()))
    pool.close()


def test_a_stop_is_heard_at_the_next_step_and_keeps_what_is_finished(tmp_path: Path) -> None:
    photos = photos_in(tmp_path / "in", a="good", b="slow", c="slow", d="good")
    pool, stop = pool_into(tmp_path / "out"), Stop()
    messages, slow = [], set()
    for message in pool.draw(photos, stop):
        messages.append(message)
        if isinstance(message, Told) and message.event["event"] == "progress":
            slow.add(message.path)
        if len(slow) == 2 and not stop.is_asked:
            stop.ask()
            asked = time.monotonic()
    assert time.monotonic() - asked < module.STOP_S
    assert list(rows_of(messages)) == ["a"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.svg"]


def test_a_stop_before_the_first_begins_nothing(tmp_path: Path) -> None:
    stop = Stop()
    stop.ask()
    pool = pool_into(tmp_path / "out")
    assert list(pool.draw(photos_in(tmp_path / "in", a="good"), stop)) == []


def test_a_disk_that_takes_no_more_is_told(tmp_path: Path) -> None:
    photos = photos_in(tmp_path / "in", a="lost", b="good")
    pool = pool_into(tmp_path / "out", jobs=1)
    with pytest.raises(LostError, match="the disk is full"):
        list(pool.draw(photos, Stop()))
    pool.close()


# Who gives the work is killed

GIVER = """
import sys
from dataclasses import replace
from pathlib import Path
from support.batches import QuickDraughtsman, done_row, fill, SETTINGS
from clipasso_core.batch.executor import Stop, Told
from clipasso_core.batch.pictures import Photo
from clipasso_core.batch.place import Out
from clipasso_core.batch.pool import Pool

if __name__ == "__main__":
    photos = [Photo(name, f"{sys.argv[1]}/{name}", f"{name}.svg") for name in "ab"]
    pool = Pool(QuickDraughtsman(SETTINGS, Out(sys.argv[2])), 2)
    for message in pool.draw(photos, Stop()):
        if isinstance(message, Told) and message.event["event"] == "progress":
            for worker in pool._workers:
                print(worker._process.pid, flush=True)
            break
    sys.stdin.read()
"""


def test_processes_end_with_the_one_that_gives_them_work(tmp_path: Path) -> None:
    photos_in(tmp_path / "in", a="slow", b="slow")
    (tmp_path / "out").mkdir()
    script = tmp_path / "giver.py"
    script.write_text(GIVER)
    root = Path(__file__).resolve().parents[2]
    giver = subprocess.Popen(
        [sys.executable, script, tmp_path / "in", tmp_path / "out"],
        env={**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{root / 'tests'}"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert giver.stdout is not None
    workers = [psutil.Process(int(giver.stdout.readline())) for _ in range(2)]
    giver.send_signal(signal.SIGKILL)
    giver.communicate()
    psutil.wait_procs(workers, timeout=60)
    assert not any(one.is_running() for one in workers)
    assert list((tmp_path / "out").glob("*.svg")) == []


# How cores are shared


@pytest.fixture
def eight_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(splitting, "cores", lambda: 8)
    monkeypatch.setattr(splitting, "_free_bytes", lambda: float("inf"))


@pytest.mark.usefixtures("eight_cores")
def test_splits_use_every_core() -> None:
    assert splits("cpu", 100) == [Split(8, 1), Split(4, 2), Split(2, 4), Split(1, 8)]
    assert splits("cpu", 3) == [Split(3, 2), Split(1, 8)]
    assert splits("cpu", 1) == [Split(1, 8)]
    assert [split.jobs for split in splits("cuda", 3)] == [1, 2]


@pytest.mark.usefixtures("eight_cores")
def test_no_more_processes_than_memory_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(splitting, "_free_bytes", lambda: 2.5 * splitting.WORKER_BYTES)
    assert splits("cpu", 100)[0] == Split(2, 4)
    monkeypatch.setattr(splitting, "_free_bytes", lambda: 0.0)
    assert splits("cpu", 100) == [Split(1, 8)]


@pytest.mark.parametrize(
    ("seconds", "best"),
    [
        ({8: 8.0, 4: 2.0, 2: 1.5, 1: 1.0}, Split(4, 2)),  # 1, 2, 1.3 pictures a second
        ({8: 1.0, 4: 1.0, 2: 1.0, 1: 1.0}, Split(8, 1)),
        ({8: 8.0, 4: 4.0, 2: 1.0, 1: 0.1}, Split(1, 8)),
    ],
)
@pytest.mark.usefixtures("eight_cores")
def test_the_fastest_split_is_found_with_pictures_that_are_wanted_anyway(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: dict[int, float], best: Split
) -> None:
    arranged: list[Split] = []

    class Measured(Pool):
        def _arrange(self, split: Split, keep: bool = False) -> None:
            arranged.append(split)

        def _draw(self, waiting: object, stop: Stop) -> Iterator[Message]:
            for count, photo in enumerate(list(waiting)):  # type: ignore[call-overload]
                # the first ones take long: they warm the processes up
                slow = 10.0 if count < arranged[-1].jobs else 1.0
                time_s = slow * seconds[arranged[-1].jobs]
                yield replace(done_row(photo), seconds=time_s)

    place = fill(tmp_path, "any.jpg") / "any.jpg"
    photos = [Photo(str(number), str(place)) for number in range(100)]
    draughtsman = QuickDraughtsman(Settings(SketchRequest(device="cpu")), Out(str(tmp_path)))
    messages = list(Measured(draughtsman, None).draw(photos, Stop()))
    assert arranged[-1] == best
    assert sorted(rows_of(messages)) == sorted(photo.path for photo in photos)
    assert any(isinstance(one, Note) and "is fastest" in one.text for one in messages)
