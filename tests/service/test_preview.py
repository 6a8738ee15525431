"""The small pictures that go with the events."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from clipasso_core import SketchRequest, SketchResult
from clipasso_core.cli.stills import draw
from clipasso_core.frame import Frame
from clipasso_core.service import preview
from clipasso_core.strokes import Stroke


def line(start: tuple[float, float], end: tuple[float, float], **more: Any) -> Stroke:
    """A straight stroke."""
    points = tuple(
        (start[0] + t * (end[0] - start[0]), start[1] + t * (end[1] - start[1]))
        for t in (0, 1 / 3, 2 / 3, 1)
    )
    return replace(Stroke(points, width=20.0, id="stroke-1"), **more)


def result(strokes: Sequence[Stroke], width: int = 400, height: int = 300) -> SketchResult:
    return SketchResult(
        strokes=tuple(strokes),
        width=width,
        height=height,
        frame=Frame(0, 0, 400),
        request=SketchRequest(),
        guide="lite",
        preset="draft",
        device="cpu",
        mask="none",
        loss=1.0,
        seed=0,
        steps=1,
    )


def pixels(png: bytes) -> np.ndarray:
    """[h, w, 4], RGBA."""
    image = Image.open(io.BytesIO(png))
    assert image.format == "PNG"
    assert image.mode == "RGBA"
    return np.asarray(image)


@pytest.mark.parametrize(
    ("size", "side", "expected"),
    [
        ((400, 300), 80, (80, 60)),
        ((300, 400), 80, (60, 80)),
        ((50, 50), 200, (200, 200)),
        ((4000, 3), 64, (64, 1)),
    ],
)
def test_a_preview_has_the_picture_s_proportions(
    size: tuple[int, int], side: int, expected: tuple[int, int]
) -> None:
    seen = pixels(preview.strokes_png(result([line((0, 0), (10, 10))], *size), side))
    assert (seen.shape[1], seen.shape[0]) == expected


def test_what_is_dark_is_where_the_stroke_is_and_the_rest_is_transparent() -> None:
    seen = pixels(preview.strokes_png(result([line((100, 200), (300, 200))]), 200))  # half the size
    cover = seen[..., 3]
    assert (cover[97:103, 55:145] == 255).all()
    assert (seen[..., :3] == 0).all()
    rows, columns = np.nonzero(cover)
    assert rows.min() == pytest.approx(95, abs=1)
    assert rows.max() == pytest.approx(104, abs=1)
    assert columns.min() == pytest.approx(45, abs=1)  # the ends are round
    assert columns.max() == pytest.approx(154, abs=1)


def test_a_bend_is_followed() -> None:
    bent = line(
        (0, 0), (0, 0), points=((50.0, 250.0), (50.0, -50.0), (350.0, -50.0), (350.0, 250.0))
    )
    cover = pixels(preview.strokes_png(result([bent]), 400))[..., 3]
    assert cover[25, 200] == 255  # the cubic's summit
    assert cover[250, 200] == 0
    assert cover[240, 50] == 255


def test_a_stroke_of_two_cubics_is_drawn_to_its_end() -> None:
    first, second = line((50, 50), (200, 50)), line((200, 50), (350, 250))
    cover = pixels(
        preview.strokes_png(
            result([line((0, 0), (1, 1), points=first.points + second.points[1:])]), 400
        )
    )[..., 3]
    assert cover[50, 100] == cover[150, 275] == 255


def test_colours_and_opacity_are_the_strokes_own() -> None:
    strokes = [
        line((50, 50), (350, 50), color="#ff0000"),
        line((50, 250), (350, 250), color="#0040ff", opacity=0.5),
    ]
    seen = pixels(preview.strokes_png(result(strokes), 400))
    assert tuple(seen[50, 200]) == (255, 0, 0, 255)
    assert tuple(seen[250, 200][:3]) == (0, 64, 255)
    assert seen[250, 200][3] == pytest.approx(128, abs=1)
    assert seen[150, 200][3] == 0


def test_paper_lies_below_the_strokes() -> None:
    dark = replace(
        result([line((100, 200), (300, 200), color="#ffffff")]),
        request=SketchRequest(color="white", paper="#102030"),
    )
    seen = pixels(preview.strokes_png(dark, 200))
    assert tuple(seen[5, 5]) == (16, 32, 48, 255)
    assert tuple(seen[100, 100]) == (255, 255, 255, 255)


@pytest.mark.parametrize("ink", ["#ffffff", "#ff0000"])
def test_a_frame_is_drawn_on_its_paper(ink: str) -> None:
    half = replace(
        result([line((100, 200), (300, 200), color=ink, opacity=0.5)]),
        request=SketchRequest(paper="#002040"),
    )
    seen = np.asarray(draw(half, 400)).astype(int)
    assert tuple(seen[5, 5]) == (0, 32, 64)
    assert seen[200, 200] == pytest.approx(
        [(int(ink[at : at + 2], 16) + below) / 2 for at, below in ((1, 0), (3, 32), (5, 64))], abs=1
    )


@pytest.mark.parametrize(
    "strokes",
    [
        [],
        [line((-1e6, -1e6), (1e6, 1e6))],
        [line((5, 5), (5, 5), width=1e-3)],
        [line((0, 0), (9, 9), width=1e6)],
    ],
)
def test_nothing_that_a_sketch_may_hold_breaks_it(strokes: list[Stroke]) -> None:
    assert pixels(preview.strokes_png(result(strokes), 64)).shape == (48, 64, 4)


def test_the_mask_is_white_over_what_is_left_out() -> None:
    foreground = np.zeros((60, 80), np.float32)
    foreground[20:40, 20:60] = 1
    seen = pixels(preview.mask_png(foreground, 160))
    assert seen.shape == (120, 160, 4)
    assert (seen[..., :3] == 255).all()
    assert seen[60, 80, 3] == 0
    assert seen[10, 10, 3] == 255
    assert (seen[..., 3] < 128).sum() == pytest.approx(40 * 80, rel=0.05)


def test_as_text_is_base64() -> None:
    assert base64.b64decode(preview.as_text(b"\x89PNG\0")) == b"\x89PNG\0"
