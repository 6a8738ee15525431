"""More or fewer strokes are shown, and strokes are locked."""

from __future__ import annotations

import sys
import types
from pathlib import Path
from typing import Any, Callable, List, Sequence, Tuple

import pytest
from clipasso_ext import edit_effects
from clipasso_ext.engine.connection import ask_once
from clipasso_ext.engine.settings import Settings
from clipasso_ext.engine.task import Task
from clipasso_ext.host import Host
from clipasso_ext.names import INSENSITIVE, LABEL, LOCKED, RANK
from lxml import etree

from easel import document, image, log_of, tree_of
from kinds import Heard, Run, Script
from sketched import HAND, STROKES, STYLE, WHOLE, is_locked, paths_of, sketch, stroke, without

# More or fewer


def shown(output: bytes) -> List[str]:
    return [
        one
        for one in paths_of(output)
        if "display:none" not in (paths_of(output)[one].get("style") or "")
    ]


def test_fewer_hides_the_least_needed_and_more_brings_them_back(run: Run, home: Path) -> None:
    body = image() + sketch(
        "".join(stroke(one, rank) for one, rank in (("s1", 2), ("s2", 0), ("s3", 10), ("s4", 9)))
        + stroke("mine")
    )
    fewer = run("level", body, "--strokes=2")
    assert shown(fewer) == ["s1", "s2", "mine"]
    assert without(fewer, ("s3", "style"), ("s4", "style")) == without(
        document(body), ("s3", "style"), ("s4", "style")
    )
    more = run("level", fewer, "--strokes=3")
    assert shown(more) == ["s1", "s2", "s4", "mine"]
    assert etree.tostring(tree_of(run("level", more, "--strokes=4"))) == etree.tostring(
        tree_of(document(body))
    )
    assert log_of(home) == ""
    assert run("level", body, "--strokes=5") == b""
    assert (
        log_of(home)
        == "The sketch has 4 ordered strokes, all of which are shown. Add Strokes draws more.\n"
    )


@pytest.mark.parametrize("lock", ['clipasso:locked="true"', 'sodipodi:insensitive="true"'])
@pytest.mark.parametrize("rest", ["hide", "delete"])
def test_a_locked_stroke_is_neither_hidden_nor_deleted(lock: str, rest: str, run: Run) -> None:
    body = image() + sketch(
        stroke("s1", 0) + stroke("s2", 1) + stroke("s3", 2) + stroke("s4", 3, lock)
    )
    output = run("level", body, "--strokes=2", "--rest=" + rest)
    assert shown(output) == ["s1", "s4"], "it is one of the two"
    assert shown(run("level", body, "--strokes=1", "--rest=" + rest)) == ["s4"]


def test_the_label_tells_how_many_strokes_are_shown(run: Run) -> None:
    body = WHOLE.replace("My Sketch", "Sketch of cat (4 strokes)")

    def label(output: bytes) -> str:
        return str(tree_of(output).find("{*}g").get(LABEL))

    fewer = run("level", body, "--strokes=1")
    assert label(fewer) == "Sketch of cat (1 stroke)"
    assert label(run("level", fewer, "--strokes=3")) == "Sketch of cat (3 strokes)"
    more = run("add", body, "--strokes=2")
    assert label(more) == "Sketch of cat (6 strokes)"
    assert label(run("level", WHOLE, "--strokes=1")) == "My Sketch", "the person's own"


Answer = Callable[..., List[Tuple[str, ...]]]


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Answer:
    """Lets windows be: a question gets the answer, what computes is finished or cancelled. Returns
    what was asked.
    """

    def give(yes: bool, cancel: bool = False) -> List[Tuple[str, ...]]:
        asked: List[Tuple[str, ...]] = []
        dialogs: Any = types.ModuleType("clipasso_ext.windows.dialogs")
        progress: Any = types.ModuleType("clipasso_ext.windows.progress_window")

        def ask(*words: str) -> bool:
            asked.append(words)
            return yes

        dialogs.ask = ask

        def work(tasks: Sequence[Task], chosen: Settings, host: Host) -> Any:
            (task,) = tasks
            event = (
                None
                if cancel
                else ask_once(
                    host, str(task.read().path), task.request(chosen, chosen.preset), task.edit
                )
            )
            return types.SimpleNamespace(run=lambda: ([] if event is None else [(task, event)], []))

        progress.ProgressWindow = work
        monkeypatch.setitem(sys.modules, "clipasso_ext.windows.dialogs", dialogs)
        monkeypatch.setitem(sys.modules, "clipasso_ext.windows.progress_window", progress)
        monkeypatch.setattr(edit_effects, "has_gtk", lambda: True)
        return asked

    return give


TWO_OF_FOUR = image() + sketch(
    "".join(
        stroke(one, rank, style="display:none" if rank > 1 else STYLE)
        for rank, one in enumerate(STROKES)
    )
)


def test_more_than_there_are_is_offered_and_drawn(
    run: Run, heard: Heard, answer: Answer, home: Path
) -> None:
    asked = answer(yes=True)
    output = run("level", TWO_OF_FOUR, "--strokes=6")
    assert asked == [("This sketch has 4 strokes. Draw 2 more?", "_Draw 2 More", "_Leave It")]
    assert shown(output) == ["s1", "s2", "s3", "s4", "stroke-1", "stroke-2"]
    assert [one.get(RANK) for one in paths_of(output).values()] == list("012345")
    (line,) = heard()
    assert (line["edit"]["do"], line["request"]["strokes"], line["request"]["preset"]) == (
        "add",
        2,
        "auto",
    )
    assert "display:none" not in line["edit"]["svg"]  # what was hidden is seen, and drawn around
    assert log_of(home) == ""


def test_an_offer_that_is_declined_leaves_what_there_is(
    run: Run, answer: Answer, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_ENGINE_LOG", str(tmp_path / "lines"))
    answer(yes=False)
    assert shown(run("level", TWO_OF_FOUR, "--strokes=6")) == ["s1", "s2", "s3", "s4"]
    assert run("level", WHOLE, "--strokes=6") == b""
    assert not (tmp_path / "lines").exists()
    assert log_of(home) == ""


def test_an_offer_that_is_taken_and_then_cancelled_changes_nothing(
    run: Run, answer: Answer
) -> None:
    answer(yes=True, cancel=True)
    assert run("level", TWO_OF_FOUR, "--strokes=6") == b""


def test_an_offer_whose_bitmap_is_gone_is_told_and_changes_nothing(
    run: Run, answer: Answer, home: Path
) -> None:
    answer(yes=True)
    assert run("level", TWO_OF_FOUR.replace('id="photo"', 'id="another"'), "--strokes=6") == b""
    assert "The bitmap of My Sketch is gone" in log_of(home)


@pytest.mark.parametrize(
    ("body", "question"),
    [
        (stroke("s1", 0), "This sketch has 1 stroke. Draw 5 more?"),
        (
            stroke("s1", 0) + stroke("s2", 1) + stroke("mine"),
            "This sketch has 2 ordered strokes. Draw 4 more?",
        ),
    ],
)
def test_an_offer_says_what_there_is(body: str, question: str, run: Run, answer: Answer) -> None:
    asked = answer(yes=False)
    run("level", image() + sketch(body), "--strokes=6")
    assert asked[0][0] == question


@pytest.mark.parametrize("count", [1, 4])
def test_nothing_is_offered_when_there_are_enough(count: int, run: Run, answer: Answer) -> None:
    asked = answer(yes=True)
    run("level", WHOLE, "--strokes=%d" % count)
    assert asked == []


def test_without_a_window_more_than_there_are_is_a_sentence_and_no_byte_on_stderr(
    script: Script, home: Path
) -> None:
    assert script("level", WHOLE, "--strokes=6") == (0, b"", b"")
    assert (
        log_of(home)
        == "The sketch has 4 ordered strokes, all of which are shown. Add Strokes draws more.\n"
    )


def test_the_rest_is_deleted_when_that_is_wanted(run: Run) -> None:
    output = run("level", WHOLE + stroke("mine"), "--strokes=1", "--rest=delete")
    assert list(paths_of(output)) == ["s1", "mine"]


def test_a_stroke_hidden_by_an_attribute_comes_back(run: Run) -> None:
    body = image() + sketch(stroke("s1", 0, more='display="none"'))
    assert paths_of(run("level", body, "--strokes=1"))["s1"].get("display") is None


def test_without_an_order_of_need_there_are_no_levels(run: Run, home: Path) -> None:
    assert run("level", image() + HAND, ids=["hand"]) == b""
    assert "have no order of need" in log_of(home)


# Lock


def test_locked_strokes_are_locked_for_us_and_for_inkscape_until_unlocked(run: Run) -> None:
    locked = run("lock", WHOLE, ids=["s1", "s3"])
    marks = {
        one: (path.get(LOCKED), path.get(INSENSITIVE)) for one, path in paths_of(locked).items()
    }
    assert marks == {
        "s1": ("true", "true"),
        "s2": (None, None),
        "s3": ("true", "true"),
        "s4": (None, None),
    }
    redrawn = run("redraw", locked)
    assert {one for one, path in paths_of(redrawn).items() if path.get("d") != STROKES[one]} == {
        "s2",
        "s4",
    }
    one_free = run("unlock", locked, ids=["s3"])
    assert [one for one, path in paths_of(one_free).items() if is_locked(path)] == ["s1"]
    free = run("unlock", locked)
    loose = [(one, LOCKED) for one in STROKES]
    assert without(free, *loose) == without(document(WHOLE), *loose)
    assert not any(is_locked(path) for path in paths_of(free).values())


def test_unlock_frees_strokes_in_a_locked_group(run: Run) -> None:
    body = image() + sketch('<g id="g" sodipodi:insensitive="true">%s</g>' % stroke("s1"))
    assert paths_of(run("redraw", run("unlock", body)))["s1"].get("d") != STROKES["s1"]
