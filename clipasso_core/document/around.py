"""What an element has from all that is around it, such as the transforms of its groups together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from lxml import etree

T = TypeVar("T")


class Around(Generic[T]):
    """A value that an element makes of the one that the element around it has.

    Found once for each element, so that a deep document takes no longer than a flat one; the
    document may not change meanwhile.
    """

    def __init__(self, outermost: T, own: Callable[[T, etree._Element], T]) -> None:
        """outermost: what is around the root. own: from the value around and an element, its."""
        self._outermost = outermost
        self._own = own
        self._known: dict[etree._Element, T] = {}

    def at(self, node: etree._Element) -> T:
        """The element's value."""
        way = []
        one: etree._Element | None = node
        while one is not None and one not in self._known:
            way.append(one)
            one = one.getparent()
        value = self._outermost if one is None else self._known[one]
        for inner in reversed(way):
            value = self._known[inner] = self._own(value, inner)
        return value
