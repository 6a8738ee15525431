"""Pictures that the tests make: one worth sketching, and some that lie about themselves."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

SIZE = (160, 120)


def draw_subject(image: Image.Image) -> Image.Image:
    """A round dark body with ears, eyes and a stripe, in the middle of the image."""
    pen = ImageDraw.Draw(image)
    for left in (50, 90):
        pen.polygon([(left, 45), (left + 10, 15), (left + 22, 45)], fill=(60, 50, 45))
    pen.ellipse((40, 30, 120, 105), fill=(60, 50, 45))
    for left in (60, 88):
        pen.ellipse((left, 50, left + 12, 62), fill=(220, 200, 120), outline=(10, 10, 10))
    pen.line([(60, 85), (80, 92), (100, 85)], fill=(200, 190, 180), width=3)
    return image


def png_claiming(width: int, height: int, rows: bytes) -> bytes:
    """A well-formed PNG of a few kB whose header claims that size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b"")]
    body = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)


def disc(radius: int = 70) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A dark disc with a lighter half on white [224, 224, 3], and its mask [224, 224]."""
    y, x = np.mgrid[:224, :224]
    inside = (x - 112) ** 2 + (y - 112) ** 2 < radius**2
    grey = np.where(inside, np.where(x < 112, 0.2, 0.6), 1.0)
    return np.repeat(grey[..., None], 3, 2).astype(np.float32), inside.astype(np.float32)


BRIEF: dict[str, Any] = {"steps": 3, "strokes": 4}  # settings of a request


def green_disc(
    width: int = 300, height: int = 120, x: int = 230, y: int = 60, radius: int = 40
) -> NDArray[np.uint8]:
    """A green disc with a darker half on a white page that is no square."""
    rows, columns = np.mgrid[:height, :width]
    pixels = np.full((height, width, 3), 255, np.uint8)
    inside = (columns - x) ** 2 + (rows - y) ** 2 < radius**2
    pixels[inside] = (40, 160, 60)
    pixels[inside & (columns < x)] = (20, 90, 30)
    return pixels
