"""A session computes one bitmap after the other, and knows what there is to see of each."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Callable, Iterator, List, Optional

import pytest
from clipasso_ext.engine.session import Session
from clipasso_ext.engine.settings import Settings
from clipasso_ext.engine.sketch_task import SketchTask
from clipasso_ext.engine.task import TaskState
from clipasso_ext.host import Host, find_host
from clipasso_ext.windows import wording

from easel import image, png, root, sketch_task, was_ended
from kinds import Heard, Pointer
from loop import Loop
from stand_in import StandIn

LIMIT_S = 20
FAKE_ENGINE = Path(__file__).parent / "support" / "fake_engine.py"
OpenSession = Callable[..., Session]


@pytest.fixture
def loop() -> Loop:
    return Loop()


@pytest.fixture
def open_session(loop: Loop, host: Host, scratch: Path) -> Iterator[OpenSession]:
    """Makes a session for the bitmaps of a document."""
    opened: List[Session] = []

    def make(body: Optional[str] = None, where: Host = host) -> Session:
        svg = root(body or image())
        tasks = [sketch_task(svg, scratch, ident=one.get("id")) for one in svg]
        opened.append(Session(tasks, where, loop.post, loop.change, 64))
        return opened[-1]

    yield make
    for session in opened:
        session.close()


def strokes_of(state: TaskState) -> int:
    """How many the sketch has."""
    assert state.result is not None
    return int(state.result["svg"].count("<path"))


# Inkscape's drawing, of easel's bitmap
DRAW_PNG = "open(target, 'wb').write(%r)" % png(40, 20)
posix = pytest.mark.skipif(sys.platform == "win32", reason="pipes as other systems have them")
THREE = image("a") + image("b") + image("c")


def test_a_session_begins_with_nothing(open_session: OpenSession) -> None:
    session = open_session()
    assert (session.busy, session.phase, session.guides) == (False, "", ["auto", "lite"])


def test_a_task_is_sketched(open_session: OpenSession, loop: Loop) -> None:
    session = open_session()
    session.begin(Settings(strokes=5), "draft", [0])
    assert session.busy
    loop.until(lambda: not session.busy)
    state = session.states[0]
    assert (state.problem, state.preset) == ("", "draft")
    assert strokes_of(state) == 5
    assert state.strokes
    assert state.mask
    assert state.started["line"].startswith("guide lite")
    assert loop.changes > 3


def test_tasks_are_sketched_one_after_the_other_by_one_engine(
    open_session: OpenSession, loop: Loop, processes: List[subprocess.Popen[bytes]]
) -> None:
    session = open_session(THREE)
    session.begin(Settings(), "quick", [2, 0, 1])
    order = []
    while session.busy:
        if session.current not in order:
            order.append(session.current)
        loop.posted.get(timeout=LIMIT_S)()
    assert order == [2, 0, 1]
    assert all(state.result for state in session.states)
    assert len(processes) == 1


def test_one_that_fails_does_not_keep_the_others(open_session: OpenSession, loop: Loop) -> None:
    session = open_session(image("a") + image("b", link="gone.png") + image("c"))
    session.begin(Settings(), "draft", [0, 1, 2])
    loop.until(lambda: not session.busy)
    assert [bool(state.result) for state in session.states] == [True, False, True]
    assert "missing: gone.png" in session.states[1].problem
    assert [state.problem for state in (session.states[0], session.states[2])] == ["", ""]


def test_a_fault_of_our_own_is_told_and_logged(
    open_session: OpenSession, loop: Loop, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    session = open_session()
    monkeypatch.setattr(SketchTask, "request", lambda *_: 1 / 0)
    session.begin(Settings(), "draft", [0])
    loop.until(lambda: not session.busy)
    assert session.states[0].problem.startswith("Something went wrong in the extension")
    assert "ZeroDivisionError" in (home / "logs" / "extension.log").read_text()


def test_what_the_engine_refuses_is_told_as_a_sentence(
    open_session: OpenSession, loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_ENGINE", "error")
    session = open_session()
    session.begin(Settings(), "draft", [0])
    loop.until(lambda: not session.busy)
    assert session.states[0].problem == "The photo is one plain colour: there is nothing to sketch"


def test_a_problem_is_forgotten_when_work_begins_again(
    open_session: OpenSession, loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_ENGINE", "error")
    session = open_session()
    session.begin(Settings(), "draft", [0])
    loop.until(lambda: not session.busy)
    session.begin(Settings(), "draft", [0])
    assert session.states[0].problem == ""


def test_a_replaced_request_is_not_heard_of_again(
    open_session: OpenSession, loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_ENGINE", "slow")
    session = open_session(THREE)
    session.begin(Settings(strokes=3), "draft", [0])
    loop.until(lambda: session.phase == "progress")
    session.begin(Settings(strokes=4), "draft", [1])
    assert session.current == 1
    session._on_event({"id": "1", "event": "result", "svg": "late"})
    session._on_event({"id": "1", "event": "error", "message": "late"})
    session._on_event({"id": "1", "event": "progress", "step": 999, "steps": 1000})
    assert (
        session.current,
        session.states[0].result,
        session.states[1].result,
        session.latest,
    ) == (
        1,
        None,
        None,
        {},
    )
    loop.until(lambda: session.phase == "progress")
    session.keep()
    loop.until(lambda: not session.busy)
    assert session.states[0].result is None
    assert strokes_of(session.states[1]) == 4


def test_work_can_be_replaced_many_times_in_a_row(open_session: OpenSession, loop: Loop) -> None:
    session = open_session(THREE)
    for count in range(1, 20):
        session.begin(Settings(strokes=count), "draft", [count % 3])
    loop.until(lambda: not session.busy)
    assert strokes_of(session.states[1]) == 19
    assert [state.result is None for state in session.states] == [True, False, True]


def test_stop_and_keep_ends_the_work_with_a_result(
    open_session: OpenSession, loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_ENGINE", "slow")
    session = open_session(THREE)
    session.begin(Settings(), "standard", [0, 1, 2])
    loop.until(lambda: session.phase == "progress")
    session.keep()
    loop.until(lambda: not session.busy)
    assert [bool(state.result) for state in session.states] == [True, False, False]
    assert session.states[0].preset == "standard"


def test_a_result_is_forgotten_when_the_controls_left_it(
    open_session: OpenSession, loop: Loop
) -> None:
    session = open_session()
    session.begin(Settings(), "draft", [0])
    loop.until(lambda: not session.busy)
    session.forget(0)
    assert session.states[0].result is None


def test_the_guides_are_the_engines(open_session: OpenSession, loop: Loop) -> None:
    session = open_session()
    session.ask_about()
    loop.until(lambda: len(session.guides) > 2)
    assert session.guides == ["auto", "lite", "clip:RN50:openai"]


def test_an_engine_that_dies_is_told_and_the_next_request_starts_another(
    open_session: OpenSession,
    loop: Loop,
    monkeypatch: pytest.MonkeyPatch,
    processes: List[subprocess.Popen[bytes]],
) -> None:
    monkeypatch.setenv("FAKE_ENGINE", "die")
    session = open_session(THREE)
    session.begin(Settings(), "draft", [0, 1])
    loop.until(lambda: not session.busy)
    assert session.states[0].problem.startswith("The engine ended unexpectedly")
    monkeypatch.setenv("FAKE_ENGINE", "")
    session.begin(Settings(), "draft", [0])
    loop.until(lambda: not session.busy)
    assert session.states[0].result
    assert len(processes) == 2


def test_a_missing_command_is_told_once_for_every_task(
    open_session: OpenSession, loop: Loop, pointer: Pointer
) -> None:
    pointer("/nowhere/clipasso")
    session = open_session(THREE, find_host())
    session.ask_about()
    session.begin(Settings(), "draft", [0, 1, 2])
    loop.until(lambda: not session.busy)
    assert all("not where it was installed" in state.problem for state in session.states)


UPDATED = """
import json, sys
for line in sys.stdin:
    asked = json.loads(line)["id"]
    print(json.dumps({"id": asked, "event": "error", "code": "no-engine", "message": "updated"}))
    sys.stdout.flush()
"""


@posix
def test_after_an_update_the_next_request_goes_to_the_new_engine(
    open_session: OpenSession,
    loop: Loop,
    pointer: Pointer,
    home: Path,
    processes: List[subprocess.Popen[bytes]],
) -> None:
    for name, words in (("old", "-c '%s'" % UPDATED), ("new", "'%s' run" % FAKE_ENGINE)):
        python = home / "engines" / name / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.write_text(f"#!/bin/sh\nexec '{sys.executable}' {words}\n")
        python.chmod(0o755)
    pointer(str(home / "engines" / "old" / "bin" / "python"))
    session = open_session(image(), find_host())
    session.begin(Settings(), "draft", [0])
    loop.until(lambda: not session.busy)
    assert session.states[0].problem == "Updated"
    (home / "current.json").write_text('{"folder": "engines/new"}')
    session.begin(Settings(), "draft", [0])
    loop.until(lambda: not session.busy)
    assert session.states[0].result
    assert processes[0].wait(LIMIT_S) == 0


def test_garbage_between_the_events_is_passed_over(
    open_session: OpenSession, loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_ENGINE", "garbage")
    session = open_session()
    session.begin(Settings(), "draft", [0])
    loop.until(lambda: not session.busy)
    assert session.states[0].result


@pytest.mark.parametrize("mode", ["", "slow"])
def test_closing_calls_everything_off_and_leaves_no_process(
    mode: str,
    open_session: OpenSession,
    loop: Loop,
    monkeypatch: pytest.MonkeyPatch,
    processes: List[subprocess.Popen[bytes]],
) -> None:
    monkeypatch.setenv("FAKE_ENGINE", mode)
    session = open_session(THREE)
    session.ask_about()
    session.begin(Settings(), "draft", [0, 1, 2])
    loop.until(lambda: session.phase in ("started", "progress"))
    session.close()
    assert not session.busy
    assert [process.wait(LIMIT_S) for process in processes] == [0]
    changes = loop.changes
    while not loop.posted.empty():
        loop.posted.get()()
    session._on_event({"id": "about", "event": "about", "guides": ["late"]})
    session._on_event({"id": None, "event": "error", "code": "no-engine"})
    assert loop.changes == changes  # the window is gone
    assert not [state.result for state in session.states if state.result]


def test_closing_twice_or_before_anything_began_does_no_harm(open_session: OpenSession) -> None:
    session = open_session()
    session.close()
    session.close()


@pytest.mark.parametrize("others", [[], [1, 2]], ids=["alone", "before others"])
def test_after_an_engine_that_ended_unexpectedly_the_next_request_is_served(
    others: List[int], open_session: OpenSession, loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The warm engine, that is, not the command through which it is spoken to."""
    monkeypatch.setenv("FAKE_ENGINE", "bug")
    session = open_session(THREE)
    session.begin(Settings(), "draft", [0, *others])
    loop.until(lambda: not session.busy)
    assert session.states[0].problem == (
        "The engine ended unexpectedly: try again. Its log tells why"
    )
    assert [strokes_of(session.states[index]) for index in others] == [16] * len(others)
    session.begin(Settings(strokes=3), "draft", [0])
    loop.until(lambda: not session.busy)
    assert (session.states[0].problem, strokes_of(session.states[0])) == ("", 3)


# Bitmaps that Inkscape has to draw

CLIPPED = image(more='opacity="0.5"')


@posix
def test_a_knob_that_is_turned_while_a_bitmap_is_drawn_has_it_drawn_once(
    open_session: OpenSession, loop: Loop, inkscape: StandIn, heard: Heard
) -> None:
    inkscape.waits(DRAW_PNG)
    session = open_session(CLIPPED)
    for count in range(1, 10):
        session.begin(Settings(strokes=count), "draft", [0])
    inkscape.wait_begun()
    session.begin(Settings(strokes=10), "draft", [0])
    assert session.phase == "preparing"
    inkscape.go_on()
    loop.until(lambda: not session.busy)
    assert strokes_of(session.states[0]) == 10
    assert len(inkscape.calls()) == 1
    assert [line["request"]["strokes"] for line in heard()] == [10]


@posix
def test_a_bitmap_that_can_not_be_drawn_is_told_at_every_turn_and_tried_once(
    open_session: OpenSession, loop: Loop, inkscape: StandIn
) -> None:
    inkscape.does("sys.exit(1)")
    session = open_session(CLIPPED)
    for _ in range(3):
        session.begin(Settings(), "draft", [0])
        loop.until(lambda: not session.busy)
        assert session.states[0].problem.startswith("Inkscape could not draw the bitmap")
    assert len(inkscape.calls()) == 1


@posix
def test_closing_ends_the_drawing_of_a_bitmap(
    open_session: OpenSession,
    loop: Loop,
    inkscape: StandIn,
    processes: List[subprocess.Popen[bytes]],
) -> None:
    inkscape.waits()
    session = open_session(CLIPPED)
    session.begin(Settings(), "draft", [0])
    inkscape.wait_begun()
    session.close()
    assert [was_ended(process) for process in processes] == [True]
    assert loop.posted.empty()


# What is said meanwhile


def test_the_line_tells_what_is_computed(
    open_session: OpenSession, loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_ENGINE", "slow")
    session = open_session(THREE)
    session.begin(Settings(), "quick", [1])
    assert wording.status_line(session) == "b: Looking at the bitmap…"
    loop.until(lambda: session.phase == "progress")
    assert wording.status_line(session).startswith("b: Finishing: step ")
    assert wording.status_line(session).endswith(" of 1000000, 3 s left")
    assert 0 < wording.progress_share(session) < 1
    for event, words in (
        (
            {"event": "waking"},
            "b: Starting the engine: it loads its networks, which takes some seconds once…",
        ),
        (
            {"event": "queued", "position": 1},
            "b: Waiting for the engine: 1 other sketch goes first…",
        ),
        (
            {"event": "queued", "position": 2},
            "b: Waiting for the engine: 2 other sketches go first…",
        ),
        ({"event": "started"}, "b: Laying the first strokes…"),
        (
            {"event": "progress", "step": 120, "steps": 120},
            "b: Ordering the strokes by how much each is needed…",
        ),
    ):
        session._on_event({"id": str(session._number), **event})
        assert wording.status_line(session) == words
        assert wording.is_unmeasured(session), "the bar tells that something is done"


def test_the_problems_of_several_are_told_by_name(open_session: OpenSession) -> None:
    session = open_session(THREE)
    session.states[1].problem = "It is gone."
    assert session.problems() == ["b: It is gone."]
    (alone,) = [open_session(image())]
    alone.states[0].problem = "It is gone."
    assert alone.problems() == ["It is gone."]


@pytest.mark.parametrize(
    ("time_s", "words"),
    [(0.2, "1 s"), (3, "3 s"), (89, "89 s"), (90, "2 min"), (100, "2 min"), (3600, "60 min")],
)
def test_durations_are_said_as_a_person_says_them(time_s: float, words: str) -> None:
    assert wording.duration(time_s) == words
