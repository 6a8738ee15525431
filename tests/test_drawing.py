"""Any SVG document is a drawing over its photograph: every path is found where it is seen, and all else stays as it was."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from clipasso_core.drawing import Drawing, apply, level, read_drawing
from clipasso_core.errors import UserError
from clipasso_core.strokes import polyline

SIZE = (200, 100)  # of the photograph, px
SPACES = (
    'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:clipasso="https://clipasso.org/ns" '
    'xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape" xmlns:sodipodi="http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd"'
)
LINE = "fill:none;stroke:black;stroke-width:2"


def drawn(tmp_path: Path, body: str, page: str = 'viewBox="0 0 200 100"', layer: str | None = None) -> Drawing:
    """The document with that body, read as a drawing over a photograph of `SIZE`."""
    path = tmp_path / "drawing.svg"
    path.write_text(f"<svg {SPACES} {page}>{body}</svg>", encoding="utf-8")
    return read_drawing(path, SIZE, layer)


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
def test_every_open_path_is_a_chain_of_cubics(tmp_path: Path, data: str, cubics: int | None, last: tuple[float, float]) -> None:
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
def test_closed_and_filled_paths_are_there_but_not_to_be_redrawn(tmp_path: Path, path: str, why: str) -> None:
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


def test_transforms_of_paths_and_groups_count(tmp_path: Path) -> None:
    body = f'<g transform="translate(100,0)"><g transform="scale(2)"><path transform="rotate(90)" d="M0,0L10,0" style="{LINE}"/></g></g>'
    drawing = drawn(tmp_path, body)
    assert ends(drawing) == pytest.approx([100, 0, 100, 20])
    assert drawing.lines[0].width == pytest.approx(4)


# Where the photograph lies


def test_the_page_is_the_photographs_when_it_has_its_proportions(tmp_path: Path) -> None:
    drawing = drawn(tmp_path, f'<path d="M 10,10 L 60,35" style="{LINE}"/>', 'viewBox="10 10 50 25"')
    assert ends(drawing) == pytest.approx([0, 0, 200, 100])


def test_an_image_tells_where_the_photograph_lies(tmp_path: Path) -> None:
    image = '<g transform="translate(5,5)"><image id="p" x="5" y="5" width="40" height="20" xlink:href="p.png"/></g>'
    drawing = drawn(tmp_path, f'{image}<path d="M 10,10 L 50,30" style="{LINE}"/>', 'viewBox="0 0 300 300"')
    assert ends(drawing) == pytest.approx([0, 0, 200, 100])


def test_a_photograph_within_a_box_of_other_proportions_is_where_it_is_seen(tmp_path: Path) -> None:
    image = '<image x="0" y="0" width="40" height="40" xlink:href="p.png"/>'
    drawing = drawn(tmp_path, f'{image}<path d="M 0,10 L 40,30" style="{LINE}"/>', 'viewBox="0 0 300 300"')
    assert ends(drawing) == pytest.approx([0, 0, 200, 100])


def test_a_sketch_names_its_image_among_several(tmp_path: Path) -> None:
    images = "".join(f'<image id="p{x}" x="{x}" width="20" height="10" xlink:href="p.png"/>' for x in (0, 50, 100))
    body = f'{images}<g clipasso:sketch="1" clipasso:source="#p50"><path d="M 50,0 L 70,10" style="{LINE}"/></g>'
    assert ends(drawn(tmp_path, body, 'viewBox="0 0 300 300"')) == pytest.approx([0, 0, 200, 100])


def test_a_page_that_says_nothing_of_the_photograph_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="where the photograph lies"):
        drawn(tmp_path, f'<path d="M0,0L10,0" style="{LINE}"/>', 'viewBox="0 0 100 100"')


# Which layer


def test_only_the_sketch_is_drawn_on(tmp_path: Path) -> None:
    body = f'<path d="M0,0L1,0" style="{LINE}"/><g id="s" clipasso:sketch="1"><path id="a" d="M0,0L10,0" style="{LINE}"/></g>'
    assert [line.id for line in drawn(tmp_path, body).lines] == ["a"]


def test_of_two_sketches_one_must_be_named(tmp_path: Path) -> None:
    body = "".join(f'<g id="{one}" clipasso:sketch="1"><path id="in-{one}" d="M0,0L10,0" style="{LINE}"/></g>' for one in ("a", "b"))
    with pytest.raises(UserError, match=r"--layer \(a, b\)"):
        drawn(tmp_path, body)
    assert [line.id for line in drawn(tmp_path, body, layer="b").lines] == ["in-b"]
    with pytest.raises(UserError, match="no layer"):
        drawn(tmp_path, body, layer="c")


@pytest.mark.parametrize(
    "text", ["", "<svg", "plain text", "<html/>", '<!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg"/>']
)
def test_what_is_no_plain_svg_is_a_mistake(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.svg").write_text(text)
    with pytest.raises(UserError):
        read_drawing(tmp_path / "x.svg", SIZE)


# The way back

NUMBERS = st.floats(-50, 50).map(lambda value: round(value, 3))
TRANSFORMS = st.lists(
    st.one_of(
        st.tuples(NUMBERS, NUMBERS).map(lambda pair: f"translate({pair[0]},{pair[1]})"),
        st.floats(-180, 180).map(lambda angle: f"rotate({angle:.2f})"),
        st.tuples(st.sampled_from([-2, -0.5, 0.5, 3]), st.sampled_from([-1, 0.7, 2])).map(lambda pair: f"scale({pair[0]},{pair[1]})"),
        st.floats(-40, 40).map(lambda angle: f"skewX({angle:.2f})"),
    ),
    max_size=3,
).map(" ".join)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(outer=TRANSFORMS, inner=TRANSFORMS, own=TRANSFORMS, x=NUMBERS, y=NUMBERS)
def test_a_line_that_is_moved_is_seen_there_and_nothing_else_changes(
    tmp_path: Path, outer: str, inner: str, own: str, x: float, y: float
) -> None:
    other = f'<g transform="{inner}"><path id="other" d="m 1,2 c 3,4 5,6 7,8 z" style="{LINE}" data-note="ä"/><text>words</text></g>'
    path = f'<path id="a" transform="{own}" d="M 1,1 L 9,{y}" style="{LINE};opacity:.5" data-x="{x}"/>'
    body = f'<g id="o" transform="{outer}">{path}{other}</g>'
    drawing = drawn(tmp_path, body)
    before = {node.get("id"): (node.get("d"), dict(node.attrib)) for node in drawing.root.iter("{*}path")}
    (line,) = drawing.find(["a"])
    wanted = line.chains[0] + np.array([x, y])
    line.place([wanted])
    drawing.write(tmp_path / "moved.svg")
    again = read_drawing(tmp_path / "moved.svg", SIZE)
    scale = math.sqrt(abs(float(np.linalg.det(line.to_picture[:2, :2]))))
    stretch = max(float(np.abs(line.to_picture[:2, :2]).max()), scale)
    assert np.abs(again.find(["a"])[0].chains[0] - wanted).max() < 1e-4 * stretch
    after = {node.get("id"): (node.get("d"), dict(node.attrib)) for node in again.root.iter("{*}path")}
    assert after["other"] == before["other"]
    assert {**after["a"][1], "d": ""} == {**before["a"][1], "d": ""}
    assert etree.tostring(drawing.root.find(".//{*}text")) == etree.tostring(again.root.find(".//{*}text"))


def test_apply_maps_points() -> None:
    assert apply(np.array([[2.0, 0, 1], [0, 3, 0], [0, 0, 1]]), np.array([[1.0, 1.0]])).tolist() == [[3, 3]]


# More or fewer


def ranked(tmp_path: Path) -> Path:
    paths = "".join(f'<path id="s{rank}" d="M0,0L10,{rank}" style="{LINE}" clipasso:rank="{rank}"/>' for rank in (2, 0, 1, 3))
    path = tmp_path / "ranked.svg"
    own = f'<path id="own" d="M5,5L9,9" style="{LINE}"/>'
    path.write_text(f'<svg {SPACES} viewBox="0 0 200 100"><g clipasso:sketch="1">{paths}{own}</g></svg>', encoding="utf-8")
    return path


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


def test_strokes_without_a_rank_have_no_levels(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="order of need"):
        level(drawn(tmp_path, f'<path d="M0,0L10,0" style="{LINE}"/>'), 1)
