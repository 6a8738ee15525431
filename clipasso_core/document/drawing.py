"""An SVG document as a drawing over its photograph: what can be redrawn, what only stands there,
and the way back into the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from lxml import etree
from numpy.typing import NDArray

from clipasso_core.color import from_rgb
from clipasso_core.document.around import Around
from clipasso_core.document.attributes import (
    INNER,
    LOCKED,
    PAPER,
    PART,
    SKETCH,
    SODIPODI,
    SOURCE,
    SUBJECT,
    SVG,
    is_flat,
    read_length,
    read_rank,
    read_transform,
    read_view_box,
)
from clipasso_core.document.path_data import path_text, read_path
from clipasso_core.document.stylesheet import Cascade, color, declare, share
from clipasso_core.errors import UserError
from clipasso_core.files import read_bytes, write_whole

# what every copy of a path must say
PAINTED = ("fill", "stroke", "stroke-width", "stroke-opacity", "fill-opacity")
# what it must say unless it is this
LINED = {"stroke-linecap": "butt", "stroke-linejoin": "miter", "stroke-dasharray": "none"}
UNSEEN = ("defs", "symbol", "clipPath", "mask", "pattern", "marker", "metadata")
SAME_ASPECT = 0.01  # relative difference up to which a page counts as its photograph's page


@dataclass(eq=False)
class Line:
    """A path element. Points are in pixels of the photograph.

    chains: cubics as [3k+1, 2], one array a subpath.
    width: px. color: ``#rrggbb``.
    darkness: 0 (invisible on white) to 1 (black); on a sketch's own paper how far it is from the
        paper's, so that white on black counts as black on white.
    fill: darkness of what it fills, 0 for none.
    fixed: why it can't be redrawn (``closed``, ``filled``), or "".
    """

    node: etree._Element
    chains: list[NDArray[np.floating]]
    width: float
    color: str
    darkness: float
    fill: float
    locked: bool
    fixed: str
    # [3, 3] from the element's own coordinates
    to_picture: NDArray[np.floating] = field(repr=False)

    @property
    def id(self) -> str:
        return self.node.get("id") or ""

    @property
    def rank(self) -> int | None:
        """Its place in the order of need, from 0 on; None for a line that has none."""
        return read_rank(self.node)

    @property
    def part(self) -> str:
        """What it draws, such as ``left lid`` of a face; "" for anything else."""
        return self.node.get(PART) or ""

    @property
    def subject(self) -> str:
        """Which of the subjects that are drawn apart it belongs to; "" for none."""
        groups = (node for node in self.node.iterancestors() if node.get(SUBJECT) is not None)
        group = next(groups, None)
        return "" if group is None else group.get(SUBJECT) or ""

    def place(self, chains: list[NDArray[np.floating]]) -> None:
        """Take other points; id, style and everything else of the element stay. Raises
        `UserError` for those that no document can hold.
        """
        self.chains = chains
        with np.errstate(all="ignore"):  # `path_text` writes no number beyond all numbers
            own = [apply(np.linalg.inv(self.to_picture), chain) for chain in chains]
        self.node.set("d", " ".join(path_text(chain) for chain in own))


class Drawing:
    """A sketch's layer in its document."""

    def __init__(
        self,
        root: etree._Element,
        layer: etree._Element,
        lines: list[Line],
        to_page: NDArray[np.floating],
        styles: Cascade,
    ) -> None:
        """to_page: [3, 3] from the photograph's pixels to the document's user units."""
        self.root = root
        self.layer = layer
        self.lines = lines
        self.to_page = to_page
        self.styles = styles

    @property
    def ctm(self) -> NDArray[np.floating]:
        """From the layer's content to the document's user units, [3, 3]."""
        return _ctm(self.layer)

    @property
    def to_layer(self) -> NDArray[np.floating]:
        """From the photograph's pixels to the layer's content, [3, 3]. Raises `UserError`."""
        if is_flat(self.ctm):
            raise UserError(
                "no-layer",
                "the layer is squashed to nothing: undo its transform, or name another with"
                " --layer",
            )
        to_layer: NDArray[np.floating] = np.linalg.inv(self.ctm) @ self.to_page
        return to_layer

    @property
    def ids(self) -> set[str | None]:
        """All ids of the document."""
        return {node.get("id") for node in self.root.iter() if isinstance(node.tag, str)}

    def new_id(self, kind: str = "stroke") -> str:
        """An id for another stroke, or for what else it is."""
        taken = self.ids
        names = (f"{kind}-{number}" for number in range(1, len(taken) + 2))
        return next(name for name in names if name not in taken)

    def find(self, ids: list[str]) -> list[Line]:
        """The lines of these ids. Raises `UserError` for one that is not there."""
        known = {line.id: line for line in self.lines}
        for one in ids:
            if one not in known:
                raise _no_stroke(one, list(known))
        return [known[one] for one in ids]

    def choose(self, ids: Sequence[str]) -> list[Line] | None:
        """The lines of these ids, each once; None for no ids, which means all."""
        return self.find(list(dict.fromkeys(ids))) if ids else None

    def to_bytes(self) -> bytes:
        """The whole document as a file's content."""
        return etree.tostring(self.root.getroottree(), xml_declaration=True, encoding="UTF-8")

    def write(self, path: Path, force: bool = False) -> None:
        """Write beside and rename. force: see `write_whole`. Raises `UserError`."""
        write_whole(self.to_bytes(), path, force)


def level(drawing: Drawing, count: int) -> tuple[int, int]:
    """Show the `count` most needed strokes and hide the others; what has no rank stays.

    Returns how many are shown, of how many. Raises `UserError` when there is no ranked stroke, or
    when more are wanted than there are.
    """
    paths = drawing.layer.iter(f"{{{SVG}}}path")
    ranked = [node for node in paths if read_rank(node) is not None]
    ranked.sort(key=lambda node: read_rank(node) or 0)
    if not ranked:
        raise UserError(
            "no-rank",
            "the strokes have no order of need: it is there in sketches that clipasso made",
        )
    if not 1 <= count <= len(ranked):
        raise _no_level(count, len(ranked))
    for place, node in enumerate(ranked):
        declare(node, "display", None if place < count else "none")
    for node in ranked[:count]:
        if drawing.styles.stated(node, "display").lower() == "none":  # by a style sheet
            declare(node, "display", "inline")
    return count, len(ranked)


def _no_stroke(wanted: str, known: list[str]) -> UserError:
    if not known:
        return UserError(
            "no-stroke", "the sketch has no stroke '{wanted}': it has none", wanted=wanted
        )
    return UserError(
        "no-stroke",
        "the sketch has no stroke '{wanted}': it has {known}",
        wanted=wanted,
        known=", ".join(known),
    )


def _no_level(wanted: int, most: int) -> UserError:
    if wanted <= most:
        return UserError(
            "bad-level", "the sketch has {most} strokes: choose 1 to {most}", most=most
        )
    return UserError(
        "bad-level",
        "the sketch has {most} strokes: choose 1 to {most}; clipasso add draws more",
        most=most,
    )


def read_drawing(
    path: str | Path, size_px: tuple[int, int] | None, layer: str | None = None
) -> Drawing:
    """Read an SVG file, whoever wrote it. Raises `UserError`.

    size_px: the photograph's, which tells where it lies; None when only the paths matter.
    layer: id of the group with the strokes; None takes the only sketch there is, or is shown, or
        all paths of the document.
    """
    return open_drawing(read_bytes(path, "sketch"), Path(path).name, size_px, layer)


def open_drawing(
    data: bytes, name: str | None, size_px: tuple[int, int] | None, layer: str | None = None
) -> Drawing:
    """An SVG document in memory; see `read_drawing`. name: of its file, for messages."""
    root = _parse(data, name)
    styles = Cascade(root)
    with styles.unchanged():
        group = _find_layer(root, layer, styles)
        to_page = np.eye(3) if size_px is None else _photo_to_page(root, group, size_px, styles)
        return _over(root, group, to_page, styles)


def parse_drawing(data: bytes, layer: str, page: list[float]) -> Drawing:
    """The layer of a document in memory.

    page: a, b, c, d, e, f of the matrix from the photograph's pixels to user units.
    """
    root = _parse(data)
    styles = Cascade(root)
    a, b, c, d, e, f = page
    to_page = np.array([[a, c, e], [b, d, f], [0, 0, 1]], float)
    with styles.unchanged():
        return _over(root, _find_layer(root, layer, styles), to_page, styles)


def _over(
    root: etree._Element, group: etree._Element, to_page: NDArray[np.floating], styles: Cascade
) -> Drawing:
    lines = [*_lines(group, np.linalg.inv(to_page), styles)]
    return Drawing(root, group, lines, to_page, styles)


def apply(matrix: NDArray[np.floating], points: NDArray[np.floating]) -> NDArray[np.floating]:
    """A [3, 3] map of points [..., 2]."""
    mapped: NDArray[np.floating] = points @ matrix[:2, :2].T + matrix[:2, 2]
    return mapped


def _parse(data: bytes, name: str | None = None) -> etree._Element:
    huge = len(data) > 10_000_000  # an embedded photograph
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, strip_cdata=False, huge_tree=huge
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise _damaged(name) from None
    # many programs name SVG 1.1's, which nobody fetches; entities are another matter
    dtd = root.getroottree().docinfo.internalDTD
    if root.tag != f"{{{SVG}}}svg" or (dtd is not None and dtd.entities()):
        raise _not_plain(name)
    if b"<!ATTLIST" in data.replace(b"\0", b""):
        # lxml breaks down when it takes away an attribute that a DTD gives a default
        root.getroottree().docinfo.clear()
    return root


def _damaged(name: str | None) -> UserError:
    if name is None:
        return UserError("bad-sketch", "the document is not an SVG file or is damaged")
    return UserError("bad-sketch", "{name} is not an SVG file or is damaged", name=name)


def _not_plain(name: str | None) -> UserError:
    if name is None:
        return UserError(
            "bad-sketch",
            "the document is no plain SVG document: save it again as Inkscape or plain SVG",
        )
    return UserError(
        "bad-sketch",
        "{name} is no plain SVG document: save it again as Inkscape or plain SVG",
        name=name,
    )


def _find_layer(root: etree._Element, wanted: str | None, styles: Cascade) -> etree._Element:
    if wanted is not None:
        for node in root.iter(f"{{{SVG}}}g", f"{{{SVG}}}svg"):
            if node.get("id") == wanted:
                return node
        raise UserError(
            "no-layer", "the document has no layer with the id '{wanted}'", wanted=wanted
        )
    sketches = [node for node in root.iter(f"{{{SVG}}}g") if node.get(SKETCH)]
    whole = [node for node in sketches if not node.get(INNER)]  # of a series
    sketches = [node for node in sketches if styles.is_seen(node)] or whole or sketches
    if len(sketches) > 1:
        names = ", ".join(str(node.get("id")) for node in sketches)
        raise UserError(
            "many-sketches",
            "the document holds {count} sketches: name one with --layer ({names})",
            count=len(sketches),
            names=names,
        )
    return sketches[0] if sketches else root


def _photo_to_page(
    root: etree._Element, group: etree._Element, size_px: tuple[int, int], styles: Cascade
) -> NDArray[np.floating]:
    """From the photograph's pixels to the root's user units, [3, 3].

    By the photograph's image, else by the page's proportions.
    """
    width, height = size_px
    image = _photo(root, group, styles)
    if image is not None:
        x, y, w, h = (read_length(image.get(name)) for name in ("x", "y", "width", "height"))
        if w > 0 and h > 0:
            if (image.get("preserveAspectRatio") or "").strip() != "none":
                scale = min(w / width, h / height)
                x += (w - width * scale) / 2
                y += (h - height * scale) / 2
                w = width * scale
                h = height * scale
            in_image = np.array([[w / width, 0, x], [0, h / height, y], [0, 0, 1]])
            to_page: NDArray[np.floating] = _ctm(image) @ in_image
            if not is_flat(to_page):
                return to_page
    x, y, w, h = read_view_box(root) or (0.0, 0.0, *_page_size(root))
    stretched = np.diag([w / width, h / height, 1])
    if is_flat(stretched) or abs(w * height / (h * width) - 1) > SAME_ASPECT:
        raise UserError(
            "no-place",
            "the document does not tell where the photograph lies: put the photograph into it, or"
            " give it the photograph's proportions",
        )
    return np.array([[w / width, 0, x], [0, h / height, y], [0, 0, 1]])


def _page_size(root: etree._Element) -> tuple[float, float]:
    """Width and height in user units, where no viewBox says otherwise."""
    return read_length(root.get("width")), read_length(root.get("height"))


def _photo(root: etree._Element, group: etree._Element, styles: Cascade) -> etree._Element | None:
    """The photograph's image: the one that the sketch names, else the only one that is seen."""
    seen = _Seen(styles)
    images = [node for node in root.iter(f"{{{SVG}}}image") if seen.at(node)]
    source = (group.get(SOURCE) or "").lstrip("#")
    for image in images:
        if source and image.get("id") == source:
            return image
    return images[0] if len(images) == 1 else None


def _lines(
    group: etree._Element, to_picture: NDArray[np.floating], styles: Cascade
) -> Iterator[Line]:
    paper = _paper(group, styles)
    ctms = _ctms()
    seen = _Seen(styles, group)
    locked = Around(False, lambda around, one: one is not group and (around or _is_sealed(one)))
    for node in group.iter(f"{{{SVG}}}path"):
        if not seen.at(node):
            continue
        with np.errstate(all="ignore"):
            own = to_picture @ ctms.at(node)
        if is_flat(own):
            continue  # squashed to nothing: nothing is seen of it
        scale = float(np.sqrt(abs(np.linalg.det(own[:2, :2]))))
        chains, closed = read_path(node.get("d") or "")
        with np.errstate(all="ignore"):
            placed = [apply(own, chain) for chain in chains]
        if not placed or not all(np.isfinite(chain).all() for chain in placed):
            continue  # nothing is there, or beyond all numbers
        red, green, blue, _ = color(styles.paint(node, "stroke")) or (0, 0, 0, 1)
        fill = _darkness(node, "fill", styles, paper)
        filled = "filled" if fill else ""
        opacity = styles.opacity(node)
        yield Line(
            node,
            placed,
            width=read_length(styles.value(node, "stroke-width")) * scale,
            color=from_rgb((red, green, blue)),
            darkness=_darkness(node, "stroke", styles, paper) * opacity,
            fill=fill * opacity,
            locked=node.get(LOCKED) == "true" or locked.at(node),
            fixed="closed" if closed else filled,
            to_picture=own,
        )


def _ctm(node: etree._Element) -> NDArray[np.floating]:
    """From a node's content to the root's user units; [3, 3]."""
    return _ctms().at(node)


def _ctms() -> Around[NDArray[np.floating]]:
    unmoved: NDArray[np.floating] = np.eye(3)
    return Around(unmoved, _within)


def _within(around: NDArray[np.floating], one: etree._Element) -> NDArray[np.floating]:
    """The map of an element's content, of the one around it."""
    if not one.get("transform"):
        return around
    with np.errstate(all="ignore"):  # see `attributes.is_flat`
        inner: NDArray[np.floating] = around @ read_transform(one)
    return inner


def looks(node: etree._Element, styles: Cascade | None = None) -> dict[str, str]:
    """How a path is painted, as a copy of it elsewhere in the document must say it.

    styles: the document's, read anew if not given.
    """
    styles = styles or Cascade(node.getroottree().getroot())
    said = {}
    for name in PAINTED:
        is_paint = name in ("fill", "stroke")
        said[name] = styles.paint(node, name) if is_paint else styles.value(node, name)
    for name, usual in LINED.items():
        value = styles.value(node, name)
        if value != usual:
            said[name] = value
    return said


def _paper(group: etree._Element, styles: Cascade) -> float:
    """How dark the paper is that the engine put below the strokes; 0 for none."""
    seen = _Seen(styles)
    for sheet in group.getroottree().getroot().iter(f"{{{SVG}}}rect"):
        layer = sheet.getparent()
        if layer is not None and layer.get(PAPER) and seen.at(sheet):
            return _darkness(sheet, "fill", styles)
    return 0.0


def _darkness(node: etree._Element, name: str, styles: Cascade, paper: float = 0.0) -> float:
    """Of an element's fill or stroke against paper of that darkness.

    The element's own opacity is another matter.
    """
    found = color(styles.paint(node, name))
    red, green, blue, alpha = found or (0.5, 0.5, 0.5, 1.0)  # a gradient or a pattern
    bright = 0.299 * red + 0.587 * green + 0.114 * blue
    return abs(1 - bright - paper) * alpha * share(styles.value(node, f"{name}-opacity"))


class _Seen:
    """Whether elements are seen, or would be if `group` were.

    A layer that is meant may be hidden, as those of a series are.
    """

    def __init__(self, styles: Cascade, group: etree._Element | None = None) -> None:
        self._styles = styles
        hidden = group is not None and not styles.is_seen(group)
        self._displayed = Around(
            True,
            lambda around, one: (hidden and one is group) or (around and styles.is_displayed(one)),
        )
        self._aside = Around(
            False, lambda around, one: around or etree.QName(one).localname in UNSEEN
        )

    def at(self, node: etree._Element) -> bool:
        visible = self._styles.value(node, "visibility").lower() == "visible"
        return visible and self._displayed.at(node) and not self._aside.at(node)


def _is_sealed(one: etree._Element) -> bool:
    """Whether Inkscape's lock is on it."""
    return one.get(f"{{{SODIPODI}}}insensitive") == "true"
