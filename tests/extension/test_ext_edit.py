"""Sketches that are edited in place: what the engine is asked, and what no edit touches."""

from __future__ import annotations

import json
import random
import sys
import types
from pathlib import Path
from typing import Any, List

import pytest
from clipasso_ext import edit_effects
from clipasso_ext.document.placed_photo import PlacedPhoto
from clipasso_ext.document.sketch_selection import find_sketch
from clipasso_ext.engine.edit_task import EditTask
from clipasso_ext.names import ENGINE, ORIGINAL_D, PATH_EFFECT, RANK
from lxml import etree

import fake_edits
from easel import document, hexad, image, log_of, png, root, tree_of, uri
from entries import EDIT_ENTRIES
from kinds import Heard, Pointer, Run, Script
from matrices import Matrix, applied, rotate, scale, skew, text, times, translate
from sketched import (
    LAYER,
    OWN,
    STROKES,
    STYLE,
    WHOLE,
    check_moved,
    is_locked,
    is_near,
    paths_of,
    points_of,
    sketch,
    stroke,
    with_id,
    without,
)

# What the engine gets


def test_the_engine_is_told_of_dark_paper() -> None:
    paper = (
        '<g id="paper" clipasso:paper="1" xmlns:clipasso="https://clipasso.org/ns"><rect width="9"'
        ' height="9" style="fill:#000"/></g>'
    )
    alone = tree_of(find_sketch(root(image() + paper + sketch(stroke("s1"))), ["sketch"]).alone())
    assert [one.get("id") for one in alone] == ["paper", "sketch"]


def test_the_engine_gets_the_layer_alone_with_what_it_inherits() -> None:
    inside = '<g id="g" transform="rotate(10)">%s</g>%s%s' % (
        stroke("s1"),
        image("dropped"),
        stroke("s2"),
    )
    around = (
        '<g transform="translate(3 4)" style="stroke:red;display:none" fill-opacity="0.5"><svg'
        ' x="5" width="9" height="9">%s</svg></g>'
    )
    body = (
        image() + stroke("loose") + around % sketch(inside, more='style="display:none;opacity:0.5"')
    )
    svg = root(body)
    own = find_sketch(svg, ["sketch"])
    before = etree.tostring(svg)
    alone = tree_of(own.alone())
    assert etree.tostring(svg) == before
    assert not list(alone.iter("{*}image"))
    assert [one.get("id") for one in alone.iter("{*}path")] == ["s1", "s2"]
    layer = alone.find(".//*[@id='sketch']")
    parents = {child: parent for parent in alone.iter() for child in parent}
    assert is_near(fake_edits.place(layer, parents), times(translate(3, 4), translate(5, 0), LAYER))
    assert "display" not in "".join(one.get("style") or "" for one in alone.iter())
    assert any(
        "stroke:red" in (one.get("style") or "") and one.get("fill-opacity") == "0.5"
        for one in layer.iterancestors()
    )


def test_the_request_goes_on_from_the_one_that_made_the_sketch(run: Run, heard: Heard) -> None:
    made = {
        "version": 1,
        "strokes": 7,
        "seed": 3,
        "color": "#ff0000",
        "width_px": 3,
        "mask": "none",
        "faces": "none",
        "preset": "published",
    }
    body = image(link=uri(png(80, 40))) + sketch(
        more="clipasso:picture='40 20' clipasso:request='%s'" % json.dumps(made)
    )
    run("redraw", body, "--preset=draft", "--guide=clip", "--clip= RN50 ", ids=["s1"])
    run("add", body, "--strokes=9")
    first, second = heard()
    # of the pixels there are twice as many
    kept = {"version": 1, "color": "#ff0000", "width_px": 6, "mask": "none", "faces": "none"}
    assert first["request"] == {**kept, "preset": "draft", "guide": "clip:RN50"}
    assert second["request"] == {**kept, "preset": "auto", "guide": "auto", "strokes": 9}
    assert (first["edit"]["do"], first["edit"]["only"], first["edit"]["reach"]) == (
        "refine",
        ["s1"],
        "redraw",
    )
    assert (second["edit"]["do"], second["edit"]["only"], second["edit"]["layer"]) == (
        "add",
        None,
        "sketch",
    )


@pytest.mark.parametrize("made", ["", "{", "[]", '{"mask": "/gone.png"}', "7"])
def test_a_request_that_is_of_no_use_is_left_out(made: str, run: Run, heard: Heard) -> None:
    run("redraw", image() + sketch(more="clipasso:request='%s'" % made), "--reach=nudge")
    assert heard()[0]["request"] == {"version": 1, "preset": "auto", "guide": "auto"}
    assert heard()[0]["edit"]["reach"] == "nudge"


@pytest.mark.parametrize("kind", ["redraw", "add"])
def test_another_try_has_another_seed(kind: str, run: Run, heard: Heard) -> None:
    run(kind, WHOLE, "--seed=7")
    assert heard()[0]["request"]["seed"] == 7


def test_hidden_strokes_of_a_selected_group_are_not_asked_for(run: Run, heard: Heard) -> None:
    body = '<g id="g">%s%s<g display="none">%s</g></g>' % (
        stroke("s1"),
        stroke("s2", style="display:none"),
        stroke("s3"),
    )
    redrawn = paths_of(run("redraw", image() + sketch(body), ids=["g"]))
    assert redrawn["s1"].get("d") != STROKES["s1"]
    assert heard()[0]["edit"]["only"] == ["s1"]


def test_a_hidden_sketch_is_redrawn(run: Run) -> None:
    assert (
        paths_of(
            run("redraw", image() + sketch(more='style="display:none" clipasso:picture="40 20"'))
        )["s1"].get("d")
        != STROKES["s1"]
    )


# Redraw


def test_the_selected_strokes_move_and_nothing_else(run: Run) -> None:
    output = run("redraw", WHOLE, ids=["s1", "s3"])
    check_moved(WHOLE, output, ["s1", "s3"], LAYER)
    loose = [("s1", "d"), ("s3", "d")]
    assert without(output, *loose) == without(document(WHOLE), *loose)


def test_all_that_are_not_locked_move_when_the_layer_is_meant(run: Run) -> None:
    inside = (
        stroke("s1")
        + stroke("s2", more='clipasso:locked="true"')
        + '<g sodipodi:insensitive="true">%s</g>' % stroke("s3")
        + stroke("s4")
    )
    body = image() + sketch(inside)
    output = run("redraw", body)
    check_moved(body, output, ["s1", "s4"], LAYER)
    loose = [("s1", "d"), ("s4", "d")]
    assert without(output, *loose) == without(document(body), *loose)


def random_matrix(dice: random.Random) -> Matrix:
    parts = [
        translate(dice.uniform(-50, 50), dice.uniform(-50, 50)),
        rotate(dice.uniform(0, 360)),
        skew(dice.uniform(-30, 30)),
    ]
    parts.append(scale(dice.choice([-1, 1]) * dice.uniform(0.3, 3), dice.uniform(0.3, 3)))
    dice.shuffle(parts)
    return times(*parts)


def random_stroke(dice: random.Random, ident: str) -> str:
    def number() -> str:
        return "%.*f" % (dice.randrange(9), dice.uniform(-40, 40))

    data = [dice.choice("Mm") + number() + dice.choice(", ") + number()]
    for _ in range(dice.randint(1, 4)):
        command = dice.choice("cCsSqQtTlLhHvV")
        count = {"c": 6, "s": 4, "q": 4, "t": 2, "l": 2, "h": 1, "v": 1}[command.lower()]
        data.append(command + dice.choice([" ", ",", "  "]).join(number() for _ in range(count)))
    more = ' transform="%s"' % text(random_matrix(dice)) if dice.random() < 0.5 else ""
    more += dice.choice(
        [
            "",
            ' clipasso:locked="true"',
            ' sodipodi:insensitive="true"',
            ' class="a  b"',
            ' own:x=" 1 " xmlns:own="urn:own"',
        ]
    )
    return stroke(
        ident,
        more=more + ' inkscape:label=" %s &lt;&#10;"' % ident,
        data="".join(data),
        style=dice.choice([STYLE, " a : b ;;", ""]),
    )


def random_content(dice: random.Random, names: List[str], depth: int = 0) -> str:
    parts = []
    for _ in range(dice.randint(1, 4)):
        kind = dice.random()
        if kind < 0.6 or depth > 2:
            names.append("%s%d" % (names[0][0], len(names)))
            parts.append(random_stroke(dice, names[-1]))
        elif kind < 0.8:
            parts.append(
                '<g transform="%s">%s</g>'
                % (text(random_matrix(dice)), random_content(dice, names, depth + 1))
            )
        else:
            parts.append(
                dice.choice(
                    [
                        "<!-- note -->",
                        "<text> a  b </text>tail",
                        '<foo xmlns="urn:own"/>',
                        '<rect width="3"/>',
                    ]
                )
            )
    return "".join(parts)


@pytest.mark.parametrize("seed", range(25))
def test_of_any_document_exactly_the_data_of_what_was_meant_changes(
    seed: int, run: Run, home: Path
) -> None:
    dice = random.Random(seed)
    names, others = ["p"], ["o"]
    place, around = (random_matrix(dice) for _ in range(2))
    there = times(translate(dice.uniform(-50, 50), 7), rotate(dice.uniform(0, 360)), scale(2, 2))
    points_of = random_matrix(dice)
    more = 'clipasso:picture="40 20" clipasso:points="%s"' % text(points_of)
    inside = random_content(dice, names) + random_stroke(dice, "plast")
    names.append("plast")
    body = '%s<g transform="%s">%s</g>%s' % (
        image(more='transform="%s"' % text(there)),
        text(around),
        sketch(inside, transform=place, more=more),
        "<g %s>%s</g>" % (OWN, random_content(dice, others)),
    )
    names = names[1:]
    old = paths_of(document(body))
    chosen = [] if dice.random() < 0.4 else dice.sample(names, dice.randint(1, len(names)))
    free = [one for one in chosen or names if not is_locked(old[one])]
    output = run("redraw", body, ids=chosen)
    if not free:
        assert output == b""
        return
    check_moved(body, output, free, times(around, place, points_of))
    loose = [(one, "d") for one in free]
    assert without(output, *loose) == without(document(body), *loose)
    for one in chosen:
        assert (one + " stays as it is: it is locked." in log_of(home)) == (one not in free)


def test_locked_strokes_are_no_news_when_the_whole_sketch_is_redrawn(run: Run, home: Path) -> None:
    body = image() + sketch(stroke("s1") + stroke("s2", more='clipasso:locked="true"'))
    assert run("redraw", body)
    assert log_of(home) == ""
    assert run("redraw", body, ids=["s1", "s2"])
    assert log_of(home) == "s2 stays as it is: it is locked.\n"


@pytest.mark.parametrize("prefix", ["ns0", "svg", "a"])
@pytest.mark.parametrize("kind", ["redraw", "add", "join", "order"])
def test_any_prefix_of_a_name_space_will_do(kind: str, prefix: str, run: Run) -> None:
    """Inkscape takes the first one that it meets: after a bitmap was dimmed it is one of lxml's own
    making.
    """
    body = WHOLE.replace("clipasso:", prefix + ":").replace("xmlns:clipasso", "xmlns:" + prefix)
    output = run(kind, body)
    assert paths_of(output)
    again = run(kind, output, ids=["sketch"])  # as it is written then
    assert paths_of(again)


def test_no_better_place_leaves_the_document_and_is_told(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_ENGINE", "worse")
    assert run("redraw", WHOLE) == b""
    assert log_of(home) == (
        "No better place was found, so the strokes stay where they were. Redraw them with Start"
        " afresh and another number in Another try, or move them by hand first.\n"
    )


def test_nothing_but_locked_strokes_is_told(run: Run, home: Path) -> None:
    body = image() + sketch(stroke("s1", more='clipasso:locked="true"'))
    assert run("redraw", body) == b""
    assert "There is no stroke to redraw" in log_of(home)


def test_a_live_path_effect_stays_and_begins_from_the_new_place(run: Run) -> None:
    effect = '<defs><inkscape:path-effect id="lpe" effect="spiro"/></defs>'
    more = 'inkscape:path-effect="#lpe" inkscape:original-d="%s"' % STROKES["s1"]
    body = effect + image() + sketch(stroke("s1", more=more, data="M 9,9 8,8"))
    output = run("redraw", body)
    path = paths_of(output)["s1"]
    assert path.get(PATH_EFFECT) == "#lpe"
    plain = image() + sketch(stroke("s1"))
    assert path.get(ORIGINAL_D) == paths_of(run("redraw", plain))["s1"].get("d")
    loose = [("s1", "d"), ("s1", ORIGINAL_D)]
    assert without(output, *loose) == without(document(body), *loose)


# Add


def test_two_strokes_are_added_on_top_with_ids_and_ranks_of_their_own(run: Run) -> None:
    body = (
        image()
        + stroke("stroke-2")
        + sketch(
            stroke("stroke-1", 0)
            + stroke("s2", 1, style="display:none")
            + "<g>%s</g>" % stroke("s3", 5)
        )
    )
    output = run("add", body)
    layer = with_id(output, "sketch")
    first, second = layer[-2:]
    assert [first.get("id"), second.get("id")] == ["stroke-3", "stroke-4"]
    assert [first.get(RANK), second.get(RANK)] == ["6", "7"]
    page = [applied(LAYER, (x, 20 * share)) for share in fake_edits.LINES for x in (10, 30)]
    ends = [one for path in (first, second) for one in (points_of(path)[0], points_of(path)[-1])]
    assert all(is_near(one, other) for one, other in zip(ends, page))
    tree = tree_of(output)
    for one in (first, second):
        found = tree.xpath("//*[@id=$ident]", ident=one.get("id"))[0]
        found.getparent().remove(found)
    assert etree.tostring(tree) == etree.tostring(tree_of(document(body)))


# What goes wrong

WORDS = {"restyle": ["--ink=photo", "--look=pencil"]}


@pytest.mark.parametrize("mode", ["error", "die"])
@pytest.mark.parametrize("kind", ["redraw", "add", "restyle"])
def test_an_engine_that_fails_changes_nothing(
    kind: str, mode: str, run: Run, script: Script, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_ENGINE", mode)
    assert run(kind, WHOLE, *WORDS.get(kind, [])) == b""
    assert log_of(home)
    assert script(kind, WHOLE, *WORDS.get(kind, []))[1:] == (b"", b"")


@pytest.mark.parametrize("kind", EDIT_ENTRIES)
def test_a_script_writes_a_document_and_nothing_to_stderr(
    kind: str, script: Script, home: Path
) -> None:
    words = {"level": ["--strokes=2"], "restyle": ["--look=marker", "--ink=photo"]}.get(kind, [])
    status, output, errors = script(kind, WHOLE, *words)
    assert (status, errors) == (0, b"")
    assert paths_of(output)
    assert log_of(home) == ""


@pytest.mark.parametrize("kind", EDIT_ENTRIES)
def test_a_failing_script_is_silent(kind: str, script: Script, home: Path) -> None:
    assert script(kind, "<g/>")[1:] == (b"", b"")
    assert log_of(home)


@pytest.mark.parametrize("kind", ["join", "order"])
@pytest.mark.parametrize(
    "command",
    [["/none"], [sys.executable, "-c", "raise SystemExit(3)"], [sys.executable, "-c", ""]],
)
def test_a_plot_that_fails_changes_nothing(
    kind: str,
    command: List[str],
    run: Run,
    pointer: Pointer,
    home: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    pointer(*command)
    assert run(kind, WHOLE) == b""
    assert log_of(home)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("ids", [["s1"], ["another", "s1"]], ids=["its own bitmap", "another one"])
@pytest.mark.parametrize("kind", ["redraw", "add", "restyle"])
def test_cancel_leaves_everything(
    kind: str, ids: List[str], run: Run, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    """The window's own tests are elsewhere; here it is one that was cancelled."""
    window: Any = types.ModuleType("clipasso_ext.windows.progress_window")
    window.ProgressWindow = lambda tasks, chosen, host: types.SimpleNamespace(run=lambda: ([], []))
    monkeypatch.setitem(sys.modules, "clipasso_ext.windows.progress_window", window)
    monkeypatch.setattr(edit_effects, "has_gtk", lambda: True)
    assert run(kind, WHOLE + image("another"), *WORDS.get(kind, []), ids=ids) == b""
    assert log_of(home) == ""


@pytest.mark.parametrize("kind", ["redraw", "add"])
def test_the_layer_still_says_which_engine_drew_it(kind: str, run: Run) -> None:
    body = image() + sketch(more='clipasso:picture="40 20" clipasso:engine="0.1.9"')
    assert with_id(run(kind, body), "sketch").get(ENGINE) == "0.1.9"


# The task


def test_a_task_of_an_edit_has_what_a_session_asks_of_it(scratch: Path) -> None:
    svg = root(WHOLE)
    own = find_sketch(svg, [])
    task = EditTask(own, PlacedPhoto(own.photo(), svg, [], scratch), "refine")
    assert (task.name, task.pixels_if_read) == ("My Sketch", None)
    assert task.read() is task.pixels_if_read
    assert is_near(hexad(task.placed.placement.page), LAYER)
