"""What the person paints on the picture."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, List

import pytest

from kinds import Heard
from screens import Hands, button, status, widgets
from sketching import Open, asked, dab, pixels, tries

pytest.importorskip("gi", reason="this Python has no GTK")
pytestmark = pytest.mark.usefixtures("shown")


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

    def paint() -> None:
        dab(window)
        button(window, "Finish").clicked()
        hands.when(lambda: "Finished" in status(window), button(window, "Cancel").clicked)

    hands.when(lambda: "Draft of" in status(window), paint)
    window.run()
    assert "start" not in asked(heard)[-1]


def test_finish_goes_on_from_a_draft_that_was_drawn_with_what_is_painted(
    hands: Hands, sketch_window: Open, heard: Heard
) -> None:
    window = sketch_window()

    def paint() -> None:
        dab(window)
        hands.when(lambda: len(tries(window)) == 2, finish)

    def finish() -> None:
        button(window, "Finish").clicked()
        hands.when(lambda: "Finished" in status(window), button(window, "Cancel").clicked)

    hands.when(lambda: "Draft of" in status(window), paint)
    window.run()
    finished = asked(heard)[-1]
    assert finished["start"] == tries(window)[1].svg
    assert finished["request"]["emphasis"] == asked(heard)[1]["request"]["emphasis"]
