"""An animated sketch draws itself in a browser, and is the sketch that it was for everyone else."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from lxml import etree
from PIL import Image
from support.drawings import LINE, SKETCH, SPACES, drawn, ranked

from clipasso_core import UserError, from_svg, to_svg
from clipasso_core.cli.main import main
from clipasso_core.cli.options import ANIMATION_S
from clipasso_core.document.animate import SHEET, animate, animated
from clipasso_core.document.attributes import SVG
from clipasso_core.document.drawing import Drawing, read_drawing

BROWSERS = map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))
BROWSER = next(filter(None, BROWSERS), None)
FRAMES = re.compile(
    r"@keyframes (\S+?)\{0%,([\d.]+)%\{(.*?)\}([\d.]+)%,100%\{(.*?)\}\}\n"
    r"\[id=\"(.+?)\"\]\{animation:(\S+) (\S+)s linear (\w+)\}"
)
DASHED = f"{LINE};stroke-dasharray:4 2"


def sheet(drawing: Drawing) -> str:
    (node,) = (node for node in drawing.root.iter(f"{{{SVG}}}style") if node.get("id") == SHEET)
    return str(node.text)


def turns(drawing: Drawing) -> list[tuple[str, float, float]]:
    """Id, begin and end, in percent, of what is drawn."""
    found = FRAMES.findall(sheet(drawing))
    assert all(name == used for name, *_, used, _time, _times in found)
    return [(id_, float(begin), float(end)) for _, begin, _, end, _, id_, *_ in found]


def test_strokes_are_drawn_one_after_the_other_the_most_needed_first(tmp_path: Path) -> None:
    drawing = read_drawing(ranked(tmp_path), None)
    assert animate(drawing, 5) == 5
    order = turns(drawing)
    # what has no rank comes last
    assert [id_ for id_, *_ in order] == ["s0", "s1", "s2", "s3", "own"]
    assert [begin for _, begin, _ in order] == [0, *(end for *_, end in order[:-1])]
    assert order[-1][2] == 100


def test_a_longer_stroke_takes_longer(tmp_path: Path) -> None:
    body = (
        f'<path id="a" d="M0,0H198" style="{LINE}"/>'
        f'<path id="b" d="M0,0H48" style="{LINE}"/>'
        f'<path id="c" d="M9,9h0" style="{LINE}"/>'
    )
    drawing = drawn(tmp_path, body)
    animate(drawing, 5)
    shares = [end - begin for _, begin, end in turns(drawing)]
    assert shares == pytest.approx([200 / 2.52, 50 / 2.52, 2 / 2.52], abs=0.01)


def test_a_stroke_of_no_length_has_its_moment(tmp_path: Path) -> None:
    dots = "".join(f'<path id="p{one}" d="M{one},9h0" style="{LINE}"/>' for one in range(50))
    drawing = drawn(tmp_path, f'{dots}<path id="long" d="M0,0H1e7" style="{LINE}"/>')
    animate(drawing, 5)
    assert all(end - begin > 0.3 for _, begin, end in turns(drawing))


def test_before_its_turn_a_stroke_is_not_seen_and_afterwards_it_is_whole(tmp_path: Path) -> None:
    drawing = drawn(tmp_path, f'<path id="a" d="M0,0H9" style="{LINE}"/>')
    animate(drawing, 5)
    ((_, _, before, _, after, *_),) = FRAMES.findall(sheet(drawing))
    assert before == "visibility:hidden;stroke-dasharray:1 2;stroke-dashoffset:1;"
    assert after == "visibility:visible;stroke-dasharray:1 2;stroke-dashoffset:0;"
    assert drawing.lines[0].node.get("pathLength") == "1"


def test_a_dashed_stroke_keeps_its_dashes_and_appears_at_once(tmp_path: Path) -> None:
    drawing = drawn(tmp_path, f'<path id="a" d="M0,0H9" style="{DASHED}"/>')
    animate(drawing, 5)
    assert "dash" not in sheet(drawing)
    assert "visibility:hidden" in sheet(drawing)
    assert drawing.lines[0].node.get("pathLength") is None


def test_a_stroke_that_was_dashed_since_keeps_its_dashes_too(tmp_path: Path) -> None:
    drawing = drawn(tmp_path, f'<path id="a" d="M0,0H9" style="{LINE}"/>')
    animate(drawing, 5)
    drawing.lines[0].node.set("style", DASHED)
    animate(drawing, 5)
    assert "dash" not in sheet(drawing)
    assert drawing.lines[0].node.get("pathLength") is None


def test_whoever_asks_for_less_motion_sees_the_finished_drawing(tmp_path: Path) -> None:
    drawing = drawn(tmp_path, f'<path id="a" d="M0,0H9" style="{LINE}"/>')
    animate(drawing, 5)
    assert re.fullmatch(
        r"\s*@media screen and \(prefers-reduced-motion:no-preference\)\{[^@]*@keyframes.*\}\s*",
        sheet(drawing),
        re.DOTALL,
    )


def test_without_its_sheet_it_is_the_sketch_that_it_was() -> None:
    root = etree.fromstring(animated(to_svg(SKETCH), 5))
    for path in root.iter(f"{{{SVG}}}path"):
        assert path.attrib.pop("pathLength") == "1"
    assert root[0].get("id") == SHEET
    root.remove(root[0])
    assert etree.canonicalize(root) == etree.canonicalize(etree.fromstring(to_svg(SKETCH)))


def test_an_animated_sketch_is_read_back_as_the_sketch() -> None:
    assert from_svg(animated(to_svg(SKETCH), 5)) == SKETCH


def test_a_second_animation_replaces_the_first() -> None:
    assert animated(animated(to_svg(SKETCH), 9), 5) == animated(to_svg(SKETCH), 5)


def test_a_loop_shows_the_finished_drawing_for_a_while(tmp_path: Path) -> None:
    drawing = drawn(tmp_path, f'<path id="a" d="M0,0H9" style="{LINE}"/>')
    animate(drawing, 6, loop=True)
    ((*_, whole, times),) = FRAMES.findall(sheet(drawing))
    assert (whole, times) == ("8", "infinite")
    assert turns(drawing) == [("a", 0, 75)]


def test_an_id_of_any_characters_finds_its_stroke(tmp_path: Path) -> None:
    drawing = drawn(tmp_path, f'<path id="a&quot;]{{}}\\ é" d="M0,0H9" style="{LINE}"/>')
    animate(drawing, 5)
    assert '[id="a\\22 ]{}\\5c  é"]{animation:' in sheet(drawing)


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf"), 4000])
def test_a_time_that_no_drawing_takes_is_a_mistake(seconds: float) -> None:
    with pytest.raises(UserError, match="seconds"):
        animated(to_svg(SKETCH), seconds)


def test_a_drawing_without_strokes_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no stroke to animate"):
        animate(drawn(tmp_path, "<rect/>"), 5)


def test_the_command_writes_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = ranked(tmp_path)
    other = str(tmp_path / "out.svg")
    assert main(["animate", str(file), "-o", other, "--seconds", "3", "--loop"]) == 0
    assert "5 strokes draw themselves" in capsys.readouterr().err
    assert "5s linear infinite" in (tmp_path / "out.svg").read_text()
    assert main(["animate", str(file), "--seconds", "0"]) == 2
    assert main(["animate", str(file)]) == 0
    assert f"{ANIMATION_S:g}s linear 1" in file.read_text()


@pytest.mark.skipif(BROWSER is None, reason="there is no browser")
def test_a_browser_draws_it(tmp_path: Path) -> None:
    style = f"{LINE};stroke-width:8;stroke-linecap:round"
    body = "".join(f'<path id="s{y}" d="M20,{y}H180" style="{style}"/>' for y in (20, 50, 80))
    drawing = drawn(tmp_path, body, 'viewBox="0 0 200 100" width="200" height="100"')
    animate(drawing, 3)

    def inked(time_s: float) -> list[int]:
        """Columns with ink in each of the three strokes' rows."""
        dark = np.asarray(shot(drawing, time_s, tmp_path)) < 128
        return [int(dark[y - 10 : y + 10].any(0).sum()) for y in (20, 50, 80)]

    assert inked(0) == [0, 0, 0]
    whole, half, none = inked(1.5)
    assert whole == pytest.approx(168, abs=2)
    assert half == pytest.approx(88, abs=3)
    assert none == 0
    assert inked(3) == pytest.approx([168] * 3, abs=2)


def shot(drawing: Drawing, time_s: float, folder: Path) -> Image.Image:
    """What a browser shows of a drawing at that time of its animation, in grey."""
    page = folder / "page.html"
    picture = folder / "page.png"
    now = f"one.currentTime = {1000 * time_s}"
    script = f"document.getAnimations().forEach(one => {{one.pause(); {now}}})"
    text = etree.tostring(drawing.root, encoding="unicode")
    body = f"<body style='margin:0'>{text}<script>{script}</script>"
    page.write_text(f"<!doctype html>{body}", encoding="utf-8")
    profile = f"--user-data-dir={folder / 'profile'}"
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--window-size=600,400", profile]
    command = [str(BROWSER), *options, f"--screenshot={picture}", page.as_uri()]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return Image.open(picture).convert("L")


def test_a_document_s_own_declarations_stay(tmp_path: Path) -> None:
    path = tmp_path / "own.svg"
    body = '<style>.k{stroke:red}</style><path id="a" class="k" d="M0,0H9" fill="none"/>'
    path.write_text(f'<svg {SPACES} viewBox="0 0 200 100">{body}</svg>')
    drawing = read_drawing(path, None)
    animate(drawing, 5)
    assert [line.color for line in drawing.lines] == ["#ff0000"]
    assert b".k{stroke:red}" in drawing.to_bytes()
