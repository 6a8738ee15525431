"""A photograph becomes strokes that lie on its subject."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from support.pictures import BRIEF, green_disc
from support.resources import NoGuide

from clipasso_core import Progress, SketchRequest, UserError, from_svg, sketch, to_svg
from clipasso_core.errors import Cancelled
from clipasso_core.optimiser.layout import lay_out
from clipasso_core.photo.picture import from_array
from clipasso_core.raster import available
from clipasso_core.sketching.job import SketchJob
from clipasso_core.sketching.resources import Resources
from clipasso_core.strokes import polyline

EXAMPLE = Path(__file__).parents[2] / "examples" / "coffee.jpg"


def test_strokes_lie_on_the_subject_in_the_pictures_own_pixels() -> None:
    result = sketch(green_disc(), SketchRequest(steps=12, strokes=5))
    assert (result.width, result.height) == (300, 120)
    assert len(result.strokes) == 5
    assert result.mask == "plain border"
    t = np.linspace(0, 1, 20)[:, None]
    basis = np.concatenate([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3], 1)
    points = np.concatenate([basis @ np.array(stroke.points) for stroke in result.strokes])
    off = np.hypot(points[:, 0] - 230, points[:, 1] - 60)
    assert np.mean(off < 46) > 0.95
    assert np.median(np.minimum(np.abs(off - 40), np.abs(points[:, 0] - 230))) < 5, (
        "on the rim or on the seam"
    )


def test_a_reduced_picture_keeps_its_own_units() -> None:
    small, large = (
        green_disc(),
        np.asarray(Image.fromarray(green_disc()).resize((3000, 1200), Image.Resampling.NEAREST)),
    )
    few = SketchRequest(**BRIEF, preset="draft")
    frames = [sketch(pixels, few).frame for pixels in (small, large)]
    assert frames[1].side == pytest.approx(10 * frames[0].side, rel=0.02)
    assert frames[1].x == pytest.approx(10 * frames[0].x, rel=0.02)


def test_width_and_ink_are_what_was_asked_for() -> None:
    plain = sketch(green_disc(), SketchRequest(**BRIEF))
    assert plain.strokes[0].width == pytest.approx(3 / 224 * plain.frame.side)
    assert {stroke.color for stroke in plain.strokes} == {"#000000"}
    asked = sketch(green_disc(), SketchRequest(**BRIEF, width_px=7.5, color="rebeccapurple"))
    assert {(stroke.width, stroke.color) for stroke in asked.strokes} == {(7.5, "#663399")}
    photo = sketch(green_disc(), SketchRequest(**BRIEF, color="photo"))
    for stroke in photo.strokes:
        red, green, blue = (int(stroke.color[i : i + 2], 16) for i in (1, 3, 5))
        assert green > red
        assert green > blue


def test_progress_is_told_before_the_first_and_after_every_step() -> None:
    told: list[Progress] = []
    result = sketch(green_disc(), SketchRequest(**BRIEF), lambda progress: told.append(progress))
    assert [progress.step for progress in told] == [0, 1, 2, 3]
    assert (
        told[0]
        .setup.line()
        .startswith(
            "guide lite (no CLIP weights on this machine) · cpu · mask plain border · quick, 3"
            " steps"
        )
    )
    better = told[-1].loss != told[1].loss
    assert (told[1].preview().strokes != told[-1].preview().strokes) == better, (
        "a preview shows the sketch that its loss belongs to"
    )
    assert told[-1].loss == result.loss
    assert len(from_svg(to_svg(told[1].preview())).strokes) == 4


@pytest.mark.parametrize("at", [1, 2])
def test_a_job_that_is_stopped_gives_the_best_so_far(at: int) -> None:
    result = sketch(
        green_disc(), SketchRequest(steps=50, strokes=4), lambda progress: progress.step < at
    )
    assert result.steps == at
    assert len(result.strokes) == 4


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_job_that_is_cancelled_ends_at_once(at: int) -> None:
    told = []

    def cancel(progress: Progress) -> None:
        told.append(progress.step)
        if progress.step == at:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        sketch(green_disc(), SketchRequest(steps=50, strokes=4), cancel)
    assert told[-1] == at


def test_what_nobody_wants_before_the_first_step_is_cancelled() -> None:
    with pytest.raises(Cancelled):
        sketch(green_disc(), SketchRequest(**BRIEF), lambda _: False)


def test_time_that_others_computed_is_not_the_sketch_s_own() -> None:
    class Busy(Resources):
        def give_way(self) -> None:
            time.sleep(0.2)  # stands for another sketch

    told: list[Progress] = []
    job = SketchJob(from_array(green_disc()), SketchRequest(**BRIEF, preset="draft"), Busy())
    began = time.monotonic()
    job.run(lambda progress: told.append(progress))
    whole = time.monotonic() - began
    assert whole > 0.2 * told[-1].steps
    assert told[-1].time_s < whole - 0.2 * told[-1].steps + 0.1


def test_one_seed_always_gives_the_same_sketch_and_another_a_different_one() -> None:
    first, again, other = (
        to_svg(sketch(green_disc(), SketchRequest(**BRIEF, seed=seed))) for seed in (5, 5, 6)
    )
    assert first == again
    assert first != other


def first_strokes(job: SketchJob, levels: tuple[int, ...] = ()) -> torch.Tensor:
    """What its seeds begin with, judged by the plain view alone."""
    likeness = job.prepared.likeness(job.stage, 3.0)
    preset, request = job.prepared.preset, job.request
    return lay_out(job.subjects[0].layout, likeness, preset, request.seed, request.strokes, levels)


def test_the_winning_starts_seed_leads_back_to_its_start() -> None:
    picture = from_array(green_disc())
    both = SketchJob(picture, SketchRequest(**BRIEF, seeds=2, seed=5))
    second = SketchJob(picture, SketchRequest(**BRIEF, seed=6))
    assert torch.equal(first_strokes(both)[1], first_strokes(second)[0])


def test_strokes_of_a_level_are_laid_around_those_before() -> None:
    job = SketchJob(from_array(green_disc()), SketchRequest(**{**BRIEF, "strokes": 12}))
    nested = first_strokes(job, (3, 6))[0]
    lengths = nested.diff(dim=1).norm(dim=-1).sum(1)
    assert lengths[:3].mean() > lengths[3:6].mean() > lengths[6:].mean(), (
        "long strokes first, details later"
    )
    few = SketchJob(from_array(green_disc()), SketchRequest(**{**BRIEF, "strokes": 3}))
    assert torch.equal(nested[:3], first_strokes(few)[0])


@pytest.mark.parametrize("guide", ["clip:RN50:random", "clip:ViT-B-32:random"])
def test_clip_guides_sketch_end_to_end(guide: str) -> None:
    torch.manual_seed(0)
    result = sketch(green_disc(), SketchRequest(**BRIEF, guide=guide, preset="draft"))
    assert result.guide == guide
    assert np.isfinite(result.loss)
    assert np.isfinite([stroke.points for stroke in result.strokes]).all()


def test_words_pull_a_clip_sketch() -> None:
    sketches = []
    for text in (None, None, "a green disc"):
        torch.manual_seed(0)  # the same untrained network each time
        sketches.append(
            sketch(
                green_disc(),
                SketchRequest(**BRIEF, guide="clip:ViT-B-32:random", preset="draft", text=text),
            )
        )
    without, again, pulled = sketches
    assert without.loss == again.loss
    assert pulled.loss > without.loss + 0.01, "the words' term is part of the loss"
    with pytest.raises(UserError, match="CLIP"):
        sketch(green_disc(), SketchRequest(guide="lite", text="a green disc"))


@pytest.mark.slow
def test_the_published_preset_takes_the_published_way() -> None:
    torch.manual_seed(0)
    told: list[Progress] = []
    request = SketchRequest(
        guide="clip:RN101:random", preset="published", steps=2, strokes=4, seeds=2
    )
    result = sketch(green_disc(), request, lambda progress: told.append(progress))
    setup = told[0].setup
    assert setup.saliency == "clip:ViT-B-32:random", (
        "the paper's saliency is ViT-B/32's whatever the guide"
    )
    assert setup.mask == "none", "the paper leaves masking to the person"
    assert (result.frame.x, result.frame.y, result.frame.side) == (0, -90, 300)
    assert result.steps == 2


@pytest.mark.skipif(not available("diffvg"), reason="pydiffvg is not installed")
def test_diffvg_sketches_too() -> None:
    assert len(sketch(green_disc(), SketchRequest(**BRIEF, rasteriser="diffvg")).strokes) == 4


def test_pictures_come_as_arrays_images_paths_or_pictures(tmp_path: Path) -> None:
    request = SketchRequest(**BRIEF)
    pixels = green_disc()
    Image.fromarray(pixels).save(tmp_path / "disc.png")
    ways: list[Any] = [
        pixels,
        pixels / 255,
        Image.fromarray(pixels),
        tmp_path / "disc.png",
        str(tmp_path / "disc.png"),
        from_array(pixels),
    ]
    assert len({to_svg(sketch(way, request)) for way in ways}) == 1


def test_a_mistake_in_the_mask_is_told_before_a_guide_is_loaded(tmp_path: Path) -> None:
    request = SketchRequest(mask=str(tmp_path / "none.png"))
    with pytest.raises(UserError, match="mask"):
        SketchJob(from_array(green_disc()), request, NoGuide())


@pytest.mark.slow
def test_the_example_becomes_a_sketch_that_one_would_show_around() -> None:
    told: list[Progress] = []
    result = sketch(EXAMPLE, on_progress=lambda progress: told.append(progress))
    assert len(result.strokes) == 16
    assert told[1].loss is not None
    assert result.loss < 0.9 * told[1].loss, (
        "far nearer to the photograph than the start, which lies along its edges already"
    )
    points = np.concatenate([polyline(np.array(stroke.points)) for stroke in result.strokes])
    assert ((points > -20) & (points < np.array([result.width, result.height]) + 20)).all(), (
        "on the photograph"
    )


def test_ink_is_the_subject_s_own_where_the_picture_cuts_it_off() -> None:
    pixels = np.full((200, 160, 3), 250, np.uint8)
    pixels[60:, 40:120] = (120, 10, 10)
    inside = np.zeros((200, 160), bool)
    inside[60:, 40:120] = True
    alpha = np.dstack([pixels, np.where(inside, 255, 0).astype(np.uint8)])
    job = SketchJob(from_array(alpha), SketchRequest(**{**BRIEF, "color": "photo"}))
    low = job.stage.frame.to_canvas(np.array([[60.0, 197], [70, 197], [80, 197], [90, 197]]))
    assert job.stage.ink(low, "photo") == "#780a0a"
