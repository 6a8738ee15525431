"""What the drawings come to: averages by kind with intervals, what is beaten, what was aimed at.

Plain data in, plain data out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from craft import Interval, bootstrap, paired

SKETCH = "sketch"
CHOSEN = "sketch, chosen seed"
MAIN_JUDGE = "lite2"
Measure = Callable[[dict[str, Any]], float | None]  # of a drawing


@dataclass(frozen=True)
class Column:
    """A number that every drawing has or has not."""

    key: str
    title: str
    better: int  # 1 when more is better, -1 when less, 0 when neither
    share: bool
    of: Measure


def judged(key: str, what: str) -> Measure:
    """What a judge says."""
    return lambda drawing: drawing["judged"][key][what]


def recognised(key: str) -> Measure:
    """Whether a judge finds it nearest to its own photograph."""
    return lambda drawing: float(drawing["judged"][key]["rank"] == 1)


def craft(key: str) -> Measure:
    """How it is made; nothing of a drawing without strokes."""

    def of(drawing: dict[str, Any]) -> float | None:
        found = drawing["craft"]
        return found[key] if found and found["strokes"] else None

    return of


def columns(report: dict[str, Any]) -> list[Column]:
    """Of the table: a sound judge each, more for the first, then placement, craft and cost."""
    found = []
    for judge in report.get("judges", []):
        key = judge["key"]
        if key != MAIN_JUDGE:
            if judge["sound"]:
                found.append(Column(key, f"by {judge['name']}", 1, True, recognised(key)))
            continue
        found.append(Column(key, "recognised", 1, True, recognised(key)))
        found.append(Column("displaced", "displaced", 1, True, judged(key, "displaced")))
        found.append(Column("rank", "mean rank", -1, False, judged(key, "rank")))
        found.append(Column("margin", "margin", 1, False, judged(key, "margin")))
        if any(photo["label"] for photo in report["photos"]):
            found.append(Column("alike", "in kind", 1, True, judged(key, "alike")))
    return [
        *found,
        Column("on_subject", "on subject", 1, True, craft("on_subject")),
        Column("silhouette", "outline", 1, True, craft("silhouette")),
        Column("flawed", "knots, dust", -1, True, craft("flawed")),
        Column("doubled", "doubled", -1, True, craft("doubled")),
        Column("nodes", "nodes", -1, False, craft("nodes")),
        Column("time_s", "seconds", 0, False, lambda drawing: drawing.get("time_s")),
        Column("steps", "steps", 0, False, lambda drawing: drawing.get("steps")),
    ]


def finish(report: dict[str, Any]) -> None:
    """Add the table and the aims."""
    wanted = columns(report)
    report["columns"] = [{"key": one.key, "title": one.title, "share": one.share} for one in wanted]
    kinds = list(dict.fromkeys(one["kind"] for one in report["drawings"] if one["kind"] != SKETCH))
    report["table"] = []
    for count in report["settings"]["strokes"]:
        here = [one for one in report["drawings"] if one["strokes"] in (count, None)]
        ours = {one.key: by_photo(one, here, SKETCH) for one in wanted}
        for kind in (SKETCH, CHOSEN, *kinds):
            cells = {}
            against = {}
            for one in wanted:
                values = by_photo(one, here, kind)
                cells[one.key] = numbers(bootstrap(values.values()))
                is_rival = kind not in (SKETCH, CHOSEN) and one.better
                gap = paired(ours[one.key], values) if is_rival else None
                if gap:
                    against[one.key] = {"gap": numbers(gap), "verdict": verdict(gap, one.better)}
            row = {"strokes": count, "kind": kind, "cells": cells, "against": against}
            report["table"].append(row)
    report["aims"] = [*aims(report), *controls_beaten(report)]


def by_photo(
    column: Column, drawings: Sequence[dict[str, Any]], kind: str
) -> dict[str, float | None]:
    """For each photograph the mean over its drawings of that kind."""
    found: dict[str, list[float]] = {}
    for drawing in drawings:
        if drawing["kind"] == kind or (kind == CHOSEN and drawing.get("chosen")):
            value = column.of(drawing)
            values = found.setdefault(drawing["photo"], [])
            if value is not None:
                values.append(float(value))
    return {photo: float(np.mean(values)) if values else None for photo, values in found.items()}


def numbers(interval: Interval | None) -> list[float] | None:
    """As JSON holds it."""
    return [interval.mean, interval.low, interval.high] if interval else None


def verdict(gap: Interval, better: int) -> str:
    """Ours less theirs, in words: beyond the interval or not."""
    if gap.low > 0 or gap.high < 0:
        return "beaten" if (gap.low > 0) == (better > 0) else "ahead"
    return "level"


# column, strokes, aim
AIMS = (
    ("lite2", 16, 0.90),
    ("lite2", 32, 0.97),
    ("lite2", 8, 0.70),
    ("on_subject", 16, 0.92),
    ("silhouette", 16, 0.60),
    ("flawed", 16, -0.02),  # at most
)


def aims(report: dict[str, Any]) -> list[dict[str, Any]]:
    """What was aimed at and what was reached, over all seeds."""
    rows = {(row["strokes"], row["kind"]): row for row in report["table"]}
    titles = {one["key"]: one["title"] for one in report["columns"]}
    found: list[dict[str, Any]] = []
    for key, count, aim in AIMS:
        cell = rows[count, SKETCH]["cells"].get(key) if (count, SKETCH) in rows else None
        if cell:
            one = {
                "title": f"{titles[key]}, {count} strokes",
                "aim": f"{'≥' if aim > 0 else '≤'} {abs(aim) * 100:.0f} %",
                "reached": cell,
                "passed": cell[0] >= aim if aim > 0 else cell[0] <= -aim,
            }
            found.append(one)
    return found


def controls_beaten(report: dict[str, Any]) -> list[dict[str, Any]]:
    """By what sketches of 16 strokes are better than all controls, as aims."""
    titles = {one["key"]: one["title"] for one in report["columns"]}
    rows = [row for row in report["table"] if row["strokes"] == 16]
    found: list[dict[str, Any]] = []
    for key in (MAIN_JUDGE, "displaced", "margin"):
        rivals = [row for row in rows if row["against"].get(key)]
        lost = [row["kind"] for row in rivals if row["against"][key]["verdict"] != "beaten"]
        if rivals:
            one = {
                "title": f"controls beaten, {titles[key]}, 16 strokes",
                "aim": "all",
                "beaten": [len(rivals) - len(lost), len(rivals)],
                "lost": lost,
                "passed": not lost,
            }
            found.append(one)
    return found
