"""A sketch that is in the document already: its strokes, which of them are meant, and over which
bitmap it was drawn.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any, List, Optional, Tuple

from inkex import Transform
from lxml import etree

from clipasso_ext.document.attributes import read_picture, read_points, read_rank
from clipasso_ext.document.cascade import declare, stated, style_sheets
from clipasso_ext.document.elements import FreshIds, by_id, prefixes, tag
from clipasso_ext.document.label import recounted, tells_count
from clipasso_ext.document.placed_photo import PlacedPhoto
from clipasso_ext.document.placement import (
    inverse,
    magnification,
    own_transform,
    to_page,
    written,
)
from clipasso_ext.document.selection import UNSEEN, Photo, find_photos
from clipasso_ext.document.taper import flatten, is_tapered
from clipasso_ext.names import (
    GROUP,
    GROUPMODE,
    IMAGE,
    INSENSITIVE,
    LABEL,
    LOCKED,
    PAPER,
    PATH,
    PICTURE,
    POINTS,
    SOURCE,
    STYLE_SHEET,
    SVG_ROOT,
)
from clipasso_ext.problem import Problem
from clipasso_ext.words import _, later

# of the elements around a layer: how it is painted, and what sheets go by
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
WITH_BITMAP = later("Select the bitmap together with the strokes, and try again.")


class SketchLayer:
    """A layer of strokes.

    selected: the selected paths of it; None when the whole layer is meant. photo: the bitmap that
        is selected with it, if any.
    """

    def __init__(
        self, svg: Any, layer: Any, selected: Optional[List[Any]], photo: Optional[Photo]
    ) -> None:
        self.svg = svg
        self.layer = layer
        self.selected = selected
        self._new_photo = None  # which becomes its own
        if photo is not None and layer.get(SOURCE) != "#" + photo.id:
            self._new_photo = photo

    @property
    def name(self) -> str:
        # Translators: in the place of a sketch's name where it has none, within a sentence.
        return str(self.layer.get(LABEL) or self.layer.get("id") or _("the sketch"))

    @property
    def paths(self) -> List[Any]:
        """Every path of it, hidden ones too."""
        return paths_in(self.layer)

    @property
    def meant_paths(self) -> List[Any]:
        """The selected paths, or all."""
        return self.paths if self.selected is None else self.selected

    @property
    def only(self) -> Optional[List[str]]:
        """Ids of the selected paths that are seen, which are all that the engine knows; None when
        the whole layer is meant.
        """
        if self.selected is None:
            return None
        return [path.get("id") for path in self.selected if not self.hides(path)]

    def hides(self, path: Any) -> bool:
        """Whether a path, or a group around it in the layer, is hidden."""
        for one in (path, *path.iterancestors()):
            if one is self.layer:
                return False
            if stated(one, "display") == "none":
                return True
        return False

    @property
    def ranked_paths(self) -> List[Any]:
        """The paths that carry a rank, most needed first."""
        own = [path for path in self.paths if read_rank(path) is not None]
        return sorted(own, key=lambda path: read_rank(path) or 0)

    def photo(self) -> Photo:
        """Its bitmap: the one selected with it, else the one that it names, else the only one there
        is. Raises `Problem`.
        """
        if self._new_photo is not None:
            return self._new_photo
        source = (self.layer.get(SOURCE) or "").lstrip("#")
        if source:
            missing = _("The bitmap of {name} is gone.").format(name=self.name)
            gone = Problem(f"{missing} {_(WITH_BITMAP)}")
            if by_id(self.svg, source) is None:
                raise gone
            try:
                return find_photos(self.svg, [source])[0]
            except Problem:  # something else has its id, in another document
                raise gone from None
        try:
            return find_photos(self.svg, [])[0]
        except Problem:
            unsaid = _("{name} does not say which bitmap it shows.").format(name=self.name)
            raise Problem(f"{unsaid} {_(WITH_BITMAP)}") from None

    def page(self, placed: PlacedPhoto) -> Transform:
        """From the bitmap's pixels to the document's user units, where this sketch sees them: a
        sketch may have been moved alone.
        """
        drawn_px = self.picture_px
        if drawn_px is None or self._new_photo is not None:
            return placed.placement.page
        now_px = placed.pixels.size_px
        resized = Transform(scale=(drawn_px[0] / now_px[0], drawn_px[1] / now_px[1]))
        page = self._page_as_drawn @ resized
        inverse(page)  # what is squashed is told
        return page

    def magnified(self, placed: PlacedPhoto) -> float:
        """How many pixels of the bitmap there are now for one of when this was drawn."""
        return magnification(self._page_as_drawn) / magnification(self.page(placed))

    @property
    def _page_as_drawn(self) -> Transform:
        """From the pixels that the bitmap had to the document's user units."""
        return to_page(self.layer, self.svg) @ read_points(self.layer)

    @property
    def picture_px(self) -> Optional[Tuple[float, float]]:
        """Width and height in pixels of the bitmap that it was drawn over, if it says so."""
        return read_picture(self.layer)

    def remember(self, placed: PlacedPhoto) -> None:
        """Belong from now on to the bitmap that was selected with it."""
        if self._new_photo is None:
            return
        self.layer.set(SOURCE, "#" + self._new_photo.id)
        self.layer.set(PICTURE, "%d %d" % placed.pixels.size_px)
        self.layer.set(
            POINTS, written(inverse(to_page(self.layer, self.svg)) @ placed.placement.page)
        )

    def alone(self) -> bytes:
        """A document with this layer and what it inherits, for the engine; no bitmap, and shown
        even if it is hidden.
        """
        group = self._surroundings()
        layer = copy.deepcopy(self.layer)
        layer.tail = None
        for sheet in list(layer.iter(STYLE_SHEET)):  # it is there already
            sheet.getparent().remove(sheet)
        group.append(layer)
        for one in (layer, *layer.iterancestors()):
            _show(one, " !important")
        for path, own in zip(layer.iter(PATH), self.layer.iter(PATH)):
            flatten(path, is_tapered(own))
        for image in list(layer.iter(IMAGE)):
            image.getparent().remove(image)
        return etree.tostring(layer.getroottree())

    def _surroundings(self) -> etree._Element:
        """What the layer inherits from, in a document of its own. Returns the element that the
        layer is to be in.
        """
        # the same prefixes: lxml loses names where one means two things
        root = etree.Element(SVG_ROOT, nsmap=prefixes(self.layer))
        group = root
        for sheet in style_sheets(self.layer):
            root.append(copy.deepcopy(sheet))
        for one in self.svg:
            if one.get(PAPER):
                root.append(copy.deepcopy(one))  # white ink is ink on dark paper
        for one in reversed(list(self.layer.iterancestors())):
            looks = {name: value for name, value in one.attrib.items() if name in INHERITED}
            if one is self.svg:
                root.attrib.update(looks)
            else:
                looks["transform"] = written(own_transform(one))
                group = etree.SubElement(group, GROUP, looks)
        return group

    def lock(self, locked: bool) -> None:
        """Lock or unlock the meant strokes, for the engine and for Inkscape."""
        for path in self.meant_paths:
            path.set(LOCKED, "true" if locked else "false")
            if locked:
                path.set(INSENSITIVE, "true")
            else:
                path.attrib.pop(INSENSITIVE, None)
        if not locked and self.selected is None:
            # one that is locked locks what it holds
            for group in self.layer.iterdescendants(GROUP):
                group.attrib.pop(INSENSITIVE, None)

    def set_level(self, count: int, delete: bool) -> int:
        """Show `count` strokes: those that are locked, which stay as they are, and the most needed
        ones; hide or delete the others. Returns how many ranked strokes there were. Raises
        `Problem`.
        """
        ranked = self.ranked_paths
        if not ranked:
            raise Problem(
                _(
                    "The strokes of {name} have no order of need: only those that the engine drew"
                    " have one."
                ).format(name=self.name)
            )
        free = [path for path in ranked if not self.locks(path)]
        kept = sum(self.locks(path) and not self.hides(path) for path in ranked)
        for place, path in enumerate(free):
            if place < count - kept:
                _show(path)
            elif delete:
                path.getparent().remove(path)
            else:
                declare(path, "display", "none")
        self.recount()
        return len(ranked)

    def locks(self, path: Any) -> bool:
        """Whether a path, or a group around it in the layer, is locked for the engine or for
        Inkscape.
        """
        for one in (path, *path.iterancestors()):
            if one is self.layer:
                return False
            if "true" in (one.get(LOCKED), one.get(INSENSITIVE)):
                return True
        return False

    def recount(self) -> None:
        """Have the label tell how many strokes are shown, if it tells a number at all."""
        label = self.layer.get(LABEL) or ""
        if tells_count(label):
            shown = sum(not self.hides(path) for path in self.paths)
            self.layer.set(LABEL, recounted(label, shown))

    def take_layer(self, plotted: Path) -> None:
        """Put the layer that a command of the engine added to `alone` into the document, above the
        sketch, which is hidden.
        """
        parser = etree.XMLParser(resolve_entities=False, no_network=True)
        root = etree.fromstring(plotted.read_bytes(), parser)
        own = next(one for one in root.iter(GROUP) if one.get("id") == self.layer.get("id"))
        new: Any = own.getnext()
        ids = FreshIds(self.svg)
        for element in new.iter():
            if element.get("id"):
                element.set("id", ids.keep_or_new(element.get("id")))
        new.set(GROUPMODE, "layer")
        self.layer.addnext(new)
        declare(self.layer, "display", "none")


def paths_in(element: Any) -> List[Any]:
    """Every path in an element, or the element itself; those in definitions are none."""
    return [path for path in element.iter(PATH) if not _is_in_unseen(path)]


def _is_in_unseen(element: Any) -> bool:
    return any(tag(one) in UNSEEN for one in element.iterancestors())


def _show(element: Any, mark: str = "") -> None:
    """Take away what hides an element; a style sheet is contradicted."""
    element.attrib.pop("display", None)
    declare(element, "display", None)
    if stated(element, "display") == "none":
        declare(element, "display", "inline" + mark)
