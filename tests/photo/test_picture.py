"""Every picture that a person is likely to have is read upright, and every bad one is named."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from clipasso_core.errors import UserError
from clipasso_core.photo.picture import (
    WORK_SIDE,
    Picture,
    decode_picture,
    from_array,
    from_image,
    read_picture,
)

RED = (255, 0, 0)
BLUE = (0, 0, 255)
BLACK = (0, 0, 0)
# of an upright picture, by where they are: shares of its height and width
CORNERS = {(0.2, 0.2): RED, (0.8, 0.8): BLUE, (0.2, 0.8): BLACK, (0.8, 0.2): BLACK}
ORIENTATION = 0x0112
FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF")


def upright(width: int = 60, height: int = 40) -> NDArray[np.uint8]:
    """Red at the upper left, blue at the lower right, black elsewhere.

    No turn or flip looks the same.
    """
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2] = RED
    pixels[height // 2 :, width // 2 :] = BLUE
    return pixels


def image(width: int = 60, height: int = 40) -> Image.Image:
    return Image.fromarray(upright(width, height))


def encode(picture: Image.Image, kind: str, **settings: Any) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind, **settings)
    return stream.getvalue()


def stored(pixels: NDArray[np.uint8], orientation: int) -> Image.Image:
    """How a camera stores an upright picture (EXIF 2.3, section 4.6.4 A)."""
    turned = {
        1: pixels,
        2: pixels[:, ::-1],
        3: pixels[::-1, ::-1],
        4: pixels[::-1],
        5: pixels.swapaxes(0, 1),
        6: np.rot90(pixels),
        7: pixels[::-1, ::-1].swapaxes(0, 1),
        8: np.rot90(pixels, -1),
    }
    return Image.fromarray(np.ascontiguousarray(turned[orientation]))


def exif(orientation: int) -> Image.Exif:
    tags = Image.Exif()
    tags[ORIENTATION] = orientation
    return tags


def assert_upright(picture: Picture) -> None:
    """Corners rather than every pixel: JPEG smears the edges."""
    height, width = picture.rgb.shape[:2]
    for (y, x), colour in CORNERS.items():
        found = picture.rgb[int(y * height), int(x * width)].astype(int)
        assert np.abs(found - colour).max() < 40


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_is_read(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "photo"
    path.write_bytes(encode(image(), kind))
    picture = read_picture(path)
    assert (picture.width, picture.height) == (60, 40)
    assert picture.rgb.dtype == np.uint8
    assert picture.alpha is None
    assert_upright(picture)


def test_the_multi_picture_jpeg_of_phones_is_read() -> None:
    white = Image.new("RGB", (60, 40), "white")
    data = encode(image(), "MPO", save_all=True, append_images=[white])
    assert_upright(decode_picture(data))


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_first_frame_counts(kind: str) -> None:
    white = Image.new("RGB", (60, 40), "white")
    data = encode(image(), kind, save_all=True, append_images=[white])
    assert_upright(decode_picture(data))


@pytest.mark.parametrize("kind", ["PNG", "GIF", "BMP", "TIFF"])
def test_a_palette_is_resolved(kind: str) -> None:
    picture = decode_picture(encode(image().quantize(8), kind))
    assert picture.alpha is None
    assert_upright(picture)


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_a_transparent_palette_colour_becomes_alpha(kind: str) -> None:
    indices = np.zeros((40, 60), np.uint8)
    indices[:, 30:] = 1
    paletted = Image.fromarray(indices, "L").convert("P")
    paletted.putpalette([255, 0, 0, 0, 0, 255])
    picture = decode_picture(encode(paletted, kind, transparency=0))
    assert picture.alpha is not None
    assert picture.alpha[20, 10] == 0
    assert picture.alpha[20, 50] == 255
    assert tuple(picture.rgb[20, 50]) == BLUE


def test_palette_entries_may_be_half_transparent() -> None:
    paletted = Image.new("P", (40, 40), 1)
    paletted.putpalette([0, 0, 0, 255, 0, 0])
    picture = decode_picture(encode(paletted, "PNG", transparency=bytes([255, 128])))
    assert np.all(picture.alpha == 128)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "BMP"])
def test_grey_becomes_three_equal_bands(kind: str) -> None:
    grey = Image.fromarray(np.tile(np.linspace(0, 255, 60).astype(np.uint8), (40, 1)))
    picture = decode_picture(encode(grey, kind))
    assert picture.rgb.shape == (40, 60, 3)
    assert np.ptp(picture.rgb, axis=2).max() == 0
    assert np.abs(picture.rgb[0, :, 0].astype(int) - np.linspace(0, 255, 60)).max() < 6


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bit_grey_keeps_its_tones(kind: str) -> None:
    ramp = np.tile(np.linspace(0, 65535, 60).astype(np.uint16), (40, 1))
    picture = decode_picture(encode(Image.fromarray(ramp), kind))
    assert np.abs(picture.rgb[0, :, 1].astype(int) - np.linspace(0, 255, 60)).max() <= 1


def test_one_bit_pictures_are_read() -> None:
    pixels = upright().any(2).astype(np.uint8) * 255
    picture = decode_picture(encode(Image.fromarray(pixels).convert("1"), "PNG"))
    assert set(np.unique(picture.rgb)) == {0, 255}


def test_a_cmyk_jpeg_has_the_colours_it_shows() -> None:
    assert_upright(decode_picture(encode(image().convert("CMYK"), "JPEG", quality=95)))


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_alpha_is_kept(kind: str) -> None:
    rgba = np.dstack([upright(), np.full((40, 60), 255, np.uint8)])
    rgba[:, 40:, 3] = 77
    settings = {"lossless": True} if kind == "WEBP" else {}
    picture = decode_picture(encode(Image.fromarray(rgba), kind, **settings))
    assert picture.alpha is not None
    assert (picture.alpha == rgba[..., 3]).all()
    assert_upright(picture)


def test_alpha_that_hides_nothing_is_no_alpha() -> None:
    assert decode_picture(encode(image().convert("RGBA"), "PNG")).alpha is None


def test_transparent_pixels_are_white_to_the_engine() -> None:
    rgba = np.zeros((40, 60, 4), np.uint8)
    rgba[:, :30, 3] = 255
    on_white = from_array(rgba).on_white()
    assert (on_white[:, 31:] == 1).all()
    assert (on_white[:, :29] == 0).all()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_on_its_side_is_set_upright(kind: str, orientation: int) -> None:
    settings = {"quality": 95, "subsampling": 0} if kind == "JPEG" else {}
    turned = stored(upright(), orientation)
    picture = decode_picture(encode(turned, kind, exif=exif(orientation), **settings))
    assert (picture.width, picture.height) == (60, 40)
    assert picture.rgb.shape == (40, 60, 3)
    assert_upright(picture)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_damaged_exif_does_not_spoil_the_pixels(kind: str) -> None:
    data = encode(image(), kind, exif=exif(6))
    start = data.index(b"MM\x00*") if b"MM\x00*" in data else data.index(b"II*\x00")
    broken = data[:start] + b"XXXX" + data[start + 4 :]
    # its chunks carry a checksum, so that the damage must have been there when it was saved
    if kind == "PNG":
        broken = encode(image(), kind, exif=b"Exif\x00\x00XXXX\x00\x00\x00\x08")
    assert_upright(decode_picture(broken))


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_large_photo_is_reduced_for_work_but_keeps_its_own_size(orientation: int) -> None:
    data = encode(stored(upright(3000, 2000), orientation), "JPEG", exif=exif(orientation))
    picture = decode_picture(data)
    assert (picture.width, picture.height) == (3000, 2000)
    assert picture.rgb.shape == (round(2000 * WORK_SIDE / 3000), WORK_SIDE, 3)
    assert picture.scale == WORK_SIDE / 3000
    assert_upright(picture)


def test_small_pictures_are_not_enlarged() -> None:
    assert decode_picture(encode(image(), "PNG")).scale == 1


@pytest.mark.parametrize("dtype", [np.uint8, np.float16, np.float32, np.float64])
def test_arrays_of_bytes_or_of_zero_to_one_are_pictures(dtype: type[Any]) -> None:
    pixels = np.tile(255 - upright(), (10, 10, 1))
    picture = from_array(pixels if dtype == np.uint8 else (pixels / 255).astype(dtype))
    assert (picture.rgb == pixels).all()


def test_arrays_may_be_grey_or_have_alpha() -> None:
    grey = from_array(np.full((40, 60), 9, np.uint8))
    assert grey.rgb.shape == (40, 60, 3)
    assert (grey.rgb == 9).all()
    assert np.all(from_array(np.full((40, 60, 4), 0.5)).alpha == 128)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros(40),
        np.zeros((40, 40, 2)),
        np.zeros((15, 40)),
        np.zeros((0, 0)),
        np.zeros((2, 40, 40, 3)),
        np.full((40, 40), np.nan),
    ],
    ids=["one-dimensional", "two-bands", "too-small", "empty", "a-batch", "nan"],
)
def test_other_arrays_are_refused(array: NDArray[Any]) -> None:
    with pytest.raises(UserError, match="array"):
        from_array(array)


@pytest.mark.parametrize(
    "mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "HSV", "I", "I;16", "F"]
)
def test_images_of_any_mode_are_pictures(mode: str) -> None:
    white = Image.new("L", (60, 40), "white")
    picture = from_image(Image.new("LAB", (60, 40)) if mode == "LAB" else white.convert(mode))
    assert picture.rgb.shape == (40, 60, 3)
    assert picture.rgb.dtype == np.uint8


def test_an_image_on_its_side_is_set_upright() -> None:
    turned = stored(upright(), 8)
    turned.getexif()[ORIENTATION] = 8
    assert_upright(from_image(turned))


def test_an_image_of_one_pixel_is_refused_like_its_file() -> None:
    with pytest.raises(UserError, match="1 x 1"):
        from_image(Image.new("RGB", (1, 1)))


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("missing", "there is no photo"),
        ("folder", "is a folder"),
        ("empty", "is empty"),
        ("text", "not a picture"),
        ("cut-jpeg", "damaged or cut off"),
        ("cut-png", "damaged or cut off"),
        ("bomb", "million pixels"),
        ("bomb-with-data", "million pixels"),
        ("one-pixel", "1 x 1"),
        ("transparent", "fully transparent"),
    ],
)
def test_a_bad_photo_is_refused_by_name_and_fault(
    bad_photo: Callable[[str], Path], fault: str, words: str
) -> None:
    path = bad_photo(fault)
    with pytest.raises(UserError, match=words) as refusal:
        read_picture(path)
    assert path.name in refusal.value.message
    assert "\n" not in refusal.value.message


@pytest.mark.parametrize("kind", FORMATS)
def test_half_a_file_is_refused_in_every_format(kind: str) -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8))
    data = encode(noise, kind)
    with pytest.raises(UserError):
        decode_picture(data[: len(data) // 2])


@pytest.mark.parametrize("kind", FORMATS)
@settings(max_examples=60, deadline=None)
@given(choice=st.data())
def test_damaged_bytes_give_a_picture_or_a_refusal_never_a_traceback(
    kind: str, choice: st.DataObject
) -> None:
    settings = {"exif": exif(6)} if kind in ("JPEG", "WEBP", "TIFF", "PNG") else {}
    data = bytearray(encode(image(20, 20), kind, **settings))
    for _ in range(choice.draw(st.integers(1, 4))):
        data[choice.draw(st.integers(0, len(data) - 1))] = choice.draw(st.integers(0, 255))
    with suppress(UserError):
        assert isinstance(decode_picture(bytes(data)), Picture)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the platform has no named pipes")
def test_a_pipe_is_refused_without_waiting_for_a_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    answers = []

    def read() -> None:
        try:
            read_picture(tmp_path / "pipe.png")
        except UserError as refusal:
            answers.append(refusal.message)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    reader.join(timeout=10)
    assert len(answers) == 1
    assert "not a regular file" in answers[0]
