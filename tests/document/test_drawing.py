"""Any SVG document is a drawing over its photograph.

Every path is found where it is seen, and all else stays as it was.
"""

from __future__ import annotations

import math
import re
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from support.drawings import LINE, SIZE, drawn, ranked

from clipasso_core.document.animate import animate
from clipasso_core.document.attributes import CLIPASSO, INKSCAPE, SVG
from clipasso_core.document.drawing import Drawing, apply, level, read_drawing
from clipasso_core.document.plot import join_strokes, order_strokes
from clipasso_core.errors import UserError
from clipasso_core.strokes import polyline


def ends(drawing: Drawing, number: int = 0) -> list[float]:
    chains = drawing.lines[number].chains
    return [round(float(value), 3) for value in (*chains[0][0], *chains[-1][-1])]


# Which paths, and where


@pytest.mark.parametrize(
    ("data", "cubics", "last"),
    [
        ("M 10,20 C 20,20 30,40 50,60", 1, (50, 60)),
        ("m 10,20 c 10,0 20,20 40,40", 1, (50, 60)),
        ("M10 20L50 60", 1, (50, 60)),
        ("M10 20H50V60", 2, (50, 60)),
        ("M10 20 30 30 50 60", 2, (50, 60)),
        ("M10,20Q30,80 50,60", 1, (50, 60)),
        ("M10,20Q30,80 50,60T90,60", 2, (90, 60)),
        ("M10,20C20,20 30,40 50,60S80,80 90,60", 2, (90, 60)),
        ("M10,20A20 20 0 0 1 50,20", None, (50, 20)),
    ],
)
def test_every_open_path_is_a_chain_of_cubics(
    tmp_path: Path, data: str, cubics: int | None, last: tuple[float, float]
) -> None:
    (line,) = drawn(tmp_path, f'<path d="{data}" style="{LINE}"/>').lines
    (chain,) = line.chains
    assert not line.fixed
    assert len(chain) % 3 == 1
    assert cubics is None or len(chain) == 3 * cubics + 1
    assert tuple(chain[0]) == (10, 20)
    assert tuple(chain[-1]) == pytest.approx(last)


def test_an_arc_becomes_the_same_curve(tmp_path: Path) -> None:
    (line,) = drawn(tmp_path, f'<path d="M 30,50 A 40,40 0 0 1 110,50" style="{LINE}"/>').lines
    radius = np.hypot(*(polyline(line.chains[0]) - [70, 50]).T)
    assert np.abs(radius - 40).max() < 0.05


def test_several_subpaths_are_several_chains_of_one_line(tmp_path: Path) -> None:
    (line,) = drawn(tmp_path, f'<path d="M0,0L10,0M20,20L30,20l5,5" style="{LINE}"/>').lines
    assert [len(chain) for chain in line.chains] == [4, 7]


@pytest.mark.parametrize(
    ("path", "why"),
    [
        (f'<path d="M0,0L10,0L10,10z" style="{LINE}"/>', "closed"),
        ('<path d="M0,0L10,0L10,10" style="fill:red;stroke:none"/>', "filled"),
        ('<path d="M0,0L10,0L10,10"/>', "filled"),  # black is SVG's own fill
        ('<g fill="none" stroke="#000"><path d="M0,0L10,0L10,10"/></g>', ""),
        ('<g style="fill:none"><path d="M0,0L10,0L10,10" stroke="#000"/></g>', ""),
    ],
)
def test_closed_and_filled_paths_are_there_but_not_to_be_redrawn(
    tmp_path: Path, path: str, why: str
) -> None:
    (line,) = drawn(tmp_path, path).lines
    assert line.fixed == why


@pytest.mark.parametrize(
    "body",
    [
        f'<path d="M0,0L10,0" style="{LINE};display:none"/>',
        f'<g style="display:none"><path d="M0,0L10,0" style="{LINE}"/></g>',
        f'<defs><path d="M0,0L10,0" style="{LINE}"/></defs>',
        f'<clipPath id="c"><path d="M0,0L10,0" style="{LINE}"/></clipPath>',
        f'<path d="" style="{LINE}"/>',
        f'<path d="M 5,5" style="{LINE}"/>',
        f'<path d="nonsense" style="{LINE}"/>',
        f'<path transform="scale(0)" d="M0,0L10,0" style="{LINE}"/>',
        '<rect width="5" height="5"/><text>x</text><circle r="4"/>',
    ],
)
def test_what_is_not_seen_or_no_path_is_no_line(tmp_path: Path, body: str) -> None:
    assert drawn(tmp_path, body).lines == []


@pytest.mark.parametrize(
    ("body", "locked"),
    [
        (f'<path d="M0,0L10,0" style="{LINE}" clipasso:locked="true"/>', True),
        (f'<path d="M0,0L10,0" style="{LINE}" clipasso:locked="false"/>', False),
        (f'<path d="M0,0L10,0" style="{LINE}" sodipodi:insensitive="true"/>', True),
        (f'<g sodipodi:insensitive="true"><path d="M0,0L10,0" style="{LINE}"/></g>', True),
    ],
)
def test_a_lock_is_ours_or_inkscapes_own(tmp_path: Path, body: str, locked: bool) -> None:
    (line,) = drawn(tmp_path, body).lines
    assert line.locked == locked


# Style sheets

ILLUSTRATOR = """<?xml version="1.0" encoding="utf-8"?>
<!-- Generator: Adobe Illustrator 27.0.0, SVG Export Plug-In . SVG Version: 6.00 Build 0)  -->
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
<svg version="1.1" id="Layer_1" xmlns="http://www.w3.org/2000/svg" x="0px" y="0px"
 viewBox="0 0 200 100" xml:space="preserve">
<style type="text/css">
	.st0{fill:none;stroke:#1D1D1B;stroke-width:2;stroke-linecap:round;stroke-miterlimit:10;}
	.st1{fill:#FFFFFF;}
	.st2{display:none;}
	.st3{opacity:0.5;}
</style>
<g id="ink">
	<path id="a" class="st0" d="M10,20c10,0,20,20,40,40"/>
	<path id="b" class="st1" d="M10,20c10,0,20,20,40,40z"/>
</g>
<g class="st2"><path id="c" class="st0" d="M1,1L2,2"/></g>
<g class="st3"><path id="d" class="st0" d="M1,1L2,2"/></g>
</svg>"""
AFFINITY = """<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
<svg width="100%" height="100%" viewBox="0 0 200 100" version="1.1" xmlns="http://www.w3.org/2000/svg"
 xmlns:serif="http://www.serif.com/"
 style="fill-rule:evenodd;clip-rule:evenodd;stroke-linecap:round;stroke-linejoin:round;stroke-miterlimit:1.5;">
    <defs><style><![CDATA[
svg > g > path { fill: none }
#ink path { stroke: rgb(0 0 0 / 50%) !important; stroke-width: 3px }
]]></style></defs>
    <g id="ink" serif:id="Ink" transform="matrix(2,0,0,2,0,0)">
        <path id="a" style="stroke:red" d="M5,10L25,30"/>
    </g>
</svg>"""


def saved(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "drawing.svg"
    path.write_text(text, encoding="utf-8", newline="")
    return path


def test_classes_say_how_strokes_look(tmp_path: Path) -> None:
    drawing = read_drawing(saved(tmp_path, ILLUSTRATOR), SIZE)
    a, b, d = drawing.find(["a", "b", "d"])
    assert len(drawing.lines) == 3, "one is hidden by its class"
    assert (a.color, a.width, a.fixed, a.fill) == ("#1d1d1b", 2, "", 0)
    assert (b.fixed, b.darkness) == ("closed", 0)
    assert d.darkness == pytest.approx(a.darkness / 2)


def test_sheets_in_definitions_with_any_selector_do_too(tmp_path: Path) -> None:
    (line,) = read_drawing(saved(tmp_path, AFFINITY), SIZE).lines
    assert (line.color, line.width, line.fixed) == ("#000000", 6, "")
    assert line.darkness == pytest.approx(0.5)


@pytest.mark.parametrize("text", [ILLUSTRATOR, AFFINITY])
def test_a_stroke_with_a_class_changes_in_its_points_alone(tmp_path: Path, text: str) -> None:
    path = saved(tmp_path, text)
    before = etree.tostring(etree.parse(path, etree.XMLParser(strip_cdata=False)))
    drawing = read_drawing(path, SIZE)
    (line,) = drawing.find(["a"])
    old = line.node.get("d")
    line.place([line.chains[0] + 5])
    drawing.write(path)
    after = path.read_bytes().partition(b"?>\n")[2]
    assert after == before.replace(f'"{old}"'.encode(), f'"{line.node.get("d")}"'.encode())
    assert line.node.get("d") != old


def test_a_broken_sheet_is_no_mistake_of_the_drawing(tmp_path: Path) -> None:
    css = ".a{stroke:blue;fill:none} .a..b{stroke:red} .a{stroke-width:wide;fill:{}} @media{"
    body = f'<style>{css}</style><path class="a" d="M0,0L9,9"/>'
    (line,) = drawn(tmp_path, body).lines
    assert (line.color, line.width, line.fixed) == ("#0000ff", 1, "")


def test_a_hidden_photograph_is_no_place(tmp_path: Path) -> None:
    body = (
        "<style>.off{visibility:hidden}</style>"
        '<image class="off" x="1" width="2" height="1" xlink:href="q.png"/>'
        '<image x="10" y="10" width="40" height="20" xlink:href="p.png"/>'
        f'<path d="M 10,10 L 50,30" style="{LINE}"/>'
    )
    drawing = drawn(tmp_path, body, 'viewBox="0 0 300 300"')
    assert ends(drawing) == pytest.approx([0, 0, 200, 100])


@pytest.mark.parametrize(
    "paint", ["currentColor", "url(#gradient)", "rgb(0 0 0 / 50%)", "#00000080"]
)
def test_paints_that_are_no_plain_colour_have_their_darkness(tmp_path: Path, paint: str) -> None:
    style = f"fill:none;color:#808080;stroke:{paint}"
    (line,) = drawn(tmp_path, f'<path d="M0,0L9,9" style="{style}"/>').lines
    assert line.darkness == pytest.approx(0.5, abs=0.01)


def test_an_entity_of_its_own_is_not_read(tmp_path: Path) -> None:
    path = saved(tmp_path, ILLUSTRATOR.replace('svg11.dtd">', 'svg11.dtd" [<!ENTITY ink "#000">]>'))
    with pytest.raises(UserError, match="no plain SVG"):
        read_drawing(path, SIZE)


def test_transforms_of_paths_and_groups_count(tmp_path: Path) -> None:
    path = f'<path transform="rotate(90)" d="M0,0L10,0" style="{LINE}"/>'
    body = f'<g transform="translate(100,0)"><g transform="scale(2)">{path}</g></g>'
    drawing = drawn(tmp_path, body)
    assert ends(drawing) == pytest.approx([100, 0, 100, 20])
    assert drawing.lines[0].width == pytest.approx(4)


# Where the photograph lies


def test_the_page_is_the_photographs_when_it_has_its_proportions(tmp_path: Path) -> None:
    path = f'<path d="M 10,10 L 60,35" style="{LINE}"/>'
    drawing = drawn(tmp_path, path, 'viewBox="10 10 50 25"')
    assert ends(drawing) == pytest.approx([0, 0, 200, 100])


def test_an_image_tells_where_the_photograph_lies(tmp_path: Path) -> None:
    image = '<image id="p" x="5" y="5" width="40" height="20" xlink:href="p.png"/>'
    path = f'<path d="M 10,10 L 50,30" style="{LINE}"/>'
    body = f'<g transform="translate(5,5)">{image}</g>{path}'
    drawing = drawn(tmp_path, body, 'viewBox="0 0 300 300"')
    assert ends(drawing) == pytest.approx([0, 0, 200, 100])


def test_a_photograph_within_a_box_of_other_proportions_is_where_it_is_seen(tmp_path: Path) -> None:
    image = '<image x="0" y="0" width="40" height="40" xlink:href="p.png"/>'
    path = f'<path d="M 0,10 L 40,30" style="{LINE}"/>'
    drawing = drawn(tmp_path, image + path, 'viewBox="0 0 300 300"')
    assert ends(drawing) == pytest.approx([0, 0, 200, 100])


def test_a_sketch_names_its_image_among_several(tmp_path: Path) -> None:
    images = "".join(
        f'<image id="p{x}" x="{x}" width="20" height="10" xlink:href="p.png"/>'
        for x in (0, 50, 100)
    )
    path = f'<path d="M 50,0 L 70,10" style="{LINE}"/>'
    body = f'{images}<g clipasso:sketch="1" clipasso:source="#p50">{path}</g>'
    assert ends(drawn(tmp_path, body, 'viewBox="0 0 300 300"')) == pytest.approx([0, 0, 200, 100])


def test_a_page_that_says_nothing_of_the_photograph_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="where the photograph lies"):
        drawn(tmp_path, f'<path d="M0,0L10,0" style="{LINE}"/>', 'viewBox="0 0 100 100"')


# Which layer


def test_only_the_sketch_is_drawn_on(tmp_path: Path) -> None:
    body = (
        f'<path d="M0,0L1,0" style="{LINE}"/>'
        f'<g id="s" clipasso:sketch="1"><path id="a" d="M0,0L10,0" style="{LINE}"/></g>'
    )
    assert [line.id for line in drawn(tmp_path, body).lines] == ["a"]


def test_of_two_sketches_one_must_be_named(tmp_path: Path) -> None:
    body = "".join(
        f'<g id="{one}" clipasso:sketch="1"><path id="in-{one}" d="M0,0L10,0" style="{LINE}"/></g>'
        for one in ("a", "b")
    )
    with pytest.raises(UserError, match=r"--layer \(a, b\)"):
        drawn(tmp_path, body)
    assert [line.id for line in drawn(tmp_path, body, layer="b").lines] == ["in-b"]
    with pytest.raises(UserError, match="no layer"):
        drawn(tmp_path, body, layer="c")


def test_of_a_series_the_sketch_that_is_shown_is_drawn_on_or_the_one_that_is_named(
    tmp_path: Path,
) -> None:
    body = "".join(
        f'<g id="{one}" clipasso:sketch="1" style="{style}">'
        f'<path id="in-{one}" d="M0,0L10,0" style="{LINE}"/>'
        f'<path id="hidden-{one}" d="M0,0L10,0" style="{LINE};display:none"/></g>'
        for one, style in (("a", "display:none"), ("b", ""))
    )
    assert [line.id for line in drawn(tmp_path, body).lines] == ["in-b"]
    assert [line.id for line in drawn(tmp_path, body, layer="a").lines] == ["in-a"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<svg",
        "plain text",
        "<html/>",
        '<!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg"/>',
    ],
)
def test_what_is_no_plain_svg_is_a_mistake(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.svg").write_text(text)
    with pytest.raises(UserError):
        read_drawing(tmp_path / "x.svg", SIZE)


@pytest.mark.parametrize(
    ("paper", "ink", "darkness"),
    [
        ("#000", "#fff", 1),
        ("#000", "#000", 0),
        ("#fff", "#000", 1),
        ("#333", "#fff", 0.8),
        ("none", "#fff", 0),
    ],
)
def test_on_dark_paper_light_ink_is_what_is_seen_and_the_paper_is_no_stroke(
    tmp_path: Path, paper: str, ink: str, darkness: float
) -> None:
    sheet = f'<g clipasso:paper="1"><rect width="200" height="100" style="fill:{paper}"/></g>'
    style = f"fill:none;stroke:{ink};stroke-width:2"
    path = f'<path id="a" d="M0,0L10,0" style="{style}"/>'
    body = f'{sheet}<g clipasso:sketch="1">{path}</g>'
    (line,) = drawn(tmp_path, body).lines
    assert line.darkness == pytest.approx(darkness)
    assert (line.id, line.fill, line.fixed) == ("a", 0, "")


# The way back

NUMBERS = st.floats(-50, 50).map(lambda value: round(value, 3))
TRANSFORM = st.one_of(
    st.builds("translate({},{})".format, NUMBERS, NUMBERS),
    st.builds("rotate({:.2f})".format, st.floats(-180, 180)),
    st.builds(
        "scale({},{})".format, st.sampled_from([-2, -0.5, 0.5, 3]), st.sampled_from([-1, 0.7, 2])
    ),
    st.builds("skewX({:.2f})".format, st.floats(-40, 40)),
)
TRANSFORMS = st.lists(TRANSFORM, max_size=3).map(" ".join)
# the same folder serves every example
SAME_FOLDER = [HealthCheck.function_scoped_fixture]


def said(drawing: Drawing) -> dict[str | None, dict[str, str]]:
    """The attributes of every path, by its id."""
    paths = drawing.root.iter(f"{{{SVG}}}path")
    return {path.get("id"): {str(k): str(v) for k, v in path.attrib.items()} for path in paths}


@settings(max_examples=60, deadline=None, suppress_health_check=SAME_FOLDER)
@given(outer=TRANSFORMS, inner=TRANSFORMS, own=TRANSFORMS, x=NUMBERS, y=NUMBERS)
def test_a_line_that_is_moved_is_seen_there_and_nothing_else_changes(
    tmp_path: Path, outer: str, inner: str, own: str, x: float, y: float
) -> None:
    style = f"{LINE};opacity:.5"
    path = f'<path id="a" transform="{own}" d="M 1,1 L 9,{y}" style="{style}" data-x="{x}"/>'
    closed = f'<path id="other" d="m 1,2 c 3,4 5,6 7,8 z" style="{LINE}" data-note="ä"/>'
    other = f'<g transform="{inner}">{closed}<text>words</text></g>'
    drawing = drawn(tmp_path, f'<g id="o" transform="{outer}">{path}{other}</g>')
    before = said(drawing)
    (words,) = drawing.root.iter(f"{{{SVG}}}text")
    (line,) = drawing.find(["a"])
    wanted = line.chains[0] + np.array([x, y])
    line.place([wanted])
    drawing.write(tmp_path / "moved.svg")
    again = read_drawing(tmp_path / "moved.svg", SIZE)
    scale = math.sqrt(abs(float(np.linalg.det(line.to_picture[:2, :2]))))
    stretch = max(float(np.abs(line.to_picture[:2, :2]).max()), scale)
    assert np.abs(again.find(["a"])[0].chains[0] - wanted).max() < 1e-4 * stretch
    after = said(again)
    assert after["other"] == before["other"]
    assert {**after["a"], "d": ""} == {**before["a"], "d": ""}
    (same_words,) = again.root.iter(f"{{{SVG}}}text")
    assert etree.tostring(same_words) == etree.tostring(words)


CHARACTERS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=12)
NAMES = ["id", "class", "style", "fill", "stroke", "transform", "data-note", f"{{{INKSCAPE}}}label"]
VALUES = ["a", "a b", "fill : none;;stroke: red ", "fill:url('#;')", "rotate(3)", "none"]
ATTRIBUTES = st.dictionaries(st.sampled_from(NAMES), st.one_of(CHARACTERS, st.sampled_from(VALUES)))
TAGS = st.sampled_from(
    ["path", "rect", "text", "g", "metadata", "style", "{http://example.org/own}thing"]
)
CHILDREN = st.one_of(
    st.tuples(TAGS, ATTRIBUTES, CHARACTERS, CHARACTERS),
    st.tuples(st.just(etree.Comment), CHARACTERS.map(lambda text: text.replace("-", ""))),
    st.tuples(st.just(etree.CDATA), CHARACTERS.map(lambda text: text.replace("]]>", ""))),
)


def foreign(children: list[Any]) -> etree._Element:
    """A group of what is none of ours, and a locked stroke."""
    group = etree.Element(f"{{{SVG}}}g", nsmap={None: SVG, "clipasso": CLIPASSO})
    locked = {"d": "m 1 1 2 , 2", f"{{{CLIPASSO}}}locked": "true", "style": LINE}
    etree.SubElement(group, f"{{{SVG}}}path", locked)
    for kind, *rest in children:
        if kind is etree.Comment:
            group.append(etree.Comment(rest[0]))
        elif kind is etree.CDATA:
            etree.SubElement(group, f"{{{SVG}}}style").text = etree.CDATA(rest[0])
        else:
            attributes, text, tail = rest
            tag = kind if kind.startswith("{") else f"{{{SVG}}}{kind}"
            node = etree.SubElement(group, tag, attributes)
            node.text = text or None
            node.tail = tail or None
            if kind == "path":
                node.set("d", "M 3,3 l 4,4")
    return group


@settings(max_examples=150, deadline=None, suppress_health_check=SAME_FOLDER)
@given(
    before=st.lists(CHILDREN, max_size=4), after=st.lists(CHILDREN, max_size=4), style=ATTRIBUTES
)
def test_what_is_locked_or_foreign_stays_byte_for_byte(
    tmp_path: Path, before: list[Any], after: list[Any], style: dict[str, str]
) -> None:
    root = etree.Element(
        f"{{{SVG}}}svg", nsmap={None: SVG, "clipasso": CLIPASSO}, viewBox="0 0 200 100"
    )
    root.append(foreign(before))
    own = etree.SubElement(root, f"{{{SVG}}}path", id="own-stroke", d="M 1.50,1 L 9 9")
    for name, text in style.items():
        if name not in ("id", "transform"):
            own.set(name, text)
    root.append(foreign(after))
    sheet = etree.SubElement(root, f"{{{SVG}}}style")
    sheet.text = etree.CDATA(
        "path { display: inline !important; visibility: visible !important }"
        " g { display: inline !important }"
    )
    whole = etree.tostring(root, encoding="unicode").encode()
    path = tmp_path / "whole.svg"
    path.write_bytes(whole)
    drawing = read_drawing(path, None)
    (line,) = drawing.find(["own-stroke"])
    line.place([chain + 3 for chain in line.chains])
    moved = line.node.get("d", "").encode()
    saved_as = drawing.to_bytes().partition(b"?>\n")[2]
    assert saved_as == whole.replace(b"M 1.50,1 L 9 9", moved)


def test_apply_maps_points() -> None:
    matrix = np.array([[2.0, 0, 1], [0, 3, 0], [0, 0, 1]])
    assert apply(matrix, np.array([[1.0, 1.0]])).tolist() == [[3, 3]]


# More or fewer


def shown(path: Path) -> set[str]:
    return {line.id for line in read_drawing(path, None).lines}


def test_fewer_strokes_are_the_most_needed_and_more_bring_them_back(tmp_path: Path) -> None:
    path = ranked(tmp_path)
    whole = path.read_bytes()
    drawing = read_drawing(path, None)
    assert level(drawing, 2) == (2, 4)
    drawing.write(path)
    assert shown(path) == {"s0", "s1", "own"}
    drawing = read_drawing(path, None)
    level(drawing, 4)
    drawing.write(path)
    assert etree.canonicalize(path.read_text()) == etree.canonicalize(whole.decode())


@pytest.mark.parametrize("count", [0, 5])
def test_a_level_that_is_not_there_is_a_mistake(tmp_path: Path, count: int) -> None:
    with pytest.raises(UserError, match="choose 1 to 4"):
        level(read_drawing(ranked(tmp_path), None), count)


def test_a_stroke_that_a_class_hides_comes_back(tmp_path: Path) -> None:
    path = ranked(tmp_path)
    text = path.read_text().replace('id="s0"', 'id="s0" class="off"')
    path.write_text(text.replace("<g ", "<style>.off{display:none}</style><g ", 1))
    assert shown(path) == {"s1", "s2", "s3", "own"}
    drawing = read_drawing(path, None)
    level(drawing, 2)
    drawing.write(path)
    assert shown(path) == {"s0", "s1", "own"}


def test_strokes_without_a_rank_have_no_levels(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="order of need"):
        level(drawn(tmp_path, f'<path d="M0,0L10,0" style="{LINE}"/>'), 1)


@pytest.mark.parametrize(
    "fault",
    [
        'viewBox="0 0 100% 100%" width="200" height="100"',
        'viewBox="0 0 200px 100px" width="200" height="100"',
        'viewBox="0 0 1e-300 1e-300" width="200" height="100"',
    ],
)
def test_a_view_box_that_can_not_be_read_is_none(tmp_path: Path, fault: str) -> None:
    body = f'<path style="{LINE}" d="M 10,20 L 30,40"/>'
    if "1e-300" in fault:
        with pytest.raises(UserError, match="where the photograph lies"):
            drawn(tmp_path, body, fault)
        return
    assert ends(drawn(tmp_path, body, fault)) == pytest.approx([10, 20, 30, 40])


def test_an_image_that_is_squashed_to_nothing_is_no_place(tmp_path: Path) -> None:
    photo = '<image transform="scale(0)" width="200" height="100"/>'
    body = f'{photo}<path style="{LINE}" d="M 1,2 L 3,4"/>'
    assert ends(drawn(tmp_path, body)) == pytest.approx([1, 2, 3, 4])


@pytest.mark.parametrize("transform", ["rotate(foo)", "matrix(1 2 3)"])
def test_a_transform_that_can_not_be_read_moves_nothing(tmp_path: Path, transform: str) -> None:
    body = f'<g transform="{transform}"><path style="{LINE}" d="M 1,2 L 3,4"/></g>'
    assert ends(drawn(tmp_path, body)) == pytest.approx([1, 2, 3, 4])


def test_a_rank_in_other_digits_is_none(tmp_path: Path) -> None:
    path = tmp_path / "ranked.svg"
    strokes = "".join(
        f'<path id="{name}" clipasso:rank="{rank}" style="{LINE}" d="M 1,2 L 3,4"/>'
        for name, rank in (("a", "²"), ("b", "0"), ("c", "9" * 5000))
    )
    path.write_text(
        f'<svg xmlns="{SVG}" xmlns:clipasso="{CLIPASSO}" viewBox="0 0 200 100">{strokes}</svg>'
    )
    assert level(read_drawing(path, None), 1) == (1, 1)


def test_a_layer_that_is_squashed_to_nothing_takes_no_strokes(tmp_path: Path) -> None:
    drawing = drawn(tmp_path, '<g id="layer" transform="scale(0)"/>', layer="layer")
    with pytest.raises(UserError, match="squashed to nothing"):
        _ = drawing.to_layer


@pytest.mark.parametrize("attribute", ["display", "style", "pathLength"])
@pytest.mark.parametrize("command", [["level", "--strokes", "1"], ["animate"]])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_default_of_a_dtd_is_no_attribute(
    tmp_path: Path, attribute: str, command: list[str], encoding: str
) -> None:
    path = tmp_path / "with a dtd.svg"
    dtd = f'<!DOCTYPE svg [<!ATTLIST path {attribute} CDATA "inline">]>'
    body = f'<path id="a" clipasso:rank="0" style="{LINE}" d="M 1,2 L 3,4"/>'
    text = f'{dtd}<svg xmlns="{SVG}" xmlns:clipasso="{CLIPASSO}">{body}</svg>'
    path.write_bytes(text.encode(encoding))
    words = [sys.executable, "-m", "clipasso_core", command[0], str(path), *command[1:]]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "ATTLIST" not in path.read_text()


# How long that takes

LIMIT_S = 20.0  # for less than a second, or five where a busy machine counts every line
DOT = '<path class="dot" d="M 0,0 L 1,1"/>'
INHERIT = '<g display="inherit" visibility="inherit" stroke="inherit" fill="inherit">'


@pytest.mark.parametrize(
    "body",
    [
        "<style>path ~ path ~ path ~ path ~ path ~ path{fill:red}</style>" + DOT * 1500,
        "<style>path:not(g ~ path ~ path ~ path ~ path ~ path){fill:red}</style>" + DOT * 1500,
        (INHERIT + DOT) * 200 + "</g>" * 200,
        '<g transform="rotate(1)">' * 200 + DOT * 2000 + "</g>" * 200,
        f'<path d="M0 0{"a5 5 0 0 1 10 0 " * 5000}"/>',
        f'<path d="M0 0{"z" * 100_000}"/>',
        f'<path style="{"(" * 100_000}" d="M0 0 1 1"/>',
        f'<path transform="{"scale(" * 50_000}" d="M0 0 1 1"/>',
    ],
    ids=["siblings", "none of siblings", "inherit", "deep", "arcs", "closed", "brackets", "scale"],
)
def test_no_document_of_others_takes_long(tmp_path: Path, body: str) -> None:
    began = time.process_time()
    drawn(tmp_path, body)
    assert time.process_time() - began < LIMIT_S


@pytest.mark.parametrize(
    "body",
    [
        "<style>path:nth-child(2n){fill:red}</style>" + DOT * 40_000,
        f"<style>{'path{fill:red}' * 2000}</style>" + DOT * 5000,
    ],
    ids=["neighbours", "rules"],
)
def test_sheets_that_would_take_long_are_told_in_one_line(tmp_path: Path, body: str) -> None:
    began = time.process_time()
    with pytest.raises(UserError, match="too many selectors"):
        drawn(tmp_path, body)
    assert time.process_time() - began < LIMIT_S


def test_an_elements_own_matrix_is_the_one_around_it_and_its_own(tmp_path: Path) -> None:
    body = (
        '<g transform="translate(10,20)"><g transform="scale(2)">'
        f'<path id="a" transform="rotate(90)" d="M1,0L3,0" style="{LINE}"/></g>'
        f'<path id="b" d="M1,0L3,0" style="{LINE}"/></g>'
    )
    drawing = drawn(tmp_path, body)
    assert ends(drawing, 0) == pytest.approx([10, 22, 10, 26])
    assert ends(drawing, 1) == pytest.approx([11, 20, 13, 20])


# Beyond all numbers

FAR = [
    '<g id="a" clipasso:sketch="1" transform="scale(1e200)">{}</g>',
    '<g id="a" clipasso:sketch="1" transform="scale(1e150)">{}</g>',
    '<g id="a" clipasso:sketch="1" transform="translate(1e250,1) scale(1e-10)">{}</g>',
    '<g id="a" clipasso:sketch="1">{}</g>',
]


def move(drawing: Drawing) -> None:
    for line in drawing.lines:
        line.place([chain + 1 for chain in line.chains])


DOORS: dict[str, Callable[[Drawing], object]] = {
    "level": lambda drawing: level(drawing, 1),
    "animate": lambda drawing: animate(drawing, 3.0),
    "order": order_strokes,
    "join": join_strokes,
    "move": move,
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("around", FAR)
@pytest.mark.filterwarnings("error")
def test_no_door_writes_a_number_that_is_none(tmp_path: Path, around: str, door: str) -> None:
    places = ("M 1e250,0 L 0,1e250", "M 1,2 C 3,4 1e308,1e308 -1e308,5", "M 1,2 L 3,4")
    paths = "".join(
        f'<path id="s{rank}" clipasso:rank="{rank}" d="{d}" style="{LINE}"/>'
        for rank, d in enumerate(places)
    )
    drawing = drawn(tmp_path, around.format(paths))
    with suppress(UserError):
        DOORS[door](drawing)
    written = drawing.to_bytes()
    assert not re.search(rb"(?<![a-z-])(nan|inf)(?![a-z])", written)


def test_a_stroke_beyond_all_numbers_is_not_there(tmp_path: Path) -> None:
    path = f'<path id="far" d="M 1e200,0 L 0,1e200" style="{LINE}"/>'
    near = f'<path id="near" d="M 1,2 L 3,4" style="{LINE}"/>'
    drawing = drawn(tmp_path, f'<g transform="scale(1e150)">{path}</g>{near}')
    assert [line.id for line in drawing.lines] == ["near"]


def test_a_place_beyond_all_numbers_is_told(tmp_path: Path) -> None:
    (line,) = drawn(tmp_path, f'<path d="M 1,2 L 3,4" style="{LINE}"/>').lines
    with pytest.raises(UserError, match="beyond all numbers"):
        line.place([line.chains[0] * np.inf])


@pytest.mark.parametrize("digits", [5000, 65])
def test_a_width_of_thousands_of_digits_is_none(tmp_path: Path, digits: int) -> None:
    number = "9" * digits
    body = (
        f"<style>.a{{stroke-width:{number};stroke:red}}</style>"
        f'<path class="a" stroke-width="{number}" style="fill:none;opacity:{number}"'
        ' d="M 1,2 L 3,4"/>'
    )
    (line,) = drawn(tmp_path, body).lines
    assert (line.width, line.color, line.fixed) == (1, "#ff0000", "")
