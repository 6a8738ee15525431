"""What the eye sees of a bitmap, as a file that the engine can read."""

from __future__ import annotations

import base64
import binascii
import copy
import os
import re
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, List, Optional, Tuple
from urllib.parse import unquote, unquote_to_bytes

from inkex import Transform
from lxml import etree

from clipasso_ext.document.bitmap import HEAD, upright_size
from clipasso_ext.document.layer import untreated
from clipasso_ext.document.placement import (
    Box,
    fit,
    is_undistorted,
    length,
    seen_size,
    view_box,
    written,
)
from clipasso_ext.document.selection import XLINK, Photo, href, tag
from clipasso_ext.engine.host import detached
from clipasso_ext.problem import Problem

SVG = "http://www.w3.org/2000/svg"
ABSREF = "{http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd}absref"
MAX_BYTES = 512 * 1024 * 1024
MAX_NAME = 200  # characters of a file name in a message
RENDER_PX = 1024  # the engine looks at no more
RENDER_S = 120  # Inkscape takes a quarter of a second; a huge picture on a slow disk takes longer
EFFECTS = ("clip-path", "mask", "filter", "opacity", "mix-blend-mode")
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")  # two letters at least: one is a drive


class Pixels:
    """A picture file, the box of the image's coordinates that it fills, and its size in pixels.
    drawn: by Inkscape.
    """

    def __init__(self, path: Path, box: Box, size_px: Tuple[int, int], drawn: bool = False) -> None:
        self.path, self.box, self.size_px, self.drawn = path, box, size_px, drawn


class Source:
    """Where an image's bytes are: in the document, or in a file."""

    def __init__(self, data: Optional[bytes], path: Optional[Path]) -> None:
        self.data, self.path = data, path

    def head(self) -> bytes:
        """The first bytes, in which the size stands."""
        if self.data is not None:
            return self.data[:HEAD]
        assert self.path is not None
        with open(self.path, "rb") as file:
            return file.read(HEAD)

    def file(self, scratch: Path) -> Path:
        """The bytes as a file, a new one below `scratch` where they were embedded. Raises
        `Problem`.
        """
        if self.path is not None:
            return self.path
        assert self.data is not None
        return written_to(scratch, ".bitmap", self.data)


def written_to(scratch: Path, suffix: str, data: bytes = b"") -> Path:
    """A new file. Not named by the object's id: that is the document's, may be a path, and clones
    of a group share one.
    """
    try:
        number, name = tempfile.mkstemp(dir=str(scratch), suffix=suffix)
        with os.fdopen(number, "wb") as file:
            file.write(data)
    except OSError as error:
        raise Problem(
            f"The bitmap can't be copied to {scratch} ({error.strerror}): make room there, and try"
            " again."
        ) from None
    return Path(name)


def see(photo: Photo, svg: Any, folders: List[Path], scratch: Path) -> Pixels:
    """The pixels of a photo. Raises `Problem`.

    folders: where relative links are looked for. scratch: an existing folder for files that live as
        long as the sketching does.
    """
    source = find_source(photo.image, folders)
    viewport = _viewport(svg)
    try:
        size = upright_size(source.head())
    except OSError as error:
        raise Problem(
            f"The bitmap's file can't be read ({error.strerror}): {source.path}"
        ) from None
    if size is None and not _is_picture(source, scratch):
        raise Problem(
            "The bitmap is damaged, or of a kind that this Inkscape does not show: save it as PNG"
            " or JPEG, import that, and try again."
        )
    box = _box(photo.image, size, viewport)
    if size is not None and not _needs_rendering(photo, svg):
        filled, cut = fit(box, size, photo.image.get("preserveAspectRatio"))
        if not cut and is_undistorted(photo.transform, filled, size):
            return Pixels(source.file(scratch), filled, size)
    return _render(photo, svg, source, box, scratch)


def _is_picture(source: Source, scratch: Path) -> bool:
    """Whether GdkPixbuf, with which Inkscape reads bitmaps, knows the kind; else Inkscape shows a
    stop sign, which nobody wants drawn.
    """
    try:
        import gi

        gi.require_version("GdkPixbuf", "2.0")
        from gi.repository import GdkPixbuf

        return (
            b"<svg" in source.head()
            or GdkPixbuf.Pixbuf.get_file_info(str(source.file(scratch)))[0] is not None
        )
    except (ImportError, AttributeError, ValueError):
        return True  # Inkscape shows what it makes of it


def find_source(image: Any, folders: List[Path]) -> Source:
    """Follow an image's link. Raises `Problem` for what is refused or not there."""
    address = (href(image) or "").strip()
    if address[:5].lower() == "data:":
        return Source(_embedded(address), None)
    scheme = SCHEME.match(address)
    if scheme and scheme.group().lower() != "file:":
        raise Problem(
            f"The bitmap is on the network ({scheme.group()}...), from where nothing is fetched: "
            "save it on this computer, import it, and try again."
        )
    if scheme:
        rest = address[len(scheme.group()) :]
        rest = rest[2:] if rest.startswith("//") else rest
        if rest.startswith("localhost/"):
            rest = rest[len("localhost") :]
        if not rest.startswith("/") or rest.startswith("//"):
            raise _elsewhere()
        name = unquote(rest)
        if sys.platform == "win32":
            name = name.lstrip("/")
    else:
        name = unquote(address)
    if name.startswith(("//", "\\\\")):
        raise _elsewhere()
    candidates = [Path(name)] if os.path.isabs(name) else [folder / name for folder in folders]
    if image.get(ABSREF) and not str(image.get(ABSREF)).startswith(("//", "\\\\")):
        candidates.append(Path(str(image.get(ABSREF))))
    for path in candidates:
        try:
            status = path.stat()
        except (OSError, ValueError):
            continue
        if not stat.S_ISREG(status.st_mode):
            raise Problem(
                f"{path} is not a regular file: link the bitmap's file itself, and try again."
            )
        if status.st_size > MAX_BYTES:
            raise Problem(
                f"{path} is larger than {MAX_BYTES >> 20} MB: save it smaller, link that, and try"
                " again."
            )
        return Source(None, path.resolve())
    # a link relative to Inkscape's temporary file says nothing
    name = os.path.normpath(str(candidates[0])) if candidates else name
    shown = name if len(name) <= MAX_NAME else name[:MAX_NAME] + "…"
    raise Problem(
        f"The bitmap's file is missing: {shown}. Put it back, or relink the image (Object"
        " Properties), and try again."
    )


def _elsewhere() -> Problem:
    return Problem(
        "The bitmap is on another computer, from where nothing is read: copy it to this one, import"
        " it, and try again."
    )


def _embedded(address: str) -> bytes:
    head, comma, body = address.partition(",")
    if not comma:
        raise Problem("The embedded bitmap is damaged: import it again.")
    if len(body) > MAX_BYTES * 4 // 3:
        raise Problem(
            f"The embedded bitmap is larger than {MAX_BYTES >> 20} MB: embed a smaller one, and try"
            " again."
        )
    try:
        if head.lower().replace(" ", "").endswith(";base64"):
            body = "".join((unquote(body) if "%" in body else body).split()).rstrip("=")
            # not everybody pads
            return base64.b64decode(body + "=" * (-len(body) % 4), validate=True)
        return unquote_to_bytes(body)
    except (binascii.Error, ValueError):
        raise Problem("The embedded bitmap is damaged: import it again.") from None


def box_now(image: Any, svg: Any, size_px: Tuple[int, int], drawn: bool) -> Box:
    """The box of a picture that was seen before: moving and scaling a bitmap changes the image's
    own x, y, width and height.
    """
    box = _box(image, size_px, _viewport(svg))
    return box if drawn else fit(box, size_px, image.get("preserveAspectRatio"))[0]


def _viewport(svg: Any) -> Tuple[float, float]:
    numbers = view_box(svg)
    if numbers:
        return numbers[2], numbers[3]
    return length(svg.get("width") or 100), length(svg.get("height") or 100)


def _box(image: Any, size: Optional[Tuple[int, int]], viewport: Tuple[float, float]) -> Box:
    x, y = length(image.get("x"), viewport[0]), length(image.get("y"), viewport[1])
    own = []
    for name, whole in (("width", viewport[0]), ("height", viewport[1])):
        text = image.get(name)
        own.append(None if text in (None, "auto") else length(text, whole))
    width, height = own
    if size is not None:
        if width is None:
            width = size[0] * (height / size[1] if height is not None else 1.0)
        if height is None:
            height = size[1] * width / size[0]
    if not width or not height or width < 0 or height < 0:
        raise Problem(
            "The bitmap has no size on the page: give it a width and a height, and try again."
        )
    return Box(x, y, width, height)


def _needs_rendering(photo: Photo, svg: Any) -> bool:
    """Whether something on the way to the page changes what is seen of the bitmap."""
    for link in photo.chain:
        style = untreated(link.element).lower()
        for effect in EFFECTS:
            value = link.element.get(effect)
            stated = re.search(r"(?:^|[;\s])%s\s*:\s*([^;]+)" % effect, style)
            value = stated.group(1).strip() if stated else value
            if value and value not in ("none", "normal", "1", "1.0", "100%"):
                return True
    sheets = " ".join(element.text or "" for element in svg.iter("{%s}style" % SVG))
    return any(effect in sheets for effect in EFFECTS)


def _render(photo: Photo, svg: Any, source: Source, box: Box, scratch: Path) -> Pixels:
    """Let Inkscape draw the bitmap with everything that lies over it, straightened, in the
    proportions that it has on the page.
    """
    seen = seen_size(photo.transform, box)
    if not min(seen) > 0:
        raise Problem("The bitmap is squashed to nothing: undo its transform, and try again.")
    scale = RENDER_PX / max(seen)
    size_px = (max(1, round(seen[0] * scale)), max(1, round(seen[1] * scale)))
    alone = _alone(photo, svg, source, box, size_px)
    drawing = written_to(scratch, ".svg", etree.tostring(alone))
    picture = drawing.with_suffix(".png")
    command = [inkscape(), str(drawing), f"--export-filename={picture}", "--export-area-page"]
    command += [
        f"--export-width={size_px[0]}",
        f"--export-height={size_px[1]}",
        "--export-type=png",
    ]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=RENDER_S,
            **detached(),
        )
    except OSError:
        raise Problem(
            "Inkscape's own command was not found, which draws clipped and cropped bitmaps: "
            "make a bitmap copy of it (Edit > Make a Bitmap Copy), select that, and try again."
        ) from None
    except subprocess.TimeoutExpired:
        raise Problem(
            f"Inkscape did not draw the bitmap within {RENDER_S} seconds: use a smaller one, and"
            " try again."
        ) from None
    if done.returncode or not picture.exists():
        raise Problem(
            "Inkscape could not draw the bitmap: make a bitmap copy of it (Edit > Make a Bitmap"
            " Copy), select that, try again."
        )
    return Pixels(picture, box, size_px, drawn=True)


def _alone(photo: Photo, svg: Any, source: Source, box: Box, size_px: Tuple[int, int]) -> Any:
    """A document that holds the bitmap, what it refers to, and nothing else; its page is the
    bitmap's box.
    """
    root = etree.Element("{%s}svg" % SVG, nsmap=svg.nsmap)
    root.set("width", str(size_px[0]))
    root.set("height", str(size_px[1]))
    root.set("viewBox", f"{box.x!r} {box.y!r} {box.width!r} {box.height!r}")
    root.set("preserveAspectRatio", "none")
    _copy_shared(svg, root)
    try:
        back = written(-photo.transform)
    except (ValueError, ZeroDivisionError):
        raise Problem(
            "The bitmap is squashed to nothing: undo its transform, and try again."
        ) from None
    group = etree.SubElement(root, "{%s}g" % SVG, transform=back)
    for link in photo.chain[:-1]:
        group = etree.SubElement(group, "{%s}g" % SVG, _looks(link.element, link.transform))
    image = copy.deepcopy(photo.image)
    image.tail = None
    image.set("style", untreated(photo.image))
    if source.path is not None:
        image.attrib.pop("href", None)
        image.set(XLINK, source.path.as_uri())
    group.append(image)
    return root


def _looks(element: Any, transform: Transform) -> dict:
    """An element's attributes, for a group in its place."""
    kept = {
        name: value
        for name, value in element.attrib.items()
        if name in ("id", "class") or name in EFFECTS
    }
    kept["style"] = untreated(element)
    kept["transform"] = written(transform)
    return kept


def _copy_shared(svg: Any, root: Any) -> None:
    """Everything that styles, clips, masks or filters may refer to."""
    shared = etree.SubElement(root, "{%s}defs" % SVG)
    kinds = {
        "clipPath",
        "mask",
        "filter",
        "linearGradient",
        "radialGradient",
        "style",
        "pattern",
        "marker",
        "symbol",
    }
    for child in svg.iter():
        kind = tag(child)
        inside = any(tag(one) in kinds or tag(one) == "defs" for one in child.iterancestors())
        if (kind in kinds or kind == "defs") and not inside:
            shared.extend(copy.deepcopy(child) for child in (child if kind == "defs" else [child]))


def inkscape() -> str:
    """Inkscape's own command."""
    named = os.environ.get("INKSCAPE_COMMAND")
    return named or ("inkscape.com" if sys.platform == "win32" else "inkscape")
