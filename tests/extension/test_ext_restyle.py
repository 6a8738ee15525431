"""Looks, widths, inks and thin ends: what is restyled can be taken back."""

from __future__ import annotations

from typing import Iterable

import pytest
from clipasso_ext.names import INKSCAPE, ORIGINAL_D, PATH_EFFECT, PLAIN_WIDTH
from lxml import etree

import fake_edits
from easel import document, image, tree_of
from kinds import Run
from sketched import STROKES, WHOLE, paths_of, sketch, stroke, style_of, widest, without

# Restyle

CHOICES = ["plain", "pencil", "ink", "marker"]


@pytest.mark.parametrize("taper", ["keep", "taper"])
@pytest.mark.parametrize("look", CHOICES)
def test_a_look_twice_is_the_look_once(look: str, taper: str, run: Run) -> None:
    once = run("restyle", WHOLE, "--look=%s" % look, "--taper=%s" % taper, ids=["s1", "s2"])
    twice = run("restyle", once, "--look=%s" % look, "--taper=%s" % taper, ids=["s1", "s2"])
    assert (twice or once) == once or etree.tostring(tree_of(twice)) == etree.tostring(
        tree_of(once)
    )
    loose = [
        (one, name)
        for one in ("s1", "s2")
        for name in (
            "style",
            "d",
            PLAIN_WIDTH,
            *(PATH_EFFECT, ORIGINAL_D),
        )
    ]
    tree = tree_of(without(once, *loose))
    for defs in tree.findall("{*}defs"):
        tree.remove(defs)
    assert etree.tostring(tree) == without(document(WHOLE), *loose)


@pytest.mark.parametrize("look", CHOICES)
@pytest.mark.parametrize("taper", [False, True])
def test_a_look_and_then_plain_is_plain(look: str, taper: bool, run: Run) -> None:
    begin = run("restyle", WHOLE, "--look=plain", "--taper=%s" % ("taper" if taper else "keep"))
    looked = run("restyle", begin, "--look=%s" % look) or begin
    inked = look == "ink" and not taper  # ink has thin ends
    assert (style_of(paths_of(looked)["s1"]) != style_of(paths_of(begin)["s1"])) == (
        look in ("pencil", "marker") or inked
    )
    assert bool(paths_of(looked)["s1"].get(PATH_EFFECT)) == (taper or inked)
    back = (
        run("restyle", looked, "--look=plain", "--taper=%s" % ("none" if inked else "keep"))
        or begin
    )
    for one in STROKES:
        assert style_of(paths_of(back)[one]) == style_of(paths_of(begin)[one])
        assert paths_of(back)[one].get("d") == paths_of(begin)[one].get("d")


def test_looks_go_by_the_plain_width(run: Run) -> None:
    output = document(WHOLE)
    for look, width in (("pencil", 1.2), ("marker", 5), ("pencil", 1.2), ("ink", 2)):
        output = run("restyle", output, "--look=%s" % look)
        assert float(style_of(paths_of(output)["s1"])["stroke-width"]) == width
    by_hand = output.replace(b"stroke-width:2", b"stroke-width:4")
    assert (
        float(style_of(paths_of(run("restyle", by_hand, "--look=marker"))["s1"])["stroke-width"])
        == 10
    )


def test_a_face_drawn_with_a_finer_pen_stays_finer(run: Run) -> None:
    lid = stroke(
        "s9", style="fill:none;stroke:#000;stroke-width:1", more='clipasso:part="left lid"'
    )
    body = image() + sketch(stroke("s1") + stroke("s2") + lid)

    def widths(output: bytes) -> list[float]:
        styles = [style_of(paths_of(output)[one]) for one in ("s1", "s2", "s9")]
        return [float(style["stroke-width"]) for style in styles]

    plain = widths(run("restyle", body, "--look=plain"))
    assert plain[2] == plain[0] / 2
    wide = widths(run("restyle", body, "--width=6"))
    assert wide[0] == wide[1] == 2 * wide[2]
    alone = widths(run("restyle", body, "--width=6", ids=["s9"]))
    assert alone[2] == wide[0], "who chooses the face alone says what its width is"


def test_a_width_is_in_the_documents_units_and_keeps_the_look(run: Run) -> None:
    pencil = run("restyle", WHOLE, "--look=pencil")
    for _ in range(2):
        pencil = run("restyle", pencil, "--width=3", ids=["s1"]) or pencil
        # the layer doubles it; a pencil's line is 0.6 as wide
        assert float(style_of(paths_of(pencil)["s1"])["stroke-width"]) == 0.9
    assert float(style_of(paths_of(pencil)["s2"])["stroke-width"]) == 1.2
    assert (
        float(
            style_of(paths_of(run("restyle", WHOLE, "--look=marker", "--width=3"))["s1"])[
                "stroke-width"
            ]
        )
        == 3.75
    )


@pytest.mark.parametrize(
    "body",
    [
        sketch(
            stroke("s1", style=""),
            more='style="stroke:#ff0000;stroke-width:3;fill:none;stroke-opacity:0.5"',
        ),
        sketch(
            stroke("s1", style="", more='stroke="#ff0000" stroke-width="3" stroke-opacity="0.5"')
        ),
        sketch(
            '<g stroke="#ff0000" stroke-width="3px" stroke-opacity=".5">%s</g>'
            % stroke("s1", style="")
        ),
    ],
    ids=["of the layer", "of attributes", "of a group"],
)
def test_looks_that_are_inherited_count(body: str, run: Run) -> None:
    assert (
        float(
            style_of(paths_of(run("restyle", image() + body, "--look=marker"))["s1"])[
                "stroke-width"
            ]
        )
        == 7.5
    )
    tapered = paths_of(run("restyle", image() + body, "--taper=taper"))["s1"]
    assert (style_of(tapered)["fill"], style_of(tapered)["stroke"]) == ("#ff0000", "none")
    assert float(style_of(tapered)["fill-opacity"]) == 0.5
    assert widest(tapered) == pytest.approx(3, rel=0.02)
    redrawn = paths_of(run("redraw", run("restyle", image() + body, "--taper=taper")))["s1"]
    assert widest(redrawn) == pytest.approx(3, rel=0.02)


def test_an_ink_colours_strokes_tapered_or_not(run: Run) -> None:
    tapered = run("restyle", WHOLE, "--taper=taper", ids=["s1"])
    output = run("restyle", tapered, "--ink=color", "--color=4278222847", ids=["s1", "s2"])
    assert (
        style_of(paths_of(output)["s1"])["fill"],
        style_of(paths_of(output)["s1"])["stroke"],
    ) == (
        "#ff007f",
        "none",
    )
    assert (
        style_of(paths_of(output)["s2"])["fill"],
        style_of(paths_of(output)["s2"])["stroke"],
    ) == (
        "none",
        "#ff007f",
    )
    photo = run("restyle", tapered, "--ink=photo", "--look=pencil", ids=["s1", "s2"])
    assert (style_of(paths_of(photo)["s1"])["fill"], style_of(paths_of(photo)["s2"])["stroke"]) == (
        fake_edits.INK,
        fake_edits.INK,
    )
    assert (
        style_of(paths_of(photo)["s1"])["fill-opacity"]
        == style_of(paths_of(photo)["s2"])["stroke-opacity"]
        == "0.75"
    )
    assert style_of(paths_of(photo)["s3"]) == style_of(paths_of(tapered)["s3"])


def same_looks(one: bytes, other: bytes, idents: Iterable[str]) -> None:
    for ident in idents:
        assert style_of(paths_of(one)[ident]) == style_of(paths_of(other)[ident])
        assert paths_of(one)[ident].get("d") == paths_of(other)[ident].get("d")


def test_tapering_and_back_is_what_it_was(run: Run) -> None:
    tapered = run("restyle", WHOLE, "--taper=taper")
    effects = [one.get("id") for one in tree_of(tapered).iter(PATH_EFFECT)]
    assert [path.get(PATH_EFFECT) for path in paths_of(tapered).values()] == [
        "#" + one for one in effects
    ]
    assert {one: path.get(ORIGINAL_D) for one, path in paths_of(tapered).items()} == STROKES
    assert all(path.get("d").endswith("Z") for path in paths_of(tapered).values())
    back = run("restyle", tapered, "--taper=none")
    same_looks(back, document(WHOLE), STROKES)
    assert not list(tree_of(back).iter(PATH_EFFECT))
    assert b"original-d" not in back
    assert b"path-effect=" not in back


def test_a_tapered_stroke_takes_another_width(run: Run) -> None:
    tapered = run("restyle", WHOLE, "--taper=taper", ids=["s1"])
    assert widest(paths_of(tapered)["s1"]) == pytest.approx(2, rel=0.02)
    broad = run("restyle", tapered, "--look=marker", ids=["s1"])
    assert widest(paths_of(broad)["s1"]) == pytest.approx(5, rel=0.02)
    (effect,) = tree_of(broad).iter(PATH_EFFECT)
    assert paths_of(broad)["s1"].get(PATH_EFFECT) == "#" + effect.get("id")
    assert ",2.5 |" in effect.get("offset_points")


def test_the_current_width_is_tapered(run: Run) -> None:
    pencil = run("restyle", WHOLE, "--look=pencil", ids=["s1"])
    assert widest(
        paths_of(run("restyle", pencil, "--taper=taper", ids=["s1"]))["s1"]
    ) == pytest.approx(1.2, rel=0.02)


def test_a_tapered_stroke_is_redrawn_under_its_effect(run: Run) -> None:
    tapered = run("restyle", WHOLE, "--taper=taper", ids=["s1", "s2"])
    redrawn = run("redraw", tapered, ids=["s1"])
    loose = [("s1", "d"), ("s1", ORIGINAL_D)]
    assert without(redrawn, *loose) == without(tapered, *loose)
    back = run("restyle", redrawn, "--taper=none")
    plain = run("redraw", WHOLE, ids=["s1"])
    same_looks(back, plain, ["s1", "s2"])
    assert widest(paths_of(redrawn)["s1"]) == pytest.approx(2, rel=0.02)


@pytest.mark.parametrize("kind", ["redraw", "restyle"])
def test_a_copy_of_a_tapered_stroke_is_one_though_inkscape_renames_its_effect(
    kind: str, run: Run
) -> None:
    """Duplicating gives the copy an effect of its own, with an id of Inkscape's own making."""
    tapered = run("restyle", WHOLE, "--taper=taper", ids=["s1"]).replace(
        b"clipasso-taper-1", b"path-effect57"
    )
    if kind == "restyle":
        same_looks(run("restyle", tapered, "--taper=none"), document(WHOLE), STROKES)
        return
    redrawn = paths_of(run("redraw", tapered, ids=["s1"]))["s1"]
    assert redrawn.get("d").endswith("Z")
    assert redrawn.get(ORIGINAL_D) == paths_of(run("redraw", WHOLE, ids=["s1"]))["s1"].get("d")


def test_an_effect_that_two_strokes_share_is_left_to_the_other(run: Run) -> None:
    tapered = run("restyle", WHOLE, "--taper=taper", ids=["s1", "s2"]).replace(
        b"#clipasso-taper-2", b"#clipasso-taper-1"
    )
    one = run("restyle", tapered, "--taper=none", ids=["s1"])
    assert "clipasso-taper-1" in [effect.get("id") for effect in tree_of(one).iter(PATH_EFFECT)]


def test_another_effect_over_the_taper_stays(run: Run) -> None:
    tapered = run("restyle", WHOLE, "--taper=taper", ids=["s1"])
    both = tapered.replace(
        b'path-effect="#clipasso-taper-1"', b'path-effect="#clipasso-taper-1;#rough"'
    )
    back = paths_of(run("restyle", both, "--taper=none", ids=["s1"]))["s1"]
    assert back.get(PATH_EFFECT) == "#rough"
    assert back.get(ORIGINAL_D) == STROKES["s1"]
    assert style_of(back)["stroke"] == "#123456"


def test_a_tapered_stroke_whose_effect_plain_svg_dropped_is_left_as_it_is(run: Run) -> None:
    tapered = run("restyle", WHOLE, "--taper=taper", ids=["s1"])
    tree = tree_of(tapered)
    for one in tree.iter("{*}path"):
        for name in [name for name in one.attrib if name.startswith(INKSCAPE)]:
            del one.attrib[name]
    plain = etree.tostring(tree)
    assert run("restyle", plain, "--taper=none") == b""


def test_one_grain_serves_all(run: Run) -> None:
    output = run("restyle", run("restyle", WHOLE, "--look=pencil", ids=["s1"]), "--look=pencil")
    assert [one.get("id") for one in tree_of(output).iter("{*}filter")] == ["clipasso-pencil"]
