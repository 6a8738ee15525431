"""Homes, working folders and outputs as they may be: what can't be used is told in one line, and
when its cause is gone all is as before.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.talk import ROOT, clipasso, command, engines, housekeeping, surroundings

from clipasso_core.cli.main import main
from clipasso_core.errors import UserError
from clipasso_core.machine import folders

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="folders as Unix has them")
DEEP = "[" * 1000 + "]" * 1000
COMMANDS = (
    ["models", "path"],
    ["models", "list"],
    ["models", "verify", "u2netp"],
    ["engine", "status"],
    ["engine", "stop"],
    ["engine", "start", "--idle", "0.02"],
    ["doctor", "--json"],
)

QUICK = COMMANDS[:-1]  # the doctor takes seconds


def is_told(done: subprocess.CompletedProcess[str]) -> bool:
    """Whether a command ended in a result, or in one line with status 2."""
    lines = done.stderr.splitlines()
    if done.returncode == 0 or not lines:
        return done.returncode in (0, 2) and not lines and done.stdout != ""
    return done.returncode == 2 and len(lines) == 1 and lines[0].startswith("clipasso: ")


# Which folder is the home


def test_a_relative_home_is_the_same_for_the_command_and_its_engine(tmp_path: Path) -> None:
    with housekeeping(tmp_path / "own" / "home") as home:
        for words in (["start"], ["status"], ["stop"]):
            done = clipasso("own/home", "engine", *words, cwd=tmp_path)
            assert done.returncode == 0, done.stderr
        assert (home / "run" / "key").exists()
    assert {path.name for path in home.iterdir()} <= {"run", "logs"}


def test_the_engines_switches_tell_programs_what_it_is_at(tmp_path: Path) -> None:
    with housekeeping(tmp_path / "home") as home:
        started, asked, stopped = (
            json.loads(clipasso(home, "engine", word, "--json").stdout)
            for word in ("start", "status", "stop")
        )
    assert (started["working"], started["pid"]) == (False, asked["pid"])
    assert stopped is None


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_home_of_nobody_is_told(words: list[str], tmp_path: Path) -> None:
    done = clipasso("~nobody-of-that-name/x", *words)
    assert is_told(done), done
    assert "CLIPASSO_HOME" in done.stderr + done.stdout


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_home_whose_name_is_no_text_serves(words: list[str], tmp_path: Path) -> None:
    home = Path(os.fsdecode(os.fsencode(tmp_path) + b"/h\xff\xfe"))
    with housekeeping(home):
        done = subprocess.run(
            command(*words),
            cwd=ROOT,
            env=surroundings(home),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
        )
    assert b"bug" not in done.stdout + done.stderr
    if words == ["models", "path"]:
        assert done.stdout == os.fsencode(home / "models") + b"\n"
    assert (done.returncode, done.stderr) == (
        2 if "verify" in words or "status" in words else 0,
        (
            b"clipasso: u2netp is not on this machine: run clipasso models fetch u2netp\n"
            if "verify" in words
            else b""
        ),
    )


# What lies in it


@pytest.mark.parametrize("closed", [False, True])
@pytest.mark.parametrize("name", ["run", "models", "logs", "jobs"])
def test_what_lies_in_the_way_of_a_folder_is_told(name: str, closed: bool, tmp_path: Path) -> None:
    with housekeeping(tmp_path / "home") as home:
        home.mkdir()
        if closed:
            (home / name).mkdir(mode=0)
        else:
            (home / name).write_text("")
        done = [clipasso(home, *words) for words in (COMMANDS if name == "models" else QUICK)]
        assert all(is_told(one) for one in done), done
        if not closed:
            (home / name).unlink()
        else:
            (home / name).chmod(0o700)
        assert clipasso(home, "engine", "start", "--idle", "0.02").returncode == 0


FILES = {
    "config.json": (
        DEEP,
        f'{{"models": {DEEP}}}',
        '{"models": "\\u0000"}',
        '{"models": "\\ud800"}',
    ),
    "models/fetched.json": (DEEP, f'{{"a": {DEEP}}}', '{"a": {"file": "\\u0000"}}', "[1]"),
    "run/engine.json": (DEEP, "7", '{"pid": -1}'),
    "run/key": ("zz", ""),
}


@pytest.mark.parametrize(
    ("name", "text"),
    [(name, text) for name, texts in FILES.items() for text in texts],
    ids=lambda value: str(value)[:20],
)
def test_a_damaged_file_of_the_home_is_told_or_does_no_harm(
    name: str, text: str, tmp_path: Path
) -> None:
    with housekeeping(tmp_path / "home") as home:
        (home / name).parent.mkdir(parents=True)
        (home / name).write_text(text)
        done = [clipasso(home, *words) for words in QUICK]
        assert all(is_told(one) for one in done), done
        assert done[-1].returncode == 0, "the engine does not start"


@pytest.mark.parametrize("name", ["key", "engine.json", "alive.lock", "starting.lock", "socket"])
def test_a_folder_in_the_place_of_a_file_of_the_engine_is_named(name: str, tmp_path: Path) -> None:
    with housekeeping(tmp_path / "home") as home:
        (home / "run" / name).mkdir(parents=True)
        for words in (["start", "--idle", "0.02"], ["status"], ["stop"]):
            done = clipasso(home, "engine", *words)
            assert is_told(done), done
            if words[0] == "start":
                assert name in done.stderr
        (home / "run" / name).rmdir()
        assert clipasso(home, "engine", "start", "--idle", "0.02").returncode == 0


def test_a_damaged_record_never_names_another_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from filelock import FileLock

    from clipasso_core.service import client, place

    killed: list[int] = []
    monkeypatch.setattr(os, "kill", lambda number, _signal: killed.append(number))
    monkeypatch.setattr(client, "END_S", 0.1)
    monkeypatch.setattr(client, "HUNG_S", 0.1)
    where = place.find_place()
    with FileLock(where.alive):
        for number in (-1, 0, 1, True, 2**70, "7"):
            where.write_record({"pid": number})
            with pytest.raises(UserError, match="hangs"):
                client.stop()
    assert set(killed) <= {2**70}


def test_a_process_that_windows_can_not_find_is_no_bug(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from filelock import FileLock

    from clipasso_core.service import client, place

    def refuse(number: int, how: int) -> None:
        raise OSError(22, "The parameter is incorrect")  # WinError 87

    monkeypatch.setattr(os, "kill", refuse)
    monkeypatch.setattr(client, "END_S", 0.1)
    monkeypatch.setattr(client, "HUNG_S", 0.1)
    where = place.find_place()
    with FileLock(where.alive):
        where.write_record({"pid": 4711})
        with pytest.raises(UserError, match="hangs"):
            client.stop()


def test_a_folder_of_weights_may_be_relative_to_the_home(
    home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    home.mkdir()
    (home / "config.json").write_text('{"models": "weights"}')
    monkeypatch.chdir(tmp_path)
    assert folders.models() == home / "weights"


# Where it is run, and what it prints on


@pytest.mark.parametrize(
    "words",
    [
        *COMMANDS,
        ["run"],
        ["run", "--cold"],
        ["sketch", "photo.jpg"],
        ["level", "sketch.svg", "--strokes", "1"],
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("home", ["home", None])
def test_a_working_folder_that_is_gone_is_told(
    words: list[str], home: str | None, tmp_path: Path
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    with housekeeping(tmp_path / "home"):
        done = subprocess.run(
            ["sh", "-c", 'rmdir "$PWD"; exec "$@"', "sh", *command(*words)],
            cwd=gone,
            env=surroundings(home or tmp_path / "home"),
            input='{"id": 1, "photo": "a.jpg"}\n',
            capture_output=True,
            text=True,
            timeout=120,
        )
    if words == ["run"]:
        assert json.loads(done.stdout)["event"] == "error"
        assert json.loads(done.stdout)["code"] != "bug"
    else:
        assert is_told(done), done


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
@pytest.mark.parametrize(
    "words",
    [["doctor"], ["doctor", "--json"], ["models", "list"], ["run"], ["run", "--cold"]],
    ids=" ".join,
)
@pytest.mark.parametrize("awake", [False, True])
def test_a_full_output_is_told(words: list[str], awake: bool, tmp_path: Path) -> None:
    with housekeeping(tmp_path / "home") as home, open("/dev/full", "w") as full:
        if awake:
            assert clipasso(home, "engine", "start").returncode == 0
            assert engines(home)
        process = subprocess.Popen(
            command(*words),
            cwd=ROOT,
            env=surroundings(home),
            stdin=subprocess.PIPE,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write('{"id": 1, "about": true}\n')
        process.stdin.flush()  # and more may come
        told = process.stderr.read()
        process.stdin.close()
        assert (process.wait(60), told.count("\n")) == (2, 1), told
        assert told.startswith("clipasso: standard output can't be written")


def test_a_terminal_that_lacks_a_mark_is_no_obstacle(monkeypatch: pytest.MonkeyPatch) -> None:
    printed = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(printed, "latin-1"))
    assert main(["doctor"]) == 0
    assert b"? Python" in printed.getvalue()
