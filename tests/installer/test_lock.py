"""One set-up at a time changes a home; one that is dead locks nobody out."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.installer import CHECKOUT, FakeMachine, files

from installer.lock import NAME, hold

HOLD = """
import sys
from pathlib import Path
from installer.lock import hold
with hold(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""
# Tries to be alone, and fails where another is within at the same time.
CONTEND = """
import os, sys
from pathlib import Path
from installer.lock import hold
from installer.problem import Problem
home = Path(sys.argv[1])
times = 0
while times < 100:
    try:
        with hold(home / "home"):
            os.close(os.open(home / "within", os.O_CREAT | os.O_EXCL))
            os.unlink(home / "within")
            times += 1
    except Problem:
        pass
"""


def begin(code: str, folder: Path) -> subprocess.Popen[str]:
    """Run these lines in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", code, str(folder)],
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("command", ["install", "demo", "test", "uninstall"])
def test_a_second_set_up_is_told_at_once_who_is_at_work_and_changes_nothing(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str], command: str
) -> None:
    machine.do()
    before = files(machine.home)
    with hold(machine.home):
        capfd.readouterr()
        assert machine.do(command, "--yes") == 2
        err = capfd.readouterr().err
        assert machine.ran == []
        assert machine.do("doctor") == 0
    assert re.fullmatch(
        rf"install\.py: another set-up \(process {os.getpid()}, since \d{{4}}-\d\d-\d\d \d\d:\d\d\)"
        rf" is at work in {machine.home}: wait for its end, and run this again\n",
        err,
    )
    assert files(machine.home) == before
    assert machine.do(command, "--yes") == 0


def test_two_at_once_from_nothing_leave_one_engine_that_works(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str]
) -> None:
    second: list[int] = []

    def meanwhile() -> str:
        ran = machine.ran
        second.append(machine.do())
        machine.ran = ran
        return ""

    machine.asked["nvidia-smi"] = meanwhile
    assert machine.do() == 0
    assert set(second) == {2}
    assert "another set-up" in capfd.readouterr().err
    assert machine.engines == [machine.in_use]


def test_doctor_tells_a_set_up_at_work_from_one_that_was_interrupted(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str]
) -> None:
    with hold(machine.home):
        (machine.home / "current.json").write_text("{}")
        assert machine.do("doctor") == 2
        assert f"another set-up (process {os.getpid()}, since" in capfd.readouterr().out
    assert machine.do("doctor") == 2
    assert "was interrupted half-way" in capfd.readouterr().out


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no such signal")
def test_who_was_killed_locks_nobody_out(machine: FakeMachine) -> None:
    process = begin(HOLD, machine.home)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    assert machine.do() == 2
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert (machine.home / NAME).exists()
    assert machine.do() == 0
    assert not (machine.home / NAME).exists()
    process.communicate()


def test_only_one_of_many_is_within_at_any_time(tmp_path: Path) -> None:
    processes = [begin(CONTEND, tmp_path) for _ in range(3)]
    for process in processes:
        process.communicate(timeout=60)
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert list(tmp_path.rglob("*")) == [tmp_path / "home"]


@pytest.mark.parametrize(
    ("command", "what"), [("test", "-m pytest"), ("demo", "clipasso_core sketch")]
)
def test_another_may_set_up_while_tests_or_a_demo_run(
    machine: FakeMachine, command: str, what: str
) -> None:
    machine.do()
    held: list[bool] = []
    machine.running[what] = lambda: held.append((machine.home / NAME).exists())
    assert machine.do(command) == 0
    assert held[-1] is False
