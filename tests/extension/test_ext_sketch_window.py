"""The sketching window in front of nobody: what is seen, what the person does, and what becomes of
it.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any, Dict, List

import pytest
from clipasso_ext.engine.background import all_jobs
from clipasso_ext.engine.settings import Settings, store
from clipasso_ext.host import Host

from easel import image, png, tree_of, was_ended
from kinds import Heard, Run
from screens import Hands, button, status, widgets
from sketching import Open, asked, key, pixels, set_color, small_pictures, tries
from stand_in import StandIn

pytest.importorskip("gi", reason="this Python has no GTK")
pytestmark = pytest.mark.usefixtures("shown")
DRAW = "open(target, 'wb').write(%r)" % png(40, 20)
CLIPPED = image("a") + image("b", more='opacity="0.5"')
TWO = image("a") + image("b")

# The sketching window


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


def test_the_window_is_free_while_bitmaps_are_drawn_for_the_background(
    hands: Hands, sketch_window: Open, host: Host, inkscape: StandIn
) -> None:
    inkscape.waits(DRAW)
    window = sketch_window(CLIPPED)
    seen: List[str] = []

    def look() -> None:
        seen.append(status(window))
        assert button(window, "Cancel").get_sensitive()
        assert not button(window, "Insert All 2").get_sensitive()
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
    sketch_window: Open,
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
    hands: Hands, sketch_window: Open, host: Host
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


# Finish goes on


def test_finish_goes_on_from_the_draft_and_the_strip_brings_it_back(
    hands: Hands, sketch_window: Open, heard: Heard
) -> None:
    window = sketch_window()

    def finish() -> None:
        button(window, "Finish").clicked()
        hands.when(lambda: "Finished: 16 strokes" in status(window), bring_back)

    def bring_back() -> None:
        assert [one.get_active() for one in small_pictures(window)] == [False, True]
        small_pictures(window)[0].clicked()
        assert "Draft of 16 strokes" in status(window)
        assert [one.get_active() for one in small_pictures(window)] == [True, False]
        button(window, "Insert").clicked()

    hands.when(lambda: "Draft of 16 strokes" in status(window), finish)
    ((_, event),) = window.run()
    draft, finished = asked(heard)
    assert "start" not in draft
    assert finished["start"] == tries(window)[0].svg
    assert finished["request"].get("preset", "auto") == "auto"
    assert event is tries(window)[0].event


def test_finish_again_is_greyed_where_nothing_would_change(
    hands: Hands, sketch_window: Open
) -> None:
    window = sketch_window()

    def again() -> None:
        button(window, "Finish Again").clicked()
        hands.when(lambda: "No better sketch was found" in status(window), look)

    def look() -> None:
        assert not button(window, "Finish Again").get_sensitive()
        assert len(tries(window)) == 2
        window._controls.preset.set_active_id("standard")
        assert button(window, "Finish Again").get_sensitive()
        small_pictures(window)[0].clicked()
        assert button(window, "Finish").get_sensitive()
        button(window, "Cancel").clicked()

    hands.when(lambda: "Draft of" in status(window), button(window, "Finish").clicked)
    hands.when(lambda: "Finished: 16 strokes" in status(window), again)
    assert window.run() == []


def test_what_was_stopped_says_so(
    hands: Hands, sketch_window: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_ENGINE", "slow")
    window = sketch_window()

    seen: List[str] = []

    def stop() -> None:
        button(window, "Stop and Keep").clicked()
        hands.when(lambda: "Stopped after" in status(window), look)

    def look() -> None:
        seen.append(status(window))
        button(window, "Cancel").clicked()

    def finish() -> None:
        button(window, "Finish").clicked()
        hands.when(lambda: "Finishing: step" in status(window), stop)

    hands.when(lambda: "Draft: step" in status(window), finish)
    window.run()
    (one,) = tries(window)
    done, planned = one.steps
    assert f"Stopped after {done} of {planned} steps: 16 strokes." in seen[0]
    assert 0 < done < planned


def test_a_try_is_looked_at_while_finish_goes_on(
    hands: Hands, sketch_window: Open, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_ENGINE", "slow finish")
    window = sketch_window()
    first: List[bytes] = []

    def turn() -> None:
        first.append(pixels(window))
        window._controls.strokes.set_value(5)
        hands.when(lambda: "Draft of 5 strokes" in status(window), finish)

    def finish() -> None:
        button(window, "Finish").clicked()
        hands.when(lambda: "Finishing: step" in status(window), look_aside)

    def look_aside() -> None:
        small_pictures(window)[0].clicked()
        seen_at = window._work.session.latest["step"]
        assert pixels(window) == first[0]
        assert window.settings.strokes == 16
        hands.when(lambda: window._work.session.latest.get("step", 0) > seen_at + 1, stop)

    def stop() -> None:
        assert pixels(window) == first[0], "what grows is not shown"
        assert "Finishing: step" in status(window)
        button(window, "Stop and Keep").clicked()
        hands.when(lambda: "Finish is done" in status(window), insert)

    def insert() -> None:
        assert pixels(window) == first[0]
        assert [one.get_active() for one in small_pictures(window)] == [True, False, False]
        button(window, "Insert").clicked()

    hands.when(lambda: "Draft of 16 strokes" in status(window), turn)
    ((_, event),) = window.run()
    assert [one.strokes for one in tries(window)] == [16, 5, 5]
    assert event is tries(window)[0].event, "what one sees is inserted"
    assert not any("cancel" in line for line in heard())


def test_insert_while_finish_goes_on_inserts_what_one_looks_at(
    hands: Hands, sketch_window: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_ENGINE", "slow finish")
    window = sketch_window()

    def look_aside() -> None:
        small_pictures(window)[0].clicked()
        button(window, "Insert").clicked()

    def finish() -> None:
        button(window, "Finish").clicked()
        hands.when(lambda: "Finishing: step" in status(window), look_aside)

    hands.when(lambda: "Draft of" in status(window), finish)
    ((_, event),) = window.run()
    assert event is tries(window)[0].event


def test_a_draft_is_called_off_by_a_click_on_an_earlier_one(
    hands: Hands, sketch_window: Open, hold: Path
) -> None:
    window = sketch_window()

    def turn() -> None:
        hold.touch()
        window._controls.strokes.set_value(5)
        hands.when(lambda: window._work.session.busy, bring_back)

    def bring_back() -> None:
        small_pictures(window)[0].clicked()
        assert not window._work.session.busy
        assert "Draft of 16 strokes" in status(window)
        button(window, "Cancel").clicked()

    hands.when(lambda: "Draft of 16 strokes" in status(window), turn)
    window.run()
    assert len(tries(window)) == 1


def test_a_knob_that_was_turned_just_now_is_not_finished_from_the_old_strokes(
    hands: Hands, sketch_window: Open, heard: Heard
) -> None:
    window = sketch_window()

    def turn() -> None:
        window._controls.strokes.set_value(5)
        button(window, "Finish").clicked()
        hands.when(
            lambda: "Finished: 5 strokes" in status(window), button(window, "Cancel").clicked
        )

    hands.when(lambda: "Draft of" in status(window), turn)
    window.run()
    assert "start" not in asked(heard)[-1]


def test_a_try_that_comes_back_brings_its_settings_but_not_its_looks(
    hands: Hands, sketch_window: Open, heard: Heard
) -> None:
    window = sketch_window()
    controls = window._controls

    def turn() -> None:
        controls.strokes.set_value(7)
        hands.when(lambda: "Draft of 7 strokes" in status(window), bring_back)

    def bring_back() -> None:
        controls.look.set_active_id("ink")
        small_pictures(window)[0].clicked()
        assert "Draft of 16 strokes" in status(window)
        assert (controls.settings.strokes, controls.settings.look) == (16, "ink")
        assert not window._work.is_waiting, "what is there is not drawn again"
        button(window, "Finish").clicked()
        hands.when(lambda: "Finished: 16" in status(window), button(window, "Cancel").clicked)

    hands.when(lambda: "Draft of 16" in status(window), turn)
    window.run()
    assert asked(heard)[-1]["start"] == tries(window)[0].svg


# Looks


def test_looks_change_the_picture_at_once_and_the_engine_is_not_asked(
    hands: Hands, sketch_window: Open, heard: Heard
) -> None:
    window = sketch_window()
    controls = window._controls
    seen: List[bytes] = []

    def look() -> None:
        seen.append(pixels(window))
        for change in (
            lambda: controls.look.set_active_id("ink"),
            lambda: controls.width.set_value(9),
            lambda: set_color(controls, "#cc2200"),
            lambda: controls.look.set_active_id("pencil"),
        ):
            change()
            assert pixels(window) not in seen
            seen.append(pixels(window))
        controls.bitmap.set_active_id("hide")
        assert not window._work.is_waiting
        button(window, "Insert").clicked()

    hands.when(lambda: "Draft of" in status(window), look)
    assert len(window.run()) == 1
    (draft,) = asked(heard)
    assert draft["request"] == {"version": 1, "preset": "draft", "color": "photo"}
    chosen = window.settings
    assert (chosen.look, chosen.width, chosen.ink) == ("pencil", 9, "#cc2200")


def test_strokes_are_laid_anew_for_a_far_thicker_pen_when_the_person_wants_it(
    hands: Hands, sketch_window: Open, heard: Heard
) -> None:
    window = sketch_window()
    controls = window._controls
    offer = button(window, "Redraw for This Width")
    seen: List[bool] = []

    def widen() -> None:
        for width in (0, 2, 4):  # 2 is twice the engine's own pen, 4 four times
            controls.width.set_value(width)
            seen.append(offer.get_visible())
        assert not window._work.is_waiting
        offer.clicked()
        hands.when(lambda: len(tries(window)) == 2, finish)

    def finish() -> None:
        assert not offer.get_visible()
        button(window, "Finish").clicked()
        hands.when(lambda: "Finished" in status(window), thin)

    def thin() -> None:
        controls.width.set_value(0)
        assert offer.get_visible(), "these strokes are for a thick pen"
        small_pictures(window)[0].clicked()
        assert not offer.get_visible(), "and those are not"
        controls.width.set_value(4)
        controls.strokes.set_value(5)
        hands.when(lambda: "Draft of 5 strokes" in status(window), button(window, "Cancel").clicked)

    hands.when(lambda: "Draft of" in status(window), widen)
    window.run()
    assert seen == [False, False, True]
    draft, redrawn, finished, other = asked(heard)
    widths = [one["request"].get("width_px") for one in (draft, redrawn, finished, other)]
    assert widths == [None, 2.0, 2.0, None], "the pen is that of the strokes on show"
    assert "start" not in redrawn
    assert finished["start"] == tries(window)[1].svg


def test_a_gtk_that_draws_no_svg_leaves_looks_to_the_engine(
    hands: Hands, sketch_window: Open, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    from clipasso_ext.windows import brush
    from clipasso_ext.windows import sketch_window as module

    for one in (brush, module):
        monkeypatch.setattr(one, "draws_svg", lambda: False)
    window = sketch_window()
    controls = window._controls

    def turn() -> None:
        assert not window._board.brush.get_sensitive()
        controls.width.set_value(4)
        hands.when(lambda: len(tries(window)) == 2, button(window, "Insert").clicked)

    hands.when(lambda: "Draft of" in status(window), turn)
    assert len(window.run()) == 1
    assert [("width_px" in one["request"], "preview_svg" in one) for one in asked(heard)] == [
        (False, False),
        (True, False),
    ]


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


# What the person paints


def test_what_is_painted_reaches_the_engine_as_grey_pictures(
    hands: Hands, sketch_window: Open, heard: Heard
) -> None:
    from gi.repository import GdkPixbuf, Gtk

    window = sketch_window()
    brush = window._board.brush
    greys: Dict[str, List[int]] = {}

    def tool(label: str) -> None:
        (one,) = [
            one
            for one in widgets(brush, Gtk.ToggleButton)
            if one.get_label().replace("_", "") == label
        ]
        one.set_active(True)

    def paint() -> None:
        before = pixels(window)
        for label, x in (("More Here", 0.2), ("Less Here", 0.8), ("Subject Too", 0.3)):
            tool(label)
            brush.begin((x, 0.5))
            brush.go_on((x, 0.6))
            brush.end()
        window._board.preview.refresh()
        assert pixels(window) != before
        hands.when(lambda: len(tries(window)) == 2, undo)

    def undo() -> None:
        request = asked(heard)[-1]["request"]
        for field in ("emphasis", "mask_repair"):
            picture = GdkPixbuf.Pixbuf.new_from_file(request[field])
            width, height = picture.get_width(), picture.get_height()
            assert width == 2 * height, "the photograph's proportions"
            row, data = picture.get_rowstride(), picture.get_pixels()
            y, n = round(0.55 * height), picture.get_n_channels()
            greys[field] = [data[y * row + round(x * width) * n] for x in (0.2, 0.3, 0.5, 0.8)]
        brush.undo()
        hands.when(lambda: len(tries(window)) == 3, clear)

    def clear() -> None:
        assert "mask_repair" not in asked(heard)[-1]["request"]
        brush.clear()
        hands.when(lambda: len(tries(window)) == 4, button(window, "Cancel").clicked)

    hands.when(lambda: "Draft of" in status(window), paint)
    window.run()
    assert greys == {"emphasis": [210, 128, 128, 48], "mask_repair": [128, 255, 128, 128]}
    assert "emphasis" not in asked(heard)[-1]["request"]
    assert not Path(asked(heard)[1]["request"]["emphasis"]).exists(), "nothing is left behind"


def test_a_sketch_drawn_before_the_brush_is_not_gone_on_from(
    hands: Hands, sketch_window: Open, heard: Heard
) -> None:
    window = sketch_window()
    brush = window._board.brush

    def paint() -> None:
        brush.tool = "more"
        brush.begin((0.5, 0.5))
        brush.end()
        button(window, "Finish").clicked()
        hands.when(lambda: "Finished" in status(window), button(window, "Cancel").clicked)

    hands.when(lambda: "Draft of" in status(window), paint)
    window.run()
    assert "start" not in asked(heard)[-1]


def test_finish_goes_on_from_a_draft_that_was_drawn_with_what_is_painted(
    hands: Hands, sketch_window: Open, heard: Heard
) -> None:
    window = sketch_window()
    brush = window._board.brush

    def paint() -> None:
        brush.tool = "more"
        brush.begin((0.5, 0.5))
        brush.end()
        hands.when(lambda: len(tries(window)) == 2, finish)

    def finish() -> None:
        button(window, "Finish").clicked()
        hands.when(lambda: "Finished" in status(window), button(window, "Cancel").clicked)

    hands.when(lambda: "Draft of" in status(window), paint)
    window.run()
    finished = asked(heard)[-1]
    assert finished["start"] == tries(window)[1].svg
    assert finished["request"]["emphasis"] == asked(heard)[1]["request"]["emphasis"]


def test_the_background_goes_on_from_the_draft_with_all_that_was_said(
    hands: Hands, sketch_window: Open, host: Host
) -> None:
    window = sketch_window()
    brush = window._board.brush

    def paint() -> None:
        window._controls.look.set_active_id("marker")
        brush.tool = "more"
        brush.begin((0.5, 0.5))
        brush.end()
        hands.when(lambda: len(tries(window)) == 2, button(window, "In the Background").clicked)

    hands.when(lambda: "Draft of" in status(window), paint)
    assert window.run() == []
    (job,) = all_jobs(host)
    line = job.facts["line"]
    assert line["start"] == tries(window)[1].svg
    assert (job.folder / line["request"]["emphasis"]).is_file()
    assert job.facts["looks"] == ["marker", 0.0, "#000000", "keep", 0.0]


# What is told at the end


def test_what_was_handed_over_is_told_with_where_to_find_it(
    hands: Hands, sketch_window: Open
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
