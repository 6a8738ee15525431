"""Small plots as inline SVG: lines and stacked bars.

They take their colours from the page's style, so that they follow it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

WIDE = 1000  # px: a plot that has the page to itself
NARROW = 480  # px: one of two beside each other
LEFT, RIGHT, TOP, BOTTOM = 56, 96, 30, 44  # px; the right margin holds the names of the lines
ROW_PX = 34  # from one bar to the next
LINE_PX = 15  # between two names

STYLE = """
.plot{display:block;width:100%;height:auto;font-size:12.5px;font-variant-numeric:tabular-nums}
.plot text{fill:var(--soft)}
.plot .name{font-weight:600;fill:var(--c);paint-order:stroke;stroke:var(--paper);stroke-width:5px;stroke-linejoin:round}
.plot .value{fill:var(--ink)}
.plot .axis{font-weight:600}
.plot .grid line{stroke:var(--line);stroke-width:1}
.plot .grid .base{stroke:#b9bdc2}
.plot path{stroke:var(--c);stroke-width:2.25;fill:none}
.plot path.faint{stroke-width:1;opacity:.3}
.plot path.dashed{stroke-dasharray:6 4;stroke-linecap:butt}
.plot circle{fill:var(--c);stroke:var(--paper);stroke-width:1.5}
.plot circle.open{fill:var(--paper);stroke:var(--c);stroke-width:2}
.plot rect{fill:var(--c)}
.key{display:flex;flex-wrap:wrap;gap:4px 18px;font-size:13px;margin:0 0 8px;padding:0;list-style:none}
.key i{display:inline-block;width:11px;height:11px;border-radius:2px;background:var(--c);margin-right:6px;vertical-align:-1px}
"""


Points = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Line:
    """A curve with its name at its end.

    faint: thin companions, such as single photographs.
    marks: whether every point is shown.
    open_end: drawn as going on.
    """

    name: str
    points: Points
    color: str
    faint: Sequence[Points] = field(default=())
    dashed: bool = False
    marks: bool = False
    open_end: bool = False


@dataclass(frozen=True)
class Axis:
    """What an axis shows."""

    title: str
    log: bool = False  # by powers
    ticks: Sequence[float] | None = None  # where it is divided; chosen when None
    zero: bool = False  # from zero on
    whole: bool = False  # from tick to tick


@dataclass(frozen=True)
class Bar:
    """A row of parts, one after the other; an empty name of a part leaves its label out."""

    name: str
    parts: Sequence[tuple[str, float]]
    note: str


class _Scale:
    """From values to px."""

    def __init__(self, axis: Axis, values: Sequence[float], start_px: float, end_px: float) -> None:
        low, high = min(values), max(values)
        self.log = axis.log
        if axis.zero:
            low = 0.0
        if axis.ticks:
            low, high = min(low, *axis.ticks), max(high, *axis.ticks)
            self.ticks = list(axis.ticks)
        elif axis.log:
            self.ticks = log_ticks(low, high, axis.whole)
        else:
            self.ticks = ticks(low, high)
        if axis.whole or not axis.log:
            low, high = min(low, self.ticks[0]), max(high, self.ticks[-1])
        self.low = self._mapped(low)
        self.high = self._mapped(high)
        if self.low == self.high:
            self.low, self.high = self.low - 0.5, self.high + 0.5
        self.start = start_px
        self.end = end_px

    def _mapped(self, value: float) -> float:
        return math.log10(max(value, 1e-9)) if self.log else value

    def __call__(self, value: float) -> float:
        share = (self._mapped(value) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)


def lines(
    series: Sequence[Line], across: Axis, up: Axis, label: str, size: tuple[int, int] = (WIDE, 320)
) -> str:
    """Curves over a common axis. size: width and height, px."""
    every = [point for one in series for curve in (one.points, *one.faint) for point in curve]
    if not every:
        return ""
    width, height = size
    x = _Scale(across, [point[0] for point in every], LEFT, width - RIGHT)
    y = _Scale(up, [point[1] for point in every], height - BOTTOM, TOP)
    drawn = "".join(_curve(one, x, y) for one in series)
    inside = _grid(x, y, size) + _titles(across, up, size) + drawn + _names(series, x, y)
    return _svg(inside, width, height, label)


def _curve(line: Line, x: _Scale, y: _Scale) -> str:
    """A curve, its companions, its marks."""
    faint = "".join(f'<path class="faint" d="{_path(curve, x, y)}"/>' for curve in line.faint)
    dashed = " class=dashed" if line.dashed else ""
    curve = f'<path{dashed} d="{_path(line.points, x, y)}"/>'
    shape = ' class="open"' if line.open_end else ""
    marks = ""
    for place in line.points if line.marks else line.points[-1:]:
        title = f"{escape(line.name)}: {short(place[0])}, {short(place[1])}"
        at = f'cx="{x(place[0]):.1f}" cy="{y(place[1]):.1f}" r="4"'
        marks += f"<circle{shape} {at}><title>{title}</title></circle>"
    return f'<g style="--c:{line.color}">{faint}{curve}{marks}</g>'


def _names(series: Sequence[Line], x: _Scale, y: _Scale) -> str:
    """The curves' names at their ends, none over another."""
    ended = [one for one in series if one.points]
    rows = spread([y(one.points[-1][1]) for one in ended], LINE_PX)
    parts = []
    for one, row in zip(ended, rows, strict=True):
        at = f'x="{x(one.points[-1][0]) + 9:.1f}" y="{row + 4:.1f}"'
        parts.append(f'<text class="name" style="--c:{one.color}" {at}>{escape(one.name)}</text>')
    return "".join(parts)


def bars(
    rows: Sequence[Bar], colors: dict[str, str], title: str, label: str, left: int = 150
) -> str:
    """Stacked bars with what they add up to behind them."""
    height = TOP + ROW_PX * len(rows) + 34
    axis = Axis(title, zero=True)
    x = _Scale(axis, [sum(value for _, value in row.parts) for row in rows], left, WIDE - RIGHT)
    bottom = height - 30
    grid = ""
    for tick in x.ticks:
        base = ' class="base"' if tick == 0 else ""
        at = f"{x(tick):.1f}"
        grid += f'<line{base} x1="{at}" x2="{at}" y1="{TOP - 8}" y2="{bottom}"/>'
        grid += f'<text x="{at}" y="{bottom + 16}" text-anchor="middle">{short(tick)}</text>'
    heading = f'<text class="axis" x="{left}" y="{TOP - 15}">{escape(title)}</text>'
    drawn = "".join(
        _bar(row, colors, x, TOP + number * ROW_PX + 3) for number, row in enumerate(rows)
    )
    return _svg(f'<g class="grid">{grid}</g>{heading}{drawn}', WIDE, height, label)


def _bar(bar: Bar, colors: dict[str, str], x: _Scale, top: int) -> str:
    """A row: its name, its parts, its note."""
    name = escape(bar.name)
    parts = ""
    reached = 0.0
    for part, value in bar.parts:
        begin, end = x(reached), x(reached + value)
        box = f'x="{begin:.1f}" y="{top}" width="{max(end - begin - 1, 0.5):.1f}" height="22"'
        title = f"<title>{name}, {escape(part)}: {short(value)}</title>"
        parts += f'<rect style="--c:{colors[part]}" {box} rx="1.5">{title}</rect>'
        reached += value
    row = f'y="{top + 16}"'
    before = f'<text class="value" x="{x.start - 10:.0f}" {row} text-anchor="end">{name}</text>'
    after = f'<text class="value" x="{x(reached) + 7:.1f}" {row}>{escape(bar.note)}</text>'
    return before + parts + after


def key(colors: dict[str, str]) -> str:
    """The colours' names."""
    names = "".join(
        f'<li style="--c:{color}"><i></i>{escape(name)}</li>' for name, color in colors.items()
    )
    return f'<ul class="key">{names}</ul>'


def ticks(low: float, high: float, about: int = 7) -> list[float]:
    """Round numbers that span low to high."""
    rough = max(high - low, 1e-9) / about
    power = 10 ** math.floor(math.log10(rough))
    pace = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)
    first, last = math.floor(low / pace + 1e-6), math.ceil(high / pace - 1e-6)
    return [round(number * pace, 10) for number in range(first, last + 1)]


def log_ticks(low: float, high: float, around: bool = False) -> list[float]:
    """1, 2 and 5 of every power between low and high, or around them; powers alone if too many."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    fine = [factor * 10.0**power for power in powers for factor in (1, 2, 5)]
    if around:
        low = max(tick for tick in fine if tick <= low)
        high = min(tick for tick in fine if tick >= high)
    inside = [tick for tick in fine if low * 0.999 <= tick <= high * 1.001]
    return inside if len(inside) <= 12 else [tick for tick in inside if math.log10(tick) % 1 == 0]


def spread(rows: Sequence[float], gap: float) -> list[float]:
    """The same rows, moved apart until `gap` lies between any two."""
    order = sorted(range(len(rows)), key=rows.__getitem__)
    placed = [rows[one] for one in order]
    for _ in range(100):
        moved = False
        for upper in range(len(placed) - 1):
            short_by = gap - (placed[upper + 1] - placed[upper])
            if short_by > 1e-6:
                placed[upper] -= short_by / 2
                placed[upper + 1] += short_by / 2
                moved = True
        if not moved:
            break
    found = [0.0] * len(rows)
    for one, row in zip(order, placed, strict=True):
        found[one] = row
    return found


def short(value: float) -> str:
    """Three digits, no trailing zeros."""
    text = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return text.replace("-", "\N{MINUS SIGN}").replace(",", "\N{NARROW NO-BREAK SPACE}")


def _grid(x: _Scale, y: _Scale, size: tuple[int, int]) -> str:
    """Lines and numbers."""
    width, height = size
    parts = []
    for tick in y.ticks:
        base = ' class="base"' if tick == y.ticks[0] else ""
        row = f"{y(tick):.1f}"
        parts.append(f'<line{base} x1="{LEFT}" x2="{width - RIGHT}" y1="{row}" y2="{row}"/>')
        at = f'x="{LEFT - 8}" y="{y(tick) + 4:.1f}"'
        parts.append(f'<text {at} text-anchor="end">{short(tick)}</text>')
    for tick in x.ticks:
        at = f'x="{x(tick):.1f}" y="{height - BOTTOM + 17}"'
        parts.append(f'<text {at} text-anchor="middle">{short(tick)}</text>')
    return f'<g class="grid">{"".join(parts)}</g>'


def _titles(across: Axis, up: Axis, size: tuple[int, int]) -> str:
    """What the axes show."""
    width, height = size
    middle = (LEFT + width - RIGHT) / 2
    at = f'x="{middle}" y="{height - 8}"'
    above = f'<text class="axis" x="{LEFT}" y="{TOP - 15}">{escape(up.title)}</text>'
    below = f'<text class="axis" {at} text-anchor="middle">{escape(across.title)}</text>'
    return above + below


def _path(points: Points, x: _Scale, y: _Scale) -> str:
    if not points:
        return ""
    return "M" + "L".join(f"{x(place[0]):.1f} {y(place[1]):.1f}" for place in points)


def _svg(inside: str, width: int, height: int, label: str) -> str:
    return (
        f'<svg class="plot" viewBox="0 0 {width} {height}" role="img"'
        f' aria-label="{escape(label)}">{inside}</svg>'
    )
