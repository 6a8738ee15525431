#!/usr/bin/env python3
"""Whether strokes go where a person finds a photograph important, and whether the rest is told.

    python benchmarks/emphasis.py PHOTOS... [--strokes 16] [--seeds 3] [--preset quick]
                                  [-o benchmarks/results/emphasis.json]

Of every photograph the third of its subject that lies uppermost is painted white, then the third on
the left, and it is drawn with and without that as its emphasis. Prints, as means over the seeds,

- how many times as much length of strokes lies on the white third as without;
- the share of the outline elsewhere that has a stroke near it (see `craft`), with and without;
- the seconds, with and without.

Faces are left to the guide, so that all strokes are free.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from typing import Any

import checkout  # noqa: F401
import cv2
import numpy as np
from craft import Line, Rules, outline, photo_area, trace
from kept import KeptGuides
from numpy.typing import NDArray

from clipasso_core import SketchRequest
from clipasso_core.frame import CANVAS_PX
from clipasso_core.photo.framing import SUBJECT
from clipasso_core.photo.picture import read_picture
from clipasso_core.sketching.job import SketchJob

THIRD = 1 / 3
THIRDS = {"top": 0, "left": 1}  # by the axis along which the subject is cut
Bools = NDArray[np.bool_]


def main() -> None:
    """Draw, look, print, store."""
    options = parse()
    resources, rows = KeptGuides(), []
    with tempfile.TemporaryDirectory() as folder:
        for path in options.photos:
            for side in THIRDS:
                row = measure(path, side, options, resources, Path(folder))
                rows.append(row)
                tell(row)
    times = [row["times"] for row in rows]
    kept = [row["outline"] for row in rows]
    print(
        f"length on the white third: {mean(times):.2f} times as without, least {min(times):.2f};"
        f" outline elsewhere {mean(one for one, _ in kept):.2f} ->"
        f" {mean(other for _, other in kept):.2f}"
    )
    if options.output:
        options.output.write_text(json.dumps(rows, indent=1))


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("photos", nargs="+", type=Path)
    parser.add_argument("--strokes", type=int, default=16)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--preset", default="quick")
    parser.add_argument("-o", "--output", type=Path)
    return parser.parse_args()


def measure(
    path: Path, side: str, options: argparse.Namespace, resources: KeptGuides, folder: Path
) -> dict[str, Any]:
    """A photograph with one of its thirds white, and without."""
    picture = read_picture(path)
    settings: dict[str, Any] = {
        "strokes": options.strokes,
        "preset": options.preset,
        "subjects": "one",
    }
    plain = SketchRequest(**settings, guide="lite", faces="none")
    subject = SketchJob(picture, plain, resources).prepared.mask.foreground > SUBJECT
    white = third(subject, THIRDS[side])
    painted = folder / f"{path.stem}-{side}.png"
    cv2.imwrite(str(painted), np.where(white, 255, 128).astype(np.uint8))
    looks: list[list[tuple[float, float, float]]] = [[], []]  # without, with: length, outline, s
    for seed in range(options.seeds):
        for found, emphasis in zip(looks, (None, str(painted)), strict=True):
            request = SketchRequest(
                **settings, guide="lite", faces="none", seed=seed, emphasis=emphasis
            )
            job = SketchJob(picture, request, resources)
            began = time.monotonic()
            chains = [job.stage.frame.to_canvas(np.array(one.points)) for one in job.run().strokes]
            seconds = time.monotonic() - began
            lines = [trace(chain) for chain in chains]
            there = job.stage.frame.cut(white.astype(np.float32), picture.scale, 0.0) > SUBJECT
            found.append((length_on(lines, there), told(lines, job, there), seconds))
    without, given = (np.array(one).mean(0).tolist() for one in looks)
    return {
        "photo": path.stem,
        "white": side,
        "times": given[0] / max(without[0], 1.0),
        "outline": (without[1], given[1]),
        "time_s": (without[2], given[2]),
    }


def third(subject: Bools, axis: int) -> Bools:
    """The third of a subject [h, w] that comes first along an axis."""
    along = subject.sum(1 - axis).cumsum()
    end = int(np.searchsorted(along, THIRD * along[-1])) + 1
    first: Bools = subject.copy()
    np.moveaxis(first, axis, 0)[end:] = False
    return first


def length_on(lines: Sequence[Line], there: Bools) -> float:
    """How much of the strokes lies on a part of the canvas [224, 224] or a stroke's width from it,
    px.
    """
    grown = cv2.dilate(there.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    total = 0.0
    for line in lines:
        x, y = np.clip(np.floor(line.middles).astype(int), 0, CANVAS_PX - 1).T
        total += line.piece * float(grown[y, x].sum())
    return total


def told(lines: Sequence[Line], job: SketchJob, there: Bools, rules: Rules = Rules()) -> float:
    """The share of the subject's outline beside a part of the canvas that has a stroke near."""
    stage = job.stage
    picture = job.prepared.picture
    points = outline(stage.subject, photo_area(stage.frame, picture.width, picture.height))
    x, y = np.clip(points.astype(int), 0, CANVAS_PX - 1).T
    points = points[~there[y, x]]
    middles = np.concatenate([line.middles for line in lines])
    apart = np.linalg.norm(points[:, None] - middles[None], axis=-1).min(1)
    return float((apart <= rules.near).mean())


def tell(row: dict[str, Any]) -> None:
    """A third of a photograph in a line."""
    (before, after), (without_s, with_s) = row["outline"], row["time_s"]
    print(
        f"{row['photo']:18} {row['white']:5} {row['times']:.2f} times the length, outline elsewhere"
        f" {before:.2f} -> {after:.2f}, {without_s:.1f} s -> {with_s:.1f} s",
        flush=True,
    )


if __name__ == "__main__":
    main()
