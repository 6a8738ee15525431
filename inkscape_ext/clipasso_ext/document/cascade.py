"""What a document says about how an element looks, by its attributes and by style sheets, and how
to say something else.

Not by inkex's `specified_style`: it gives ids to elements that have none, and stops at a sheet that
it can't read.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple

from cssselect import SelectorError, parse
from lxml import etree

from clipasso_ext.document.selectors import Index, check
from clipasso_ext.names import STYLE_SHEET

COMMENT = re.compile(r"/\*.*?(\*/|$)", re.DOTALL)
# what holds for some media or imports: left out
AT_RULE = re.compile(r"@[^;{}]{0,1000}(?:;|\{(?:[^{}]|\{[^{}]*\})*\}|$)")
DECLARATION = re.compile(
    r"""(?:[^;"'(]|"[^"]*(?:"|$)|'[^']*(?:'|$)|\([^)]*(?:\)|$))+"""
)  # of a list of them
SAY_STEPS = 12  # looks at an element that it takes as long to say something about it


# whether it is important, kind of source, specificity: the highest one holds
Rank = Tuple[bool, int, Tuple[int, ...]]
Said = Dict[str, Tuple[Rank, str]]  # values by property


class Rule(NamedTuple):
    """A rule's selectors, as cssselect has them, and what it declares: value and whether it is
    important, by name.
    """

    selectors: List[Any]
    declared: Dict[str, Tuple[str, bool]]


def stated(element: Any, name: str) -> str:
    """What is said about a property of the element itself; empty for nothing."""
    found: List[Tuple[Rank, str]] = []
    found.append(((False, -1, ()), element.attrib.get(name) or ""))
    own = _declarations(element.attrib.get("style") or "")
    if name in own:
        value, important = own[name]
        found.append(((important, 1, ()), value))
    said = _said_by_sheets(element).get(element, {})
    if name in said:
        rank, value = said[name]
        found.append((rank, value))
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


def _said_by_sheets(element: Any) -> Dict[Any, Said]:
    """What the document's sheets say of which elements. Raises `Problem`."""
    texts = tuple(
        (sheet.text or "") + "".join(child.tail or "" for child in sheet)
        for sheet in style_sheets(element)
        if (sheet.attrib.get("media") or "all").strip() in ("all", "screen")
    )
    return _said(element.getroottree().getroot(), texts) if texts else {}


@lru_cache(maxsize=4)  # a document, copies of it for the engine
def _said(root: Any, texts: Tuple[str, ...]) -> Dict[Any, Said]:
    """See `_said_by_sheets`. Found once: elements that come later have what their attributes
    say.
    """
    index = Index(root)
    said: Dict[Any, Said] = {}
    for rule in (rule for text in texts for rule in _rules(text)):
        for selector in rule.selectors:
            _take(index, said, rule, selector)
    return said


def _take(index: Index, said: Dict[Any, Said], rule: Rule, selector: Any) -> None:
    """Add what a rule says of the elements that one of its selectors means. Raises `Problem`."""
    try:
        elements = index.matching(selector.parsed_tree)
    except (SelectorError, etree.XPathError, ValueError, RecursionError):
        return
    index.spend(len(elements) * len(rule.declared) * SAY_STEPS)
    specificity = tuple(selector.specificity())
    for element in elements:
        of_element = said.setdefault(element, {})
        for name, (value, important) in rule.declared.items():
            rank: Rank = (important, 0, specificity)
            if name not in of_element or of_element[name][0] <= rank:
                of_element[name] = (rank, value)


@lru_cache(maxsize=8)
def _rules(text: str) -> List[Rule]:
    """The rules of a sheet; those that make no sense are left out."""
    found: List[Rule] = []
    for block in AT_RULE.sub("", COMMENT.sub("", text)).split("}"):
        selectors, _, content = block.rpartition("{")
        try:
            parsed = [one for one in parse(selectors) if one.pseudo_element is None]
            for one in parsed:
                check(one)
            declared = _declarations(content)
        except (SelectorError, etree.XPathError, ValueError, RecursionError):
            continue
        if declared:
            found.append(Rule(parsed, declared))
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
