"""Several subjects: each at its own scale, all in one sketch, and edited where they are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from lxml import etree
from support.faces import plain_face
from support.resources import OneGuide

from clipasso_core import SketchRequest, UserError
from clipasso_core.document.attributes import FRAME, INKSCAPE, SUBJECT, SVG
from clipasso_core.document.drawing import Drawing, level, parse_drawing
from clipasso_core.document.svg import from_svg, to_svg
from clipasso_core.frame import Frame
from clipasso_core.guide import Guide
from clipasso_core.photo.faces import Face
from clipasso_core.photo.mask import GRABCUT, Mask
from clipasso_core.photo.picture import Picture, from_array
from clipasso_core.result import SketchResult
from clipasso_core.sketching import edit
from clipasso_core.sketching.job import TOGETHER, SketchJob
from clipasso_core.sketching.progress import Progress
from clipasso_core.strokes import Stroke

BRIEF = SketchRequest(strokes=9, preset="draft", guide="lite", steps=8)
PAGE = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0]


def two_discs() -> Picture:
    """A large one on the left and a small one on the right, on white."""
    rows, columns = np.mgrid[:160, :320]
    pixels = np.full((160, 320, 3), 255, np.uint8)
    for x, radius, colour in ((80, 60, (40, 160, 60)), (260, 30, (160, 40, 60))):
        inside = (columns - x) ** 2 + (rows - 80) ** 2 < radius**2
        pixels[inside] = colour
        pixels[inside & (columns < x)] = (20, 60, 30)
    return from_array(pixels)


class Faces(OneGuide):
    def __init__(self, guide: Guide, *faces: Face) -> None:
        super().__init__(guide)
        self._faces = list(faces)

    def faces(self, picture: Picture, frame: Frame) -> list[Face]:
        return self._faces


def drawn(lite: Guide, request: SketchRequest = BRIEF, *faces: Face) -> SketchResult:
    return SketchJob(two_discs(), request, Faces(lite, *faces)).run()


def within(stroke: Stroke, frame: Frame) -> bool:
    points = np.array(stroke.points)
    low = np.array([frame.x, frame.y]) - 0.1 * frame.side
    return bool((points >= low).all() and (points <= low + 1.2 * frame.side).all())


# One sketch of all


def test_each_subject_is_drawn_in_a_square_of_its_own(lite: Guide) -> None:
    result = drawn(lite)
    large, small = result.subjects
    assert large.side > 1.5 * small.side
    assert {stroke.subject for stroke in result.strokes} == {1, 2}
    for stroke in result.strokes:
        assert within(stroke, result.subjects[stroke.subject - 1])
    assert [stroke.id for stroke in result.strokes] == [f"stroke-{one}" for one in range(1, 10)]


def test_the_pen_is_the_same_for_all(lite: Guide) -> None:
    result = drawn(lite)
    (width,) = {stroke.width for stroke in result.strokes}
    assert result.subjects[1].side < width / (3 / 224) < result.frame.side
    thick = drawn(lite, replace(BRIEF, width_px=4.0))
    assert {stroke.width for stroke in thick.strokes} == {4.0}


def test_the_first_third_shows_all_of_them(lite: Guide) -> None:
    assert {stroke.subject for stroke in drawn(lite).strokes[:3]} == {1, 2}


def test_it_is_told_as_one_job(lite: Guide) -> None:
    told: list[Progress] = []
    job = SketchJob(two_discs(), BRIEF, OneGuide(lite))
    result = job.run(told.append)
    assert told[0].setup.subjects == 2
    assert "2 subjects" in told[0].setup.line()
    steps = round(8 * (TOGETHER + (1 - TOGETHER) / 2))
    assert [one.step for one in told] == list(range(steps + 1))
    assert told[-1].step == told[-1].steps == result.steps
    assert {stroke.subject for stroke in told[1].preview().strokes} == {1, 2}
    times = [one.time_s for one in told]
    assert times == sorted(times)


def test_stopped_early_all_are_there(lite: Guide) -> None:
    job = SketchJob(two_discs(), BRIEF, OneGuide(lite))
    result = job.run(lambda progress: progress.step < 2)
    assert result.steps == 2
    assert len(result.strokes) == 9


def test_levels_of_a_series_have_their_share_of_each(lite: Guide) -> None:
    result = drawn(lite, replace(BRIEF, strokes=16, series=(4, 8, 16)))
    for count in (4, 8):
        of_small = sum(stroke.subject == 2 for stroke in result.strokes[:count])
        assert 1 <= of_small < count / 2


def test_a_background_lies_behind_all_of_them(lite: Guide) -> None:
    result = drawn(lite, replace(BRIEF, background=4))
    assert [stroke.subject for stroke in result.strokes[9:]] == [0] * (len(result.strokes) - 9)
    assert max(stroke.width for stroke in result.strokes[9:]) < result.strokes[0].width


# Who wants it otherwise


@pytest.mark.parametrize(
    "change",
    [
        {"subjects": "one"},
        {"subjects": 1},
        {"one_line": True},
        {"mask": "none"},
        {"strokes": 5},
        {"preset": "published", "seeds": 1},
    ],
    ids=str,
)
def test_all_as_one(lite: Guide, change: dict[str, object]) -> None:
    result = drawn(lite, replace(BRIEF, **change))  # type: ignore[arg-type]
    assert result.subjects == ()
    assert {stroke.subject for stroke in result.strokes} == {0}


class Coarse(OneGuide):
    def subject(self, *asked: Any) -> Mask:
        return replace(super().subject(*asked), source=GRABCUT)


def test_pieces_of_a_coarse_mask_are_drawn_apart_when_they_are_asked_for(lite: Guide) -> None:
    for asked, apart in (("auto", 0), (2, 2)):
        request = replace(BRIEF, subjects=asked)
        assert len(SketchJob(two_discs(), request, Coarse(lite)).run().subjects) == apart


def test_as_many_as_are_asked_for(lite: Guide) -> None:
    assert len(drawn(lite, replace(BRIEF, subjects=2)).subjects) == 2


@pytest.mark.parametrize("value", [0, -1, 9, 2.0, True, "two", "", None, [2]])
def test_what_is_no_number_of_subjects_is_refused(value: object) -> None:
    with pytest.raises(UserError) as told:
        SketchRequest(subjects=value)  # type: ignore[arg-type]
    assert told.value.code == "bad-subjects"


def test_too_few_strokes_for_so_many_are_told(lite: Guide) -> None:
    with pytest.raises(UserError, match="12 strokes") as told:
        drawn(lite, replace(BRIEF, subjects=4))
    assert told.value.code == "bad-subjects"


def test_one_line_is_of_one_subject() -> None:
    with pytest.raises(UserError) as told:
        SketchRequest(one_line=True, subjects=2)
    assert told.value.code == "bad-one_line"


# Faces


def test_each_has_its_own_face(lite: Guide) -> None:
    both = plain_face((80.0, 80.0), 80.0), plain_face((260.0, 80.0), 40.0)
    result = drawn(lite, replace(BRIEF, strokes=24), *both)
    for number, (x, reach) in enumerate(((80, 60), (260, 30)), 1):
        eyes = [
            stroke
            for stroke in result.strokes
            if stroke.subject == number and stroke.part.endswith("lid")
        ]
        assert eyes, f"subject {number} has eyes"
        assert all(abs(np.array(eye.points)[:, 0] - x).max() < reach for eye in eyes)


# The document


def test_each_subject_is_a_group_in_the_layer(lite: Guide) -> None:
    result = drawn(lite)
    document = to_svg(result)
    groups = [node for node in etree.fromstring(document).iter(f"{{{SVG}}}g") if node.get(SUBJECT)]
    assert [node.get(f"{{{INKSCAPE}}}label") for node in groups] == ["Subject 1", "Subject 2"]
    assert [len(node) for node in groups] == [
        sum(stroke.subject == number for stroke in result.strokes) for number in (1, 2)
    ]
    assert all(node.get(FRAME) for node in groups)
    back = from_svg(document)
    assert back.subjects == result.subjects
    assert [(one.id, one.subject) for one in back.strokes] == [
        (one.id, one.subject) for one in result.strokes
    ]


def test_the_json_form_tells_them(lite: Guide) -> None:
    form = drawn(lite).to_json()
    assert len(form["subjects"]) == 2
    assert {stroke["subject"] for stroke in form["strokes"]} == {1, 2}


# Edits


def drawing_of(result: SketchResult) -> Drawing:
    return parse_drawing(to_svg(result), "sketch", PAGE)


def places(drawing: Drawing) -> dict[str, str]:
    return {line.id: line.node.get("d") or "" for line in drawing.lines}


def test_fewer_strokes_are_fewer_of_each(lite: Guide) -> None:
    drawing = drawing_of(drawn(lite))
    assert level(drawing, 3) == (3, 9)
    shown = [line for line in drawing.lines if "none" not in (line.node.get("style") or "")[-30:]]
    assert {line.subject for line in shown if line.rank is not None and line.rank < 3} == {"1", "2"}


def test_strokes_of_a_subject_are_redrawn_at_its_scale(lite: Guide) -> None:
    drawing = drawing_of(drawn(lite))
    small = [line for line in drawing.lines if line.subject == "2"]
    before = places(drawing)
    frames: list[Frame] = []

    def look(progress: Progress) -> None:
        frames.append(progress.preview().frame)

    edit.refine(two_discs(), drawing, BRIEF, small[:1], "afresh", look, OneGuide(lite))
    assert max(frame.side for frame in frames) < 160, "not the whole picture's"
    after = places(drawing)
    assert {one for one in before if before[one] != after[one]} <= {small[0].id}


def test_when_all_is_redrawn_each_keeps_to_its_scale(lite: Guide) -> None:
    drawing = drawing_of(drawn(lite, replace(BRIEF, steps=2)))
    told: list[Progress] = []
    change = edit.refine(
        two_discs(), drawing, replace(BRIEF, steps=4), None, "redraw", told.append, OneGuide(lite)
    )
    assert [one.step for one in told] == list(range(9)), "both, one after the other, told as one"
    assert told[-1].steps == 8
    assert len(change.lines) == 9
    assert change.after <= change.before
    times = [one.time_s for one in told]
    assert times == sorted(times)


def test_stopped_in_the_first_the_others_stay(lite: Guide) -> None:
    drawing = drawing_of(drawn(lite, replace(BRIEF, steps=2)))
    before = places(drawing)
    first = drawing.lines[0].subject
    others = {line.id for line in drawing.lines if line.subject != first}
    edit.refine(
        two_discs(),
        drawing,
        replace(BRIEF, steps=4),
        None,
        "redraw",
        lambda progress: progress.step < 2,
        OneGuide(lite),
    )
    after = places(drawing)
    assert all(before[one] == after[one] for one in others)


def test_added_strokes_go_around_all_of_them(lite: Guide) -> None:
    drawing = drawing_of(drawn(lite))
    change = edit.add(two_discs(), drawing, replace(BRIEF, strokes=2), resources=OneGuide(lite))
    assert len(change.lines) == 2
    assert len(drawing.lines) == 11
