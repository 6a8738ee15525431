"""Elements of the document: found by id, named, and given ids that nothing has yet."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from lxml import etree

from clipasso_ext.names import DEFS, GROUP, SKETCH, SOURCE, XLINK_HREF

_WITH_ID: Any = etree.XPath("//*[@id=$ident]")


def tag(element: Any) -> str:
    """The element's name without its namespace; empty for comments."""
    return element.tag.rsplit("}", 1)[-1] if isinstance(element.tag, str) else ""


def href(element: Any) -> Optional[str]:
    """The link of an image or clone, in the older or the newer spelling."""
    value: Optional[str] = element.get(XLINK_HREF)
    return element.get("href") if value is None else value


def by_id(inside: Any, ident: str) -> Any:
    """The element with that id in the document of another, or None. inkex 1.2 fails on ids with
    quotes.
    """
    return next(iter(_WITH_ID(inside, ident=ident)), None)


def sketches_of(svg: Any, ident: str) -> List[Any]:
    """The layers that were drawn over the bitmap with that id."""
    return [one for one in svg.iter(GROUP) if one.get(SKETCH) and one.get(SOURCE) == f"#{ident}"]


def prefixes(element: Any) -> Dict[Optional[str], str]:
    """The prefixes of an element's names, for others; without those of addresses that lxml reads
    and does not write.
    """
    return {prefix: address for prefix, address in element.nsmap.items() if _is_address(address)}


def _is_address(text: str) -> bool:
    try:
        etree.Element("any", nsmap={"any": text})
    except ValueError:
        return False
    return True


def defs_of(svg: Any) -> Any:
    """The document's definitions, made if there are none."""
    defs = svg.find(DEFS)
    if defs is None:
        defs = etree.Element(DEFS)
        svg.insert(0, defs)
    return defs


class FreshIds:
    """Ids that the document does not have yet."""

    def __init__(self, svg: Any) -> None:
        self._taken = {element.get("id") for element in svg.iter() if tag(element)}
        self._numbers: Dict[str, int] = {}  # below which none is free, by prefix

    def new(self, prefix: str) -> str:
        """``prefix-1``, or with the first number that is free."""
        number = self._numbers.get(prefix, 1)
        while f"{prefix}-{number}" in self._taken:
            number += 1
        self._numbers[prefix] = number + 1
        self._taken.add(f"{prefix}-{number}")
        return f"{prefix}-{number}"

    def free(self, ident: str) -> None:
        """That nothing has it any more."""
        self._taken.discard(ident)
        self._numbers.clear()

    def keep_or_new(self, ident: str) -> str:
        """The id itself where it is free."""
        if ident in self._taken:
            return self.new(ident)
        self._taken.add(ident)
        return ident
