"""A photograph as the engine sees it: upright, eight bits, of bearable size."""

from __future__ import annotations

import io
import math
import struct
import warnings
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from clipasso_core.errors import UserError
from clipasso_core.files import read_bytes
from clipasso_core.photo import refusal
from clipasso_core.photo.quiet import silence_log, silent_stderr

FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF")  # JPEG includes MPO, what many phones write
MAX_PIXELS = 64_000_000  # a larger one is a scan or a bomb; decoding it takes gigabytes
# its decoder holds four copies of the picture
MAX_WEBP_PIXELS = 56_000_000
# a JPEG's scans times its millions of pixels: a scan goes over the whole picture, a million in 4 ms
MAX_SCANNED = 1000
USUAL_SCANS = 16  # of a progressive JPEG, at most; ten are common
STRIP_ROWS = 256  # that are converted at a time: the whole would be there twice or more
REDUCING_GAP = 3  # times its last size to which a picture is reduced by averaging, which is quick
MIN_SIDE = 16  # fewer pixels hold no subject
WORK_SIDE = 1024  # the optimiser's canvas is 224 px: more pixels only cost time
_ORIENTATION = 0x0112  # EXIF tag
_ON_THEIR_SIDE = (5, 6, 7, 8)  # its values that swap width and height
_TURNS = {  # what sets its other values upright
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# What decoders raise on damaged files
_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    struct.error,
    IndexError,
    TypeError,
    OverflowError,
)


@dataclass(frozen=True)
class Picture:
    """An upright bitmap, reduced to at most `WORK_SIDE` pixels a side for the engine's work.

    rgb: [h, w, 3] uint8, colours as stored (not composited with alpha).
    alpha: [h, w] uint8, or None when every pixel is opaque.
    width, height: the original's size in pixels, upright; what leaves the engine is in them.
    """

    rgb: NDArray[np.uint8]
    alpha: NDArray[np.uint8] | None
    width: int
    height: int

    @property
    def scale(self) -> float:
        """Working pixels to one pixel of the original."""
        working_px: int = self.rgb.shape[1]
        return working_px / self.width

    def on_white(self) -> NDArray[np.floating]:
        """[h, w, 3] float32 in 0..1, composited over white."""
        rgb = self.rgb.astype(np.float32) / 255
        if self.alpha is None:
            return rgb
        cover = self.alpha.astype(np.float32)[..., None] / 255
        return rgb * cover + (1 - cover)


def read_picture(path: str | Path) -> Picture:
    """Read a picture file. Raises `UserError` when it is missing, not a picture, damaged, or too
    large or small.
    """
    return decode_picture(read_bytes(path, "photo"), Path(path).name)


def decode_picture(data: bytes, name: str | None = None) -> Picture:
    """Decode a bitmap. name: of its file, for messages. Raises `UserError` as `read_picture`
    does.
    """
    silence_log()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            image = Image.open(io.BytesIO(data), formats=FORMATS)
            _check_size(image, name)
            _check_scans(image, data, name)
            stored = image.size
            image.draft("RGB", (WORK_SIDE, WORK_SIDE))  # lets JPEG decode at a fraction of its size
            with silent_stderr() if image.format == "TIFF" else nullcontext():
                image.load()
        except (Image.DecompressionBombWarning, Image.DecompressionBombError):
            raise refusal.too_large(name, MAX_PIXELS) from None
        except UnidentifiedImageError:
            raise refusal.unreadable(name) from None
        except _BROKEN:
            raise refusal.damaged(name) from None
    return from_image(image, name, stored)


def from_image(
    image: Image.Image, name: str | None = None, stored: tuple[int, int] | None = None
) -> Picture:
    """Take a picture from a PIL image of any mode; its EXIF orientation is applied.

    stored: width and height of the file's own pixels, when `image` is a fraction of that.
    """
    size = stored or image.size
    if min(size) < MIN_SIDE:
        raise refusal.too_small(name, size, MIN_SIDE)
    rgba = _reduced(image)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            orientation = image.getexif().get(_ORIENTATION, 1)
        except _BROKEN:  # damaged EXIF: the pixels are taken as they lie
            orientation = 1
    if orientation in _TURNS:
        rgba = rgba.transpose(_TURNS[orientation])
    if orientation in _ON_THEIR_SIDE:
        size = size[::-1]
    pixels = np.asarray(rgba)
    alpha = pixels[..., 3] if rgba.mode == "RGBA" else None
    if alpha is not None and alpha.min() == 255:
        alpha = None
    if alpha is not None and alpha.max() == 0:
        raise refusal.transparent(name)
    return Picture(np.ascontiguousarray(pixels[..., :3]), alpha, *size)


def _check_size(image: Image.Image, name: str | None) -> None:
    if image.width * image.height > _most_pixels(image):
        raise refusal.too_large(name, _most_pixels(image))
    if min(image.size) < MIN_SIDE:
        raise refusal.too_small(name, image.size, MIN_SIDE)


def _most_pixels(image: Image.Image) -> int:
    return MAX_WEBP_PIXELS if image.format == "WEBP" else MAX_PIXELS


def _check_scans(image: Image.Image, data: bytes, name: str | None) -> None:
    """Refuse a JPEG of so many scans that decoding it takes minutes."""
    if image.format not in ("JPEG", "MPO"):
        return
    scans = data.count(b"\xff\xda")  # which no pixel's data hold
    if scans > USUAL_SCANS and scans * image.width * image.height > MAX_SCANNED * 1_000_000:
        raise refusal.many_scans(name, scans)


def _reduced(image: Image.Image) -> Image.Image:
    """RGB, or RGBA when the picture has transparency, of at most `WORK_SIDE` pixels a side."""
    factor = min(1.0, WORK_SIDE / max(image.size))
    if factor == 1:
        return _eight_bit(image, _top(image))
    by = max(1, int(1 / factor / REDUCING_GAP))
    small = (math.ceil(image.width / by), math.ceil(image.height / by))
    averaged: Image.Image | None = None
    top = _top(image)
    for y, strip in _strips(image, by):
        part = _eight_bit(strip, top).reduce(by)
        if averaged is None:
            averaged = Image.new(part.mode, small)
        averaged.paste(part, (0, y // by))
    assert averaged is not None
    size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
    box = (0, 0, image.width / by, image.height / by)
    return averaged.resize(size, Image.Resampling.LANCZOS, box)


def _strips(image: Image.Image, by: int = 1) -> Iterator[tuple[int, Image.Image]]:
    """A picture's rows, a few at a time, and where they begin: a multiple of `by`."""
    rows = math.ceil(STRIP_ROWS / by) * by
    for y in range(0, image.height, rows):
        yield y, image.crop((0, y, image.width, min(y + rows, image.height)))


def _top(image: Image.Image) -> float:
    """The value that is white, of a picture of whole or broken numbers."""
    if image.mode != "F":
        return 65535.0  # "I" holds 16-bit greys
    strips = (np.nan_to_num(np.asarray(strip)) for _, strip in _strips(image))
    return max(1e-9, *(float(strip.max()) for strip in strips))


def _eight_bit(image: Image.Image, top: float) -> Image.Image:
    """RGB, or RGBA when the picture has transparency. top: see `_top`."""
    if image.mode.startswith("I;16"):
        image = Image.fromarray((np.asarray(image, dtype=np.uint16) >> 8).astype(np.uint8))
    elif image.mode in ("I", "F"):
        values = np.nan_to_num(np.asarray(image, dtype=np.float64))
        image = Image.fromarray((np.clip(values / top, 0, 1) * 255).astype(np.uint8))
    clear = image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info
    return image.convert("RGBA" if clear else "RGB")


def from_array(pixels: NDArray[Any]) -> Picture:
    """Take a picture from an array [h, w], [h, w, 3] or [h, w, 4], uint8, or float in 0..1."""
    array = np.asarray(pixels)
    is_grey = array.ndim == 2
    is_coloured = array.ndim == 3 and array.shape[2] in (3, 4)
    if not (is_grey or is_coloured) or min(array.shape[:2]) < MIN_SIDE:
        raise UserError(
            "bad-photo",
            "an array of shape {shape} is no picture: give [h, w], [h, w, 3] or [h, w, 4] of at"
            " least {least} pixels a side",
            shape=array.shape,
            least=MIN_SIDE,
        )
    if array.dtype.kind == "f":
        if not np.isfinite(array).all():
            raise UserError("bad-photo", "the array holds values that are not numbers")
        array = (np.clip(array, 0, 1) * 255).round()
    elif array.dtype == bool:
        array = array * 255
    elif array.dtype != np.uint8:
        raise UserError(
            "bad-photo",
            "an array of {kind} is no picture: give uint8, or float in 0..1",
            kind=array.dtype,
        )
    return from_image(Image.fromarray(array.astype(np.uint8)))
