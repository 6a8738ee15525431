"""The conversation with the engine, a child process: what comes of it, whatever the engine does."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
from pathlib import Path
from typing import Callable, List

import pytest
from clipasso_ext.engine.connection import LAST, Connection, Event, ask_once
from clipasso_ext.host import Host, find_host
from clipasso_ext.problem import Problem

from easel import png
from kinds import Pointer

LIMIT_S = 20
EngineScript = Callable[[str], Host]


@pytest.fixture
def photo(tmp_path: Path) -> str:
    path = tmp_path / "photo.png"
    path.write_bytes(png(40, 20))
    return str(path)


@pytest.fixture
def engine_script(tmp_path: Path, pointer: Pointer) -> EngineScript:
    """Points the extension to an engine that runs these lines of Python."""

    def write(lines: str) -> Host:
        path = tmp_path / "engine.py"
        path.write_text("import json, os, sys\n" + lines)
        pointer(sys.executable, str(path))
        return find_host()

    return write


def events_until(events: queue.Queue[Event], *last: str) -> List[Event]:
    """The events up to one of those."""
    found: List[Event] = []
    while not found or found[-1]["event"] not in (last or LAST):
        found.append(events.get(timeout=LIMIT_S))
    return found


def test_a_sketch_is_told_from_its_start_to_its_result(
    host: Host, photo: str, processes: List[subprocess.Popen[bytes]]
) -> None:
    events: queue.Queue[Event] = queue.Queue()
    talk = Connection(host, events.put)
    talk.sketch("7", photo, {"version": 1, "strokes": 3}, 64)
    told = events_until(events)
    talk.close()
    assert [event["event"] for event in told] == ["started"] + ["progress"] * 4 + ["result"]
    assert {event["id"] for event in told} == {"7"}
    assert told[-1]["svg"].count("<path") == 3
    assert "preview" in told[-1]
    assert processes[0].wait(LIMIT_S) == 0


def test_previews_come_only_where_they_are_asked_for(host: Host, photo: str) -> None:
    assert "preview" not in ask_once(host, photo, {"version": 1})


def test_requests_go_down_as_lines_of_json(
    host: Host, photo: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_ENGINE_LOG", str(tmp_path / "lines"))
    ask_once(host, photo, {"version": 1, "strokes": 2})
    (line,) = (tmp_path / "lines").read_text().splitlines()
    assert json.loads(line) == {"id": "1", "photo": photo, "request": {"version": 1, "strokes": 2}}


def test_asking_once_leaves_no_process(
    host: Host, photo: str, processes: List[subprocess.Popen[bytes]]
) -> None:
    assert ask_once(host, photo, {"version": 1})["event"] == "result"
    assert [process.wait(LIMIT_S) for process in processes] == [0]


def test_an_error_is_the_last_event(
    host: Host, photo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_ENGINE", "error")
    assert (
        ask_once(host, photo, {"version": 1})["message"]
        == "the photo is one plain colour: there is nothing to sketch"
    )


def test_an_engine_that_dies_ends_in_an_error(
    host: Host, photo: str, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    monkeypatch.setenv("FAKE_ENGINE", "die")
    told = ask_once(host, photo, {"version": 1})
    assert (told["event"], told["code"]) == ("error", "no-engine")
    assert "ended with status 9" in (home / "logs" / "extension.log").read_text()


def test_lines_that_are_no_events_are_logged_and_passed_over(
    engine_script: EngineScript, photo: str, home: Path
) -> None:
    host = engine_script(
        "sys.stdin.readline()\n"
        "for line in ('not JSON', '[]', '7', 'null', '{}', '{\"event\": 7}', '', '\"x\"'):\n"
        "    print(line)\n"
        "print(json.dumps({'id': '2', 'event': 'result', 'of': 'another'}))\n"
        "print(json.dumps({'id': '1', 'event': 'result', 'svg': ''}), flush=True)\n"
    )
    assert ask_once(host, photo, {"version": 1}) == {"id": "1", "event": "result", "svg": ""}
    assert "what is no event: b'not JSON" in (home / "logs" / "extension.log").read_text()


def test_bytes_that_are_no_text_do_no_harm(engine_script: EngineScript, photo: str) -> None:
    host = engine_script(
        "sys.stdin.readline()\nsys.stdout.buffer.write(bytes(range(128, 256)) + b'\\n')\n"
        "print(json.dumps({'id': '1', 'event': 'result', 'svg': ''}), flush=True)\n"
    )
    assert ask_once(host, photo, {"version": 1})["event"] == "result"


@pytest.mark.parametrize("command", [["/nowhere/clipasso"], [os.path.dirname(sys.executable)]])
def test_a_command_that_is_missing_is_a_problem(
    command: List[str], pointer: Pointer, photo: str
) -> None:
    pointer(*command)
    with pytest.raises(Problem, match="not where it was installed: run install"):
        ask_once(find_host(), photo, {"version": 1})


def test_what_the_engine_writes_to_stderr_reaches_nobody(
    engine_script: EngineScript, photo: str, capfd: pytest.CaptureFixture[str]
) -> None:
    host = engine_script(
        "print('trouble', file=sys.stderr)\nsys.stdin.readline()\nprint(json.dumps({'id': '1',"
        " 'event': 'cancelled'}))\n"
    )
    ask_once(host, photo, {"version": 1})
    assert capfd.readouterr() == ("", "")


def test_the_engines_environment_has_nothing_of_inkscapes_python(
    engine_script: EngineScript, photo: str, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    for name in (
        "PYTHONHOME",
        "PYTHONPATH",
        "INKSCAPE_PROFILE_DIR",
        "_INKSCAPE_GC",
        "LD_PRELOAD",
        "DYLD_LIBRARY_PATH",
        "GTK_PATH",
    ):
        monkeypatch.setenv(name, "/nowhere")
    monkeypatch.setenv("KEPT", "yes")
    host = engine_script(
        "sys.stdin.readline()\nprint(json.dumps({'id': '1', 'event': 'about', **os.environ}))\n"
    )
    told = ask_once(host, photo, {"version": 1})
    assert told["KEPT"] == "yes"
    assert told["CLIPASSO_HOME"] == str(home)
    assert not [
        name
        for name in told
        if name.startswith(("PYTHON", "INKSCAPE", "_INKSCAPE", "LD_", "DYLD_", "GTK_"))
    ]
    assert "PYTHONHOME" in os.environ
    assert host.environment["PATH"] == os.environ["PATH"]


@pytest.mark.skipif(sys.platform == "win32", reason="sessions as other systems have them")
def test_no_signal_to_inkscape_reaches_the_engine(engine_script: EngineScript, photo: str) -> None:
    host = engine_script(
        "sys.stdin.readline()\nprint(json.dumps({'id': '1', 'event': 'about', 'session':"
        " os.getsid(0)}))\n"
    )
    assert ask_once(host, photo, {"version": 1})["session"] != os.getsid(0)


def test_an_answer_nested_without_end_is_passed_over(
    engine_script: EngineScript, photo: str
) -> None:
    host = engine_script(
        "sys.stdin.readline()\nprint('[' * 5000 + ']' * 5000)\n"
        "print(json.dumps({'id': '1', 'event': 'about'}))\n"
    )
    events: queue.Queue[Event] = queue.Queue()
    talk = Connection(host, events.put)
    talk.sketch("1", photo, {"version": 1}, None)
    assert events_until(events)[-1]["event"] == "about"
    talk.close()


def test_a_pointer_nested_without_end_is_told(pointer: Pointer) -> None:
    pointer().write_text("[" * 5000 + "]" * 5000)
    with pytest.raises(Problem, match="run install"):
        find_host()
