"""A sketch survives its SVG, foreign files are refused, a file is replaced whole or not at all."""

from __future__ import annotations

import dataclasses
import errno
import os
import re
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from support.drawings import SKETCH
from support.strategies import hex_colors, requests

from clipasso_core import __version__
from clipasso_core.document.attributes import CLIPASSO, INKSCAPE, SODIPODI, SVG
from clipasso_core.document.svg import from_svg, read_svg, to_svg, write_svg
from clipasso_core.errors import UserError
from clipasso_core.frame import Frame
from clipasso_core.request import SketchRequest
from clipasso_core.result import SketchResult
from clipasso_core.strokes import Stroke

numbers = st.floats(-1e6, 1e6)
points = st.tuples(numbers, numbers)
chains = st.integers(1, 3).flatmap(lambda cubics: st.tuples(*[points] * (3 * cubics + 1)))
first_letters = st.text(st.sampled_from("abzAZ_éж中"), min_size=1, max_size=3)
more_letters = st.text(st.sampled_from("az09-._·é"), max_size=8)
ids = st.builds(str.__add__, first_letters, more_letters)
drawn = st.builds(
    Stroke,
    points=chains,
    width=st.floats(1e-3, 1e4),
    color=hex_colors,
    opacity=st.floats(0, 1),
    locked=st.booleans(),
)
words = st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn", "Co")), max_size=20)


def _result(strokes: list[Stroke], names: list[str], **rest: Any) -> SketchResult:
    named = [
        dataclasses.replace(stroke, id=name) for stroke, name in zip(strokes, names, strict=False)
    ]
    return SketchResult(strokes=tuple(named), **rest)


results = st.builds(
    _result,
    strokes=st.lists(drawn, min_size=1, max_size=6),
    names=st.lists(ids, min_size=6, max_size=6, unique=True),
    width=st.integers(1, 100_000),
    height=st.integers(1, 100_000),
    frame=st.builds(Frame, numbers, numbers, st.floats(1, 1e6)),
    request=requests,
    guide=words,
    preset=words,
    device=words,
    mask=words,
    loss=st.floats(allow_nan=False),
    seed=st.integers(0, 2**31),
    steps=st.integers(1, 100_000),
)

PAIR = r"-?\d+(\.\d+)?,-?\d+(\.\d+)?"


def without_points(result: SketchResult) -> SketchResult:
    """Everything that must come back exactly equal."""
    line = ((0.0, 0.0),) * 4
    strokes = [dataclasses.replace(stroke, points=line) for stroke in result.strokes]
    return dataclasses.replace(result, strokes=tuple(strokes))


def paths(document: bytes) -> list[etree._Element]:
    return list(etree.fromstring(document).iter(f"{{{SVG}}}path"))


@settings(deadline=None)
@given(results)
def test_there_and_back_nothing_is_lost(result: SketchResult) -> None:
    back = from_svg(to_svg(result))
    assert without_points(back) == without_points(result)
    for mine, its in zip(result.strokes, back.strokes, strict=True):
        apart = np.abs(np.array(mine.points) - np.array(its.points))
        assert apart.max() <= 1e-3


@settings(deadline=None, max_examples=30)
@given(results)
def test_a_second_trip_changes_nothing_more(result: SketchResult) -> None:
    once = to_svg(from_svg(to_svg(result)))
    assert to_svg(from_svg(once)) == once


@settings(deadline=None, max_examples=30)
@given(results)
def test_every_stroke_is_one_path_of_cubics_in_the_order_of_need(result: SketchResult) -> None:
    drawn = list(etree.fromstring(to_svg(result))[-1].iter(f"{{{SVG}}}path"))
    assert [path.get("id") for path in drawn] == [stroke.id for stroke in result.strokes]
    assert ranks(drawn) == list(range(len(result.strokes)))
    for path, stroke in zip(drawn, result.strokes, strict=True):
        cubics = len(stroke.points) // 3
        data = path.get("d", "")
        assert re.fullmatch(rf"M {PAIR} C {PAIR}( {PAIR}){{{3 * cubics - 1}}}", data)


def ranks(nodes: Iterable[etree._Element]) -> list[int]:
    return [int(node.get(f"{{{CLIPASSO}}}rank", "")) for node in nodes]


def test_the_user_unit_is_a_pixel_of_the_photograph() -> None:
    root = etree.fromstring(to_svg(SKETCH))
    assert root.get("viewBox") == "0 0 160 120"
    assert (root.get("width"), root.get("height")) == ("160", "120")


def test_the_sketch_is_a_layer_that_tells_how_it_was_made() -> None:
    (layer,) = etree.fromstring(to_svg(SKETCH))
    assert layer.get(f"{{{INKSCAPE}}}groupmode") == "layer"
    assert layer.get(f"{{{INKSCAPE}}}label") == "Sketch · 2 strokes"
    assert layer.get(f"{{{CLIPASSO}}}guide") == "lite"
    assert layer.get(f"{{{CLIPASSO}}}mask") == "plain border"
    assert layer.get(f"{{{CLIPASSO}}}engine") == __version__


def test_strokes_are_drawn_with_a_round_pen_and_not_filled() -> None:
    first, second = (
        dict(part.split(":") for part in path.get("style", "").split(";"))
        for path in paths(to_svg(SKETCH))
    )
    assert first == {
        "fill": "none",
        "stroke": "#102030",
        "stroke-width": "2.5",
        "stroke-linecap": "round",
        "stroke-linejoin": "round",
        "stroke-opacity": "0.5",
    }
    assert "stroke-opacity" not in second


def test_strokes_come_back_by_rank_wherever_an_editor_put_them() -> None:
    root = etree.fromstring(to_svg(SKETCH))
    layer = root[0]
    layer.append(layer[0])
    assert from_svg(etree.tostring(root)) == from_svg(to_svg(SKETCH))


FIVE = [
    dataclasses.replace(SKETCH.strokes[number % 2], id=f"stroke-{number + 1}")
    for number in range(5)
]
SERIES = dataclasses.replace(SKETCH, strokes=tuple(FIVE), request=SketchRequest(series=(1, 3, 5)))
LABEL = f"{{{INKSCAPE}}}label"


def test_of_a_series_each_sketch_is_a_layer_and_the_largest_is_shown() -> None:
    root = etree.fromstring(to_svg(SERIES))
    assert [layer.get("id") for layer in root] == ["sketch-1", "sketch-3", "sketch"]
    labels = [layer.get(LABEL) for layer in root]
    assert labels == ["Sketch · 1 stroke", "Sketch · 3 strokes", "Sketch · 5 strokes"]
    assert [layer.get("style") for layer in root] == ["display:none", "display:none", None]
    whole = [path.get("d") for path in root[-1]]
    for layer in root:
        assert [path.get("d") for path in layer] == whole[: len(layer)]
        assert ranks(layer) == list(range(len(layer)))
        assert layer.get(f"{{{CLIPASSO}}}frame") == root[-1].get(f"{{{CLIPASSO}}}frame")
    ids = [node.get("id") for node in root.iter()]
    assert len(set(ids)) == len(ids)


def test_of_a_series_the_sketch_that_is_shown_is_read() -> None:
    assert from_svg(to_svg(SERIES)) == SERIES
    root = etree.fromstring(to_svg(SERIES))
    root[-1].set("style", "display:none")
    root[1].set("style", "display:inline")
    shown = [stroke.id for stroke in from_svg(etree.tostring(root)).strokes]
    assert shown == ["stroke-1-of-3", "stroke-2-of-3", "stroke-3-of-3"]


def test_a_sketch_of_fewer_strokes_than_its_series_has_the_layers_that_it_fills() -> None:
    few = dataclasses.replace(SERIES, strokes=SERIES.strokes[:3])
    assert from_svg(to_svg(few)) == few
    assert [layer.get("id") for layer in etree.fromstring(to_svg(few))] == ["sketch-1", "sketch"]


def test_paper_is_a_locked_layer_below_the_strokes_and_no_stroke() -> None:
    dark = dataclasses.replace(SKETCH, request=SketchRequest(strokes=2, paper="rgb(16, 32, 48)"))
    paper, layer = etree.fromstring(to_svg(dark))
    (sheet,) = paper
    assert paper.get(LABEL) == "Paper"
    assert paper.get(f"{{{SODIPODI}}}insensitive") == "true"
    assert sheet.tag == f"{{{SVG}}}rect"
    assert [sheet.get(name) for name in ("x", "y", "width", "height")] == ["0", "0", "160", "120"]
    assert sheet.get("style") == "fill:#102030;stroke:none"
    assert len(layer) == 2
    assert from_svg(to_svg(dark)) == dark


TENFOLD = "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in pairwise("abcdefghij"))
BOMB = (
    f'<!DOCTYPE svg [<!ENTITY a "ha">{TENFOLD}] >'
    '<svg xmlns="http://www.w3.org/2000/svg"><g>&j;</g></svg>'
)


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"once upon a time",
        b"\x89PNG\r\n\x1a\n",
        b"<svg",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<html/>",
        b"\xff\xfe<",
    ],
)
def test_what_is_no_sketch_is_refused(document: bytes) -> None:
    with pytest.raises(UserError) as refusal:
        from_svg(document, "cat.svg")
    assert "cat.svg" in refusal.value.message
    assert "\n" not in refusal.value.message


def test_an_entity_bomb_is_refused() -> None:
    with pytest.raises(UserError, match=r"cat\.svg"):
        from_svg(BOMB.encode(), "cat.svg")


def test_a_doctype_is_refused_and_no_file_is_read_for_it(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("treasure")
    outside = f'<!DOCTYPE svg [<!ENTITY e SYSTEM "{(tmp_path / "secret").as_uri()}">]>'.encode()
    document = to_svg(SKETCH).replace(b"<svg", outside + b"<svg")
    document = document.replace(b"</g>", b"<desc>&e;</desc></g>")
    with pytest.raises(UserError) as refusal:
        from_svg(document)
    assert "DOCTYPE" in refusal.value.message
    assert "treasure" not in refusal.value.message


def test_of_two_sketches_in_a_file_none_is_chosen() -> None:
    root = etree.fromstring(to_svg(SKETCH))
    root.append(etree.fromstring(etree.tostring(root[0])))
    with pytest.raises(UserError, match="2 sketches"):
        from_svg(etree.tostring(root))


STYLE = (
    "fill:none;stroke:#102030;stroke-width:2.5;stroke-linecap:round;stroke-linejoin:round;"
    "stroke-opacity:0.5"
)


@pytest.mark.parametrize(
    ("mine", "its"),
    [
        ("M 1,2 C", "M 1,2 c"),
        ("M 1,2 C", "M 1,2 L"),
        ("M 1,2 C", "M 1,2 9,9 C"),
        ("M 1,2 C", "M C"),
        ("3.5,4.25", "3.5"),
        ("3.5,4.25", "3.5,1e999"),
        ("3.5,4.25", "3.5,4.25.6"),
        ("3.5,4.25", "3.5,url(x)"),
        (' d="M 1,2 C 3.5,4.25 5,6 7,8"', ""),
        ("stroke-width:2.5", "stroke-width:thick"),
        ("stroke-width:2.5", "stroke-width:nan"),
        ("stroke-width:2.5", "stroke-width:-1"),
        ("stroke-width:2.5;", ""),
        ("stroke:#102030", "stroke:red"),
        ("stroke:#102030", "stroke:url(#gradient)"),
        ("stroke-opacity:0.5", "stroke-opacity:7"),
        (f' style="{STYLE}"', ""),
        ('clipasso:rank="0"', 'clipasso:rank="first"'),
        (' clipasso:rank="0"', ""),
        (' clipasso:locked="true"', ""),
        ('clipasso:sketch="1"', 'clipasso:sketch="one"'),
        (' id="stroke-1"', ""),
        ('clipasso:frame="10.0 -5.0 130.0"', 'clipasso:frame="10.0 -5.0"'),
        ('clipasso:frame="10.0 -5.0 130.0"', 'clipasso:frame="10.0 -5.0 0"'),
        ('clipasso:frame="10.0 -5.0 130.0"', 'clipasso:frame="nan -5.0 130.0"'),
        (' clipasso:guide="lite"', ""),
        ('clipasso:steps="120"', 'clipasso:steps="some"'),
        ('viewBox="0 0 160 120"', 'viewBox="0 0 160"'),
        ('viewBox="0 0 160 120"', 'viewBox="0 0 inf 120"'),
        (' viewBox="0 0 160 120"', ""),
        ("&quot;strokes&quot;: 2", "&quot;strokes&quot;: 2,,"),
        ("{&quot;version&quot;: 1, &quot;strokes&quot;: 2}", "[" * 5000),
        ("&quot;strokes&quot;: 2", "&quot;strokes&quot;: -2"),
    ],
)
def test_what_was_tampered_with_is_refused(mine: str, its: str) -> None:
    document = to_svg(SKETCH).decode()
    assert mine in document
    with pytest.raises(UserError) as refusal:
        from_svg(document.replace(mine, its, 1).encode())
    assert "\n" not in refusal.value.message


@pytest.mark.parametrize(
    ("mine", "its"),
    [
        ('clipasso:sketch="1"', 'clipasso:sketch="2"'),
        ("&quot;version&quot;: 1", "&quot;version&quot;: 2"),
    ],
)
def test_a_sketch_of_a_newer_version_is_refused_with_the_fix(mine: str, its: str) -> None:
    document = to_svg(SKETCH).decode()
    assert mine in document
    with pytest.raises(UserError, match="update the engine"):
        from_svg(document.replace(mine, its).encode())


@pytest.mark.parametrize("fault", ["missing", "folder", "empty", "text"])
def test_a_bad_sketch_file_is_refused_by_name(bad_photo: Callable[[str], Path], fault: str) -> None:
    with pytest.raises(UserError, match=f"{fault}.png"):
        read_svg(bad_photo(fault))


def test_a_written_file_is_read_back(tmp_path: Path) -> None:
    write_svg(SKETCH, tmp_path / "cat.svg")
    assert read_svg(tmp_path / "cat.svg") == SKETCH
    assert [path.name for path in tmp_path.iterdir()] == ["cat.svg"]


def test_an_older_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "cat.svg").write_text("old")
    write_svg(SKETCH, str(tmp_path / "cat.svg"))
    assert read_svg(tmp_path / "cat.svg") == SKETCH


@pytest.mark.parametrize("step", ["replace", "fsync"])
@pytest.mark.parametrize("older", [b"old", None])
def test_when_the_disk_is_full_the_old_file_stays_whole_and_no_scratch_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, older: bytes | None
) -> None:
    target = tmp_path / "cat.svg"
    if older is not None:
        target.write_bytes(older)

    def full(*_arguments: object, **_settings: object) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, step, full)
    with pytest.raises(UserError, match="No space left on device") as refusal:
        write_svg(SKETCH, target)
    assert refusal.value.code == "cannot-write"
    left = [path.read_bytes() for path in tmp_path.iterdir()]
    assert left == ([] if older is None else [older])


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"there is no folder .*lost"):
        write_svg(SKETCH, tmp_path / "lost" / "cat.svg")
    assert not list(tmp_path.iterdir())


def test_a_read_only_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(UserError, match="read-only"):
        write_svg(SKETCH, tmp_path / "cat.svg")
    assert not list(tmp_path.iterdir())


def test_a_folder_is_no_target(tmp_path: Path) -> None:
    (tmp_path / "cat.svg").mkdir()
    with pytest.raises(UserError, match="is a folder"):
        write_svg(SKETCH, tmp_path / "cat.svg")
    assert (tmp_path / "cat.svg").is_dir()


def test_a_name_that_is_too_long_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError):
        write_svg(SKETCH, tmp_path / f"{'c' * 300}.svg")
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the platform has no named pipes")
def test_a_pipe_or_a_device_is_not_replaced_by_a_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "cat.svg")
    with pytest.raises(UserError, match="not a regular file"):
        write_svg(SKETCH, tmp_path / "cat.svg")
    assert (tmp_path / "cat.svg").is_fifo()


@pytest.mark.skipif(os.name == "nt", reason="the platform has no permission bits")
def test_a_replaced_file_keeps_its_permissions(tmp_path: Path) -> None:
    target = tmp_path / "cat.svg"
    target.touch(mode=0o600)
    write_svg(SKETCH, target)
    assert target.stat().st_mode & 0o777 == 0o600
