"""Sketches that are edited in place: which strokes are meant, where their bitmap is, and what no
edit touches.
"""

import io
import json
import math
import os
import random
import re
import subprocess
import sys
import types

import inkex
import pytest
from clipasso_ext import edits
from clipasso_ext.document.sketches import find_sketch
from clipasso_ext.engine.connection import ask_once
from clipasso_ext.engine.edit_task import EditTask
from clipasso_ext.engine.task import Task
from lxml import etree

import fake_edits
from easel import (
    EXTENSION,
    applied,
    document,
    hexad,
    image,
    png,
    root,
    rotate,
    scale,
    skew,
    text,
    times,
    translate,
    uri,
)

CLIPASSO = "{https://clipasso.org/ns}"
INKSCAPE = "{http://www.inkscape.org/namespaces/inkscape}"
INSENSITIVE = "{http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd}insensitive"
OWN = 'xmlns:clipasso="https://clipasso.org/ns"'
LAYER = times(translate(10, 20), scale(2, 2))  # where the engine's layer lies on easel's image
ENTRIES = {
    "redraw": edits.Redraw,
    "add": edits.Add,
    "level": edits.Level,
    "lock": edits.Lock,
    "unlock": edits.Unlock,
    "restyle": edits.Restyle,
    "join": edits.Join,
    "order": edits.Order,
}
STYLE = "fill:none;stroke:#123456;stroke-width:2;stroke-linecap:round"
STROKES = {
    "s1": "M 1,2 C 3,4 5,6 7,8",
    "s2": "m 10,3 c 1,1 2,2 3,0 1,-1 2,2 3,1",
    "s3": "M 5.0000000,5 10 , 6 H 12 v 3",
    "s4": "M20,10q3,3 6,0t2,2",
}


def stroke(ident, rank=None, more="", data=None, style=STYLE):
    ranked = "" if rank is None else ' clipasso:rank="%d"' % rank
    return '<path id="%s" d="%s" style="%s"%s %s/>' % (
        ident,
        data or STROKES.get(ident, "M 1,1 C 2,2 3,3 4,1"),
        style,
        ranked,
        more,
    )


def sketch(
    body=None,
    ident="sketch",
    more='clipasso:picture="40 20"',
    source="photo",
    transform=LAYER,
    plain=False,
):
    """The layer that the extension makes over easel's image, of 40 x 20 pixels, and its strokes."""
    named = "" if source is None else ' clipasso:source="#%s"' % source
    kind = "" if plain else 'inkscape:groupmode="layer" inkscape:label="My Sketch"'
    strokes = (
        "".join(stroke(one, rank) for rank, one in enumerate(STROKES)) if body is None else body
    )
    return '<g %s id="%s" %s clipasso:sketch="1"%s transform="%s" %s>%s</g>' % (
        OWN,
        ident,
        kind,
        named,
        text(transform),
        more,
        strokes,
    )


WHOLE = image() + sketch()


@pytest.fixture
def run(pointer, tmp_path):
    """Runs a menu entry on a document in this process; returns the bytes that Inkscape gets."""

    def do(kind, body, *words, ids=()):
        path = tmp_path / "in.svg"
        path.write_bytes(body if isinstance(body, bytes) else document(body))
        output = io.BytesIO()
        ENTRIES[kind]().run(
            ["--id=%s" % one for one in ids] + list(words) + [str(path)], output=output
        )
        return output.getvalue()

    return do


@pytest.fixture
def script(pointer, tmp_path):
    """Runs a menu entry's script as Inkscape does; returns its status and the two streams."""

    def do(kind, body, *words, **environment):
        path = tmp_path / "in.svg"
        path.write_bytes(document(body))
        found = os.path.dirname(os.path.dirname(os.path.abspath(inkex.__file__)))
        surroundings = {**os.environ, "PYTHONPATH": found, **environment}
        command = [sys.executable, str(EXTENSION / ("clipasso_%s.py" % kind)), *words, str(path)]
        done = subprocess.run(
            command,
            env=surroundings,
            cwd=str(EXTENSION),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
        )
        return done.returncode, done.stdout, done.stderr

    return do


@pytest.fixture
def heard(tmp_path, monkeypatch):
    """What the engine was told."""
    monkeypatch.setenv("FAKE_ENGINE_LOG", str(tmp_path / "lines"))
    return lambda: [json.loads(line) for line in (tmp_path / "lines").read_text().splitlines()]


@pytest.fixture
def see(scratch):
    """The engine's view of a document's bitmap."""

    def do(svg, ids=("sketch",)):
        own = find_sketch(svg, list(ids))
        return own, Task(own.photo(), svg, [], scratch)

    return do


def told(home):
    path = home / "logs" / "extension.log"
    return path.read_text(encoding="utf-8") if path.exists() else ""


def paths(output):
    return {one.get("id"): one for one in etree.fromstring(output).iter("{*}path")}


def get(output, ident):
    (found,) = etree.fromstring(output).xpath("//*[@id=$ident]", ident=ident)
    return found


def but(output, *loose):
    """A document without the attributes of the elements with these ids; `loose` may name one
    attribute: (id, name).
    """
    tree = etree.fromstring(output)
    for ident, name in loose:
        for one in tree.xpath("//*[@id=$ident]", ident=ident):
            one.attrib.pop(name, None)
    return etree.tostring(tree)


def style(element):
    return dict(part.split(":") for part in (element.get("style") or "").split(";") if part)


# Which strokes are meant

SECOND = image() + sketch() + sketch(stroke("t1"), ident="other")
HAND = (
    '<g id="hand" inkscape:groupmode="layer"><g id="inner"><path id="p" d="M 0,0 L 5,5"/></g><path'
    ' id="q" d="M 0,0 h 3"/></g>'
)
MEANT = {
    "nothing selected, one sketch": (WHOLE, [], "sketch", None),
    "the layer": (WHOLE, ["sketch"], "sketch", None),
    "the layer and a stroke of it": (WHOLE, ["s2", "sketch"], "sketch", None),
    "one stroke": (WHOLE, ["s2"], "sketch", ["s2"]),
    "strokes, one twice": (WHOLE, ["s3", "s2", "s3"], "sketch", ["s3", "s2"]),
    "strokes and the bitmap": (WHOLE, ["photo", "s2"], "sketch", ["s2"]),
    "a group in the sketch": (
        image() + sketch('<g id="g">%s%s</g>%s' % (stroke("s1"), stroke("s2"), stroke("s3"))),
        ["g"],
        "sketch",
        ["s1", "s2"],
    ),
    "one of two sketches": (SECOND, ["other"], "other", None),
    "a stroke of one of two sketches": (SECOND, ["t1"], "other", ["t1"]),
    "a layer drawn by hand": (image() + HAND, ["hand"], "hand", None),
    "a stroke drawn by hand": (image() + HAND, ["p"], "hand", ["p"]),
    "a group drawn by hand": (image() + HAND, ["inner"], "hand", ["p"]),
    "a top group in no layer": (
        '<g id="g"><g><path id="p" d="M 0,0 h 3"/></g></g>',
        ["g"],
        "g",
        None,
    ),
    "a stroke in a group in no layer": (
        '<g id="g"><g><path id="p" d="M 0,0 h 3"/></g></g>',
        ["p"],
        "g",
        ["p"],
    ),
    "a layer around the sketch": (
        '<g id="around" inkscape:groupmode="layer">%s</g>' % WHOLE,
        ["around"],
        "sketch",
        None,
    ),
    "ids that are not there": (WHOLE, ["none"], "sketch", None),
    "a sketch as plain SVG has it": (image() + sketch(plain=True), [], "sketch", None),
    "definitions are no strokes": (
        image() + sketch("<defs><path id='d' d='M 0,0 h 1'/></defs>" + stroke("s1")),
        ["sketch"],
        "sketch",
        None,
    ),
}


@pytest.mark.parametrize("case", MEANT)
def test_the_selection_means(case):
    body, ids, layer, chosen = MEANT[case]
    found = find_sketch(root(body), ids)
    assert found.layer.get("id") == layer
    assert (None if found.chosen is None else [one.get("id") for one in found.chosen]) == chosen
    assert "d" not in [one.get("id") for one in found.meant]


UNMEANT = {
    "no sketch": (image(), [], "There is no sketch in this document"),
    "two sketches": (SECOND, [], "There are several sketches in this document"),
    "strokes of two": (SECOND, ["s1", "t1"], "belong to several layers"),
    "a layer around two": (
        '<g id="around">%s</g>' % SECOND,
        ["around"],
        "belong to several layers",
    ),
    "only the bitmap": (WHOLE, ["photo"], "No stroke is selected"),
    "another thing": (WHOLE + '<rect id="r"/>', ["r"], "No stroke is selected"),
    "a stroke in no layer": (
        '<path id="p" d="M 0,0 h 3"/>',
        ["p"],
        "in no layer: put them into one",
    ),
}


@pytest.mark.parametrize("case", UNMEANT)
@pytest.mark.parametrize("kind", ENTRIES)
def test_a_selection_that_means_nothing_is_told_and_changes_nothing(kind, case, run, home, capfd):
    body, ids, message = UNMEANT[case]
    assert run(kind, body, ids=ids) == b""
    assert message in told(home)
    assert capfd.readouterr() == ("", "")


# Which bitmap, and where it lies under the sketch


def lies(own, task):
    return hexad(own.page(task))


def near(one, other):
    return all(math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-6) for a, b in zip(one, other))


BODY_PX = (40, 20)  # of easel's bitmap
MOVE = times(translate(30, -5), rotate(25), scale(0.5, 0.5))
PLACES = {
    "as it was": (image() + sketch(), LAYER),
    "the picture was moved": (image(more='transform="%s"' % text(MOVE)) + sketch(), LAYER),
    "the sketch was moved": (image() + sketch(transform=times(MOVE, LAYER)), times(MOVE, LAYER)),
    "both were moved": (
        image(more='transform="%s"' % text(MOVE)) + sketch(transform=times(MOVE, LAYER)),
        times(MOVE, LAYER),
    ),
    "both were moved apart": (
        image(more='transform="%s"' % text(skew(20))) + sketch(transform=times(MOVE, LAYER)),
        times(MOVE, LAYER),
    ),
    "a group around the sketch was moved": (
        '%s<g transform="%s">%s</g>' % (image(), text(MOVE), sketch()),
        times(MOVE, LAYER),
    ),
    "the picture has another resolution": (image(link=uri(png(80, 40))) + sketch(), LAYER),
    "it does not say": (
        image(more='transform="%s"' % text(MOVE)) + sketch(more=""),
        times(MOVE, LAYER),
    ),
    "it says nonsense": (
        image(more='transform="%s"' % text(MOVE)) + sketch(more='clipasso:picture="wide 3"'),
        times(MOVE, LAYER),
    ),
    "the picture was distorted": (
        image() + sketch(more='clipasso:picture="40 20" clipasso:points="%s"' % text(skew(30))),
        times(LAYER, skew(30)),
    ),
    "distorted, moved and larger": (
        image(link=uri(png(80, 40)))
        + sketch(
            more='clipasso:picture="40 20" clipasso:points="%s"' % text(skew(30)),
            transform=times(MOVE, LAYER),
        ),
        times(MOVE, LAYER, skew(30)),
    ),
    "the picture was clipped": (
        '<defs><clipPath id="c"><rect x="30" y="20" width="40" height="40"/></clipPath></defs>'
        + image(more='clip-path="url(#c)" transform="%s"' % text(MOVE))
        + sketch(),
        LAYER,
    ),
    "no source, one bitmap": (image("another") + sketch(source=None), LAYER),
}


@pytest.mark.parametrize("case", PLACES)
def test_the_bitmap_lies_under_the_sketch(case, see):
    body, place = PLACES[case]
    own, task = see(root(body))
    # what is distorted is drawn by Inkscape, in pixels of its own
    width, height = task.pixels.size_px
    assert near(lies(own, task), times(place, scale(BODY_PX[0] / width, BODY_PX[1] / height)))


def test_another_bitmap_is_pointed_to_and_remembered(see, scratch):
    body = (
        image()
        + image(
            "new",
            link=uri(png(20, 20)),
            box='x="100" y="10" width="40" height="40"',
            more='transform="rotate(20)"',
        )
        + sketch(
            transform=times(MOVE, LAYER),
            more='clipasso:picture="40 20" clipasso:points="%s"' % text(skew(30)),
        )
    )
    svg = root(body)
    own, task = see(svg, ["new", "s1"])
    there = times(rotate(20), translate(100, 10), scale(2, 2))
    assert task.photo.id == "new"
    assert near(lies(own, task), there)
    assert own.layer.get(CLIPASSO + "source") == "#photo"  # until something comes of it
    own.remember(task)
    later, task = see(svg, ["s1"])
    assert task.photo.id == "new"
    assert near(lies(later, task), there)


def test_its_own_bitmap_selected_with_the_strokes_is_no_other(run):
    body = image() + sketch(transform=times(MOVE, LAYER))
    output = run("redraw", body, ids=["photo", "s1"])
    check_moved(body, output, ["s1"], times(MOVE, LAYER))
    assert but(output, ("s1", "d")) == but(document(body), ("s1", "d"))


GONE = {
    "it was deleted": (sketch(), "The bitmap of My Sketch is gone"),
    "another thing has its id": (
        '<rect id="photo" width="3" height="3"/>' + sketch(),
        "The bitmap of My Sketch is gone",
    ),
    "none was named, and there are two": (
        image("a") + image("b") + sketch(source=None),
        "My Sketch does not say which bitmap",
    ),
    "none was named, and there is none": (
        sketch(source=None),
        "My Sketch does not say which bitmap",
    ),
}


@pytest.mark.parametrize("case", GONE)
@pytest.mark.parametrize(
    ("kind", "word"), [("redraw", ""), ("add", ""), ("restyle", "--ink=photo")]
)
def test_a_bitmap_that_is_gone_is_told_with_the_way_out(kind, word, case, run, home, capfd):
    body, message = GONE[case]
    assert run(kind, body, *[word][: bool(word)], ids=["s1"]) == b""
    assert message in told(home)
    assert "Select the bitmap together with the strokes, and try again." in told(home)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("case", ["it was deleted", "none was named, and there are two"])
def test_the_way_out_works(case, run):
    body = image("new") + GONE[case][0]
    output = run("redraw", body, ids=["new", "s1"])
    assert get(output, "sketch").get(CLIPASSO + "source") == "#new"
    assert paths(output)["s1"].get("d") != STROKES["s1"]
    again = run("redraw", output, ids=["s1"])
    assert paths(again)["s1"].get("d") != paths(output)["s1"].get("d")


# What the engine gets


def test_the_engine_is_told_of_dark_paper():
    paper = (
        '<g id="paper" clipasso:paper="1" xmlns:clipasso="https://clipasso.org/ns"><rect width="9"'
        ' height="9" style="fill:#000"/></g>'
    )
    alone = etree.fromstring(
        find_sketch(root(image() + paper + sketch(stroke("s1"))), ["sketch"]).alone()
    )
    assert [one.get("id") for one in alone] == ["paper", "sketch"]


def test_the_engine_gets_the_layer_alone_with_what_it_inherits():
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
    alone = etree.fromstring(own.alone())
    assert etree.tostring(svg) == before
    assert not list(alone.iter("{*}image"))
    assert [one.get("id") for one in alone.iter("{*}path")] == ["s1", "s2"]
    layer = alone.find(".//*[@id='sketch']")
    parents = {child: parent for parent in alone.iter() for child in parent}
    assert near(fake_edits.place(layer, parents), times(translate(3, 4), translate(5, 0), LAYER))
    assert "display" not in "".join(one.get("style") or "" for one in alone.iter())
    assert any(
        "stroke:red" in (one.get("style") or "") and one.get("fill-opacity") == "0.5"
        for one in layer.iterancestors()
    )


def test_the_request_goes_on_from_the_one_that_made_the_sketch(run, heard):
    made = {
        "version": 1,
        "strokes": 7,
        "seed": 3,
        "color": "#ff0000",
        "width_px": 3,
        "mask": "none",
        "preset": "published",
    }
    body = image(link=uri(png(80, 40))) + sketch(
        more="clipasso:picture='40 20' clipasso:request='%s'" % json.dumps(made)
    )
    run("redraw", body, "--preset=draft", "--guide=clip", "--clip= RN50 ", ids=["s1"])
    run("add", body, "--strokes=9")
    first, second = heard()
    kept = {"version": 1, "color": "#ff0000", "width_px": 6, "mask": "none"}  # twice the pixels
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
def test_a_request_that_is_of_no_use_is_left_out(made, run, heard):
    run("redraw", image() + sketch(more="clipasso:request='%s'" % made), "--reach=nudge")
    assert heard()[0]["request"] == {"version": 1, "preset": "auto", "guide": "auto"}
    assert heard()[0]["edit"]["reach"] == "nudge"


def test_hidden_strokes_of_a_selected_group_are_not_asked_for(run, heard):
    body = '<g id="g">%s%s<g display="none">%s</g></g>' % (
        stroke("s1"),
        stroke("s2", style="display:none"),
        stroke("s3"),
    )
    assert paths(run("redraw", image() + sketch(body), ids=["g"]))["s1"].get("d") != STROKES["s1"]
    assert heard()[0]["edit"]["only"] == ["s1"]


def test_a_hidden_sketch_is_redrawn(run):
    assert (
        paths(
            run("redraw", image() + sketch(more='style="display:none" clipasso:picture="40 20"'))
        )["s1"].get("d")
        != STROKES["s1"]
    )


# Redraw


def points(path):
    """The points of a path on the page. The arithmetic is not the extension's."""
    chain = [
        (*point,)
        for one in inkex.Path(path.get("d")).to_absolute().to_superpath()
        for triple in one
        for point in triple
    ]
    total = fake_edits.UNIT
    for one in (path, *path.iterancestors()):
        total = times(fake_edits.parsed(one.get("transform") or ""), total)
    return [applied(total, point) for point in chain]


def moved_px(before, after, page):
    """How far the points of a path went, in pixels of the picture."""
    back = fake_edits.inverse(page)
    assert len(before) == len(after)
    return [
        tuple(b - a for a, b in zip(applied(back, one), applied(back, other)))
        for one, other in zip(before, after)
    ]


def check_moved(body, output, idents, page):
    old, new = paths(document(body)), paths(output)
    for ident in idents:
        for step in moved_px(points(old[ident]), points(new[ident]), page):
            assert math.isclose(step[0], fake_edits.STEP[0], abs_tol=1e-3)
            assert math.isclose(step[1], fake_edits.STEP[1], abs_tol=1e-3)


def test_the_selected_strokes_move_and_nothing_else(run):
    output = run("redraw", WHOLE, ids=["s1", "s3"])
    check_moved(WHOLE, output, ["s1", "s3"], LAYER)
    loose = [("s1", "d"), ("s3", "d")]
    assert but(output, *loose) == but(document(WHOLE), *loose)


def test_all_that_are_not_locked_move_when_the_layer_is_meant(run):
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
    assert but(output, *loose) == but(document(body), *loose)


def random_matrix(dice):
    parts = [
        translate(dice.uniform(-50, 50), dice.uniform(-50, 50)),
        rotate(dice.uniform(0, 360)),
        skew(dice.uniform(-30, 30)),
    ]
    parts.append(scale(dice.choice([-1, 1]) * dice.uniform(0.3, 3), dice.uniform(0.3, 3)))
    dice.shuffle(parts)
    return times(*parts)


def random_stroke(dice, ident):
    number = lambda: "%.*f" % (dice.randrange(9), dice.uniform(-40, 40))  # noqa: E731
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


def random_content(dice, names, depth=0):
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


def is_locked(path):
    return path.get(CLIPASSO + "locked") == "true" or path.get(INSENSITIVE) == "true"


@pytest.mark.parametrize("seed", range(25))
def test_of_any_document_exactly_the_data_of_what_was_meant_changes(seed, run, home):
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
    old = paths(document(body))
    chosen = [] if dice.random() < 0.4 else dice.sample(names, dice.randint(1, len(names)))
    free = [one for one in chosen or names if not is_locked(old[one])]
    output = run("redraw", body, ids=chosen)
    if not free:
        assert output == b""
        return
    check_moved(body, output, free, times(around, place, points_of))
    loose = [(one, "d") for one in free]
    assert but(output, *loose) == but(document(body), *loose)
    for one in chosen:
        assert (one + " stays as it is: it is locked." in told(home)) == (one not in free)


def test_locked_strokes_are_no_news_when_the_whole_sketch_is_redrawn(run, home):
    body = image() + sketch(stroke("s1") + stroke("s2", more='clipasso:locked="true"'))
    assert run("redraw", body)
    assert told(home) == ""
    assert run("redraw", body, ids=["s1", "s2"])
    assert told(home) == "s2 stays as it is: it is locked.\n"


@pytest.mark.parametrize("prefix", ["ns0", "svg", "a"])
@pytest.mark.parametrize("kind", ["redraw", "add", "join", "order"])
def test_any_prefix_of_a_name_space_will_do(kind, prefix, run):
    """Inkscape takes the first one that it meets: after a bitmap was dimmed it is one of lxml's own
    making.
    """
    body = WHOLE.replace("clipasso:", prefix + ":").replace("xmlns:clipasso", "xmlns:" + prefix)
    output = run(kind, body)
    assert paths(output)
    again = run(kind, output, ids=["sketch"])  # as it is written then
    assert paths(again)


def test_no_better_place_leaves_the_document_and_is_told(run, home, monkeypatch):
    monkeypatch.setenv("FAKE_ENGINE", "worse")
    assert run("redraw", WHOLE) == b""
    assert told(home) == "No better place was found, so the strokes stay where they were.\n"


def test_nothing_but_locked_strokes_is_told(run, home):
    body = image() + sketch(stroke("s1", more='clipasso:locked="true"'))
    assert run("redraw", body) == b""
    assert "There is no stroke to redraw" in told(home)


def test_a_live_path_effect_stays_and_begins_from_the_new_place(run):
    effect = '<defs><inkscape:path-effect id="lpe" effect="spiro"/></defs>'
    more = 'inkscape:path-effect="#lpe" inkscape:original-d="%s"' % STROKES["s1"]
    body = effect + image() + sketch(stroke("s1", more=more, data="M 9,9 8,8"))
    output = run("redraw", body)
    path = paths(output)["s1"]
    assert path.get(INKSCAPE + "path-effect") == "#lpe"
    plain = image() + sketch(stroke("s1"))
    assert path.get(INKSCAPE + "original-d") == paths(run("redraw", plain))["s1"].get("d")
    loose = [("s1", "d"), ("s1", INKSCAPE + "original-d")]
    assert but(output, *loose) == but(document(body), *loose)


# Add


def test_two_strokes_are_added_on_top_with_ids_and_ranks_of_their_own(run):
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
    layer = get(output, "sketch")
    first, second = layer[-2:]
    assert [first.get("id"), second.get("id")] == ["stroke-3", "stroke-4"]
    assert [first.get(CLIPASSO + "rank"), second.get(CLIPASSO + "rank")] == ["6", "7"]
    page = [applied(LAYER, (x, 20 * share)) for share in fake_edits.LINES for x in (10, 30)]
    ends = [one for path in (first, second) for one in (points(path)[0], points(path)[-1])]
    assert all(near(one, other) for one, other in zip(ends, page))
    tree = etree.fromstring(output)
    for one in (first, second):
        found = tree.xpath("//*[@id=$ident]", ident=one.get("id"))[0]
        found.getparent().remove(found)
    assert etree.tostring(tree) == etree.tostring(etree.fromstring(document(body)))


# More or fewer


def shown(output):
    return [
        one
        for one in paths(output)
        if "display:none" not in (paths(output)[one].get("style") or "")
    ]


def test_fewer_hides_the_least_needed_and_more_brings_them_back(run, home):
    body = image() + sketch(
        "".join(stroke(one, rank) for one, rank in (("s1", 2), ("s2", 0), ("s3", 10), ("s4", 9)))
        + stroke("mine")
    )
    fewer = run("level", body, "--strokes=2")
    assert shown(fewer) == ["s1", "s2", "mine"]
    assert but(fewer, ("s3", "style"), ("s4", "style")) == but(
        document(body), ("s3", "style"), ("s4", "style")
    )
    more = run("level", fewer, "--strokes=3")
    assert shown(more) == ["s1", "s2", "s4", "mine"]
    assert etree.tostring(etree.fromstring(run("level", more, "--strokes=4"))) == etree.tostring(
        etree.fromstring(document(body))
    )
    assert told(home) == ""
    assert run("level", body, "--strokes=5") == b""
    assert (
        told(home)
        == "The sketch has 4 ordered strokes, all of which are shown. Add Strokes draws more.\n"
    )


@pytest.fixture
def answer(monkeypatch):
    """Lets windows be: a question gets the answer, what computes is finished or cancelled. Returns
    what was asked.
    """

    def give(yes, cancel=False):
        asked = []
        dialogs, progress = (
            types.ModuleType("clipasso_ext.windows.dialogs"),
            types.ModuleType("clipasso_ext.windows.progress_window"),
        )
        dialogs.ask = lambda *words: asked.append(words) or yes

        def work(tasks, chosen, host):
            (task,) = tasks
            event = (
                None
                if cancel
                else ask_once(
                    host, str(task.pixels.path), task.request(chosen, chosen.preset), task.edit
                )
            )
            return types.SimpleNamespace(run=lambda: ([] if event is None else [(task, event)], []))

        progress.ProgressWindow = work
        monkeypatch.setitem(sys.modules, "clipasso_ext.windows.dialogs", dialogs)
        monkeypatch.setitem(sys.modules, "clipasso_ext.windows.progress_window", progress)
        monkeypatch.setattr(edits, "has_gtk", lambda: True)
        return asked

    return give


TWO_OF_FOUR = image() + sketch(
    "".join(
        stroke(one, rank, style="display:none" if rank > 1 else STYLE)
        for rank, one in enumerate(STROKES)
    )
)


def test_more_than_there_are_is_offered_and_drawn(run, heard, answer, home):
    asked = answer(yes=True)
    output = run("level", TWO_OF_FOUR, "--strokes=6")
    assert asked == [("This sketch has 4 strokes. Draw 2 more?", "_Draw 2 More", "_Leave It")]
    assert shown(output) == ["s1", "s2", "s3", "s4", "stroke-1", "stroke-2"]
    assert [one.get(CLIPASSO + "rank") for one in paths(output).values()] == list("012345")
    (line,) = heard()
    assert (line["edit"]["do"], line["request"]["strokes"], line["request"]["preset"]) == (
        "add",
        2,
        "auto",
    )
    assert "display:none" not in line["edit"]["svg"]  # what was hidden is seen, and drawn around
    assert told(home) == ""


def test_an_offer_that_is_declined_leaves_what_there_is(run, answer, home, tmp_path, monkeypatch):
    monkeypatch.setenv("FAKE_ENGINE_LOG", str(tmp_path / "lines"))
    answer(yes=False)
    assert shown(run("level", TWO_OF_FOUR, "--strokes=6")) == ["s1", "s2", "s3", "s4"]
    assert run("level", WHOLE, "--strokes=6") == b""
    assert not (tmp_path / "lines").exists()
    assert told(home) == ""


def test_an_offer_that_is_taken_and_then_cancelled_changes_nothing(run, answer):
    answer(yes=True, cancel=True)
    assert run("level", TWO_OF_FOUR, "--strokes=6") == b""


def test_an_offer_whose_bitmap_is_gone_is_told_and_changes_nothing(run, answer, home):
    answer(yes=True)
    assert run("level", TWO_OF_FOUR.replace('id="photo"', 'id="another"'), "--strokes=6") == b""
    assert "The bitmap of My Sketch is gone" in told(home)


@pytest.mark.parametrize(
    ("body", "question"),
    [
        (stroke("s1", 0), "This sketch has 1 stroke. Draw 5 more?"),
        (
            stroke("s1", 0) + stroke("s2", 1) + stroke("mine"),
            "This sketch has 2 ordered strokes. Draw 4 more?",
        ),
    ],
)
def test_an_offer_says_what_there_is(body, question, run, answer):
    asked = answer(yes=False)
    run("level", image() + sketch(body), "--strokes=6")
    assert asked[0][0] == question


@pytest.mark.parametrize("count", [1, 4])
def test_nothing_is_offered_when_there_are_enough(count, run, answer):
    asked = answer(yes=True)
    run("level", WHOLE, "--strokes=%d" % count)
    assert asked == []


def test_without_a_window_more_than_there_are_is_a_sentence_and_no_byte_on_stderr(script, home):
    assert script("level", WHOLE, "--strokes=6") == (0, b"", b"")
    assert (
        told(home)
        == "The sketch has 4 ordered strokes, all of which are shown. Add Strokes draws more.\n"
    )


def test_the_rest_is_deleted_when_that_is_wanted(run):
    output = run("level", WHOLE + stroke("mine"), "--strokes=1", "--rest=delete")
    assert list(paths(output)) == ["s1", "mine"]


def test_a_stroke_hidden_by_an_attribute_comes_back(run):
    body = image() + sketch(stroke("s1", 0, more='display="none"'))
    assert paths(run("level", body, "--strokes=1"))["s1"].get("display") is None


def test_without_an_order_of_need_there_are_no_levels(run, home):
    assert run("level", image() + HAND, ids=["hand"]) == b""
    assert "have no order of need" in told(home)


# Lock


def test_locked_strokes_are_locked_for_us_and_for_inkscape_until_unlocked(run):
    locked = run("lock", WHOLE, ids=["s1", "s3"])
    marks = {
        one: (path.get(CLIPASSO + "locked"), path.get(INSENSITIVE))
        for one, path in paths(locked).items()
    }
    assert marks == {
        "s1": ("true", "true"),
        "s2": (None, None),
        "s3": ("true", "true"),
        "s4": (None, None),
    }
    redrawn = run("redraw", locked)
    assert {one for one, path in paths(redrawn).items() if path.get("d") != STROKES[one]} == {
        "s2",
        "s4",
    }
    one_free = run("unlock", locked, ids=["s3"])
    assert [one for one, path in paths(one_free).items() if is_locked(path)] == ["s1"]
    free = run("unlock", locked)
    loose = [(one, CLIPASSO + "locked") for one in STROKES]
    assert but(free, *loose) == but(document(WHOLE), *loose)
    assert not any(is_locked(path) for path in paths(free).values())


def test_unlock_frees_strokes_in_a_locked_group(run):
    body = image() + sketch('<g id="g" sodipodi:insensitive="true">%s</g>' % stroke("s1"))
    assert paths(run("redraw", run("unlock", body)))["s1"].get("d") != STROKES["s1"]


# Restyle

CHOICES = ["plain", "pencil", "ink", "marker"]


@pytest.mark.parametrize("taper", ["keep", "taper"])
@pytest.mark.parametrize("look", CHOICES)
def test_a_look_twice_is_the_look_once(look, taper, run):
    once = run("restyle", WHOLE, "--look=%s" % look, "--taper=%s" % taper, ids=["s1", "s2"])
    twice = run("restyle", once, "--look=%s" % look, "--taper=%s" % taper, ids=["s1", "s2"])
    assert (twice or once) == once or etree.tostring(etree.fromstring(twice)) == etree.tostring(
        etree.fromstring(once)
    )
    loose = [
        (one, name)
        for one in ("s1", "s2")
        for name in (
            "style",
            "d",
            CLIPASSO + "width",
            *(INKSCAPE + n for n in ("path-effect", "original-d")),
        )
    ]
    tree = etree.fromstring(but(once, *loose))
    for defs in tree.findall("{*}defs"):
        tree.remove(defs)
    assert etree.tostring(tree) == but(document(WHOLE), *loose)


@pytest.mark.parametrize("look", CHOICES)
@pytest.mark.parametrize("taper", [False, True])
def test_a_look_and_then_plain_is_plain(look, taper, run):
    begin = run("restyle", WHOLE, "--look=plain", "--taper=%s" % ("taper" if taper else "keep"))
    looked = run("restyle", begin, "--look=%s" % look) or begin
    inked = look == "ink" and not taper  # ink has thin ends
    assert (style(paths(looked)["s1"]) != style(paths(begin)["s1"])) == (
        look in ("pencil", "marker") or inked
    )
    assert bool(paths(looked)["s1"].get(INKSCAPE + "path-effect")) == (taper or inked)
    back = (
        run("restyle", looked, "--look=plain", "--taper=%s" % ("none" if inked else "keep"))
        or begin
    )
    for one in STROKES:
        assert style(paths(back)[one]) == style(paths(begin)[one])
        assert paths(back)[one].get("d") == paths(begin)[one].get("d")


def test_looks_go_by_the_plain_width(run):
    output = document(WHOLE)
    for look, width in (("pencil", 1.2), ("marker", 5), ("pencil", 1.2), ("ink", 2)):
        output = run("restyle", output, "--look=%s" % look)
        assert float(style(paths(output)["s1"])["stroke-width"]) == width
    by_hand = output.replace(b"stroke-width:2", b"stroke-width:4")
    assert float(style(paths(run("restyle", by_hand, "--look=marker"))["s1"])["stroke-width"]) == 10


def test_a_width_is_in_the_documents_units_and_keeps_the_look(run):
    pencil = run("restyle", WHOLE, "--look=pencil")
    for _ in range(2):
        pencil = run("restyle", pencil, "--width=3", ids=["s1"]) or pencil
        # the layer doubles it; a pencil's line is 0.6 as wide
        assert float(style(paths(pencil)["s1"])["stroke-width"]) == 0.9
    assert float(style(paths(pencil)["s2"])["stroke-width"]) == 1.2
    assert (
        float(
            style(paths(run("restyle", WHOLE, "--look=marker", "--width=3"))["s1"])["stroke-width"]
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
def test_looks_that_are_inherited_count(body, run):
    assert (
        float(style(paths(run("restyle", image() + body, "--look=marker"))["s1"])["stroke-width"])
        == 7.5
    )
    tapered = paths(run("restyle", image() + body, "--taper=taper"))["s1"]
    assert (style(tapered)["fill"], style(tapered)["stroke"]) == ("#ff0000", "none")
    assert float(style(tapered)["fill-opacity"]) == 0.5
    assert widest(tapered) == pytest.approx(3, rel=0.02)
    redrawn = paths(run("redraw", run("restyle", image() + body, "--taper=taper")))["s1"]
    assert widest(redrawn) == pytest.approx(3, rel=0.02)


def widest(path):
    """Of an outline whose two sides have as many points."""
    numbers = [
        complex(*(float(n) for n in pair.split(",")))
        for pair in re.findall(r"[-\d.e]+,[-\d.e]+", path.get("d"))
    ]
    half = len(numbers) // 2
    return max(abs(a - b) for a, b in zip(numbers[:half], numbers[half:][::-1]))


def test_an_ink_colours_strokes_tapered_or_not(run):
    tapered = run("restyle", WHOLE, "--taper=taper", ids=["s1"])
    output = run("restyle", tapered, "--ink=color", "--color=4278222847", ids=["s1", "s2"])
    assert (style(paths(output)["s1"])["fill"], style(paths(output)["s1"])["stroke"]) == (
        "#ff007f",
        "none",
    )
    assert (style(paths(output)["s2"])["fill"], style(paths(output)["s2"])["stroke"]) == (
        "none",
        "#ff007f",
    )
    photo = run("restyle", tapered, "--ink=photo", "--look=pencil", ids=["s1", "s2"])
    assert (style(paths(photo)["s1"])["fill"], style(paths(photo)["s2"])["stroke"]) == (
        fake_edits.INK,
        fake_edits.INK,
    )
    assert (
        style(paths(photo)["s1"])["fill-opacity"]
        == style(paths(photo)["s2"])["stroke-opacity"]
        == "0.75"
    )
    assert style(paths(photo)["s3"]) == style(paths(tapered)["s3"])


def same_looks(one, other, idents):
    for ident in idents:
        assert style(paths(one)[ident]) == style(paths(other)[ident])
        assert paths(one)[ident].get("d") == paths(other)[ident].get("d")


def test_tapering_and_back_is_what_it_was(run):
    tapered = run("restyle", WHOLE, "--taper=taper")
    effects = [one.get("id") for one in etree.fromstring(tapered).iter(INKSCAPE + "path-effect")]
    assert [path.get(INKSCAPE + "path-effect") for path in paths(tapered).values()] == [
        "#" + one for one in effects
    ]
    assert {
        one: path.get(INKSCAPE + "original-d") for one, path in paths(tapered).items()
    } == STROKES
    assert all(path.get("d").endswith("Z") for path in paths(tapered).values())
    back = run("restyle", tapered, "--taper=none")
    same_looks(back, document(WHOLE), STROKES)
    assert not list(etree.fromstring(back).iter(INKSCAPE + "path-effect"))
    assert b"original-d" not in back
    assert b"path-effect=" not in back


def test_a_tapered_stroke_takes_another_width(run):
    tapered = run("restyle", WHOLE, "--taper=taper", ids=["s1"])
    assert widest(paths(tapered)["s1"]) == pytest.approx(2, rel=0.02)
    broad = run("restyle", tapered, "--look=marker", ids=["s1"])
    assert widest(paths(broad)["s1"]) == pytest.approx(5, rel=0.02)
    (effect,) = etree.fromstring(broad).iter(INKSCAPE + "path-effect")
    assert paths(broad)["s1"].get(INKSCAPE + "path-effect") == "#" + effect.get("id")
    assert ",2.5 |" in effect.get("offset_points")


def test_the_current_width_is_tapered(run):
    pencil = run("restyle", WHOLE, "--look=pencil", ids=["s1"])
    assert widest(
        paths(run("restyle", pencil, "--taper=taper", ids=["s1"]))["s1"]
    ) == pytest.approx(1.2, rel=0.02)


def test_a_tapered_stroke_is_redrawn_under_its_effect(run):
    tapered = run("restyle", WHOLE, "--taper=taper", ids=["s1", "s2"])
    redrawn = run("redraw", tapered, ids=["s1"])
    loose = [("s1", "d"), ("s1", INKSCAPE + "original-d")]
    assert but(redrawn, *loose) == but(tapered, *loose)
    back = run("restyle", redrawn, "--taper=none")
    plain = run("redraw", WHOLE, ids=["s1"])
    same_looks(back, plain, ["s1", "s2"])
    assert widest(paths(redrawn)["s1"]) == pytest.approx(2, rel=0.02)


@pytest.mark.parametrize("kind", ["redraw", "restyle"])
def test_a_copy_of_a_tapered_stroke_is_one_though_inkscape_renames_its_effect(kind, run):
    """Duplicating gives the copy an effect of its own, with an id of Inkscape's own making."""
    tapered = run("restyle", WHOLE, "--taper=taper", ids=["s1"]).replace(
        b"clipasso-taper-1", b"path-effect57"
    )
    if kind == "restyle":
        same_looks(run("restyle", tapered, "--taper=none"), document(WHOLE), STROKES)
        return
    redrawn = paths(run("redraw", tapered, ids=["s1"]))["s1"]
    assert redrawn.get("d").endswith("Z")
    assert redrawn.get(INKSCAPE + "original-d") == paths(run("redraw", WHOLE, ids=["s1"]))[
        "s1"
    ].get("d")


def test_an_effect_that_two_strokes_share_is_left_to_the_other(run):
    tapered = run("restyle", WHOLE, "--taper=taper", ids=["s1", "s2"]).replace(
        b"#clipasso-taper-2", b"#clipasso-taper-1"
    )
    one = run("restyle", tapered, "--taper=none", ids=["s1"])
    assert "clipasso-taper-1" in [
        effect.get("id") for effect in etree.fromstring(one).iter(INKSCAPE + "path-effect")
    ]


def test_another_effect_over_the_taper_stays(run):
    tapered = run("restyle", WHOLE, "--taper=taper", ids=["s1"])
    both = tapered.replace(
        b'path-effect="#clipasso-taper-1"', b'path-effect="#clipasso-taper-1;#rough"'
    )
    back = paths(run("restyle", both, "--taper=none", ids=["s1"]))["s1"]
    assert back.get(INKSCAPE + "path-effect") == "#rough"
    assert back.get(INKSCAPE + "original-d") == STROKES["s1"]
    assert style(back)["stroke"] == "#123456"


def test_a_tapered_stroke_whose_effect_plain_svg_dropped_is_left_as_it_is(run):
    tapered = run("restyle", WHOLE, "--taper=taper", ids=["s1"])
    tree = etree.fromstring(tapered)
    for one in tree.iter("{*}path"):
        for name in [name for name in one.attrib if name.startswith(INKSCAPE)]:
            del one.attrib[name]
    plain = etree.tostring(tree)
    assert run("restyle", plain, "--taper=none") == b""


def test_one_grain_serves_all(run):
    output = run("restyle", run("restyle", WHOLE, "--look=pencil", ids=["s1"]), "--look=pencil")
    assert [one.get("id") for one in etree.fromstring(output).iter("{*}filter")] == [
        "clipasso-pencil"
    ]


# One line, plot order


@pytest.mark.parametrize("kind", ["join", "order"])
def test_a_layer_is_added_above_and_the_sketch_is_hidden(kind, run):
    output = run(kind, WHOLE)
    layer = get(output, "sketch")
    new = layer.getnext()
    assert new.get(INKSCAPE + "groupmode") == "layer"
    ids = [one.get("id") for one in etree.fromstring(output).iter("{*}path")]
    assert len(ids) == len(set(ids)) == 8
    assert layer.get("style") == "display:none"
    tree = etree.fromstring(output)
    found = tree.xpath("//*[@id=$ident]", ident=new.get("id"))[0]
    found.getparent().remove(found)
    tree.xpath("//*[@id='sketch']")[0].attrib.pop("style")
    assert etree.tostring(tree) == etree.tostring(etree.fromstring(document(WHOLE)))
    again = run(kind, output, ids=["sketch"])
    ids = [one.get("id") for one in etree.fromstring(again).iter() if one.get("id")]
    assert len(ids) == len(set(ids))


PLOTS = {
    "one": ["s2"],
    "two": ["s3", "s1"],
    "one of them hidden": ["s4", "hidden"],
    "the layer too": ["s2", "sketch"],
}
PLOTTED = {
    "one": ["s2"],
    "two": ["s1", "s3"],
    "one of them hidden": ["s4"],
    "the layer too": ["s1", "s2", "s3", "s4", "hidden"],
}


@pytest.mark.parametrize("case", PLOTS)
@pytest.mark.parametrize("kind", ["join", "order"])
def test_only_the_selected_strokes_are_plotted(kind, case, run):
    inside = "".join(stroke(one, rank) for rank, one in enumerate(STROKES)) + stroke(
        "hidden", data="M 9,9 L 1,1", style="display:none"
    )
    body = image() + sketch(inside)
    output = run(kind, body, ids=PLOTS[case])
    layer = get(output, "sketch")
    given = {path.get("d"): ident for ident, path in paths(document(body)).items()}
    assert [given[path.get("d")] for path in layer.getnext()] == PLOTTED[case]
    assert layer.get("style") == "display:none"
    kept = etree.fromstring(output)
    new = kept.xpath("//*[@id='sketch']")[0].getnext()
    new.getparent().remove(new)
    assert but(etree.tostring(kept), ("sketch", "style")) == but(document(body))


@pytest.mark.parametrize("kind", ["join", "order"])
def test_hidden_strokes_alone_are_not_plotted_and_that_is_told(kind, run, home):
    body = image() + sketch(stroke("s1") + stroke("s2", style="display:none"))
    assert run(kind, body, ids=["s2"]) == b""
    assert told(home) == "The selected strokes are hidden: show them, and try again.\n"


@pytest.fixture
def true_engine(pointer):
    for needed in ("click", "svgelements", "tinycss2"):
        pytest.importorskip(needed)
    return pointer(
        "/usr/bin/env", "PYTHONPATH=%s" % EXTENSION.parent, sys.executable, "-m", "clipasso_core"
    )


@pytest.mark.parametrize("taper", [False, True])
@pytest.mark.parametrize("kind", ["join", "order"])
def test_the_true_engine_plots(kind, taper, run, true_engine):
    inside = '<g transform="rotate(20)" fill="none">%s%s</g>%s' % (
        stroke("s1"),
        stroke("s2"),
        stroke("s3") + stroke("s4"),
    )
    body = '<g transform="%s">%s</g>' % (text(MOVE), sketch(inside))
    given = run("restyle", body, "--taper=taper") if taper else document(body)
    output = run(kind, given, ids=["sketch"])
    layer = get(output, "sketch")
    new = layer.getnext()
    drawn = list(new.iter("{*}path"))
    assert len(drawn) == (1 if kind == "join" else 4)
    old = [points(path) for path in paths(document(body)).values()]
    ends = {point for chain in old for point in (chain[0], chain[-1])}
    there = [point for path in drawn for point in points(path)]
    for end in ends:
        assert min(math.dist(end, point) for point in there) < 1e-3
    for path in drawn:
        assert style(path)["stroke"] == "#123456"
        assert style(path)["fill"] == "none"
        assert path.get(INKSCAPE + "path-effect") is None
    assert layer.get("style") == "display:none"
    assert paths(output)["s1"].get("d") == paths(given)["s1"].get("d")


@pytest.mark.parametrize("kind", ["join", "order"])
def test_the_true_engine_plots_only_the_selected_strokes(kind, run, true_engine):
    output = run(kind, WHOLE, ids=["s1", "s3"])
    drawn = list(get(output, "sketch").getnext().iter("{*}path"))
    assert len(drawn) == (1 if kind == "join" else 2)
    there = [point for path in drawn for point in points(path)]
    for one, path in paths(document(WHOLE)).items():
        for end in (points(path)[0], points(path)[-1]):
            assert (min(math.dist(end, point) for point in there) < 1e-3) == (one in ("s1", "s3"))


@pytest.mark.parametrize("kind", ["join", "order"])
def test_the_true_engine_says_why_nothing_can_be_plotted(kind, run, true_engine, home):
    assert run(kind, sketch(stroke("s1", data="M 1,1")), ids=["sketch"]) == b""
    assert told(home).rstrip().splitlines()[-1] == "The sketch has no stroke that could be plotted."


# What goes wrong

WORDS = {"restyle": ["--ink=photo", "--look=pencil"]}


@pytest.mark.parametrize("mode", ["error", "die"])
@pytest.mark.parametrize("kind", ["redraw", "add", "restyle"])
def test_an_engine_that_fails_changes_nothing(kind, mode, run, script, home, monkeypatch):
    monkeypatch.setenv("FAKE_ENGINE", mode)
    assert run(kind, WHOLE, *WORDS.get(kind, [])) == b""
    assert told(home)
    assert script(kind, WHOLE, *WORDS.get(kind, []))[1:] == (b"", b"")


@pytest.mark.parametrize("kind", ENTRIES)
def test_a_script_writes_a_document_and_nothing_to_stderr(kind, script, home):
    words = {"level": ["--strokes=2"], "restyle": ["--look=marker", "--ink=photo"]}.get(kind, [])
    status, output, errors = script(kind, WHOLE, *words)
    assert (status, errors) == (0, b"")
    assert paths(output)
    assert told(home) == ""


@pytest.mark.parametrize("kind", ENTRIES)
def test_a_failing_script_is_silent(kind, script, home):
    assert script(kind, "<g/>")[1:] == (b"", b"")
    assert told(home)


@pytest.mark.parametrize("kind", ["join", "order"])
@pytest.mark.parametrize(
    "command",
    [["/none"], [sys.executable, "-c", "raise SystemExit(3)"], [sys.executable, "-c", ""]],
)
def test_a_plot_that_fails_changes_nothing(kind, command, run, pointer, home, capfd):
    pointer(*command)
    assert run(kind, WHOLE) == b""
    assert told(home)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("ids", [["s1"], ["another", "s1"]], ids=["its own bitmap", "another one"])
@pytest.mark.parametrize("kind", ["redraw", "add", "restyle"])
def test_cancel_leaves_everything(kind, ids, run, monkeypatch, home):
    """The window's own tests are elsewhere; here it is one that was cancelled."""
    window = types.ModuleType("clipasso_ext.windows.progress_window")
    window.ProgressWindow = lambda tasks, chosen, host: types.SimpleNamespace(run=lambda: ([], []))
    monkeypatch.setitem(sys.modules, "clipasso_ext.windows.progress_window", window)
    monkeypatch.setattr(edits, "has_gtk", lambda: True)
    assert run(kind, WHOLE + image("another"), *WORDS.get(kind, []), ids=ids) == b""
    assert told(home) == ""


# The pages


@pytest.mark.parametrize("kind", ENTRIES)
def test_the_page_and_the_script_know_the_same_parameters(kind):
    page = etree.parse(str(EXTENSION / ("clipasso_%s.inx" % kind))).getroot()
    on_page = {one.get("name"): one for one in page.iter("{*}param")}
    own = {"help", "output", "ids", "selected_nodes", "input_file"}
    known = {
        action.dest: action
        for action in ENTRIES[kind]().arg_parser._actions
        if action.dest not in own
    }
    assert set(on_page) == set(known)
    for name, one in on_page.items():
        options = [option.get("value") for option in one.iter("{*}option")]
        default = options[0] if options else one.text
        if known[name].choices:
            assert list(known[name].choices) == options
        if one.get("type") != "color" and name != "clip":
            assert (known[name].type or str)(default) == known[name].default


def test_a_task_of_an_edit_has_what_a_session_asks_of_it(scratch):
    svg = root(WHOLE)
    own = find_sketch(svg, [])
    task = EditTask(own, Task(own.photo(), svg, [], scratch), "refine")
    assert (task.name, task.seen) == ("My Sketch", None)
    assert task.pixels is task.seen
    assert near(hexad(task.placement.page), LAYER)
