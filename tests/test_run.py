"""`clipasso run`, the extension's door: requests in, events out, one a line, each with its request's id."""

from __future__ import annotations

import base64
import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import SIZE, draw_subject
from PIL import Image

from clipasso_core import from_svg, guide, log, run

ROOT = Path(__file__).parent.parent
BRIEF = {"version": 1, "strokes": 3, "guide": "lite", "preset": "draft", "mask": "none", "steps": 3}
ENDLESS = {**BRIEF, "steps": 100_000}
LIMIT_S = 120  # for one conversation; a busy machine takes a good part of it to import torch
Event = dict[str, Any]


class Talk:
    """A conversation with the command in a process of its own, which is killed when it takes too long."""

    def __init__(self, limit_s: float = LIMIT_S, **environment: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "clipasso_core", "run"],
            cwd=ROOT,
            env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._in, self._out = self.process.stdin, self.process.stdout
        self._watchdog = threading.Timer(limit_s, self.process.kill)
        self._watchdog.start()

    def __enter__(self) -> Talk:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self._watchdog.cancel()
        self.process.wait()
        self._out.close()
        with suppress(OSError):  # what could not be sent any more
            self._in.close()

    def say(self, line: str | bytes | Event) -> None:
        """Send one line; an object goes as JSON."""
        text = json.dumps(line) if isinstance(line, dict) else line
        self._in.write((text.encode() if isinstance(text, str) else text) + b"\n")
        self._in.flush()

    def hear(self, *last: str) -> list[Event]:
        """The events up to one of these kinds, or up to the end of the output. Fails when a line is not JSON."""
        heard: list[Event] = []
        while line := self._out.readline():
            heard.append(json.loads(line))
            if heard[-1]["event"] in last:
                return heard
        assert not last, f"the command ended, or took too long, before {' or '.join(last)}: {heard}"
        return heard

    def hang_up(self) -> None:
        """End the requests."""
        self._in.close()

    def walk_away(self) -> None:
        """Take no more events."""
        self._out.close()

    def status(self) -> int:
        """The exit status; negative when the process had to be killed."""
        return self.process.wait()


def kinds(events: list[Event]) -> list[str]:
    """The kinds of events in their order, runs of the same kind as one."""
    names = [event["event"] for event in events]
    return [name for i, name in enumerate(names) if i == 0 or names[i - 1] != name]


# Sketching


@pytest.fixture(scope="module")
def two_sketches(tmp_path_factory: pytest.TempPathFactory) -> list[list[Event]]:
    """The events of two requests, one after the other; the second carries the photograph itself."""
    folder = tmp_path_factory.mktemp("two")
    path = folder / "photo.png"
    draw_subject(Image.new("RGB", SIZE, "white")).save(path)
    with Talk(CLIPASSO_HOME=str(folder)) as talk:
        talk.say({"id": "first", "photo": str(path), "request": BRIEF})
        first = talk.hear("result", "error")
        talk.say({"id": 2, "data": base64.b64encode(path.read_bytes()).decode(), "request": BRIEF})
        second = talk.hear("result", "error")
        talk.hang_up()
        assert talk.hear() == []
        assert talk.status() == 0
    return [first, second]


@pytest.mark.parametrize("number", [0, 1], ids=["path", "data"])
def test_a_request_is_answered_by_started_progress_and_a_result(two_sketches: list[list[Event]], number: int) -> None:
    events = two_sketches[number]
    assert kinds(events) == ["started", "progress", "result"]
    assert {json.dumps(event["id"]) for event in events} == {['"first"', "2"][number]}
    assert "lite" in events[0]["line"]
    steps = [event for event in events if event["event"] == "progress"]
    assert [(event["step"], event["steps"]) for event in steps] == [(1, 3), (2, 3), (3, 3)]
    assert all(event["loss"] > 0 and event["time_s"] > 0 and event["time_left_s"] >= 0 for event in steps)


def test_the_result_is_the_same_sketch_as_svg_and_as_json(two_sketches: list[list[Event]]) -> None:
    result = two_sketches[0][-1]
    drawn = from_svg(result["svg"].encode())
    assert (drawn.width, drawn.height) == SIZE
    assert len(drawn.strokes) == 3
    as_svg, as_json = drawn.to_json(), result["sketch"]
    for one, other in zip(as_svg["strokes"], as_json["strokes"], strict=True):
        assert np.array(one.pop("points")) == pytest.approx(np.array(other["points"]), abs=0.002)
    assert as_svg == {**as_json, "strokes": [{name: one[name] for name in one if name != "points"} for one in as_json["strokes"]]}


def test_a_photo_by_path_and_its_bytes_give_the_same_sketch(two_sketches: list[list[Event]]) -> None:
    first, second = (events[-1]["sketch"] for events in two_sketches)
    assert second == first


def test_the_second_request_finds_the_guide_loaded(two_sketches: list[list[Event]]) -> None:
    first, second = (events[0]["time_s"] for events in two_sketches)
    assert second < first


def test_a_guide_is_loaded_again_only_when_another_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[tuple[Any, ...]] = []

    def load(*wanted: Any) -> object:
        loaded.append(wanted)
        return object()

    monkeypatch.setattr(guide, "load_guide", load)
    guides = run._Guides()
    one = guides("lite", "cpu", "fp32", False)
    assert guides("lite", "auto" if run.choose_device("auto") == "cpu" else "cpu", "fp32", False) is one
    assert len(loaded) == 1
    assert guides("lite", "cpu", "bf16", False) is not one
    assert guides("lite", "cpu", "bf16", True) is not guides("clip:RN50", "cpu", "bf16", True)
    assert len(loaded) == 4


# Calling off


def test_a_later_request_replaces_the_one_that_computes(photo: Path) -> None:
    with Talk() as talk:
        talk.say({"id": "old", "photo": str(photo), "request": ENDLESS})
        assert kinds(talk.hear("progress")) == ["started", "progress"]
        talk.say("")  # no request
        for _ in range(20):
            assert kinds(talk.hear("progress", "cancelled")) == ["progress"]
        talk.say({"id": "new", "photo": str(photo), "request": BRIEF})
        old = talk.hear("cancelled")
        assert {event["id"] for event in old} == {"old"}
        new = talk.hear("result", "error", "cancelled")
        assert {event["id"] for event in new} == {"new"}
        assert kinds(new) == ["started", "progress", "result"]


def test_the_end_of_the_requests_calls_off_what_computes(photo: Path) -> None:
    with Talk() as talk:
        talk.say({"id": "1", "photo": str(photo), "request": ENDLESS})
        talk.hear("progress")
        talk.hang_up()
        rest = talk.hear()
        assert kinds(rest)[-1] == "cancelled"
        assert {event["id"] for event in rest} == {"1"}
        assert talk.status() == 0


def test_nobody_listening_ends_the_command(photo: Path) -> None:
    with Talk() as talk:
        talk.say({"id": "1", "photo": str(photo), "request": ENDLESS})
        talk.hear("progress")
        talk.walk_away()
        assert talk.status() == 0


# Mistakes


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    """One conversation in which mistake follows mistake."""
    with Talk(CLIPASSO_HOME=str(tmp_path_factory.mktemp("home"))) as talk:
        yield talk


PICTURE = base64.b64encode(b"GIF89a, or so").decode()
MISTAKES = {
    "not JSON": ("once upon a time", "bad-request"),
    "cut JSON": ('{"id": "x", "photo": "/tmp/photo.jpg"', "bad-request"),
    "too deep": ("[" * 100_000, "bad-request"),
    "not UTF-8": (b'{"id": "x", "photo": "\xff\xfe"}', "no-photo"),
    "no object": ('["x"]', "bad-request"),
    "no photo": ({"id": "x"}, "bad-request"),
    "photo and data": ({"id": "x", "photo": "a", "data": "b"}, "bad-request"),
    "unknown field": ({"id": "x", "photo": "a", "strokes": 3}, "bad-request"),
    "unknown setting": ({"id": "x", "photo": "a", "request": {"brush": 3}}, "bad-request"),
    "no settings": ({"id": "x", "photo": "a", "request": [16]}, "bad-request"),
    "newer version": ({"id": "x", "photo": "a", "request": {"version": 2}}, "newer-request"),
    "bad setting": ({"id": "x", "photo": "a", "request": {"strokes": 0}}, "bad-strokes"),
    "unknown guide": ({"id": "x", "photo": "a", "request": {"guide": "mine"}}, "bad-guide"),
    "missing photo": ({"id": "x", "photo": "/nowhere/photo.jpg"}, "no-photo"),
    "photo no path": ({"id": "x", "photo": 3}, "bad-request"),
    "impossible path": ({"id": "x", "photo": "a\0b"}, "bad-photo"),
    "bad base64": ({"id": "x", "data": "abcde"}, "bad-request"),
    "no base64": ({"id": "x", "data": 3}, "bad-request"),
    "not ASCII": ({"id": "x", "data": "Käse"}, "bad-request"),
    "damaged data": ({"id": "x", "data": PICTURE}, "bad-photo"),
    "no data": ({"id": "x", "data": ""}, "bad-photo"),
}


@pytest.mark.parametrize(("line", "code"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_error_with_a_code_a_line_and_the_id(talk: Talk, line: str | bytes | Event, code: str) -> None:
    talk.say(line)
    (event,) = talk.hear("error", "result")
    assert event["code"] == code, event
    assert event["id"] == (line["id"] if isinstance(line, dict) else "x" if code == "no-photo" else None)
    assert event["message"]
    assert "\n" not in event["message"]


def test_after_a_mistake_the_command_goes_on_and_the_last_request_gives_the_status(photo: Path) -> None:
    with Talk() as talk:
        talk.say("nonsense")
        assert kinds(talk.hear("error")) == ["error"]
        talk.say({"id": "1", "photo": str(photo), "request": {**BRIEF, "steps": 1}})
        assert kinds(talk.hear("result", "error")) == ["started", "progress", "result"]
        talk.hang_up()
        assert talk.status() == 0


@pytest.mark.parametrize("line", ["nonsense", '{"id": "1", "photo": "/nowhere/photo.jpg"}'])
def test_a_mistake_at_the_end_is_status_2(line: str) -> None:
    with Talk() as talk:
        talk.say(line)
        talk.hear("error")
        talk.hang_up()
        assert talk.hear() == []
        assert talk.status() == 2


def test_a_line_that_can_not_be_decoded_does_not_stop_the_command() -> None:
    with Talk(limit_s=30, PYTHONIOENCODING="utf-8:strict") as talk:  # as in most people's locale
        talk.say(b"\xff\xfe")
        assert talk.hear("error")[0]["code"] == "bad-request"
        talk.hang_up()
        assert talk.status() == 2


def test_a_path_is_read_as_utf_8_in_every_locale(tmp_path: Path, photo: Path) -> None:
    there = photo.rename(tmp_path / "Käse ☂.jpg")
    request = {"id": "1", "photo": str(there), "request": {"guide": "clip:none"}}
    with Talk(PYTHONIOENCODING="latin-1", PYTHONUTF8="0") as talk:
        talk.say(json.dumps(request, ensure_ascii=False))
        assert talk.hear("error")[0]["code"] == "bad-guide"  # and not no-photo


# Bugs


def test_a_bug_is_told_in_one_line_and_its_traceback_is_in_the_log(photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def __init__(self, *_: object) -> None:
            raise RuntimeError("the tower leans\nto the left")

    monkeypatch.setattr(run, "Job", Broken)
    out = io.StringIO()
    assert run.run(io.StringIO(json.dumps({"id": "7", "photo": str(photo)}) + "\n"), out) == 1
    (event,) = [json.loads(line) for line in out.getvalue().splitlines()]
    assert (event["id"], event["event"], event["code"]) == ("7", "error", "bug")
    assert "RuntimeError: the tower leans" in event["message"]
    assert str(log.log_path()) in event["message"]
    assert "\n" not in event["message"]
    text = log.log_path().read_text()
    assert "Traceback" in text
    assert "to the left" in text


def test_a_bug_is_told_even_where_no_log_can_be_written(photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CLIPASSO_HOME", str(tmp_path / "file"))
    monkeypatch.setattr(run, "Job", None)
    out = io.StringIO()
    assert run.run(io.StringIO(json.dumps({"id": "7", "photo": str(photo)}) + "\n"), out) == 1
    assert "no log could be written" in json.loads(out.getvalue())["message"]
