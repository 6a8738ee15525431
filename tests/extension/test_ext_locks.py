"""Files that one process holds, also as Windows has them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Iterator

import pytest
from clipasso_ext.engine.background import BackgroundJob
from clipasso_ext.engine.many import LOCK, Many
from clipasso_ext.locks import hold, is_held

from other_systems import be_windows

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="holds as other systems do")
HOLD = (
    "import fcntl, sys; lock = open(sys.argv[1], 'w'); fcntl.flock(lock, fcntl.LOCK_EX);"
    " print('held', flush=True); sys.stdin.read()"
)


@pytest.fixture(params=["here", "windows"])
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "windows":
        be_windows(monkeypatch)


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that holds the file ``lock`` until it is told to end."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "lock")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.readline()
    yield process
    process.communicate()


def test_a_file_is_held_by_one_process(
    holder: subprocess.Popen[bytes], tmp_path: Path, system: None
) -> None:
    assert hold(tmp_path / "lock") is None
    assert is_held(tmp_path / "lock")
    holder.communicate()
    assert not is_held(tmp_path / "lock")
    lock = hold(tmp_path / "lock")
    assert lock is not None
    os.close(lock)


def test_to_look_makes_no_file(tmp_path: Path, system: None) -> None:
    with pytest.raises(FileNotFoundError):
        is_held(tmp_path / "lock")
    assert list(tmp_path.glob("lock")) == []


def test_a_job_whose_process_was_killed_is_told_from_one_that_computes(
    holder: subprocess.Popen[bytes], tmp_path: Path, system: None
) -> None:
    (tmp_path / "progress.json").write_text('{"event": "progress"}')
    job = BackgroundJob(tmp_path, {})
    assert not job.is_interrupted
    holder.communicate()
    assert job.is_interrupted


def test_a_batch_at_work_is_told(
    holder: subprocess.Popen[bytes], tmp_path: Path, system: None
) -> None:
    (tmp_path / "lock").rename(tmp_path / LOCK)
    one = Many({"folder": "in", "sketches": str(tmp_path), "pictures": 1})
    assert one.line.endswith("0 of 1 drawn. It is at work.")
    holder.communicate()
    assert one.line.endswith("goes on.")
