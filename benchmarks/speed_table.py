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
    """Rows of text, the first cell a name."""

    section: str  # where it belongs
    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""  # what must be known to read it
    ours: Sequence[str] = ()  # rows to mark


def tables(report: dict[str, Any]) -> list[Table]:
    """All that there is something to say in."""
    makers = (
        _presets,
        _reached,
        _steps,
        _raster,
        _beside_diffvg,
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
    """(seconds, loss), the mean over photographs, from where all have begun.

    One that has ended keeps its last loss.
    """
    curves = [np.array(row["points"], dtype=float)[:, 1:] for row in rows]
    first = max(curve[0, 0] for curve in curves)
    last = max(curve[-1, 0] for curve in curves)
    times = np.geomspace(first, max(first, last), GRID)
    losses = np.mean([np.interp(times, *curve.T) for curve in curves], 0)
    return list(zip(times.tolist(), losses.tolist(), strict=True))


def reach(rows: Sequence[dict[str, Any]], level: float) -> tuple[int, float, float] | None:
    """Photographs on which a loss was reached, and the median steps and seconds that it took."""
    low = [[point for point in row["points"] if point[2] <= level] for row in rows]
    there = [points[0] for points in low if points]
    if not there:
        return None
    steps = statistics.median(point[0] for point in there)
    time_s = statistics.median(point[1] for point in there)
    return len(there), steps, time_s


def seconds(value: float | None) -> str:
    """As short as may be."""
    if value is None:
        return ""
    if value >= 120:
        return f"{value / 60:.0f} min"
    return f"{value:.1f} s" if value >= 0.95 else f"{value * 1000:.0f} ms"


def ms(value: float) -> str:
    """Milliseconds, in seconds when there are many."""
    if value >= 950:
        return seconds(value / 1000)
    return f"{value:.0f} ms" if value >= 10 else f"{value:.1f} ms"


def mb(value: float | None) -> str:
    """Megabytes."""
    return "" if value is None else f"{value:.0f} MB"


def _presets(report: dict[str, Any]) -> Iterator[Table]:
    head = (
        "preset",
        "before the first step",
        "a step",
        "steps",
        "time",
        "ordering after it",
        "loss at the end",
    )
    note = "Medians over the photographs, the loss is their mean."
    for guide, presets in groups(report).items():
        rows = [(preset, *_preset(curves)) for preset, curves in presets.items()]
        yield Table("curves", f"Presets, guide {guide}", head, rows, note)


def _preset(curves: Sequence[dict[str, Any]]) -> Iterator[str]:
    """How one preset went on, as `_presets` heads it."""
    end_s, loss = mean_curve(curves)[-1]
    cut = any(curve["cut"] for curve in curves)
    done = statistics.median(curve["points"][-1][0] for curve in curves)
    after = [curve["after_s"] for curve in curves if curve["after_s"] is not None]
    yield seconds(statistics.median(curve["before_s"] for curve in curves))
    yield ms(statistics.median(curve["step_ms"] for curve in curves))
    yield f"{done:.0f} of {curves[0]['steps']}" if cut else f"{done:.0f}"
    yield seconds(end_s)
    yield seconds(statistics.median(after)) if after else "cut"
    yield f"{loss:.3f}"


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
    rows = []
    for one in report.get("steps", []):
        times = map(ms, (one["step_ms"], *one["parts_ms"].values()))
        rows.append((one["guide"], str(one["views"]), one["dtype"], *times))
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
        rows = []
        for count in found[rasterisers[0]]:
            rows.append(
                (f"{count} strokes", *(ms(found[rasteriser][count]) for rasteriser in rasterisers))
            )
        note = "224 × 224 px."
        if "diffvg" not in found:
            note += " diffvg is not installed here: nothing to compare with."
        title = "The rasteriser, forward and backward"
        yield Table("raster", title, ("", *rasterisers), rows, note)


def _beside_diffvg(report: dict[str, Any]) -> Iterator[Table]:
    found = report.get("diffvg", {})
    rows = [
        (f"{one['strokes']} strokes", ms(one["diffvg"]), ms(one["sparse"]), times(one))
        for one in found.get("raster", [])
    ]
    head = ("", "diffvg, 2 × 2 samples", "sparse", "times as long")
    note = (
        "Forward and backward, 224 × 224 px; milliseconds of the processor, all threads together."
    )
    yield Table("diffvg", "The rasteriser beside diffvg", head, rows, note)
    steps = found.get("steps", {})
    taken = [(name, ms(took)) for name, took in steps.items()]
    note = "RN101, 16 strokes; milliseconds of the processor. As published: five views, float32."
    yield Table("diffvg-step", "A step beside the published one", ("", "a step"), taken, note)


def times(one: dict[str, float]) -> str:
    """How many times as long diffvg took."""
    return f"{one['diffvg'] / one['sparse']:.0f}"


def _strokes(report: dict[str, Any]) -> Iterator[Table]:
    found = report.get("scaling", {}).get("strokes", [])
    rows = [
        (str(one["strokes"]), ms(one["layout_ms"]), ms(one["step_ms"]), ms(one["rank_ms"]))
        for one in found
    ]
    head = ("strokes", "laying them out", "a step", "ordering them")
    yield Table("scaling", "By strokes", head, rows, "Preset quick.")


def _others(report: dict[str, Any]) -> Iterator[Table]:
    notes = {
        "seeds": "Before any is dropped.",
        "threads": "Of torch, each in a process of its own.",
    }
    for what, note in notes.items():
        found = report.get("scaling", {}).get(what, [])
        rows = [(str(one[what]), ms(one["step_ms"])) for one in found]
        yield Table("scaling", f"By {what}", (what, "a step"), rows, note)


def _resolution(report: dict[str, Any]) -> Iterator[Table]:
    found = report.get("scaling", {}).get("resolution", [])
    rows = []
    for one in found:
        times = map(ms, (*one["parts_ms"].values(), one["step_ms"]))
        rows.append((f"{one['side_px']} px", *times))
    head = ("longer side", "reading", "mask", "frame and edges", "a step")
    yield Table("scaling", "By the photograph's longer side", head, rows)


def _peers(report: dict[str, Any]) -> Iterator[Table]:
    found = report.get("peers", [])
    rows = []
    for what in dict.fromkeys(one["what"] for one in found):
        here = [one for one in found if one["what"] == what]
        name = f"{what} schedule" if what == "published" else what
        rows.append((name, _time_of(here)))
    note = (
        "As many paths at most; from the mask to the ordered strokes. The published schedule runs"
        " in this engine, with its guide. Tracers follow edges and leave nothing out: only their"
        " time is comparable."
    )
    title = "A drawing of the same canvas"
    yield Table("peers", title, ("", "time"), rows, note, ours=("draft", "quick"))


def _time_of(drawn: Sequence[dict[str, Any]]) -> str:
    """The median over photographs, and whether it was measured to the end."""
    times = [one["seconds"] for one in drawn if one["seconds"] is not None]
    if not times:
        return "not installed"
    time = seconds(statistics.median(times))
    if not any(one["cut"] for one in drawn):
        return time
    done = statistics.median(one["done"] for one in drawn)
    return f"≈ {time}, reckoned from {done:.0f} of {drawn[0]['steps']} steps"


def _commands(report: dict[str, Any]) -> Iterator[Table]:
    rows = []
    for one in report.get("commands", []):
        times = map(seconds, (one["start_up_s"], one["sketch_s"], one["end_s"], whole(one)))
        rows.append((one["preset"], *times, mb(one["peak_mb"])))
    head = ("preset", "start-up", "sketch", "end", "whole", "peak memory")
    note = "`clipasso sketch` from a cold start, with the guide lite."
    yield Table("commands", "The whole command", head, rows, note)


def whole(one: dict[str, Any]) -> float:
    """Seconds from the command to its end."""
    return float(one["start_up_s"] + one["sketch_s"] + one["end_s"])


def _memory(report: dict[str, Any]) -> Iterator[Table]:
    found = report.get("memory", [])
    rows = [[memory_name(one), *map(mb, one["peak_mb"].values())] for one in found]
    head = ["", "torch loaded", "guide loaded", "mask found", "after some steps"]
    if any(one["gpu_mb"] is not None for one in found):
        head.append("on the GPU")
        for one, row in zip(found, rows, strict=True):
            row.append(mb(one["gpu_mb"]))
    yield Table("memory", "Peak memory", head, rows, "Each in a process of its own.")


def memory_name(one: dict[str, Any]) -> str:
    """What was run."""
    guide = one["guide"].removesuffix(":random")
    seeds = f", {one['seeds']} seeds" if one["seeds"] > 1 else ""
    return f"{guide}, {one['preset']}, {one['strokes']} strokes{seeds}"
