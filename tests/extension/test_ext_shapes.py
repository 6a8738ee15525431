"""Shapes that are selected with a bitmap, as they lie over its pixels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import List

import pytest
from clipasso_ext.beside.remembered import RememberedPhoto, written_down
from clipasso_ext.document.placed_photo import PlacedPhoto
from clipasso_ext.document.shapes import Point, Shape, find_shapes
from clipasso_ext.names import CLIPASSO_URI
from clipasso_ext.problem import Problem

from easel import PAGE, image, photo_of, png, root, uri
from matrices import Matrix, applied, inverse, rotate, skew, text, times, translate

BOX = 'x="10" y="20" width="80" height="40"'  # of the bitmap
CORNERS = [(20.0, 25.0), (60.0, 25.0), (60.0, 50.0), (20.0, 50.0)]
SQUARE = '<path id="shape" d="M 20,25 H 60 V 50 H 20 Z" %s/>'
PARTS = [(0.125, 0.125), (0.625, 0.125), (0.625, 0.75), (0.125, 0.75)]  # of the bitmap


def shapes_over(body: str, scratch: Path, page: str = PAGE) -> List[Shape]:
    svg = root(body, page)
    return PlacedPhoto(photo_of(svg), svg, [], scratch, find_shapes(svg, ["shape"])).shapes


def corners(shape: Shape) -> List[Point]:
    """Of a shape with straight sides."""
    (ring,) = shape.rings
    found = [
        one
        for before, one, after in zip(ring[-1:] + ring[:-1], ring, ring[1:] + ring[:1])
        if abs(cross(before, one, after)) > 1e-9
    ]
    return found


@pytest.mark.parametrize(
    "element",
    [
        '<path id="shape" d="M12 12h0"/>',
        '<path id="shape" d="M 1,1 Z"/>',
        '<polygon id="shape" points="1,1"/>',
        '<circle id="shape" r="1e-12"/>',
        '<path id="shape" d="M 0,0 H 1e200 V 1e200 Z"/>',
        '<rect id="shape" width="1e200" height="1e200"/>',
    ],
)
def test_what_has_no_inside_is_none(element: str) -> None:
    assert find_shapes(root(element), ["shape"]) == []


def test_an_empty_part_of_a_shape_is_none() -> None:
    (shape,) = find_shapes(root('<path id="shape" d="M 0 0 H 9 V 9 Z m 0 0 z"/>'), ["shape"])
    assert len(shape.rings) == 1


def test_a_page_beyond_all_numbers_has_no_shape_that_counts_by_its_size() -> None:
    page = 'width="9" height="9" viewBox="0 0 1e200 1e200"'
    assert find_shapes(root('<circle id="shape" r="10%"/>', page), ["shape"]) == []


def cross(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0])


def area(shape: Shape) -> float:
    """That its rings enclose together, those the other way round taken away."""
    total = 0.0
    for ring in shape.rings:
        pairs = zip(ring, ring[1:] + ring[:1])
        total += sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairs) / 2
    return abs(total)


# What is a shape


@pytest.mark.parametrize(
    ("element", "size"),
    [
        ('<path id="one" d="M 0,0 H 4 V 3 Z"/>', 6.0),
        ('<path id="one" d="m 0,0 4,0 0,3 -4,-3"/>', 6.0),
        ('<path id="one" d="M 0,0 H 4 V 3 H 0 Z M 1,1 V 2 H 2 V 1 Z"/>', 11.0),
        ('<path id="one" d="M 0,0 H 4 V 3 Z M 9,9 l 5,5"/>', 6.0),
        ('<rect id="one" x="1" y="1" width="4" height="3"/>', 12.0),
        ('<rect id="one" width="10%" height="3"/>', 60.0),
        ('<rect id="one" width="4" height="3" rx="1"/>', 12 - 4 + 3.1416),
        ('<rect id="one" width="4" height="2" rx="9" ry="9"/>', 2 * 3.1416),
        ('<circle id="one" cx="5" cy="5" r="2"/>', 4 * 3.1416),
        ('<ellipse id="one" cx="5" cy="5" rx="2" ry="3"/>', 6 * 3.1416),
        ('<ellipse id="one" cx="5" cy="5" rx="2"/>', 4 * 3.1416),
        ('<path id="one" d="M 0,0 L 2,2 V 0 L 0,2 Z"/>', 0.0),  # a bow tie: one half turns back
        ('<polygon id="one" points="0,0 4,0 4,3"/>', 6.0),
    ],
)
def test_what_is_closed_is_a_shape(element: str, size: float) -> None:
    (shape,) = find_shapes(root(element), ["one"])
    assert area(shape) == pytest.approx(size, rel=0.01)


SKETCHED = (
    '<g xmlns:clipasso="%s" clipasso:sketch="1"><path id="one" d="M 0,0 H 4 V 3 Z"/></g>'
    % CLIPASSO_URI
)


@pytest.mark.parametrize(
    "element",
    [
        '<path id="one" d="M 0,0 H 4 V 3"/>',
        '<path id="one" d="M 0,0 L 4,4 Z"/>',
        '<path id="one" d="nonsense"/>',
        '<path id="one"/>',
        '<path id="one" d="M 0,0 l 1e999,3 z"/>',
        '<polyline id="one" points="0,0 4,0 4,3 0,0"/>',
        '<rect id="one" width="4"/>',
        '<circle id="one" r="-2"/>',
        '<text id="one">o</text>',
        '<g id="one"><rect width="4" height="3"/></g>',
        image("one"),
        SKETCHED,
        SKETCHED.replace('id="one"', "").replace("<g", '<g id="one"'),
        '<path xmlns:clipasso="%s" id="one" d="M 0,0 H 4 V 3 Z" clipasso:rank="3"/>' % CLIPASSO_URI,
    ],
)
def test_all_else_is_none(element: str) -> None:
    assert find_shapes(root(element), ["one"]) == []


def test_the_rule_by_which_a_path_is_filled_counts() -> None:
    body = (
        '<g style="fill-rule:evenodd">%s</g>' % (SQUARE % "")
        + '<rect id="r" width="2" height="2"/>'
    )
    assert [one.even_odd for one in find_shapes(root(body), ["shape", "r"])] == [True, False]


# Where it lies over the bitmap

TURNED: Matrix = times(translate(30, 10), rotate(30))
OTHER: Matrix = times(translate(-5, 8), skew(20))


@pytest.mark.parametrize(
    ("bitmap", "shape"),
    [((1, 0, 0, 1, 0, 0), TURNED), (TURNED, (1, 0, 0, 1, 0, 0)), (TURNED, OTHER), (OTHER, TURNED)],
)
def test_a_shape_lies_over_the_pixels_that_it_lies_over_on_the_page(
    bitmap: Matrix, shape: Matrix, scratch: Path
) -> None:
    body = image(box=BOX, more='transform="%s"' % text(bitmap))
    body += SQUARE % ('transform="%s"' % text(shape))
    found = shapes_over(body, scratch)
    back = times(inverse(bitmap), shape)
    expected = []
    for corner in CORNERS:
        x, y = applied(back, corner)
        expected.append(((x - 10) / 80, (y - 20) / 40))
    (one,) = found
    assert corners(one) == [pytest.approx(place, abs=1e-6) for place in expected]


def test_groups_within_groups_and_an_inner_view_box_count(scratch: Path) -> None:
    # all of it together does nothing
    body = (
        '<g transform="translate(7,-3)"><g transform="scale(2)"><g clip-path="url(#no)"'
        ' transform="scale(0.5)"><g transform="translate(-7,3)">%s</g></g></g></g>' % (SQUARE % "")
    )
    (one,) = shapes_over(image(box=BOX) + body, scratch)
    assert corners(one) == [pytest.approx(place, abs=1e-6) for place in PARTS]
    inner = (
        '<svg x="20" y="25" width="40" height="25" viewBox="0 0 4 2.5"><rect id="shape" %s/></svg>'
    )
    (one,) = shapes_over(image(box=BOX) + inner % 'width="4" height="2.5"', scratch)
    assert corners(one) == [pytest.approx(place, abs=1e-6) for place in PARTS]


def test_the_page_s_own_scale_does_not(scratch: Path) -> None:
    page = 'width="400mm" height="100mm" viewBox="5 5 200 100"'
    (one,) = shapes_over(image(box=BOX) + SQUARE % "", scratch, page=page)
    assert corners(one) == [pytest.approx(place, abs=1e-6) for place in PARTS]


def test_the_bitmap_s_own_place_in_its_box_counts(scratch: Path) -> None:
    body = image(box='x="10" y="0" width="80" height="80"', link=uri(png(40, 20)))
    (one,) = shapes_over(body + SQUARE % "", scratch)
    assert corners(one) == [pytest.approx(place, abs=1e-6) for place in PARTS]


def test_a_bitmap_that_inkscape_draws_has_them_too(scratch: Path) -> None:
    (one,) = shapes_over(image(box=BOX, more='opacity="0.5"') + SQUARE % "", scratch)
    assert corners(one) == [pytest.approx(place, abs=1e-6) for place in PARTS]


@pytest.mark.parametrize(
    ("data", "lies"),
    [
        ("M 95,20 h 9 v 9 z", False),
        ("M 0,0 H 200 V 100 H 0 Z", True),  # around it
        ("M 0,0 H 200 V 100 H 0 Z M 5,5 H 150 V 90 H 5 Z", False),  # a frame around it
        ("M 0,40 H 200 V 41 H 0 Z", True),  # no corner of either in the other
        ("M 80,15 h 15 v 15 z", True),
        ("M 0,60 H 100 V 70 H 0 Z", False),  # touches its edge
        ("M 40,30 h 1 v 1 z", True),
    ],
)
def test_a_shape_counts_for_a_bitmap_that_it_lies_over(
    data: str, lies: bool, scratch: Path
) -> None:
    body = image(box=BOX) + '<path id="shape" d="%s" fill-rule="evenodd"/>' % data
    assert len(shapes_over(body, scratch)) == lies


def test_nothing_is_looked_for_where_no_shape_is_selected(scratch: Path) -> None:
    svg = root(image(link="gone.png") + SQUARE % "")
    placed = PlacedPhoto(photo_of(svg), svg, [], scratch, find_shapes(svg, ["photo"]))
    assert placed.shapes == []
    with pytest.raises(Problem, match="missing"):
        PlacedPhoto(photo_of(svg), svg, [], scratch, find_shapes(svg, ["shape"])).shapes  # noqa: B018 - raises


def test_a_window_in_a_process_of_its_own_knows_them(scratch: Path) -> None:
    svg = root(image(box=BOX) + SQUARE % 'fill-rule="evenodd"')
    placed = PlacedPhoto(photo_of(svg), svg, [], scratch, find_shapes(svg, ["photo", "shape"]))
    remembered = RememberedPhoto(json.loads(json.dumps(written_down(placed))))
    ((rings, even_odd),) = remembered.shapes
    assert ([[tuple(place) for place in ring] for ring in rings], even_odd) == placed.shapes[0]
    assert remembered.size_px == (40, 20)
