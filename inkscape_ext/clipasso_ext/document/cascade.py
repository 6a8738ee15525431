"""What a document says about how an element looks: by its attributes and by style sheets.

Not by inkex's `specified_style`: it gives ids to elements that have none, and stops at a sheet that
it can't read.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice
from typing import Any, Dict, Iterator, List, NamedTuple, Tuple

from cssselect import GenericTranslator, SelectorError, parse
from cssselect.parser import CombinedSelector
from lxml import etree

STYLE = "{http://www.w3.org/2000/svg}style"
COMMENT = re.compile(r"/\*.*?(\*/|$)", re.DOTALL)
# what holds for some media or imports: left out
AT_RULE = re.compile(r"@[^;{}]*(?:;|\{(?:[^{}]|\{[^{}]*\})*\}|$)")
PARTS = re.compile(r"""(?:[^;"'(]|"[^"]*"|'[^']*'|\([^)]*\)|["'(])+""")  # of a list of declarations


class Rule(NamedTuple):
    """One selector, how specific it is, and what it declares: value and whether it is important, by
    name.
    """

    selector: Any
    specificity: Tuple[int, ...]
    declared: Dict[str, Tuple[str, bool]]


def stated(element: Any, name: str) -> str:
    """What is said about a property of the element itself; empty for nothing."""
    found = [((False, -1, ()), element.attrib.get(name) or "")]
    value, important = _declarations(element.attrib.get("style") or "").get(name, ("", False))
    if value:
        found.append(((important, 1, ()), value))
    for rule in _sheets(element):
        if name in rule.declared and _fits(element, rule.selector):
            value, important = rule.declared[name]
            found.append(((important, 0, rule.specificity), value))
    best = max(rank for rank, _ in found)
    return [value for rank, value in found if rank == best][-1].strip()


def inherited(element: Any, name: str) -> str:
    """What is said about a property of the element or of the nearest around it; empty for
    nothing.
    """
    for one in (element, *element.iterancestors()):
        value = stated(one, name)
        if value and value != "inherit":
            return value
    return ""


def sheets_of(element: Any) -> Iterator[Any]:
    """The style sheets of an element's document."""
    return element.getroottree().getroot().iter(STYLE)


def _sheets(element: Any) -> Iterator[Rule]:
    for sheet in sheets_of(element):
        if (sheet.attrib.get("media") or "all").strip() in ("all", "screen"):
            yield from _rules((sheet.text or "") + "".join(child.tail or "" for child in sheet))


@lru_cache(maxsize=8)
def _rules(text: str) -> List[Rule]:
    """The rules of a sheet; those that make no sense are left out."""
    found = []
    for block in AT_RULE.sub("", COMMENT.sub("", text)).split("}"):
        selectors, _, content = block.rpartition("{")
        try:
            parsed = [one for one in parse(selectors) if one.pseudo_element is None]
            declared = _declarations(content)
            found += [
                Rule(_compiled(one.parsed_tree), one.specificity(), declared) for one in parsed
            ]
        except (SelectorError, etree.XPathError, ValueError, RecursionError):
            continue
    return found


def _declarations(text: str) -> Dict[str, Tuple[str, bool]]:
    found: Dict[str, Tuple[str, bool]] = {}
    for part in PARTS.findall(text):
        name, _, value = part.partition(":")
        name, (value, mark, _) = name.strip().lower(), value.partition("!")
        if value.strip() and (mark or not found.get(name, ("", False))[1]):
            found[name] = (value.strip(), bool(mark))
    return found


class _Translator(GenericTranslator):
    """To XPath, with element names of any namespace."""

    def xpath_element(self, selector: Any) -> Any:
        expression = self.xpathexpr_cls()
        if selector.element:
            expression.add_condition("local-name() = %s" % self.xpath_literal(selector.element))
        return expression


def _compiled(tree: Any, most: int = 50) -> Any:
    """An XPath that finds the element itself if it fits, and for combined selectors (left,
    combinator, right).

    Raises ValueError for more of these in each other than anyone writes.
    """
    if not most:
        raise ValueError
    if isinstance(tree, CombinedSelector):
        return (
            _compiled(tree.selector, most - 1),
            tree.combinator,
            _compiled(tree.subselector, most - 1),
        )
    return etree.XPath("self::%s" % _Translator().xpath(tree))


def _fits(element: Any, selector: Any) -> bool:
    if not isinstance(selector, tuple):
        return bool(selector(element))
    left, combinator, right = selector
    if not _fits(element, right):
        return False
    around = (
        element.iterancestors()
        if combinator in (" ", ">")
        else element.itersiblings("*", preceding=True)
    )
    return any(
        _fits(one, left) for one in (islice(around, 1) if combinator in (">", "+") else around)
    )
