"""The speed report as one HTML page that needs nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import pairwise
from typing import Any

import page as quality
import plots
from page import counted, listed
from plots import Axis, Bar, Line
from speed_table import Table, groups, mb, mean_curve, memory_name, ms, seconds, tables, whole

COLORS = {"draft": "#c8711a", "quick": "#2457a6", "standard": "#1a7f4b", "published": "#7a7f87"}
PARTS = {
    "guide, backward": "#2457a6",
    "guide, forward": "#7fa5dc",
    "rasteriser": "#c8711a",
    "views": "#e6b877",
    "rest": "#c9cdd2",
}
STEP_PARTS = {
    "backward": "guide, backward",
    "forward": "guide, forward",
    "raster": "rasteriser",
    "views": "views",
    "rest": "rest",
}
READ_PARTS = {"reading": "#7fa5dc", "mask": "#2457a6", "frame and edges": "#e6b877"}
COMMAND_PARTS = {"start-up": "#c9cdd2", "sketch": "#2457a6", "end": "#e3e5e8"}
MEMORY_PARTS = {"torch": "#c9cdd2", "guide": "#7fa5dc", "mask": "#e6b877", "steps": "#2457a6"}
MORE = ("#2457a6", "#c8711a", "#1a7f4b", "#7a7f87")  # lines without a meaning of their own
FAINT_UP_TO = 6  # photographs whose own curves are shown behind the mean

STYLE = """
main{max-width:1080px}
.aims{grid-template-columns:repeat(auto-fit,minmax(180px,1fr))}
section{margin-top:52px}
section h2{margin-top:0}
.panel{background:var(--paper);border:1px solid var(--line);border-radius:6px;padding:18px 20px 10px;margin:0 0 14px}
.panel h3{margin:0 0 2px}
.panel p{margin:0 0 10px;font-size:13px}
.two{display:grid;grid-template-columns:1fr 1fr;gap:14px}
.two .panel{margin:0}
.two+*{margin-top:14px}
.tile{border-left-color:var(--blue)}
.tables{margin-top:14px}
.tables h3:first-child{margin-top:0}
.tables p{font-size:13px;margin:0 0 8px}
td{white-space:nowrap}
@media(max-width:760px){.two{grid-template-columns:1fr}}
"""


def page(report: dict[str, Any]) -> str:
    """The whole page."""
    found = tables(report)
    parts = [
        head(report),
        curves(report, found),
        steps(report, found),
        scaling(report, found),
        peers(found),
        cold(report, found),
    ]
    style = quality.STYLE + plots.STYLE + STYLE
    return quality.document("Speed of the engine", style, "\n".join(parts))


def head(report: dict[str, Any]) -> str:
    """Where it was measured, and the numbers that matter most."""
    where = report["machine"]
    wish = report["settings"]
    cores = counted(where["cores"], "core")
    if where["threads"]:
        cores += f", {counted(where['threads'], 'thread')}"
    photos = counted(len(wish["photos"]), "photograph")
    if len(wish["photos"]) <= FAINT_UP_TO:
        photos += f" ({escape(listed(wish['photos']))})"
    parts = [
        escape(where["processor"]),
        cores,
        wish["device"],
        f"torch {escape(where['torch'])}",
        photos,
        counted(wish["strokes"], "stroke"),
        escape(report["made"]),
    ]
    tiles = "".join(
        f'<div class="aim tile"><span>{escape(title)}</span><b>{escape(value)}</b>'
        f'<span class="soft">{escape(note)}</span></div>'
        for title, value, note in highlights(report)
    )
    about = f'<p class="soft">{" · ".join(parts)}</p>'
    return f'<h1>Speed of the engine</h1>\n{about}\n<div class="aims">{tiles}</div>'


def highlights(report: dict[str, Any]) -> list[tuple[str, str, str]]:
    """What a person asks first, each with its number and a word about it.

    How long a sketch takes, what a step costs, what is gained, how much memory.
    """
    found = []
    for one in report.get("commands", [])[:2]:
        sketching = f"of that {seconds(one['sketch_s'])} sketching"
        found.append((f"{one['preset']}, whole command", seconds(whole(one)), sketching))
    for one in report.get("steps", [])[:1]:
        kind = f"{one['views']} views, {one['dtype']}"
        found.append((f"a step with {one['guide']}", ms(one["step_ms"]), kind))
    if gain := against_published(report):
        found.append(gain)
    for one in report.get("memory", [])[:1]:
        found.append(("peak memory", mb(one["peak_mb"]["steps"]), memory_name(one)))
    return found


def against_published(report: dict[str, Any]) -> tuple[str, str, str] | None:
    """How soon quick has what the published schedule has at its end, or when it was cut."""
    for presets in groups(report).values():
        if "quick" in presets and "published" in presets:
            end_s, loss = mean_curve(presets["published"])[-1]
            cut = ", cut" if any(row["cut"] for row in presets["published"]) else ""
            there = [time for time, value in mean_curve(presets["quick"]) if value <= loss]
            if there:
                published = f"published: {seconds(end_s)}{cut}"
                return "quick, to published's loss", seconds(there[0]), published
    return None


def curves(report: dict[str, Any], found: Sequence[Table]) -> str:
    """Time to quality."""
    across = Axis("seconds since the first step", log=True)
    up = Axis("loss over views that were not optimised")
    limit_s = report["settings"]["limit"]
    panels = []
    for guide, presets in groups(report).items():
        drawn = [_curve(preset, rows) for preset, rows in presets.items()]
        label = f"Loss against seconds, guide {guide}"
        svg = plots.lines(drawn, across, up, label, (plots.WIDE, 400))
        text = f"Lower is better. A ring marks a job that was cut after {limit_s:g} s."
        if any(line.faint for line in drawn):
            text += " Thin lines are single photographs, thick ones their means."
        panels.append(panel(f"Guide {guide}", text, svg))
    if not panels:
        return ""
    intro = (
        "The loss of the best sketch so far, seen straight on and through 15 views that no job"
        " looked at: what a sketch only has for the views that it was optimised in does not count."
        " The judge is the guide itself: curves of different guides can't be compared."
    )
    return section("Time to quality", intro, "".join(panels), found, "curves")


def _curve(preset: str, rows: Sequence[dict[str, Any]]) -> Line:
    """A preset's mean over photographs, a few photographs' own curves behind it."""
    own = [[(point[1], point[2]) for point in row["points"]] for row in rows]
    return Line(
        preset,
        mean_curve(rows),
        COLORS[preset],
        faint=own if 1 < len(own) <= FAINT_UP_TO else [],
        dashed=preset == "published",
        open_end=any(row["cut"] for row in rows),
    )


def steps(report: dict[str, Any], found: Sequence[Table]) -> str:
    """A step and its parts."""
    title = "A step and its parts"
    rows = []
    for one in report.get("steps", []):
        parts = [(name, one["parts_ms"][part]) for part, name in STEP_PARTS.items()]
        rows.append(Bar(one["guide"].removesuffix(":random"), parts, ms(one["step_ms"])))
    shown = ""
    if rows:
        shown += panel("", "", plots.key(PARTS) + plots.bars(rows, PARTS, "ms a step", title))
    lines = []
    for (name, times), color in zip(report.get("raster", {}).items(), MORE, strict=False):
        points = [(int(count), time) for count, time in times.items()]
        lines.append(Line(name, points, color, marks=True))
    if lines:
        across = Axis("strokes", log=True, ticks=[x for x, _ in lines[0].points])
        up = Axis("ms, forward and backward", zero=True)
        svg = plots.lines(lines, across, up, "The rasteriser", (plots.WIDE, 260))
        shown += panel("The rasteriser", "", svg)
    return section(title, "", shown, found, "steps", "raster") if shown else ""


def scaling(report: dict[str, Any], found: Sequence[Table]) -> str:
    """How it grows."""
    data = report.get("scaling")
    if not data:
        return ""
    small = [panel(name.capitalize(), text, _by(data[name], name)) for name, text in SMALL.items()]
    shown = _by_strokes(data["strokes"])
    shown += f'<div class="two">{"".join(small)}</div>'
    shown += _by_resolution(data["resolution"])
    return section("How it grows", "", shown, found, "scaling")


SMALL = {
    "seeds": "All in the race; the poorer ones are dropped later.",
    "threads": "Of torch, up to the machine's cores.",
}


def _by_strokes(rows: Sequence[dict[str, Any]]) -> str:
    """What takes the longer, the more strokes there are."""
    names = {"step_ms": "a step", "layout_ms": "laying out", "rank_ms": "ordering"}
    drawn = []
    for (key, name), color in zip(names.items(), MORE, strict=False):
        points = [(one["strokes"], one[key]) for one in rows]
        drawn.append(Line(name, points, color, marks=True))
    across = Axis("strokes", log=True, ticks=[one["strokes"] for one in rows])
    svg = plots.lines(drawn, across, Axis("ms", log=True, whole=True), "Time by strokes")
    text = "A step is needed 80 times in quick; laying out and ordering come once."
    return panel("Strokes", text, svg)


def _by(rows: Sequence[dict[str, Any]], what: str) -> str:
    """A step by one thing."""
    points = [(one[what], one["step_ms"]) for one in rows]
    line = Line("a step", points, MORE[0], marks=True)
    across = Axis(what, ticks=[x for x, _ in points])
    up = Axis("ms", zero=True)
    return plots.lines([line], across, up, f"A step by {what}", (plots.NARROW, 260))


def _by_resolution(rows: Sequence[dict[str, Any]]) -> str:
    """What takes the longer, the larger the photograph is."""
    bars = []
    for one in rows:
        times = one["parts_ms"].values()
        parts = list(zip(READ_PARTS, times, strict=True))
        bars.append(Bar(f"{one['side_px']} px", parts, ms(sum(times))))
    note = (
        "What passes before the first layout. A step is the same for all: it sees a canvas of"
        " 224 px."
    )
    svg = plots.key(READ_PARTS) + plots.bars(bars, READ_PARTS, "ms", "Time by resolution", 80)
    return panel("The photograph's longer side", note, svg)


def peers(found: Sequence[Table]) -> str:
    """Others on the same canvas."""
    if not any(table.section == "peers" for table in found):
        return ""
    return section("Beside others", "", "", found, "peers")


def cold(report: dict[str, Any], found: Sequence[Table]) -> str:
    """The command from a cold start, and memory."""
    shown = _commands(report.get("commands", [])) + _memory(report.get("memory", []))
    if not shown:
        return ""
    return section("The whole command, and memory", "", shown, found, "commands", "memory")


def _commands(commands: Sequence[dict[str, Any]]) -> str:
    """Where the time of the whole command goes."""
    if not commands:
        return ""
    rows = []
    for one in commands:
        parts = [(name, one[f"{name.replace('-', '_')}_s"]) for name in COMMAND_PARTS]
        rows.append(Bar(one["preset"], parts, seconds(whole(one))))
    svg = plots.bars(rows, COMMAND_PARTS, "seconds", "The whole command", 80)
    text = "The warm engine, which Inkscape uses, pays the start-up once."
    return panel("From a cold start", text, plots.key(COMMAND_PARTS) + svg)


def _memory(runs: Sequence[dict[str, Any]]) -> str:
    """What each stage adds to the peak."""
    if not runs:
        return ""
    rows = []
    for one in runs:
        peaks = [one["peak_mb"][stage] for stage in MEMORY_PARTS]
        added = [after - before for before, after in pairwise([0.0, *peaks])]
        rows.append(
            Bar(memory_name(one), list(zip(MEMORY_PARTS, added, strict=True)), mb(peaks[-1]))
        )
    svg = plots.bars(rows, MEMORY_PARTS, "MB", "Peak memory", 238)
    text = "What each stage adds to the peak."
    return panel("Peak memory", text, plots.key(MEMORY_PARTS) + svg)


def panel(title: str, text: str, svg: str) -> str:
    """A plot on paper."""
    heading = f"<h3>{escape(title)}</h3>" if title else ""
    below = f"<p class=soft>{escape(text)}</p>" if text else ""
    return f'<div class="panel">{heading}{below}{svg}</div>'


def section(title: str, intro: str, shown: str, found: Sequence[Table], *names: str) -> str:
    """Plots, and the numbers behind them; open where there is no plot."""
    inside = "".join(map(written, (table for table in found if table.section in names)))
    numbers = f"<details><summary>Numbers</summary>{inside}</details>" if shown else inside
    below = f'<div class="tables">{numbers}</div>'
    text = f"<p>{escape(intro)}</p>" if intro else ""
    return f"<section><h2>{escape(title)}</h2>{text}{shown}{below}</section>"


def written(table: Table) -> str:
    """A table."""
    names = "".join(f'<th scope="col">{escape(name)}</th>' for name in table.head)
    lines = "".join(_row(row, row[0] in table.ours) for row in table.rows)
    note = f'<p class="soft">{escape(table.note)}</p>' if table.note else ""
    return (
        f'<h3>{escape(table.title)}</h3>{note}<div class="scroll">'
        f"<table><thead><tr>{names}</tr></thead><tbody>{lines}</tbody></table></div>"
    )


def _row(row: Sequence[str], ours: bool) -> str:
    name = f'<th scope="row">{escape(row[0])}</th>'
    cells = "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])
    return f"<tr{' class=ours' if ours else ''}>{name}{cells}</tr>"
