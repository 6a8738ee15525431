"""Sketches that are in the document already: which one is meant, which of its strokes, and over
which bitmap it was drawn.
"""

from __future__ import annotations

import copy
import math
from pathlib import Path
from typing import Any, List, Optional, Set, Tuple

from inkex import Transform
from lxml import etree

from clipasso_ext.document.cascade import sheets_of, stated
from clipasso_ext.document.layer import (
    LOCKED,
    PAPER,
    PICTURE,
    POINTS,
    RANK,
    SKETCH,
    SOURCE,
    declare,
)
from clipasso_ext.document.placement import written
from clipasso_ext.document.selection import (
    GROUPMODE,
    LABEL,
    UNSEEN,
    Photo,
    by_id,
    find_photos,
    own_transform,
    tag,
)
from clipasso_ext.document.taper import flatten, is_tapered
from clipasso_ext.engine.task import Task, to_page
from clipasso_ext.problem import Problem

SVG = "http://www.w3.org/2000/svg"
# Inkscape's own lock
INSENSITIVE = "{http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd}insensitive"
# and what sheets go by
INHERITED = (
    "id",
    "class",
    "style",
    "fill",
    "fill-opacity",
    "stroke",
    "stroke-opacity",
    "stroke-width",
)
POINT_TO = "Select the bitmap together with the strokes, and try again."


class Sketch:
    """A layer of strokes. chosen: the selected paths of it; None when the whole layer is meant."""

    def __init__(
        self, svg: Any, layer: Any, chosen: Optional[List[Any]], photo: Optional[Photo]
    ) -> None:
        self.svg, self.layer, self.chosen = svg, layer, chosen
        # to another than its own
        self._pointed = photo if photo is not None and layer.get(SOURCE) != "#" + photo.id else None

    @property
    def name(self) -> str:
        return str(self.layer.get(LABEL) or self.layer.get("id") or "the sketch")

    @property
    def paths(self) -> List[Any]:
        """Every path of it, hidden ones too."""
        return [element for element in self.layer.iter("{%s}path" % SVG) if not _in_unseen(element)]

    @property
    def meant(self) -> List[Any]:
        """The selected paths, or all."""
        return self.paths if self.chosen is None else self.chosen

    @property
    def asked(self) -> Optional[List[str]]:
        """Ids of the selected paths that are seen, which are all that the engine knows; None when
        the whole layer is meant.
        """
        return (
            None
            if self.chosen is None
            else [path.get("id") for path in self.chosen if not self.hides(path)]
        )

    def hides(self, path: Any) -> bool:
        """Whether a path, or a group around it in the layer, is hidden."""
        for one in (path, *path.iterancestors()):
            if one is self.layer:
                return False
            if stated(one, "display") == "none":
                return True
        return False

    @property
    def ranked(self) -> List[Any]:
        """The paths that carry a rank, most needed first."""
        own = [path for path in self.paths if (path.get(RANK) or "").isdigit()]
        return sorted(own, key=lambda path: int(path.get(RANK)))

    def photo(self) -> Photo:
        """Its bitmap: the one pointed to, else the one that it names, else the only one there is.
        Raises `Problem`.
        """
        if self._pointed is not None:
            return self._pointed
        source = (self.layer.get(SOURCE) or "").lstrip("#")
        if source:
            gone = Problem(f"The bitmap of {self.name} is gone. {POINT_TO}")
            if by_id(self.svg, source) is None:
                raise gone
            try:
                return find_photos(self.svg, [source])[0]
            except Problem:  # something else has its id, in another document
                raise gone from None
        try:
            photos = find_photos(self.svg, [])
        except Problem:
            raise Problem(f"{self.name} does not say which bitmap it shows. {POINT_TO}") from None
        return photos[0]

    def page(self, task: Task) -> Transform:
        """From the bitmap's pixels to the document's user units, where this sketch sees them: a
        sketch may have been moved alone.
        """
        size, now = self.picture, task.pixels.size_px
        if size is None or self._pointed is not None:
            return task.placement.page
        return self._as_drawn @ Transform(scale=(size[0] / now[0], size[1] / now[1]))

    def magnified(self, task: Task) -> float:
        """How many pixels of the bitmap there are now for one of when this was drawn."""
        (a, c, _), (b, d, _) = self._as_drawn.matrix
        (p, r, _), (q, s, _) = self.page(task).matrix
        return math.sqrt(abs((a * d - b * c) / (p * s - q * r)))

    @property
    def _as_drawn(self) -> Transform:
        """From the pixels that the bitmap had to the document's user units."""
        return to_page(self.layer, self.svg) @ Transform(self.layer.get(POINTS) or "")

    @property
    def picture(self) -> Optional[Tuple[float, float]]:
        """Width and height in pixels of the bitmap that it was drawn over, if it says so."""
        try:
            width, height = (float(one) for one in (self.layer.get(PICTURE) or "").split())
        except ValueError:
            return None
        return (width, height) if min(width, height) > 0 else None

    def remember(self, task: Task) -> None:
        """Belong to the bitmap that was pointed to from now on."""
        if self._pointed is None:
            return
        self.layer.set(SOURCE, "#" + self._pointed.id)
        self.layer.set(PICTURE, "%d %d" % task.pixels.size_px)
        self.layer.set(POINTS, written(-to_page(self.layer, self.svg) @ task.placement.page))

    def alone(self) -> bytes:
        """A document with this layer and what it inherits, for the engine; no bitmap, and shown
        even if it is hidden.
        """
        # the same prefixes: lxml loses names where one means two things
        root = etree.Element("{%s}svg" % SVG, nsmap=self.layer.nsmap)
        group = root
        for sheet in sheets_of(self.layer):
            root.append(copy.deepcopy(sheet))
        for one in self.svg:
            if one.get(PAPER):
                root.append(copy.deepcopy(one))  # white ink is ink on dark paper
        for one in reversed(list(self.layer.iterancestors())):
            looks = {name: value for name, value in one.attrib.items() if name in INHERITED}
            if one is self.svg:
                root.attrib.update(looks)
            else:
                group = etree.SubElement(
                    group, "{%s}g" % SVG, {**looks, "transform": written(own_transform(one))}
                )
        layer = copy.deepcopy(self.layer)
        layer.tail = None
        for sheet in list(layer.iter("{%s}style" % SVG)):  # it is there already
            sheet.getparent().remove(sheet)
        group.append(layer)
        for one in (layer, *layer.iterancestors()):
            _show(one, " !important")
        for path, own in zip(layer.iter("{%s}path" % SVG), self.layer.iter("{%s}path" % SVG)):
            flatten(path, is_tapered(own))
        for image in list(layer.iter("{%s}image" % SVG)):
            image.getparent().remove(image)
        return etree.tostring(root)


def find_sketch(svg: Any, ids: List[str]) -> Sketch:
    """The sketch that is meant by the selection. Raises `Problem`."""
    selected = [element for element in (by_id(svg, one) for one in ids) if element is not None]
    if not selected:
        sketches = [element for element in svg.iter("{%s}g" % SVG) if element.get(SKETCH)]
        if len(sketches) == 1:
            return Sketch(svg, sketches[0], None, None)
        many = "several sketches" if sketches else "no sketch"
        raise Problem(
            f"There {'are' if sketches else 'is'} {many} in this document: select the strokes or"
            " the layer to work on, and try again."
        )
    photo: Optional[Photo] = None
    layers: List[Any] = []
    whole = False
    paths: List[Any] = []
    for element in selected:
        if tag(element) in ("image", "use"):
            photo = photo or find_photos(svg, [element.get("id")])[0]
            continue
        inside = [one for one in element.iter("{%s}path" % SVG) if not _in_unseen(one)]
        if not inside:
            continue
        inner = [one for one in element.iterdescendants("{%s}g" % SVG) if one.get(SKETCH)]
        if inner and not element.get(SKETCH):  # a layer around sketches means them
            layers += inner
            whole = True
            continue
        layer = _layer_of(element, svg)
        layers.append(layer)
        whole = whole or element is layer
        paths += inside
    if not layers:
        raise Problem(
            "No stroke is selected: select strokes of a sketch, or its layer, and try again."
        )
    if any(layer is not layers[0] for layer in layers):
        raise Problem(
            "The selected strokes belong to several layers: select those of one, and try again."
        )
    return Sketch(svg, layers[0], None if whole else _once(paths), photo)


def lock(sketch: Sketch, locked: bool) -> int:
    """Lock or unlock the meant strokes, for us and for Inkscape. Returns how many."""
    for path in sketch.meant:
        path.set(LOCKED, "true" if locked else "false")
        if locked:
            path.set(INSENSITIVE, "true")
        else:
            path.attrib.pop(INSENSITIVE, None)
    if not locked and sketch.chosen is None:
        # one that is locked locks what it holds
        for group in sketch.layer.iterdescendants("{%s}g" % SVG):
            group.attrib.pop(INSENSITIVE, None)
    return len(sketch.meant)


def set_level(sketch: Sketch, count: int, delete: bool) -> Tuple[int, int]:
    """Show the `count` most needed strokes; hide or delete the others. Returns how many are shown,
    of how many. Raises `Problem`.
    """
    ranked = sketch.ranked
    if not ranked:
        raise Problem(
            f"The strokes of {sketch.name} have no order of need: only those that the engine drew"
            " have one."
        )
    for place, path in enumerate(ranked):
        if place < count:
            _show(path)
        elif delete:
            path.getparent().remove(path)
        else:
            declare(path, "display", "none")
    return min(count, len(ranked)), len(ranked)


def take_layer(sketch: Sketch, written: Path) -> None:
    """Put the layer that a command of the engine added to `alone` into the document, above the
    sketch, which is hidden.
    """
    root = etree.fromstring(
        written.read_bytes(), etree.XMLParser(resolve_entities=False, no_network=True)
    )
    own = next(
        element
        for element in root.iter("{%s}g" % SVG)
        if element.get("id") == sketch.layer.get("id")
    )
    new = own.getnext()
    taken = {element.get("id") for element in sketch.svg.iter() if tag(element)}
    for element in new.iter():
        if element.get("id") in taken:
            number = 1
            while f"{element.get('id')}-{number}" in taken:
                number += 1
            element.set("id", f"{element.get('id')}-{number}")
        taken.add(element.get("id"))
    new.set(GROUPMODE, "layer")
    sketch.layer.addnext(new)
    declare(sketch.layer, "display", "none")


def _layer_of(element: Any, svg: Any) -> Any:
    """The sketch that an element is or is in, else its layer, else the outermost group around it.
    Raises `Problem`.
    """
    ancestors = [one for one in element.iterancestors() if one is not svg]
    if tag(element) == "g":
        ancestors.insert(0, element)
    for one in ancestors:
        if one.get(SKETCH):
            return one
    for one in ancestors:
        if one.get(GROUPMODE) == "layer":
            return one
    if not ancestors:
        raise Problem(
            "The selected strokes are in no layer: put them into one (Layer > Move Selection to"
            " Layer), and try again."
        )
    return ancestors[-1]


def _show(element: Any, mark: str = "") -> None:
    """Take away what hides an element; a style sheet is contradicted."""
    element.attrib.pop("display", None)
    declare(element, "display", None)
    if stated(element, "display") == "none":
        declare(element, "display", "inline" + mark)


def _in_unseen(element: Any) -> bool:
    return any(tag(one) in UNSEEN for one in element.iterancestors())


def _once(elements: List[Any]) -> List[Any]:
    seen: Set[int] = set()
    return [one for one in elements if not (id(one) in seen or seen.add(id(one)))]  # type: ignore[func-returns-value]
