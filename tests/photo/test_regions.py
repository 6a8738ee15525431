"""Greys painted over a photograph say what they say whatever file they are in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import ArrayLike
from PIL import Image
from support.pictures import SIZE

from clipasso_core.errors import UserError
from clipasso_core.photo.picture import Picture, read_picture
from clipasso_core.photo.regions import MIDDLE, Painted, read_regions

WIDTH, HEIGHT = SIZE
TURNED = 6  # EXIF: the picture is to be turned to the right


@pytest.fixture
def picture(photo: Path) -> Picture:
    return read_picture(photo)


def painted(tmp_path: Path, pixels: ArrayLike) -> str:
    path = tmp_path / "painted.png"
    Image.fromarray(np.asarray(pixels, np.uint8)).save(path)
    return str(path)


@pytest.mark.parametrize("grey", [127, 128])
def test_either_middle_of_eight_bits_is_the_middle(
    picture: Picture, tmp_path: Path, grey: int
) -> None:
    found = read_regions(picture, painted(tmp_path, np.full((HEIGHT, WIDTH), grey)), "emphasis")
    assert found.shape == (HEIGHT, WIDTH)
    assert (found == MIDDLE).all()


@pytest.mark.parametrize("times", [0.5, 1, 2])
def test_white_and_black_lie_where_they_were_painted_at_any_size(
    picture: Picture, tmp_path: Path, times: float
) -> None:
    pixels = np.full((round(HEIGHT * times), round(WIDTH * times)), 128)
    pixels[:, : round(40 * times)] = 255
    pixels[:, round(120 * times) :] = 0
    found = read_regions(picture, painted(tmp_path, pixels), "emphasis")
    assert (found[:, :38] == 1).all()
    assert (found[:, 42:118] == MIDDLE).all()
    assert (found[:, 122:] == 0).all()


def test_nothing_is_painted_where_it_is_transparent(picture: Picture, tmp_path: Path) -> None:
    pixels = np.zeros((HEIGHT, WIDTH, 4))
    pixels[:40] = 255
    found = read_regions(picture, painted(tmp_path, pixels), "emphasis")
    assert (found[:38] == 1).all()
    assert (found[42:] == MIDDLE).all()


def test_it_is_set_upright_as_the_photograph_is(picture: Picture, tmp_path: Path) -> None:
    stored = np.full((WIDTH, HEIGHT), 128, np.uint8)  # lies on its side
    stored[:40] = 255  # the camera's top, which is on the right once it is turned
    exif = Image.Exif()
    exif[0x0112] = TURNED
    path = tmp_path / "turned.png"
    Image.fromarray(stored).save(path, exif=exif)
    found = read_regions(picture, str(path), "emphasis")
    assert (found[:, WIDTH - 38 :] == 1).all()
    assert (found[:, : WIDTH - 42] == MIDDLE).all()


@pytest.mark.parametrize("what", ["emphasis", "mask repair"])
def test_what_cannot_lie_over_the_photograph_is_told_in_a_line(
    picture: Picture, tmp_path: Path, what: Painted
) -> None:
    setting = what.replace(" ", "_")
    with pytest.raises(UserError, match=f"^the {what} is 100 x 100 and the photo 160 x 120") as bad:
        read_regions(picture, painted(tmp_path, np.full((100, 100), 255)), what)
    assert bad.value.code == f"bad-{setting}"
    with pytest.raises(UserError, match=f"there is no {what} ") as lost:
        read_regions(picture, str(tmp_path / "lost.png"), what)
    assert lost.value.code == f"no-{setting}"
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(UserError, match=r"text\.png is not a picture"):
        read_regions(picture, str(tmp_path / "text.png"), what)
