"""Looks change the picture at once."""

from __future__ import annotations

from typing import List

import pytest

from kinds import Heard
from screens import Hands, button, status
from sketching import Open, asked, pixels, set_color, small_pictures, tries

pytest.importorskip("gi", reason="this Python has no GTK")
pytestmark = pytest.mark.usefixtures("shown")


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
