"""The sketching window, opened with shapes that are selected together with the bitmap."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Sequence, Tuple

import pytest

from easel import image
from kinds import Heard
from screens import Hands, button, status, widgets
from sketching import Open, asked, pixels, tries

pytest.importorskip("gi", reason="this Python has no GTK")
pytestmark = pytest.mark.usefixtures("shown")
# the bitmap's left quarter, and a circle around its middle
LEFT = '<rect id="left" x="0" y="20" width="30" height="50"/>'
ROUND = '<circle id="round" cx="50" cy="40" r="10"/>'
PHOTO = image("photo", box='x="10" y="20" width="80" height="40"')
OTHER = image("other", box='x="110" y="20" width="80" height="40"')
BESIDE = '<path id="beside" d="M 150,20 H 190 V 60 H 150 Z"/>'
OPEN = '<path id="open" d="M 0,0 H 50 V 40"/>'
INSIDE, OUTSIDE = (0.05, 0.5), (0.75, 0.5)  # of the left one
Greys = Dict[str, List[int]]  # by the request's field


def question(window: Any) -> Tuple[str, Any]:
    """What is asked about the shapes, and the choice; only where it is seen."""
    from gi.repository import Gtk

    row = window._board.shapes
    (label,) = [one for one in row.get_children() if isinstance(one, Gtk.Label)]
    (choice,) = widgets(row, Gtk.ComboBoxText)
    return (label.get_text() if row.get_visible() else "", choice)


def greys(request: Dict[str, Any], places: Sequence[Tuple[float, float]]) -> Greys:
    """Of the pictures that the engine gets."""
    from gi.repository import GdkPixbuf

    found: Greys = {}
    for field in ("emphasis", "mask_repair"):
        if field in request:
            picture = GdkPixbuf.Pixbuf.new_from_file(request[field])
            found[field] = [grey(picture, x, y) for x, y in places]
    return found


def grey(picture: Any, x: float, y: float) -> int:
    row, column = int(y * picture.get_height()), int(x * picture.get_width())
    at = row * picture.get_rowstride() + column * picture.get_n_channels()
    return int(picture.get_pixels()[at])


def drafted(window: Any, number: int) -> Callable[[], bool]:
    """Whether there are so many drafts, of the bitmap on show."""
    return lambda: len(tries(window, window._work.at)) == number


@pytest.mark.parametrize(
    ("meaning", "expected"),
    [
        ("More strokes there", {"emphasis": [210, 128]}),
        ("Fewer strokes there", {"emphasis": [48, 128]}),
        ("Draw only what is inside", {"mask_repair": [128, 0]}),
        ("Leave it out", {"mask_repair": [0, 128]}),
    ],
)
def test_shapes_mean_what_the_person_says(
    hands: Hands, sketch_window: Open, heard: Heard, meaning: str, expected: Greys
) -> None:
    window = sketch_window(PHOTO + LEFT, selected=["photo", "left"])
    seen: List[Any] = []

    def choose() -> None:
        text, choice = question(window)
        assert text == "1 shape is selected with the bitmap:"
        assert choice.get_active_text() == "Draw normally there"
        seen.append(pixels(window))
        rows = [row[0] for row in choice.get_model()]
        choice.set_active(rows.index(meaning))
        assert pixels(window) != seen[0], "it is to be seen over the photograph"
        hands.when(drafted(window, 2), look)

    def look() -> None:
        seen.append(greys(asked(heard)[-1]["request"], [INSIDE, OUTSIDE]))
        button(window, "Cancel").clicked()

    hands.when(drafted(window, 1), choose)
    window.run()
    assert seen[1] == expected
    assert greys(asked(heard)[0]["request"], []) == {}, "by itself a shape means nothing"


def test_undo_and_clear_take_back_what_shapes_mean(
    hands: Hands, sketch_window: Open, heard: Heard
) -> None:
    window = sketch_window(PHOTO + LEFT + ROUND, selected=["photo", "left", "round"])
    brush = window._board.brush

    def choose() -> None:
        text, choice = question(window)
        assert text == "2 shapes are selected with the bitmap:"
        choice.set_active_id("less")
        choice.set_active_id("more")
        brush.tool = "more"
        brush.begin((0.5, 0.5))
        brush.end()
        brush.undo()
        assert choice.get_active_id() == "more", "the last stroke goes first"
        brush.undo()
        assert choice.get_active_id() == "nothing", "each choice takes the one before it's place"
        choice.set_active_id("only")
        hands.when(drafted(window, 2), clear)

    def clear() -> None:
        button(window, "Clear").clicked()
        assert question(window)[1].get_active_id() == "nothing"
        hands.when(drafted(window, 3), button(window, "Cancel").clicked)

    hands.when(drafted(window, 1), choose)
    window.run()
    *_, marked, cleared = asked(heard)
    assert "mask_repair" in marked["request"]
    assert "mask_repair" not in cleared["request"]


@pytest.mark.parametrize("selected", [["photo"], ["photo", "open"], ["photo", "beside"]])
def test_nothing_is_asked_where_no_shape_lies_over_the_bitmap(
    hands: Hands, sketch_window: Open, selected: List[str]
) -> None:
    window = sketch_window(PHOTO + LEFT + OPEN + BESIDE, selected=selected)
    seen: List[str] = []

    def look() -> None:
        seen.append(question(window)[0])
        button(window, "Cancel").clicked()

    hands.when(drafted(window, 1), look)
    window.run()
    assert seen == [""]


def test_of_several_bitmaps_a_shape_counts_for_those_that_it_lies_over(
    hands: Hands, sketch_window: Open, heard: Heard
) -> None:
    wide = '<rect id="wide" x="60" y="0" width="60" height="90"/>'
    window = sketch_window(PHOTO + OTHER + LEFT + wide, selected=["photo", "other", "left", "wide"])
    seen: List[Any] = []

    def choose() -> None:
        text, choice = question(window)
        seen.append(text)
        choice.set_active_id("not-subject")
        hands.when(drafted(window, 2), turn)

    def turn() -> None:
        seen.append(greys(asked(heard)[-1]["request"], [INSIDE, (0.5, 0.5), (0.9, 0.5)]))
        button(window, "›").clicked()
        hands.when(drafted(window, 1), look)

    def look() -> None:
        text, choice = question(window)
        seen.extend([text, choice.get_active_id()])
        seen.append(greys(asked(heard)[-1]["request"], [INSIDE, (0.5, 0.5), (0.9, 0.5)]))
        button(window, "Cancel").clicked()

    hands.when(drafted(window, 1), choose)
    window.run()
    assert seen == [
        "2 shapes are selected with the bitmap:",
        {"mask_repair": [0, 128, 0]},
        "1 shape is selected with the bitmap:",
        "not-subject",
        {"mask_repair": [0, 128, 128]},
    ]


def test_a_gtk_that_draws_no_svg_asks_nothing(
    hands: Hands, sketch_window: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    from clipasso_ext.windows import brush

    monkeypatch.setattr(brush, "draws_svg", lambda: False)
    window = sketch_window(PHOTO + LEFT, selected=["photo", "left"])
    seen: List[str] = []

    def look() -> None:
        seen.append(question(window)[0])
        button(window, "Cancel").clicked()

    hands.when(drafted(window, 1), look)
    window.run()
    assert seen == [""]


def test_a_bitmap_that_can_t_be_found_says_so_though_shapes_are_selected(
    hands: Hands, sketch_window: Open
) -> None:
    window = sketch_window(image(link="gone.png") + LEFT, selected=["photo", "left"])
    hands.when(lambda: "missing" in status(window), button(window, "Cancel").clicked)
    assert window.run() == []
