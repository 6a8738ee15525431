"""More ways to draw: one line, and a subject with its background."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.pictures import BRIEF, green_disc

from clipasso_core import Progress, SketchRequest, UserError, from_svg, sketch, to_svg
from clipasso_core.photo.picture import from_array
from clipasso_core.photo.scene import without_subject
from clipasso_core.route import one_chain
from clipasso_core.strokes import polyline


def disc_in_a_field() -> tuple[np.ndarray, np.ndarray]:
    """A dark disc before a horizon, and its mask."""
    y, x = np.mgrid[:160, :200]
    pixels = np.where(
        (y < 80)[..., None], np.array([150, 190, 240]), np.array([200, 180, 120])
    ).astype(np.uint8)
    inside = (x - 100) ** 2 + (y - 90) ** 2 < 40**2
    pixels[inside] = (40, 20, 20)
    return pixels, inside


def test_one_line_is_one_chain_without_a_gap() -> None:
    told: list[Progress] = []
    result = sketch(
        green_disc(), SketchRequest(**BRIEF, one_line=True), lambda progress: told.append(progress)
    )
    (stroke,) = result.strokes
    assert len(stroke.points) == 3 * (2 * BRIEF["strokes"] - 1) + 1, (
        "every stroke and every gap is a cubic"
    )
    steps = np.linalg.norm(np.diff(polyline(np.array(stroke.points)), axis=0), axis=1)
    assert steps.max() < 20
    assert [one.step for one in told] == list(range(result.steps + 1))
    assert {one.steps for one in told} == {result.steps}
    assert [len(one.points) for one in from_svg(to_svg(result)).strokes] == [len(stroke.points)]


def test_one_line_that_is_stopped_is_one_line_all_the_same() -> None:
    result = sketch(
        green_disc(), SketchRequest(**BRIEF, one_line=True), lambda progress: progress.step < 2
    )
    assert len(result.strokes) == 1
    assert result.steps == 2
    assert np.isfinite(result.loss)


def test_chains_are_joined_by_the_shortest_way() -> None:
    def straight(x0: float, x1: float) -> np.ndarray:
        return np.stack([np.linspace(x0, x1, 4), np.zeros(4)], 1)

    chain = one_chain([straight(0, 10), straight(50, 40), straight(20, 30)])
    xs = chain[::3, 0]
    assert np.array_equal(np.sort(xs), xs) or np.array_equal(np.sort(xs)[::-1], xs)
    assert sorted(xs) == [0, 10, 20, 30, 40, 50]


def test_a_background_is_drawn_apart_and_thinner(tmp_path: Any) -> None:
    pixels, inside = disc_in_a_field()
    path = tmp_path / "mask.png"
    from PIL import Image

    Image.fromarray((inside * 255).astype(np.uint8)).save(path)
    told: list[Progress] = []
    request = SketchRequest(**BRIEF, background=3, mask=str(path))
    result = sketch(pixels, request, lambda progress: told.append(progress))
    assert len(result.strokes) == BRIEF["strokes"] + 3
    widths = [stroke.width for stroke in result.strokes]
    assert max(widths[-3:]) < min(widths[:-3])
    assert [stroke.id for stroke in result.strokes] == [f"stroke-{one}" for one in range(1, 8)]
    alone = sketch(pixels, SketchRequest(**BRIEF, mask=str(path)))
    assert [stroke.points for stroke in result.strokes[:4]] == [
        stroke.points for stroke in alone.strokes
    ], "the subject is as without"
    horizon = [
        np.abs(polyline(np.array(stroke.points))[:, 1] - 80).mean()
        for stroke in result.strokes[-3:]
    ]
    assert min(horizon) < 8
    assert [one.step for one in told] == list(range(result.steps + 1))
    assert told[-1].step == told[-1].steps
    assert len(told[-1].preview().strokes) == 7


def test_stopped_early_subject_and_background_are_both_there() -> None:
    result = sketch(
        green_disc(), SketchRequest(**BRIEF, background=3), lambda progress: progress.step < 2
    )
    assert result.steps == 2
    assert len(result.strokes) > BRIEF["strokes"]


def test_a_subject_is_filled_in_from_around_it() -> None:
    pixels, inside = disc_in_a_field()
    filled = without_subject(from_array(pixels), inside.astype(np.float32))
    assert filled.rgb.shape == pixels.shape
    assert filled.rgb[inside].min() > 90, "nothing dark is left"
    far = ~inside & (np.hypot(*(np.mgrid[:160, :200] - np.array([90, 100])[:, None, None])) > 60)
    assert np.abs(filled.rgb[far].astype(int) - pixels[far]).max() <= 3


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"one_line": True, "series": (2, 4)}, "bad-one_line"),
        ({"one_line": True, "background": 4}, "bad-one_line"),
        ({"one_line": 1}, "bad-one_line"),
        ({"background": 0}, "bad-background"),
    ],
)
def test_mistakes_are_told(settings: dict[str, Any], code: str) -> None:
    with pytest.raises(UserError) as told:
        SketchRequest(**settings)
    assert told.value.code == code


def test_a_background_needs_a_subject() -> None:
    with pytest.raises(UserError) as told:
        sketch(green_disc(), SketchRequest(**BRIEF, background=3, mask="none"))
    assert told.value.code == "no-subject"


@pytest.mark.parametrize("way", [{"one_line": True}, {"background": 3}])
def test_time_goes_on_where_the_second_part_begins(way: dict[str, Any]) -> None:
    told: list[Progress] = []
    pixels, _ = disc_in_a_field()
    settings = {**BRIEF, "steps": 6, "preset": "draft", **way}
    sketch(pixels, SketchRequest(**settings), lambda progress: told.append(progress))
    steps, times = [one.step for one in told], [one.time_s for one in told]
    assert steps == list(range(told[0].steps + 1))
    assert times == sorted(times)
    assert all(one.time_left_s is not None and one.time_left_s >= 0 for one in told[1:])
