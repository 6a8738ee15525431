"""The sketch in the document: one layer of ordinary paths, and nothing else is touched."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Optional

import pytest
from clipasso_ext.document.new_layer import insert_layer, transformed
from clipasso_ext.document.placement import Box, Placement, place
from clipasso_ext.document.treatment import KEEP, treat
from clipasso_ext.engine.settings import Settings
from clipasso_ext.names import (
    CLIPASSO,
    ENGINE,
    GROUP,
    GROUPMODE,
    JOB,
    LABEL,
    PATH,
    PICTURE,
    RANK,
    SOURCE,
    SVG,
)
from clipasso_ext.problem import Problem
from inkex import Transform
from lxml import etree

from easel import image, photo_of, root, sketch_task, tree_of
from fake_engine import drawing

STRAIGHT = place(Transform(), Transform(), Box(10, 20, 80, 40), (40, 20))
BODY = '<g id="below"/>%s<g id="above"/>'


def sketch(count: int = 3, **request: Any) -> bytes:
    return drawing(40, 20, count, request).encode()


def inserted(
    svg: Any,
    ident: str = "photo",
    count: int = 3,
    placement: Placement = STRAIGHT,
    job: Optional[str] = None,
) -> Any:
    return insert_layer(svg, photo_of(svg, ident), placement, sketch(count), job)


def test_the_layer_lies_directly_above_its_bitmap() -> None:
    svg = root(BODY % image())
    inserted(svg)
    assert [child.get("id") for child in svg] == ["below", "photo", "sketch-1", "above"]


def test_subjects_that_are_drawn_apart_are_groups_in_the_layer() -> None:
    svg = root(BODY % image())
    drawn = etree.fromstring(sketch(3))
    layer: Any = drawn.find(GROUP)
    for number in (1, 2):
        group = etree.SubElement(layer, GROUP, {CLIPASSO + "subject": str(number), "id": "group"})
        group.set(LABEL, "Subject %d" % number)
        group.append(layer.find(PATH))
    made = insert_layer(svg, photo_of(svg, "photo"), STRAIGHT, etree.tostring(drawn))
    groups = made.findall(GROUP)
    assert [one.get(LABEL) for one in groups] == ["Subject 1", "Subject 2"]
    assert [one.get("id") for one in groups] == ["subject-1", "subject-2"]
    assert [len(one.findall(PATH)) for one in groups] == [1, 1]
    assert len(made.findall(PATH)) == 1
    assert sorted(path.get(RANK) for path in made.iter(PATH)) == ["0", "1", "2"]
    assert "3 strokes" in made.get(LABEL)


def test_the_layer_of_a_grouped_bitmap_lies_above_the_group() -> None:
    svg = root(
        '<g id="l" inkscape:groupmode="layer"><g id="g">%s</g><path id="p" d="M 0,0 1,1"/></g>'
        % image()
    )
    inserted(svg)
    assert [child.get("id") for child in svg[0]] == ["g", "sketch-1", "p"]


def test_it_is_a_layer_of_paths_with_what_the_engine_said_of_them() -> None:
    made = inserted(root(image()), count=3)
    assert (made.tag, made.get(GROUPMODE)) == (SVG + "g", "layer")
    assert [stroke.tag for stroke in made] == [PATH] * 3
    assert [stroke.get(RANK) for stroke in made] == ["0", "1", "2"]
    assert made.get(CLIPASSO + "guide") == "lite"
    assert made.get(PICTURE) == "40 20"
    assert all("stroke-linecap:round" in stroke.get("style") for stroke in made)


@pytest.mark.parametrize(
    ("count", "words"), [(1, "1 stroke"), (2, "2 strokes"), (64, "64 strokes")]
)
def test_the_label_tells_the_bitmap_and_how_many_strokes(count: int, words: str) -> None:
    svg = root(image(more='inkscape:label="My cat"'))
    assert inserted(svg, count=count).get(LABEL) == "Sketch of My cat (%s)" % words


def test_the_layer_remembers_its_bitmap() -> None:
    assert inserted(root(image())).get(SOURCE) == "#photo"
    svg = root(image("original") + '<use id="clone" xlink:href="#original"/>')
    assert inserted(svg, "clone").get(SOURCE) == "#clone"


def test_what_the_engine_says_of_itself_stays_as_it_is() -> None:
    made = inserted(root(image()))
    drawn = tree_of(sketch())[0]
    own = {name: value for name, value in drawn.attrib.items() if name.startswith(CLIPASSO)}
    assert own[ENGINE]
    assert own.items() <= dict(made.attrib).items()


def test_the_layer_remembers_its_job_if_it_had_one() -> None:
    assert inserted(root(image()), job="20260101-1").get(JOB) == "20260101-1"
    assert inserted(root(image())).get(JOB) is None


def test_ids_are_new_and_unique() -> None:
    taken = (
        '<path id="stroke-2" d="M 0,0 1,1"/><g id="sketch-1"><path id="stroke-1" d="M 0,0'
        ' 1,1"/></g>'
    )
    svg = root(taken + image())
    first, second = inserted(svg), inserted(svg)
    assert (first.get("id"), second.get("id")) == ("sketch-2", "sketch-3")
    assert [stroke.get("id") for stroke in first] == ["stroke-3", "stroke-4", "stroke-5"]
    ids = [one.get("id") for one in svg.iter() if one.get("id")]
    assert len(ids) == len(set(ids))


def test_the_namespace_is_called_clipasso_in_the_file() -> None:
    svg = root(image())
    inserted(svg)
    assert b'xmlns:clipasso="https://clipasso.org/ns"' in etree.tostring(svg)
    assert b"ns0:" not in etree.tostring(svg)


def test_nothing_else_in_the_document_changes() -> None:
    odd = (
        '<!-- remark --><text xml:space="preserve">  a <tspan>b</tspan>  </text>tail &amp;'
        ' &#8220;text&#8221;<foo xmlns="urn:x" a="1"/>'
    )
    svg = root(
        odd + "\n  " + image(more='style=" a : b ;;c"') + "\n  " + odd, head="<defs>%s</defs>" % odd
    )
    before = etree.tostring(svg)
    made = inserted(svg)
    treat(photo_of(svg), KEEP)
    after = etree.tostring(svg)
    assert before != after
    svg.remove(made)
    start = after.index(b"<g xmlns")
    end = after.index(b"</g>", start) + len(b"</g>")
    assert after[:start] + after[end:] == before


def test_strokes_that_need_no_distortion_keep_the_engines_numbers() -> None:
    made = inserted(root(image()))
    drawn = tree_of(sketch())[0]
    assert [stroke.get("d") for stroke in made] == [stroke.get("d") for stroke in drawn]


def test_strokes_are_distorted_as_their_picture_is() -> None:
    placement = place(Transform("scale(3,1)"), Transform(), Box(0, 0, 40, 20), (40, 20))
    made = inserted(root(image(more='transform="scale(3,1)"')), placement=placement)
    whole = Transform(made.get("transform")) @ Transform()
    drawn = tree_of(sketch())[0]
    for stroke, plain in zip(made, drawn):
        before = [float(number) for number in re.findall(r"[-\d.]+", plain.get("d"))]
        after = [float(number) for number in re.findall(r"[-\d.]+", stroke.get("d"))]
        for at in range(0, len(before), 2):
            shown = whole.apply_to_point((after[at], after[at + 1]))
            assert (shown.x, shown.y) == pytest.approx((before[at] * 3, before[at + 1]), abs=1e-3)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (
            "M 1,2 C 3,4 5,6 7,8",
            "M 12.0000,4.0000 C 16.0000,8.0000 20.0000,12.0000 24.0000,16.0000",
        ),
        (
            "M 1e1,-2 C -3,.5 5.,6 7,8",
            "M 30.0000,-4.0000 C 4.0000,1.0000 20.0000,12.0000 24.0000,16.0000",
        ),
        (
            "M1-2C3-4 5-6 7-8",
            "M 12.0000,-4.0000 C 16.0000,-8.0000 20.0000,-12.0000 24.0000,-16.0000",
        ),
    ],
)
def test_path_data_is_moved_point_by_point(data: str, expected: str) -> None:
    assert transformed(data, Transform("translate(10,0) scale(2)")) == expected


def test_path_data_keeps_its_digits_where_everything_is_tiny() -> None:
    assert transformed("M 1,2 C 3,4 5,6 7,8", Transform("scale(0.00001)")).startswith(
        "M 1e-05,2e-05 C 3e-05,4e-05"
    )


# What becomes of the bitmap

STYLES = [
    ("", "keep", None, None),
    ("", "hide", "display:none", None),
    ("", "dim", "opacity:0.3", None),
    ('style="opacity:0.5"', "dim", "opacity:0.15", None),
    ('style="opacity:50%;fill:red"', "dim", "fill:red;opacity:0.15", None),
    ('opacity="0.5"', "dim", "opacity:0.15", "0.5"),
    ('opacity="0.5" style="opacity:1"', "dim", "opacity:0.3", "0.5"),
    ('style="opacity:inherit"', "dim", "opacity:0.3", None),
    ('style="opacity:0.5 !important"', "dim", "opacity:0.15", None),
    ('style="fill-opacity:0.5"', "dim", "fill-opacity:0.5;opacity:0.3", None),
    (
        'style="display:inline;image-rendering:auto"',
        "hide",
        "image-rendering:auto;display:none",
        None,
    ),
    ('style=" display : block ;; a:b"', "hide", "a:b;display:none", None),
    ('style="a:b"', "keep", "a:b", None),
    ('style="a:b"', "nonsense", "a:b", None),
]


@pytest.mark.parametrize(("before", "treatment", "style", "opacity"), STYLES)
def test_the_bitmap_is_kept_dimmed_or_hidden(
    before: str, treatment: str, style: Optional[str], opacity: Optional[str]
) -> None:
    svg = root(image(more=before))
    treat(photo_of(svg), treatment)
    assert (svg[0].attrib.get("style"), svg[0].get("opacity")) == (style, opacity)


@pytest.mark.parametrize("treatment", ["dim", "hide"])
def test_a_clone_is_treated_and_not_its_original(treatment: str) -> None:
    svg = root(image("original") + '<use id="clone" xlink:href="#original"/>')
    treat(photo_of(svg, "clone"), treatment)
    assert svg[0].get("style") is None
    assert svg[1].get("style")


def test_a_task_inserts_and_treats(scratch: Path) -> None:
    svg = root(image())
    task = sketch_task(svg, scratch)
    task.insert({"svg": sketch().decode()}, Settings(bitmap="hide"))
    assert [child.get("id") for child in svg] == ["photo", "sketch-1"]
    assert svg[0].get("style") == "display:none"


# What the engine should not have said

DAMAGED = [
    b"",
    b"no XML",
    b"<svg xmlns='http://www.w3.org/2000/svg'>",
    b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    b"<svg><g/></svg>",
    b"<svg xmlns='http://www.w3.org/2000/svg'><g/></svg>",
    b"<svg xmlns='http://www.w3.org/2000/svg'><g><path/></g></svg>",
    b"<svg xmlns='http://www.w3.org/2000/svg'><g><path d=''/></g></svg>",
    b"None",
    sketch()[:-20],
    (
        b"<!DOCTYPE svg [<!ENTITY a 'M 1,2'>]><svg xmlns='http://www.w3.org/2000/svg'><g><rect"
        b" d='&a;'/></g></svg>"
    ),
]


@pytest.mark.parametrize("answer", DAMAGED)
def test_a_damaged_sketch_is_refused_and_changes_nothing(answer: bytes) -> None:
    svg = root(BODY % image())
    before = etree.tostring(svg)
    with pytest.raises(Problem, match="engine's answer can't be read: run install"):
        insert_layer(svg, photo_of(svg), STRAIGHT, answer)
    assert etree.tostring(svg) == before


def test_only_paths_come_into_the_document() -> None:
    answer = sketch().replace(
        b"</g>", b"<!-- remark --><script>alert(1)</script><image href='http://x'/></g>"
    )
    svg = root(image())
    made = insert_layer(svg, photo_of(svg), STRAIGHT, answer)
    assert [stroke.tag for stroke in made] == [PATH] * 3
    assert "(3 strokes)" in made.get(LABEL)


@pytest.mark.parametrize("treatment", ["keep", "dim", "hide"])
def test_a_photograph_that_is_traced_leaves_its_sketch_alone(treatment: str) -> None:
    traced = 'inkscape:groupmode="layer" sodipodi:insensitive="true" style="opacity:0.4"'
    svg = root('<g id="l" transform="translate(5,6)" %s>%s</g>' % (traced, image()))
    layer = inserted(svg)
    treat(photo_of(svg), treatment)
    assert [one.get("id") for one in svg] == ["l", "sketch-1"]
    assert layer.get("style") is None
    assert svg[0].get("style") == "opacity:0.4", "the layer is the person's"
