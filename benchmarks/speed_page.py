"""The speed report as one HTML page that needs nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
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
    body = "\n".join(
        [
            head(report),
            curves(report, found),
            steps(report, found),
            scaling(report, found),
            peers(found),
            cold(report, found),
        ]
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport"'
        ' content="width=device-width,initial-scale=1">'
        "<title>Speed of the"
        f" engine</title>\n<style>{quality.STYLE}{plots.STYLE}{STYLE}</style></head>\n"
        f"<body><main>\n{body}\n</main></body></html>\n"
    )


def head(report: dict[str, Any]) -> str:
    """Where it was measured, and the numbers that matter most."""
    where, wish = report["machine"], report["settings"]
    cores = counted(where["cores"], "core") + (
        f", {counted(where['threads'], 'thread')}" if where["threads"] else ""
    )
    photos = wish["photos"]
    parts = [
        escape(where["processor"]),
        cores,
        wish["device"],
        f"torch {escape(where['torch'])}",
        counted(len(photos), "photograph")
        + (f" ({escape(listed(photos))})" if len(photos) <= FAINT_UP_TO else ""),
        counted(wish["strokes"], "stroke"),
        escape(report["made"]),
    ]
    tiles = "".join(
        f'<div class="aim tile"><span>{escape(title)}</span><b>{escape(value)}</b><span'
        f' class="soft">{escape(note)}</span></div>'
        for title, value, note in highlights(report)
    )
    return (
        f'<h1>Speed of the engine</h1>\n<p class="soft">{" · ".join(parts)}</p>\n<div'
        f' class="aims">{tiles}</div>'
    )


def highlights(report: dict[str, Any]) -> list[tuple[str, str, str]]:
    """What a person asks first: how long a sketch takes, what a step costs, what is gained, how
    much memory.
    """
    found = []
    for one in report.get("commands", [])[:2]:
        found.append(
            (
                f"{one['preset']}, whole command",
                seconds(whole(one)),
                f"of that {seconds(one['sketch_s'])} sketching",
            )
        )
    for one in report.get("steps", [])[:1]:
        found.append(
            (
                f"a step with {one['guide']}",
                ms(one["step_ms"]),
                f"{one['views']} views, {one['dtype']}",
            )
        )
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
            sooner = next(
                (time for time, value in mean_curve(presets["quick"]) if value <= loss), None
            )
            if sooner:
                return (
                    "quick, to published's loss",
                    seconds(sooner),
                    f"published: {seconds(end_s)}{cut}",
                )
    return None


def curves(report: dict[str, Any], found: Sequence[Table]) -> str:
    """Time to quality."""
    panels = []
    for guide, presets in groups(report).items():
        drawn = []
        for preset, rows in presets.items():
            cut = any(row["cut"] for row in rows)
            own = [[(point[1], point[2]) for point in row["points"]] for row in rows]
            faint = own if 1 < len(own) <= FAINT_UP_TO else []
            drawn.append(
                Line(
                    preset,
                    mean_curve(rows),
                    COLORS[preset],
                    faint,
                    preset == "published",
                    open_end=cut,
                )
            )
        across, up = (
            Axis("seconds since the first step", log=True),
            Axis("loss over views that were not optimised"),
        )
        svg = plots.lines(drawn, across, up, f"Loss against seconds, guide {guide}", 400)
        single = (
            " Thin lines are single photographs, thick ones their means."
            if any(line.faint for line in drawn)
            else ""
        )
        text = (
            "Lower is better. A ring marks a job that was cut after"
            f" {report['settings']['limit']:g} s.{single}"
        )
        panels.append(panel(f"Guide {guide}", text, svg))
    if not panels:
        return ""
    intro = (
        "The loss of the best sketch so far, seen straight on and through 15 views that no job"
        " looked at: what a sketch only has for the views that it was optimised in does not count."
        " The judge is the guide itself: curves of different guides can't be compared."
    )
    return section("Time to quality", intro, "".join(panels), found, "curves")


def steps(report: dict[str, Any], found: Sequence[Table]) -> str:
    """A step and its parts."""
    rows = [
        Bar(
            one["guide"].removesuffix(":random"),
            [(name, one["parts_ms"][part]) for part, name in STEP_PARTS.items()],
            ms(one["step_ms"]),
        )
        for one in report.get("steps", [])
    ]
    shown = (
        panel(
            "", "", plots.key(PARTS) + plots.bars(rows, PARTS, "ms a step", "A step and its parts")
        )
        if rows
        else ""
    )
    lines = [
        Line(name, [(int(count), time) for count, time in times.items()], MORE[number], marks=True)
        for number, (name, times) in enumerate(report.get("raster", {}).items())
    ]
    if lines:
        ticks = [x for x, _ in lines[0].points]
        svg = plots.lines(
            lines,
            Axis("strokes", log=True, ticks=ticks),
            Axis("ms, forward and backward", zero=True),
            "The rasteriser",
            260,
        )
        shown += panel("The rasteriser", "", svg)
    return section("A step and its parts", "", shown, found, "steps", "raster") if shown else ""


def scaling(report: dict[str, Any], found: Sequence[Table]) -> str:
    """How it grows."""
    data = report.get("scaling")
    if not data:
        return ""
    counts = [one["strokes"] for one in data["strokes"]]
    names = (("step_ms", "a step"), ("layout_ms", "laying out"), ("rank_ms", "ordering"))
    drawn = [
        Line(name, [(one["strokes"], one[key]) for one in data["strokes"]], color, marks=True)
        for (key, name), color in zip(names, MORE, strict=False)
    ]
    shown = panel(
        "Strokes",
        "A step is needed 80 times in quick; laying out and ordering come once.",
        plots.lines(
            drawn,
            Axis("strokes", log=True, ticks=counts),
            Axis("ms", log=True, whole=True),
            "Time by strokes",
        ),
    )
    small = [panel(name.capitalize(), text, _by(data[name], name)) for name, text in SMALL.items()]
    rows = [
        Bar(
            f"{one['side_px']} px",
            list(zip(READ_PARTS, one["parts_ms"].values(), strict=True)),
            ms(sum(one["parts_ms"].values())),
        )
        for one in data["resolution"]
    ]
    note = (
        "What passes before the first layout. A step is the same for all: it sees a canvas of"
        " 224 px."
    )
    svg = plots.key(READ_PARTS) + plots.bars(rows, READ_PARTS, "ms", "Time by resolution", 80)
    shown += f'<div class="two">{"".join(small)}</div>' + panel(
        "The photograph's longer side", note, svg
    )
    return section("How it grows", "", shown, found, "scaling")


SMALL = {
    "seeds": "All in the race; the poorer ones are dropped later.",
    "threads": "Of torch, up to the machine's cores.",
}


def _by(rows: Sequence[dict[str, Any]], what: str) -> str:
    """A step by one thing."""
    points = [(one[what], one["step_ms"]) for one in rows]
    across = Axis(what, ticks=[x for x, _ in points])
    return plots.lines(
        [Line("a step", points, MORE[0], marks=True)],
        across,
        Axis("ms", zero=True),
        f"A step by {what}",
        260,
        plots.NARROW,
    )


def peers(found: Sequence[Table]) -> str:
    """Others on the same canvas."""
    return (
        section("Beside others", "", "", found, "peers")
        if any(table.section == "peers" for table in found)
        else ""
    )


def cold(report: dict[str, Any], found: Sequence[Table]) -> str:
    """The command from a cold start, and memory."""
    parts = []
    rows = [
        Bar(
            one["preset"],
            [(name, one[f"{name.replace('-', '_')}_s"]) for name in COMMAND_PARTS],
            seconds(whole(one)),
        )
        for one in report.get("commands", [])
    ]
    if rows:
        svg = plots.key(COMMAND_PARTS) + plots.bars(
            rows, COMMAND_PARTS, "seconds", "The whole command", 80
        )
        parts.append(
            panel(
                "From a cold start",
                "The warm engine, which Inkscape uses, pays the start-up once.",
                svg,
            )
        )
    stages = []
    for one in report.get("memory", []):
        peaks = [0.0, *(one["peak_mb"][stage] for stage in MEMORY_PARTS)]
        more = [
            (stage, after - before)
            for stage, before, after in zip(MEMORY_PARTS, peaks, peaks[1:], strict=False)
        ]
        stages.append(Bar(memory_name(one), more, mb(peaks[-1])))
    if stages:
        svg = plots.key(MEMORY_PARTS) + plots.bars(stages, MEMORY_PARTS, "MB", "Peak memory", 238)
        parts.append(panel("Peak memory", "What each stage adds to the peak.", svg))
    return (
        section("The whole command, and memory", "", "".join(parts), found, "commands", "memory")
        if parts
        else ""
    )


def panel(title: str, text: str, svg: str) -> str:
    """A plot on paper."""
    heading = f"<h3>{escape(title)}</h3>" if title else ""
    return (
        "<div"
        f' class="panel">{heading}{f"<p class=soft>{escape(text)}</p>" if text else ""}{svg}</div>'
    )


def section(title: str, intro: str, shown: str, found: Sequence[Table], *names: str) -> str:
    """Plots, and the numbers behind them; open where there is no plot."""
    inside = "".join(map(written, (table for table in found if table.section in names)))
    numbers = (
        f"<details{'' if shown else ' open'}><summary>Numbers</summary>{inside}</details>"
        if shown
        else inside
    )
    text = f"<p>{escape(intro)}</p>" if intro else ""
    return (
        f"<section><h2>{escape(title)}</h2>{text}{shown}<div"
        f' class="tables">{numbers}</div></section>'
    )


def written(table: Table) -> str:
    """A table."""
    names = "".join(f'<th scope="col">{escape(name)}</th>' for name in table.head)
    lines = "".join(
        f'<tr{" class=ours" if row[0] in table.ours else ""}><th scope="row">{escape(row[0])}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in table.rows
    )
    note = f'<p class="soft">{escape(table.note)}</p>' if table.note else ""
    return (
        f'<h3>{escape(table.title)}</h3>{note}<div class="scroll">'
        f"<table><thead><tr>{names}</tr></thead><tbody>{lines}</tbody></table></div>"
    )
