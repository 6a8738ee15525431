"""What is painted over a photograph becomes grey pictures of its proportions."""

from __future__ import annotations

from typing import List, Tuple

from clipasso_ext.document.shapes import Shape
from clipasso_ext.engine.regions import LESS, MORE, NOT_SUBJECT, ONLY, SUBJECT, Area, Mark, Marks
from lxml import etree


def painted(document: str) -> List[Tuple[str, str]]:
    """Colours and data of the lines in a document."""
    return [
        (str(one.get("stroke")), str(one.get("d")))
        for one in etree.fromstring(document).iter("{*}path")
    ]


def test_nothing_painted_asks_for_nothing() -> None:
    marks = Marks((300, 200))
    assert marks.fields() == []
    assert painted(marks.overlay()) == []


def test_each_tool_paints_its_grey_into_its_picture_in_the_order_of_painting() -> None:
    marks = Marks((300, 600))
    for tool in (MORE, LESS, NOT_SUBJECT, SUBJECT):
        marks.all.append(Mark(tool, 0.05, [(0.5, 0.25), (1.0, 1.0)]))
    assert marks.fields() == ["emphasis", "mask_repair"]
    line = "M 250.0,250.0 L 500.0,1000.0"
    emphasis = marks.picture("emphasis")
    assert painted(emphasis) == [("#d2d2d2", line), ("#303030", line)]
    assert painted(marks.picture("mask_repair")) == [("#000000", line), ("#ffffff", line)]
    root = etree.fromstring(emphasis)
    assert root.get("viewBox") == "0 0 500.0 1000.0"
    assert [one.get("fill") for one in root.iter("{*}rect")] == ["#808080"]
    assert {one.get("stroke-width") for one in root.iter("{*}path")} == {"100.0"}


def test_a_dot_is_painted_too() -> None:
    marks = Marks((100, 100))
    marks.all.append(Mark(MORE, 0.1, [(0.5, 0.5)]))
    assert painted(marks.picture("emphasis")) == [("#d2d2d2", "M 500.0,500.0 L 500.0,500.0")]


def test_shapes_are_painted_with_their_rule_among_the_strokes_of_the_brush() -> None:
    ring = [(0.0, 0.0), (0.5, 0.0), (0.5, 1.0)]
    marks = Marks((200, 100))
    marks.all.append(Area(LESS, [Shape([ring, ring], True), Shape([ring], False)]))
    marks.all.append(Mark(MORE, 0.1, [(0.5, 0.5)]))
    assert marks.area == marks.all[0]
    once = "M 0.0,0.0 L 500.0,0.0 L 500.0,500.0 Z"
    paths = [
        (one.get("d"), one.get("fill"), one.get("fill-rule"))
        for one in etree.fromstring(marks.picture("emphasis")).iter("{*}path")
    ]
    assert paths[:2] == [
        (f"{once} {once}", "#303030", "evenodd"),
        (once, "#303030", "nonzero"),
    ]
    assert len(paths) == 3


def test_only_leaves_out_what_no_shape_encloses() -> None:
    ring = [(0.0, 0.0), (0.5, 0.0), (0.5, 1.0)]
    marks = Marks((200, 100))
    marks.all.append(Area(ONLY, [Shape([ring], False)] * 2))
    assert marks.fields() == ["mask_repair"]
    root = etree.fromstring(marks.picture("mask_repair"))
    (mask,) = root.iter("{*}mask")
    assert len(list(mask.iter("{*}path"))) == 2, "which may overlap"
    left_out = root[-1]
    assert (left_out.get("fill"), left_out.get("mask")) == ("#000000", "url(#only)")
    assert (left_out.get("width"), left_out.get("height")) == ("1000.0", "500.0")


def test_the_brush_is_seen_as_large_as_it_paints() -> None:
    marks = Marks((200, 100))
    root = etree.fromstring(marks.overlay(Mark(LESS, 0.05, [(0.5, 0.5)])))
    rings = [(one.get("cx"), one.get("cy"), one.get("r")) for one in root.iter("{*}circle")]
    assert rings == [("500.0", "250.0", "50.0")] * 2
    assert list(etree.fromstring(marks.picture("emphasis")).iter("{*}circle")) == []
