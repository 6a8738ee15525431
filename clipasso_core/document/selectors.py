"""Which elements of a document a selector means.

Each part of a selector is looked for once in the whole document, from left to right: an XPath of
the whole of it would look again and again, at six siblings in a row hundreds of times at each.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable
from typing import Any

from cssselect import GenericTranslator
from cssselect.parser import (
    Attrib,
    Class,
    CombinedSelector,
    Hash,
    Matching,
    Negation,
    Pseudo,
    Relation,
    SpecificityAdjustment,
)
from cssselect.parser import Element as TypeSelector
from cssselect.xpath import XPathExpr
from lxml import etree

from clipasso_core.errors import UserError

MOST_STEPS = 25_000_000  # looks at an element: two seconds
TEST_STEPS = 50  # that asking XPath about one element takes
NEIGHBOURS_A_STEP = 4  # that XPath counts meanwhile
NOBODY: frozenset[etree._Element] = frozenset()

Elements = set[etree._Element] | frozenset[etree._Element]


def check(selector: Any) -> None:
    """Raise SelectorError, XPathError or ValueError for what cssselect does not know."""
    etree.XPath(_Translator().selector_to_xpath(selector))


class Index:
    """A document's elements by what selectors name."""

    def __init__(self, root: etree._Element) -> None:
        self._all: set[etree._Element] = set()
        self._types: dict[str, set[etree._Element]] = {}
        self._classes: dict[str, set[etree._Element]] = {}
        self._ids: dict[str, set[etree._Element]] = {}
        self._steps_left = MOST_STEPS
        for node in root.iter("*"):
            self._all.add(node)
            self._types.setdefault(etree.QName(node).localname, set()).add(node)
            for name in (node.get("class") or "").split():
                self._classes.setdefault(name, set()).add(node)
            self._ids.setdefault(node.get("id") or "", set()).add(node)

    def matching(self, tree: Any) -> Elements:
        """The elements that a parsed selector of cssselect's means.

        Raises `UserError` when the document's selectors take too long, and ValueError and others
        for what is no selector.
        """
        if isinstance(tree, CombinedSelector):
            return self._combined(tree)
        if isinstance(tree, TypeSelector):
            return self._types.get(tree.element, NOBODY) if tree.element else self._all
        around = self.matching(tree.selector)
        if isinstance(tree, Class):
            return self._both(around, self._classes.get(tree.class_name, NOBODY))
        if isinstance(tree, Hash):
            return self._both(around, self._ids.get(tree.id, NOBODY))
        if isinstance(tree, Negation):
            return self._count(around) - self._count(self.matching(tree.subselector))
        if isinstance(tree, (Matching, SpecificityAdjustment)):
            meant = [self._count(self.matching(one)) for one in tree.selector_list]
            return self._both(around, set().union(*meant))
        return self._tested(around, tree)

    def spend(self, steps: float) -> None:
        """Count work. Raises `UserError` when it is too much."""
        self._steps_left -= int(steps)
        if self._steps_left < 0:
            raise UserError(
                "bad-sketch",
                "the document's style sheets have too many selectors for so many elements: save it"
                " with style attributes instead of a sheet",
            )

    def _count(self, elements: Elements) -> Elements:
        self.spend(len(elements))
        return elements

    def _both(self, some: Elements, others: Elements) -> Elements:
        self.spend(min(len(some), len(others)))
        return some & others

    def _combined(self, tree: Any) -> Elements:
        parts = []
        while isinstance(tree, CombinedSelector):
            parts.append((tree.combinator, tree.subselector))
            tree = tree.selector
        found = self.matching(tree)
        for combinator, compound in reversed(parts):
            if not found:
                break
            candidates = self._count(self.matching(compound))
            found = self._led_to(candidates, found, combinator)
        return found

    def _led_to(self, candidates: Elements, found: Elements, combinator: str) -> Elements:
        """The candidates that a combinator leads to from those found."""
        back = _parent if combinator in (" ", ">") else _before
        if combinator in (">", "+"):
            return {one for one in candidates if back(one) in found}
        known: dict[etree._Element | None, bool] = {None: False}
        return {one for one in candidates if self._is_behind(one, found, back, known)}

    def _is_behind(
        self,
        element: etree._Element,
        found: Elements,
        back: Callable[[etree._Element], etree._Element | None],
        known: dict[etree._Element | None, bool],
    ) -> bool:
        """Whether steps back lead to one of those found. known: of elements, themselves aside."""
        passed = []
        one: etree._Element | None = element
        while one is not None and one not in known:
            passed.append(one)
            one = back(one)
            if one in found:
                break
        answer = one in found or known[one]
        for place in passed:
            known[place] = answer
        self.spend(len(passed))
        return answer

    def _tested(self, candidates: Elements, tree: Any) -> Elements:
        """Those that the last part of a compound selector fits."""
        if isinstance(tree, Pseudo) and tree.ident in PLACES:
            is_there = PLACES[tree.ident]
            return {one for one in self._count(candidates) if is_there(one)}
        if isinstance(tree, Relation) and "CombinedSelector[" in repr(tree):
            raise ValueError("parts in a row within :has() are looked for in no time that is known")
        alone = copy.copy(tree)
        alone.selector = TypeSelector()
        fits = etree.XPath(f"self::{_Translator().xpath(alone)}")
        self.spend(self._test_steps(candidates, tree))
        return {one for one in candidates if fits(one)}

    def _test_steps(self, candidates: Elements, tree: Any) -> float:
        """How long XPath takes; it counts neighbours anew for each element."""
        if isinstance(tree, Attrib):
            return len(candidates) * TEST_STEPS
        if isinstance(tree, Relation):
            return len(candidates) * (TEST_STEPS + len(self._all))
        parents = Counter(one.getparent() for one in candidates)
        neighbours = {one: 1 if one is None else len(one) for one in parents}
        return sum(
            count * (TEST_STEPS + neighbours[one] / NEIGHBOURS_A_STEP)
            for one, count in parents.items()
        )


class _Translator(GenericTranslator):
    """To XPath, with types that are found in any namespace, as in a sheet that declares none."""

    def xpath_element(self, selector: TypeSelector) -> XPathExpr:
        expression = self.xpathexpr_cls()
        if selector.element:
            expression.add_condition(f"local-name() = {self.xpath_literal(selector.element)}")
        return expression


def _parent(element: etree._Element) -> etree._Element | None:
    return element.getparent()


def _before(element: etree._Element) -> etree._Element | None:
    return next(element.itersiblings("*", preceding=True), None)


def _behind(element: etree._Element) -> etree._Element | None:
    return next(element.itersiblings("*"), None)


# pseudo-classes that neighbours tell
PLACES: dict[str, Callable[[etree._Element], bool]] = {
    "first-child": lambda one: _before(one) is None,
    "last-child": lambda one: _behind(one) is None,
    "only-child": lambda one: _before(one) is None and _behind(one) is None,
}
