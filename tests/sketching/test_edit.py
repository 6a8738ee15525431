"""Going on from a drawing: what is chosen is redrawn or added, everything else stays byte for byte,
and it never gets worse.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.drawings import SPACES
from support.pictures import SIZE
from support.resources import OneGuide

from clipasso_core import SketchRequest, UserError, sketch, write_svg
from clipasso_core.cli.main import main
from clipasso_core.document.drawing import Drawing, open_drawing, read_drawing
from clipasso_core.frame import Frame
from clipasso_core.guide import Guide
from clipasso_core.photo.picture import Picture, read_picture
from clipasso_core.sketching import edit, edit_job
from clipasso_core.sketching import reach as reaches
from clipasso_core.sketching.cover import cover
from clipasso_core.strokes import MOST_POINTS, sampled

QUICK = SketchRequest(strokes=5, guide="lite", preset="draft", mask="none", steps=8)
INK = "fill:none;stroke:#000;stroke-width:2"


@pytest.fixture
def picture(photo: Path) -> Picture:
    return read_picture(photo)


@pytest.fixture
def resources(lite: Guide) -> OneGuide:
    return OneGuide(lite)


@pytest.fixture
def drawn(photo: Path, tmp_path: Path) -> Path:
    """A sketch as the engine writes it."""
    path = tmp_path / "sketch.svg"
    write_svg(sketch(photo, QUICK), path)
    return path


def data_of(drawing: Drawing) -> dict[str, str]:
    return {line.id: line.node.get("d") or "" for line in drawing.lines}


def document(tmp_path: Path, body: str) -> Drawing:
    path = tmp_path / "own.svg"
    path.write_text(
        f'<svg {SPACES} viewBox="0 0 {SIZE[0]} {SIZE[1]}">{body}</svg>', encoding="utf-8"
    )
    return read_drawing(path, SIZE)


# Redraw


@pytest.mark.parametrize("reach", reaches.REACHES)
def test_only_the_chosen_strokes_move(
    picture: Picture, drawn: Path, resources: OneGuide, reach: str
) -> None:
    drawing = read_drawing(drawn, SIZE)
    chosen = drawing.find(["stroke-2", "stroke-4"])
    for line in chosen:
        line.place([line.chains[0] + 8])  # so that there is a better place than this
    before = data_of(drawing)
    attributes = [{**line.node.attrib, "d": ""} for line in drawing.lines]
    change = edit.refine(picture, drawing, QUICK, chosen, reach, resources=resources)
    after = data_of(drawing)
    assert change.improved
    assert {one for one in before if before[one] != after[one]} == {"stroke-2", "stroke-4"}
    assert [{**line.node.attrib, "d": ""} for line in drawing.lines] == attributes
    assert [line.id for line in change.lines] == ["stroke-2", "stroke-4"]


def test_without_a_choice_all_that_is_not_locked_moves(
    picture: Picture, drawn: Path, resources: OneGuide
) -> None:
    drawing = read_drawing(drawn, SIZE)
    drawing.find(["stroke-3"])[0].locked = True
    before = data_of(drawing)
    change = edit.refine(picture, drawing, QUICK, resources=resources)
    after = data_of(drawing)
    assert change.improved
    assert {one for one in before if before[one] == after[one]} == {"stroke-3"}


def test_a_stroke_that_was_spoilt_finds_its_way_back(
    picture: Picture, drawn: Path, resources: OneGuide
) -> None:
    drawing = read_drawing(drawn, SIZE)
    (line,) = drawing.find(["stroke-1"])
    line.place([line.chains[0] + 12])
    change = edit.refine(picture, drawing, replace(QUICK, steps=24), [line], resources=resources)
    assert change.improved
    assert change.after < change.before - 0.005


@pytest.mark.parametrize("ink", ["#808080", "#e0d080", "white"])
def test_strokes_of_any_ink_that_did_not_move_are_no_better_than_before(
    picture: Picture, drawn: Path, resources: OneGuide, ink: str
) -> None:
    document = drawn.read_text().replace("stroke:#000000", f"stroke:{ink}")
    assert ink in document
    drawn.write_text(document)
    drawing = read_drawing(drawn, SIZE)
    one_step = replace(QUICK, steps=1)  # a step is scored before it is taken
    change = edit.refine(picture, drawing, one_step, resources=resources)
    assert change.after == change.before
    assert not change.improved
    assert drawing.to_bytes() == read_drawing(drawn, SIZE).to_bytes()


def test_a_stroke_far_off_the_photograph_is_told_and_takes_no_memory(
    picture: Picture, drawn: Path, resources: OneGuide
) -> None:
    drawing = read_drawing(drawn, SIZE)
    (line,) = drawing.find(["stroke-1"])
    line.place([line.chains[0] + (100_000, 0)])
    with pytest.raises(UserError, match="far off"):
        edit.refine(picture, drawing, QUICK, [line], resources=resources)
    line.locked = True  # where it is held, it does no harm
    assert edit.refine(picture, drawing, QUICK, resources=resources).steps == QUICK.steps


def test_the_loss_told_is_that_of_the_whole_sketch_whoever_is_chosen(
    picture: Picture, drawn: Path, resources: OneGuide
) -> None:
    losses = []
    for ids in (["stroke-1"], ["stroke-2", "stroke-5"]):
        drawing = read_drawing(drawn, SIZE)
        losses.append(
            edit.refine(
                picture, drawing, QUICK, drawing.find(ids), reaches.NUDGE, resources=resources
            ).before
        )
    assert losses[0] == pytest.approx(losses[1], rel=1e-3)


def test_when_nothing_better_is_found_the_strokes_stay(
    picture: Picture, drawn: Path, resources: OneGuide, monkeypatch: pytest.MonkeyPatch
) -> None:
    # nothing beats a perfect sketch
    monkeypatch.setattr(edit_job.EditJob, "_loss_before", lambda *_: 0.0)
    drawing = read_drawing(drawn, SIZE)
    before = drawing.to_bytes()
    change = edit.refine(
        picture, drawing, QUICK, drawing.find(["stroke-1"]), reaches.AFRESH, resources=resources
    )
    assert not change.improved
    assert change.after == change.before
    assert drawing.to_bytes() == before


def test_a_nudge_stays_near(picture: Picture, drawn: Path, resources: OneGuide) -> None:
    drawing = read_drawing(drawn, SIZE)
    for line in drawing.lines:
        line.place([line.chains[0] + (0, 3)])
    old = {line.id: line.chains[0] for line in drawing.lines}
    change = edit.refine(picture, drawing, QUICK, reach=reaches.NUDGE, resources=resources)
    assert change.improved
    within = reaches.REACHES[reaches.NUDGE].within_px
    assert within is not None
    farthest = within * max(SIZE) / 224  # the whole picture is the frame
    for line in drawing.lines:
        moved = np.linalg.norm(line.chains[0] - old[line.id], axis=1).max()
        assert 0.1 < moved < farthest + 0.01


def test_chains_of_any_length_and_subpaths_are_redrawn_as_such(
    picture: Picture, tmp_path: Path, resources: OneGuide
) -> None:
    drawing = document(
        tmp_path,
        f'<path id="a" d="M 50,40 L 60,20 L 75,40 L 80,90" style="{INK}"/>'
        f'<path id="b" d="M 90,30 q 5,-20 20,10 M 60,85 l 40,0" style="{INK}"/>',
    )
    shapes = [[chain.shape for chain in line.chains] for line in drawing.lines]
    change = edit.refine(picture, drawing, QUICK, resources=resources)
    assert change.improved
    assert [[chain.shape for chain in line.chains] for line in drawing.lines] == shapes
    drawing.write(tmp_path / "again.svg")
    again = read_drawing(tmp_path / "again.svg", SIZE)
    for one, other in zip(drawing.lines, again.lines, strict=True):
        for chain, same in zip(one.chains, other.chains, strict=True):
            assert np.abs(chain - same).max() < 1e-3


def test_closed_and_filled_paths_are_seen_and_named_but_not_moved(
    picture: Picture, tmp_path: Path, resources: OneGuide
) -> None:
    body = (
        '<path id="blob" d="M40,30h80v75h-80z" style="fill:#222"/><path id="a" d="M 10,10 L 30,15"'
        f' style="{INK}"/>'
    )
    drawing = document(tmp_path, body)
    blob = drawing.find(["blob"])[0].node.get("d")
    change = edit.refine(picture, drawing, QUICK, resources=resources)
    assert [line.id for line in change.kept_fixed] == ["blob"]
    assert drawing.find(["blob"])[0].node.get("d") == blob
    alone = edit.refine(
        picture, document(tmp_path, body.partition("/>")[2]), QUICK, resources=resources
    )
    assert change.before != pytest.approx(alone.before, rel=1e-3)  # it was seen


@pytest.mark.parametrize(
    "body",
    [
        "",
        f'<path d="M0,0L9,0L9,9z" style="{INK}"/>',
        f'<path d="M0,0L9,0" style="{INK}" clipasso:locked="true"/>',
    ],
)
def test_nothing_free_to_redraw_is_a_mistake(
    picture: Picture, tmp_path: Path, body: str, resources: OneGuide
) -> None:
    with pytest.raises(UserError, match="no stroke to redraw"):
        edit.refine(picture, document(tmp_path, body), QUICK, resources=resources)


def test_strokes_outside_of_the_subject_are_reached(
    picture: Picture, tmp_path: Path, resources: OneGuide
) -> None:
    # the subject's frame begins at x = 31
    drawing = document(tmp_path, f'<path id="far" d="M 1,10 L 1,110" style="{INK}"/>')
    request = replace(QUICK, mask="auto", steps=20)
    before = drawing.lines[0].chains[0]
    change = edit.refine(picture, drawing, request, resources=resources)
    assert change.improved
    assert np.abs(drawing.lines[0].chains[0] - before).max() > 5


# Add


def test_new_strokes_go_where_nothing_is_drawn_yet(
    picture: Picture, drawn: Path, resources: OneGuide
) -> None:
    drawing = read_drawing(drawn, SIZE)
    before = data_of(drawing)
    change = edit.add(picture, drawing, QUICK, resources=resources)
    after = data_of(drawing)
    assert {one: after[one] for one in before} == before
    assert [line.id for line in change.lines] == [f"stroke-{number}" for number in range(6, 11)]
    assert change.after < change.before
    assert [line.node.get("{https://clipasso.org/ns}rank") for line in drawing.lines] == [
        str(rank) for rank in range(10)
    ]


def test_what_is_drawn_by_hand_is_drawn_around(
    picture: Picture, tmp_path: Path, resources: OneGuide
) -> None:
    outline = (
        f'<g transform="scale(2)"><path d="M 20,15 A 40,37.5 0 0 1 60,52.5" style="{INK}"'
        ' id="hand"/></g>'
    )
    drawing = document(tmp_path, outline)
    hand = drawing.lines[0].chains[0]
    change = edit.add(picture, drawing, QUICK, resources=resources)
    assert change.after < change.before
    assert len(drawing.lines) == 1 + QUICK.strokes
    assert np.array_equal(drawing.lines[0].chains[0], hand)


def test_new_strokes_have_the_asked_width_and_ink_in_a_layer_of_another_scale(
    picture: Picture, tmp_path: Path, resources: OneGuide
) -> None:
    body = (
        '<g id="s" clipasso:sketch="1" transform="scale(.5)"><path id="a" d="M 0,0 L 9,9"'
        f' style="{INK}"/></g>'
    )
    drawing = document(tmp_path, body)
    request = SketchRequest(
        strokes=1, guide="lite", preset="draft", mask="none", steps=1, width_px=3, color="#123456"
    )
    (line,) = edit.add(picture, drawing, request, resources=resources).lines
    assert "stroke:#123456" in (line.node.get("style") or "")
    drawing.write(tmp_path / "again.svg")
    assert read_drawing(tmp_path / "again.svg", SIZE).find([line.id])[0].width == pytest.approx(3)


# The command


def test_the_commands_write_the_sketch_and_tell_what_they_did(
    photo: Path, drawn: Path, tmp_path: Path, capfd: Any
) -> None:
    fast = [
        "--photo",
        str(photo),
        "--guide",
        "lite",
        "--preset",
        "draft",
        "--mask",
        "none",
        "--steps",
        "2",
        "--json",
    ]
    whole = drawn.read_text()
    assert (
        main(
            ["refine", str(drawn), *fast, "--only", "stroke-1", "-o", str(tmp_path / "refined.svg")]
        )
        == 0
    )
    told = json.loads(capfd.readouterr().out.splitlines()[-1])
    assert (told["event"], told["strokes"]) == ("changed", ["stroke-1"])
    assert drawn.read_text() == whole
    assert main(["add", str(drawn), *fast, "-n", "2"]) == 0
    assert json.loads(capfd.readouterr().out.splitlines()[-1])["strokes"] == [
        "stroke-6",
        "stroke-7",
    ]
    assert len(read_drawing(drawn, SIZE).lines) == 7
    assert main(["level", str(drawn), "--strokes", "3"]) == 0
    assert len(read_drawing(drawn, SIZE).lines) == 3
    for command in ("join", "order"):
        assert main([command, str(drawn), "-o", str(tmp_path / f"{command}.svg")]) == 0
        assert (tmp_path / f"{command}.svg").is_file()


def test_the_commands_for_plotters_take_only_what_is_asked_for(tmp_path: Path, capfd: Any) -> None:
    drawn, target = tmp_path / "own.svg", tmp_path / "plot.svg"
    paths = "".join(
        f'<path id="p{number}" d="M {number},0 L {number},9" style="{INK}"/>' for number in range(4)
    )
    drawn.write_text(
        f'<svg {SPACES} viewBox="0 0 9 9"><g id="sketch" clipasso:sketch="1">{paths}</g></svg>'
    )
    only = ["--only", "p0", "--only", "p2", "--only", "p0", "-o", str(target)]
    assert main(["join", str(drawn), *only]) == 0
    assert "2 strokes in one line" in capfd.readouterr().err
    assert main(["order", str(drawn), *only]) == 0
    assert len(read_drawing(target, None, "plot-1").lines) == 2
    for command in ("join", "order"):
        assert main([command, str(drawn), "--only", "nobody"]) == 2
        assert "no stroke 'nobody'" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["--only", "nobody"], "no stroke 'nobody'"),
        (["--reach", "moon"], "no reach 'moon'"),
        (["--layer", "nowhere"], "no layer"),
        (["--preset", "slow"], "no preset"),
    ],
)
def test_a_mistake_is_one_line_and_the_sketch_stays(
    photo: Path, drawn: Path, capfd: Any, words: list[str], fault: str
) -> None:
    whole = drawn.read_bytes()
    assert (
        main(
            [
                "refine",
                str(drawn),
                "--photo",
                str(photo),
                "--guide",
                "lite",
                "--mask",
                "none",
                *words,
            ]
        )
        == 2
    )
    assert fault in capfd.readouterr().err
    assert drawn.read_bytes() == whole


@pytest.mark.parametrize("far", [1e9, 1e200, 1e307])
@pytest.mark.filterwarnings("error")
def test_a_shape_of_any_size_is_seen_in_bearable_memory(far: float) -> None:
    body = f'<path style="fill:#000" d="M {-far},{-far} L {far},{-far} L {far},{far} z"/>'
    (line,) = open_drawing(f"<svg {SPACES}>{body}</svg>".encode(), "far.svg", None).lines
    covered = cover([line], Frame(0.0, 0.0, 100.0))
    assert np.isfinite(covered).all()
    assert covered[10, 200] == 1
    assert len(sampled(line.chains[0])) <= MOST_POINTS + 1
