"""For plotters: the same strokes with less travel, or one line through all of them; the sketch's
own layer is kept.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.drawings import LINE, SPACES

from clipasso_core.cli.main import main
from clipasso_core.document import plot
from clipasso_core.document.drawing import Drawing, read_drawing
from clipasso_core.errors import Cancelled, UserError
from clipasso_core.strokes import polyline

SKETCH = 'viewBox="0 0 200 100"'
DATA = ["M 0,0 L 10,0", "M 100,50 L 90,50", "M 20,0 L 10,0", "M 30,0 L 20,0", "M 80,50 L 90,50"]


def sketch(tmp_path: Path, data: list[str], group: str = "") -> Drawing:
    paths = "".join(
        f'<path id="p{number}" d="{one}" style="{LINE}"/>' for number, one in enumerate(data)
    )
    path = tmp_path / "sketch.svg"
    path.write_text(
        f'<svg {SPACES} {SKETCH}><g id="sketch" clipasso:sketch="1" inkscape:label="Cat"'
        f" {group}>{paths}</g></svg>"
    )
    return read_drawing(path, None)


def layers(drawing: Drawing, tmp_path: Path) -> tuple[Drawing, Drawing]:
    """The sketch's own layer, shown again, and the new one."""
    text = drawing.to_bytes().decode()
    assert "display:none" in text
    (tmp_path / "both.svg").write_text(text.replace("display:none", ""))
    new = next(node.get("id") for node in drawing.root if node.get("id") != "sketch")
    return read_drawing(tmp_path / "both.svg", None, "sketch"), read_drawing(
        tmp_path / "both.svg", None, new
    )


def up(drawing: Drawing) -> float:
    """Travel with the pen up, in the order of the file."""
    chains = [chain for line in drawing.lines for chain in line.chains]
    return sum(float(np.hypot(*(other[0] - one[-1]))) for one, other in itertools.pairwise(chains))


def covered(drawing: Drawing) -> set[tuple[int, int]]:
    points = np.concatenate([polyline(chain) for line in drawing.lines for chain in line.chains])
    return {(round(x), round(y)) for x, y in points.tolist()}


def test_the_order_draws_the_same_strokes_with_less_travel(tmp_path: Path) -> None:
    drawing = sketch(tmp_path, DATA)
    saved = plot.order_strokes(drawing)
    own, new = layers(drawing, tmp_path)
    assert covered(new) == covered(own)
    assert len(new.lines) == len(own.lines) == len(DATA)
    assert up(new) == pytest.approx((1 - saved) * up(own))
    # from (30, 0) to (80, 50), everything else touches
    assert up(new) == pytest.approx(np.hypot(50, 50))


def test_one_line_passes_through_all_strokes_without_a_gap(tmp_path: Path) -> None:
    drawing = sketch(tmp_path, DATA)
    assert plot.join_strokes(drawing) == len(DATA)
    own, new = layers(drawing, tmp_path)
    (line,) = new.lines
    (chain,) = line.chains
    assert covered(own) <= covered(new)
    assert len(chain) % 3 == 1
    assert line.width == pytest.approx(own.lines[0].width)


def test_only_what_is_chosen_is_taken_and_the_whole_layer_hidden(tmp_path: Path) -> None:
    drawing = sketch(tmp_path, DATA)
    assert plot.join_strokes(drawing, drawing.find(["p1", "p4"])) == 2
    own, new = layers(drawing, tmp_path)
    assert covered(new) == {(x, 50) for x in range(80, 101)}
    assert len(own.lines) == len(DATA)
    drawing = sketch(tmp_path, DATA)
    # 10 from one to the other instead of 20
    assert plot.order_strokes(drawing, drawing.find(["p3", "p0"])) == pytest.approx(0.5)
    assert len(layers(drawing, tmp_path)[1].lines) == 2


def test_groups_and_transforms_keep_their_place(tmp_path: Path) -> None:
    drawing = sketch(tmp_path, DATA[:3], 'transform="translate(20,5) rotate(30) scale(1.5)"')
    drawing.lines[0].node.set("transform", "translate(3,3)")
    drawing.write(tmp_path / "again.svg")
    for do in (plot.order_strokes, plot.join_strokes):
        drawing = read_drawing(tmp_path / "again.svg", None)
        do(drawing)
        own, new = layers(drawing, tmp_path)
        assert covered(own) <= covered(new)


def test_the_own_layer_stays_as_it_was_but_hidden(tmp_path: Path) -> None:
    drawing = sketch(tmp_path, DATA)
    before = [dict(line.node.attrib) for line in drawing.lines]
    plot.order_strokes(drawing)
    assert [dict(line.node.attrib) for line in drawing.lines] == before
    assert drawing.layer.get("style") == "display:none"
    assert [
        node.get("{http://www.inkscape.org/namespaces/inkscape}label") for node in drawing.root
    ] == ["Cat", "Cat, plot order"]


@pytest.mark.parametrize("do", [plot.order_strokes, plot.join_strokes])
def test_inherited_looks_come_along(tmp_path: Path, do: Callable[[Drawing], object]) -> None:
    paths = "".join(f'<path id="p{number}" d="{one}"/>' for number, one in enumerate(DATA))
    looks = 'style="fill:none" stroke="#123456" stroke-width="3"'
    path = tmp_path / "sketch.svg"
    path.write_text(
        f'<svg {SPACES} {SKETCH}><g id="sketch" clipasso:sketch="1"><g'
        f" {looks}>{paths}</g></g></svg>"
    )
    drawing = read_drawing(path, None)
    do(drawing)
    _, new = layers(drawing, tmp_path)
    assert {(line.color, line.width, line.fixed) for line in new.lines} == {("#123456", 3.0, "")}


def test_nothing_to_plot_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no stroke"):
        plot.join_strokes(sketch(tmp_path, []))


def scribble(path: Path, count: int, layer: str = "") -> Path:
    """A layer of so many short strokes in no order."""
    rng = np.random.default_rng(0)
    ends = np.round(rng.random((count, 1, 2)) * 1000 + rng.normal(0, 8, (count, 2, 2)), 2)
    strokes = "".join(
        f'<path id="s{number}" style="{LINE}" d="M {a},{b} L {c},{d}"/>'
        for number, ((a, b), (c, d)) in enumerate(ends.tolist())
    )
    path.write_text(
        f'<svg {SPACES} viewBox="0 0 1000 1000"><g id="layer" {layer}>{strokes}</g></svg>'
    )
    return path


@pytest.mark.parametrize("command", ["join", "order"])
def test_the_command_tells_a_program_how_far_it_is(
    tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = scribble(tmp_path / "many.svg", 40)
    assert main([command, str(path), "--layer", "layer", "--json"]) == 0
    said = capsys.readouterr()
    events = [json.loads(line) for line in said.out.splitlines()]
    assert [one["event"] for one in events] == ["progress"] * (len(events) - 1) + ["plotted"]
    steps = [one["step"] for one in events[:-1]]
    assert steps == sorted(steps)
    assert (steps[0], steps[-1]) == (0, events[0]["steps"])
    assert events[-1]["strokes"] == 40
    assert (events[-1]["travel_saved"] is not None) == (command == "order")
    assert str(path) in said.err


@pytest.mark.parametrize("do", [plot.order_strokes, plot.join_strokes])
def test_who_stops_it_gets_nothing_half_done(tmp_path: Path, do: Any) -> None:
    path = scribble(tmp_path / "many.svg", 40)
    drawing = read_drawing(path, None, "layer")
    before = drawing.to_bytes()
    with pytest.raises(Cancelled):
        do(drawing, None, lambda step, steps: step < 5)
    assert drawing.to_bytes() == before


@pytest.mark.slow
@pytest.mark.parametrize("command", ["join", "order"])
def test_two_thousand_strokes_take_seconds(tmp_path: Path, command: str) -> None:
    path = scribble(tmp_path / "many.svg", 2000)
    began = time.monotonic()
    assert main([command, str(path), "--layer", "layer"]) == 0
    assert time.monotonic() - began < 120, "some 6 on an idle machine"


@pytest.mark.parametrize("command", ["join", "order"])
@pytest.mark.parametrize("layer", ['transform="scale(1e200)"', 'transform="translate(1e20,0)"'])
def test_what_lies_beyond_all_paper_is_refused(
    tmp_path: Path, command: str, layer: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = scribble(tmp_path / "far.svg", 3, layer)
    before = path.read_bytes()
    assert main([command, str(path), "--layer", "layer"]) == 2
    assert "nan" not in capsys.readouterr().err
    assert path.read_bytes() == before


STOPPED = """
import os, signal, sys
from clipasso_core import route
from clipasso_core.cli.main import main

def before(original):
    def stopped(*given):
        os.kill(os.getpid(), signal.{stop})
        return original(*given)
    return stopped

{place} = before({place})
sys.exit(main(sys.argv[1:]))
"""


def stopped(tmp_path: Path, command: str, stop: str, place: str) -> tuple[int, list[str]]:
    """Exit status of a command to which that signal comes there, and the files that it leaves."""
    path = scribble(tmp_path / "few.svg", 30, 'clipasso:sketch="1"')
    folder = tmp_path / "out"
    folder.mkdir()
    code = STOPPED.format(stop=stop, place=place)
    words = [sys.executable, "-c", code, command, str(path), "-o", str(folder / "plot.svg")]
    return subprocess.run(words, timeout=60).returncode, os.listdir(folder)


@pytest.mark.skipif(sys.platform == "win32", reason="there a signal ends what it is sent to")
@pytest.mark.parametrize("stop", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("command", ["join", "order"])
def test_who_stops_the_search_finds_no_file(tmp_path: Path, command: str, stop: str) -> None:
    status, left = stopped(tmp_path, command, stop, "route._Tour.settle")
    assert status == (130 if stop == "SIGINT" else -signal.SIGTERM)
    assert left == []


@pytest.mark.skipif(sys.platform == "win32", reason="there a signal ends what it is sent to")
@pytest.mark.parametrize("stop", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("command", ["join", "order"])
def test_while_the_file_is_written_it_is_too_late_to_stop(
    tmp_path: Path, command: str, stop: str
) -> None:
    assert stopped(tmp_path, command, stop, "os.fsync") == (0, ["plot.svg"])


@pytest.mark.parametrize("command", ["join", "order"])
def test_what_cannot_be_done_is_told_before_the_search(
    tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = scribble(tmp_path / "few.svg", 3, 'clipasso:sketch="1"')
    bare = tmp_path / "bare.svg"
    opened = '<g id="layer" clipasso:sketch="1">'
    bare.write_text(path.read_text().replace(opened, "").replace("</g>", ""))
    for words, code in (
        ([str(bare)], "no-layer"),
        ([str(path), "-o", str(tmp_path / "lost" / "plot.svg")], "cannot-write"),
    ):
        assert main([command, *words, "--json"]) == 2
        (line,) = capsys.readouterr().out.splitlines()
        assert json.loads(line)["code"] == code


def test_strokes_that_are_not_plotted_are_not_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = scribble(tmp_path / "few.svg", 3, 'clipasso:sketch="1"')
    filled = '<path id="leaf" d="M0,0L9,0L9,9" style="fill:black;stroke:none"/></g>'
    path.write_text(path.read_text().replace("</g>", filled))
    assert main(["order", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["strokes"] == 3


def test_the_new_layers_id_is_its_own(tmp_path: Path) -> None:
    drawing = sketch(tmp_path, DATA)
    drawing.lines[0].node.set("id", "plot-1")
    plot.order_strokes(drawing)
    ids = [node.get("id") for node in drawing.root.iter()]
    assert len(set(ids) - {None}) == len([one for one in ids if one is not None])
