"""The picture in the window: the photograph, the strokes over it, or the mask, put together without
cairo.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any, Optional

from gi.repository import GdkPixbuf, GLib, Gtk

from clipasso_ext.host import log

SIDE_PX = 520  # longest side of what is shown
WHITE = 0xFFFFFFFF
# of 255: how much is seen
OPAQUE = 255
PHOTO_UNDER_STROKES = 70
MASK_OVER_PHOTO = 225
# what is shown: the strokes over the photograph, the strokes alone, or the mask
OVER = "over"
ALONE = "alone"
MASK = "mask"


class Preview(Gtk.Image):  # type: ignore[misc] # GTK has no types
    """Shows one bitmap. Strokes and mask are PNGs in base64 with transparency, in the photograph's
    proportions.
    """

    def __init__(self) -> None:
        super().__init__()
        self.set_size_request(SIDE_PX, SIDE_PX * 3 // 4)
        self.mode = OVER
        self._photo: Optional[Any] = None
        self._path: Optional[Path] = None

    def show_sketch(
        self, path: Optional[Path], strokes: Optional[str], mask: Optional[str]
    ) -> None:
        """Put together what there is; None for what there is not yet."""
        if path != self._path:
            self._path = path
            self._photo = None if path is None else _photo(path)
        over = _decode(mask if self.mode == MASK else strokes)
        base = self._photo or over
        if base is None:
            self.clear()
            return
        width = base.get_width()
        height = base.get_height()
        picture = GdkPixbuf.Pixbuf.new(GdkPixbuf.Colorspace.RGB, False, 8, width, height)
        picture.fill(WHITE)
        if self._photo is not None and not (self.mode == ALONE and over is not None):
            is_plain = self.mode == MASK or over is None
            _lay(self._photo, picture, OPAQUE if is_plain else PHOTO_UNDER_STROKES)
        if over is not None:
            _lay(over, picture, MASK_OVER_PHOTO if self.mode == MASK else OPAQUE)
        self.set_from_pixbuf(picture)


def _photo(path: Path) -> Optional[Any]:
    try:
        loaded = GdkPixbuf.Pixbuf.new_from_file(str(path))
    except GLib.Error as error:
        log(f"the preview can't show {path.suffix} files: {error.message}")
        return None
    upright = loaded.apply_embedded_orientation() or loaded
    scale = SIDE_PX / max(upright.get_width(), upright.get_height())
    width = max(1, round(upright.get_width() * scale))
    height = max(1, round(upright.get_height() * scale))
    return upright.scale_simple(width, height, GdkPixbuf.InterpType.BILINEAR)


def _decode(text: Optional[str]) -> Optional[Any]:
    if not text:
        return None
    loader = GdkPixbuf.PixbufLoader.new_with_type("png")
    try:
        loader.write(base64.b64decode(text))
        loader.close()
    except GLib.Error as error:
        log(f"a preview could not be decoded: {error.message}")
        return None
    return loader.get_pixbuf()


def _lay(over: Any, picture: Any, opacity: int) -> None:
    """Lay one picture over the whole of another. opacity: of 255."""
    width = picture.get_width()
    height = picture.get_height()
    across = width / over.get_width()
    down = height / over.get_height()
    over.composite(
        picture, 0, 0, width, height, 0, 0, across, down, GdkPixbuf.InterpType.BILINEAR, opacity
    )
