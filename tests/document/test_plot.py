"""For plotters: the same strokes with less travel, or one line through all of them; the sketch's
own layer is kept.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from support.drawings import LINE, SPACES

from clipasso_core.document import plot
from clipasso_core.document.drawing import Drawing, read_drawing
from clipasso_core.errors import UserError
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
