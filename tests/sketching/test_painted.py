"""What a person paints over the photograph is heeded by sketches and edits alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from support.faces import plain_face
from support.pictures import green_disc
from support.resources import NoGuide, OneGuide

from clipasso_core import SketchRequest, UserError, from_svg, sketch, to_svg, write_svg
from clipasso_core.document.drawing import read_drawing
from clipasso_core.frame import Frame
from clipasso_core.guide import Guide
from clipasso_core.photo.faces import Face
from clipasso_core.photo.picture import Picture, from_array
from clipasso_core.sketching import edit
from clipasso_core.sketching.job import SketchJob
from clipasso_core.strokes import Stroke, polyline

FEW = SketchRequest(strokes=6, guide="lite", preset="draft", steps=8)
MIDDLE_X = 230  # of the green disc
LEFT, RIGHT = slice(0, MIDDLE_X), slice(MIDDLE_X, 300)
Paint = Callable[..., str]


@pytest.fixture
def paint(tmp_path: Path) -> Paint:
    """Paints columns of the green disc's picture white or black, and returns the file."""

    def painted(name: str = "painted.png", **columns: slice) -> str:
        pixels = np.full((120, 300), 128, np.uint8)
        for color, some in columns.items():
            pixels[:, some] = {"white": 255, "black": 0}[color]
        path = tmp_path / name
        cv2.imwrite(str(path), pixels)
        return str(path)

    return painted


class FaceOnDisc(OneGuide):
    """The same guide, and a face on the green disc."""

    def faces(self, picture: Picture, frame: Frame) -> list[Face]:
        return [plain_face((float(MIDDLE_X), 60.0), 50.0)]


def share_on_the_left(strokes: Sequence[Stroke]) -> float:
    """Of all length."""
    left = whole = 0.0
    for stroke in strokes:
        points = polyline(np.array(stroke.points))
        steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
        left += float(steps[points[:-1, 0] < MIDDLE_X].sum())
        whole += float(steps.sum())
    return left / whole


def test_a_picture_of_the_middle_grey_draws_the_same_sketch(paint: Paint) -> None:
    grey = sketch(green_disc(), replace(FEW, emphasis=paint()))
    assert grey.strokes == sketch(green_disc(), FEW).strokes


def test_strokes_go_to_what_is_white_and_shun_what_is_black(paint: Paint) -> None:
    plain = share_on_the_left(sketch(green_disc(), FEW).strokes)
    more = sketch(green_disc(), replace(FEW, emphasis=paint(white=slice(0, 215))))
    less = sketch(green_disc(), replace(FEW, emphasis=paint(black=LEFT)))
    assert share_on_the_left(more.strokes) > plain + 0.1
    assert share_on_the_left(less.strokes) < 0.1


def test_the_published_preset_heeds_it_too(paint: Paint) -> None:
    request = replace(FEW, preset="published", steps=2, seeds=1, mask="none")
    less = sketch(green_disc(), replace(request, emphasis=paint(black=RIGHT)))
    assert share_on_the_left(less.strokes) > 0.9
    assert share_on_the_left(sketch(green_disc(), request).strokes) < 0.9


def test_a_face_that_is_black_has_no_features(lite: Guide, paint: Paint) -> None:
    pixels, request = green_disc(), replace(FEW, strokes=12, steps=2)
    there = SketchJob(from_array(pixels), request, FaceOnDisc(lite)).run()
    black = replace(request, emphasis=paint(black=slice(200, 260)))
    gone = SketchJob(from_array(pixels), black, FaceOnDisc(lite)).run()
    assert any(stroke.part for stroke in there.strokes)
    assert not any(stroke.part for stroke in gone.strokes)


def test_what_is_repaired_is_the_subject(paint: Paint) -> None:
    result = sketch(green_disc(), replace(FEW, mask_repair=paint(black=RIGHT)))
    assert result.mask == "plain border, repaired"
    whole = sketch(green_disc(), replace(FEW, steps=1)).frame
    assert result.frame.x < whole.x - 15, "the square is that of what is left"
    assert share_on_the_left(result.strokes) > 0.8


def test_the_background_is_drawn_around_the_subject_whatever_matters_there(
    tmp_path: Path, paint: Paint
) -> None:
    pixels = green_disc()
    pixels[20:100, 20:120] = np.indices((80, 100)).sum(0)[..., None] // 10 % 2 * 120 + 60
    subject = np.zeros((120, 300), np.uint8)
    cv2.circle(subject, (MIDDLE_X, 60), 40, 255, -1)
    cv2.imwrite(str(tmp_path / "subject.png"), subject)
    request = replace(FEW, mask=str(tmp_path / "subject.png"), background=4)
    white = np.where(subject > 0, 255, 128).astype(np.uint8)
    cv2.imwrite(str(tmp_path / "white.png"), white)
    plain = sketch(pixels, request)
    heeding = sketch(pixels, replace(request, emphasis=str(tmp_path / "white.png")))
    assert heeding.strokes[6:] == plain.strokes[6:], "the subject isn't there"
    black = sketch(pixels, replace(request, emphasis=paint(black=slice(70, 150)), steps=40))

    def there(strokes: Sequence[Stroke]) -> float:
        points = np.concatenate([polyline(np.array(one.points)) for one in strokes])
        return float((np.abs(points[:, 0] - 110) < 25).mean())

    assert there(black.strokes[6:]) < there(plain.strokes[6:]) / 2


def test_the_sketch_remembers_the_paths(paint: Paint) -> None:
    files = {"emphasis": paint("more.png", white=LEFT), "mask_repair": paint("mend.png")}
    result = sketch(green_disc(), replace(FEW, **files))  # type: ignore[arg-type]
    assert from_svg(to_svg(result)).request == result.request
    assert result.request.emphasis == files["emphasis"]


@pytest.mark.parametrize("field", ["emphasis", "mask_repair"])
def test_what_is_wrong_with_it_is_told_before_a_guide_is_loaded(tmp_path: Path, field: str) -> None:
    cv2.imwrite(str(tmp_path / "square.png"), np.zeros((90, 90), np.uint8))
    for name, said in (("square.png", "90 x 90 and the photo 300 x 120"), ("gone.png", "there is")):
        request = replace(FEW, **{field: str(tmp_path / name)})  # type: ignore[arg-type]
        with pytest.raises(UserError, match=said) as told:
            SketchJob(from_array(green_disc()), request, NoGuide())
        assert "\n" not in told.value.message


def test_strokes_are_added_where_it_is_white(lite: Guide, tmp_path: Path, paint: Paint) -> None:
    pixels, path = green_disc(), tmp_path / "sketch.svg"
    write_svg(sketch(pixels, replace(FEW, strokes=1)), path)
    for columns, is_left in ((LEFT, True), (RIGHT, False)):
        other = RIGHT if is_left else LEFT
        request = replace(FEW, strokes=3, emphasis=paint(white=columns, black=other))
        drawing = read_drawing(path, (300, 120))
        change = edit.add(from_array(pixels), drawing, request, resources=OneGuide(lite))
        middles = [chain.mean(0)[0] for line in change.lines for chain in line.chains]
        assert [middle < MIDDLE_X for middle in middles] == [is_left] * 3


def test_redrawn_strokes_are_judged_by_what_matters(
    lite: Guide, tmp_path: Path, paint: Paint
) -> None:
    pixels, path = green_disc(), tmp_path / "sketch.svg"
    write_svg(sketch(pixels, FEW), path)

    def loss(emphasis: str | None) -> float:
        drawing = read_drawing(path, (300, 120))
        request = replace(FEW, emphasis=emphasis, steps=1)
        return edit.refine(from_array(pixels), drawing, request, resources=OneGuide(lite)).before

    assert abs(loss(paint(black=LEFT)) - loss(None)) > 0.01
    assert loss(paint()) == loss(None)
