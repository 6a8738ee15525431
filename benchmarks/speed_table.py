"""What benchmarks/speed.py found, as tables of text: the terminal and the page show the same."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

GRID = 80  # points of a mean curve


@dataclass(frozen=True)
class Table:
    """Rows of text, the first cell a name. section: where it belongs; note: what must be known to
    read it; ours: rows to mark.
    """

    section: str
    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""
    ours: Sequence[str] = ()


def tables(report: dict[str, Any]) -> list[Table]:
    """All that there is something to say in."""
    makers = (
        _presets,
        _reached,
        _steps,
        _raster,
        _strokes,
        _others,
        _resolution,
        _peers,
        _commands,
        _memory,
    )
    return [table for make in makers for table in make(report) if table.rows]


def groups(report: dict[str, Any]) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Curves by guide and preset, one a photograph."""
    found: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for row in report.get("curves", []):
        found.setdefault(row["guide"], {}).setdefault(row["preset"], []).append(row)
    return found


def mean_curve(rows: Sequence[dict[str, Any]]) -> list[tuple[float, float]]:
    """(seconds, loss), the mean over photographs, from where all have begun; one that has ended
    keeps its last loss.
    """
    curves = [np.array(row["points"], dtype=float)[:, 1:] for row in rows]
    first, last = max(curve[0, 0] for curve in curves), max(curve[-1, 0] for curve in curves)
    times = np.geomspace(first, max(first, last), GRID)
    losses = np.mean([np.interp(times, *curve.T) for curve in curves], 0)
    return list(zip(times.tolist(), losses.tolist(), strict=True))


def reach(rows: Sequence[dict[str, Any]], level: float) -> tuple[int, float, float] | None:
    """Photographs on which a loss was reached, and the median of the steps and of the seconds that
    it took there.
    """
    first = [next((point for point in row["points"] if point[2] <= level), None) for row in rows]
    there = [point for point in first if point]
    if not there:
        return None
    return (
        len(there),
        statistics.median(point[0] for point in there),
        statistics.median(point[1] for point in there),
    )


def seconds(value: float | None) -> str:
    """As short as may be."""
    if value is None:
        return ""
    if value >= 120:
        return f"{value / 60:.0f} min"
    return f"{value:.1f} s" if value >= 0.95 else f"{value * 1000:.0f} ms"


def ms(value: float) -> str:
    """Milliseconds, in seconds when there are many."""
    return (
        seconds(value / 1000)
        if value >= 950
        else f"{value:.0f} ms"
        if value >= 10
        else f"{value:.1f} ms"
    )


def mb(value: float | None) -> str:
    """Megabytes."""
    return "" if value is None else f"{value:.0f} MB"


def _presets(report: dict[str, Any]) -> Iterator[Table]:
    for guide, presets in groups(report).items():
        rows = []
        for preset, curves in presets.items():
            last, cut = mean_curve(curves)[-1], any(curve["cut"] for curve in curves)
            done = statistics.median(curve["points"][-1][0] for curve in curves)
            after = [curve["after_s"] for curve in curves if curve["after_s"] is not None]
            before, step = (
                statistics.median(curve[key] for curve in curves) for key in ("before_s", "step_ms")
            )
            steps = f"{done:.0f} of {curves[0]['steps']}" if cut else f"{done:.0f}"
            order = seconds(statistics.median(after)) if after else "cut"
            rows.append(
                (
                    preset,
                    seconds(before),
                    ms(step),
                    steps,
                    seconds(last[0]),
                    order,
                    f"{last[1]:.3f}",
                )
            )
        head = (
            "preset",
            "before the first step",
            "a step",
            "steps",
            "time",
            "ordering after it",
            "loss at the end",
        )
        yield Table(
            "curves",
            f"Presets, guide {guide}",
            head,
            rows,
            "Medians over the photographs, the loss is their mean.",
        )


def _reached(report: dict[str, Any]) -> Iterator[Table]:
    levels = report["settings"]["losses"]
    for guide, presets in groups(report).items():
        rows = []
        for preset, curves in presets.items():
            cells = []
            for level in levels:
                found = reach(curves, level)
                some = f" ({found[0]} of {len(curves)})" if found and found[0] < len(curves) else ""
                cells.append(
                    f"{seconds(found[2])}, step {found[1]:.0f}{some}" if found else "\N{EN DASH}"
                )
            rows.append((preset, *cells))
        head = ("preset", *(f"loss {level:g}" for level in levels))
        note = (
            "The first look at which the loss was as low, median over the photographs that got"
            " there; from the first step on."
        )
        yield Table("curves", f"Seconds and steps to a loss, guide {guide}", head, rows, note)


def _steps(report: dict[str, Any]) -> Iterator[Table]:
    rows = [
        (
            one["guide"],
            str(one["views"]),
            one["dtype"],
            ms(one["step_ms"]),
            *map(ms, one["parts_ms"].values()),
        )
        for one in report.get("steps", [])
    ]
    parts = ("rasteriser", "views", "guide, forward", "guide, backward", "rest")
    head = ("guide", "views", "dtype", "step", *parts)
    note = (
        "16 strokes, medians; parts are measured one by one, the rest is what remains: losses,"
        " levels, tidiness, Adam."
    )
    yield Table("steps", "One step and its parts", head, rows, note)


def _raster(report: dict[str, Any]) -> Iterator[Table]:
    found = report.get("raster", {})
    rasterisers = list(found)
    if rasterisers:
        rows = [
            (f"{count} strokes", *(ms(found[rasteriser][count]) for rasteriser in rasterisers))
            for count in found[rasterisers[0]]
        ]
        missing = (
            "" if "diffvg" in found else " diffvg is not installed here: nothing to compare with."
        )
        yield Table(
            "raster",
            "The rasteriser, forward and backward",
            ("", *rasterisers),
            rows,
            f"224 × 224 px.{missing}",
        )


def _strokes(report: dict[str, Any]) -> Iterator[Table]:
    found = report.get("scaling", {}).get("strokes", [])
    rows = [
        (str(one["strokes"]), ms(one["layout_ms"]), ms(one["step_ms"]), ms(one["rank_ms"]))
        for one in found
    ]
    yield Table(
        "scaling",
        "By strokes",
        ("strokes", "laying them out", "a step", "ordering them"),
        rows,
        "Preset quick.",
    )


def _others(report: dict[str, Any]) -> Iterator[Table]:
    for what, note in (
        ("seeds", "Before any is dropped."),
        ("threads", "Of torch, each in a process of its own."),
    ):
        found = report.get("scaling", {}).get(what, [])
        rows = [(str(one[what]), ms(one["step_ms"])) for one in found]
        yield Table("scaling", f"By {what}", (what, "a step"), rows, note)


def _resolution(report: dict[str, Any]) -> Iterator[Table]:
    found = report.get("scaling", {}).get("resolution", [])
    rows = [
        (f"{one['side_px']} px", *map(ms, one["parts_ms"].values()), ms(one["step_ms"]))
        for one in found
    ]
    yield Table(
        "scaling",
        "By the photograph's longer side",
        ("longer side", "reading", "mask", "frame and edges", "a step"),
        rows,
    )


def _peers(report: dict[str, Any]) -> Iterator[Table]:
    found = report.get("peers", [])
    rows = []
    for what in dict.fromkeys(one["what"] for one in found):
        here = [one for one in found if one["what"] == what]
        times = [one["seconds"] for one in here if one["seconds"] is not None]
        cut = any(one["cut"] for one in here)
        name = f"{what} schedule" if what == "published" else what
        time = (
            f"{'≈ ' if cut else ''}{seconds(statistics.median(times))}"
            if times
            else "not installed"
        )
        reckoned = (
            f", reckoned from {statistics.median(one['done'] for one in here):.0f} of"
            f" {here[0]['steps']} steps"
            if cut
            else ""
        )
        rows.append((name, time + reckoned))
    note = (
        "As many paths at most; from the mask to the ordered strokes. The published schedule runs"
        " in this engine, with its guide. Tracers follow edges and leave nothing out: only their"
        " time is comparable."
    )
    yield Table(
        "peers", "A drawing of the same canvas", ("", "time"), rows, note, ("draft", "quick")
    )


def _commands(report: dict[str, Any]) -> Iterator[Table]:
    rows = [
        (
            one["preset"],
            *(seconds(one[key]) for key in ("start_up_s", "sketch_s", "end_s")),
            seconds(whole(one)),
            mb(one["peak_mb"]),
        )
        for one in report.get("commands", [])
    ]
    head = ("preset", "start-up", "sketch", "end", "whole", "peak memory")
    yield Table(
        "commands",
        "The whole command",
        head,
        rows,
        "`clipasso sketch` from a cold start, with the guide lite.",
    )


def whole(one: dict[str, Any]) -> float:
    """Seconds from the command to its end."""
    return one["start_up_s"] + one["sketch_s"] + one["end_s"]


def _memory(report: dict[str, Any]) -> Iterator[Table]:
    found = report.get("memory", [])
    on_gpu = any(one["gpu_mb"] is not None for one in found)
    rows = [
        (
            memory_name(one),
            *map(mb, one["peak_mb"].values()),
            *([mb(one["gpu_mb"])] if on_gpu else []),
        )
        for one in found
    ]
    head = (
        "",
        "torch loaded",
        "guide loaded",
        "mask found",
        "after some steps",
        *(["on the GPU"] if on_gpu else []),
    )
    yield Table("memory", "Peak memory", head, rows, "Each in a process of its own.")


def memory_name(one: dict[str, Any]) -> str:
    """What was run."""
    seeds = f", {one['seeds']} seeds" if one["seeds"] > 1 else ""
    return (
        f"{one['guide'].removesuffix(':random')}, {one['preset']}, {one['strokes']} strokes{seeds}"
    )
