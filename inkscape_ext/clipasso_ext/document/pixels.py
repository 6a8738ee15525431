"""What the eye sees of a bitmap, as a file that the engine can read."""

from __future__ import annotations

from pathlib import Path
from typing import Any, List, NamedTuple, Optional, Tuple, Union

from clipasso_ext.cancellation import Cancellation
from clipasso_ext.document.attributes import read_length
from clipasso_ext.document.bitmap import upright_size
from clipasso_ext.document.placement import Box, fit, is_undistorted, viewport
from clipasso_ext.document.rendering import draw, needs_rendering, write_drawing
from clipasso_ext.document.selection import Photo
from clipasso_ext.document.source import Source, find_source
from clipasso_ext.problem import Problem
from clipasso_ext.words import _

Size = Tuple[int, int]


class Pixels:
    """A picture file, the box of the image's coordinates that it fills, and its size in pixels.
    rendered: it was drawn by Inkscape.
    """

    def __init__(self, path: Path, box: Box, size_px: Size, rendered: bool = False) -> None:
        self.path = path
        self.box = box
        self.size_px = size_px
        self.rendered = rendered


class Undrawn(NamedTuple):
    """Pixels that Inkscape is still to draw.

    drawing: a document that holds the bitmap alone. box, size_px: as `Pixels` have them.
    """

    drawing: Path
    box: Box
    size_px: Size

    def draw(self, cancellation: Cancellation) -> Pixels:
        """May take `rendering.RENDER_S` seconds. Raises `Problem` and `CalledOff`."""
        picture = draw(self.drawing, self.size_px, cancellation)
        return Pixels(picture, self.box, self.size_px, rendered=True)


def find_pixels(
    photo: Photo, svg: Any, folders: List[Path], scratch: Path
) -> Union[Pixels, Undrawn]:
    """The pixels of a photo: its own file where nothing changes it, else what Inkscape is to draw
    of it. All that needs the document is done then. Raises `Problem`.

    folders: where relative links are looked for. scratch: an existing folder for files that live as
        long as the sketching does.
    """
    source = find_source(photo.image, folders)
    try:
        size_px = upright_size(source.head())
    except OSError as error:
        raise Problem(
            _("The bitmap's file can't be read ({reason}): {path}").format(
                reason=error.strerror, path=source.path
            )
        ) from None
    if size_px is None and not is_shown(source, scratch):
        raise Problem(
            _(
                "The bitmap is damaged, or of a kind that this Inkscape does not show: save it as"
                " PNG or JPEG, import that, and try again."
            )
        )
    box = image_box(photo.image, size_px, viewport(svg))
    if size_px is not None and not needs_rendering(photo, svg):
        filled, cut = fit(box, size_px, photo.image.get("preserveAspectRatio"))
        if not cut and is_undistorted(photo.transform, filled, size_px):
            return Pixels(source.file(scratch), filled, size_px)
    drawing, drawn_px = write_drawing(photo, svg, source, box, scratch)
    return Undrawn(drawing, box, drawn_px)


def box_now(image: Any, svg: Any, size_px: Size, rendered: bool) -> Box:
    """The box of a picture that was seen before: moving and scaling a bitmap changes the image's
    own x, y, width and height.
    """
    box = image_box(image, size_px, viewport(svg))
    return box if rendered else fit(box, size_px, image.get("preserveAspectRatio"))[0]


def is_shown(source: Source, scratch: Path) -> bool:
    """Whether GdkPixbuf, with which Inkscape reads bitmaps, knows the kind; else Inkscape shows a
    stop sign, which nobody wants drawn.
    """
    try:
        import gi

        gi.require_version("GdkPixbuf", "2.0")
        from gi.repository import GdkPixbuf

        if b"<svg" in source.head():
            return True
        return GdkPixbuf.Pixbuf.get_file_info(str(source.file(scratch)))[0] is not None
    except (ImportError, AttributeError, ValueError):
        return True  # Inkscape shows what it makes of it


def image_box(image: Any, size_px: Optional[Size], whole: Tuple[float, float]) -> Box:
    """The rectangle of an image in its own coordinates; a side that is missing follows from the
    bitmap's size. Raises `Problem` for an image of no size.
    """
    width = _side(image, "width", whole[0])
    height = _side(image, "height", whole[1])
    if size_px is not None:
        if width is None:
            width = size_px[0] * (height / size_px[1] if height is not None else 1.0)
        if height is None:
            height = size_px[1] * width / size_px[0]
    if not width or not height or width < 0 or height < 0:
        raise Problem(
            _("The bitmap has no size on the page: give it a width and a height, and try again.")
        )
    x = read_length(image.get("x"), whole[0])
    y = read_length(image.get("y"), whole[1])
    return Box(x, y, width, height)


def _side(image: Any, name: str, whole: float) -> Optional[float]:
    """An image's width or height; None where the bitmap's is meant."""
    text = image.get(name)
    return None if text in (None, "auto") else read_length(text, whole)
