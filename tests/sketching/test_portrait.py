"""How many features a sketch has, with what pen, and what becomes of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from lxml import etree
from support.faces import plain_face
from support.pictures import green_disc
from support.resources import OneGuide

from clipasso_core import SketchRequest, sketch
from clipasso_core.document.attributes import INKSCAPE, PART
from clipasso_core.document.drawing import Drawing, Line, parse_drawing
from clipasso_core.document.svg import from_svg, to_svg
from clipasso_core.frame import CANVAS_PX, Frame
from clipasso_core.guide import Guide
from clipasso_core.photo.faces import Face
from clipasso_core.photo.picture import Picture, from_array
from clipasso_core.result import SketchResult
from clipasso_core.sketching import edit
from clipasso_core.sketching import reach as reaches
from clipasso_core.sketching.job import SketchJob
from clipasso_core.sketching.portrait import Portrait, feature_of, portrait
from clipasso_core.sketching.progress import Progress

CANVAS = Frame(0.0, 0.0, float(CANVAS_PX))  # a pixel of the picture is one of the canvas
# of the green disc, whose middle is (230, 60)
ON_DISC = plain_face((230.0, 60.0), 50.0)
BRIEF = SketchRequest(strokes=12, preset="draft", guide="lite", steps=6)


class OneFace(OneGuide):
    """The same guide and the same faces, whatever is looked at."""

    def __init__(self, guide: Guide, *faces: Face) -> None:
        super().__init__(guide)
        self._faces = list(faces)

    def faces(self, picture: Picture, frame: Frame) -> list[Face]:
        return self._faces


def laid(*sides: float, strokes: int = 16, pen_px: float = 3.0) -> Portrait:
    """Of faces of such sizes, canvas px."""
    faces = [plain_face((20.0 + 60 * one, 100.0), side) for one, side in enumerate(sides)]
    return portrait(faces, CANVAS, strokes, pen_px)


# How many


@pytest.mark.parametrize(("strokes", "most"), [(1, 0), (3, 0), (4, 2), (8, 5), (16, 10), (32, 12)])
def test_hair_and_shoulders_have_strokes_left(strokes: int, most: int) -> None:
    parts = laid(100.0, strokes=strokes).parts
    assert len(parts) == most
    assert len([part for part in parts if part != "jaw"]) <= 0.6 * strokes


SIZES = [(20.0, 0), (30.0, 3), (45.0, 7), (50.0, 9), (70.0, 10), (100.0, 12)]


@pytest.mark.parametrize(("side", "most"), SIZES)
def test_a_small_face_has_room_for_few(side: float, most: int) -> None:
    found = laid(side, strokes=64)
    assert len(found.parts) == most
    assert found.faces == (most > 0)
    if most:
        assert found.parts[:3] == ("right lid", "left lid", "mouth")


@pytest.mark.parametrize("strokes", range(1, 40))
def test_eyes_come_in_pairs(strokes: int) -> None:
    parts = laid(100.0, strokes=strokes).parts
    kinds = Counter(part.split()[-1] for part in parts if part.startswith(("right", "left")))
    assert all(number % 2 == 0 for number in kinds.values())
    assert not parts or parts[0] == "right lid", "a mouth alone is no face"


def test_faces_take_turns_the_largest_first() -> None:
    found = laid(100.0, 60.0, strokes=11)
    assert found.faces == 2
    assert found.parts == (*["right lid", "left lid"] * 2, "mouth", "mouth")
    assert found.given.sizes == (2, 2, 1, 1)
    # of the first face first: it is the larger one
    assert found.given.curves[0].mean(0)[0] < 50 < found.given.curves[2].mean(0)[0]


@pytest.mark.parametrize(
    ("side", "jaw", "within"), [(30.0, 1 / 3, 1 / 3), (60.0, 2 / 3, 1.4 / 3), (150.0, 1.0, 0.7)]
)
def test_small_faces_have_a_finer_pen_and_what_lies_within_an_outline_down_to_the_thinnest(
    side: float, jaw: float, within: float
) -> None:
    found = laid(side, strokes=64)
    for part, pen in zip(found.parts, found.pens, strict=True):
        assert pen == pytest.approx(jaw if part == "jaw" else within)


def test_no_pen_is_thicker_than_asked_for() -> None:
    assert laid(100.0, pen_px=1.0).pens == pytest.approx(1)


def test_between_the_features_other_strokes_are_not_wanted() -> None:
    found = laid(100.0)
    assert found.inside[100, 20]
    assert not found.inside[140:, 20].any(), "the chin and the hair are for all"
    assert not found.inside[:60].any()
    assert not laid().inside.any()


# In a sketch


def drawn(lite: Guide, request: SketchRequest = BRIEF, *faces: Face) -> SketchResult:
    return SketchJob(from_array(green_disc()), request, OneFace(lite, *(faces or [ON_DISC]))).run()


def lies_on(points: Sequence[tuple[float, float]] | np.ndarray, curve: np.ndarray) -> float:
    """Mean distance of control points, px of the picture."""
    return float(np.linalg.norm(np.array(points) - curve, axis=1).mean())


def test_features_are_strokes_that_say_what_they_draw(lite: Guide) -> None:
    result = drawn(lite)
    parts = [stroke.part for stroke in result.strokes if stroke.part]
    assert parts == ["right lid", "left lid", "mouth", "jaw", "nose", "right iris", "left iris"]
    for stroke in result.strokes:
        if stroke.part:
            curve = feature_of([ON_DISC], stroke.part, np.array(stroke.points))
            assert curve is not None
            assert lies_on(stroke.points, curve) < 1.5
            assert stroke.width <= 3 / 224 * result.frame.side
    first = [stroke.part for stroke in result.strokes[:6]]
    assert 2 <= first.count("") <= 4, "the first half is a sketch of head and face"


def test_a_series_may_grow_by_a_single_stroke(lite: Guide) -> None:
    result = drawn(lite, replace(BRIEF, strokes=9, series=(1, 7, 8, 9), steps=2))
    assert len([one for one in result.strokes if one.part]) == 5


def test_levels_have_faces_as_well(lite: Guide) -> None:
    result = drawn(lite, replace(BRIEF, strokes=16, series=(4, 8, 16)))
    for level, least in ((4, 2), (8, 3), (16, 7)):
        assert len([one for one in result.strokes[:level] if one.part]) >= least


@pytest.mark.parametrize("change", [{"faces": "none"}, {"preset": "published", "steps": 1}])
def test_who_does_not_want_faces_has_none(lite: Guide, change: dict[str, str]) -> None:
    request = replace(BRIEF, strokes=4, **change)  # type: ignore[arg-type]
    assert {stroke.part for stroke in drawn(lite, request).strokes} == {""}


def test_a_sketch_without_faces_is_the_same_as_ever(lite: Guide) -> None:
    outside = plain_face((40.0, 60.0), 50.0)  # not of the subject
    results = [
        drawn(lite, BRIEF, outside),
        SketchJob(from_array(green_disc()), replace(BRIEF, faces="none"), OneGuide(lite)).run(),
    ]
    assert results[0].strokes == results[1].strokes


def test_faces_are_told_before_the_first_step(lite: Guide) -> None:
    told: list[Progress] = []
    SketchJob(from_array(green_disc()), BRIEF, OneFace(lite, ON_DISC)).run(told.append)
    assert told[0].setup.faces == 1
    assert " · 1 face · " in told[0].setup.line()
    # so far the strokes have no order, and are what they are
    assert sorted(one.part for one in told[-1].preview().strokes) == sorted(
        one.part for one in drawn(lite).strokes
    )


def test_one_line_keeps_the_face(lite: Guide) -> None:
    (line,) = drawn(lite, replace(BRIEF, one_line=True)).strokes
    assert line.part == ""
    points = np.array(line.points)
    eye = feature_of([ON_DISC], "right lid", points)
    assert eye is not None
    assert min(lies_on(points[at : at + 4], eye) for at in range(len(points) - 3)) < 3 or (
        min(lies_on(points[at : at + 4][::-1], eye) for at in range(len(points) - 3)) < 3
    )


def test_the_svg_says_what_a_stroke_draws(lite: Guide) -> None:
    result = drawn(lite)
    data = to_svg(result)
    assert from_svg(data) == from_svg(to_svg(from_svg(data)))
    assert [one.part for one in from_svg(data).strokes] == [one.part for one in result.strokes]
    labels = {
        node.get(PART): node.get(f"{{{INKSCAPE}}}label")
        for node in etree.fromstring(data).iter()
        if node.get(PART)
    }
    assert labels["left lid"] == "Left lid"
    assert "part" in result.to_json()["strokes"][1]
    assert sketch(green_disc(), replace(BRIEF, steps=1)).to_json()["strokes"][0].get("part") is None


# In an edit


def drawing_of(result: SketchResult) -> Drawing:
    page = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0]
    return parse_drawing(to_svg(result), "sketch", page)


def one_with(drawing: Drawing, part: str) -> Line:
    return next(line for line in drawing.lines if line.part == part)


@pytest.mark.parametrize("reach", reaches.REACHES)
def test_a_feature_that_was_displaced_is_redrawn_in_its_place(lite: Guide, reach: str) -> None:
    drawing = drawing_of(drawn(lite))
    mouth = one_with(drawing, "mouth")
    wanted = feature_of([ON_DISC], "mouth", mouth.chains[0])
    assert wanted is not None
    mouth.place([mouth.chains[0] + 8])
    change = edit.refine(
        from_array(green_disc()),
        drawing,
        BRIEF,
        [mouth],
        reach,
        resources=OneFace(lite, ON_DISC),
    )
    assert change.improved
    left_px = np.linalg.norm(mouth.chains[0] - wanted, axis=1).mean()
    # a nudge is a step on the way
    assert left_px < (0.99 * np.hypot(8, 8) if reach == reaches.NUDGE else 1.5)


def test_features_stay_in_their_places_when_the_whole_is_redrawn(lite: Guide) -> None:
    drawing = drawing_of(drawn(lite))
    picture, resources = from_array(green_disc()), OneFace(lite, ON_DISC)
    edit.refine(picture, drawing, BRIEF, None, reaches.AFRESH, resources=resources)
    for line in drawing.lines:
        if line.part:
            curve = feature_of([ON_DISC], line.part, line.chains[0])
            assert curve is not None
            assert lies_on(line.chains[0].tolist(), curve) < 1.5


def test_added_strokes_keep_out_of_the_face(lite: Guide) -> None:
    drawing = drawing_of(drawn(lite))
    picture, resources = from_array(green_disc()), OneFace(lite, ON_DISC)
    before = len(drawing.lines)
    request = replace(BRIEF, strokes=3)
    change = edit.add(picture, drawing, request, resources=resources)
    assert len(drawing.lines) == before + 3
    assert {line.part for line in change.lines} == {""}


def test_a_part_that_nobody_knows_is_a_stroke_like_any_other(lite: Guide) -> None:
    result = drawn(lite, replace(BRIEF, strokes=4, faces="none"))
    odd = replace(result, strokes=tuple(replace(one, part="tail") for one in result.strokes))
    drawing = drawing_of(odd)
    resources = OneFace(lite, ON_DISC)
    change = edit.refine(from_array(green_disc()), drawing, BRIEF, None, resources=resources)
    assert len(change.lines) == 4
