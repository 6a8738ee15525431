"""A sketch that draws itself, stroke by stroke, in any browser: CSS in the SVG, no script.

All of it is in one style sheet, in key frames. Whoever knows no key frames, as Inkscape and
printers do, or whose system asks for less motion, sees the finished drawing; so does whoever
deletes the sheet.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from lxml import etree

from clipasso_core.document.drawing import RANK, Drawing, Line, open_drawing
from clipasso_core.document.svg import SVG
from clipasso_core.errors import UserError
from clipasso_core.strokes import polyline

MAX_SECONDS = 3600.0
HOLD_S = 2.0  # that a finished drawing is seen before it begins anew
LEAST_SHARE = 0.005  # of the time, for a short stroke: less is no movement
SHEET = "clipasso-animation"  # id of the style sheet
HIDDEN, DRAWN = (
    "stroke-dasharray:1 2;stroke-dashoffset:1;",
    "stroke-dasharray:1 2;stroke-dashoffset:0;",
)


def check_seconds(seconds: float) -> None:
    """Raise `UserError` for a time that no drawing takes."""
    if not 0 < seconds <= MAX_SECONDS:
        raise UserError(
            "bad-seconds",
            f"the animation must take more than 0 and at most {MAX_SECONDS:.0f} seconds, not"
            f" {seconds:g}",
        )


def animated(document: bytes, seconds: float) -> bytes:
    """An SVG document whose sketch draws itself; see `animate`."""
    drawing = open_drawing(document, "the sketch", None)
    animate(drawing, seconds)
    return drawing.to_bytes()


def animate(drawing: Drawing, seconds: float, loop: bool = False) -> int:
    """Let a drawing draw itself within so many seconds, the most needed stroke first. Returns how
    many strokes do.

    Each stroke takes its share of the time by its length; dashed ones appear at once. An earlier
    animation is replaced. loop: begin anew, after a while. Raises `UserError` when there is nothing
    to draw.
    """
    check_seconds(seconds)
    lines = sorted((line for line in drawing.lines if line.id), key=_need)
    if not lines:
        raise UserError("no-stroke", "there is no stroke to animate")
    for old in [node for node in drawing.root.iter(f"{{{SVG}}}style") if node.get("id") == SHEET]:
        old.getparent().remove(old)
    whole = seconds + HOLD_S if loop else seconds
    rules: list[str] = []
    begin = 0.0
    for number, (line, share) in enumerate(zip(lines, _shares(lines), strict=True), 1):
        end = begin + share * seconds / whole
        dashed = drawing.styles.value(line.node, "stroke-dasharray").lower() != "none"
        if not dashed:
            line.node.set("pathLength", "1")  # whatever its length is, and after every edit
        elif line.node.get("pathLength") == "1":  # from an animation before it was dashed
            del line.node.attrib["pathLength"]
        rules += _rules(
            line.id, f"{SHEET}-{number}", begin, end, whole, "1" if not loop else "infinite", dashed
        )
        begin = end
    sheet = etree.Element(f"{{{SVG}}}style", id=SHEET)
    sheet.text = (
        "\n@media screen and (prefers-reduced-motion:no-preference){\n" + "\n".join(rules) + "\n}\n"
    )
    sheet.tail = "\n  "
    drawing.root.insert(0, sheet)
    return len(lines)


def _need(line: Line) -> tuple[bool, int]:
    """For sorting: by rank, then what has none."""
    rank = line.node.get(RANK) or ""
    return (False, int(rank)) if rank.isdigit() else (True, 0)


def _shares(lines: list[Line]) -> np.ndarray:
    """Of the time, [N], by length; setting down the pen takes as long as its width is to draw."""
    lengths = np.array(
        [line.width + sum(_length(chain) for chain in line.chains) for line in lines]
    )
    shares = (
        lengths / lengths.sum()
        if lengths.sum() > 0 and math.isfinite(lengths.sum())
        else np.ones(len(lines))
    )
    shares = np.maximum(shares, LEAST_SHARE)
    return shares / shares.sum()


def _length(chain: np.ndarray) -> float:
    return float(np.linalg.norm(np.diff(polyline(chain), axis=0), axis=1).sum())


def _rules(
    id_: str, name: str, begin: float, end: float, whole_s: float, times: str, dashed: bool
) -> Iterator[str]:
    """Key frames and the rule that gives them to an element.

    Between a hidden and a visible frame an element is visible all the time, so that not even a
    round cap is seen before `begin`.
    """
    before, after = ("", "") if dashed else (HIDDEN, DRAWN)
    start, stop = f"{100 * begin:.4f}%", f"{100 * min(end, 1.0):.4f}%"
    hidden, drawn = f"visibility:hidden;{before}", f"visibility:visible;{after}"
    yield f"@keyframes {name}{{0%,{start}{{{hidden}}}{stop},100%{{{drawn}}}}}"
    yield f"{_selector(id_)}{{animation:{name} {whole_s:g}s linear {times}}}"


def _selector(id_: str) -> str:
    text = "".join(f"\\{ord(one):x} " if one in '"\\<>&' or ord(one) < 32 else one for one in id_)
    return f'[id="{text}"]'
