"""What the extension's tests share: bitmaps and documents made by hand, a matrix arithmetic that is
not inkex's. Python 3.8, no PIL.
"""

import base64
import math
import struct
import zlib
from pathlib import Path

EXTENSION = Path(__file__).resolve().parent.parent.parent / "inkscape_ext"

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
    'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
    'xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape" '
    'xmlns:sodipodi="http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd"'
)
PAGE = 'width="200" height="100" viewBox="0 0 200 100"'


def png(width, height, *chunks, noise=b""):
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


def exif(orientation, order="<"):
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


def xmp(orientation):
    """A JPEG's APP1 segment with XMP."""
    text = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="%d"/></x:xmpmeta>'
        % orientation
    )
    return segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + text.encode())


def segment(kind, data):
    return struct.pack(">BBH", 0xFF, kind, len(data) + 2) + data


def jpeg(*segments):
    """The JPEG with segments after its first marker."""
    return JPEG[:2] + b"".join(segments) + JPEG[2:]


def gif(width, height):
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0, 0, 0) + b";"


def bmp(width, height):
    """Rows from top to bottom where the height is negative."""
    row = b"\x80" * (width * 3 + -width * 3 % 4)
    body = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0) + row * abs(
        height
    )
    return b"BM" + struct.pack("<IHHI", 14 + len(body), 0, 0, 54) + body


def old_bmp(width, height):
    """OS/2's."""
    return (
        b"BM"
        + struct.pack("<IHHIIHHHH", 0, 0, 0, 26, 12, width, height, 1, 24)
        + bytes(width * height * 4)
    )


def uri(data=None, kind="image/png"):
    """A bitmap as an embedded link; a PNG of 40 x 20 pixels if nothing else is said."""
    return "data:%s;base64,%s" % (
        kind,
        base64.b64encode(png(40, 20) if data is None else data).decode(),
    )


def image(ident="photo", more="", link=None, box='x="10" y="20" width="80" height="40"'):
    return '<image id="%s" %s %s xlink:href="%s"/>' % (
        ident,
        box,
        more,
        uri() if link is None else link,
    )


def document(body, page=PAGE, head=""):
    """The bytes of a document."""
    return ('<svg %s %s id="root">%s%s</svg>' % (NAMESPACES, page, head, body)).encode()


def root(body, page=PAGE, head=""):
    """The root of a document, as an effect has it."""
    import inkex

    return inkex.load_svg(document(body, page, head)).getroot()


def photo_of(svg, ident="photo"):
    from clipasso_ext.document.selection import find_photos

    (photo,) = find_photos(svg, [ident])
    return photo


# Matrices (a, b, c, d, e, f) as SVG writes them, independent of inkex.

UNIT = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


def times(*matrices):
    """The product: the last one is applied first."""
    total = UNIT
    for a, b, c, d, e, f in matrices:
        p, q, r, s, t, u = total
        total = (
            p * a + r * b,
            q * a + s * b,
            p * c + r * d,
            q * c + s * d,
            p * e + r * f + t,
            q * e + s * f + u,
        )
    return total


def applied(matrix, point):
    a, b, c, d, e, f = matrix
    return (a * point[0] + c * point[1] + e, b * point[0] + d * point[1] + f)


def hexad(transform):
    """Of an inkex Transform."""
    return tuple(float(number) for number in transform.to_hexad())


def translate(x, y):
    return (1.0, 0.0, 0.0, 1.0, x, y)


def scale(x, y):
    return (x, 0.0, 0.0, y, 0.0, 0.0)


def rotate(degrees):
    turn = math.radians(degrees)
    return (math.cos(turn), math.sin(turn), -math.sin(turn), math.cos(turn), 0.0, 0.0)


def skew(degrees):
    return (1.0, 0.0, math.tan(math.radians(degrees)), 1.0, 0.0, 0.0)


def text(matrix):
    """As an attribute's value."""
    return "matrix(%s)" % ",".join(repr(number) for number in matrix)
