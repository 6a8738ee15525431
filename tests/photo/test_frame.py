"""The optimiser's square shows the subject undistorted, and its points find back to the picture."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from clipasso_core.frame import CANVAS_PX, Frame
from clipasso_core.photo.framing import frame_subject, frame_whole

Floats = NDArray[np.floating]
coordinates = st.floats(-1e4, 1e4)
frames = st.builds(Frame, coordinates, coordinates, st.floats(1, 1e5))
points = st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=8).map(np.array)


def disc(width: int, height: int, x: float, y: float, radius: float) -> Floats:
    """1 on a disc, 0 elsewhere: [height, width]."""
    rows, columns = np.mgrid[:height, :width] + 0.5
    inside: NDArray[np.bool_] = np.hypot(columns - x, rows - y) < radius
    return inside.astype(np.float32)


def extent(cut: Floats) -> tuple[float, float]:
    """Width and height of what is bright, px; the edges' brightness tells fractions of one."""
    bright = np.clip(cut, 0, 1)
    middle = CANVAS_PX // 2
    return float(bright[middle].sum()), float(bright[:, middle].sum())


@given(frames, points)
def test_there_and_back_is_where_one_was(frame: Frame, xy: Floats) -> None:
    room = 1e-9 * (1 + np.abs(xy).max() + abs(frame.x) + abs(frame.y) + frame.side)
    back_in_picture = frame.to_picture(frame.to_canvas(xy))
    back_on_canvas = frame.to_canvas(frame.to_picture(xy))
    assert np.allclose(back_in_picture, xy, rtol=0, atol=room)
    assert np.allclose(back_on_canvas, xy, rtol=0, atol=room * max(1, 1 / frame.scale))


@given(frames)
def test_the_canvas_covers_the_square(frame: Frame) -> None:
    corners = frame.to_picture(np.array([[0.0, 0.0], [CANVAS_PX, CANVAS_PX]]))
    assert np.allclose(corners, [[frame.x, frame.y], [frame.x + frame.side, frame.y + frame.side]])


@pytest.mark.parametrize(("width", "height"), [(300, 100), (100, 300), (1024, 300), (224, 224)])
def test_padding_never_stretches(width: int, height: int) -> None:
    radius = 0.4 * min(width, height)
    frame = frame_whole(width, height)
    cut = frame.cut(disc(width, height, width / 2, height / 2, radius), 1.0, 0.0)
    across, down = extent(cut)
    wanted = 2 * radius / frame.scale
    assert across == pytest.approx(wanted, abs=1)
    assert down == pytest.approx(wanted, abs=1)


def test_a_picture_that_was_reduced_for_work_is_not_stretched_either() -> None:
    frame = frame_whole(3000, 1000)
    across, down = extent(frame.cut(disc(1024, 341, 512, 170.5, 150), 1024 / 3000, 0.0))
    assert across == pytest.approx(300 * CANVAS_PX / 1024, abs=1)
    assert down == pytest.approx(across, abs=1)


def test_colours_are_cut_like_greys() -> None:
    picture = np.dstack([disc(300, 100, 150, 50, 40)] * 3)
    cut = frame_whole(300, 100).cut(picture, 1.0, 0.0)
    assert cut.shape == (CANVAS_PX, CANVAS_PX, 3)
    assert np.allclose(cut[..., 0], frame_whole(300, 100).cut(picture[..., 0], 1.0, 0.0))


@pytest.mark.parametrize(("x", "y"), [(40, 20), (250, 90), (150, 150)])
def test_the_canvas_shows_a_spot_where_its_points_say_it_is(x: float, y: float) -> None:
    frame = Frame(-30.0, -60.0, 320.0)
    cut = frame.cut(disc(300, 200, x, y, 8), 1.0, 0.0)
    rows, columns = np.mgrid[:CANVAS_PX, :CANVAS_PX] + 0.5
    centre = np.array([(cut * columns).sum(), (cut * rows).sum()]) / cut.sum()
    assert centre == pytest.approx(frame.to_canvas(np.array([x, y])), abs=0.5)


@pytest.mark.parametrize("fill", [0.0, 1.0])
def test_beyond_the_picture_is_the_fill(fill: float) -> None:
    cut = frame_whole(300, 100).cut(np.full((100, 300), 0.5, np.float32), 1.0, fill)
    edge = (CANVAS_PX - CANVAS_PX / 3) / 2
    assert np.allclose(cut[: int(edge) - 2], fill)
    assert np.allclose(cut[int(edge) + 4 : -int(edge) - 4], 0.5)
    assert np.allclose(cut[-int(edge) + 2 :], fill)


def test_a_square_that_misses_the_picture_is_all_fill() -> None:
    picture = np.zeros((100, 300), np.float32)
    assert np.allclose(Frame(500.0, 500.0, 100.0).cut(picture, 1.0, 1.0), 1)


@pytest.mark.parametrize("scale", [1.0, 0.5])
@pytest.mark.parametrize(
    "box", [(20, 30, 100, 60), (60, 10, 90, 110), (0, 0, 160, 120), (70, 60, 71, 61)]
)
def test_the_subject_fills_its_square_but_for_some_room(
    box: tuple[int, int, int, int], scale: float
) -> None:
    left, top, right, bottom = box
    mask = np.zeros((120, 160), np.float32)
    mask[top:bottom, left:right] = 1
    frame = frame_subject(mask, scale)
    longer = max(right - left, bottom - top) / scale
    assert longer / frame.side == pytest.approx(1 / 1.15)
    assert frame.x + frame.side / 2 == pytest.approx((left + right) / 2 / scale)
    assert frame.y + frame.side / 2 == pytest.approx((top + bottom) / 2 / scale)


def test_the_canvas_shows_the_subject_at_that_size() -> None:
    mask = disc(400, 300, 180, 140, 100)
    across, down = extent(frame_subject(mask, 1.0).cut(mask, 1.0, 0.0))
    assert across == pytest.approx(CANVAS_PX / 1.15, abs=1.5)
    assert down == pytest.approx(CANVAS_PX / 1.15, abs=1.5)


def test_without_a_subject_the_whole_picture_is_framed() -> None:
    assert frame_subject(np.zeros((60, 80), np.float32), 0.5) == frame_whole(160, 120)
