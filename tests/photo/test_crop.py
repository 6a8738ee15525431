"""Transparency of a plain shape crops a photograph; that of any other shape is its subject's."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from clipasso_core.photo.crop import continued, rim, shown_part
from clipasso_core.photo.framing import fade_where_cut
from clipasso_core.photo.picture import Picture, from_array

WIDTH = 320
HEIGHT = 240
FINER = 4
Alpha = NDArray[np.uint8]


def cropped(alpha: Alpha) -> Picture:
    return from_array(np.dstack([np.full((*alpha.shape, 3), 90, np.uint8), alpha]))


def drawn(kind: str, box: tuple[float, float, float, float], degrees: float = 0.0) -> Alpha:
    """A shape with soft edges, as a renderer leaves it. kind: of ImageDraw."""
    sheet = Image.new("L", (WIDTH * FINER, HEIGHT * FINER), 0)
    more = {"radius": 20 * FINER} if kind == "rounded_rectangle" else {}
    getattr(ImageDraw.Draw(sheet), kind)([FINER * one for one in box], fill=255, **more)
    turned = sheet.rotate(degrees, Image.Resampling.BICUBIC)
    return np.asarray(turned.resize((WIDTH, HEIGHT), Image.Resampling.BOX))


def polygon(points: NDArray[np.floating]) -> Alpha:
    sheet = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.fillPoly(sheet, [np.round(points).astype(np.int32)], 255)
    return sheet


def round_outline(wobble: float) -> NDArray[np.floating]:
    """A circle's, whose radius changes by that share: what is cut out by hand or by a network."""
    turn = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    radius = 90 * (1 + wobble * np.sin(5 * turn) + wobble * np.cos(9 * turn))
    return np.stack([160 + radius * np.cos(turn), 120 + radius * np.sin(turn)], -1)


@pytest.mark.parametrize("degrees", [0, 17, 60])
@pytest.mark.parametrize("kind", ["ellipse", "rectangle", "rounded_rectangle"])
def test_a_plain_shape_crops(kind: str, degrees: float) -> None:
    alpha = drawn(kind, (90, 50, 230, 180), degrees)
    shown = shown_part(cropped(alpha))
    assert shown is not None
    assert (shown == (alpha >= 128)).mean() > 0.999


@pytest.mark.parametrize(
    "box", [(100, 60, 220, 180), (-60, 40, 200, 220), (40, -50, 300, 290)], ids=str
)
def test_an_oval_crops_even_where_the_pictures_border_cuts_it(
    box: tuple[float, float, float, float],
) -> None:
    assert shown_part(cropped(drawn("ellipse", box))) is not None


def test_a_faded_oval_crops_too() -> None:
    alpha = drawn("ellipse", (100, 60, 220, 180)) // 3
    assert shown_part(cropped(alpha)) is not None


def test_what_was_cut_out_by_hand_does_not_crop() -> None:
    assert shown_part(cropped(polygon(round_outline(0)))) is not None
    assert shown_part(cropped(polygon(round_outline(0.02)))) is None
    star = np.stack([round_outline(0)[::20], 160 + (round_outline(0)[10::20] - 160) / 2], 1)
    assert shown_part(cropped(polygon(star.reshape(-1, 2)))) is None


def test_parts_and_holes_do_not_crop() -> None:
    two = drawn("ellipse", (20, 60, 140, 180)) + drawn("ellipse", (180, 60, 300, 180))
    assert shown_part(cropped(two)) is None
    ring = drawn("ellipse", (60, 20, 260, 220)) - drawn("ellipse", (130, 90, 190, 150))
    assert shown_part(cropped(ring)) is None
    assert shown_part(from_array(np.zeros((HEIGHT, WIDTH, 3), np.uint8))) is None


def test_the_photograph_goes_on_with_the_colours_of_its_edge() -> None:
    shown = drawn("ellipse", (60, 20, 260, 220)) > 127
    rgb = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    rgb[shown] = (200, 40, 40)
    rgb[:, : WIDTH // 2][shown[:, : WIDTH // 2]] = (40, 40, 200)
    gone_on = continued(rgb, shown)
    assert (gone_on[shown] == rgb[shown]).all()
    assert (gone_on[0, 0] == (40, 40, 200)).all()
    assert (gone_on[0, -1] == (200, 40, 40)).all()


def test_the_subject_fades_where_a_crop_cuts_it_off_and_nowhere_else() -> None:
    shown = drawn("ellipse", (60, 20, 260, 220)) > 127
    subject = np.zeros((HEIGHT, WIDTH), np.float32)
    subject[90:, 130:190] = 1  # runs out of the crop below, ends within it above
    faded = fade_where_cut(subject * shown, 20, shown)
    below = np.flatnonzero(rim(shown)[:, 160]).max()
    assert faded[below, 160] < 0.05
    assert 0.3 < faded[below - 10, 160] < 0.7
    assert (faded[95:140, 132:188] == 1).all(), "its own edges stay as they are"
    assert (faded[~shown] == 0).all()
    within = np.where(np.hypot(*np.mgrid[-120:120, -160:160]) < 60, 1, 0).astype(np.float32)
    assert np.array_equal(fade_where_cut(within, 20, shown), within), "nothing cuts it"
