"""One line and plot order: a layer of its own above the sketch, by a command of the engine."""

from __future__ import annotations

import math
import subprocess
import sys
import types
from pathlib import Path
from typing import Any, Callable, List, Optional

import pytest
from clipasso_ext import edit_effects
from clipasso_ext.cancellation import CalledOff, Cancellation
from clipasso_ext.document.sketch_selection import find_sketch
from clipasso_ext.engine.connection import Event
from clipasso_ext.engine.plot import plot
from clipasso_ext.host import Host
from clipasso_ext.names import GROUPMODE, PATH_EFFECT
from clipasso_ext.problem import Problem
from lxml import etree

from easel import document, image, log_of, root, tree_of, was_ended
from kinds import Run
from matrices import text
from sketched import (
    MOVE,
    STROKES,
    WHOLE,
    paths_of,
    points_of,
    sketch,
    stroke,
    style_of,
    with_id,
    without,
)

# One line, plot order


Plotted = Callable[..., Path]


@pytest.mark.parametrize("kind", ["join", "order"])
def test_a_layer_is_added_above_and_the_sketch_is_hidden(kind: str, run: Run) -> None:
    output = run(kind, WHOLE)
    layer = with_id(output, "sketch")
    new = layer.getnext()
    assert new.get(GROUPMODE) == "layer"
    ids = [one.get("id") for one in tree_of(output).iter("{*}path")]
    assert len(ids) == len(set(ids)) == 8
    assert layer.get("style") == "display:none"
    tree = tree_of(output)
    found = tree.xpath("//*[@id=$ident]", ident=new.get("id"))[0]
    found.getparent().remove(found)
    tree.xpath("//*[@id='sketch']")[0].attrib.pop("style")
    assert etree.tostring(tree) == etree.tostring(tree_of(document(WHOLE)))
    again = run(kind, output, ids=["sketch"])
    ids = [one.get("id") for one in tree_of(again).iter() if one.get("id")]
    assert len(ids) == len(set(ids))


PLOTS = {
    "one": ["s2"],
    "two": ["s3", "s1"],
    "one of them hidden": ["s4", "hidden"],
    "the layer too": ["s2", "sketch"],
}
PLOTTED = {
    "one": ["s2"],
    "two": ["s1", "s3"],
    "one of them hidden": ["s4"],
    "the layer too": ["s1", "s2", "s3", "s4", "hidden"],
}


@pytest.mark.parametrize("case", PLOTS)
@pytest.mark.parametrize("kind", ["join", "order"])
def test_only_the_selected_strokes_are_plotted(kind: str, case: str, run: Run) -> None:
    inside = "".join(stroke(one, rank) for rank, one in enumerate(STROKES)) + stroke(
        "hidden", data="M 9,9 L 1,1", style="display:none"
    )
    body = image() + sketch(inside)
    output = run(kind, body, ids=PLOTS[case])
    layer = with_id(output, "sketch")
    given = {path.get("d"): ident for ident, path in paths_of(document(body)).items()}
    assert [given[path.get("d")] for path in layer.getnext()] == PLOTTED[case]
    assert layer.get("style") == "display:none"
    kept = tree_of(output)
    new = kept.xpath("//*[@id='sketch']")[0].getnext()
    new.getparent().remove(new)
    assert without(etree.tostring(kept), ("sketch", "style")) == without(document(body))


@pytest.mark.parametrize("kind", ["join", "order"])
def test_hidden_strokes_alone_are_not_plotted_and_that_is_told(
    kind: str, run: Run, home: Path
) -> None:
    body = image() + sketch(stroke("s1") + stroke("s2", style="display:none"))
    assert run(kind, body, ids=["s2"]) == b""
    assert log_of(home) == "The selected strokes are hidden: show them, and try again.\n"


@pytest.mark.parametrize("taper", [False, True])
@pytest.mark.parametrize("kind", ["join", "order"])
def test_the_true_engine_plots(kind: str, taper: bool, run: Run, true_engine: Path) -> None:
    inside = '<g transform="rotate(20)" fill="none">%s%s</g>%s' % (
        stroke("s1"),
        stroke("s2"),
        stroke("s3") + stroke("s4"),
    )
    body = '<g transform="%s">%s</g>' % (text(MOVE), sketch(inside))
    given = run("restyle", body, "--taper=taper") if taper else document(body)
    output = run(kind, given, ids=["sketch"])
    layer = with_id(output, "sketch")
    new = layer.getnext()
    drawn = list(new.iter("{*}path"))
    assert len(drawn) == (1 if kind == "join" else 4)
    old = [points_of(path) for path in paths_of(document(body)).values()]
    ends = {point for chain in old for point in (chain[0], chain[-1])}
    there = [point for path in drawn for point in points_of(path)]
    for end in ends:
        assert min(math.dist(end, point) for point in there) < 1e-3
    for path in drawn:
        assert style_of(path)["stroke"] == "#123456"
        assert style_of(path)["fill"] == "none"
        assert path.get(PATH_EFFECT) is None
    assert layer.get("style") == "display:none"
    assert paths_of(output)["s1"].get("d") == paths_of(given)["s1"].get("d")


@pytest.mark.parametrize("kind", ["join", "order"])
def test_the_true_engine_plots_only_the_selected_strokes(
    kind: str, run: Run, true_engine: Path
) -> None:
    output = run(kind, WHOLE, ids=["s1", "s3"])
    drawn = list(with_id(output, "sketch").getnext().iter("{*}path"))
    assert len(drawn) == (1 if kind == "join" else 2)
    there = [point for path in drawn for point in points_of(path)]
    for one, path in paths_of(document(WHOLE)).items():
        for end in (points_of(path)[0], points_of(path)[-1]):
            assert (min(math.dist(end, point) for point in there) < 1e-3) == (one in ("s1", "s3"))


@pytest.mark.parametrize("kind", ["join", "order"])
def test_the_true_engine_says_why_nothing_can_be_plotted(
    kind: str, run: Run, true_engine: Path, home: Path
) -> None:
    assert run(kind, sketch(stroke("s1", data="M 1,1")), ids=["sketch"]) == b""
    last = log_of(home).rstrip().splitlines()[-1]
    assert last == "The sketch has no stroke that could be plotted."


# Progress, cancel and silence


@pytest.fixture
def plotted(host: Host, scratch: Path) -> Plotted:
    """Plots the strokes of a document."""
    sketch = find_sketch(root(WHOLE), [])

    def do(
        command: str = "join",
        on_progress: Callable[[Event], Any] = lambda _: None,
        cancellation: Optional[Cancellation] = None,
        silence_s: Optional[float] = None,
    ) -> Path:
        return plot(sketch, command, host, scratch, on_progress, cancellation, silence_s)

    return do


@pytest.mark.parametrize("kind", ["join", "order"])
def test_progress_is_told(kind: str, plotted: Plotted, home: Path) -> None:
    events: List[Event] = []
    made = plotted(kind, events.append)
    assert [(event["step"], event["steps"]) for event in events] == [
        (1, 4),
        (2, 4),
        (3, 4),
        (4, 4),
    ]
    assert made.exists()
    assert log_of(home) == ""


def test_what_is_called_off_is_ended(
    plotted: Plotted, processes: List[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_ENGINE", "slow")
    cancellation = Cancellation()
    with pytest.raises(CalledOff):
        plotted(on_progress=lambda _: cancellation.call_off(), cancellation=cancellation)
    assert [was_ended(process) for process in processes] == [True]


def test_what_was_called_off_before_is_ended(
    plotted: Plotted, processes: List[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_ENGINE", "slow")  # else it may end by itself before
    cancellation = Cancellation()
    cancellation.call_off()
    with pytest.raises(CalledOff):
        plotted(cancellation=cancellation)
    assert [was_ended(process) for process in processes] == [True]


@pytest.mark.parametrize("mode", ["silent", "slow"])
def test_an_engine_without_a_sign_of_progress_is_ended(
    mode: str,
    plotted: Plotted,
    processes: List[subprocess.Popen[bytes]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One that tells progress is alive, however long it takes."""
    monkeypatch.setenv("FAKE_ENGINE", mode)
    cancellation = Cancellation()
    steps: List[int] = []

    def count(event: Event) -> None:
        steps.append(event["step"])
        if len(steps) == 40:  # 2 s
            cancellation.call_off()

    with pytest.raises(Problem if mode == "silent" else CalledOff) as told:
        plotted(on_progress=count, cancellation=cancellation, silence_s=1.5)
    if mode == "silent":
        assert str(told.value).startswith("The engine gave no sign of progress for ")
    assert [was_ended(process) for process in processes] == [True]


def test_without_a_window_silence_has_a_limit(
    run: Run, home: Path, processes: List[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_ENGINE", "silent")
    monkeypatch.setattr(edit_effects, "SILENCE_S", 0.5)
    assert run("join", WHOLE) == b""
    assert "gave no sign of progress" in log_of(home)
    assert [was_ended(process) for process in processes] == [True]


@pytest.mark.parametrize(
    ("mode", "message"),
    [
        ("error", "The sketch has no stroke that could be plotted."),
        ("die", "The engine failed without a word."),
    ],
)
@pytest.mark.parametrize("kind", ["join", "order"])
def test_a_failure_changes_nothing_and_is_told(
    kind: str, mode: str, message: str, run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_ENGINE", mode)
    assert run(kind, WHOLE) == b""
    assert log_of(home).rstrip().splitlines()[-1] == message


@pytest.mark.parametrize("kind", ["join", "order"])
def test_cancel_leaves_everything(
    kind: str, run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The window's own tests are elsewhere; here it is one that was cancelled."""
    window: Any = types.ModuleType("clipasso_ext.windows.plot_window")
    window.PlotWindow = lambda title, status, step, work: types.SimpleNamespace(run=lambda: None)
    monkeypatch.setitem(sys.modules, "clipasso_ext.windows.plot_window", window)
    monkeypatch.setattr(edit_effects, "has_gtk", lambda: True)
    assert run(kind, WHOLE) == b""
    assert log_of(home) == ""
