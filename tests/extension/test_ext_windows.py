"""Windows of GTK in front of nobody: they stay free while something takes its time, and what is
cancelled leaves nothing.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, List

import pytest
from clipasso_ext import VERSION
from clipasso_ext.document.sketch_selection import find_sketch
from clipasso_ext.engine import commands
from clipasso_ext.engine.commands import Answer
from clipasso_ext.engine.plot import plot
from clipasso_ext.host import Host
from clipasso_ext.problem import Problem

from easel import root, was_ended
from screens import Hands, button, status
from sketched import WHOLE

pytest.importorskip("gi", reason="this Python has no GTK")
pytestmark = pytest.mark.usefixtures("shown")


# A batch at work: it holds the first file until the second one is there
HOLD = (
    "import fcntl, os, sys, time; lock = open(sys.argv[1], 'w'); fcntl.flock(lock, fcntl.LOCK_EX);"
    " print('held', flush=True)\nwhile not os.path.exists(sys.argv[2]): time.sleep(0.05)"
)


# Engine and Models


def test_what_opens_the_logs_gets_none_of_inkscapes_libraries(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from clipasso_ext.windows.engine_window import EngineWindow

    monkeypatch.setenv("LD_LIBRARY_PATH", "/tmp/.mount_Inkscape/usr/lib")  # of an AppImage
    window = EngineWindow(host)
    started: List[Any] = []
    monkeypatch.setattr(subprocess, "Popen", lambda words, **chosen: started.append(chosen))
    window._open(tmp_path)
    window.destroy()
    (chosen,) = started
    assert "LD_LIBRARY_PATH" not in chosen["env"]
    assert "DISPLAY" in chosen["env"]


def test_the_window_tells_the_extensions_version_and_asks_the_engine_where_models_go(
    hands: Hands, host: Host
) -> None:
    from clipasso_ext.windows.engine_window import EngineWindow
    from gi.repository import Gtk

    window = EngineWindow(host)
    seen: List[str] = []

    def question() -> Any:
        for one in Gtk.Window.list_toplevels():
            if isinstance(one, Gtk.MessageDialog):
                return one
        return None

    def decline() -> None:
        seen.append(question().get_property("secondary-text"))
        question().response(Gtk.ResponseType.CANCEL)
        hands.when(lambda: question() is None, button(window, "Close").clicked)

    def fetch() -> None:
        seen.append(status(window))
        button(window, "Fetch CLIP Weights…").clicked()
        hands.when(question, decline)

    hands.when(lambda: "The engine 7.7 is idle." in status(window), fetch)
    window.run()
    assert f"extension: {VERSION}, under Inkscape's Python" in seen[0]
    assert "into /weights/of/another/disk." in seen[1]
    recommended, published = (line for line in seen[1].splitlines() if "licence" in line)
    assert recommended.startswith("ViT-B/16 is recommended")
    assert "600 MB" in recommended
    assert published.startswith("RN101")
    assert "480 MB" in published


@pytest.mark.parametrize(
    ("number", "name"), [(1, "clip:ViT-B-16:laion2b_s34b_b88k"), (2, "clip:RN101:openai")]
)
def test_the_window_fetches_the_clip_that_was_chosen(
    hands: Hands, host: Host, number: int, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from clipasso_ext.windows import engine_window
    from clipasso_ext.windows.engine_window import EngineWindow
    from gi.repository import Gtk

    asked: List[List[str]] = []
    run: Any = vars(engine_window)["run_command"]

    def run_command(host: Host, words: List[str]) -> Any:
        asked.append(words)
        return run(host, words)

    monkeypatch.setattr(engine_window, "run_command", run_command)
    window = EngineWindow(host)

    def question() -> Any:
        found = [one for one in Gtk.Window.list_toplevels() if isinstance(one, Gtk.MessageDialog)]
        return found[0] if found else None

    def choose() -> None:
        question().response(number)
        hands.when(
            lambda: "CLIP is on this machine now." in status(window),
            button(window, "Close").clicked,
        )

    def fetch() -> None:
        button(window, "Fetch CLIP Weights…").clicked()
        hands.when(question, choose)

    hands.when(lambda: "The engine 7.7 is idle." in status(window), fetch)
    window.run()
    assert asked[-1] == ["models", "fetch", name, "--json"]


def test_the_engine_is_started_and_stopped_and_tells_what_it_is_at(
    hands: Hands, host: Host
) -> None:
    from clipasso_ext.windows.engine_window import EngineWindow

    window = EngineWindow(host)

    def tells(text: str) -> Any:
        return lambda: text in status(window)

    def start() -> None:
        button(window, "Start Engine").clicked()
        hands.when(tells("The engine 7.7 is computing."), stop)

    def stop() -> None:
        button(window, "Stop Engine").clicked()
        hands.when(tells("The engine is not running"), button(window, "Close").clicked)

    hands.when(tells("is idle."), start)
    window.run()


def test_an_engine_that_can_not_be_started_is_told(
    hands: Hands, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    from clipasso_ext.windows import engine_window
    from clipasso_ext.windows.engine_window import EngineWindow

    run = commands.run_command

    def run_command(host: Host, words: List[str]) -> Any:
        return Answer(False, "it is gone") if words[:2] == ["engine", "start"] else run(host, words)

    monkeypatch.setattr(engine_window, "run_command", run_command)
    window = EngineWindow(host)

    def start() -> None:
        button(window, "Start Engine").clicked()
        hands.when(lambda: "is gone" in status(window), button(window, "Close").clicked)

    hands.when(lambda: "is idle." in status(window), start)
    window.run()


@pytest.mark.skipif(sys.platform == "win32", reason="holds as other systems do")
def test_a_batch_at_work_can_be_stopped(hands: Hands, host: Host, tmp_path: Path) -> None:
    from clipasso_ext.engine.many import LOCK, STOP
    from clipasso_ext.windows.engine_window import EngineWindow

    (host.home / "batches").mkdir(parents=True)
    facts = {"folder": "in", "sketches": str(tmp_path), "pictures": 3}
    (host.home / "batches" / "1.json").write_text(json.dumps(facts))
    holding = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / LOCK), str(tmp_path / STOP)],
        stdout=subprocess.PIPE,
    )
    assert holding.stdout is not None
    assert holding.stdout.readline() == b"held\n"
    window = EngineWindow(host)

    def stop() -> None:
        button(window, "Stop Sketch Many").clicked()
        hands.when(
            lambda: "It was stopped" in window._report.get_text(), button(window, "Close").clicked
        )

    hands.when(lambda: window._many.get_visible() and "is idle." in status(window), stop)
    window.run()
    assert not window._many.get_visible()
    assert holding.wait(timeout=60) == 0


# Join and Plot Order


@pytest.fixture
def plot_window(host: Host, scratch: Path) -> Any:
    from clipasso_ext.windows.plot_window import PlotWindow

    sketch = find_sketch(root(WHOLE), [])
    return PlotWindow(
        "Join into One Line",
        "Joining the strokes…",
        "Joining the strokes: step {step} of {steps}",
        lambda on_progress, cancellation: plot(
            sketch, "join", host, scratch, on_progress, cancellation
        ),
    )


def test_a_plot_is_shown_and_the_window_closes_by_itself(plot_window: Any, scratch: Path) -> None:
    assert plot_window.run() == scratch / "plotted.svg"


@pytest.mark.parametrize("way", ["button", "key", "window manager"])
def test_a_plot_that_is_cancelled_ends_the_engines_command(
    way: str,
    hands: Hands,
    plot_window: Any,
    processes: List[subprocess.Popen[bytes]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FAKE_ENGINE", "slow")
    seen: List[str] = []

    def cancel() -> None:
        seen.append(status(plot_window))
        if way == "button":
            button(plot_window, "Cancel").clicked()
        else:
            from gi.repository import Gdk

            key = Gdk.Event.new(Gdk.EventType.KEY_PRESS)
            key.keyval = Gdk.KEY_Escape
            signal = {"key": "key-press-event", "window manager": "delete-event"}[way]
            plot_window.emit(signal, key)

    hands.when(lambda: "step " in status(plot_window), cancel)
    assert plot_window.run() is None
    assert re.match(r"Joining the strokes: step \d+ of 1000000", seen[0])
    assert [was_ended(process) for process in processes] == [True]


@pytest.mark.parametrize("mode", ["error", "die"])
def test_a_plot_that_fails_is_a_problem(
    mode: str, plot_window: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_ENGINE", mode)
    with pytest.raises(Problem):
        plot_window.run()
