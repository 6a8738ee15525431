"""Documents as people have them: one photograph each, most of them bent in some way.

All photographs show a red ellipse.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

MM = 'width="200mm" height="150mm" viewBox="0 0 200 150"'
PX = 'width="800" height="600"'
PLAIN = '<image id="photo" x="20" y="15" width="160" height="120" href="{}"/>'
SIZE = (640, 480)
MIDDLE = (0.5, 0.5)  # the ellipse's share of the photo's width and height
SPACES = (
    'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
    'xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape"'
)


@dataclass(frozen=True)
class Document:
    """One SVG.

    body: `{}` stands for the photo's link.
    file: the photo's, whose name decides the format.
    ellipse: its share of the photo.
    """

    name: str
    body: str = PLAIN
    page: str = MM
    select: tuple[str, ...] = ("photo",)
    file: str = "photo.png"
    ellipse: tuple[float, float] = MIDDLE
    embedded: bool = False
    labels: tuple[str, ...] = ("photo",)

    def write(self, folder: Path) -> Path:
        photo = folder / self.file
        paint(photo, self.ellipse)
        link = photo.name
        if self.embedded:
            # with line breaks, as Inkscape writes it
            coded = base64.encodebytes(photo.read_bytes()).decode()
            kind = "jpeg" if photo.suffix == ".jpg" else "png"
            link = f"data:image/{kind};base64,{coded}"
            photo.unlink()
        body = re.sub(r"\bhref=", "xlink:href=", self.body.replace("{}", link))
        extra = '<rect id="other" width="9" height="5" fill="#0a0" transform="rotate(10)"/>'
        path = folder / "document.svg"
        path.write_text(f"<svg {SPACES} {self.page}>{extra}{body}</svg>", encoding="utf-8")
        return path


def paint(path: Path, ellipse: tuple[float, float] = MIDDLE) -> None:
    """A photo of a red ellipse in its middle; the file's name says of what kind."""
    scale = 4  # for smooth edges
    width, height = SIZE[0] * scale, SIZE[1] * scale
    image = Image.new("RGB", (width, height), (235, 235, 230))
    # from the middle to its ends
    reach_x, reach_y = width * ellipse[0] / 2, height * ellipse[1] / 2
    left, top = width / 2 - reach_x, height / 2 - reach_y
    right, bottom = width / 2 + reach_x, height / 2 + reach_y
    ImageDraw.Draw(image).ellipse((left, top, right, bottom), fill=(200, 30, 30))
    image = image.resize(SIZE, Image.Resampling.LANCZOS)
    if "turned" in path.name:  # lies on its side in the file; EXIF sets it upright
        exif = Image.Exif()
        exif[0x0112] = 6
        image.transpose(Image.Transpose.ROTATE_90).save(path, quality=95, exif=exif)
    elif "cmyk" in path.name:
        image.convert("CMYK").save(path, quality=95)
    elif "deep" in path.name:
        _save_deep(image, path)
    elif "alpha" in path.name:
        is_red = np.asarray(image)[..., 1] < 130
        cut = image.convert("RGBA")
        cut.putalpha(Image.fromarray(np.where(is_red, 255, 0).astype(np.uint8)))
        cut.save(path)
    elif "grey" in path.name:
        image.convert("L").save(path)
    else:
        image.save(path, quality=95)


def _save_deep(image: Image.Image, path: Path) -> None:
    """16 bits a channel, which Pillow writes only in grey."""
    import cv2

    cv2.imwrite(str(path), np.asarray(image)[..., ::-1].astype(np.uint16) * 257)


def inside(*around: str, what: str = PLAIN) -> str:
    """An element in groups; the outermost first."""
    for attributes in reversed(around):
        what = f"<g {attributes}>{what}</g>"
    return what


def placed(**attributes: str) -> str:
    """The image with other attributes."""
    own = {"id": "photo", "x": "20", "y": "15", "width": "160", "height": "120", "href": "{}"}
    for name, value in attributes.items():
        own["preserveAspectRatio" if name == "aspect" else name.replace("_", "-")] = value
    return "<image " + " ".join(f'{name}="{value}"' for name, value in own.items()) + "/>"


RECT_CLIP = (
    '<defs><clipPath id="clip"><rect x="40" y="25" width="120" height="105"/></clipPath></defs>'
)
ROUND_CLIP = '<defs><clipPath id="clip"><circle cx="100" cy="75" r="56"/></clipPath></defs>'
MASK = (
    '<defs><mask id="mask" maskUnits="userSpaceOnUse"><rect x="30" y="20" width="140" height="110"'
    ' fill="#fff"/></mask></defs>'
)
SQUARE = {"x": "40", "y": "15", "width": "120", "height": "120"}

DOCUMENTS = [
    Document("millimetres"),
    Document("pixels", placed(x="80", y="60", width="640", height="480"), PX),
    Document(
        "no unit in the image but in the page",
        placed(x="100", y="80", width="600", height="450"),
        'width="20cm" height="15cm" viewBox="0 0 800 600"',
    ),
    Document(
        "units in the image",
        placed(x="5mm", y="5mm", width="160mm", height="120mm"),
        'width="200mm" height="150mm"',
    ),
    Document(
        "view box moved and scaled",
        placed(x="-80", y="-60", width="160", height="120"),
        'width="800" height="600" viewBox="-100 -75 200 150"',
    ),
    Document(
        "view box far away",
        placed(x="1234587.5", y="-7654306.25", width="160", height="120"),
        'width="800" height="600" viewBox="1234567.5 -7654321.25 200 150"',
    ),
    Document("view box of another shape", PLAIN, 'width="800" height="700" viewBox="0 0 200 150"'),
    Document(
        "symbol in a clone of another size",
        '<symbol id="symbol" viewBox="0 0 400 300">'
        + placed(id="inner", x="0", y="0", width="400", height="300")
        + '</symbol><use id="photo" href="#symbol" x="30" y="20" width="120" height="90"/>',
    ),
    Document(
        "groups",
        inside(
            'transform="translate(30,-5) scale(0.8)"',
            'transform="rotate(5 100 75)"',
            'transform="matrix(1 0 0 1 4 8)"',
        ),
    ),
    Document("rotated", placed(transform="rotate(33 100 75) translate(20 15) scale(0.8)")),
    Document("upside down", placed(transform="rotate(180 100 75)")),
    Document("flipped", placed(transform="translate(200 0) scale(-1 1)")),
    Document(
        "flipped and rotated", placed(transform="translate(175 5) rotate(20) scale(-0.8 0.8)")
    ),
    Document("skewed", placed(transform="translate(-20 8) scale(0.85) skewX(20)")),
    Document("stretched", placed(transform="translate(5 60) scale(0.95 0.4)")),
    Document(
        "stretched and rotated", placed(transform="translate(60 5) rotate(30) scale(0.8 0.4)")
    ),
    Document(
        "stretched group around a rotated image",
        inside(
            'transform="translate(0 45) scale(0.9 0.45)"',
            what=placed(transform="rotate(30 100 75) translate(25 18) scale(0.75)"),
        ),
    ),
    Document(
        "spaces and umlauts in the file's name",
        file="Mein schönes Photo.png",
        body=placed(href="Mein sch%C3%B6nes%20Photo.png"),
        labels=("Mein schönes Photo",),
    ),
    Document(
        "spaces and umlauts, not encoded", file="Große Öffnung 2.png", labels=("Große Öffnung 2",)
    ),
    Document("embedded", embedded=True),
    Document(
        "embedded JPEG, rotated",
        placed(transform="rotate(-15 100 75) translate(20 15) scale(0.8)"),
        file="photo.jpg",
        embedded=True,
    ),
    Document("aspect kept in a square box", placed(**SQUARE)),
    Document(
        "aspect kept, in the corner of a square box", placed(**SQUARE, aspect="xMaxYMax meet")
    ),
    Document("aspect not kept in a square box", placed(**SQUARE, aspect="none")),
    Document(
        "sliced to a square box", placed(**SQUARE, aspect="xMidYMid slice"), ellipse=(0.375, 0.5)
    ),
    Document("clipped by a rectangle", RECT_CLIP + placed(clip_path="url(#clip)")),
    Document("clipped by a circle", ROUND_CLIP + placed(clip_path="url(#clip)")),
    Document(
        "clipped and rotated",
        RECT_CLIP
        + placed(clip_path="url(#clip)", transform="rotate(25 100 75) translate(20 15) scale(0.8)"),
    ),
    Document(
        "clipped group in a stretched one",
        ROUND_CLIP + inside('transform="translate(0 40) scale(1 0.5)"', 'clip-path="url(#clip)"'),
    ),
    Document("clipped and embedded", ROUND_CLIP + placed(clip_path="url(#clip)"), embedded=True),
    Document("masked", MASK + placed(mask="url(#mask)")),
    Document("half transparent", placed(style="opacity:0.5")),
    Document("transparent background", file="alpha.png", labels=("alpha",)),
    Document(
        "turned by EXIF",
        placed(x="40", y="3", width="108", height="144"),
        file="turned.jpg",
        labels=("turned",),
        ellipse=MIDDLE,
    ),
    Document(
        "turned by EXIF, clipped",
        ROUND_CLIP + placed(clip_path="url(#clip)"),
        file="turned.jpg",
        labels=("turned",),
    ),
    Document(
        "in a selected group",
        inside('id="group" transform="translate(10 5) scale(0.9)"'),
        select=("group",),
    ),
    Document(
        "in a layer",
        inside(
            'id="layer" inkscape:groupmode="layer" inkscape:label="Photos"'
            ' transform="translate(20 10) scale(0.8)"'
        ),
    ),
    Document(
        "in a layer in a layer, grouped",
        inside(
            'id="a" inkscape:groupmode="layer" transform="scale(0.9)"',
            'id="b" inkscape:groupmode="layer" inkscape:label="Inner"',
            'id="c" transform="rotate(8 100 75)"',
        ),
    ),
    Document(
        "in a stretched layer",
        inside('id="layer" inkscape:groupmode="layer" transform="translate(0 40) scale(1 0.5)"'),
    ),
    Document(
        "named", placed(**{"inkscape:label": "Tea &amp; biscuits"}), labels=("Tea & biscuits",)
    ),
    Document(
        "a clone",
        f"<defs>{placed(id='original')}</defs>"
        '<use id="photo" href="#original"'
        ' transform="translate(20 15) scale(0.8) rotate(10 100 75)"/>',
    ),
    Document(
        "a clone with an offset",
        '<defs><g id="original"><image id="deep" x="0" y="0" width="160" height="120"'
        ' href="{}"/></g></defs><use id="photo" x="20" y="15" href="#original"/>',
    ),
    Document("nothing selected, one bitmap", select=()),
    Document(
        "in an inner svg",
        '<svg id="inner" x="20" y="15" width="160" height="120" viewBox="0 0 640 480">'
        '<image id="photo" width="640" height="480" href="{}"/></svg>',
    ),
    Document(
        "two bitmaps",
        placed(id="left", x="4", y="40", width="92", height="69")
        + placed(
            id="right", x="104", y="40", width="92", height="69", transform="rotate(10 150 75)"
        ),
        select=("left", "right"),
        labels=("photo", "photo"),
    ),
    Document("CMYK", file="cmyk.jpg", labels=("cmyk",)),
    Document("16 bits", file="deep.png", labels=("deep",)),
]
