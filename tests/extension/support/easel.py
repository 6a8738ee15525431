"""What the extension's tests share: bitmaps and documents made by hand, a matrix arithmetic that is
not inkex's. Python 3.8, no PIL.
"""

from __future__ import annotations

import base64
import struct
import subprocess
import zlib
from pathlib import Path
from typing import Any, Optional, Sequence, Tuple

import inkex
from clipasso_ext import names
from clipasso_ext.document.placed_photo import PlacedPhoto
from clipasso_ext.document.selection import Photo, find_photos
from clipasso_ext.document.shapes import find_shapes
from clipasso_ext.engine.sketch_task import SketchTask
from lxml import etree

from matrices import Matrix

_inkex: Any = inkex  # its types miss some of its names
EXTENSION = Path(__file__).resolve().parents[3] / "inkscape_ext"

JPEG = base64.b64decode(  # 24 x 16 pixels, made by Pillow
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDACgcHiMeGSgjISMtKygwPGRBPDc3PHtYXUlkkYCZlo+AjIqgtObDoKrarYqMyP/L2u71////m8H////6/+b9//j/wAALCAAQ"
    "ABgBAREA/8QAFwABAAMAAAAAAAAAAAAAAAAAAwACBf/EACAQAAIBBAEFAAAAAAAAAAAAAAEDAgAEERIFITFBUWH/2gAIAQEAAD8ApyXIXSL5i1N1hHGBqD4Hyk4i+uLm6l"
    "BzNoiBONQOuR6rYo52yGSMppXKR7kwBNRaEqlstS4HGMxiBSV//9k="
)
PROGRESSIVE = base64.b64decode(  # the same as a progressive JPEG
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDACgcHiMeGSgjISMtKygwPGRBPDc3PHtYXUlkkYCZlo+AjIqgtObDoKrarYqMyP/L2u71////m8H////6/+b9//j/wgALCAAQ"
    "ABgBAREA/8QAFgABAQEAAAAAAAAAAAAAAAAAAgAE/9oACAEBAAAAASthl//EABkQAAMBAQEAAAAAAAAAAAAAAAECAwAQEv/aAAgBAQABBQKlGDydmbeQcABz/8QAGBABAAMBAA"
    "AAAAAAAAAAAAAAAQAQITH/2gAIAQEABj8CQZrXCYFf/8QAGhABAAIDAQAAAAAAAAAAAAAAAQAREFFxYf/aAAgBAQABPyGrgHkclxWsKrWeRawcMf/aAAgBAQAAABD/AP/E"
    "ABwQAQEAAgIDAAAAAAAAAAAAAAERABAhMUFRYf/aAAgBAQABPxDgRqEPg+ZJINkHNPWnih2pXKoslA1//9k="
)
# the segment that Pillow writes for orientation 6
PILLOWS_EXIF_6 = base64.b64decode("/+EAIkV4aWYAAE1NACoAAAAIAAEBEgADAAAAAQAGAAAAAAAA")
NAMESPACES = (
    'xmlns="%s" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:inkscape="%s" xmlns:sodipodi="%s"'
    % tuple(one.strip("{}") for one in (names.SVG, names.INKSCAPE, names.SODIPODI))
)
PAGE = 'width="200" height="100" viewBox="0 0 200 100"'


def png(width: int, height: int, *chunks: Tuple[bytes, bytes], noise: bytes = b"") -> bytes:
    """A grey PNG; chunks of (name, data) come before its pixels, and `noise` makes it as large as
    one likes.
    """
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = noise or zlib.compress((b"\0" + b"\x80" * width) * height)
    whole = [(b"IHDR", header), *chunks, (b"IDAT", rows), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in whole
    )


def exif(orientation: int, order: str = "<") -> bytes:
    """A JPEG's APP1 segment; an entry with another tag comes first."""
    mark = b"II*\0" if order == "<" else b"MM\0*"
    entries = struct.pack(order + "HHIHH", 0x0100, 3, 1, 9, 0) + struct.pack(
        order + "HHIHH", 0x0112, 3, 1, orientation, 0
    )
    return segment(
        0xE1,
        b"Exif\0\0"
        + mark
        + struct.pack(order + "IH", 8, 2)
        + entries
        + struct.pack(order + "I", 0),
    )


def xmp(orientation: int) -> bytes:
    """A JPEG's APP1 segment with XMP."""
    text = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="%d"/></x:xmpmeta>'
        % orientation
    )
    return segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + text.encode())


def segment(kind: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, kind, len(data) + 2) + data


def jpeg(*segments: bytes) -> bytes:
    """The JPEG with segments after its first marker."""
    return JPEG[:2] + b"".join(segments) + JPEG[2:]


def gif(width: int, height: int) -> bytes:
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0, 0, 0) + b";"


def bmp(width: int, height: int) -> bytes:
    """Rows from top to bottom where the height is negative."""
    row = b"\x80" * (width * 3 + -width * 3 % 4)
    body = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0) + row * abs(
        height
    )
    return b"BM" + struct.pack("<IHHI", 14 + len(body), 0, 0, 54) + body


def old_bmp(width: int, height: int) -> bytes:
    """OS/2's."""
    return (
        b"BM"
        + struct.pack("<IHHIIHHHH", 0, 0, 0, 26, 12, width, height, 1, 24)
        + bytes(width * height * 4)
    )


def uri(data: Optional[bytes] = None, kind: str = "image/png") -> str:
    """A bitmap as an embedded link; a PNG of 40 x 20 pixels if nothing else is said."""
    return "data:%s;base64,%s" % (
        kind,
        base64.b64encode(png(40, 20) if data is None else data).decode(),
    )


def image(
    ident: str = "photo",
    more: str = "",
    link: Optional[str] = None,
    box: str = 'x="10" y="20" width="80" height="40"',
) -> str:
    return '<image id="%s" %s %s xlink:href="%s"/>' % (
        ident,
        box,
        more,
        uri() if link is None else link,
    )


def document(body: str, page: str = PAGE, head: str = "") -> bytes:
    """The bytes of a document."""
    return ('<svg %s %s id="root">%s%s</svg>' % (NAMESPACES, page, head, body)).encode()


def root(body: str, page: str = PAGE, head: str = "") -> Any:
    """The root of a document, as an effect has it."""
    return _inkex.load_svg(document(body, page, head)).getroot()


def photo_of(svg: Any, ident: str = "photo") -> Photo:
    (photo,) = find_photos(svg, [ident])
    return photo


def sketch_task(
    svg: Any,
    scratch: Path,
    folders: Sequence[Path] = (),
    ident: str = "photo",
    selected: Sequence[str] = (),
) -> SketchTask:
    """To sketch the bitmap with that id."""
    return SketchTask(
        PlacedPhoto(photo_of(svg, ident), svg, list(folders), scratch, find_shapes(svg, selected))
    )


def tree_of(data: bytes) -> Any:
    """The root of a document as the tests look at it, not as an effect has it."""
    return etree.fromstring(data)


def was_ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether somebody put an end to a process, which it does not come to by itself."""
    return process.poll() not in (None, 0)


def log_of(home: Path) -> str:
    """What the extension's log says."""
    path = home / "logs" / "extension.log"
    return path.read_text(encoding="utf-8") if path.exists() else ""


def hexad(transform: Any) -> Matrix:
    """Of an inkex Transform."""
    a, b, c, d, e, f = (float(number) for number in transform.to_hexad())
    return a, b, c, d, e, f
