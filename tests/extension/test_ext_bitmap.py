"""The size of a bitmap is read from its header, as Inkscape and the engine both show it."""

from __future__ import annotations

import io

import pytest
from clipasso_ext.document.bitmap import upright_size

from easel import (
    JPEG,
    PILLOWS_EXIF_6,
    PROGRESSIVE,
    bmp,
    exif,
    gif,
    jpeg,
    old_bmp,
    png,
    segment,
    xmp,
)

KINDS = {
    "png": (png(40, 20), (40, 20)),
    "jpeg": (JPEG, (24, 16)),
    "progressive": (PROGRESSIVE, (24, 16)),
    "turned": (jpeg(exif(6)), (16, 24)),
    "gif": (gif(300, 7), (300, 7)),
    "bmp": (bmp(9, 5), (9, 5)),
    "bmp-downwards": (bmp(9, -5), (9, 5)),
    "bmp-os2": (old_bmp(9, 5), (9, 5)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_size_stands_in_the_header(kind: str) -> None:
    data, size = KINDS[kind]
    assert upright_size(data) == size


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("orientation", range(1, 9))
def test_four_of_the_eight_orientations_exchange_width_and_height(
    orientation: int, order: str
) -> None:
    assert upright_size(jpeg(exif(orientation, order))) == (
        (16, 24) if orientation >= 5 else (24, 16)
    )


def test_orientation_is_read_as_pillow_writes_it() -> None:
    assert upright_size(jpeg(PILLOWS_EXIF_6)) == (16, 24)


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_does_not_exist_turns_nothing(orientation: int) -> None:
    assert upright_size(jpeg(exif(orientation))) == (24, 16)


def test_exif_counts_wherever_it_stands_among_other_segments() -> None:
    assert upright_size(
        jpeg(
            segment(0xFE, b"a comment" * 999),
            segment(0xE2, b"ICC"),
            exif(8),
            segment(0xFE, b"more"),
        )
    ) == (16, 24)


def test_fill_bytes_before_a_segment_are_skipped() -> None:
    assert upright_size(jpeg(b"\xff\xff" + exif(6))) == (16, 24)


def test_exif_that_is_cut_turns_nothing() -> None:
    whole = exif(6)[4:]
    for end in range(6, len(whole) - 8):
        assert upright_size(jpeg(segment(0xE1, whole[:end]))) == (24, 16)


def test_a_png_with_exif_is_left_to_inkscape_which_does_not_turn_it_as_the_engine_does() -> None:
    assert upright_size(png(40, 20, (b"eXIf", b"II*\0"))) is None
    assert upright_size(png(40, 20, (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp(6)))) is None
    assert upright_size(png(40, 20, (b"tEXt", b"Comment\0no orientation at all"))) == (40, 20)


def test_xmp_turns_where_exif_says_nothing_and_is_left_to_inkscape() -> None:
    assert upright_size(jpeg(xmp(6))) is None
    assert upright_size(jpeg(xmp(1))) == (24, 16)
    assert upright_size(jpeg(exif(1), xmp(6))) == (24, 16)
    assert upright_size(jpeg(xmp(6), exif(6))) == (16, 24)


@pytest.mark.parametrize("kind", KINDS)
def test_a_header_cut_anywhere_gives_no_size_or_the_right_one(kind: str) -> None:
    data, size = KINDS[kind]
    for end in range(min(len(data), 600)):
        assert upright_size(data[:end]) in (None, size)
    assert upright_size(data[:8]) is None


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", [0x00, 0x7F, 0xFF])
def test_a_damaged_byte_never_fails_and_never_gives_a_size_of_nothing(
    kind: str, value: int
) -> None:
    data, _ = KINDS[kind]
    for place in range(min(len(data), 400)):
        size = upright_size(data[:place] + bytes([value]) + data[place + 1 :])
        assert size is None or min(size) > 0


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0",
        b"II*\0" + bytes(200),
        b"MM\0*" + bytes(200),
        b"RIFF\x24\0\0\0WEBPVP8 " + bytes(90),
        b"<svg/>",
        b"once upon a time" * 9,
    ],
    ids=["empty", "byte", "tiff", "bigendian-tiff", "webp", "svg", "text"],
)
def test_other_formats_have_no_size_here(data: bytes) -> None:
    assert upright_size(data) is None


def test_a_size_of_nothing_is_none() -> None:
    assert upright_size(png(0, 20)) is None
    assert upright_size(gif(0, 0)) is None
    assert upright_size(bmp(-3, 4)) is None


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "gif"])  # ours has no pixels
def test_pillow_agrees(kind: str) -> None:
    pil = pytest.importorskip("PIL.Image")
    from PIL import ImageOps

    data, size = KINDS[kind]
    with pil.open(io.BytesIO(data)) as picture:
        assert ImageOps.exif_transpose(picture).size == size


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pillow_turns_the_same(orientation: int) -> None:
    pil = pytest.importorskip("PIL.Image")
    from PIL import ImageOps

    for segments in (
        [exif(orientation)],
        [exif(orientation, ">")],
        [exif(1), xmp(orientation)],
        [xmp(orientation), exif(orientation)],
    ):
        data = jpeg(*segments)
        with pil.open(io.BytesIO(data)) as picture:
            assert ImageOps.exif_transpose(picture).size == upright_size(data)
