"""Finish goes on from the strokes on show, and the strip brings back what was drawn before."""

from __future__ import annotations

from pathlib import Path
from typing import List

import pytest

from kinds import Heard
from screens import Hands, button, status
from sketching import Open, asked, pixels, small_pictures, tries

pytest.importorskip("gi", reason="this Python has no GTK")
pytestmark = pytest.mark.usefixtures("shown")


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
