"""What the drawings come to: averages by kind with their intervals, what is beaten, what was aimed
at. Plain data in, plain data out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from craft import Interval, bootstrap, paired

SKETCH, CHOSEN = "sketch", "sketch, chosen seed"


@dataclass(frozen=True)
class Column:
    """A number that every drawing has or has not. better: 1 when more is better, -1 when less, 0
    when neither.
    """

    key: str
    title: str
    better: int
    share: bool
    of: Callable[[dict[str, Any]], float | None]


def columns(report: dict[str, Any]) -> list[Column]:
    """Of the table: one for each sound judge, more for the first, then placement, craft and
    cost.
    """

    def judged(key: str, what: str) -> Callable[[dict[str, Any]], float | None]:
        return lambda drawing: drawing["judged"][key][what]

    def first(key: str) -> Callable[[dict[str, Any]], float | None]:
        return lambda drawing: float(drawing["judged"][key]["rank"] == 1)

    def craft(key: str) -> Callable[[dict[str, Any]], float | None]:
        return lambda drawing: (
            drawing["craft"][key] if drawing["craft"] and drawing["craft"]["strokes"] else None
        )

    found = []
    for judge in report.get("judges", []):
        key, main_judge = judge["key"], judge["key"] == "lite2"
        if judge["sound"] or main_judge:
            found.append(
                Column(
                    key, "recognised" if main_judge else f"by {judge['name']}", 1, True, first(key)
                )
            )
        if main_judge:
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
            cells, against = {}, {}
            for one in wanted:
                values = by_photo(one, here, kind)
                cells[one.key] = numbers(bootstrap(values.values()))
                gap = (
                    paired(ours[one.key], values)
                    if kind not in (SKETCH, CHOSEN) and one.better
                    else None
                )
                if gap:
                    against[one.key] = {"gap": numbers(gap), "verdict": verdict(gap, one.better)}
            report["table"].append(
                {"strokes": count, "kind": kind, "cells": cells, "against": against}
            )
    report["aims"] = aims(report)


def by_photo(
    column: Column, drawings: Sequence[dict[str, Any]], kind: str
) -> dict[str, float | None]:
    """For each photograph the mean over its drawings of that kind."""
    found: dict[str, list[float]] = {}
    for drawing in drawings:
        if drawing["kind"] == kind or (kind == CHOSEN and drawing.get("chosen")):
            value = column.of(drawing)
            found.setdefault(drawing["photo"], []).extend([] if value is None else [float(value)])
    return {photo: float(np.mean(values)) if values else None for photo, values in found.items()}


def numbers(interval: Interval | None) -> list[float] | None:
    """As JSON holds it."""
    return [interval.mean, interval.low, interval.high] if interval else None


def verdict(gap: Interval, better: int) -> str:
    """Ours less theirs, in words: beyond the interval or not."""
    if gap.low > 0 or gap.high < 0:
        return "beaten" if (gap.low > 0) == (better > 0) else "ahead"
    return "level"


AIMS = (  # column, strokes, aim
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
        cell = (rows.get((count, SKETCH)) or {"cells": {}})["cells"].get(key)
        if cell:
            found.append(
                {
                    "title": f"{titles[key]}, {count} strokes",
                    "aim": f"{'≥' if aim > 0 else '≤'} {abs(aim) * 100:.0f} %",
                    "reached": cell,
                    "passed": cell[0] >= aim if aim > 0 else cell[0] <= -aim,
                }
            )
    for key in ("lite2", "displaced", "margin"):
        rivals = {
            kind: row["against"].get(key)
            for (count, kind), row in rows.items()
            if count == 16 and row["against"]
        }
        if any(rivals.values()):
            verdicts = {kind: rival["verdict"] for kind, rival in rivals.items() if rival}
            lost = [kind for kind, word in verdicts.items() if word != "beaten"]
            found.append(
                {
                    "title": f"controls beaten, {titles[key]}, 16 strokes",
                    "aim": "all",
                    "beaten": [len(verdicts) - len(lost), len(verdicts)],
                    "lost": lost,
                    "passed": not lost,
                }
            )
    return found
