"""Strokes lie exactly where the picture shows what they draw, and are as wide in every
direction.
"""

from __future__ import annotations

import math
import random
from pathlib import Path
from typing import Any, Optional, Sequence, Tuple

import pytest
from clipasso_ext.document.attributes import read_length
from clipasso_ext.document.placement import (
    Box,
    Placement,
    fit,
    is_undistorted,
    place,
    to_page,
    written,
)
from clipasso_ext.document.units import display_unit, unit_in_user_units
from clipasso_ext.engine.settings import Settings
from clipasso_ext.problem import Problem
from inkex import Transform
from lxml import etree

from easel import hexad, image, photo_of, root, sketch_task
from matrices import Matrix, applied, rotate, scale, skew, text, times, translate

KINDS = {
    "turn": lambda dice: rotate(dice.uniform(-180, 180)),
    "move": lambda dice: translate(dice.uniform(-5000, 5000), dice.uniform(-5000, 5000)),
    "grow": lambda dice: scale(*[dice.uniform(0.01, 20)] * 2),
    "stretch": lambda dice: scale(dice.uniform(0.2, 5), dice.uniform(0.2, 5)),
    "flip": lambda dice: scale(-1, 1),
    "skew": lambda dice: skew(dice.uniform(-60, 60)),
}


def chance(seed: int, kinds: Sequence[str] = ()) -> Matrix:
    """A matrix of a few steps."""
    dice = random.Random(seed)
    names = kinds or list(KINDS)
    return times(*(KINDS[dice.choice(names)](dice) for _ in range(dice.randint(1, 4))))


def check(svg: Any, box: Box, size_px: Tuple[int, int], whole: Matrix) -> Placement:
    """The placement of the document's photo, held against the matrices of which the document was
    made.
    """
    photo = photo_of(svg)
    layer = photo.branch()[0]
    placement = place(photo.transform, to_page(layer, svg), box, size_px)
    written_layer = Transform(written(placement.layer))
    # of a stroke's points on the page
    strokes = times(hexad(to_page(layer, svg)), hexad(written_layer))
    a, b, c, d, _, _ = strokes
    assert math.hypot(a, b) == pytest.approx(math.hypot(c, d), rel=1e-6)  # as long across as up
    assert a * c + b * d == pytest.approx(0, abs=1e-6 * (a * a + b * b))  # and square to each other
    assert math.hypot(a, b) == pytest.approx(placement.scale, rel=1e-6)
    reach = (
        max(abs(number) for number in applied(whole, (box.x, box.y)))
        + math.hypot(*whole[:2]) * box.width
    )
    for px in ((0, 0), (size_px[0], 0), (0, size_px[1]), (size_px[0] / 3, size_px[1] / 7)):
        point = (box.x + px[0] / size_px[0] * box.width, box.y + px[1] / size_px[1] * box.height)
        shown = applied(whole, point)
        drawn = applied(strokes, applied(hexad(placement.points), px))
        assert drawn == pytest.approx(shown, abs=1e-7 * reach)
        assert applied(hexad(placement.page), px) == pytest.approx(shown, abs=1e-7 * reach)
    return placement


@pytest.mark.parametrize("seed", range(40))
def test_strokes_lie_where_the_image_shows_them(seed: int) -> None:
    matrices = [chance(seed * 3 + number) for number in range(3)]
    layer, group, own = (text(matrix) for matrix in matrices)
    body = '<g transform="%s" inkscape:groupmode="layer"><g transform="%s">%s</g></g>'
    svg = root(body % (layer, group, image(more='transform="%s"' % own)))
    check(svg, Box(10, 20, 80, 40), (400, 200), times(*matrices))


@pytest.mark.parametrize("seed", range(12))
def test_strokes_of_a_picture_that_is_only_moved_turned_grown_or_flipped_keep_their_numbers(
    seed: int,
) -> None:
    whole = chance(seed, ["turn", "move", "grow", "flip"])
    svg = root(image(more='transform="%s"' % text(whole)))
    placement = check(svg, Box(10, 20, 80, 40), (400, 200), whole)
    assert hexad(placement.points) == (1, 0, 0, 1, 0, 0)


def test_strokes_of_a_clone_lie_on_the_clone() -> None:
    body = (
        '<g transform="%s"><use id="u" x="3" y="4" xlink:href="#original" transform="%s"/></g>'
        % (text(rotate(20)), text(skew(30)))
    )
    svg = root(
        "<defs>%s</defs>%s" % (image("original", 'transform="%s"' % text(scale(2, 3))), body)
    )
    photo = photo_of(svg, "u")
    whole = times(rotate(20), skew(30), translate(3, 4), scale(2, 3))
    placement = place(photo.transform, Transform(), Box(10, 20, 80, 40), (40, 20))
    strokes = times(hexad(placement.layer), hexad(placement.points))
    for px in ((0, 0), (40, 0), (7, 20)):
        assert applied(strokes, px) == pytest.approx(
            applied(whole, (10 + px[0] * 2, 20 + px[1] * 2))
        )


def test_strokes_on_a_huge_page_are_not_rounded_to_six_digits() -> None:
    svg = root(
        image(
            more='transform="translate(123456.789,0)"', box='x="0.123" y="0" width="80" height="40"'
        )
    )
    check(svg, Box(0.123, 0, 80, 40), (400, 200), translate(123456.789, 0))


def test_looking_at_a_picture_does_not_touch_the_document(scratch: Path) -> None:
    """inkex writes a transform back when it is asked for it, with six digits."""
    own = 'transform=" rotate( 30.123456789 ) " style=" a : b ;;" class=" c  d "'
    layer = '<g inkscape:groupmode="layer" transform="translate(1234567.891)" style="x:y;">%s</g>'
    svg = root(
        layer
        % (
            '<use id="u" xlink:href="#photo" transform="matrix(1 0 0 1 1234567.891 0)"/>'
            + image(more=own)
        )
    )
    before = etree.tostring(svg)
    for ident in ("photo", "u"):
        task = sketch_task(svg, scratch, ident=ident)
        assert task.placed.placement.scale == pytest.approx(2)
        assert task.request(Settings(width=4), "auto")["width_px"] == 2
    assert etree.tostring(svg) == before


def test_strokes_keep_their_side_when_the_picture_is_mirrored() -> None:
    svg = root(image(more='transform="scale(-1,1)"'))
    placement = check(svg, Box(10, 20, 80, 40), (80, 40), scale(-1, 1))
    a, b, c, d, _, _ = hexad(placement.layer)
    assert a * d - b * c < 0


def test_the_scale_is_user_units_for_a_pixel() -> None:
    assert place(Transform(), Transform(), Box(0, 0, 80, 40), (400, 200)).scale == pytest.approx(
        0.2
    )
    # of the same area
    assert place(
        Transform("scale(4,1)"), Transform(), Box(0, 0, 80, 40), (80, 40)
    ).scale == pytest.approx(2)


@pytest.mark.parametrize(
    "squashed",
    ["scale(0,1)", "scale(1,0)", "scale(0)", "matrix(1,1,1,1,0,0)", "matrix(1,2,2,4,9,9)"],
)
def test_squashed_pictures_are_refused(squashed: str) -> None:
    with pytest.raises(Problem, match=r"squashed to nothing: undo its transform"):
        place(Transform(squashed), Transform(), Box(0, 0, 80, 40), (80, 40))
    with pytest.raises(Problem, match=r"squashed to nothing: undo its transform"):
        place(Transform(), Transform(squashed), Box(0, 0, 80, 40), (80, 40))


@pytest.mark.parametrize(
    ("transform", "box", "undistorted"),
    [
        ("", Box(0, 0, 80, 40), True),
        ("", Box(0, 0, 80.1, 40), True),
        ("", Box(0, 0, 80, 80), False),
        ("scale(1,2)", Box(0, 0, 80, 20), True),
        ("rotate(33) scale(-3,3)", Box(0, 0, 80, 40), True),
        ("scale(1,0)", Box(0, 0, 80, 40), False),
        ("scale(0)", Box(0, 0, 80, 40), False),
    ],
)
def test_proportions_are_held_against_the_bitmaps_own(
    transform: str, box: Any, undistorted: bool
) -> None:
    assert is_undistorted(Transform(transform), box, (400, 200)) is undistorted


# preserveAspectRatio: a square picture in a box of 100 x 50 at (10, 20), and in one of 50 x 100

WIDE = {"xMin": 10, "xMid": 35, "xMax": 60}
HIGH = {"YMin": 20, "YMid": 45, "YMax": 70}
CUT_HIGH = {"YMin": 20, "YMid": -5, "YMax": -30}
CUT_WIDE = {"xMin": 10, "xMid": -15, "xMax": -40}


@pytest.mark.parametrize("down", HIGH)
@pytest.mark.parametrize("across", WIDE)
def test_a_picture_is_fitted_into_its_box_as_its_alignment_says(across: str, down: str) -> None:
    def filled(box: Box, words: str) -> Tuple[Tuple[float, ...], bool]:
        found, cut = fit(box, (40, 40), words)
        return (found.x, found.y, found.width, found.height), cut

    wide, high = Box(10, 20, 100, 50), Box(10, 20, 50, 100)
    for words in (
        across + down,
        across + down + " meet",
        "defer " + across + down,
        " %s%s  meet " % (across, down),
    ):
        assert filled(wide, words) == ((WIDE[across], 20, 50, 50), False)
        assert filled(high, words) == ((10, HIGH[down], 50, 50), False)
    assert filled(wide, across + down + " slice") == ((10, CUT_HIGH[down], 100, 100), True)
    assert filled(high, across + down + " slice") == ((CUT_WIDE[across], 20, 100, 100), True)


@pytest.mark.parametrize("words", [None, "", "xMidYMid", "nonsense", "defer"])
def test_a_picture_is_centred_if_nothing_else_is_said(words: Optional[str]) -> None:
    box, cut = fit(Box(10, 20, 100, 50), (40, 40), words)
    assert ((box.x, box.y, box.width, box.height), cut) == ((35, 20, 50, 50), False)


@pytest.mark.parametrize("words", ["none", "none meet", "none slice", "defer none"])
def test_a_picture_fills_its_box_when_no_proportions_are_kept(words: str) -> None:
    box, cut = fit(Box(10, 20, 100, 50), (40, 40), words)
    assert ((box.x, box.y, box.width, box.height), cut) == ((10, 20, 100, 50), False)


def test_nothing_is_cut_off_when_the_proportions_are_the_boxs() -> None:
    assert fit(Box(0, 0, 80, 40), (40, 20), "xMidYMid slice")[1] is False


# Units

UNITS = {
    "px": ('width="300" height="200" viewBox="0 0 300 200"', "px", 1),
    "mm of a millimetre page": ('width="210mm" height="297mm" viewBox="0 0 210 297"', "mm", 1),
    "px of a millimetre page": (
        'width="210mm" height="297mm" viewBox="0 0 210 297"',
        "px",
        25.4 / 96,
    ),
    "mm of a pixel page": ('width="300" height="200" viewBox="0 0 300 200"', "mm", 96 / 25.4),
    "in": ('width="8.5in" height="11in" viewBox="0 0 850 1100"', "in", 100),
    "a moved viewBox": ('width="210mm" height="297mm" viewBox="-10 -20 420 594"', "mm", 2),
    "commas": ('width="210mm" height="297mm" viewBox="0,0,420,594"', "mm", 2),
    "no viewBox": ('width="210mm" height="297mm"', "px", 1),
    "no size": ('viewBox="0 0 420 594"', "px", 1),
    "percent": ('width="100%" height="100%" viewBox="0 0 420 594"', "px", 1),
    "no height": ('width="100" viewBox="0 0 50 400"', "px", 0.5),
    "percent of height": ('width="100" height="100%" viewBox="0 0 50 400"', "px", 0.5),
    "other proportions": ('width="100" height="100" viewBox="0 0 50 400"', "px", 4),
    "a damaged viewBox": ('width="100" height="100" viewBox="0 0 fifty 400"', "px", 1),
    "a viewBox of nothing": ('width="100" height="100" viewBox="0 0 0 0"', "px", 1),
}


@pytest.mark.parametrize("case", UNITS)
def test_a_unit_on_paper_has_its_length_in_user_units(case: str) -> None:
    page, unit, expected = UNITS[case]
    assert unit_in_user_units(root("", page), unit) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("12", 12),
        (" 12.5px ", 12.5),
        ("1in", 96),
        ("25.4mm", 96),
        ("72pt", 96),
        ("50%", 40),
        ("1e2", 100),
        ("-3", -3),
        (None, 0),
        ("", 0),
        ("wide", 0),
        ("%", 0),
    ],
)
def test_lengths_are_read_in_user_units(value: Optional[str], expected: float) -> None:
    assert read_length(value, 80) == pytest.approx(expected)


@pytest.mark.parametrize("unit", ["px", "mm", "cm", "in", "pt", "pc"])
def test_the_display_unit_is_the_one_in_which_the_document_is_shown(unit: str) -> None:
    assert (
        display_unit(root("", head='<sodipodi:namedview inkscape:document-units="%s"/>' % unit))
        == unit
    )


def test_the_display_unit_is_pixels_where_the_document_has_none_that_is_known() -> None:
    assert display_unit(root("")) == "px"
    assert display_unit(root("", head="<sodipodi:namedview/>")) == "px"
    assert (
        display_unit(root("", head='<sodipodi:namedview inkscape:document-units="furlong"/>'))
        == "px"
    )
