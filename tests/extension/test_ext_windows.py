"""Windows of GTK in front of nobody: they stay free while something takes its time, and what is
cancelled leaves nothing.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List

import pytest
from clipasso_ext import VERSION
from clipasso_ext.document.sketch_selection import find_sketch
from clipasso_ext.engine.background import all_jobs
from clipasso_ext.engine.plot import plot
from clipasso_ext.engine.settings import Settings
from clipasso_ext.host import Host
from clipasso_ext.problem import Problem

from easel import image, png, root, sketch_task, tree_of, was_ended
from kinds import Run
from screens import Hands, button, virtual_screen, widgets
from sketched import WHOLE
from stand_in import StandIn

gi = pytest.importorskip("gi", reason="this Python has no GTK")
DRAW = "open(target, 'wb').write(%r)" % png(40, 20)
CLIPPED = image("a") + image("b", more='opacity="0.5"')


@pytest.fixture(scope="module")
def screen() -> Iterator[str]:
    with virtual_screen() as name:
        yield name


@pytest.fixture(autouse=True)
def shown(screen: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows are shown on that screen."""
    monkeypatch.setenv("DISPLAY", screen)
    monkeypatch.delenv("CLIPASSO_NO_GUI")
    gi.require_version("Gtk", "3.0")
    gi.require_version("Gdk", "3.0")
    from gi.repository import Gdk, Gtk

    if Gdk.Display.get_default() is None:
        Gdk.DisplayManager.get().set_default_display(Gdk.Display.open(screen))
    assert Gtk.init_check([])[0]


@pytest.fixture
def hands() -> Iterator[Hands]:
    own = Hands()
    yield own
    own.check()


@pytest.fixture
def sketch_window(host: Host, scratch: Path) -> Callable[[str], Any]:
    """The sketching window on all bitmaps of a document."""
    from clipasso_ext.windows.sketch_window import SketchWindow

    def make(body: str) -> Any:
        svg = root(body)
        tasks = [sketch_task(svg, scratch, ident=one.get("id")) for one in svg]
        return SketchWindow(tasks, Settings(), host, "px")

    return make


def status(window: Any) -> str:
    from gi.repository import Gtk

    return "\n".join(label.get_text() for label in widgets(window, Gtk.Label))


# The sketching window


def test_a_draft_is_inserted(hands: Hands, sketch_window: Callable[[str], Any]) -> None:
    window = sketch_window(image())
    insert = button(window, "Insert")
    hands.when(lambda: "Draft of 16 strokes" in status(window), insert.clicked)
    ((task, event),) = window.run()
    assert (task.name, event["svg"].count("<path")) == ("photo", 16)


@pytest.mark.parametrize(("found", "label"), [(2, "Faces (2 found)"), (0, "Faces (none found)")])
def test_the_switch_for_faces_says_how_many_there_are(
    hands: Hands,
    sketch_window: Callable[[str], Any],
    heard: Callable[[], List[Dict[str, Any]]],
    monkeypatch: pytest.MonkeyPatch,
    found: int,
    label: str,
) -> None:
    monkeypatch.setenv("FAKE_ENGINE_FACES", str(found))
    window = sketch_window(image())
    switch = window._controls.faces
    seen: List[str] = [switch.get_label()]

    def turn_off() -> None:
        seen.append(switch.get_label())
        assert switch.get_sensitive() == (found > 0)
        switch.set_active(False)
        assert "Faces" in switch.get_label()
        hands.when(lambda: len(drafts()) == 2, leave)

    def drafts() -> List[Any]:
        return [one["request"] for one in heard() if "request" in one]

    def leave() -> None:
        seen.append(switch.get_label())
        button(window, "Cancel").clicked()

    hands.when(lambda: "Draft of 16 strokes" in status(window), turn_off)
    assert window.run() == []
    assert seen == ["Faces", label, label], "what was found stays to be read"
    assert [one.get("faces", "auto") for one in drafts()] == ["auto", "none"]


def test_the_window_is_free_while_bitmaps_are_drawn_for_the_background(
    hands: Hands, sketch_window: Callable[[str], Any], host: Host, inkscape: StandIn
) -> None:
    inkscape.waits(DRAW)
    window = sketch_window(CLIPPED)
    seen: List[str] = []

    def look() -> None:
        seen.append(status(window))
        assert button(window, "Cancel").get_sensitive()
        assert not button(window, "Insert").get_sensitive()
        inkscape.go_on()

    def hand_over() -> None:
        button(window, "In the Background").clicked()
        inkscape.wait_begun()
        hands.when(lambda: True, look)

    hands.when(lambda: "Draft of" in status(window), hand_over)
    assert window.run() == []
    assert "Preparing the bitmaps for the background…" in seen[0]
    assert sorted(job.name for job in all_jobs(host)) == ["a", "b"]
    assert len(inkscape.calls()) == 1


def test_cancel_while_bitmaps_are_drawn_for_the_background_leaves_nothing(
    hands: Hands,
    sketch_window: Callable[[str], Any],
    host: Host,
    inkscape: StandIn,
    processes: List[subprocess.Popen[bytes]],
) -> None:
    inkscape.waits(DRAW)
    window = sketch_window(CLIPPED)

    def hand_over() -> None:
        button(window, "In the Background").clicked()
        inkscape.wait_begun()
        hands.when(lambda: True, button(window, "Cancel").clicked)

    hands.when(lambda: "Draft of" in status(window), hand_over)
    assert window.run() == []
    assert not host.jobs.exists() or list(host.jobs.iterdir()) == []
    assert "stand-in" in str(processes[-1].args)
    assert was_ended(processes[-1])


def test_a_bitmap_that_keeps_all_from_the_background_is_told_in_the_window(
    hands: Hands, sketch_window: Callable[[str], Any], host: Host
) -> None:
    window = sketch_window(image("a") + image("b", link="gone.png"))
    seen: List[str] = []

    def look() -> None:
        seen.append(status(window))
        assert button(window, "In the Background").get_sensitive()
        button(window, "Cancel").clicked()

    def hand_over() -> None:
        button(window, "In the Background").clicked()
        hands.when(lambda: "None of the sketches was started." in status(window), look)

    hands.when(lambda: "Draft of" in status(window), hand_over)
    assert window.run() == []
    assert "gone: The bitmap's file is missing: gone.png" in seen[0]
    assert all_jobs(host) == []


def test_what_was_handed_over_is_told_with_where_to_find_it(
    hands: Hands, sketch_window: Callable[[str], Any]
) -> None:
    window = sketch_window(image("a") + image("b"))
    background = button(window, "In the Background")
    hands.when(lambda: "Draft of" in status(window), background.clicked)
    assert window.run() == []
    assert window.handed_over == (
        "Sketching in the background: a, b. Go on working: Extensions > CLIPasso > Background >"
        " Insert Finished Sketches brings what is done."
    )


def toplevel(kind: Any) -> Any:
    """The window of that kind which is shown; None for none."""
    from gi.repository import Gtk

    return next((one for one in Gtk.Window.list_toplevels() if isinstance(one, kind)), None)


def test_a_bitmap_that_failed_is_told_when_the_others_are_inserted(hands: Hands, run: Run) -> None:
    from clipasso_ext.windows.sketch_window import SketchWindow
    from gi.repository import Gtk

    seen: List[str] = []

    def read() -> None:
        seen.append(toplevel(Gtk.MessageDialog).get_property("text"))
        toplevel(Gtk.MessageDialog).response(Gtk.ResponseType.OK)

    def insert() -> None:
        button(toplevel(SketchWindow), "Insert").clicked()
        hands.when(lambda: toplevel(Gtk.MessageDialog), read)

    def is_drafted() -> bool:
        shown = toplevel(SketchWindow)
        return shown is not None and "Draft of" in status(shown)

    hands.when(is_drafted, insert)
    body = image("a") + image("b", link="gone.png")
    output = run("sketch", body, ids=["a", "b"])
    assert len(tree_of(output).findall("{*}g")) == 1
    (told,) = seen
    assert told.startswith("gone: The bitmap's file is missing: ")


# Engine and Models


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

    hands.when(lambda: "engine status" in status(window), fetch)
    window.run()
    assert f"extension: {VERSION}, under Inkscape's Python" in seen[0]
    assert "into /weights/of/another/disk." in seen[1]


# Join and Plot Order


@pytest.fixture
def plot_window(host: Host, scratch: Path) -> Any:
    from clipasso_ext.windows.plot_window import PlotWindow

    sketch = find_sketch(root(WHOLE), [])
    return PlotWindow(
        "Join into One Line",
        "Joining the strokes",
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
