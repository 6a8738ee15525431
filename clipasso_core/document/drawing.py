"""An SVG document as a drawing over its photograph: what can be redrawn, what only stands there,
and the way back into the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np
from lxml import etree
from svgelements import Close, CubicBezier, Length, Matrix, Move, QuadraticBezier
from svgelements import Path as PathData

from clipasso_core.color import from_rgb
from clipasso_core.document.stylesheet import Cascade, color, declare, share
from clipasso_core.document.svg import CLIPASSO, SODIPODI, SVG, write_whole
from clipasso_core.errors import UserError
from clipasso_core.photo.picture import read_bytes

RANK, LOCKED, SOURCE, SKETCH, INNER, PAPER = (
    f"{{{CLIPASSO}}}{name}" for name in ("rank", "locked", "source", "sketch", "inner", "paper")
)
# what every copy of a path must say
PAINTED = ("fill", "stroke", "stroke-width", "stroke-opacity", "fill-opacity")
# what it must say unless it is this
LINED = {"stroke-linecap": "butt", "stroke-linejoin": "miter", "stroke-dasharray": "none"}
UNSEEN = ("defs", "symbol", "clipPath", "mask", "pattern", "marker", "metadata")
DECIMALS = 5  # of coordinates that are written back
SAME_ASPECT = 0.01  # relative difference up to which a page counts as its photograph's page


@dataclass(eq=False)
class Line:
    """A path element. Points are in pixels of the photograph.

    chains: cubics as [3k+1, 2], one array a subpath. width: px. color: ``#rrggbb``. darkness: 0
        (invisible on white) to 1 (black); on
    a sketch's own paper how far it is from the paper's, so that white on black counts as black on
    white.
    fixed: why it can't be redrawn (``closed``, ``filled``), or "". fill: darkness of what it fills,
        0 for none.
    """

    node: Any
    chains: list[np.ndarray]
    width: float
    color: str
    darkness: float
    fill: float
    locked: bool
    fixed: str
    to_picture: np.ndarray = field(repr=False)  # [3, 3] from the element's own coordinates

    @property
    def id(self) -> str:
        return str(self.node.get("id") or "")

    def place(self, chains: list[np.ndarray]) -> None:
        """Take other points; id, style and everything else of the element stay."""
        self.chains = chains
        own = [apply(np.linalg.inv(self.to_picture), chain) for chain in chains]
        self.node.set("d", " ".join(path_text(chain) for chain in own))


class Drawing:
    """A sketch's layer in its document."""

    def __init__(
        self, root: Any, layer: Any, lines: list[Line], to_page: np.ndarray, styles: Cascade
    ) -> None:
        self.root, self.layer, self.lines, self.to_page, self.styles = (
            root,
            layer,
            lines,
            to_page,
            styles,
        )

    @property
    def ctm(self) -> np.ndarray:
        """From the layer's content to the document's user units, [3, 3]."""
        return _ctm(self.layer)

    def new_id(self) -> str:
        """An id for another stroke."""
        taken = {node.get("id") for node in self.root.iter() if isinstance(node.tag, str)}
        return next(
            name
            for name in (f"stroke-{number}" for number in range(1, len(taken) + 2))
            if name not in taken
        )

    def find(self, ids: list[str]) -> list[Line]:
        """The lines of these ids. Raises `UserError` for one that is not there."""
        known = {line.id: line for line in self.lines}
        for one in ids:
            if one not in known:
                raise UserError(
                    "no-stroke",
                    f"the sketch has no stroke '{one}': it has {', '.join(known) or 'none'}",
                )
        return [known[one] for one in ids]

    def to_bytes(self) -> bytes:
        """The whole document as a file's content."""
        return etree.tostring(self.root.getroottree(), xml_declaration=True, encoding="UTF-8")

    def write(self, path: Path) -> None:
        """Write beside and rename. Raises `UserError`."""
        write_whole(self.to_bytes(), path)


def level(drawing: Drawing, count: int) -> tuple[int, int]:
    """Show the `count` most needed strokes and hide the others; what has no rank stays. Returns how
    many are shown, of how many.

    Raises `UserError` when there is no ranked stroke, or when more are wanted than there are.
    """
    ranked = [
        node for node in drawing.layer.iter(f"{{{SVG}}}path") if (node.get(RANK) or "").isdigit()
    ]
    ranked.sort(key=lambda node: int(node.get(RANK)))
    if not ranked:
        raise UserError(
            "no-rank",
            "the strokes have no order of need: it is there in sketches that clipasso made",
        )
    if not 1 <= count <= len(ranked):
        more = "; clipasso add draws more" if count > len(ranked) else ""
        raise UserError(
            "bad-level", f"the sketch has {len(ranked)} strokes: choose 1 to {len(ranked)}{more}"
        )
    for place, node in enumerate(ranked):
        declare(node, "display", None if place < count else "none")
    for node in ranked[:count]:
        if drawing.styles.stated(node, "display").lower() == "none":  # by a style sheet
            declare(node, "display", "inline")
    return count, len(ranked)


def read_drawing(
    path: str | Path, size_px: tuple[int, int] | None, layer: str | None = None
) -> Drawing:
    """Read an SVG file, whoever wrote it. Raises `UserError`.

    size_px: width and height of the photograph, which tell where it lies; None when only the paths
        matter.
    layer: id of the group with the strokes; None takes the only sketch there is, or is shown, or
        all paths of the document.
    """
    return open_drawing(read_bytes(path, "sketch"), Path(path).name, size_px, layer)


def open_drawing(
    data: bytes, name: str, size_px: tuple[int, int] | None, layer: str | None = None
) -> Drawing:
    """An SVG document in memory; see `read_drawing`. name: of the file, for messages."""
    root = _parse(data, name)
    styles = Cascade(root)
    group = _find_layer(root, layer, styles)
    to_page = np.eye(3) if size_px is None else _photo_to_page(root, group, size_px, styles)
    return _over(root, group, to_page, styles)


def parse_drawing(data: bytes, layer: str, page: list[float]) -> Drawing:
    """The layer of a document in memory, whose photograph lies where `page` says: a, b, c, d, e, f
    from its pixels to user units.
    """
    root = _parse(data, "the document")
    a, b, c, d, e, f = page
    styles = Cascade(root)
    return _over(
        root,
        _find_layer(root, layer, styles),
        np.array([[a, c, e], [b, d, f], [0, 0, 1]], float),
        styles,
    )


def _over(root: Any, group: Any, to_page: np.ndarray, styles: Cascade) -> Drawing:
    return Drawing(root, group, [*_lines(group, np.linalg.inv(to_page), styles)], to_page, styles)


def apply(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    """A [3, 3] map of points [..., 2]."""
    return points @ matrix[:2, :2].T + matrix[:2, 2]


def _parse(data: bytes, name: str) -> Any:
    huge = len(data) > 10_000_000  # an embedded photograph
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, strip_cdata=False, huge_tree=huge
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise UserError("bad-sketch", f"{name} is not an SVG file or is damaged") from None
    # many programs name SVG 1.1's, which nobody fetches; entities are another matter
    dtd = root.getroottree().docinfo.internalDTD
    if root.tag != f"{{{SVG}}}svg" or (dtd is not None and dtd.entities()):
        raise UserError(
            "bad-sketch", f"{name} is no plain SVG document: save it again as Inkscape or plain SVG"
        )
    return root


def _find_layer(root: Any, wanted: str | None, styles: Cascade) -> Any:
    if wanted is not None:
        for node in root.iter(f"{{{SVG}}}g", f"{{{SVG}}}svg"):
            if node.get("id") == wanted:
                return node
        raise UserError("no-layer", f"the document has no layer with the id '{wanted}'")
    sketches = [node for node in root.iter(f"{{{SVG}}}g") if node.get(SKETCH)]
    whole = [node for node in sketches if not node.get(INNER)]  # of a series
    sketches = [node for node in sketches if styles.is_seen(node)] or whole or sketches
    if len(sketches) > 1:
        names = ", ".join(str(node.get("id")) for node in sketches)
        raise UserError(
            "many-sketches",
            f"the document holds {len(sketches)} sketches: name one with --layer ({names})",
        )
    return sketches[0] if sketches else root


def _photo_to_page(root: Any, group: Any, size_px: tuple[int, int], styles: Cascade) -> np.ndarray:
    """From the photograph's pixels to the root's user units: by its image, else by the page's
    proportions.
    """
    images = [node for node in root.iter(f"{{{SVG}}}image") if _seen(node, styles)]
    source = str(group.get(SOURCE) or "").lstrip("#")
    image = next(
        (node for node in images if source and node.get("id") == source),
        images[0] if len(images) == 1 else None,
    )
    width, height = size_px
    if image is not None:
        x, y, w, h = (_length(image.get(name)) for name in ("x", "y", "width", "height"))
        if w > 0 and h > 0:
            if (image.get("preserveAspectRatio") or "").strip() != "none":
                scale = min(w / width, h / height)
                x, y, w, h = (
                    x + (w - width * scale) / 2,
                    y + (h - height * scale) / 2,
                    width * scale,
                    height * scale,
                )
            return _ctm(image) @ np.array([[w / width, 0, x], [0, h / height, y], [0, 0, 1]])
    numbers = [float(one) for one in (root.get("viewBox") or "").replace(",", " ").split()]
    if len(numbers) != 4:
        numbers = [0.0, 0.0, _length(root.get("width")), _length(root.get("height"))]
    x, y, w, h = numbers
    if not (w > 0 and h > 0) or abs(w * height / (h * width) - 1) > SAME_ASPECT:
        raise UserError(
            "no-place",
            "the document does not tell where the photograph lies: put the photograph into it, or"
            " give it the photograph's proportions",
        )
    return np.array([[w / width, 0, x], [0, h / height, y], [0, 0, 1]])


def _lines(group: Any, to_picture: np.ndarray, styles: Cascade) -> Iterator[Line]:
    paper = _paper(group, styles)
    for node in group.iter(f"{{{SVG}}}path"):
        if not _seen(node, styles, group):
            continue
        own = to_picture @ _ctm(node)
        scale = float(np.sqrt(abs(np.linalg.det(own[:2, :2]))))
        if scale < 1e-12:
            continue  # squashed to nothing: nothing is seen of it
        try:
            chains, closed = _chains(node.get("d") or "")
        except (ValueError, IndexError, TypeError, ZeroDivisionError, AttributeError):
            continue  # path data that no program can draw
        if not chains:
            continue
        fill, opacity = _darkness(node, "fill", styles, paper), styles.opacity(node)
        yield Line(
            node,
            [apply(own, chain) for chain in chains],
            _length(styles.value(node, "stroke-width")) * scale,
            from_rgb((color(styles.paint(node, "stroke")) or (0, 0, 0, 1))[:3]),
            _darkness(node, "stroke", styles, paper) * opacity,
            fill * opacity,
            _is_locked(node, group),
            "closed" if closed else "filled" if fill else "",
            own,
        )


def _chains(data: str) -> tuple[list[np.ndarray], bool]:
    """The subpaths of path data as chains of cubics [3k+1, 2], and whether one is closed."""
    path = PathData(data)
    path.approximate_arcs_with_cubics()
    chains: list[list[Any]] = []
    closed = False
    for segment in path:
        if isinstance(segment, Move):
            chains.append([_xy(segment.end)])
            continue
        closed |= isinstance(segment, Close)
        if segment.end is None:
            continue
        start, end = chains[-1][-1], _xy(segment.end)
        if isinstance(segment, CubicBezier):
            chains[-1] += [_xy(segment.control1), _xy(segment.control2), end]
        elif isinstance(segment, QuadraticBezier):
            control = _xy(segment.control)
            chains[-1] += [start + 2 / 3 * (control - start), end + 2 / 3 * (control - end), end]
        elif isinstance(segment, Close) and np.allclose(start, end):
            continue
        else:  # a line, or a degenerate arc's chord
            chains[-1] += [start + (end - start) / 3, end + (start - end) / 3, end]
    arrays = [np.stack(chain) for chain in chains if len(chain) > 1]
    return [chain for chain in arrays if np.isfinite(chain).all()], closed


def _xy(point: Any) -> np.ndarray:
    return np.array([float(point.x), float(point.y)])


def path_text(chain: np.ndarray) -> str:
    """``M x,y C ...`` for a chain of cubics [3k+1, 2]."""
    texts = [
        ",".join(f"{value:.{DECIMALS}f}".rstrip("0").rstrip(".") for value in point)
        for point in chain
    ]
    return f"M {texts[0]} C {' '.join(texts[1:])}"


def _ctm(node: Any) -> np.ndarray:
    """From a node's content to the root's user units; [3, 3]."""
    total = np.eye(3)
    for one in (node, *node.iterancestors()):
        if one.get("transform"):
            matrix = Matrix(one.get("transform"))
            total = (
                np.array(
                    [[matrix.a, matrix.c, matrix.e], [matrix.b, matrix.d, matrix.f], [0, 0, 1]],
                    float,
                )
                @ total
            )
    return total


def looks(node: Any, styles: Cascade | None = None) -> dict[str, str]:
    """How a path is painted, as a copy of it elsewhere in the document must say it. styles: the
    document's, read anew if not given.
    """
    styles = styles or Cascade(node.getroottree().getroot())
    found = {
        name: styles.paint(node, name) if name in ("fill", "stroke") else styles.value(node, name)
        for name in PAINTED
    }
    lined = {name: styles.value(node, name) for name in LINED}
    return {**found, **{name: value for name, value in lined.items() if value != LINED[name]}}


def _paper(group: Any, styles: Cascade) -> float:
    """How dark the paper is that the engine put below the strokes; 0 for none."""
    sheets = group.getroottree().getroot().iter(f"{{{SVG}}}rect")
    seen = [sheet for sheet in sheets if sheet.getparent().get(PAPER) and _seen(sheet, styles)]
    return _darkness(seen[0], "fill", styles) if seen else 0.0


def _darkness(node: Any, name: str, styles: Cascade, paper: float = 0.0) -> float:
    """Of an element's fill or stroke against paper of that darkness, apart from the element's own
    opacity.
    """
    found = color(styles.paint(node, name))
    red, green, blue, alpha = found or (0.5, 0.5, 0.5, 1.0)  # a gradient or a pattern
    return (
        abs(1 - (0.299 * red + 0.587 * green + 0.114 * blue) - paper)
        * alpha
        * share(styles.value(node, f"{name}-opacity"))
    )


def _seen(node: Any, styles: Cascade, group: Any = None) -> bool:
    """Whether it is seen, or would be if `group` were: a layer that is meant may be hidden, as
    those of a series are.
    """
    if any(etree.QName(one).localname in UNSEEN for one in (node, *node.iterancestors())):
        return False
    if group is None or styles.is_seen(group):
        return styles.is_seen(node)
    within = takewhile(lambda one: one is not group, (node, *node.iterancestors()))
    return styles.value(node, "visibility").lower() == "visible" and all(
        styles.value(one, "display").lower() != "none" for one in within
    )


def _is_locked(node: Any, group: Any) -> bool:
    """By our own attribute or by Inkscape's lock, on the path or on a group between it and the
    layer.
    """
    if node.get(LOCKED) == "true":
        return True
    for one in (node, *node.iterancestors()):
        if one is group:
            break
        if one.get(f"{{{SODIPODI}}}insensitive") == "true":
            return True
    return False


def _length(text: Any) -> float:
    """In user units; 0 for what is missing or none."""
    try:
        return float(Length(re.sub(r"\s+", "", str(text or "0"))).value(ppi=96))
    except (ValueError, TypeError):
        return 0.0
