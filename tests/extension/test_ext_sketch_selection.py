"""Which sketch a selection means, which of its strokes, and where its bitmap lies under it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Sequence, Tuple

import pytest
from clipasso_ext.document.placed_photo import PlacedPhoto
from clipasso_ext.document.sketch_layer import SketchLayer
from clipasso_ext.document.sketch_selection import find_sketch
from clipasso_ext.names import SOURCE

from easel import document, hexad, image, log_of, png, root, uri
from entries import EDIT_ENTRIES
from kinds import Run
from matrices import Matrix, rotate, scale, skew, text, times, translate
from sketched import (
    HAND,
    LAYER,
    MOVE,
    STROKES,
    WHOLE,
    check_moved,
    is_near,
    paths_of,
    sketch,
    stroke,
    with_id,
    without,
)

# Which strokes are meant

SECOND = image() + sketch() + sketch(stroke("t1"), ident="other")
Seen = Tuple[SketchLayer, PlacedPhoto]
MEANT = {
    "nothing selected, one sketch": (WHOLE, [], "sketch", None),
    "the layer": (WHOLE, ["sketch"], "sketch", None),
    "the layer and a stroke of it": (WHOLE, ["s2", "sketch"], "sketch", None),
    "one stroke": (WHOLE, ["s2"], "sketch", ["s2"]),
    "strokes, one twice": (WHOLE, ["s3", "s2", "s3"], "sketch", ["s3", "s2"]),
    "strokes and the bitmap": (WHOLE, ["photo", "s2"], "sketch", ["s2"]),
    "a group in the sketch": (
        image() + sketch('<g id="g">%s%s</g>%s' % (stroke("s1"), stroke("s2"), stroke("s3"))),
        ["g"],
        "sketch",
        ["s1", "s2"],
    ),
    "one of two sketches": (SECOND, ["other"], "other", None),
    "a stroke of one of two sketches": (SECOND, ["t1"], "other", ["t1"]),
    "a layer drawn by hand": (image() + HAND, ["hand"], "hand", None),
    "a stroke drawn by hand": (image() + HAND, ["p"], "hand", ["p"]),
    "a group drawn by hand": (image() + HAND, ["inner"], "hand", ["p"]),
    "a top group in no layer": (
        '<g id="g"><g><path id="p" d="M 0,0 h 3"/></g></g>',
        ["g"],
        "g",
        None,
    ),
    "a stroke in a group in no layer": (
        '<g id="g"><g><path id="p" d="M 0,0 h 3"/></g></g>',
        ["p"],
        "g",
        ["p"],
    ),
    "a layer around the sketch": (
        '<g id="around" inkscape:groupmode="layer">%s</g>' % WHOLE,
        ["around"],
        "sketch",
        None,
    ),
    "ids that are not there": (WHOLE, ["none"], "sketch", None),
    "a sketch as plain SVG has it": (image() + sketch(plain=True), [], "sketch", None),
    "definitions are no strokes": (
        image() + sketch("<defs><path id='d' d='M 0,0 h 1'/></defs>" + stroke("s1")),
        ["sketch"],
        "sketch",
        None,
    ),
}


@pytest.mark.parametrize("case", MEANT)
def test_the_selection_means(case: str) -> None:
    body, ids, layer, chosen = MEANT[case]
    found = find_sketch(root(body), ids)
    assert found.layer.get("id") == layer
    assert (None if found.selected is None else [one.get("id") for one in found.selected]) == chosen
    assert "d" not in [one.get("id") for one in found.meant_paths]


UNMEANT = {
    "no sketch": (image(), [], "There is no sketch in this document"),
    "two sketches": (SECOND, [], "There are several sketches in this document"),
    "strokes of two": (SECOND, ["s1", "t1"], "belong to several layers"),
    "a layer around two": (
        '<g id="around">%s</g>' % SECOND,
        ["around"],
        "belong to several layers",
    ),
    "only the bitmap": (WHOLE, ["photo"], "No stroke is selected"),
    "another thing": (WHOLE + '<rect id="r"/>', ["r"], "No stroke is selected"),
    "a stroke in no layer": (
        '<path id="p" d="M 0,0 h 3"/>',
        ["p"],
        "in no layer: put them into one",
    ),
}


@pytest.mark.parametrize("case", UNMEANT)
@pytest.mark.parametrize("kind", EDIT_ENTRIES)
def test_a_selection_that_means_nothing_is_told_and_changes_nothing(
    kind: str, case: str, run: Run, home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    body, ids, message = UNMEANT[case]
    assert run(kind, body, ids=ids) == b""
    assert message in log_of(home)
    assert capfd.readouterr() == ("", "")


# Which bitmap, and where it lies under the sketch


def seen(svg: Any, scratch: Path, ids: Sequence[str] = ("sketch",)) -> Seen:
    """A sketch, and its bitmap as the engine gets to see it."""
    own = find_sketch(svg, list(ids))
    return own, PlacedPhoto(own.photo(), svg, [], scratch)


def lies(own: SketchLayer, placed: PlacedPhoto) -> Matrix:
    return hexad(own.page(placed))


BODY_PX = (40, 20)  # of easel's bitmap
PLACES = {
    "as it was": (image() + sketch(), LAYER),
    "the picture was moved": (image(more='transform="%s"' % text(MOVE)) + sketch(), LAYER),
    "the sketch was moved": (image() + sketch(transform=times(MOVE, LAYER)), times(MOVE, LAYER)),
    "both were moved": (
        image(more='transform="%s"' % text(MOVE)) + sketch(transform=times(MOVE, LAYER)),
        times(MOVE, LAYER),
    ),
    "both were moved apart": (
        image(more='transform="%s"' % text(skew(20))) + sketch(transform=times(MOVE, LAYER)),
        times(MOVE, LAYER),
    ),
    "a group around the sketch was moved": (
        '%s<g transform="%s">%s</g>' % (image(), text(MOVE), sketch()),
        times(MOVE, LAYER),
    ),
    "the picture has another resolution": (image(link=uri(png(80, 40))) + sketch(), LAYER),
    "it does not say": (
        image(more='transform="%s"' % text(MOVE)) + sketch(more=""),
        times(MOVE, LAYER),
    ),
    "it says nonsense": (
        image(more='transform="%s"' % text(MOVE)) + sketch(more='clipasso:picture="wide 3"'),
        times(MOVE, LAYER),
    ),
    "the picture was distorted": (
        image() + sketch(more='clipasso:picture="40 20" clipasso:points="%s"' % text(skew(30))),
        times(LAYER, skew(30)),
    ),
    "distorted, moved and larger": (
        image(link=uri(png(80, 40)))
        + sketch(
            more='clipasso:picture="40 20" clipasso:points="%s"' % text(skew(30)),
            transform=times(MOVE, LAYER),
        ),
        times(MOVE, LAYER, skew(30)),
    ),
    "the picture was clipped": (
        '<defs><clipPath id="c"><rect x="30" y="20" width="40" height="40"/></clipPath></defs>'
        + image(more='clip-path="url(#c)" transform="%s"' % text(MOVE))
        + sketch(),
        LAYER,
    ),
    "no source, one bitmap": (image("another") + sketch(source=None), LAYER),
}


@pytest.mark.parametrize("case", PLACES)
def test_the_bitmap_lies_under_the_sketch(case: str, scratch: Path) -> None:
    body, place = PLACES[case]
    own, placed = seen(root(body), scratch)
    # what is distorted is drawn by Inkscape, in pixels of its own
    width, height = placed.pixels.size_px
    assert is_near(lies(own, placed), times(place, scale(BODY_PX[0] / width, BODY_PX[1] / height)))


def test_another_bitmap_is_pointed_to_and_remembered(scratch: Path) -> None:
    body = (
        image()
        + image(
            "new",
            link=uri(png(20, 20)),
            box='x="100" y="10" width="40" height="40"',
            more='transform="rotate(20)"',
        )
        + sketch(
            transform=times(MOVE, LAYER),
            more='clipasso:picture="40 20" clipasso:points="%s"' % text(skew(30)),
        )
    )
    svg = root(body)
    own, placed = seen(svg, scratch, ["new", "s1"])
    there = times(rotate(20), translate(100, 10), scale(2, 2))
    assert placed.photo.id == "new"
    assert is_near(lies(own, placed), there)
    assert own.layer.get(SOURCE) == "#photo"  # until something comes of it
    own.remember(placed)
    later, placed = seen(svg, scratch, ["s1"])
    assert placed.photo.id == "new"
    assert is_near(lies(later, placed), there)


def test_its_own_bitmap_selected_with_the_strokes_is_no_other(run: Run) -> None:
    body = image() + sketch(transform=times(MOVE, LAYER))
    output = run("redraw", body, ids=["photo", "s1"])
    check_moved(body, output, ["s1"], times(MOVE, LAYER))
    assert without(output, ("s1", "d")) == without(document(body), ("s1", "d"))


GONE = {
    "it was deleted": (sketch(), "The bitmap of My Sketch is gone"),
    "another thing has its id": (
        '<rect id="photo" width="3" height="3"/>' + sketch(),
        "The bitmap of My Sketch is gone",
    ),
    "none was named, and there are two": (
        image("a") + image("b") + sketch(source=None),
        "My Sketch does not say which bitmap",
    ),
    "none was named, and there is none": (
        sketch(source=None),
        "My Sketch does not say which bitmap",
    ),
}


@pytest.mark.parametrize("case", GONE)
@pytest.mark.parametrize(
    ("kind", "word"), [("redraw", ""), ("add", ""), ("restyle", "--ink=photo")]
)
def test_a_bitmap_that_is_gone_is_told_with_the_way_out(
    kind: str, word: str, case: str, run: Run, home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    body, message = GONE[case]
    assert run(kind, body, *[word][: bool(word)], ids=["s1"]) == b""
    assert message in log_of(home)
    assert "Select the bitmap together with the strokes, and try again." in log_of(home)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("case", ["it was deleted", "none was named, and there are two"])
def test_the_way_out_works(case: str, run: Run) -> None:
    body = image("new") + GONE[case][0]
    output = run("redraw", body, ids=["new", "s1"])
    assert with_id(output, "sketch").get(SOURCE) == "#new"
    assert paths_of(output)["s1"].get("d") != STROKES["s1"]
    again = run("redraw", output, ids=["s1"])
    assert paths_of(again)["s1"].get("d") != paths_of(output)["s1"].get("d")
