"""What editing keeps its word on: no redraw makes a sketch worse, and the first n of 32 strokes are
nearly a sketch of n.

    GOMP_SPINCOUNT=1000 python benchmarks/editing.py PHOTO... [-o results.json] [--preset quick]
      (threads as in the command)

For every photograph: 16 strokes, then one of them, then all, redrawn in place (loss of the whole
    sketch before and after, seconds); 32
strokes, and the loss of the first 8 and 16 of them against sketches optimised for 8 and 16; and of
the first 4, 12 and 24 in the order of need against the order in which they were laid (8 and 16 are
levels, the same strokes in either).
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import checkout  # noqa: F401
import torch
from kept import KeptGuides

from clipasso_core import SketchRequest, write_svg
from clipasso_core.document.drawing import read_drawing
from clipasso_core.optimiser import rank as ranks
from clipasso_core.photo.picture import read_picture
from clipasso_core.sketching import edit
from clipasso_core.sketching.job import SketchJob

LEVELS = (8, 16)
BETWEEN = (4, 12, 24)


class Drawn:
    """A sketch with its strokes in the order in which they were laid, the order of need, and the
    judge.
    """

    def __init__(self, picture: Any, request: SketchRequest, resources: KeptGuides) -> None:
        original = ranks.rank

        def keep(points: Any, likeness: Any, *settings: Any) -> list[int]:
            self.points, self.likeness, self.order = (
                points,
                likeness,
                original(points, likeness, *settings),
            )
            return self.order

        ranks.rank = keep
        try:
            self.result = SketchJob(picture, request, resources).run()
        finally:
            ranks.rank = original

    def loss(self, order: list[int]) -> float:
        """Of some of the strokes."""
        with torch.no_grad():
            return float(self.likeness.plain(self.likeness.draw(self.points[order][None])))


def measure(path: Path, preset: str, resources: KeptGuides, folder: Path) -> dict[str, Any]:
    picture = read_picture(path)
    sixteen = Drawn(picture, SketchRequest(strokes=16, preset=preset, guide="lite"), resources)
    file = folder / f"{path.stem}.svg"
    write_svg(sixteen.result, file)
    row: dict[str, Any] = {"photo": path.stem}
    for name, only in (("one", ["stroke-3"]), ("all", None)):
        drawing = read_drawing(file, (picture.width, picture.height))
        began, first = time.monotonic(), 0.0

        def on_progress(progress: Any, began: float = began) -> None:
            nonlocal first
            first = first or time.monotonic() - began

        chosen = drawing.find(only) if only else None
        change = edit.refine(
            picture,
            drawing,
            SketchRequest(preset=preset, guide="lite"),
            chosen,
            on_progress=on_progress,
            resources=resources,
        )
        row[name] = {
            "before": change.before,
            "after": change.after,
            "start_s": first,
            "total_s": time.monotonic() - began,
        }
    whole = Drawn(picture, SketchRequest(strokes=32, preset=preset, guide="lite"), resources)
    for count in LEVELS:
        own = (
            sixteen
            if count == 16
            else Drawn(
                picture, SketchRequest(strokes=count, preset=preset, guide="lite"), resources
            )
        )
        row[f"level {count}"] = {
            "first": whole.loss(whole.order[:count]),
            "own": own.loss(own.order),
        }
    for count in BETWEEN:
        row[f"first {count}"] = {
            "need": whole.loss(whole.order[:count]),
            "laid": whole.loss(list(range(count))),
        }
    return row


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("photos", nargs="+", type=Path)
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--preset", default="quick")
    wishes = parser.parse_args()
    resources = KeptGuides()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for path in wishes.photos:
            row = measure(path, wishes.preset, resources, Path(folder))
            rows.append(row)
            levels = "  ".join(
                f"{n}: {row[f'level {n}']['first'] / row[f'level {n}']['own']:.3f}" for n in LEVELS
            )
            print(
                f"{row['photo']:18} one {row['one']['before']:.3f} -> {row['one']['after']:.3f} in"
                f" {row['one']['total_s']:4.1f} s  all {row['all']['before']:.3f} ->"
                f" {row['all']['after']:.3f}  first n against own  {levels}",
                flush=True,
            )
    for count in LEVELS:
        shares = [row[f"level {count}"]["first"] / row[f"level {count}"]["own"] for row in rows]
        print(
            f"first {count} of 32: median {statistics.median(shares):.3f}, worst {max(shares):.3f}"
            " times its own sketch's loss"
        )
    for count in BETWEEN:
        beaten = sum(row[f"first {count}"]["need"] < row[f"first {count}"]["laid"] for row in rows)
        print(f"first {count} of 32 by need better than as laid: {beaten}/{len(rows)}")
    worse = sum(
        row[name]["after"] > row[name]["before"] + 1e-6 for row in rows for name in ("one", "all")
    )
    begin = statistics.median(row["one"]["start_s"] for row in rows)
    print(
        f"redraws that made it worse: {worse} of {2 * len(rows)}; a redraw starts after {begin:.2f}"
        " s (median)"
    )
    if wishes.output:
        wishes.output.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
