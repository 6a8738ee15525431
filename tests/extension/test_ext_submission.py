"""Sketches of several bitmaps go to the background together, or none does and nothing is left."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable, List

import pytest
from clipasso_ext.cancellation import CalledOff, Cancellation
from clipasso_ext.engine.background import all_jobs
from clipasso_ext.engine.settings import Settings
from clipasso_ext.engine.submission import Submission
from clipasso_ext.host import Host, find_host
from clipasso_ext.problem import Problem

from easel import image, root, sketch_task, was_ended
from kinds import Pointer
from loop import Loop
from stand_in import StandIn

Begin = Callable[..., "Begun"]
posix = pytest.mark.skipif(sys.platform == "win32", reason="pipes as other systems have them")
THREE = image("a") + image("b") + image("c")
CLIPPED = image("a") + image("b", more='opacity="0.5"')
ENDLESS = "import threading; threading.Event().wait(60)"  # a job that computes


@pytest.fixture
def submission(scratch: Path) -> Callable[[str, Host], Submission]:
    """Of all bitmaps in a document."""

    def make(body: str, where: Host) -> Submission:
        svg = root(body)
        tasks = [sketch_task(svg, scratch, ident=one.get("id")) for one in svg]
        return Submission(tasks, Settings(strokes=3), where)

    return make


class Begun:
    """A submission that is written in another thread, and what the window is told of it."""

    def __init__(self, submission: Submission, loop: Loop) -> None:
        self.submission = submission
        self.cancellation = Cancellation()
        self.told: List[str] = []
        submission.begin(loop.post, self.cancellation, self.told.append)


@pytest.fixture
def begin(submission: Callable[[str, Host], Submission], loop: Loop, host: Host) -> Begin:
    return lambda body, where=host: Begun(submission(body, where), loop)


@pytest.fixture
def loop() -> Loop:
    return Loop()


def full(*_: Any, **__: Any) -> None:
    raise OSError(28, "No space left on device")


def nothing_is_left(host: Host) -> bool:
    return not host.jobs.exists() or list(host.jobs.iterdir()) == []


def test_every_bitmap_gets_a_job(begin: Begin, loop: Loop, host: Host) -> None:
    begun = begin(THREE)
    loop.until(lambda: begun.told)
    assert begun.told == [""]
    assert sorted(job.name for job in all_jobs(host)) == ["a", "b", "c"]


def test_no_job_keeps_the_extension_s_folder_from_being_replaced(
    begin: Begin, loop: Loop, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders: List[Any] = []
    start: Any = subprocess.Popen

    def note(*words: Any, **settings: Any) -> Any:
        folders.append(settings.get("cwd"))
        return start(*words, **settings)

    monkeypatch.setattr(subprocess, "Popen", note)
    begun = begin(THREE)
    loop.until(lambda: begun.told)
    assert folders == [str(host.home)] * 3


def test_nothing_is_started_before_everything_is_written(
    begin: Begin, loop: Loop, host: Host, processes: List[subprocess.Popen[bytes]]
) -> None:
    begun = begin(THREE)
    act = loop.posted.get(timeout=20)  # which starts them
    assert processes == []
    assert all_jobs(host) == []
    act()
    assert begun.told == [""]
    assert len(processes) == 3


@pytest.mark.parametrize("fails_at", [2, 3])
def test_a_job_that_can_not_be_started_takes_those_before_it_back(
    fails_at: int,
    begin: Begin,
    loop: Loop,
    pointer: Pointer,
    processes: List[subprocess.Popen[bytes]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pointer(sys.executable, "-c", ENDLESS)
    host = find_host()
    start: Any = subprocess.Popen

    def fail(*words: Any, **settings: Any) -> Any:
        if len(processes) + 1 == fails_at:
            raise OSError(8, "Exec format error")
        return start(*words, **settings)

    monkeypatch.setattr(subprocess, "Popen", fail)
    begun = begin(THREE, host)
    loop.until(lambda: begun.told)
    assert begun.told == [
        "The engine is not where it was installed: run install.py again, and try again. None of the"
        " sketches was started."
    ]
    assert [was_ended(process) for process in processes] == [True] * (fails_at - 1)
    assert nothing_is_left(host)
    monkeypatch.setattr(subprocess, "Popen", start)
    again = begin(THREE, host)
    loop.until(lambda: again.told)
    assert again.told == [""]
    assert len(all_jobs(host)) == 3
    for process in processes:
        process.kill()


def test_a_disk_that_is_full_at_the_second_leaves_no_job(
    begin: Begin,
    loop: Loop,
    host: Host,
    processes: List[subprocess.Popen[bytes]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    copy = shutil.copyfile
    copied: List[str] = []

    def fail(source: str, target: str) -> str:
        copied.append(target)
        if len(copied) == 2:
            raise OSError(28, "No space left on device")
        return copy(source, target)

    monkeypatch.setattr(shutil, "copyfile", fail)
    begun = begin(THREE)
    loop.until(lambda: begun.told)
    (message,) = begun.told
    assert message.startswith("The job can't be written (No space left on device): make room")
    assert message.endswith("None of the sketches was started.")
    assert nothing_is_left(host)
    assert processes == []


def test_a_bitmap_that_can_not_be_sketched_is_named_and_nothing_is_started(
    begin: Begin, loop: Loop, host: Host, processes: List[subprocess.Popen[bytes]]
) -> None:
    begun = begin(image("a") + image("b", link="gone.png"))
    loop.until(lambda: begun.told)
    (message,) = begun.told
    assert message.startswith("gone: The bitmap's file is missing: gone.png")
    assert nothing_is_left(host)
    assert processes == []


def test_a_single_bitmap_needs_no_name(begin: Begin, loop: Loop) -> None:
    begun = begin(image("b", link="gone.png"))
    loop.until(lambda: begun.told)
    assert begun.told[0].startswith("The bitmap's file is missing: gone.png")
    assert begun.told[0].endswith("and try again.")


def test_a_fault_of_our_own_is_told_and_logged(
    begin: Begin, loop: Loop, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "copyfile", lambda *_: 1 / 0)
    begun = begin(image())
    loop.until(lambda: begun.told)
    assert begun.told[0].startswith("Something went wrong in the extension")
    assert "ZeroDivisionError" in (home / "logs" / "extension.log").read_text()


@posix
def test_the_thread_of_the_window_is_free_while_a_bitmap_is_drawn(
    begin: Begin, loop: Loop, host: Host, inkscape: StandIn
) -> None:
    inkscape.waits()
    begun = begin(CLIPPED)  # returns though nothing is drawn yet
    inkscape.wait_begun()
    assert begun.told == []
    inkscape.go_on()
    loop.until(lambda: begun.told)
    assert begun.told == [""]
    assert len(all_jobs(host)) == 2


@posix
def test_what_is_called_off_while_a_bitmap_is_drawn_leaves_nothing(
    begin: Begin,
    loop: Loop,
    host: Host,
    inkscape: StandIn,
    processes: List[subprocess.Popen[bytes]],
) -> None:
    inkscape.waits()
    begun = begin(CLIPPED)
    inkscape.wait_begun()
    begun.cancellation.call_off()
    begun.submission.close()
    assert loop.posted.empty()
    assert nothing_is_left(host)
    assert [was_ended(process) for process in processes] == [True]


def test_a_window_that_closes_before_the_start_leaves_nothing(
    begin: Begin, loop: Loop, host: Host, processes: List[subprocess.Popen[bytes]]
) -> None:
    begun = begin(THREE)
    act = loop.posted.get(timeout=20)
    begun.submission.close()
    act()
    assert begun.told == []
    assert nothing_is_left(host)
    assert processes == []


def test_what_was_called_off_before_is_not_written(
    submission: Callable[[str, Host], Submission], host: Host
) -> None:
    cancellation = Cancellation()
    cancellation.call_off()
    with pytest.raises(CalledOff):
        submission(THREE, host).write(cancellation)
    assert nothing_is_left(host)


def test_a_submission_that_fails_can_be_tried_again(
    submission: Callable[[str, Host], Submission], host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = submission(THREE, host)
    with monkeypatch.context() as broken:
        broken.setattr(Path, "write_text", full)
        with pytest.raises(Problem):
            own.write()
    own.write()
    assert len(own.start()) == 3
