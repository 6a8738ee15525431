"""Small pictures of every format that is read, and what becomes of them."""

from __future__ import annotations

import io
import struct
import zlib
from functools import lru_cache
from typing import Any

from hypothesis import strategies as st
from PIL import Image
from support.pictures import draw_subject, png_claiming

from campaign.case import Case
from campaign.engine_readers import HOLLOW, PHOTO, SKETCH
from campaign.mutation import mutated

SIZE = (40, 30)


def _encoded(image: Image.Image, kind: str, **settings: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **settings)
    return stream.getvalue()


def small_subject(mode: str = "RGB") -> Image.Image:
    """A picture worth sketching, of `SIZE`."""
    return draw_subject(Image.new("RGB", (160, 120), (240, 240, 235))).resize(SIZE).convert(mode)


@lru_cache(maxsize=1)
def good_png() -> bytes:
    return _encoded(small_subject(), "PNG")


@lru_cache(maxsize=1)
def valid_pictures() -> tuple[bytes, ...]:
    """One of each kind that cameras, scanners and programs write."""
    exif = Image.Exif()
    exif[0x0112] = 6
    several = [small_subject(), small_subject().rotate(90)]
    clear = small_subject("RGBA")
    clear.putalpha(small_subject("L"))
    palette = small_subject("P")
    palette.info["transparency"] = 0
    plain = [
        *(_encoded(small_subject(mode), "PNG") for mode in ("1", "L", "RGB")),
        _encoded(clear, "PNG"),
        _encoded(small_subject("LA"), "PNG"),
        _encoded(palette, "PNG", transparency=0),
        _encoded(small_subject("I").convert("I;16"), "PNG"),
        *(_encoded(small_subject(mode), "JPEG") for mode in ("L", "RGB", "CMYK")),
        _encoded(small_subject(), "JPEG", progressive=True, exif=exif),
        _encoded(small_subject(), "MPO", save_all=True, append_images=several),
        _encoded(clear, "WEBP"),
        _encoded(small_subject(), "WEBP", lossless=True, exif=exif),
        _encoded(small_subject(), "WEBP", save_all=True, append_images=several),
        *(_encoded(small_subject(), "TIFF", compression=one) for one in TIFFS),
        *(_encoded(small_subject(mode), "TIFF") for mode in ("1", "L", "F", "I", "CMYK", "LAB")),
        *(_encoded(small_subject(mode), "BMP") for mode in ("1", "P", "RGB", "RGBA")),
        _encoded(palette, "GIF", transparency=0),
        _encoded(small_subject(), "GIF", save_all=True, append_images=several),
        png_claiming(60_000, 60_000, bytes(1000)),
        png_claiming(7900, 8100, bytes(1000)),
    ]
    return tuple(plain)


TIFFS = (None, "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg")
MARK = b"\x89PNG\r\n\x1a\n"


def repaired(data: bytes) -> bytes:
    """A PNG whose chunks have the right checksums again, so that more than these is looked at."""
    if not data.startswith(MARK):
        return data
    parts = [MARK]
    at = len(MARK)
    while at + 8 <= len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + min(length, len(data))]
        checksum = zlib.crc32(kind + body)
        parts.append(struct.pack(">I4s", length, kind) + body + struct.pack(">I", checksum))
        at += 12 + len(body)
    return b"".join(parts)


bitmaps = st.builds(
    lambda data, mend: repaired(data) if mend else data, mutated(valid_pictures()), st.booleans()
) | st.binary(max_size=200)
photos = bitmaps.map(lambda data: Case("photo", {PHOTO: data, SKETCH: HOLLOW.encode()}))
drawn = bitmaps.map(lambda data: Case("draw", {PHOTO: data}))
masks = st.builds(
    lambda reader, data: Case(reader, {PHOTO: data, "good.png": good_png()}),
    st.sampled_from(("mask", "painted")),
    bitmaps,
)
