"""Which bitmaps a selection means, and where they are on the page."""

from __future__ import annotations

import time
from typing import Any, Dict, List, Optional, Tuple

import pytest
from clipasso_ext.document.selection import find_photos
from clipasso_ext.names import GROUP
from clipasso_ext.problem import Problem
from lxml import etree

from easel import hexad, image, photo_of, root, uri
from matrices import applied, rotate, scale, text, times, translate

LAYER = 'inkscape:groupmode="layer" inkscape:label="Layer"'


def meant(svg: Any, *ids: str) -> List[Tuple[str, str]]:
    """(what stands on the page, the image) of every bitmap meant."""
    return [(photo.id, photo.image.get("id")) for photo in find_photos(svg, list(ids))]


def test_a_selected_image_is_meant() -> None:
    assert meant(root(image("a") + image("b")), "a") == [("a", "a")]


def test_several_selected_images_come_in_the_order_of_the_page() -> None:
    svg = root(image("a") + image("b") + image("c"))
    assert meant(svg, "c", "a") == [("a", "a"), ("c", "c")]


def test_images_are_found_inside_a_selected_group() -> None:
    assert meant(root('<g id="g"><rect width="1" height="1"/>%s</g>' % image("a")), "g") == [
        ("a", "a")
    ]


def test_images_are_found_inside_nested_groups_links_and_inner_documents() -> None:
    svg = root('<g id="g"><a><g>%s</g></a><svg>%s</svg></g>' % (image("a"), image("b")))
    assert meant(svg, "g") == [("a", "a"), ("b", "b")]


def test_an_image_selected_twice_is_meant_once() -> None:
    svg = root('<g id="g">%s</g>' % image("a"))
    assert meant(svg, "g", "a", "a") == [("a", "a")]


def test_an_image_and_its_clone_are_two() -> None:
    svg = root(image("a") + '<use id="u" xlink:href="#a"/>')
    assert meant(svg, "a", "u") == [("a", "a"), ("u", "a")]


def test_a_clone_shows_its_original_where_the_clone_is() -> None:
    svg = root(
        image("a", 'transform="scale(2)"')
        + '<use id="u" xlink:href="#a" x="5" y="7" transform="translate(100,0)"/>'
    )
    assert meant(svg, "u") == [("u", "a")]
    assert hexad(photo_of(svg, "u").transform) == pytest.approx(
        times(translate(100, 0), translate(5, 7), scale(2, 2))
    )


def test_a_clone_of_a_clone_adds_up() -> None:
    svg = root(
        image("a") + '<use id="u" xlink:href="#a" transform="translate(3,0)"/><use id="v" href="#u"'
        ' transform="scale(2)"/>'
    )
    assert meant(svg, "v") == [("v", "a")]
    assert hexad(photo_of(svg, "v").transform) == pytest.approx(times(scale(2, 2), translate(3, 0)))


def test_a_clone_of_a_group_shows_every_bitmap_in_it() -> None:
    svg = root(
        '<g id="g" transform="translate(1,2)">%s%s</g><use id="u" xlink:href="#g" x="10"/>'
        % (image("a"), image("b"))
    )
    assert meant(svg, "u") == [("u", "a"), ("u", "b")]
    assert {hexad(photo.transform) for photo in find_photos(svg, ["u"])} == {
        times(translate(10, 0), translate(1, 2))
    }


def test_a_clone_inside_a_group_stands_for_its_bitmap() -> None:
    svg = root(image("a") + '<g id="g" transform="rotate(90)"><use id="u" xlink:href="#a"/></g>')
    assert meant(svg, "g") == [("u", "a")]
    assert hexad(photo_of(svg, "g").transform) == pytest.approx(rotate(90), abs=1e-9)


def test_a_clone_of_a_symbol_shows_its_bitmap() -> None:
    svg = root('<symbol id="s">%s</symbol><use id="u" xlink:href="#s" x="4" y="5"/>' % image("a"))
    assert meant(svg, "u") == [("u", "a")]
    assert meant(svg) == [("u", "a")]


@pytest.mark.parametrize(
    "link", ["#u", "#g", "#missing", "", "#", "other.svg#a", "#a'b", "#a&quot;b", "#]"]
)
def test_a_clone_of_itself_or_of_nothing_shows_nothing(link: str) -> None:
    svg = root('<g id="g"><use id="u" xlink:href="%s"/></g>' % link)
    with pytest.raises(Problem, match="no bitmap"):
        find_photos(svg, ["g"])


def test_clones_that_show_each_other_end() -> None:
    svg = root(
        '<g id="g"><use id="u" xlink:href="#h"/>%s</g><g id="h"><use id="v" xlink:href="#g"/></g>'
        % image("a")
    )
    assert ("a", "a") in meant(svg, "g")


@pytest.mark.parametrize("ident", ["a'b", "a&quot;b", "a b", "ä", "1", "#a", "../a", "url(#a)"])
def test_any_id_can_be_selected(ident: str) -> None:
    svg = root(image(ident) + image("other"))
    raw = ident.replace("&quot;", '"')
    assert meant(svg, raw) == [(raw, raw)]


def test_nothing_selected_means_the_only_bitmap() -> None:
    svg = root('<g %s>%s</g><path id="p" d="M 0,0 1,1"/>' % (LAYER, image("a")))
    assert meant(svg) == [("a", "a")]
    assert meant(svg, "gone-meanwhile") == [("a", "a")]


def test_nothing_selected_and_no_bitmap_tells_how_to_get_one() -> None:
    with pytest.raises(Problem, match="no bitmap in this document: import or paste"):
        find_photos(root('<path d="M 0,0 1,1"/>'), [])


def test_nothing_selected_and_three_bitmaps_asks_which() -> None:
    with pytest.raises(Problem, match="There are 3 bitmaps in this document: select the one"):
        find_photos(root(image("a") + image("b") + '<use xlink:href="#a"/>'), [])


@pytest.mark.parametrize(
    "hidden", ['style="display:none"', 'style="opacity:1; display : none ;"', 'display="none"']
)
def test_hidden_bitmaps_do_not_count_when_nothing_is_selected(hidden: str) -> None:
    assert meant(root(image("a", hidden) + image("b"))) == [("b", "b")]
    assert meant(root("<g %s>%s</g>%s" % (hidden, image("a"), image("b")))) == [("b", "b")]


@pytest.mark.parametrize(
    "shown",
    ['style="display:inline"', 'style="display:inline" display="none"', 'style="x-display:none"'],
)
def test_bitmaps_that_are_not_hidden_count(shown: str) -> None:
    assert meant(root(image("a", shown))) == [("a", "a")]


@pytest.mark.parametrize(
    "kind", ["defs", "symbol", "clipPath", "mask", "pattern", "marker", "metadata"]
)
def test_bitmaps_that_are_not_on_the_page_do_not_count(kind: str) -> None:
    assert meant(root("<{0}>{1}</{0}>{2}".format(kind, image("a"), image("b")))) == [("b", "b")]


def test_an_image_without_a_link_is_none() -> None:
    with pytest.raises(Problem, match="no bitmap in what is selected"):
        find_photos(root('<image id="a" width="9" height="9"/>' + image("b")), ["a"])


def test_a_selection_of_something_else_does_not_fall_back_to_the_only_bitmap() -> None:
    with pytest.raises(Problem, match="no bitmap in what is selected"):
        find_photos(root(image("a") + '<path id="p" d="M 0,0 1,1"/><!-- a remark -->'), ["p"])


def test_remarks_between_the_objects_do_no_harm() -> None:
    assert meant(root("<!-- one --><?pi two?><g><!-- three -->%s</g>" % image("a"))) == [("a", "a")]


def test_the_name_is_the_label_else_the_file_else_the_id() -> None:
    label = 'inkscape:label="My cat"'
    assert photo_of(root(image("a", label)), "a").name == "My cat"
    assert photo_of(root(image("a", link="../pictures/the%20cat.jpeg")), "a").name == "the cat"
    assert (
        photo_of(root(image("a", link="file:///home/me/k%C3%A4tzchen.v2.png")), "a").name
        == "kätzchen.v2"
    )
    assert photo_of(root(image("a", link="C:\\pictures\\cat.bmp")), "a").name == "cat"
    assert photo_of(root(image("a")), "a").name == "a"
    assert photo_of(root(image("a", link=".png")), "a").name == "a"


def test_a_clone_is_called_by_its_own_label_else_by_its_original() -> None:
    body = (
        image("a", 'inkscape:label="My cat"')
        + '<use id="u" xlink:href="#a" inkscape:label="Her clone"/><use id="v" xlink:href="#a"/>'
    )
    assert photo_of(root(body), "u").name == "Her clone"
    assert photo_of(root(body), "v").name == "My cat"


def test_the_newer_spelling_of_links_is_read() -> None:
    svg = root('<image id="a" width="8" height="4" href="%s"/><use id="u" href="#a"/>' % uri())
    assert meant(svg, "u") == [("u", "a")]


DRAWN_IN = '<sodipodi:namedview inkscape:current-layer="m"/>'
LOCKED = '<g id="l" sodipodi:insensitive="true" style="opacity:0.4" ' + LAYER + ">%s</g>"
BRANCHES: Dict[str, Tuple[str, str, Optional[str]]] = {
    "in the root": ("%s", "root", "photo"),
    "in a layer": ('<g id="l" ' + LAYER + ">%s</g>", "l", "photo"),
    "in a sub-layer": ('<g id="l" ' + LAYER + '><g id="m" ' + LAYER + ">%s</g></g>", "m", "photo"),
    "in a group": ('<g id="g">%s</g>', "root", "g"),
    "in a group in a layer": (
        '<g id="l" ' + LAYER + '><g id="g"><g id="h">%s</g></g></g>',
        "l",
        "g",
    ),
    "in a locked layer": (
        '<g id="l" sodipodi:insensitive="true" ' + LAYER + ">%s</g>",
        "root",
        "l",
    ),
    "in a dimmed layer": ('<g id="l" style="opacity:0.4" ' + LAYER + ">%s</g>", "root", "l"),
    "in a layer that a style sheet dims": (
        '<style>#l { opacity: 40%% }</style><g id="l" ' + LAYER + ">%s</g>",
        "root",
        "l",
    ),
    "in a sub-layer that is locked": (
        '<g id="l" ' + LAYER + '><g id="m" sodipodi:insensitive="true" ' + LAYER + ">%s</g></g>",
        "l",
        "m",
    ),
    "in a locked layer below that which is drawn in": (
        DRAWN_IN + LOCKED + '<g id="m" ' + LAYER + '><path id="p"/></g>',
        "m",
        "p",
    ),
    "in a locked layer below an empty one": (
        DRAWN_IN + LOCKED + '<g id="k" ' + LAYER + '><g id="m" ' + LAYER + "/></g>",
        "m",
        None,
    ),
    "in a locked layer above that which is drawn in": (
        DRAWN_IN + '<g id="m" ' + LAYER + '><path id="p"/></g>' + LOCKED,
        "root",
        "l",
    ),
    "in a locked layer below a hidden one": (
        DRAWN_IN + LOCKED + '<g id="m" style="display:none" ' + LAYER + '><path id="p"/></g>',
        "root",
        "l",
    ),
    "in a layer below that which is drawn in": (
        DRAWN_IN + '<g id="l" ' + LAYER + '>%s</g><g id="m" ' + LAYER + '><path id="p"/></g>',
        "l",
        "photo",
    ),
    "in a layer in a group": ('<g id="g"><g id="l" ' + LAYER + ">%s</g></g>", "root", "g"),
}


@pytest.mark.parametrize("where", BRANCHES)
def test_the_sketch_belongs_where_it_is_seen_and_can_be_clicked_near_its_bitmap(
    where: str,
) -> None:
    body, layer, child = BRANCHES[where]
    parent, below = photo_of(root(body % image())).branch()
    assert (parent.get("id"), None if below is None else below.get("id")) == (layer, child)


def test_a_clones_sketch_belongs_to_the_clone() -> None:
    svg = root(
        '<g id="l" %s>%s</g><g id="m" %s><use id="u" xlink:href="#photo"/></g>'
        % (LAYER, image(), LAYER)
    )
    parent, below = photo_of(svg, "u").branch()
    assert (parent.get("id"), below.get("id")) == ("m", "u")


def test_transforms_add_up_from_the_page_to_the_image() -> None:
    parts = [translate(3, 4), rotate(30), scale(2, -0.5), times(rotate(-70), scale(1, 3))]
    body = image(more='transform="%s"' % text(parts[3]))
    for part in reversed(parts[:3]):
        body = '<g transform="%s">%s</g>' % (text(part), body)
    transform = hexad(photo_of(root(body)).transform)
    for corner in ((0, 0), (10, 0), (0, 10)):
        assert applied(transform, corner) == pytest.approx(applied(times(*parts), corner))


def test_an_inner_document_moves_and_scales_its_content() -> None:
    svg = root('<svg x="10" y="20" width="50" height="50" viewBox="5 5 100 50">%s</svg>' % image())
    # xMidYMid: 50 x 25 in the middle
    expected = times(translate(10, 20), translate(0, 12.5), scale(0.5, 0.5), translate(-5, -5))
    assert hexad(photo_of(svg).transform) == pytest.approx(expected)
    svg = root(
        '<svg x="10" y="20" width="50" height="50" viewBox="5 5 100 50"'
        ' preserveAspectRatio="none">%s</svg>' % image()
    )
    expected = times(translate(10, 20), scale(0.5, 1), translate(-5, -5))
    assert hexad(photo_of(svg).transform) == pytest.approx(expected)


def test_clones_of_clones_without_end_are_told_in_seconds() -> None:
    groups = "".join(
        '<g id="g%d"><use xlink:href="#g%d"/><use xlink:href="#g%d"/></g>' % (n, n + 1, n + 1)
        for n in range(40)
    )
    began = time.process_time()
    with pytest.raises(Problem, match="clones"):
        find_photos(root(groups), [])
    assert time.process_time() - began < 40


def test_groups_that_lie_too_deep_are_told() -> None:
    with pytest.raises(Problem, match="too deep"):
        find_photos(deep_root(1500), [])


def deep_root(depth: int) -> Any:
    """A document of groups within each other."""
    svg = root("")
    inner = svg
    for _ in range(depth):
        inner = etree.SubElement(inner, GROUP)
    return svg


# Symbols


@pytest.mark.parametrize(
    ("size", "own", "whole"),
    [
        ('width="120" height="90"', "", times(translate(30, 20), scale(0.3, 0.3))),
        ('width="120" height="30"', "", times(translate(70, 20), scale(0.1, 0.1))),
        ("", 'width="100" height="75"', times(translate(30, 20), scale(0.25, 0.25))),
        ('width="50%" height="75"', "", times(translate(30, 20), scale(0.25, 0.25))),
        # of the page, 200 x 100
        ("", "", times(translate(30 + 100 / 3, 20), scale(1 / 3, 1 / 3))),
    ],
    ids=["the clone's", "of another shape", "the symbol's", "a share of the page", "the page's"],
)
def test_a_symbol_is_shown_in_the_size_of_its_clone(size: str, own: str, whole: Any) -> None:
    inner = image("a", box='x="0" y="0" width="400" height="300"')
    svg = root(
        '<symbol id="s" viewBox="0 0 400 300" %s>%s</symbol>'
        '<use id="u" xlink:href="#s" x="30" y="20" %s/>' % (own, inner, size)
    )
    assert hexad(photo_of(svg, "u").transform) == pytest.approx(whole)


# Patterns


FILLED = (
    '<defs><pattern id="p" width="9">%s</pattern><pattern id="q" xlink:href="#p"/></defs>'
    '<g id="g"><rect id="r" width="9" height="9" %s/></g>'
)


@pytest.mark.parametrize("ids", [["r"], ["g"], []], ids=["selected", "its group", "nothing"])
@pytest.mark.parametrize(
    "paint",
    ['style="fill:url(#p)"', "fill=\"url('#q')\"", 'style="fill:none;stroke:url(#p) red"'],
    ids=["fill", "a pattern of a pattern", "stroke"],
)
def test_a_photograph_in_a_pattern_is_told_with_the_way_out(paint: str, ids: List[str]) -> None:
    with pytest.raises(Problem, match="Pattern to Objects"):
        find_photos(root(FILLED % (image(), paint)), ids)


def test_a_pattern_without_a_photograph_is_none() -> None:
    with pytest.raises(Problem, match="There is no bitmap in what is selected"):
        find_photos(root(FILLED % ("<path/>", 'style="fill:url(#q)"')), ["r"])
    circle = '<defs><pattern id="p" xlink:href="#p"/></defs><rect id="r" fill="url(#p)"/>'
    with pytest.raises(Problem, match="There is no bitmap in this document"):
        find_photos(root(circle), [])
