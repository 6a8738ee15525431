"""Which bitmaps the person means: selected ones, those in selected groups, clones of them, or the
only one there is.
"""

from __future__ import annotations

import hashlib
import itertools
from typing import Any, FrozenSet, Iterator, List, Optional, Set, Tuple
from urllib.parse import unquote

from inkex import Transform

from clipasso_ext.document.branch import branch_of
from clipasso_ext.document.cascade import stated
from clipasso_ext.document.elements import by_id, href, tag
from clipasso_ext.document.patterns import show_bitmaps
from clipasso_ext.document.placement import cloned_transform, own_transform
from clipasso_ext.names import LABEL
from clipasso_ext.problem import Problem
from clipasso_ext.words import _, later, ngettext

# elements whose content is not on the page itself
UNSEEN = {
    "defs",
    "symbol",
    "clipPath",
    "mask",
    "pattern",
    "marker",
    "metadata",
    "namedview",
    "filter",
}
# elements that are looked at, clones each time: clones of clones show more things than there are
MOST_STEPS = 50_000
NOTHING = later("Select a bitmap (a photograph that you imported or linked), and try again.")
# Translators: "Object > Pattern > Pattern to Objects" is in Inkscape's menu: take its words there.
IN_PATTERN = later(
    "The bitmap is in a pattern that fills an object: select the object, choose Object > Pattern >"
    " Pattern to Objects, and try again."
)


class Link:
    """One element on the way from the document down to a bitmap, and the transform that it
    contributes.
    """

    def __init__(self, element: Any, transform: Transform) -> None:
        self.element = element
        self.transform = transform


class Photo:
    """A bitmap on the page.

    image: the ``<image>``.
    chain: links from below the root down to the image; where a clone is passed, the element that it
        shows follows it.
    owner: what stands on the page for the bitmap: the image, or its clone.
    """

    def __init__(self, chain: List[Link], owner: Any) -> None:
        self.chain = chain
        self.owner = owner
        self.image = chain[-1].element

    @property
    def id(self) -> str:
        return str(self.owner.get_id())

    @property
    def transform(self) -> Transform:
        """From the image's coordinates to the document's user units."""
        total = Transform()
        for link in self.chain:
            total = total @ link.transform
        return total

    @property
    def name(self) -> str:
        """For the layer's label: the object's label, the file's name, or the id."""
        for element in (self.owner, self.image):
            if element.get(LABEL):
                return str(element.get(LABEL))
        address = href(self.image)
        if not address or address.startswith("data:"):
            return self.id
        file_name = unquote(address).replace("\\", "/").rsplit("/", 1)[-1]
        return file_name.rsplit(".", 1)[0] or self.id

    @property
    def fingerprint(self) -> str:
        """Of the bitmap itself: ids are used again from document to document."""
        address = href(self.image) or ""
        if not address.startswith("data:"):
            address = address.replace("\\", "/").rsplit("/", 1)[-1]  # Inkscape rebases links
        return hashlib.sha256("".join(address.split()).encode()).hexdigest()[:32]

    def branch(self) -> Tuple[Any, Any]:
        """The layer (or root) that its sketch goes into, and the child of it that the sketch goes
        above.
        """
        elements = [link.element for link in self.chain]
        return branch_of(elements[: elements.index(self.owner) + 1])


def find_photos(svg: Any, ids: List[str]) -> List[Photo]:
    """The bitmaps meant by the selection, in the order of the page. Raises `Problem` when there is
    none.
    """
    selected = [element for element in (by_id(svg, one) for one in ids) if element is not None]
    if not selected:
        return [_only_photo(svg)]
    found: List[Photo] = []
    seen: Set[Tuple[int, ...]] = set()
    for element in selected:
        above = [
            Link(one, own_transform(one))
            for one in reversed(list(element.iterancestors()))
            if one is not svg
        ]
        for photo in _within_bounds(_at(element, above, None, Walk())):
            mark = tuple(id(link.element) for link in photo.chain)
            if mark not in seen:
                seen.add(mark)
                found.append(photo)
    if not found and show_bitmaps(selected):
        raise Problem(_(IN_PATTERN))
    if not found:
        nowhere = _("There is no bitmap in what is selected.")
        raise Problem(f"{nowhere} {_(NOTHING)}")
    order = {id(element): position for position, element in enumerate(svg.iter())}
    return sorted(found, key=lambda photo: order[id(photo.owner)])


def _only_photo(svg: Any) -> Photo:
    """What is meant where nothing is selected."""
    photos = list(_within_bounds(_below(svg, [], None, Walk())))
    if not photos and show_bitmaps([svg]):
        raise Problem(_(IN_PATTERN))
    if not photos:
        raise Problem(
            # Translators: "File > Import" is in Inkscape's menu: take its words there.
            _(
                "There is no bitmap in this document: import or paste a photograph (File > Import),"
                " select it, and try again."
            )
        )
    if len(photos) > 1:
        raise Problem(
            ngettext(
                "There is {count} bitmap in this document: select it, and try again.",
                "There are {count} bitmaps in this document: select the one to sketch, or several,"
                " and try again.",
                len(photos),
            ).format(count=len(photos))
        )
    return photos[0]


def _hidden(element: Any) -> bool:
    return stated(element, "display") == "none"


class Walk:
    """A way through a document. passed: the clones that it is in; steps: elements seen, which all
    ways from one place count together.
    """

    def __init__(
        self, passed: FrozenSet[int] = frozenset(), steps: Optional[Iterator[int]] = None
    ) -> None:
        self.passed = passed
        self.steps = itertools.count() if steps is None else steps

    def into(self, clone: Any) -> Walk:
        """On into what a clone shows."""
        return Walk(self.passed | {id(clone)}, self.steps)


def _within_bounds(photos: Iterator[Photo]) -> Iterator[Photo]:
    """What is found, unless groups lie too deep in each other. Raises `Problem`."""
    try:
        yield from photos
    except RecursionError:
        raise Problem(
            # Translators: "Object > Ungroup" is in Inkscape's menu: take its words there.
            _(
                "The groups in this document lie too deep in each other: ungroup some (Object >"
                " Ungroup), and try again."
            )
        ) from None


def _at(
    element: Any, above: List[Link], owner: Any, walk: Walk, clone: Any = None
) -> Iterator[Photo]:
    """The bitmaps that an element is, holds or shows. clone: what shows it. Raises `Problem`."""
    if next(walk.steps) > MOST_STEPS:
        raise Problem(
            _(
                "The clones in this document show too many things: select the bitmap itself, and"
                " try again."
            )
        )
    kind = tag(element)
    own = own_transform(element) if clone is None else cloned_transform(element, clone)
    chain = [*above, Link(element, own)]
    outermost = element if owner is None else owner
    if kind == "image":
        if href(element):
            yield Photo(chain, outermost)
    elif kind == "use":
        target = by_id(element, (href(element) or "").strip().lstrip("#"))
        if target is not None and id(element) not in walk.passed:
            yield from _at(target, chain, outermost, walk.into(element), clone=element)
    elif kind in ("g", "a", "switch", "svg", "symbol"):
        yield from _below(element, chain, owner, walk)


def _below(parent: Any, chain: List[Link], owner: Any, walk: Walk) -> Iterator[Photo]:
    for child in parent:
        if tag(child) not in UNSEEN and not _hidden(child):
            yield from _at(child, chain, owner, walk)
