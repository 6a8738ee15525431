"""Small plots as inline SVG: lines and stacked bars. They take their colours from the page's style,
so that they follow it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

WIDE, NARROW = 1000, 480  # px: a plot that has the page to itself, one of two beside each other
LEFT, RIGHT, TOP, BOTTOM = 56, 96, 30, 44  # px; the right margin holds the names of the lines
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


@dataclass(frozen=True)
class Line:
    """A curve with its name at its end.

    faint: thin companions, such as single photographs. marks: whether every point is shown.
        open_end: drawn as going on.
    """

    name: str
    points: Sequence[tuple[float, float]]
    color: str
    faint: Sequence[Sequence[tuple[float, float]]] = field(default=())
    dashed: bool = False
    marks: bool = False
    open_end: bool = False


@dataclass(frozen=True)
class Axis:
    """What an axis shows: `log` by powers, `ticks` where it shall be divided (chosen when None),
    from `zero`, `whole` from tick to tick.
    """

    title: str
    log: bool = False
    ticks: Sequence[float] | None = None
    zero: bool = False
    whole: bool = False


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
        if axis.ticks is not None:
            low, high = min(low, *axis.ticks), max(high, *axis.ticks)
        self.ticks = list(
            axis.ticks or (log_ticks(low, high, axis.whole) if axis.log else ticks(low, high))
        )
        if axis.whole or not axis.log:
            low, high = min(low, self.ticks[0]), max(high, self.ticks[-1])
        self.low, self.high = self._mapped(low), self._mapped(high)
        if self.low == self.high:
            self.low, self.high = self.low - 0.5, self.high + 0.5
        self.start, self.end = start_px, end_px

    def _mapped(self, value: float) -> float:
        return math.log10(max(value, 1e-9)) if self.log else value

    def __call__(self, value: float) -> float:
        return self.start + (self._mapped(value) - self.low) / (self.high - self.low) * (
            self.end - self.start
        )


def lines(
    series: Sequence[Line], across: Axis, up: Axis, label: str, height: int = 320, width: int = WIDE
) -> str:
    """Curves over a common axis."""
    every = [point for one in series for curve in (one.points, *one.faint) for point in curve]
    if not every:
        return ""
    x = _Scale(across, [point[0] for point in every], LEFT, width - RIGHT)
    y = _Scale(up, [point[1] for point in every], height - BOTTOM, TOP)
    parts = [_grid(x, y, across, up, height, width)]
    for one in series:
        parts += [f'<g style="--c:{one.color}">']
        parts += [f'<path class="faint" d="{_path(curve, x, y)}"/>' for curve in one.faint]
        parts.append(
            f'<path{" class=dashed" if one.dashed else ""} d="{_path(one.points, x, y)}"/>'
        )
        marked = one.points if one.marks else one.points[-1:]
        shape = ' class="open"' if one.open_end else ""
        for place in marked:
            parts.append(
                f'<circle{shape} cx="{x(place[0]):.1f}" cy="{y(place[1]):.1f}" r="4">'
                f"<title>{escape(one.name)}: {short(place[0])}, {short(place[1])}</title></circle>"
            )
        parts.append("</g>")
    ends = [(y(one.points[-1][1]), x(one.points[-1][0]), one) for one in series if one.points]
    for (_, at, one), row in zip(ends, spread([end[0] for end in ends], LINE_PX), strict=True):
        parts.append(
            f'<text class="name" style="--c:{one.color}" x="{at + 9:.1f}"'
            f' y="{row + 4:.1f}">{escape(one.name)}</text>'
        )
    return _svg("".join(parts), width, height, label)


def bars(
    rows: Sequence[Bar], colors: dict[str, str], title: str, label: str, left: int = 150
) -> str:
    """Stacked bars with what they add up to behind them."""
    row_px = 34
    height = TOP + row_px * len(rows) + 34
    axis = Axis(title, zero=True)
    x = _Scale(axis, [sum(value for _, value in row.parts) for row in rows], left, WIDE - RIGHT)
    parts = ['<g class="grid">']
    bottom = height - 30
    for tick in x.ticks:
        base = ' class="base"' if tick == 0 else ""
        parts.append(
            f'<line{base} x1="{x(tick):.1f}" x2="{x(tick):.1f}" y1="{TOP - 8}" y2="{bottom}"/>'
        )
        parts.append(
            f'<text x="{x(tick):.1f}" y="{bottom + 16}" text-anchor="middle">{short(tick)}</text>'
        )
    parts.append(f'</g><text class="axis" x="{left}" y="{TOP - 15}">{escape(title)}</text>')
    for number, row in enumerate(rows):
        top, reached = TOP + number * row_px + 3, 0.0
        parts.append(
            f'<text class="value" x="{left - 10}" y="{top + 16}"'
            f' text-anchor="end">{escape(row.name)}</text>'
        )
        for part, value in row.parts:
            begin, end = x(reached), x(reached + value)
            parts.append(
                f'<rect style="--c:{colors[part]}" x="{begin:.1f}" y="{top}"'
                f' width="{max(end - begin - 1, 0.5):.1f}" height="22"'
                f' rx="1.5"><title>{escape(row.name)}, {escape(part)}:'
                f" {short(value)}</title></rect>"
            )
            reached += value
        parts.append(
            f'<text class="value" x="{x(reached) + 7:.1f}" y="{top + 16}">{escape(row.note)}</text>'
        )
    return _svg("".join(parts), WIDE, height, label)


def key(colors: dict[str, str]) -> str:
    """The colours' names."""
    return (
        '<ul class="key">'
        + "".join(
            f'<li style="--c:{color}"><i></i>{escape(name)}</li>' for name, color in colors.items()
        )
        + "</ul>"
    )


def ticks(low: float, high: float, about: int = 7) -> list[float]:
    """Round numbers that span low to high."""
    rough = max(high - low, 1e-9) / about
    power = 10 ** math.floor(math.log10(rough))
    pace = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)
    first, last = math.floor(low / pace + 1e-6), math.ceil(high / pace - 1e-6)
    return [round(number * pace, 10) for number in range(first, last + 1)]


def log_ticks(low: float, high: float, around: bool = False) -> list[float]:
    """1, 2 and 5 of every power between low and high, or around them; powers alone when that were
    too many.
    """
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


def _grid(x: _Scale, y: _Scale, across: Axis, up: Axis, height: int, width: int) -> str:
    parts = ['<g class="grid">']
    for tick in y.ticks:
        base = ' class="base"' if tick == y.ticks[0] else ""
        parts.append(
            f'<line{base} x1="{LEFT}" x2="{width - RIGHT}" y1="{y(tick):.1f}" y2="{y(tick):.1f}"/>'
        )
        parts.append(
            f'<text x="{LEFT - 8}" y="{y(tick) + 4:.1f}" text-anchor="end">{short(tick)}</text>'
        )
    parts += [
        f'<text x="{x(tick):.1f}" y="{height - BOTTOM + 17}"'
        f' text-anchor="middle">{short(tick)}</text>'
        for tick in x.ticks
    ]
    parts.append(f'</g><text class="axis" x="{LEFT}" y="{TOP - 15}">{escape(up.title)}</text>')
    middle = (LEFT + width - RIGHT) / 2
    parts.append(
        f'<text class="axis" x="{middle}" y="{height - 8}"'
        f' text-anchor="middle">{escape(across.title)}</text>'
    )
    return "".join(parts)


def _path(points: Sequence[tuple[float, float]], x: _Scale, y: _Scale) -> str:
    return (
        "M" + "L".join(f"{x(place[0]):.1f} {y(place[1]):.1f}" for place in points) if points else ""
    )


def _svg(inside: str, width: int, height: int, label: str) -> str:
    return (
        f'<svg class="plot" viewBox="0 0 {width} {height}" role="img"'
        f' aria-label="{escape(label)}">{inside}</svg>'
    )
