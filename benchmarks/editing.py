"""What editing keeps its word on: no redraw makes a sketch worse, fewer strokes are one, too.

    GOMP_SPINCOUNT=1000 python benchmarks/editing.py PHOTO... [-o results.json] [--preset quick]

(with threads as in the command). For every photograph 16 strokes, then one of them, then all,
redrawn in place: the loss of the whole sketch before and after, and seconds. Then 32 strokes, and
the loss of the first 8 and 16 of them against sketches optimised for 8 and 16; and of the first 4,
12 and 24 in the order of need against the order in which they were laid (8 and 16 are levels, the
same strokes in either).
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import checkout  # noqa: F401
import torch
from kept import KeptGuides
from torch import Tensor

from clipasso_core import SketchRequest, write_svg
from clipasso_core.document.drawing import Drawing, read_drawing
from clipasso_core.optimiser import rank as ranks
from clipasso_core.optimiser.likeness import Likeness
from clipasso_core.photo.picture import Picture, read_picture
from clipasso_core.sketching import edit
from clipasso_core.sketching.job import SketchJob
from clipasso_core.sketching.progress import Progress

LEVELS = (8, 16)
BETWEEN = (4, 12, 24)
REDRAWN: dict[str, list[str] | None] = {"one": ["stroke-3"], "all": None}  # ids, None for all


class Drawn:
    """A sketch, its strokes in the order in which they were laid, their order of need, a judge."""

    points: Tensor
    likeness: Likeness
    order: list[int]

    def __init__(self, picture: Picture, request: SketchRequest, resources: KeptGuides) -> None:
        original = ranks.rank

        def keep(
            points: Tensor, likeness: Likeness, thorough: bool = True, levels: Sequence[int] = ()
        ) -> list[int]:
            self.points = points
            self.likeness = likeness
            self.order = original(points, likeness, thorough, levels)
            return self.order

        with patch.object(ranks, "rank", keep):
            self.result = SketchJob(picture, request, resources).run()

    def loss(self, order: list[int]) -> float:
        """Of some of the strokes."""
        with torch.no_grad():
            return float(self.likeness.plain(self.likeness.draw(self.points[order][None])))


def measure(path: Path, preset: str, resources: KeptGuides, folder: Path) -> dict[str, Any]:
    """Everything of one photograph."""
    picture = read_picture(path)
    drawn = {}
    for count in (16, 32, *LEVELS):
        if count not in drawn:
            request = SketchRequest(strokes=count, preset=preset, guide="lite")
            drawn[count] = Drawn(picture, request, resources)
    file = folder / f"{path.stem}.svg"
    write_svg(drawn[16].result, file)
    row: dict[str, Any] = {"photo": path.stem}
    for name, ids in REDRAWN.items():
        drawing = read_drawing(file, (picture.width, picture.height))
        row[name] = redraw(picture, drawing, ids, preset, resources)
    whole = drawn[32]
    for count in LEVELS:
        own = drawn[count]
        first = whole.loss(whole.order[:count])
        row[f"level {count}"] = {"first": first, "own": own.loss(own.order)}
    for count in BETWEEN:
        need = whole.loss(whole.order[:count])
        row[f"first {count}"] = {"need": need, "laid": whole.loss(list(range(count)))}
    return row


def redraw(
    picture: Picture, drawing: Drawing, ids: list[str] | None, preset: str, resources: KeptGuides
) -> dict[str, float]:
    """The strokes of these ids, all for None: loss before and after, and seconds."""
    began = time.monotonic()
    first_s = 0.0

    def on_progress(progress: Progress) -> None:
        nonlocal first_s
        first_s = first_s or time.monotonic() - began

    request = SketchRequest(preset=preset, guide="lite")
    chosen = drawing.find(ids) if ids else None
    change = edit.refine(
        picture, drawing, request, chosen, on_progress=on_progress, resources=resources
    )
    total_s = time.monotonic() - began
    return {
        "before": change.before,
        "after": change.after,
        "start_s": first_s,
        "total_s": total_s,
    }


def main() -> None:
    """Measure, print, store."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("photos", nargs="+", type=Path)
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--preset", default="quick")
    options = parser.parse_args()
    resources = KeptGuides()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for path in options.photos:
            row = measure(path, options.preset, resources, Path(folder))
            rows.append(row)
            tell(row)
    conclude(rows)
    if options.output:
        options.output.write_text(json.dumps(rows, indent=1))


def tell(row: dict[str, Any]) -> None:
    """A photograph in a line."""
    one, every = row["one"], row["all"]
    levels = "  ".join(f"{count}: {against_own(row, count):.3f}" for count in LEVELS)
    first = f"{one['before']:.3f} -> {one['after']:.3f} in {one['total_s']:4.1f} s"
    second = f"{every['before']:.3f} -> {every['after']:.3f}"
    print(f"{row['photo']:18} one {first}  all {second}  first n against own  {levels}", flush=True)


def against_own(row: dict[str, Any], count: int) -> float:
    """How many times the loss of so many strokes' own sketch the first so many of 32 have."""
    level = row[f"level {count}"]
    return float(level["first"] / level["own"])


def conclude(rows: list[dict[str, Any]]) -> None:
    """What it comes to."""
    for count in LEVELS:
        shares = [against_own(row, count) for row in rows]
        print(
            f"first {count} of 32: median {statistics.median(shares):.3f}, worst {max(shares):.3f}"
            " times its own sketch's loss"
        )
    for count in BETWEEN:
        beaten = sum(row[f"first {count}"]["need"] < row[f"first {count}"]["laid"] for row in rows)
        print(f"first {count} of 32 by need better than as laid: {beaten}/{len(rows)}")
    redraws = [row[name] for row in rows for name in REDRAWN]
    worse = sum(one["after"] > one["before"] + 1e-6 for one in redraws)
    begin = statistics.median(row["one"]["start_s"] for row in rows)
    print(f"redraws that made it worse: {worse} of {len(redraws)}")
    print(f"a redraw starts after {begin:.2f} s (median)")


if __name__ == "__main__":
    main()
