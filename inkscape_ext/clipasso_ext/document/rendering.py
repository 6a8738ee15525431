"""A bitmap as Inkscape draws it, with everything that lies over it: clips, masks, filters."""

from __future__ import annotations

import copy
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, Tuple

from inkex import Transform
from lxml import etree

from clipasso_ext.cancellation import Cancellation
from clipasso_ext.document.elements import prefixes, tag
from clipasso_ext.document.placement import Box, seen_size, written
from clipasso_ext.document.selection import Photo
from clipasso_ext.document.source import Source, new_file
from clipasso_ext.document.treatment import untreated
from clipasso_ext.names import DEFS, GROUP, HREF, STYLE_SHEET, SVG_ROOT, XLINK_HREF
from clipasso_ext.problem import Problem
from clipasso_ext.processes import run
from clipasso_ext.words import _, later

RENDER_PX = 1024  # the engine looks at no more
RENDER_S = 120  # Inkscape takes a quarter of a second; a huge picture on a slow disk takes longer
EFFECTS = ("clip-path", "mask", "filter", "opacity", "mix-blend-mode")
NEUTRAL = ("none", "normal", "1", "1.0", "100%")  # values of these that change nothing
SQUASHED = later("The bitmap is squashed to nothing: undo its transform, and try again.")
# what styles, clips, masks or filters may refer to
SHARED = {
    "clipPath",
    "mask",
    "filter",
    "linearGradient",
    "radialGradient",
    "style",
    "pattern",
    "marker",
    "symbol",
    "defs",
}


def needs_rendering(photo: Photo, svg: Any) -> bool:
    """Whether something on the way to the page changes what is seen of the bitmap."""
    for link in photo.chain:
        style = untreated(link.element).lower()
        for effect in EFFECTS:
            stated = re.search(r"(?:^|[;\s])%s\s*:\s*([^;]+)" % effect, style)
            value = stated.group(1).strip() if stated else link.element.get(effect)
            if value and value not in NEUTRAL:
                return True
    sheets = " ".join(element.text or "" for element in svg.iter(STYLE_SHEET))
    return any(effect in sheets for effect in EFFECTS)


def write_drawing(
    photo: Photo, svg: Any, source: Source, box: Box, scratch: Path
) -> Tuple[Path, Tuple[int, int]]:
    """Write what Inkscape is to draw of the bitmap: straightened, in the proportions that it has on
    the page. The document is not needed any more after that.

    Returns a new file below `scratch` and the size in pixels to draw it in. Raises `Problem`.
    """
    width, height = seen_size(photo.transform, box)
    if not min(width, height) > 0:
        raise Problem(_(SQUASHED))
    scale = RENDER_PX / max(width, height)
    size_px = (max(1, round(width * scale)), max(1, round(height * scale)))
    alone = bitmap_alone(photo, svg, source, box, size_px)
    return new_file(scratch, ".svg", etree.tostring(alone)), size_px


def draw(drawing: Path, size_px: Tuple[int, int], cancellation: Cancellation) -> Path:
    """Have Inkscape draw a document. Returns the picture, a file beside it. Raises `Problem` and
    `CalledOff`.
    """
    picture = drawing.with_suffix(".png")
    command = [
        inkscape(),
        str(drawing),
        f"--export-filename={picture}",
        "--export-area-page",
        f"--export-width={size_px[0]}",
        f"--export-height={size_px[1]}",
        "--export-type=png",
    ]
    try:
        status = run(command, RENDER_S, cancellation)
    except OSError:
        raise Problem(
            # Translators: "Edit > Make a Bitmap Copy" is in Inkscape's menu: take its words there.
            _(
                "Inkscape's own command was not found, which draws clipped and cropped bitmaps:"
                " make a bitmap copy of it (Edit > Make a Bitmap Copy), select that, and try again."
            )
        ) from None
    except subprocess.TimeoutExpired:
        raise Problem(
            _(
                "Inkscape did not draw the bitmap within {seconds} seconds: use a smaller one, and"
                " try again."
            ).format(seconds=RENDER_S)
        ) from None
    if status or not picture.exists():
        raise Problem(
            _(
                "Inkscape could not draw the bitmap: make a bitmap copy of it (Edit > Make a Bitmap"
                " Copy), select that, and try again."
            )
        )
    return picture


def inkscape() -> str:
    """Inkscape's own command."""
    named = os.environ.get("INKSCAPE_COMMAND")
    return named or ("inkscape.com" if sys.platform == "win32" else "inkscape")


def bitmap_alone(
    photo: Photo, svg: Any, source: Source, box: Box, size_px: Tuple[int, int]
) -> etree._Element:
    """A document that holds the bitmap, what it refers to, and nothing else; its page is the
    bitmap's box. Raises `Problem`.
    """
    root = etree.Element(SVG_ROOT, nsmap=prefixes(svg))
    root.set("width", str(size_px[0]))
    root.set("height", str(size_px[1]))
    root.set("viewBox", f"{box.x!r} {box.y!r} {box.width!r} {box.height!r}")
    root.set("preserveAspectRatio", "none")
    _copy_shared(svg, root)
    try:
        back = written(-photo.transform)
    except (ValueError, ZeroDivisionError):
        raise Problem(_(SQUASHED)) from None
    group = etree.SubElement(root, GROUP, transform=back)
    for link in photo.chain[:-1]:
        group = etree.SubElement(group, GROUP, _looks(link.element, link.transform))
    image = copy.deepcopy(photo.image)
    image.tail = None
    image.set("style", untreated(photo.image))
    if source.path is not None:
        image.attrib.pop(HREF, None)
        image.set(XLINK_HREF, source.path.as_uri())
    group.append(image)
    return root


def _looks(element: Any, transform: Transform) -> Dict[str, str]:
    """An element's attributes, for a group in its place."""
    kept = {
        name: value
        for name, value in element.attrib.items()
        if name in ("id", "class") or name in EFFECTS
    }
    kept["style"] = untreated(element)
    kept["transform"] = written(transform)
    return kept


def _copy_shared(svg: Any, root: etree._Element) -> None:
    """Copy everything that styles, clips, masks or filters may refer to."""
    shared = etree.SubElement(root, DEFS)
    for child in svg.iter():
        if tag(child) not in SHARED or any(tag(one) in SHARED for one in child.iterancestors()):
            continue
        originals = child if tag(child) == "defs" else [child]
        shared.extend(copy.deepcopy(one) for one in originals)
