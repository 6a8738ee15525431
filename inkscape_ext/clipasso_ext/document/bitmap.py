"""The size in pixels of a bitmap file, from its header; nothing is decoded."""

from __future__ import annotations

import re
import struct
from typing import Optional, Tuple

TURNED = (5, 6, 7, 8)  # EXIF orientations that exchange width and height
# JPEG segments with the size
FRAMES = [0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF]
ORIENTATION = 0x0112
HEAD = 1 << 20  # bytes in which the size stands
PNG_EXIF = re.compile(rb"eXIf|Raw profile type exif")
XMP_TURNED = re.compile(rb"tiff:Orientation(?:=[\"']|>)[2-8]")


def upright_size(data: bytes) -> Optional[Tuple[int, int]]:
    """Width and height of a PNG, JPEG, GIF or BMP as it is shown.

    None for anything else, for a damaged header, and for what the engine would turn and Inkscape
    does not: PNGs with EXIF, XMP.
    """
    data = data[:HEAD]
    try:
        if data[:8] == b"\x89PNG\r\n\x1a\n":
            size = _png(data)
        elif data[:2] == b"\xff\xd8":
            size = _jpeg(data)
        elif data[:6] in (b"GIF87a", b"GIF89a"):
            size = struct.unpack("<HH", data[6:10])
        elif data[:2] == b"BM":
            size = _bmp(data)
        else:
            return None
    except (struct.error, IndexError):
        return None
    return size if min(size) > 0 else None


def _png(data: bytes) -> Tuple[int, int]:
    width, height = struct.unpack(">II", data[16:24])
    if data[12:16] != b"IHDR" or PNG_EXIF.search(data) or XMP_TURNED.search(data):
        raise IndexError
    return width, height


def _bmp(data: bytes) -> Tuple[int, int]:
    old = struct.unpack("<I", data[14:18])[0] == 12  # OS/2
    width, height = struct.unpack("<HH", data[18:22]) if old else struct.unpack("<ii", data[18:26])
    return width, abs(height)  # rows from top to bottom have a negative height


def _jpeg(data: bytes) -> Tuple[int, int]:
    at, turned = 2, None  # type: int, Optional[bool]
    while True:
        while data[at] == 0xFF and data[at + 1] == 0xFF:
            at += 1
        kind, length = data[at + 1], struct.unpack(">H", data[at + 2 : at + 4])[0]
        if data[at] != 0xFF or kind == 0xDA:
            raise IndexError
        if kind in FRAMES:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            if turned is None and XMP_TURNED.search(data[:at]):
                raise IndexError
            return (height, width) if turned else (width, height)
        if kind == 0xE1 and data[at + 4 : at + 10] == b"Exif\0\0":
            turned = _turned(data[at + 10 : at + 2 + length])
        at += 2 + length


def _turned(tiff: bytes) -> Optional[bool]:
    """Whether EXIF exchanges width and height; None where it says nothing of the orientation."""
    try:
        order = "<" if tiff[:2] == b"II" else ">"
        first = struct.unpack(order + "I", tiff[4:8])[0]
        for entry in range(struct.unpack(order + "H", tiff[first : first + 2])[0]):
            start = first + 2 + 12 * entry
            name, _, _, value = struct.unpack(order + "HHIH", tiff[start : start + 10])
            if name == ORIENTATION:
                return value in TURNED
    except struct.error:
        pass  # EXIF that nobody can read turns nothing
    return None
