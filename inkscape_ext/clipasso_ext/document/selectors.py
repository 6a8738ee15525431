"""Which elements of a document a selector means.

Each part of a selector is looked for once in the whole document, from left to right: to look again
and again from each element takes minutes where six siblings are named in a row. The engine does it
in the same way.
"""

from __future__ import annotations

import copy
from typing import Any, Callable, Dict, FrozenSet, Optional, Set, Union

from cssselect import GenericTranslator, parser
from lxml import etree

from clipasso_ext.document.elements import tag
from clipasso_ext.problem import Problem
from clipasso_ext.words import _

MOST_STEPS = 25_000_000  # looks at an element: two seconds
TEST_STEPS = 50  # that asking XPath about one element takes
NEIGHBOURS_A_STEP = 4  # that XPath counts meanwhile

# :is() and :where(), :has(): kinds of selector that cssselect before 1.2 has not
MATCHING = tuple(
    getattr(parser, name) for name in ("Matching", "SpecificityAdjustment") if hasattr(parser, name)
)
RELATION: Any = getattr(parser, "Relation", ())

Elements = Union[Set[Any], FrozenSet[Any]]
NOBODY: FrozenSet[Any] = frozenset()


class Index:
    """A document's elements by what selectors name."""

    def __init__(self, root: Any) -> None:
        self._all: Set[Any] = set()
        self._types: Dict[str, Set[Any]] = {}
        self._classes: Dict[str, Set[Any]] = {}
        self._ids: Dict[str, Set[Any]] = {}
        self._steps_left = MOST_STEPS
        for element in root.iter("*"):
            self._all.add(element)
            self._types.setdefault(tag(element), set()).add(element)
            for name in (element.attrib.get("class") or "").split():
                self._classes.setdefault(name, set()).add(element)
            self._ids.setdefault(element.attrib.get("id") or "", set()).add(element)

    def matching(self, tree: Any) -> Elements:
        """The elements that a parsed selector of cssselect's means.

        Raises `Problem` when the document's selectors take too long, and ValueError and others for
        what is no selector.
        """
        if isinstance(tree, parser.CombinedSelector):
            return self._combined(tree)
        if isinstance(tree, parser.Element):
            return self._types.get(tree.element, NOBODY) if tree.element else self._all
        around = self.matching(tree.selector)
        if isinstance(tree, parser.Class):
            return self._both(around, self._classes.get(tree.class_name, NOBODY))
        if isinstance(tree, parser.Hash):
            return self._both(around, self._ids.get(tree.id, NOBODY))
        if isinstance(tree, parser.Negation):
            return self._count(around) - self._count(self.matching(tree.subselector))
        if isinstance(tree, MATCHING):
            meant = [self._count(self.matching(one)) for one in tree.selector_list]
            return self._both(around, set().union(*meant))
        return self._tested(around, tree)

    def spend(self, steps: float) -> None:
        """Count work. Raises `Problem` when it is too much."""
        self._steps_left -= int(steps)
        if self._steps_left < 0:
            raise Problem(
                _(
                    "The document's style sheets have too many selectors for so many elements: save"
                    " it with style attributes instead of a sheet, and try again."
                )
            )

    def _count(self, elements: Elements) -> Elements:
        self.spend(len(elements))
        return elements

    def _both(self, some: Elements, others: Elements) -> Elements:
        self.spend(min(len(some), len(others)))
        return some & others

    def _combined(self, tree: Any) -> Elements:
        parts = []
        while isinstance(tree, parser.CombinedSelector):
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
        known: Dict[Any, bool] = {None: False}
        return {one for one in candidates if self._is_behind(one, found, back, known)}

    def _is_behind(
        self,
        element: Any,
        found: Elements,
        back: Callable[[Any], Any],
        known: Dict[Any, bool],
    ) -> bool:
        """Whether steps back lead to one of those found. known: of elements, themselves aside."""
        passed = []
        one: Optional[Any] = element
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
        if isinstance(tree, parser.Pseudo) and tree.ident in PLACES:
            is_there = PLACES[tree.ident]
            return {one for one in self._count(candidates) if is_there(one)}
        if isinstance(tree, RELATION) and "CombinedSelector[" in repr(tree):
            raise ValueError("parts in a row within :has() are looked for in no time that is known")
        alone = copy.copy(tree)
        alone.selector = parser.Element()
        fits = etree.XPath("self::%s" % _Translator().xpath(alone))
        self.spend(self._test_steps(candidates, tree))
        return {one for one in candidates if fits(one)}

    def _test_steps(self, candidates: Elements, tree: Any) -> float:
        """How long XPath takes; it counts neighbours anew for each element."""
        if isinstance(tree, parser.Attrib):
            return len(candidates) * TEST_STEPS
        if isinstance(tree, RELATION):
            return len(candidates) * (TEST_STEPS + len(self._all))
        parents = [one.getparent() for one in candidates]
        neighbours = {one: 1 if one is None else len(one) for one in set(parents)}
        return sum(TEST_STEPS + neighbours[one] / NEIGHBOURS_A_STEP for one in parents)


def check(selector: Any) -> None:
    """Raise SelectorError, XPathError or ValueError for what cssselect does not know."""
    etree.XPath(_Translator().selector_to_xpath(selector))


class _Translator(GenericTranslator):
    """To XPath, with element names of any namespace."""

    def xpath_element(self, selector: Any) -> Any:
        expression: Any = self.xpathexpr_cls()
        if selector.element:
            expression.add_condition("local-name() = %s" % self.xpath_literal(selector.element))
        return expression


def _parent(element: Any) -> Any:
    return element.getparent()


def _before(element: Any) -> Any:
    return next(element.itersiblings("*", preceding=True), None)


def _behind(element: Any) -> Any:
    return next(element.itersiblings("*"), None)


# pseudo-classes that neighbours tell
PLACES: Dict[str, Callable[[Any], bool]] = {
    "first-child": lambda one: _before(one) is None,
    "last-child": lambda one: _behind(one) is None,
    "only-child": lambda one: _before(one) is None and _behind(one) is None,
}
