"""What a document says about how an element looks, by its attributes and by style sheets, and how
to say something else.

Not by inkex's `specified_style`: it gives ids to elements that have none, and stops at a sheet that
it can't read.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple

from cssselect import GenericTranslator, SelectorError, parse
from cssselect.parser import CombinedSelector
from lxml import etree

from clipasso_ext.names import STYLE_SHEET

COMMENT = re.compile(r"/\*.*?(\*/|$)", re.DOTALL)
# what holds for some media or imports: left out
AT_RULE = re.compile(r"@[^;{}]*(?:;|\{(?:[^{}]|\{[^{}]*\})*\}|$)")
DECLARATION = re.compile(r"""(?:[^;"'(]|"[^"]*"|'[^']*'|\([^)]*\)|["'(])+""")  # of a list of them
MAX_COMBINED = 50  # selectors in each other, more than anyone writes


class Rule(NamedTuple):
    """One selector, how specific it is, and what it declares: value and whether it is important, by
    name.
    """

    selector: Any
    specificity: Tuple[int, ...]
    declared: Dict[str, Tuple[str, bool]]


def stated(element: Any, name: str) -> str:
    """What is said about a property of the element itself; empty for nothing."""
    # (whether it is important, kind of source, specificity) and value; the highest one holds
    found: List[Tuple[Tuple[bool, int, Tuple[int, ...]], str]] = []
    found.append(((False, -1, ()), element.attrib.get(name) or ""))
    own = _declarations(element.attrib.get("style") or "")
    if name in own:
        value, important = own[name]
        found.append(((important, 1, ()), value))
    for rule in _rules_of_document(element):
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


def declare(element: Any, name: str, value: Optional[str]) -> None:
    """Set a property in an element's style; None takes it away."""
    said = DECLARATION.findall(element.attrib.get("style") or "")
    parts = [
        part for part in said if part.strip() and part.partition(":")[0].strip().lower() != name
    ]
    if value is not None:
        parts.append(f"{name}:{value}")
    if parts:
        # set() of inkex would rewrite it, without !important
        element.attrib["style"] = ";".join(parts).strip()
    else:
        element.attrib.pop("style", None)


def style_sheets(element: Any) -> Iterator[Any]:
    """The style sheets of an element's document."""
    yield from element.getroottree().getroot().iter(STYLE_SHEET)


def _rules_of_document(element: Any) -> Iterator[Rule]:
    for sheet in style_sheets(element):
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
    """Value and whether it is important, by name; of several, the last important one, else the
    last.
    """
    found: Dict[str, Tuple[str, bool]] = {}
    for part in DECLARATION.findall(text):
        written_name, _, rest = part.partition(":")
        name = written_name.strip().lower()
        value, mark, _ = rest.partition("!")
        if value.strip() and (mark or not found.get(name, ("", False))[1]):
            found[name] = (value.strip(), bool(mark))
    return found


class _Translator(GenericTranslator):
    """To XPath, with element names of any namespace."""

    def xpath_element(self, selector: Any) -> Any:
        expression: Any = self.xpathexpr_cls()
        if selector.element:
            expression.add_condition("local-name() = %s" % self.xpath_literal(selector.element))
        return expression


def _compiled(tree: Any, most: int = MAX_COMBINED) -> Any:
    """An XPath that finds the element itself if it fits, and for combined selectors (left,
    combinator, right).

    Raises ValueError for more than `most` of these in each other.
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
    if combinator in (" ", ">"):
        around = element.iterancestors()
    else:
        around = element.itersiblings("*", preceding=True)
    nearest_only = combinator in (">", "+")
    return any(_fits(one, left) for one in (islice(around, 1) if nearest_only else around))
