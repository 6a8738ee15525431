"""`clipasso batch` as a person and as a program has it: its exit statuses, its lines, its stops."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from support.batches import QuickDraughtsman

from clipasso_core import read_svg
from clipasso_core.batch import draughtsman
from clipasso_core.batch.batch import STOP
from clipasso_core.cli.batch import batch
from clipasso_core.cli.main import main
from clipasso_core.cli.sketch import sketch

ROOT = Path(__file__).resolve().parents[2]
DONE = 0
MISTAKE = 2
SOME_LEFT = 3
INTERRUPTED = 130
FAST = ("--steps", "2", "--guide", "lite", "--device", "cpu", "--strokes", "3", "--mask", "none")
OF_ONE = {"photo", "frames", "start_file"}  # what only one picture has


@pytest.fixture
def photos(photo: Path, tmp_path: Path) -> Path:
    """A folder of three pictures, one of which is none."""
    folder = tmp_path / "in"
    (folder / "deep").mkdir(parents=True)
    shutil.copy(photo, folder / "a.jpg")
    (folder / "b.jpg").write_text("no picture")
    shutil.copy(photo, folder / "deep" / "c.jpg")
    return folder


def run(*words: object) -> int:
    return main(["batch", *map(str, words)])


def events_of(printed: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in printed.splitlines()]


def test_it_takes_every_option_of_a_sketch() -> None:
    ours = {option.name for option in batch.params}
    assert {option.name for option in sketch.params} - OF_ONE <= ours


def test_the_help_tells_the_exit_statuses() -> None:
    told = CliRunner().invoke(batch, ["--help"]).output
    assert "3 some are not drawn" in told


@pytest.mark.slow
def test_a_folder_is_drawn_told_and_gone_on_with(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    words = (photos, "-o", out, "--recursive", "--jobs", "2", *FAST)
    assert run(*words) == SOME_LEFT
    told = capsys.readouterr()
    assert told.out == ""
    assert "b.jpg: b.jpg is not a picture that can be read" in told.err
    assert told.err.splitlines()[-1] == "2 pictures drawn, 1 failed"
    assert len(read_svg(out / "deep" / "c.svg").strokes) == 3
    assert run(*words) == SOME_LEFT
    assert "0 pictures to draw, 2 drawn before, 1 failed before" in capsys.readouterr().err
    shutil.copy(photos / "a.jpg", photos / "b.jpg")
    assert run(*words, "--json") == DONE
    events = events_of(capsys.readouterr().out)
    assert events[0] == {
        "event": "planned",
        "to_draw": 1,
        "done_before": 2,
        "failed_before": 0,
        "notes": [],
    }
    of_picture = [one["event"] for one in events if one.get("picture") == "b.jpg"]
    assert of_picture == ["started", "progress", "progress", "result"]
    assert events[-2]["output"] == "b.svg"
    assert events[-1]["event"] == "finished"
    assert (events[-1]["drawn"], events[-1]["failed"], events[-1]["left"]) == (1, 0, 0)


def test_a_dry_run_tells_and_writes_nothing(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(photos, "-o", tmp_path / "out", "--recursive", "--dry-run") == DONE
    told = capsys.readouterr()
    assert told.out == "a.jpg -> a.svg\nb.jpg -> b.svg\ndeep/c.jpg -> deep/c.svg\n"
    assert told.err == "3 pictures to draw\n"
    assert run(photos, "-o", tmp_path / "out", "--dry-run", "--json") == DONE
    events = events_of(capsys.readouterr().out)
    assert [one["event"] for one in events] == ["would-draw", "would-draw", "planned"]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("IN", "-o", "-"), "name a folder with -o"),
        (("IN", "-o", "IN"), "lies within"),
        (("IN", "-o", "IN/out"), "lies within"),
        (("IN", "-o", "OUT", "--glob", "*.gif"), r"matches \*.gif: check --glob"),
        (("lost", "-o", "OUT"), "no picture, folder or list lost"),
        (("IN/notes", "-o", "OUT"), "there is no picture in"),
        (("IN", "-o", "lost/out"), "lost/out can't be made"),
        (("IN", "-o", "OUT", "--jobs", "0"), "--jobs must be"),
        (("IN", "-o", "OUT", "--jobs", "many"), "--jobs must be auto or a number .* many"),
        (("IN", "-o", "OUT", "--max-failures", "0"), "--max-failures must be"),
        (("IN", "-o", "OUT", "--strokes", "0"), "strokes must be"),
        (("IN", "-o", "OUT", "--animate", "0"), "animation must take"),
        (("IN", "-o", "OUT", "--mask", "IN"), "is a folder: one mask's file"),
        (("IN", "-o", "nowhere://x"), "nowhere://x can't be reached"),
    ],
    ids=str,
)
def test_a_mistake_is_one_line_and_leaves_nothing(
    photos: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    told: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (photos / "notes").mkdir()
    places = {"IN": photos, "OUT": tmp_path / "out"}
    named = [re.sub("^(IN|OUT)", lambda word: str(places[word.group()]), one) for one in words]
    before = sorted(tmp_path.rglob("*"))
    assert run(*named) == MISTAKE
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert re.search(told, said.err)
    assert sorted(tmp_path.rglob("*")) == before


def test_what_no_picture_can_be_drawn_with_ends_it_at_once(
    photos: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = (photos, "-o", tmp_path / "out", "--jobs", "1", "--guide", "clip:RN50:openai")
    assert run(*words) == MISTAKE
    assert "clipasso models fetch clip:RN50:openai" in capsys.readouterr().err
    assert list((tmp_path / "out").glob("*.svg")) == []


def test_quiet_is_quiet(
    photos: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(draughtsman, "Draughtsman", QuickDraughtsman)
    words = (photos, "-o", tmp_path / "out", "--jobs", "1", "--quiet")
    assert run(*words) == DONE
    assert capsys.readouterr() == ("", "")


# Stops


@contextmanager
def at_work(*words: object) -> Iterator[subprocess.Popen[str]]:
    """The command, with what it prints as JSON."""
    command = [sys.executable, "-m", "clipasso_core", "batch", *map(str, words), "--json"]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


def wait_for(process: subprocess.Popen[str], event: str, picture: str = "") -> None:
    assert process.stdout is not None
    for line in process.stdout:
        told = json.loads(line)
        if told["event"] == event and (not picture or told.get("picture") == picture):
            return
    raise AssertionError(f"no {event} came")


@pytest.mark.slow
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM, STOP])
def test_a_signal_or_a_file_ends_it_at_the_next_step(
    photos: Path, tmp_path: Path, stop: signal.Signals | str
) -> None:
    out = tmp_path / "out"
    endless = (*FAST, "--steps", "100000")
    with at_work(photos, "-o", out, "--jobs", "1", *endless) as process:
        wait_for(process, "progress", "a.jpg")
        if isinstance(stop, str):
            (out / stop).touch()
        else:
            process.send_signal(stop)
        printed, said = process.communicate(timeout=60)
    assert process.returncode == INTERRUPTED
    assert said == ""
    last = json.loads(printed.splitlines()[-1])
    assert last["interrupted"] is True
    assert (last["drawn"], last["left"]) == (0, 2)
    assert list(out.glob("*.svg")) == []
    assert not (out / STOP).exists()


@pytest.mark.slow
def test_a_killed_batch_goes_on_and_ends_as_one_that_was_not(photo: Path, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in "abcd":
        shutil.copy(photo, folder / f"{name}.jpg")
    words = ("--jobs", "1", *FAST)
    assert run(folder, "-o", tmp_path / "whole", *words, "--quiet") == DONE
    kills = [("progress", "b.jpg"), ("started", "d.jpg")]
    for event, picture in kills:
        with at_work(folder, "-o", tmp_path / "killed", *words) as process:
            wait_for(process, event, picture)
            os.kill(process.pid, signal.SIGKILL)
    assert run(folder, "-o", tmp_path / "killed", *words, "--quiet") == DONE
    rows = {}
    for name in ("whole", "killed"):
        lines = (tmp_path / name / "manifest.jsonl").read_text().splitlines()
        rows[name] = [json.loads(line) for line in lines]
        for row in rows[name]:
            del row["seconds"]
    assert rows["whole"] == rows["killed"]
    for letter in "abcd":
        same = [(tmp_path / name / f"{letter}.svg").read_bytes() for name in ("whole", "killed")]
        assert same[0] == same[1]
