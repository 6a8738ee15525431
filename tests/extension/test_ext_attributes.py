"""What documents of others say is read as the engine reads it, and nothing is written that lies
beyond all numbers.
"""

from __future__ import annotations

import math
import time
from typing import Any, Dict, List, Tuple

import pytest
from clipasso_ext.document import attributes
from clipasso_ext.document.placement import Box, inverse, place, written
from clipasso_ext.document.restyle import Restyling, restyle
from clipasso_ext.document.selection import find_photos
from clipasso_ext.document.sketch_layer import SketchLayer
from clipasso_ext.document.sketch_selection import find_sketch
from clipasso_ext.document.treatment import DIM, treat, untreated
from clipasso_ext.names import CLIPASSO_URI, PICTURE, PLAIN_WIDTH, POINTS, RANK, UNDIMMED
from clipasso_ext.problem import Problem
from inkex import Transform
from lxml import etree

from easel import root

RANKS = ["0", " 17 ", "²", "٣", "-1", "1.0", "", "1" * 5000, "999999999", "1e3", "+1", "0x1", "nan"]
NUMBERS = [
    "1 2 3", "1,2,,3", " -1,2 , 3e1 4. ", "1e999", "nan", "inf", "1-2", ".5.5", "5" * 70, "1 x",
    "", " ", ",", "1e", "e1", "+", "--1", "1 2", "٣", "1_000", "0x10", "1e-999",
]  # fmt: skip
LENGTHS = [
    "12", " 1in ", "2.54 cm", "3pt", "2pc", "40Q", "1q", "2em", "wide", "9" * 5000, "1e999", "",
    "1e308in", "-3", "1e-400", "5 px", "5PX", "1mm;", "px", "1.5.2", "1 2", "٣", "1\u00a0mm",
    "1e3", "nan", "inf", "+2", ".5", "5.", "5.e1", "0",
]  # fmt: skip
TRANSFORMS = [
    "", " ", "none", "scale(2)", "scale(2) nonsense", "scale(2", "scale(", "scale()", "scale(0)",
    "scale(1,2,3)", "translate(3)", "translate(1e999)", "translate(3 4),scale(2)", "rotate(30)",
    "rotate(30,1,2)", "rotate(30,1)", "rotate(foo)", "matrix(1 2 3)", "matrix(1,2,3,4,5,6)",
    "matrix(1,2,3,4,5,nan)", "skewX(20) skewY(10)", "skewX(90)", "scale(1e200) scale(1e200)",
    "spin(3)", "Scale(2)", "scale (2)", "scale(2);", "scale(" + "9" * 5000 + ")",
    "scale(2)scale(3)", "translate(1,2) , , scale(2)", "rotate(1e300)", "scale(1e-320)",
    "scale(2\u00a0)", "scale(2%)", "translate(1px,2px)",
]  # fmt: skip
BOXES = [
    "0 0 200 100", " -1,2 , 3e1 4. ", "0 0 100% 100%", "0 0 200px 100px", "0 0 0 100", "0 0 -1 100",
    "0 0 1e999 100", "0 0 200", "", "0 0 1e-300 1e-300", "0 0 200 100 5", "nan nan nan nan",
    "0;0;200;100", "²0 0 1 1",
]  # fmt: skip


def element(**said: str) -> etree._Element:
    return etree.Element("g", said)


def answers(room: Any, is_engine: bool) -> Dict[Tuple[str, str], Any]:
    """What a reader makes of the table."""
    found: Dict[Tuple[str, str], Any] = {}
    for text in RANKS:
        found["rank", text] = room.read_rank(element(**{RANK: text}))
    for text in NUMBERS:
        found["numbers", text] = room.read_numbers(text)
    for text in LENGTHS:
        found["length", text] = room.read_length(text)
    for text in BOXES:
        found["box", text] = room.read_view_box(element(viewBox=text))
    for text in TRANSFORMS:
        read = room.read_transform(element(transform=text))
        rows = read[:2].tolist() if is_engine else [list(row) for row in read.matrix]
        found["transform", text] = [number for row in rows for number in row]
    return found


def test_engine_and_extension_read_alike() -> None:
    engine = pytest.importorskip("clipasso_core.document.attributes")
    ours, theirs = answers(attributes, False), answers(engine, True)
    for what, expected in theirs.items():
        if isinstance(expected, list):
            assert ours[what] == pytest.approx(expected, rel=1e-9), what
        else:
            assert ours[what] == expected, what


def test_the_table_holds_what_can_and_what_can_not_be_read() -> None:
    read = answers(attributes, False)
    none: Dict[str, Any] = {"rank": None, "numbers": None, "length": 0, "box": None}
    none["transform"] = [1, 0, 0, 0, 1, 0]
    for what, nothing in none.items():
        outcomes = [value == nothing for (kind, _), value in read.items() if kind == what]
        assert True in outcomes
        assert False in outcomes


@pytest.mark.parametrize(
    ("text", "share"),
    [("0.5", 0.5), ("50%", 0.5), ("2", 1), ("-1", 0), ("nan", None), ("", None), ("1e999", 1)],
)
def test_a_share_is_from_nothing_to_all(text: str, share: Any) -> None:
    assert attributes.read_share(text) == share


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("640 480", (640, 480)),
        ("640 480 2", None),
        ("nan nan", None),
        ("inf 480", None),
        ("640 0", None),
        ("²", None),
        ("", None),
    ],
)
def test_a_pictures_size_is_two_numbers_above_nothing(text: str, size: Any) -> None:
    assert attributes.read_picture(element(**{PICTURE: text})) == size


@pytest.mark.parametrize(
    "text",
    [
        "scale(" * 50_000,
        "scale(2)" + " " * 100_000 + "x",
        "9" * 100_000 + "x",
        "1" + " " * 100_000 + "x",
    ],
    ids=lambda text: text[:10],
)
def test_time_grows_with_the_text_alone(text: str) -> None:
    began = time.process_time()
    attributes.transform_of(text)
    attributes.read_length(text)
    attributes.read_numbers(text)
    attributes.read_share(text)
    assert time.process_time() - began < 10


# What uses them


def strokes(*attributes_of_paths: str, layer: str = "") -> Any:
    paths = "".join(
        f'<path id="s{number}" d="M 0,0 C 1,1 2,2 3,3" style="fill:none;stroke:#000" {said}/>'
        for number, said in enumerate(attributes_of_paths)
    )
    return root(
        f'<g xmlns:clipasso="{CLIPASSO_URI}" id="sketch" clipasso:sketch="1" {layer}>{paths}</g>'
    )


def sketch_of(svg: Any) -> SketchLayer:
    return find_sketch(svg, [])


def test_ranks_in_other_digits_are_none() -> None:
    said = ('clipasso:rank="²"', 'clipasso:rank="1"', f'clipasso:rank="{"9" * 5000}"')
    sketch = sketch_of(strokes(*said))
    assert [path.get("id") for path in sketch.ranked_paths] == ["s1"]
    assert sketch.set_level(1, False) == 1


WIDTHS = ["1.2.3", "9" * 5000, "1e999", "nan", "wide", "", "²", "-1"]


@pytest.mark.parametrize("width", WIDTHS, ids=lambda text: text[:8])
@pytest.mark.parametrize("look", ["pencil", "ink"])
def test_a_width_that_can_not_be_read_is_that_of_none(width: str, look: str) -> None:
    svg = strokes(f'stroke-width="{width}"', f'clipasso:width="{width}"')
    restyle(sketch_of(svg), Restyling(look, 0.0, None, "keep"))
    for path in svg.iter("{http://www.w3.org/2000/svg}path"):
        assert float(path.get(PLAIN_WIDTH)) == 1.0
        assert "nan" not in path.get("style")
        assert "inf" not in path.get("style")


@pytest.mark.parametrize("transform", ["scale(0)", "scale(1e-300)", "scale(1e200)", "rotate(x)"])
def test_restyling_within_any_transform_writes_numbers(transform: str) -> None:
    svg = strokes("", layer=f'transform="{transform}"')
    restyle(sketch_of(svg), Restyling("keep", 3.0, None, "taper"))
    text = etree.tostring(svg).decode()
    assert "nan" not in text
    assert "inf" not in text.replace("interpolator", "")


@pytest.mark.parametrize(
    "data",
    ["M 0,0 L 1e999,0", "nonsense", "", "M 0,0 A x", "M 1e308,0 l 1e308,0", "M 0,0 L 1", "L 5,5"],
)
def test_path_data_beyond_all_numbers_is_not_tapered(data: str) -> None:
    svg = strokes("")
    (path,) = svg.iter("{http://www.w3.org/2000/svg}path")
    path.set("d", data)
    restyle(sketch_of(svg), Restyling("ink", 0.0, None, "keep"))
    assert path.get("d") == data


def test_what_is_beyond_all_numbers_is_not_written() -> None:
    with pytest.raises(Problem, match="beyond all numbers"):
        written(Transform(((math.inf, 0, 0), (0, 1, 0))))


@pytest.mark.parametrize(
    "transform",
    [
        ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0)),
        ((1e200, 0.0, 0.0), (0.0, 1e200, 0.0)),
        ((math.nan, 0.0, 0.0), (0.0, 1.0, 0.0)),
        ((1.0, 0.0, math.inf), (0.0, 1.0, 0.0)),
    ],
)
def test_what_is_squashed_or_beyond_all_numbers_is_no_place(transform: Any) -> None:
    odd = Transform(transform)
    with pytest.raises(Problem, match="squashed"):
        inverse(odd)
    with pytest.raises(Problem, match="squashed"):
        place(odd, Transform(), Box(0, 0, 10, 10), (10, 10))
    with pytest.raises(Problem, match="squashed"):
        place(Transform(), odd, Box(0, 0, 10, 10), (10, 10))


@pytest.mark.parametrize("undimmed", ["nan", "1;display:none", "²", "9" * 5000])
def test_an_opacity_that_can_not_be_read_was_none(undimmed: str) -> None:
    svg = root(
        f'<image xmlns:clipasso="{CLIPASSO_URI}" id="photo" width="9" height="9" href="p.png"'
        f' clipasso:undimmed="{undimmed}"/>'
    )
    (photo,) = find_photos(svg, [])
    assert untreated(photo.image) == ""
    treat(photo, DIM)
    assert photo.image.get(UNDIMMED) == "1"
    assert "opacity:0.3" in photo.image.get("style")


def test_points_that_can_not_be_read_move_nothing() -> None:
    layer = element(**{POINTS: "matrix(1,2,nan)"})
    assert attributes.read_points(layer) == Transform()


def test_no_names_are_left_out_of_the_table() -> None:
    """Each reader of both is in the table of the parity test."""
    engine = pytest.importorskip("clipasso_core.document.attributes")
    both: List[str] = [
        name for name in dir(engine) if name.startswith("read_") and hasattr(attributes, name)
    ]
    assert sorted(both) == [
        "read_length",
        "read_numbers",
        "read_rank",
        "read_transform",
        "read_view_box",
    ]


@pytest.mark.parametrize("data", ["M 5,5 L 5,5", "M 5,5 C 5,5 5,5 5,5", "M 5,5 Z"])
def test_a_dot_has_no_ends_to_taper(data: str) -> None:
    svg = strokes("")
    (path,) = svg.iter("{http://www.w3.org/2000/svg}path")
    path.set("d", data)
    restyle(sketch_of(svg), Restyling("ink", 0.0, None, "keep"))
    assert path.get("d") == data


def test_an_address_of_names_that_lxml_does_not_write_is_left_out() -> None:
    odd = "http://example\ufffd.org/names"
    svg = root(f'<g xmlns:clipasso="{CLIPASSO_URI}" xmlns:odd="{odd}" clipasso:sketch="1"/>')
    assert b"<g" in sketch_of(svg).alone()
