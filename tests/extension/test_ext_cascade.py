"""Looks that a document states in style sheets are seen, carried to the engine and kept; nothing is
written to find them.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Optional, Tuple

import pytest
from clipasso_ext.document.cascade import declare, inherited, stated
from clipasso_ext.document.selection import find_photos
from clipasso_ext.document.selectors import Index, _Translator
from clipasso_ext.document.sketch_selection import find_sketch
from clipasso_ext.document.treatment import DIM, treat
from clipasso_ext.names import PATH
from clipasso_ext.problem import Problem
from cssselect import parse
from lxml import etree

from easel import document, image, root, tree_of
from kinds import Run
from sketched import STROKES, WHOLE, paths_of, sketch, stroke, style_of, widest, with_id

CLASSES = {"s%d" % number: 'class="st%d"' % (number % 2) for number in (1, 2, 3, 4)}
SHEET = """<defs><style><![CDATA[
.st0 { fill: none; stroke: #123456; stroke-width: 2px }
.st1 { fill: none; stroke: #abcdef; stroke-width: 3; stroke-opacity: .5 }
]]></style></defs>"""


def bare(ident: str, more: str, data: Optional[str] = None) -> str:
    """A stroke that has its looks from a sheet."""
    return '<path id="%s" d="%s" %s/>' % (ident, data or STROKES[ident], more)


CLASSED = SHEET + image() + sketch("".join(bare(*one) for one in CLASSES.items()))


def said(
    css: str, name: str = "stroke", path: str = '<path id="x" class="a b"/>'
) -> Tuple[str, str]:
    svg = root(
        "<style><![CDATA[%s]]></style>" % css
        + '<g id="g"><g><rect class="r"/><path class="p"/>%s</g></g>' % path
    )
    before = etree.tostring(svg)
    element = svg.xpath("//*[@id='x']")[0]
    found = stated(element, name), inherited(element, name)
    assert etree.tostring(svg) == before
    return found


@pytest.mark.parametrize(
    "css",
    [
        ".a{stroke:red}",
        "* {stroke:blue} path{stroke:red}",
        ".a.b{stroke:red} .a{stroke:blue}",
        ".a{stroke:blue} .b{stroke:red}",
        "#x{stroke:red} .a{stroke:blue}",
        "#g path{stroke:red} g > .a{stroke:blue}",
        "svg > g > g > path.a{stroke:red}",
        "rect ~ .a{stroke:red}",
        "path + path{stroke:red}",
        ".a{stroke:red !important; stroke:blue} #x{stroke:blue}",
        "/* .a{stroke:blue} */ .c, .a{STROKE : red ; fill:none}",
        "@import url(a.css); @media print{.a{stroke:blue}} .a{stroke:red}",
        ".a..b{stroke:blue} .a{stroke:red} .a[{stroke:blue} .a{",
        (
            ".a{stroke:red} .a:hover{stroke:blue} .a::before{stroke:blue}"
            " .a:no-such(.b){stroke:blue} } {}"
        ),
        (
            ".a{stroke:red} rect + .a{stroke:blue} .a .b{stroke:blue} svg > .a{stroke:blue}"
            " rect{stroke:blue}"
        ),
    ],
)
def test_sheets_are_read(css: str) -> None:
    assert said(css) == ("red", "red")


@pytest.mark.parametrize(
    ("css", "path", "expected"),
    [
        ("#x{stroke:red}", '<path id="x" stroke="blue"/>', "red"),
        ("#x{stroke:red}", '<path id="x" style="stroke:blue"/>', "blue"),
        ("#x{stroke:red !important}", '<path id="x" style="stroke:blue"/>', "red"),
        ("#x{stroke:red !important}", '<path id="x" style="stroke:blue!important"/>', "blue"),
        ("#x{stroke:red}", '<path id="x" style="fill:url(#a;stroke:b)"/>', "red"),
        ("", '<path id="x" style="stroke:red;stroke:blue" stroke="green"/>', "blue"),
        ("", '<path id="x" stroke=" green "/>', "green"),
        ("g{stroke:red}", '<path id="x"/>', ""),
    ],
)
def test_they_stand_between_the_two_kinds_of_attributes(css: str, path: str, expected: str) -> None:
    assert said(css, path=path)[0] == expected


def test_what_is_not_stated_is_inherited() -> None:
    assert said("g{stroke:blue} g > g{stroke:red} path{stroke:inherit}") == ("inherit", "red")
    assert said("svg{stroke:red}") == ("", "red")


@pytest.mark.parametrize(
    "css",
    [
        "{" * 9000,
        ".a " * 9000 + "{stroke:red}",
        ":not(" * 3000,
        "@" * 9000,
        "a" * 90000,
        "/*" * 9000,
        "@a{" * 3000,
    ],
)
def test_no_sheet_stops_anything(css: str) -> None:
    assert said(css) == ("", "")


# In sketches


def test_a_class_that_hides_hides(run: Run) -> None:
    sheet = "<style>.off{display:none}</style>"
    svg = root(sheet + image() + sketch(stroke("s1", 0, 'class="off"') + stroke("s2", 1)))
    own = find_sketch(svg, ["sketch"])
    assert [own.hides(path) for path in own.paths] == [True, False]
    hidden = '<g class="off">%s</g>' % image("other")
    assert [photo.id for photo in find_photos(root(sheet + image() + hidden), [])] == ["photo"]
    output = run(
        "level",
        sheet + image() + sketch(stroke("s1", 0, 'class="off"') + stroke("s2", 1)),
        "--strokes=1",
    )
    assert style_of(paths_of(output)["s1"])["display"] == "inline"


def test_the_engine_gets_sheets_and_what_they_go_by() -> None:
    sheet = "<style>#around .off{display:none !important} .st{fill:none}</style>"
    body = image() + '<g id="around" class="st">%s</g>' % sketch(
        sheet + stroke("s1"), more='class="off" clipasso:picture="40 20"'
    )
    svg = root(body)
    before = etree.tostring(svg)
    alone = tree_of(find_sketch(svg, ["sketch"]).alone())
    assert etree.tostring(svg) == before
    assert len(list(alone.iter("{*}style"))) == 1
    layer = alone.xpath("//*[@id='sketch']")[0]
    assert [stated(layer, "display"), inherited(layer, "fill"), layer.getparent().get("id")] == [
        "inline",
        "none",
        "around",
    ]


def test_a_redrawn_stroke_keeps_its_class_and_every_byte_but_its_points(run: Run) -> None:
    output = run("redraw", CLASSED, ids=["s1"])
    new = paths_of(output)["s1"].get("d")
    assert new != STROKES["s1"]
    assert etree.tostring(etree.fromstring(output, KEEP)) == etree.tostring(
        etree.fromstring(document(CLASSED), KEEP)
    ).replace(b'"%s"' % STROKES["s1"].encode(), b'"%s"' % new.encode())


KEEP = etree.XMLParser(strip_cdata=False)


def test_a_look_goes_from_the_width_that_a_class_gives(run: Run) -> None:
    output = run("restyle", CLASSED, "--look=marker")
    widths = {one: float(style_of(path)["stroke-width"]) for one, path in paths_of(output).items()}
    assert widths == {"s1": 7.5, "s2": 5, "s3": 7.5, "s4": 5}
    classed = paths_of(run("restyle", CLASSED, "--look=plain"))
    assert style_of(classed["s1"])["stroke-opacity"] == "1"
    plain = paths_of(run("restyle", WHOLE, "--look=plain"))
    assert "stroke-opacity" not in style_of(plain["s1"])


def test_a_taper_takes_the_classes_ink(run: Run) -> None:
    output = run("restyle", CLASSED, "--taper=taper")
    tapered = paths_of(output)
    assert [
        (style_of(tapered[one])["fill"], style_of(tapered[one])["stroke"]) for one in ("s1", "s2")
    ] == [
        ("#abcdef", "none"),
        ("#123456", "none"),
    ]
    assert [widest(tapered[one]) for one in ("s1", "s2")] == [
        pytest.approx(3, rel=0.02),
        pytest.approx(2, rel=0.02),
    ]
    back = paths_of(run("restyle", output, "--taper=none"))
    assert {
        one: (path.get("d"), path.get("class"), stated(path, "stroke"))
        for one, path in back.items()
    } == {
        one: (
            STROKES[one],
            CLASSES[one].split('"')[1],
            "#abcdef" if one in ("s1", "s3") else "#123456",
        )
        for one in STROKES
    }


def test_a_photograph_is_dimmed_from_the_opacity_that_a_class_gives() -> None:
    svg = root("<style>image{opacity:.5}</style>" + image())
    treat(find_photos(svg, [])[0], DIM)
    assert stated(with_id(etree.tostring(svg), "photo"), "opacity") == "0.15"


def test_the_true_engine_sees_what_classes_say(run: Run, true_engine: Path) -> None:
    hidden = SHEET.replace("</style>", "<![CDATA[#sketch{display:none}]]></style>")
    output = run("order", CLASSED.replace(SHEET, hidden))
    new = with_id(output, "sketch").getnext()
    assert sorted(style_of(path)["stroke"] for path in new) == [
        "#123456",
        "#123456",
        "#abcdef",
        "#abcdef",
    ]
    assert sorted(path.get("class") for path in new) == ["st0", "st0", "st1", "st1"]


# How long that takes

LIMIT_S = 20.0  # for less than a second, or five where a busy machine counts every line


@pytest.mark.parametrize(
    "sheet",
    [
        " ~ ".join(["path"] * 6) + "{stroke:red}",
        "path:not(%s){stroke:red}" % " ~ ".join(["path"] * 6),
        " ".join(["g", *["*"] * 6]) + "{stroke:red}",
        "@" * 50_000 + "{",
        "(" * 50_000,
        ".a{stroke:%s}" % ("(" * 50_000),
        "'" * 50_001,
        "".join(".c%d{stroke:red}" % number for number in range(1000)),
    ],
    ids=["siblings", "none of siblings", "within", "at", "brackets", "value", "quotes", "classes"],
)
def test_no_sheet_of_others_takes_long(sheet: str) -> None:
    svg = root("<style>%s</style><g>%s</g>" % (sheet, '<path class="a"/>' * 1500))
    began = time.process_time()
    for path in svg.iter(PATH):
        stated(path, "stroke")
    assert time.process_time() - began < LIMIT_S


@pytest.mark.parametrize("style", ["(" * 100_000, "'" * 100_001, "fill:" + "a(" * 50_000])
def test_no_style_of_others_takes_long(style: str) -> None:
    svg = root('<path style="%s"/>' % style)
    (path,) = svg.iter(PATH)
    began = time.process_time()
    stated(path, "stroke")
    declare(path, "stroke", "red")
    assert time.process_time() - began < LIMIT_S


def test_a_sheet_that_would_take_long_is_told() -> None:
    svg = root("<style>path:nth-child(2n){stroke:red}</style>" + "<path/>" * 40_000)
    (path, *_) = svg.iter(PATH)
    with pytest.raises(Problem, match="too many selectors"):
        stated(path, "stroke")


SELECTORS = [
    "*", "path", "g path", "g > path", "path + path", "path ~ path", "g ~ g path", ".a", ".a.b",
    "#x", "path#x.a", "[class]", "[class~=b]", "path:not(.a)", ":is(.a, #x)", ":where(g) > .a",
    ":first-child", "path:last-child", ":only-child", "path:nth-child(2n)", "g:has(.b)", ":root g",
    "path:empty", ":not(g path)", "path:nth-last-child(1)", "a b c", "g g g path",
]  # fmt: skip


@pytest.mark.parametrize("selector", SELECTORS)
def test_selectors_mean_what_they_mean_to_the_engine(selector: str) -> None:
    engine = pytest.importorskip("clipasso_core.document.selectors")
    paths = '<path class="a"/><!-- no element --><path id="x" class="a b"/><path/>'
    svg = root("<g>%s<g>%s</g></g><g><path/></g>" % (paths, paths.replace('id="x"', "")))
    (parsed,) = parse(selector)
    ours = Index(svg).matching(parsed.parsed_tree)
    assert ours == engine.Index(svg).matching(parsed.parsed_tree)
    assert ours == set(svg.xpath(plain_xpath(selector)))


def plain_xpath(selector: str) -> str:
    """What cssselect makes of a whole selector; types are found in any namespace."""
    (parsed,) = parse(selector)
    return _Translator().selector_to_xpath(parsed, prefix="descendant-or-self::")
