"""`clipasso job FOLDER`: what a background sketch leaves in its folder, whatever happens to the
processes.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from clipasso_ext.locks import hold
from filelock import FileLock
from support.talk import (
    BRIEF,
    ENDLESS,
    LIMIT_S,
    ROOT,
    Talk,
    clipasso,
    command,
    engine_process,
    engines,
    housekeeping,
    surroundings,
)

from clipasso_core import from_svg


@pytest.fixture(scope="module")
def den(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home whose engine these jobs share."""
    with housekeeping(tmp_path_factory.mktemp("den")) as home:
        yield home


@pytest.fixture
def folder(tmp_path: Path, photo: Path) -> Path:
    """A job's folder with the photo in it."""
    folder = tmp_path / "Käse job"
    folder.mkdir()
    shutil.move(photo, folder / "photo.jpg")
    return folder


def order(folder: Path, request: dict[str, Any], **more: Any) -> None:
    text = json.dumps(
        {"line": {"id": "j", "photo": "photo.jpg", "request": request, **more}, "title": "☂"},
        ensure_ascii=False,
    )
    (folder / "job.json").write_text(text, encoding="utf-8")


def outcome(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "outcome.json").read_text()))


def wait_for_progress(folder: Path, process: subprocess.Popen[Any], beyond: int = 0) -> None:
    """Wait until the job has told of that step; a file gives no event."""
    until = time.monotonic() + LIMIT_S
    while time.monotonic() < until:
        assert process.poll() is None, "the job ended"
        if (folder / "progress.json").exists() and json.loads(
            (folder / "progress.json").read_text()
        ).get("step", 0) > beyond:
            return
        time.sleep(0.05)
    raise AssertionError("no progress")


def begin(folder: Path, den: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command("job", str(folder)), cwd=ROOT, env=surroundings(den), stdin=subprocess.DEVNULL
    )


def test_a_job_ends_in_an_outcome_with_the_sketch(folder: Path, den: Path) -> None:
    files = dict.fromkeys(("mask", "mask_repair", "emphasis"), "photo.jpg")
    order(folder, {**BRIEF, **files})
    done = clipasso(den, "job", "Käse job", cwd=folder.parent)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    event = outcome(folder)
    assert (event["id"], event["event"]) == ("j", "result")
    assert len(from_svg(event["svg"].encode()).strokes) == 3
    assert json.loads((folder / "progress.json").read_text())["id"] == "j"
    assert not list(folder.glob("*.new"))


def test_a_job_with_an_outcome_is_left_alone(folder: Path, tmp_path: Path) -> None:
    order(folder, BRIEF)
    (folder / "outcome.json").write_text('{"event": "result", "mine": true}')
    assert clipasso(tmp_path, "job", str(folder)).returncode == 0
    assert outcome(folder)["mine"]
    assert not engines(tmp_path)


def test_a_job_survives_the_death_of_its_engine_once(folder: Path, den: Path) -> None:
    order(folder, {**BRIEF, "steps": 60})
    job = begin(folder, den)
    wait_for_progress(folder, job)
    killed = engine_process(den)
    killed.kill()
    assert job.wait(LIMIT_S) == 0
    assert outcome(folder)["event"] == "result"
    assert outcome(folder)["sketch"]["steps"] == 60
    assert engine_process(den).pid != killed.pid


def test_a_job_whose_engines_die_and_die_is_told_as_a_bug(folder: Path, den: Path) -> None:
    order(folder, ENDLESS)
    job = begin(folder, den)
    for _ in range(2):
        wait_for_progress(folder, job)
        (folder / "progress.json").unlink()
        engine_process(den).kill()
    assert job.wait(LIMIT_S) == 2
    assert (outcome(folder)["event"], outcome(folder)["code"]) == ("error", "bug")
    assert "engine.log" in outcome(folder)["message"]


def test_a_job_called_off_by_a_stop_of_the_engine_begins_again(folder: Path, den: Path) -> None:
    order(folder, {**BRIEF, "steps": 60})
    job = begin(folder, den)
    wait_for_progress(folder, job)
    assert clipasso(den, "engine", "stop").returncode == 0
    assert job.wait(LIMIT_S) == 0
    assert outcome(folder)["event"] == "result"


def test_a_second_process_leaves_a_job_to_the_first(folder: Path, tmp_path: Path) -> None:
    order(folder, BRIEF)
    with FileLock(folder / "lock"):
        began = time.monotonic()
        assert clipasso(tmp_path, "job", str(folder)).returncode == 0
        assert time.monotonic() - began < 20
    assert not (folder / "outcome.json").exists()
    assert not engines(tmp_path)


def test_a_killed_job_frees_the_engine_and_can_be_begun_again(folder: Path, den: Path) -> None:
    order(folder, ENDLESS)
    job = begin(folder, den)
    wait_for_progress(folder, job)
    job.kill()
    job.wait()
    order(folder, BRIEF)
    assert clipasso(den, "job", str(folder)).returncode == 0
    assert outcome(folder)["event"] == "result"


def test_a_job_waits_its_turn(folder: Path, den: Path) -> None:
    order(folder, BRIEF)
    with Talk(den) as talk:
        talk.say({"id": 1, "photo": str(folder / "photo.jpg"), "request": ENDLESS})
        talk.hear("progress")
        job = begin(folder, den)
        watch = threading.Timer(LIMIT_S, job.kill)
        watch.start()
        while not (folder / "progress.json").exists():
            assert job.poll() is None
            time.sleep(0.05)
        assert json.loads((folder / "progress.json").read_text()) == {
            "id": "j",
            "event": "queued",
            "position": 1,
        }
        talk.hang_up()
        assert job.wait() == 0
        watch.cancel()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "[]",
        "{}",
        '{"line": 3}',
        '{"line": {"id": 1}}',
        '{"line": {"photo": 3}}',
        "\ud800",
        "[" * 10_000,
    ],
    ids=[
        "empty",
        "nonsense",
        "list",
        "no line",
        "number",
        "no photo",
        "photo no path",
        "no text",
        "deep",
    ],
)
def test_a_damaged_order_is_one_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    from clipasso_core.service import background, client

    (tmp_path / "job.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    monkeypatch.setattr(client, "reach", lambda: pytest.fail("no engine is needed to see that"))
    assert background.compute(tmp_path) == 2
    assert outcome(tmp_path)["event"] == "error"
    assert outcome(tmp_path)["code"] in ("bad-job", "bad-request")


def test_a_job_without_its_photo_is_one_error(folder: Path, den: Path) -> None:
    order(folder, BRIEF)
    os.unlink(folder / "photo.jpg")
    assert clipasso(den, "job", str(folder)).returncode == 2
    failure = outcome(folder)
    assert failure["code"] == "no-photo"
    assert str(folder) in failure["message"]
    assert failure["message"] == failure["text"].format(**failure["values"])
    assert failure["values"] == {"place": str(folder / "photo.jpg")}


def test_a_job_under_which_clipasso_is_updated_waits_for_the_new_one(
    folder: Path, den: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from clipasso_core.service import background

    order(folder, BRIEF)
    before = sorted(path.name for path in folder.iterdir())
    with monkeypatch.context() as context:
        context.setattr(sys, "executable", str(folder / "removed" / "bin" / "python"))
        assert background.compute(folder) == 2
    assert sorted(path.name for path in folder.iterdir() if path.name != "lock") == before
    assert clipasso(den, "job", str(folder)).returncode == 0
    assert outcome(folder)["event"] == "result"


def test_a_disk_that_fills_up_is_an_outcome(
    folder: Path, den: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from clipasso_core.service import background

    order(folder, BRIEF)
    monkeypatch.setenv("CLIPASSO_HOME", str(den))
    full = OSError(errno.ENOSPC, "No space left on device")
    write = Path.write_text

    def fill_up(path: Path, text: str, *more: Any, **settings: Any) -> int:
        if path.suffix == ".new" and "disk is full" not in text:
            write(path, "half")
            raise full
        return write(path, text, *more, **settings)

    monkeypatch.setattr(Path, "write_text", fill_up)
    assert background.compute(folder) == 2
    assert outcome(folder)["code"] == "cannot-write"
    left = {path.name for path in folder.iterdir()}
    assert left <= {"job.json", "photo.jpg", "outcome.json", "lock"}


@pytest.mark.parametrize("line", [{"stop": True}, {"about": True}])
def test_a_job_that_asks_for_no_sketch_is_an_error(folder: Path, line: dict[str, Any]) -> None:
    from clipasso_core.service import background

    (folder / "job.json").write_text(json.dumps({"line": line}))
    assert background.compute(folder) == 2
    assert outcome(folder) == {
        "event": "error",
        "code": "bad-job",
        "message": f"{folder} asks for no sketch",
        "text": "{folder} asks for no sketch",
        "values": {"folder": str(folder)},
    }


LEFT = ("outcome.full", "outcome.new", "progress.new")  # by one who was killed


@pytest.mark.parametrize("text", ["", '{"event": "res', "[" * 5000, "7"])
def test_an_outcome_that_is_damaged_is_computed_again(folder: Path, text: str) -> None:
    from clipasso_core.service import background

    (folder / "job.json").write_text("{}")
    (folder / "outcome.json").write_text(text)
    for name in LEFT:
        (folder / name).write_text("{}")
    for _ in range(2):
        assert background.compute(folder) in (0, 2)
        assert outcome(folder)["code"] == "bad-job"
        assert {path.name for path in folder.iterdir()} == {
            *("job.json", "outcome.json", "lock", "photo.jpg")
        }


def test_what_a_killed_job_left_beside_its_outcome_goes(folder: Path) -> None:
    from clipasso_core.service import background

    (folder / "outcome.json").write_text('{"event": "result"}')
    for name in LEFT:
        (folder / name).write_text("{}")
    assert background.compute(folder) == 0
    assert not any((folder / name).exists() for name in LEFT)


@pytest.mark.parametrize("name", ["lock", "outcome.json", "outcome.full", "outcome.new"])
def test_a_folder_in_the_place_of_a_job_s_file_is_told(folder: Path, name: str) -> None:
    from clipasso_core.errors import UserError
    from clipasso_core.service import background

    (folder / "job.json").write_text("{}")
    (folder / name).mkdir()
    with pytest.raises(UserError, match="can't be used") as told:
        background.compute(folder)
    assert told.value.code == "bad-job"
    (folder / name).rmdir()
    assert background.compute(folder) == 2
    assert outcome(folder)["code"] == "bad-job"


@pytest.mark.skipif(sys.platform == "win32", reason="locks as other systems have them")
def test_the_extension_sees_whether_a_job_is_computed(tmp_path: Path) -> None:
    with FileLock(tmp_path / "lock", timeout=0):
        assert hold(tmp_path / "lock") is None
    lock = hold(tmp_path / "lock")
    assert lock is not None
    os.close(lock)
