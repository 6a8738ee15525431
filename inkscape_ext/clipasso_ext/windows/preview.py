"""The picture in the window: the photograph, the strokes over it, or the mask, put together without
cairo.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any, Optional

from gi.repository import GdkPixbuf, GLib, Gtk

from clipasso_ext.engine.host import log

SIDE_PX = 520  # longest side of what is shown
FAINT = 70  # of 255: how much of the photograph is left under the strokes
WHITE = 0xFFFFFFFF
OVER, ALONE, MASK = "over", "alone", "mask"


class Preview(Gtk.Image):
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
            self._path, self._photo = path, _photo(path) if path else None
        over = _decode(mask if self.mode == MASK else strokes)
        base = self._photo or over
        if base is None:
            self.clear()
            return
        width, height = base.get_width(), base.get_height()
        picture = GdkPixbuf.Pixbuf.new(GdkPixbuf.Colorspace.RGB, False, 8, width, height)
        picture.fill(WHITE)
        if self._photo is not None and not (self.mode == ALONE and over is not None):
            _lay(self._photo, picture, 255 if self.mode == MASK or over is None else FAINT)
        if over is not None:
            _lay(over, picture, 225 if self.mode == MASK else 255)
        self.set_from_pixbuf(picture)


def _photo(path: Path) -> Optional[Any]:
    try:
        loaded = GdkPixbuf.Pixbuf.new_from_file(str(path))
    except GLib.Error as error:
        log(f"the preview can't show {path.suffix} files: {error.message}")
        return None
    upright = loaded.apply_embedded_orientation() or loaded
    scale = SIDE_PX / max(upright.get_width(), upright.get_height())
    size = max(1, round(upright.get_width() * scale)), max(1, round(upright.get_height() * scale))
    return upright.scale_simple(size[0], size[1], GdkPixbuf.InterpType.BILINEAR)


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
    width, height = picture.get_width(), picture.get_height()
    across, down = width / over.get_width(), height / over.get_height()
    over.composite(
        picture, 0, 0, width, height, 0, 0, across, down, GdkPixbuf.InterpType.BILINEAR, opacity
    )
