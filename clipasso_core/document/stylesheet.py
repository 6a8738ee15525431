"""CSS in an SVG document: what style sheets, style attributes and presentation attributes say about
an element together.

As a browser has it (CSS Cascade 4, SVG 2 section 6), for the properties that say how a path is
painted. What can't be understood is left out, be it a declaration or a sheet; the rest counts.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import Any

import tinycss2
from cssselect import SelectorError
from cssselect import parse as parse_selectors
from lxml import etree
from tinycss2.color4 import parse_color

from clipasso_core.document.around import Around
from clipasso_core.document.attributes import LONGEST_NUMBER
from clipasso_core.document.selectors import Elements, Index, check

SHEETS = ("{http://www.w3.org/2000/svg}style", "{http://www.w3.org/1999/xhtml}style")
SAY_STEPS = 12  # looks at an element that it takes as long to say something about it
SCREEN = ("", "all", "screen")  # media whose rules count
PARENTS = ("inherit",)
# as if nothing were said: a person's or a browser's own sheets don't paint SVG
NOTHING = ("unset", "revert", "revert-layer")
# of a style attribute: semicolons within an address stay
PARTS = re.compile(r"""(?:[^;"'(]|"[^"]*(?:"|$)|'[^']*(?:'|$)|\([^)]*(?:\)|$))+""")

LONG_NUMBERS = re.compile(rf"[0-9]{{{LONGEST_NUMBER + 1},}}")
NUMBERS = ("number", "percentage", "dimension")  # tinycss2's kinds of them

Tokens = list[Any]  # tinycss2's
Rank = tuple[Any, ...]  # of a declaration: the highest wins
Said = dict[str, tuple[Rank, str]]  # values by property
UNSAID: tuple[Rank, str] = ((False, 0), "")


@dataclass(frozen=True)
class Property:
    """A property that says how something is painted."""

    initial: str  # without any word about it
    inherited: bool  # whether it is the parent's then
    takes: Callable[[Tokens], bool]  # whether that is a value for it


class Cascade:
    """The styles of a document.

    Sheets are read and matched once, attributes whenever they are asked for: they may change, and
    elements may come, which then have what their attributes say.
    """

    def __init__(self, root: etree._Element) -> None:
        """Raises `UserError` for sheets that take too long."""
        self._attributes: dict[str, Said] = {}  # by a style attribute's text
        self._presented: dict[tuple[str, str], str] = {}  # by a presentation attribute and its text
        self._kept: _Found | None = None
        self._sheets: dict[etree._Element, Said] = {}
        index: Index | None = None
        for order, rule in enumerate(_rules(root)):
            said = _said(_declarations(rule.content))
            if said:
                index = index or Index(root)
                for selector in _selectors(rule):
                    self._take(index, said, selector, order)

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Within, no attribute changes: what elements have is found once for each."""
        self._kept = _Found(self)
        try:
            yield
        finally:
            self._kept = None

    def stated(self, node: etree._Element, name: str) -> str:
        """What the document says about a property of this very element; empty for nothing."""
        sources = (self._sheets.get(node, {}), self._attribute(node))
        found = [said[name] for said in sources if name in said]
        attribute = node.get(name)
        if attribute:
            value = self._presentation(name, attribute)
            if value:
                found.append(((False, 0), value))
        return max(found)[1] if found else ""

    def value(self, node: etree._Element, name: str) -> str:
        """The property as the element has it, with ``inherit`` and its like resolved."""
        known = PROPERTIES[name]
        kept = {} if self._kept is None else self._kept.values[name]
        value = known.initial
        inheriting: list[etree._Element] = []
        for one in chain((node,), node.iterancestors()):
            if one in kept:
                value = kept[one]
                break
            inheriting.append(one)
            text = self.stated(one, name)
            word = text.lower()
            if word not in ("", "initial", *PARENTS, *NOTHING):
                value = text
                break
            if word == "initial" or (word not in PARENTS and not known.inherited):
                break
        kept.update(dict.fromkeys(inheriting, value))
        return value

    def paint(self, node: etree._Element, name: str) -> str:
        """``fill`` or ``stroke``, with ``currentColor`` resolved."""
        value = self.value(node, name)
        if value.lower() == "currentcolor":
            value = self.value(node, "color")
        return "black" if value.lower() == "currentcolor" else value

    def opacity(self, node: etree._Element) -> float:
        """Of an element and all around it: they multiply."""
        return (self._kept or _Found(self)).opacity.at(node)

    def is_seen(self, node: etree._Element) -> bool:
        """Whether no ``display`` and no ``visibility`` hides it."""
        if self.value(node, "visibility").lower() != "visible":
            return False
        return (self._kept or _Found(self)).displayed.at(node)

    def is_displayed(self, node: etree._Element) -> bool:
        """Whether its own ``display`` does not hide it."""
        return self.value(node, "display").lower() != "none"

    def _attribute(self, node: etree._Element) -> Said:
        text = node.get("style") or ""
        if text not in self._attributes:
            self._attributes[text] = {
                name: ((important, 2), value)
                for name, (value, important) in _said(_declarations(text)).items()
            }
        return self._attributes[text]

    def _presentation(self, name: str, attribute: str) -> str:
        """A presentation attribute's value; empty for one that makes no sense."""
        key = name, attribute
        if key not in self._presented:
            tokens = tinycss2.parse_component_value_list(_readable(attribute))
            self._presented[key] = _text(tokens) if _is_valid(name, tokens) else ""
        return self._presented[key]

    def _take(
        self, index: Index, said: dict[str, tuple[str, bool]], selector: Any, order: int
    ) -> None:
        try:
            nodes: Elements = index.matching(selector.parsed_tree)
        except (SelectorError, etree.XPathError, ValueError, RecursionError):
            return
        index.spend(len(nodes) * len(said) * SAY_STEPS)
        specificity = selector.specificity()
        for node in nodes:
            of_node = self._sheets.setdefault(node, {})
            for name, (value, important) in said.items():
                rank = (important, 1, specificity, order)
                of_node[name] = max(of_node.get(name, UNSAID), (rank, value))


class _Found:
    """What elements were found to have: their properties, and what they have from around."""

    def __init__(self, styles: Cascade) -> None:
        self.values: dict[str, dict[etree._Element, str]] = {name: {} for name in PROPERTIES}
        self.opacity = Around(1.0, lambda whole, one: whole * share(styles.value(one, "opacity")))
        self.displayed = Around(True, lambda around, one: around and styles.is_displayed(one))


def color(paint: str) -> tuple[float, float, float, float] | None:
    """Red, green, blue and alpha of a colour, 0 to 1.

    None for a gradient, a pattern, or a space that has no easy way to sRGB.
    """
    if paint.lower() == "none":
        return 0.0, 0.0, 0.0, 0.0
    tokens = _significant(tinycss2.parse_component_value_list(_readable(paint)))
    found = _color(tokens[0]) if tokens else None
    if found is None or isinstance(found, str):
        return None
    try:
        red, green, blue, alpha = (min(max(float(one), 0.0), 1.0) for one in found.to("srgb"))
    except NotImplementedError:
        return None
    return red, green, blue, alpha


def share(text: str) -> float:
    """An opacity, ``0.5`` or ``50%``, as a number from 0 to 1."""
    number = float(text[:-1]) / 100 if text.endswith("%") else float(text)
    return min(max(number, 0.0), 1.0)


def declare(node: etree._Element, name: str, value: str | None) -> None:
    """Set a property in an element's style attribute; the rest stays as written.

    None takes it away, and the presentation attribute.
    """
    parts = [part for part in PARTS.findall(node.get("style") or "") if part.strip()]
    kept = [part for part in parts if part.partition(":")[0].strip().lower() != name]
    if value is None:
        node.attrib.pop(name, None)
        if len(kept) == len(parts):
            return
    else:
        kept.append(f"{name}:{value}")
    if kept:
        node.set("style", ";".join(kept))
    else:
        node.attrib.pop("style", None)


# Which values a property takes


def _significant(tokens: Tokens) -> Tokens:
    return [token for token in tokens if token.type not in ("whitespace", "comment")]


def _text(tokens: Tokens) -> str:
    said = [token for token in tokens if token.type != "comment"]
    try:
        return str(tinycss2.serialize(said)).strip()
    except RecursionError:  # brackets nested deeper than anyone writes them
        return ""


def _color(token: Any) -> Any:
    """A tinycss2 colour, ``currentcolor``, or None."""
    try:
        return parse_color(token)
    except (ValueError, ArithmeticError, LookupError, TypeError, AssertionError):
        return None


def _takes_paint(tokens: Tokens) -> bool:
    first = tokens[0]
    if first.type == "ident" and first.lower_value in ("none", "context-fill", "context-stroke"):
        return len(tokens) == 1
    address = first.type == "url" or (first.type == "function" and first.lower_name == "url")
    # followed by a fallback, or by SVG 1.1's icc-color()
    return address or _color(first) is not None


def _takes_color(tokens: Tokens) -> bool:
    return len(tokens) == 1 and _color(tokens[0]) is not None


def _takes_share(tokens: Tokens) -> bool:
    return len(tokens) == 1 and tokens[0].type in ("number", "percentage")


def _takes_length(tokens: Tokens) -> bool:
    return len(tokens) == 1 and tokens[0].type in NUMBERS and bool(tokens[0].value >= 0)


def _takes_numbers(tokens: Tokens) -> bool:
    numbers = all(token.type in NUMBERS or token == "," for token in tokens)
    return numbers or _takes_word(tokens)


def _takes_word(tokens: Tokens) -> bool:
    return len(tokens) == 1 and tokens[0].type == "ident"


PROPERTIES = {
    "fill": Property("black", True, _takes_paint),
    "fill-opacity": Property("1", True, _takes_share),
    "stroke": Property("none", True, _takes_paint),
    "stroke-opacity": Property("1", True, _takes_share),
    "stroke-width": Property("1", True, _takes_length),
    "stroke-linecap": Property("butt", True, _takes_word),
    "stroke-linejoin": Property("miter", True, _takes_word),
    "stroke-miterlimit": Property("4", True, _takes_share),
    "stroke-dasharray": Property("none", True, _takes_numbers),
    "stroke-dashoffset": Property("0", True, _takes_numbers),
    "color": Property("black", True, _takes_color),
    "visibility": Property("visible", True, _takes_word),
    "display": Property("inline", False, _takes_word),
    "opacity": Property("1", False, _takes_share),
}


def _is_valid(name: str, value: Tokens) -> bool:
    tokens = _significant(value)
    if name not in PROPERTIES or not tokens:
        return False
    if _takes_word(tokens) and tokens[0].lower_value in ("initial", *PARENTS, *NOTHING):
        return True
    return PROPERTIES[name].takes(tokens)


# Reading sheets


def _rules(root: etree._Element) -> Iterator[Any]:
    """All rules of a document, in order."""
    for sheet in root.iter(*SHEETS):
        is_css = sheet.get("type", "text/css").strip().lower() in ("", "text/css")
        if not is_css or not _is_for_screen(sheet.get("media") or ""):
            continue
        # without what is commented out
        text = (sheet.text or "") + "".join(child.tail or "" for child in sheet)
        sheet_rules = tinycss2.parse_stylesheet(
            _readable(text), skip_comments=True, skip_whitespace=True
        )
        yield from _flat(sheet_rules)


def _said(declarations: Iterator[tuple[str, str, bool]]) -> dict[str, tuple[str, bool]]:
    """Value and importance by name: of several the last important one, else the last."""
    said: dict[str, tuple[str, bool]] = {}
    for name, value, important in declarations:
        if important or not said.get(name, ("", False))[1]:
            said[name] = (value, important)
    return said


def _readable(text: str) -> str:
    """CSS without numbers of more digits than Python reads: a word in their place is no value."""
    return LONG_NUMBERS.sub("too-long", text)


def _flat(rules: Tokens) -> Iterator[Any]:
    waiting = deque(rules)
    while waiting:
        rule = waiting.popleft()
        if rule.type == "qualified-rule":
            yield rule
        elif _is_met(rule):
            inner = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
            waiting.extendleft(reversed(inner))


def _is_met(rule: Any) -> bool:
    """Whether it is a media rule that holds rules for a screen."""
    if rule.type != "at-rule" or rule.lower_at_keyword != "media" or not rule.content:
        return False
    return _is_for_screen(_text(rule.prelude))


def _is_for_screen(media: str) -> bool:
    """Media with conditions, on a window's width for instance, are not met: there is no window."""
    return any(one.strip().lower() in SCREEN for one in media.split(","))


def _declarations(content: str | Tokens) -> Iterator[tuple[str, str, bool]]:
    """Name, value and importance of what is declared validly about known properties."""
    content = _readable(content) if isinstance(content, str) else content
    for one in tinycss2.parse_declaration_list(content, skip_comments=True, skip_whitespace=True):
        if one.type == "declaration" and _is_valid(one.lower_name, one.value):
            yield one.lower_name, _text(one.value), bool(one.important)


def _selectors(rule: Any) -> list[Any]:
    """A rule's selectors; none at all if one of them is no selector, as a browser has it."""
    try:
        parsed = parse_selectors(_text(rule.prelude))
        selectors = [one for one in parsed if one.pseudo_element is None]
        for one in selectors:
            check(one)
    except (SelectorError, etree.XPathError, ValueError, RecursionError):
        return []
    return selectors
