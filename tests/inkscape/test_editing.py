"""Editing sketches in real Inkscape: what a command is to change changes, and nothing else."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from clipasso_ext.names import INSENSITIVE, LABEL, LOCKED, ORIGINAL_D, PATH, PLAIN_WIDTH
from lxml import etree
from support import canvas
from support.canvas import Canvas
from support.documents import Document, inside, placed
from support.inkscape import ROOT, TRUE, Inkscape, element, rest, sketches
from support.screen import Desk, desk, virtual_screen, wait_for
from support.sitting import MESSAGE, PROGRESS, Sitting, end_all, meaning, nothing_computes

from clipasso_core.document.drawing import read_drawing

BETTER = 0.995  # of the whole sketch's loss, when one of six strokes was laid beside the subject
# by which the fake engine moves strokes, in pixels of the picture, which are the layer's units here
STEP = (4.0, -3.0)
Sit = Callable[..., Sitting]
Changes = dict[str, Any]  # by id of a stroke
LAYER = inside(
    'id="photos" inkscape:groupmode="layer" transform="translate(4 3) scale(0.9)"',
    what=placed(transform="rotate(8 100 75)"),
)
ALL = [f"stroke-{number}" for number in range(1, 17)]
HIDDEN = [f"stroke-{number}" for number in range(6, 17)]
NUMBER = re.compile(r"-?\d+\.?\d*(?:e-?\d+)?")


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    with virtual_screen() as name:
        yield name


@pytest.fixture(scope="module")
def inkscape(tmp_path_factory: pytest.TempPathFactory, display: str) -> Inkscape:
    return Inkscape.install(tmp_path_factory.mktemp("editing"), display)


@pytest.fixture(scope="module")
def sketched(inkscape: Inkscape) -> Path:
    """A sketch of 16 strokes above its photo, as Inkscape saves it."""
    return inkscape.act(
        inkscape.extend(Document("", LAYER).write(inkscape.folder), "sketch", "photo")
    )


def strokes(document: Path, layer: str = "sketch-1") -> dict[str, dict[str, str]]:
    """Attributes of the paths of a layer, by id."""
    return {
        str(path.get("id")): {str(name): str(value) for name, value in path.attrib.items()}
        for path in element(document, layer).iter(PATH)
    }


def around(document: Path) -> str:
    """What is no sketch, but for the document's own name."""
    return re.sub(r'sodipodi:docname="[^"]*"', "", rest(document))


def changes(before: Path, after: Path, layer: str = "sketch-1") -> Changes:
    """Which attributes of which strokes differ; None for a stroke that is new or gone."""
    old, new = strokes(before, layer), strokes(after, layer)
    found: Changes = dict.fromkeys(old.keys() ^ new.keys())
    for one in old.keys() & new.keys():
        names = {
            name
            for name in old[one].keys() | new[one].keys()
            if old[one].get(name) != new[one].get(name)
        }
        if names:
            found[one] = names
    return found


def steps(before: Path, after: Path, ident: str) -> set[tuple[float, float]]:
    """How far the points of a stroke went; set of (x, y)."""
    one, other = (
        [float(number) for number in NUMBER.findall(strokes(document)[ident]["d"])]
        for document in (before, after)
    )
    assert len(one) == len(other)
    moves = [round(b - a, 2) for a, b in zip(one, other, strict=True)]
    # Inkscape writes it so after a transform: only the beginning moves
    relative = strokes(before)[ident]["d"].startswith("m")
    return set(zip(moves[::2], moves[1::2], strict=True)) - ({(0.0, 0.0)} if relative else set())


EDITS: dict[str, tuple[list[str], dict[str, Any], Changes]] = {
    "redraw": (["stroke-3", "stroke-5"], {}, {"stroke-3": {"d"}, "stroke-5": {"d"}}),
    "add": ([], {}, {"stroke-17": None, "stroke-18": None}),
    "level": ([], {"strokes": 5}, {one: {"style"} for one in HIDDEN}),
    "lock": (["stroke-2"], {}, {"stroke-2": {LOCKED, INSENSITIVE}}),
    "unlock": ([], {}, {}),
    "restyle": (["stroke-4"], {"look": "marker"}, {"stroke-4": {"style", PLAIN_WIDTH}}),
    "join": ([], {}, {}),
    "order": ([], {}, {}),
}


@pytest.mark.parametrize("entry", EDITS)
def test_an_edit_changes_what_it_is_to_change(
    entry: str, inkscape: Inkscape, sketched: Path
) -> None:
    select, values, wanted = EDITS[entry]
    stored = " ".join(f'org.clipasso.{entry}.{name}="{value}"' for name, value in values.items())
    inkscape.prefer(f'<group id="extensions" {stored}/>')
    after = inkscape.extend(sketched, entry, *select)
    assert changes(sketched, after) == wanted, inkscape.log
    layer: Any = element(after, "sketch-1")
    assert layer.getparent().get("id") == "photos"
    assert layer.get("transform") == element(sketched, "sketch-1").get("transform")
    count = {"add": 18, "level": 5}.get(entry, 16)
    assert layer.get(LABEL) == f"Sketch of photo ({count} strokes)"
    if entry in ("join", "order"):
        assert layer.get("style") == "display:none"
        assert len(drop(after, layer.getnext().get("id"))) > 0
    assert around(after) == around(sketched)
    if entry == "redraw":
        assert steps(sketched, after, "stroke-3") == {STEP}


def drop(document: Path, ident: str) -> Any:
    """Take an element out of a document; returns what it held."""
    tree: Any = etree.parse(document)
    (found,) = tree.xpath("//*[@id=$ident]", ident=ident)
    found.getparent().remove(found)
    tree.write(document)
    return found


@pytest.mark.parametrize("entry", ["join", "order"])
def test_only_the_selected_strokes_are_plotted(
    entry: str, inkscape: Inkscape, sketched: Path
) -> None:
    after = inkscape.extend(sketched, entry, "stroke-2", "stroke-5")
    layer: Any = element(after, "sketch-1")
    assert layer.get("style") == "display:none"
    own = strokes(sketched)
    assert [path.get("d") for path in layer.getnext()] == [
        own[one]["d"] for one in ("stroke-2", "stroke-5")
    ]


def test_locked_strokes_stay_when_all_are_redrawn_and_unlock_frees_them(
    inkscape: Inkscape, sketched: Path
) -> None:
    inkscape.prefer("")
    locked = inkscape.extend(sketched, "lock", "stroke-2", "stroke-9")
    redrawn = inkscape.extend(locked, "redraw", "sketch-1")
    assert changes(locked, redrawn) == {
        one: {"d"} for one in ALL if one not in ("stroke-2", "stroke-9")
    }
    free = inkscape.extend(redrawn, "unlock")
    assert set(changes(free, inkscape.extend(free, "redraw"))) == set(ALL)


def test_a_sketch_that_was_moved_alone_is_redrawn_where_it_is(
    inkscape: Inkscape, sketched: Path
) -> None:
    inkscape.prefer("")
    moved = inkscape.act(
        sketched, "select-by-id:sketch-1", "transform-rotate:40", "transform-translate:10,-20"
    )
    assert element(moved, "sketch-1").get("transform") != element(sketched, "sketch-1").get(
        "transform"
    )
    after = inkscape.extend(moved, "redraw", "stroke-3")
    assert changes(moved, after) == {"stroke-3": {"d"}}
    assert steps(moved, after, "stroke-3") == {STEP}


def test_a_plain_svg_is_edited_on(inkscape: Inkscape, sketched: Path) -> None:
    inkscape.prefer('<group id="extensions" org.clipasso.level.strokes="5"/>')
    plain = sketched.with_name("plain.svg")
    inkscape.call([str(sketched), "--export-plain-svg", f"--export-filename={plain}"])
    assert "groupmode" not in plain.read_text()
    after = inkscape.extend(plain, "redraw", "stroke-3")
    assert steps(plain, after, "stroke-3") == {STEP}
    assert set(changes(plain, inkscape.extend(plain, "level"))) == set(HIDDEN)


def test_a_duplicate_is_edited_apart(inkscape: Inkscape, sketched: Path) -> None:
    inkscape.prefer("")
    twice = inkscape.act(sketched, "select-by-id:sketch-1", "duplicate")
    ids = {str(layer.get("id")) for layer in sketches(twice)}
    (copy,) = ids - {"sketch-1"}
    after = inkscape.extend(twice, "redraw", copy)
    assert changes(twice, after) == {}
    assert len(changes(twice, after, copy)) == 16


def test_a_tapered_stroke_and_its_copy_are_redrawn_under_their_effects(
    inkscape: Inkscape, sketched: Path
) -> None:
    inkscape.prefer('<group id="extensions" org.clipasso.restyle.taper="taper"/>')
    tapered = inkscape.extend(sketched, "restyle", "stroke-3")
    twice = inkscape.act(tapered, "select-by-id:stroke-3", "duplicate")
    (copy,) = set(strokes(twice)) - set(ALL)
    after = inkscape.extend(twice, "redraw", "stroke-3", copy)
    names = {"d", ORIGINAL_D}
    assert changes(twice, after) == {"stroke-3": names, copy: names}
    inkscape.prefer('<group id="extensions" org.clipasso.restyle.taper="none"/>')
    back = inkscape.extend(after, "restyle", "stroke-3", copy)
    assert steps(sketched, back, "stroke-3") == {STEP}
    assert strokes(back)[copy]["d"] == strokes(back)["stroke-3"]["d"]


def test_without_its_photo_the_sketch_stays_and_the_way_out_works(
    inkscape: Inkscape, sketched: Path
) -> None:
    inkscape.prefer("")
    alone = inkscape.act(sketched, "select-by-id:photo", "delete")
    after = inkscape.extend(alone, "redraw", "stroke-3")
    assert around(after) == around(alone)
    assert changes(alone, after) == {}
    assert "is gone. Select the bitmap together with the strokes, and try again." in inkscape.log
    tree = etree.parse(alone)
    image = etree.fromstring(etree.tostring(element(sketched, "photo"), with_tail=False))
    image.set("id", "another")
    tree.getroot().append(image)
    other = alone.with_name("other.svg")
    tree.write(other)
    assert set(changes(other, inkscape.extend(other, "redraw", "another", "stroke-3"))) == {
        "stroke-3"
    }


# In front of a person

REDRAW, LOCK, LEVEL, JOIN = "ctrl+F9", "ctrl+F10", "ctrl+F11", "ctrl+F12"
PLOT_WINDOW = "^Join into One Line$"
FEW = [f"stroke-{number}" for number in range(1, 7)]
PAGE = (200, 150)  # user units
MOVE = (9, 4)  # user units that a node is dragged


@pytest.fixture(scope="module")
def own_desk() -> Iterator[Desk]:
    with desk() as screen:
        yield screen


@pytest.fixture
def sit(tmp_path: Path, own_desk: Desk, sketched: Path, inkscape: Inkscape) -> Iterator[Sit]:
    """Opens Inkscape on a sketch, of which all but one stroke are locked if no other is given; ends
    it after the test.
    """
    sittings: list[Sitting] = []

    def start(mode: str = "", tree: Any = None) -> Sitting:
        scratch = tmp_path / "scratch"
        scratch.mkdir()
        own = Inkscape.install(tmp_path, own_desk.display, FAKE_ENGINE=mode, TMPDIR=str(scratch))
        own.bind({REDRAW: "redraw.noprefs", LOCK: "lock", LEVEL: "level.noprefs", JOIN: "join"})
        own.prefer('<group id="extensions" org.clipasso.level.strokes="18"/>')
        shutil.copy(inkscape.folder / "photo.png", tmp_path)
        if tree is None:
            tree = etree.parse(sketched)
            for path in tree.iter(PATH):
                if path.get("id") != "stroke-3":
                    path.set(INSENSITIVE, "true")
        path = tmp_path / "sketched.svg"
        tree.write(path)
        sittings.append(Sitting(own, own_desk, path))
        return sittings[-1]

    yield start
    for sitting in sittings:
        end_all(sitting)


def cycle(sitting: Sitting) -> bytes:
    """Flip the photo and flip it back, saving each time; returns the file's bytes."""
    before = sitting.cycle()
    sitting.press("ctrl+alt+a")  # in all layers
    return before


def test_a_redraw_is_one_step_to_undo(sit: Sit) -> None:
    sitting = sit()
    before = cycle(sitting)
    earlier = sitting.path.with_name("earlier.svg")
    earlier.write_bytes(before)
    sitting.press(REDRAW)
    sitting.save()
    assert changes(earlier, sitting.path) == {"stroke-3": {"d"}}
    sitting.press("ctrl+z")
    assert meaning(sitting.save()) == meaning(before)


def test_a_redraw_that_is_cancelled_changes_nothing(sit: Sit) -> None:
    sitting = sit("slow")
    before = cycle(sitting)
    sitting.start(REDRAW, PROGRESS)
    sitting.wait_heard("an edit", lambda line: "edit" in line)
    sitting.desk.press("Escape")
    sitting.desk.gone(PROGRESS)
    nothing_computes(sitting)
    assert not sitting.is_changed()
    assert sitting.cycle() == before


@pytest.mark.parametrize("cancel", ["Escape", "alt+c", "alt+F4"])
def test_a_join_that_is_cancelled_changes_nothing(cancel: str, sit: Sit) -> None:
    sitting = sit("slow")
    before = cycle(sitting)
    window = sitting.start(JOIN, PLOT_WINDOW)
    sitting.wait_heard("the command", lambda line: line.get("command") == "join")
    first = sitting.desk.look(window)
    wait_for(lambda: not sitting.desk.same(sitting.desk.look(window), first), "progress to move")
    sitting.desk.press(cancel)
    sitting.desk.gone(PLOT_WINDOW)
    nothing_computes(sitting)
    assert not sitting.is_changed()
    assert sitting.cycle() == before
    assert not sitting.desk.find(MESSAGE)


def test_a_join_is_one_step_to_undo(sit: Sit) -> None:
    sitting = sit()
    before = cycle(sitting)
    sitting.press(JOIN)
    sitting.save()
    layer: Any = element(sitting.path, "sketch-1")
    assert layer.get("style") == "display:none"
    assert [path.get("d") for path in layer.getnext()] == [strokes(sitting.path)["stroke-3"]["d"]]
    sitting.press("ctrl+z")
    assert meaning(sitting.save()) == meaning(before)


@pytest.mark.parametrize("answer", ["alt+d", "Return"])
def test_more_strokes_than_there_are_are_offered_drawn_and_undone_as_one(
    answer: str, sit: Sit
) -> None:
    sitting = sit()
    before = cycle(sitting)
    earlier = sitting.path.with_name("earlier.svg")
    earlier.write_bytes(before)
    sitting.start(LEVEL, MESSAGE)
    sitting.desk.press(answer)
    sitting.desk.gone(MESSAGE)
    sitting.save()
    (line,) = (line for line in sitting.heard() if "edit" in line)
    assert (line["edit"]["do"], line["request"]["strokes"]) == ("add", 2)
    assert changes(earlier, sitting.path) == {"stroke-17": None, "stroke-18": None}
    sitting.press("ctrl+z")
    assert meaning(sitting.save()) == meaning(before)


@pytest.mark.parametrize("answer", ["alt+l", "Escape", "alt+F4"])
def test_an_offer_that_is_declined_changes_nothing(answer: str, sit: Sit) -> None:
    sitting = sit()
    before = cycle(sitting)
    sitting.start(LEVEL, MESSAGE)
    sitting.desk.press(answer)
    sitting.desk.gone(MESSAGE)
    nothing_computes(sitting)
    assert not sitting.is_changed()
    assert sitting.cycle() == before


def chain_of(document: Path, ident: str) -> Any:
    """The points of a stroke of one cubic [4, 2], in user units."""
    (line,) = read_drawing(document, None).find([ident])
    return line.chains[0]


def test_a_node_is_dragged_its_stroke_locked_and_all_others_are_redrawn_around_it(
    sit: Sit, inkscape: Inkscape
) -> None:
    inkscape.prefer(
        '<group id="extensions" org.clipasso.parameters.strokes="6"'
        ' org.clipasso.parameters.bitmap="dim"/>'
    )
    tree = etree.parse(
        inkscape.extend(Document("", LAYER).write(inkscape.folder), "parameters", "photo")
    )
    canvas.prepare(tree)
    sitting = sit(tree=tree)

    def saved(name: str) -> Path:
        """A copy of the document after the next change."""
        path = sitting.path.with_name(name)
        path.write_bytes(sitting.save())
        return path

    given = sitting.path.with_name("given.svg")
    shutil.copy(sitting.path, given)
    chain = chain_of(given, "stroke-3")
    Canvas.find(sitting.desk, sitting.main, PAGE).move_last_node(chain, MOVE)
    moved = saved("moved.svg")
    assert set(changes(given, moved)) == {"stroke-3"}
    assert chain_of(moved, "stroke-3")[-1] - chain[-1] == pytest.approx(MOVE, abs=1)
    sitting.press(LOCK)
    locked = saved("locked.svg")
    assert changes(moved, locked) == {"stroke-3": {LOCKED, INSENSITIVE}}
    sitting.press("Escape", "Escape", REDRAW)  # first no node is selected, then no stroke
    redrawn = saved("redrawn.svg")
    assert changes(locked, redrawn) == {one: {"d"} for one in FEW if one != "stroke-3"}
    assert strokes(redrawn)["stroke-3"]["d"] == strokes(moved)["stroke-3"]["d"]
    assert not sitting.desk.find(MESSAGE)
    sitting.press("ctrl+z")
    assert meaning(sitting.save()) == meaning(locked.read_bytes())


# With the true engine


@pytest.fixture
def true_engine(tmp_path: Path, display: str) -> Iterator[Inkscape]:
    """What it answers is written to ``said`` as well."""
    recorded = [
        "/bin/sh",
        "-c",
        f'{shlex.join(TRUE)} "$@" | tee -a {shlex.quote(str(tmp_path / "said"))}',
        "engine",
    ]
    inkscape = Inkscape.install(tmp_path, display, recorded)
    values = ["parameters.preset", "redraw.preset"]
    stored = " ".join([f'org.clipasso.{name}="draft"' for name in values])
    inkscape.prefer(f'<group id="extensions" {stored} org.clipasso.parameters.strokes="6"/>')
    yield inkscape
    subprocess.run(
        [*TRUE, "engine", "stop"],
        env=inkscape.environment,
        stdout=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )


@pytest.mark.slow
def test_the_true_engine_redraws_a_stroke_that_was_moved_away(
    true_engine: Inkscape, tmp_path: Path
) -> None:
    photo = (ROOT / "examples" / "coffee.jpg").as_uri()
    before = Document(
        "", placed(href=photo, transform="rotate(10 100 75) translate(20 15) scale(0.8)")
    ).write(tmp_path)
    sketch = true_engine.extend(before, "parameters", "photo")
    moved = true_engine.act(sketch, "select-by-id:stroke-2", "transform-translate:20,15")
    after = true_engine.extend(moved, "redraw", "stroke-2")
    change = json.loads((tmp_path / "said").read_text().splitlines()[-1])["change"]
    print(f"loss {change['before']:.4f} before, {change['after']:.4f} after")
    assert change["improved"]
    assert change["after"] < change["before"] * BETTER
    assert "No better place" not in true_engine.log
    assert changes(moved, after) == {"stroke-2": {"d"}}
    assert around(after) == around(moved)
    again = true_engine.extend(moved, "redraw", "sketch-1")
    assert {name for names in changes(moved, again).values() for name in names} == {"d"}
