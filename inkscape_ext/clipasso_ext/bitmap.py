"""The size in pixels of a bitmap file, from its header; nothing is decoded."""

from __future__ import annotations

import struct
from typing import Optional, Tuple

TURNED = (5, 6, 7, 8)  # EXIF orientations that exchange width and height
FRAMES = [0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF]  # JPEG segments with the size
ORIENTATION = 0x0112


def upright_size(data: bytes) -> Optional[Tuple[int, int]]:
    """Width and height of a PNG, JPEG, GIF or BMP as it is shown; None for anything else, and for a damaged header."""
    try:
        if data[:8] == b"\x89PNG\r\n\x1a\n":
            size = struct.unpack(">II", data[16:24])
        elif data[:2] == b"\xff\xd8":
            size = _jpeg(data)
        elif data[:6] in (b"GIF87a", b"GIF89a"):
            size = struct.unpack("<HH", data[6:10])
        elif data[:2] == b"BM":
            width, height = struct.unpack("<ii", data[18:26])
            size = (width, abs(height))
        else:
            return None
    except (struct.error, IndexError):
        return None
    return size if min(size) > 0 else None


def _jpeg(data: bytes) -> Tuple[int, int]:
    at, turned = 2, False
    while True:
        while data[at] == 0xFF and data[at + 1] == 0xFF:
            at += 1
        kind, length = data[at + 1], struct.unpack(">H", data[at + 2 : at + 4])[0]
        if kind in FRAMES:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return (height, width) if turned else (width, height)
        if data[at] != 0xFF or kind == 0xDA:
            raise IndexError
        if kind == 0xE1 and data[at + 4 : at + 10] == b"Exif\0\0":
            turned = _orientation(data[at + 10 : at + 2 + length]) in TURNED
        at += 2 + length


def _orientation(tiff: bytes) -> int:
    try:
        order = "<" if tiff[:2] == b"II" else ">"
        first = struct.unpack(order + "I", tiff[4:8])[0]
        for entry in range(struct.unpack(order + "H", tiff[first : first + 2])[0]):
            start = first + 2 + 12 * entry
            name, _, _, value = struct.unpack(order + "HHIH", tiff[start : start + 10])
            if name == ORIENTATION:
                return int(value)
    except struct.error:
        pass  # EXIF that nobody can read turns nothing
    return 1
