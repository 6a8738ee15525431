"""The sketching window in front of nobody: what is seen, what the person does, and what becomes of
it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, List

import pytest
from clipasso_ext.engine.settings import Settings, store
from clipasso_ext.host import Host

from easel import image, tree_of
from kinds import Heard, Run
from screens import Hands, button, status, widgets
from sketching import Open, asked, key, pixels

pytest.importorskip("gi", reason="this Python has no GTK")
pytestmark = pytest.mark.usefixtures("shown")
TWO = image("a") + image("b")


def test_a_draft_is_inserted(hands: Hands, sketch_window: Open) -> None:
    window = sketch_window(image())
    insert = button(window, "Insert")
    hands.when(lambda: "Draft of 16 strokes" in status(window), insert.clicked)
    ((task, event),) = window.run()
    assert (task.name, event["svg"].count("<path")) == ("photo", 16)


@pytest.mark.parametrize(("found", "label"), [(2, "Faces (2 found)"), (0, "Faces (none found)")])
def test_the_switch_for_faces_says_how_many_there_are(
    hands: Hands,
    sketch_window: Open,
    heard: Heard,
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


@pytest.mark.parametrize(
    ("found", "label"), [(3, "Subjects apart (3 found)"), (1, "Subjects apart (only one found)")]
)
def test_the_switch_for_subjects_says_how_many_there_are(
    hands: Hands,
    sketch_window: Open,
    heard: Heard,
    monkeypatch: pytest.MonkeyPatch,
    found: int,
    label: str,
) -> None:
    monkeypatch.setenv("FAKE_ENGINE_SUBJECTS", str(found))
    window = sketch_window(image())
    switch = window._controls.subjects
    seen: List[Any] = []

    def turn_off() -> None:
        seen.extend([switch.get_label(), switch.get_sensitive()])
        switch.set_active(False)
        window._controls.background.set_value(6)
        hands.when(lambda: drafts()[-1].get("background") == 6, leave)

    def drafts() -> List[Any]:
        return [one["request"] for one in heard() if "request" in one]

    def leave() -> None:
        seen.append(switch.get_label())
        button(window, "Cancel").clicked()

    hands.when(lambda: "Draft of 16 strokes" in status(window), turn_off)
    assert window.run() == []
    assert seen == [label, found > 1, label], "what was found stays to be read"
    assert drafts()[-1]["subjects"] == "one"


# What was typed


@pytest.mark.parametrize("way", ["Enter", "button"])
@pytest.mark.parametrize(("typed", "width"), [("1.5", 1.5), ("1,5", 1.5), ("wide", 0.0)])
def test_what_was_typed_counts_when_it_is_inserted(
    hands: Hands, sketch_window: Open, typed: str, width: float, way: str
) -> None:
    window = sketch_window()
    controls = window._controls

    def insert() -> None:
        controls.width.grab_focus()
        controls.width.set_text(typed)
        if way == "Enter":
            assert key(window, "Return")
        else:
            button(window, "Insert").clicked()

    hands.when(lambda: "Draft of" in status(window), insert)
    assert len(window.run()) == 1
    assert window.settings.width == width


def test_a_seed_that_was_typed_is_drawn_before_it_is_inserted(
    hands: Hands, sketch_window: Open, heard: Heard
) -> None:
    window = sketch_window()

    def insert() -> None:
        window._controls.seed.set_text("7")
        button(window, "Insert").clicked()

    hands.when(lambda: "Draft of" in status(window), insert)
    assert len(window.run()) == 1
    assert [one["request"].get("seed", 0) for one in asked(heard)] == [0, 7]


def test_a_comma_is_a_point_also_where_the_field_is_left(hands: Hands, sketch_window: Open) -> None:
    window = sketch_window()
    width = window._controls.width

    def leave() -> None:
        width.grab_focus()
        width.set_text("2,5")
        window._controls.slider.grab_focus()
        assert width.get_value() == 2.5
        button(window, "Cancel").clicked()

    hands.when(lambda: "Draft of" in status(window), leave)
    window.run()


# Several bitmaps


def test_a_page_turned_to_while_another_is_drawn_is_drawn_next(
    hands: Hands, sketch_window: Open, hold: Path
) -> None:
    hold.touch()
    window = sketch_window(TWO)
    both = window._work.session.states

    def turn() -> None:
        button(window, "›").clicked()
        assert window._work.session.current == 0, "the first is still drawn"
        hold.unlink()

    hands.when(lambda: window._work.session.busy, turn)

    def look() -> None:
        assert "2 of 2: b" in status(window)
        button(window, "Cancel").clicked()

    hands.when(lambda: all(one.result for one in both), look)
    window.run()


def test_the_button_says_how_many_it_inserts(hands: Hands, sketch_window: Open) -> None:
    window = sketch_window(TWO)
    insert = button(window, "Insert All 2")
    hands.when(lambda: "Draft of" in status(window), insert.clicked)
    assert [task.name for task, _ in window.run()] == ["a", "b"]


# What was chosen before


def test_the_seed_of_the_last_photograph_is_not_the_next_one_s(sketch_window: Open) -> None:
    assert sketch_window(stored=Settings(seed=5, strokes=9)).settings == Settings(
        strokes=9, bitmap="dim"
    )


def test_a_bitmap_is_dimmed_unless_the_person_chose_otherwise(
    sketch_window: Open, host: Host
) -> None:
    assert sketch_window().settings.bitmap == "dim"
    store(Settings(), host.settings)
    assert sketch_window().settings.bitmap == "keep"


# Keys and words


def test_enter_inserts_from_a_drop_down_as_its_tooltip_says(
    hands: Hands, sketch_window: Open
) -> None:
    from gi.repository import Gtk

    window = sketch_window()

    def press() -> None:
        window._controls.guide.child_focus(Gtk.DirectionType.TAB_FORWARD)
        focus = window.get_focus()
        assert isinstance(focus, Gtk.ToggleButton), "what opens the list"
        assert focus.get_ancestor(Gtk.ComboBox) is window._controls.guide
        assert key(window, "Return")
        hands.when(lambda: window._work.wanted, lambda: None)  # else the window would wait for ever

    hands.when(lambda: "Draft of" in status(window), press)
    assert len(window.run()) == 1


def test_no_two_mnemonics_are_the_same_and_everything_says_what_it_does(
    sketch_window: Open,
) -> None:
    from gi.repository import Gtk

    window = sketch_window(TWO)
    letters: List[str] = []
    for label in widgets(window, Gtk.Label):
        if label.get_use_underline() and "_" in label.get_label():
            letters.append(label.get_label().split("_", 1)[1][0].lower())
    assert len(letters) >= 20
    assert "".join(sorted(letters)) == "".join(sorted(set(letters)))
    speaking = (Gtk.Button, Gtk.SpinButton, Gtk.ComboBox, Gtk.Scale)
    silent = [
        one
        for one in widgets(window, speaking)
        if not one.get_tooltip_text() and one.get_ancestor(Gtk.InfoBar) is None
    ]
    assert [(type(one).__name__, one.get_label()) for one in silent] == []


def test_the_guide_s_and_the_subject_s_names_are_words_that_everybody_knows(
    hands: Hands, sketch_window: Open
) -> None:
    window = sketch_window()
    seen: List[str] = []

    def look() -> None:
        seen.append(status(window))
        button(window, "Cancel").clicked()

    hands.when(lambda: "Draft of" in status(window), look)
    window.run()
    assert "Judged by the built-in network. The subject was found automatically" in seen[0]
    assert "u2netp" not in seen[0]


# Looking closer


def test_one_looks_closer_at_the_place_that_one_points_at(
    hands: Hands, sketch_window: Open
) -> None:
    window = sketch_window()
    preview = window._board.preview

    def look() -> None:
        from gi.repository import Gdk

        whole = pixels(window)
        x, y = preview.get_allocated_width() / 2 + 60, preview.get_allocated_height() / 2 - 20
        place = preview.place_of(x, y)
        event = Gdk.Event.new(Gdk.EventType.SCROLL)
        event.scroll.direction = Gdk.ScrollDirection.UP
        event.scroll.x, event.scroll.y = x, y
        preview.emit("scroll-event", event)
        assert preview.place_of(x, y) == pytest.approx(place, abs=0.02)
        assert preview._part()[0].width < 1
        for name in ("plus", "minus"):
            assert key(window, name)
        assert pixels(window) != whole
        assert key(window, "0")
        assert pixels(window) == whole
        button(window, "Cancel").clicked()

    hands.when(lambda: "Draft of" in status(window), look)
    window.run()


def test_the_window_fits_a_small_screen_and_the_picture_grows_with_it(
    hands: Hands, sketch_window: Open
) -> None:
    body = image() + '<rect id="shape" x="20" y="20" width="30" height="30"/>'
    window = sketch_window(body, selected=["photo", "shape"])  # which asks the most
    window.show_all()
    window.refresh()
    assert window._board.shapes.get_visible()
    least, _ = window.get_preferred_size()
    assert least.width <= 1366
    assert least.height <= 700
    seen: List[int] = []

    def grow() -> None:
        seen.append(window._board.preview.picture.get_width())
        window.resize(1270, 880)
        hands.when(has_grown, button(window, "Cancel").clicked)

    def has_grown() -> bool:
        return bool(window._board.preview.picture.get_width() > seen[0] + 100)

    hands.when(lambda: "Draft of" in status(window), grow)
    window.run()


# What is told at the end


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
        button(toplevel(SketchWindow), "Insert All 2").clicked()
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
