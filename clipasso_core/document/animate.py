"""A sketch that draws itself, stroke by stroke, in any browser: CSS in the SVG, no script.

All of it is in one style sheet, in key frames. Whoever knows no key frames, as Inkscape and
printers do, or whose system asks for less motion, sees the finished drawing; so does whoever
deletes the sheet.
"""

from __future__ import annotations

import math

import numpy as np
from lxml import etree
from numpy.typing import NDArray

from clipasso_core.document.attributes import SVG
from clipasso_core.document.drawing import Drawing, Line, open_drawing
from clipasso_core.errors import UserError
from clipasso_core.strokes import polyline

MAX_SECONDS = 3600.0
HOLD_S = 2.0  # that a finished drawing is seen before it begins anew
LEAST_SHARE = 0.005  # of the time, for a short stroke: less is no movement
SHEET = "clipasso-animation"  # id of the style sheet
HIDDEN = "stroke-dasharray:1 2;stroke-dashoffset:1;"
DRAWN = "stroke-dasharray:1 2;stroke-dashoffset:0;"


def check_seconds(seconds: float) -> None:
    """Raise `UserError` for a time that no drawing takes."""
    if not 0 < seconds <= MAX_SECONDS:
        raise UserError(
            "bad-seconds",
            "the animation must take more than 0 and at most {most} seconds, not {seconds}",
            most=int(MAX_SECONDS),
            seconds=f"{seconds:g}",
        )


def animated(document: bytes, seconds: float) -> bytes:
    """An SVG document whose sketch draws itself; see `animate`."""
    drawing = open_drawing(document, None, None)
    animate(drawing, seconds)
    return drawing.to_bytes()


def animate(drawing: Drawing, seconds: float, loop: bool = False) -> int:
    """Let a drawing draw itself within so many seconds, the most needed stroke first.

    Each stroke takes its share of the time by its length; dashed ones appear at once. An earlier
    animation is replaced. loop: begin anew, after a while. Returns how many strokes do so.
    Raises `UserError` when there is nothing to draw.
    """
    check_seconds(seconds)
    lines = sorted((line for line in drawing.lines if line.id), key=_need)
    if not lines:
        raise UserError("no-stroke", "there is no stroke to animate")
    _remove_sheet(drawing)
    whole = seconds + HOLD_S if loop else seconds
    times = "infinite" if loop else "1"
    rules: list[str] = []
    begin = 0.0
    for number, (line, share) in enumerate(zip(lines, _shares(lines), strict=True), 1):
        end = begin + share * seconds / whole
        dashed = drawing.styles.value(line.node, "stroke-dasharray").lower() != "none"
        if not dashed:
            line.node.set("pathLength", "1")  # whatever its length is, and after every edit
        elif line.node.get("pathLength") == "1":  # from an animation before it was dashed
            del line.node.attrib["pathLength"]
        name = f"{SHEET}-{number}"
        rules.append(_key_frames(name, begin, end, dashed))
        rules.append(f"{_selector(line.id)}{{animation:{name} {whole:g}s linear {times}}}")
        begin = end
    sheet = etree.Element(f"{{{SVG}}}style", id=SHEET)
    media = "@media screen and (prefers-reduced-motion:no-preference)"
    sheet.text = "\n".join(["", f"{media}{{", *rules, "}", ""])
    sheet.tail = "\n  "
    drawing.root.insert(0, sheet)
    return len(lines)


def _remove_sheet(drawing: Drawing) -> None:
    sheets = [node for node in drawing.root.iter(f"{{{SVG}}}style") if node.get("id") == SHEET]
    for sheet in sheets:
        parent = sheet.getparent()
        assert parent is not None
        parent.remove(sheet)


def _need(line: Line) -> tuple[bool, int]:
    """For sorting: by rank, then what has none."""
    return (True, 0) if line.rank is None else (False, line.rank)


def _shares(lines: list[Line]) -> NDArray[np.floating]:
    """Of the time, [N], by length; setting down the pen takes as long as its width is to draw."""
    lengths = np.zeros(len(lines))
    for place, line in enumerate(lines):
        lengths[place] = line.width + sum(_length(chain) for chain in line.chains)
    whole = lengths.sum()
    shares: NDArray[np.floating] = np.ones(len(lines))
    if whole > 0 and math.isfinite(whole):
        shares = lengths / whole
    shares = np.maximum(shares, LEAST_SHARE)
    shares /= shares.sum()
    return shares


def _length(chain: NDArray[np.floating]) -> float:
    with np.errstate(all="ignore"):  # what lies beyond all numbers has no length, see `_shares`
        return float(np.hypot(*np.diff(polyline(chain), axis=0).T).sum())


def _key_frames(name: str, begin: float, end: float, dashed: bool) -> str:
    """An element hidden until `begin` and drawn at `end`, both shares of the time.

    Between a hidden and a visible frame an element is visible all the time, so that not even a
    round cap is seen before `begin`.
    """
    hidden = "visibility:hidden;" + ("" if dashed else HIDDEN)
    drawn = "visibility:visible;" + ("" if dashed else DRAWN)
    start = f"{100 * begin:.4f}%"
    stop = f"{100 * min(end, 1.0):.4f}%"
    return f"@keyframes {name}{{0%,{start}{{{hidden}}}{stop},100%{{{drawn}}}}}"


def _selector(id_: str) -> str:
    text = "".join(_escaped(letter) for letter in id_)
    return f'[id="{text}"]'


def _escaped(letter: str) -> str:
    special = letter in '"\\<>&' or ord(letter) < 32
    return f"\\{ord(letter):x} " if special else letter
