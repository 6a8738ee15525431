"""Style sheets, style attributes and presentation attributes come together as in a browser.

A broken sheet harms nothing.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from clipasso_core.document.stylesheet import PROPERTIES, Cascade, color, declare, share

SVG = "http://www.w3.org/2000/svg"


def read(body: str) -> etree._Element:
    return etree.fromstring(f'<svg xmlns="{SVG}">{body}</svg>', etree.XMLParser(strip_cdata=False))


def element(root: etree._Element, ident: str) -> etree._Element:
    found = root.find(f".//*[@id='{ident}']")
    assert found is not None
    return found


def value(body: str, name: str = "stroke") -> str:
    """The property of the element x."""
    root = read(body)
    return Cascade(root).value(element(root, "x"), name)


def styled(css: str, attributes: str = 'class="a b"', name: str = "stroke") -> str:
    """The property of a path in two groups, with that sheet."""
    sheet = f"<style><![CDATA[{css}]]></style>"
    paths = f'<path/><path id="x" {attributes}/><path/>'
    return value(f'{sheet}<g id="outer" class="o"><g id="inner">{paths}</g></g>', name)


# Where sheets are


@pytest.mark.parametrize(
    "sheets",
    [
        "<style>.a{stroke:red}</style>",
        '<style type="text/css"><![CDATA[.a{stroke:red}]]></style>',
        "<defs><style>.a{stroke:red}</style></defs>",
        "<style>.a{stroke:blue}</style><defs><style>.a{stroke:red}</style></defs>",
        "<style>.a{str<![CDATA[oke:re]]>d}</style>",
        "<style>.a{stroke:<!-- blue -->red}</style>",
        '<style xmlns="http://www.w3.org/1999/xhtml">.a{stroke:red}</style>',
        '<style media="screen">.a{stroke:red}</style>',
        '<style>.a{stroke:red}</style><style media="print">.a{stroke:blue}</style>',
        '<style>.a{stroke:red}</style><style type="text/plain">.a{stroke:blue}</style>',
    ],
)
def test_sheets_are_found_wherever_they_stand(sheets: str) -> None:
    path = '<path id="x" class="a"/>'
    assert value(sheets + path) == value(path + sheets) == "red"


# Which rules apply


ALONE = [
    "*",
    "path",
    ".a",
    ".b.a",
    "#x",
    "path.a",
    "path#x.a.b",
    "[class]",
    "[class~=a]",
    "[id='x']",
    ".\\61 ",
]
WITHIN = [
    "svg path",
    "g path",
    "g > path",
    "#outer .a",
    "#outer > g > .a",
    ".o #x",
    "svg > g.o path",
    ":root path",
]
BESIDE = [
    "path + path",
    "path ~ path",
    "path:not(.c)",
    "path:nth-child(2)",
    ".c, .a",
    " .a ",
    ".a /* its name */",
    "/**/.a",
]
OTHERS = [
    ".A",
    ".c",
    "#outer",
    "PATH",
    "svg > path",
    "g > g",
    ".a .b",
    "path > .a",
    "#inner + .a",
    ".a:hover",
    ".a::before",
    ".a:not(.b)",
]


@pytest.mark.parametrize("selector", [*ALONE, *WITHIN, *BESIDE])
def test_selectors_that_match(selector: str) -> None:
    assert styled(f"{selector}{{opacity:.5}}", name="opacity") == ".5"


@pytest.mark.parametrize("selector", OTHERS)
def test_selectors_that_do_not(selector: str) -> None:
    assert styled(f"{selector}{{opacity:.5}}", name="opacity") == "1"


# Which of them wins


@pytest.mark.parametrize(
    "css",
    [
        ".a{stroke:blue} .b{stroke:red}",
        "#x{stroke:red} path.a.b{stroke:blue}",
        ".a{stroke:red} path{stroke:blue} *{stroke:blue}",
        "#outer path{stroke:red} .a.b{stroke:blue}",
        ".a{stroke:blue; stroke:red}",
        ".a{stroke:red !important} #x{stroke:blue}",
        ".a{stroke:red!important; stroke:blue}",
        "path{stroke:red !important} .a{stroke:blue} .b{stroke:blue}",
        ".a{stroke:blue !important} .b{stroke:red ! important}",
        "#outer{stroke:blue !important} path{stroke:red}",
        ".a{STROKE:red}",
        ".a{stroke:/* ink */ red /**/}",
    ],
)
def test_the_stronger_rule_wins(css: str) -> None:
    assert styled(css) == "red"


@pytest.mark.parametrize(
    ("css", "attributes"),
    [
        ("", 'stroke="red"'),
        ("*{stroke:red}", 'stroke="blue"'),
        ("#x{stroke:blue}", 'stroke="blue" style="stroke:red"'),
        ("#x{stroke:red !important}", 'stroke="blue" style="stroke:blue"'),
        ("#x{stroke:blue !important}", 'style="stroke:red !important"'),
        ("", 'stroke="blue" style="STROKE : red ; "'),
        ("", 'style="stroke:red;stroke:nonsense"'),
        ("g{stroke:red}", ""),
        ("g{stroke:blue} #inner{stroke:red}", ""),
        ("g{stroke:red}", 'style="stroke:inherit"'),
        ("g{stroke:red} path{stroke:unset}", ""),
        ("g{stroke:red} path{stroke:revert}", 'stroke="blue"'),
        ("g{stroke:red}", 'stroke="not a colour at all"'),
    ],
)
def test_a_sheet_stands_between_presentation_and_style_attributes(
    css: str, attributes: str
) -> None:
    assert styled(css, attributes) == "red"


@pytest.mark.parametrize(
    ("name", "css", "expected"),
    [
        ("stroke-width", "g{stroke-width:3px}", "3px"),
        ("fill", "svg{fill:none}", "none"),
        ("stroke-dasharray", "g{stroke-dasharray:1, 2}", "1, 2"),
        ("visibility", "#outer{visibility:hidden} #inner{visibility:visible}", "visible"),
        ("opacity", "g{opacity:.5}", "1"),
        ("opacity", "g{opacity:.5} path{opacity:inherit}", ".5"),
        ("display", "g{display:none}", "inline"),
        ("stroke", "g{stroke:red} path{stroke:initial}", "none"),
    ],
)
def test_what_is_inherited_and_what_is_not(name: str, css: str, expected: str) -> None:
    assert styled(css, "", name) == expected


def test_opacities_multiply_and_one_hidden_group_hides_all() -> None:
    root = read(
        "<style>.half{opacity:50%} .gone{display:none} .v{visibility:hidden}</style>"
        '<g class="half"><path id="x" class="half"/></g>'
        '<g class="gone"><path id="y"/></g>'
        '<g class="v"><path id="z"/><path id="w" visibility="visible"/></g>'
    )
    styles = Cascade(root)
    assert styles.opacity(element(root, "x")) == pytest.approx(0.25)
    seen = [ident for ident in "xyzw" if styles.is_seen(element(root, ident))]
    assert seen == ["x", "w"]


def test_current_color_is_the_elements_own() -> None:
    root = read(
        '<g style="color:blue;stroke:currentColor"><path id="x" color="red"/></g>'
        '<path id="y" stroke="CurrentColor"/>'
    )
    styles = Cascade(root)
    paints = [styles.paint(node, "stroke") for node in root.iter(f"{{{SVG}}}path")]
    assert paints == ["red", "black"]


def test_attributes_may_change_and_elements_may_come() -> None:
    root = read('<style>.a{stroke:red}</style><path id="x" class="a"/>')
    styles = Cascade(root)
    declare(root[1], "stroke", "blue")
    assert styles.value(root[1], "stroke") == "blue"
    new = etree.SubElement(root, f"{{{SVG}}}path", stroke="green")
    assert styles.value(new, "stroke") == "green"


# What is broken


VALUES_LOST = [
    ".a{stroke:banana}",
    ".a{stroke}",
    ".a{stroke:}",
    ".a{stroke:1 2}",
    ".a{stroke-:blue}",
    ".a{-stroke:blue}",
]
RULES_LOST = [
    "..a{stroke:blue}",
    ".a,{stroke:blue}",
    ".a, :nonsense{stroke:blue}",
    "a b >{stroke:blue}",
    "{stroke:blue}",
    ".a{{stroke:blue}}",
]
OTHER_RULES = [
    "@media print{.a{stroke:blue}}",
    "@media (min-width:9px){.a{stroke:blue}}",
    "@import url(x.css);",
    "@font-face{src:url(x)}",
    "<!-- -->",
]
OPEN = [
    ".c{stroke:blue",
    "/* .a{stroke:blue}",
    '.c{content:"}',
    "@media all{.c{stroke:blue",
    ".a[{stroke:blue}",
    ".a{fill:rgb(}",
    "@charset",
]


@pytest.mark.parametrize("css", [*VALUES_LOST, *RULES_LOST, *OTHER_RULES])
def test_what_is_no_css_is_left_out_and_the_rest_counts(css: str) -> None:
    assert styled(f".a{{stroke:red}} {css}") == styled(f"{css} .a{{stroke:red}}") == "red"


@pytest.mark.parametrize("css", OPEN)
def test_what_is_never_closed_takes_nothing_from_what_stands_before_it(css: str) -> None:
    assert styled(f".a{{stroke:red}} {css}") == "red"


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("stroke-width", "-1"),
        ("stroke-width", "wide"),
        ("stroke-width", "1 2"),
        ("stroke-opacity", "half"),
        ("opacity", "1px"),
        ("fill", "12"),
        ("display", "1"),
        ("stroke-dasharray", "red blue"),
        ("color", "url(#a)"),
    ],
)
def test_a_value_that_makes_no_sense_is_as_if_it_were_not_there(name: str, bad: str) -> None:
    attributes = f'class="a" style="{name}:{bad}" {name}="{bad}"'
    assert styled(f".a{{{name}:{bad}}}", attributes, name) == PROPERTIES[name].initial


def test_media_that_are_met_count() -> None:
    assert styled("@media screen, print{@media all{.a{stroke:red}}}") == "red"


WORDS = (
    "path .a fill stroke opacity display red url( rgb( hsl( @media @import :not("
    " :nth-child( ::before /* */ !important 1e999 inherit"
)
TOKENS = st.sampled_from([*"{}()[];:,.#@!>+~*|\\\"'/-<&%\n 01é", *WORDS.split(), "\\110000"])


@settings(max_examples=300, deadline=None)
@given(
    css=st.one_of(
        st.lists(TOKENS, max_size=30).map("".join),
        st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])),
    )
)
def test_no_sheet_is_so_broken_that_it_stops_anything(css: str) -> None:
    root = read("<style/><style>.z{stroke:red}</style><path class='a'/><path class='z'/>")
    root[0].text = css
    path = root[2]
    for name in ("style", "fill", "opacity"):
        path.set(name, css)
    styles = Cascade(root)
    for name in PROPERTIES:
        styles.value(path, name)
    color(styles.paint(path, "fill"))
    assert 0 <= styles.opacity(path) <= 1
    assert styles.stated(root[3], "stroke")


@pytest.mark.parametrize(
    "css",
    [
        "{" * 20000,
        "(" * 20000,
        ":not(" * 3000,
        ".a{fill:" + "rgb(" * 5000,
        '.a{fill:url("x") ' + "(" * 9000,
        "@media all{" * 3000,
        ".a " * 3000,
    ],
)
def test_no_sheet_is_nested_too_deeply(css: str) -> None:
    root = read("<style/><path class='a'/>")
    root[0].text = css
    root[1].set("style", css)
    assert Cascade(root).value(root[1], "stroke") == "none"


# Against a plain reading of the rules

NAMES = ("stroke", "stroke-width", "display")
VALUES = {
    "stroke": ["red", "#123456", "none", "inherit"],
    "stroke-width": ["2", "3px", "initial"],
    "display": ["none", "inline"],
}
# selectors with their specificity
SIMPLE = {
    ".a": (0, 1, 0),
    ".b": (0, 1, 0),
    ".c": (0, 1, 0),
    "#n1": (1, 0, 0),
    "#n3": (1, 0, 0),
    "g": (0, 0, 1),
    "path": (0, 0, 1),
}
Declared = tuple[str, str, bool]  # name, value, whether it is important
Rule = tuple[str, str, list[Declared]]  # simple selector, what stands before it, declarations
Own = dict[etree._Element, tuple[list[Declared], list[Declared]]]  # of presentation and of style
EACH = [(name, value) for name, values in VALUES.items() for value in values]
ONE_DECLARED = st.builds(
    lambda pair, important: (*pair, important), st.sampled_from(EACH), st.booleans()
)
DECLARED = st.lists(ONE_DECLARED, max_size=3)
RULES = st.lists(
    st.tuples(st.sampled_from(list(SIMPLE)), st.sampled_from(["", "g ", "g > "]), DECLARED),
    max_size=6,
)
NODES = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(["", "a", "b", "a b"]), DECLARED, DECLARED),
    min_size=1,
    max_size=6,
)


def text_of(declared: list[Declared]) -> str:
    return ";".join(
        f"{name}:{said}{' !important' if important else ''}" for name, said, important in declared
    )


def matches(node: etree._Element, simple: str, around: str) -> bool:
    """Whether a selector means an element."""
    kind = etree.QName(node).localname
    classes = [f".{one}" for one in node.get("class", "").split()]
    if simple not in (kind, f"#{node.get('id')}", *classes):
        return False
    above = [etree.QName(one).localname for one in node.iterancestors()]
    return not around or "g" in (above[:1] if ">" in around else above)


def plainly(node: etree._Element, name: str, rules: list[Rule], own: Own) -> str:
    """The value by going through all that is said, weakest first."""
    presentation, style = own.get(node, ([], []))
    found = [((0, 0, 0, 0), value) for said, value, _ in presentation if said == name]
    for simple, around, declared in rules:
        if matches(node, simple, around):
            a, b, c = SIMPLE[simple]
            for said, value, important in declared:
                if said == name:
                    found.append(((3 if important else 1, a, b, c + bool(around)), value))
    for said, value, important in style:
        if said == name:
            found.append(((4 if important else 2, 0, 0, 0), value))
    # stable: the later wins
    found.sort(key=lambda one: one[0])
    unsaid = "inherit" if PROPERTIES[name].inherited else "initial"
    last = found[-1][1] if found else unsaid
    parent = node.getparent()
    if last == "initial" or (last == "inherit" and parent is None):
        return PROPERTIES[name].initial
    return plainly(parent, name, rules, own) if last == "inherit" and parent is not None else last


@settings(max_examples=100, deadline=None)
@given(rules=RULES, nodes=NODES)
def test_the_cascade_is_that_of_a_plain_reading(rules: list[Rule], nodes: list[Any]) -> None:
    root = read("<style/>")
    root[0].text = "\n".join(
        f"{around}{simple}{{{text_of(declared)}}}" for simple, around, declared in rules
    )
    own: Own = {}
    groups = [root]
    for number, (where, names, presentation, style) in enumerate(nodes):
        kind = "g" if number % 2 else "path"
        node = etree.SubElement(groups[where % len(groups)], f"{{{SVG}}}{kind}", id=f"n{number}")
        for name, said, _ in presentation:
            node.set(name, said)
        node.set("class", names)
        node.set("style", text_of(style))
        attributes = {name: (name, said, False) for name, said, _ in presentation}
        own[node] = (list(attributes.values()), style)
        if kind == "g":
            groups.append(node)
    styles = Cascade(root)
    for node in own:
        for name in NAMES:
            wanted = plainly(node, name, rules, own)
            told = (etree.tostring(root), node.get("id"), name)
            assert styles.value(node, name) == wanted, told


# Colours, shares and what is written


@pytest.mark.parametrize(
    ("paint", "expected"),
    [
        ("none", (0, 0, 0, 0)),
        ("RED", (1, 0, 0, 1)),
        ("#0F08", (0, 1, 0, 136 / 255)),
        ("rgb(0,0,255)", (0, 0, 1, 1)),
        ("rgb(300, 0, 0)", (1, 0, 0, 1)),
        ("rgba(0 0 0 / 50%)", (0, 0, 0, 0.5)),
        ("hsl(120, 100%, 50%)", (0, 1, 0, 1)),
        ("transparent", (0, 0, 0, 0)),
        (
            "#CD853F icc-color(acmecmyk, 0.11, 0.48, 0.83, 0.00)",
            (205 / 255, 133 / 255, 63 / 255, 1),
        ),
        ("url(#gradient) red", None),
        ("oklch(50% 0.1 20)", None),
    ],
)
def test_colors_are_those_of_css(paint: str, expected: tuple[float, ...] | None) -> None:
    found = color(paint)
    assert found == (None if expected is None else pytest.approx(expected))


def test_a_share_is_a_number_or_a_percentage() -> None:
    assert [share(text) for text in ("0.25", "25%", "7", "-1")] == [0.25, 0.25, 1, 0]


@pytest.mark.parametrize(
    ("before", "value_", "after"),
    [
        ("fill : none ;stroke:red", "none", "fill : none ;stroke:red;display:none"),
        ("display:inline;fill:none", "none", "fill:none;display:none"),
        ("fill: none; DISPLAY: none", None, "fill: none"),
        (" fill: none; ", None, " fill: none; "),
        ("display:none", None, None),
        (None, None, None),
        (None, "none", "display:none"),
        (
            "fill:url(data:x;base64,AA==);d:'a;b'",
            "none",
            "fill:url(data:x;base64,AA==);d:'a;b';display:none",
        ),
        ("fill:url(; stroke:'", "none", "fill:url(; stroke:';display:none"),
    ],
)
def test_declaring_leaves_the_rest_as_it_is_written(
    before: str | None, value_: str | None, after: str | None
) -> None:
    node = etree.Element("path", {} if before is None else {"style": before})
    declare(node, "display", value_)
    assert node.get("style") == after
