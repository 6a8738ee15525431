"""Pictures for the window, put together without cairo, which Inkscape's Python need not have."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any, Optional

import gi

gi.require_version("GdkPixbuf", "2.0")
from gi.repository import GdkPixbuf, GLib  # noqa: E402

from clipasso_ext.document.still import Part  # noqa: E402
from clipasso_ext.host import log  # noqa: E402

LARGEST_PX = 2048  # longer side of a photograph that is kept to be looked at closely
OPAQUE = 255  # how much of a picture is seen, at most
WHITE = 0xFFFFFFFF
SMOOTH = GdkPixbuf.InterpType.BILINEAR


def draws_svg() -> bool:
    """Whether this GTK draws SVG; on Debian that is the package librsvg2-common."""
    return any(kind.get_name() == "svg" for kind in GdkPixbuf.Pixbuf.get_formats())


def read_photo(path: Path) -> Optional[Any]:
    """A photograph upright; None for one of a kind that GTK does not know."""
    try:
        loaded = GdkPixbuf.Pixbuf.new_from_file(str(path))
    except GLib.Error as error:
        log(f"the preview can't show {path.suffix} files: {error.message}")
        return None
    upright = loaded.apply_embedded_orientation() or loaded
    longer = max(upright.get_width(), upright.get_height())
    if longer <= LARGEST_PX:
        return upright
    width = max(1, round(upright.get_width() * LARGEST_PX / longer))
    height = max(1, round(upright.get_height() * LARGEST_PX / longer))
    return upright.scale_simple(width, height, SMOOTH)


def from_png(text: Optional[str]) -> Optional[Any]:
    """A PNG in base64."""
    return _loaded("png", base64.b64decode(text)) if text else None


def from_svg(document: bytes) -> Optional[Any]:
    """A document at its own size; None where GTK can't draw it."""
    return _loaded("svg", document)


def _loaded(kind: str, data: bytes) -> Optional[Any]:
    try:
        loader = GdkPixbuf.PixbufLoader.new_with_type(kind)
        loader.write(data)
        loader.close()
    except GLib.Error as error:
        log(f"a picture could not be decoded: {error.message}")
        return None
    return loader.get_pixbuf()


def blank(width: int, height: int) -> Any:
    """White paper."""
    picture = GdkPixbuf.Pixbuf.new(GdkPixbuf.Colorspace.RGB, False, 8, width, height)
    picture.fill(WHITE)
    return picture


def lay(over: Any, picture: Any, opacity: int, part: Part) -> None:
    """Lay a part of one picture over the whole of another. opacity: of 255."""
    width, height = picture.get_width(), picture.get_height()
    # pixels of the lower picture for one of the upper, and where the upper one begins
    across = width / (over.get_width() * part.width)
    down = height / (over.get_height() * part.height)
    left, top = -part.x * over.get_width() * across, -part.y * over.get_height() * down
    over.composite(picture, 0, 0, width, height, left, top, across, down, SMOOTH, opacity)
