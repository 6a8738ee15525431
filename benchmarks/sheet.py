#!/usr/bin/env python3
"""A contact sheet: photographs and their sketches side by side, to be looked at. Prints time and
loss of each.

    python benchmarks/sheet.py PHOTO... [--strokes 16] [--preset quick] [--seed 0] [--no-photos]
    [--columns 4] -o sheet.png

Several numbers of strokes, separated by commas, give several sketches of each photograph.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

import checkout  # noqa: F401
import numpy as np
from kept import KeptGuides
from PIL import Image

from clipasso_core import SketchRequest
from clipasso_core.cli.stills import draw
from clipasso_core.photo.picture import read_picture
from clipasso_core.sketching.job import SketchJob

CELL = 336


def main() -> None:
    """Sketch, print, lay out."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("photos", nargs="+", type=Path)
    parser.add_argument("--strokes", default="16")
    parser.add_argument("--preset", default="quick")
    parser.add_argument("--guide", default="lite")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--no-photos", action="store_true")
    parser.add_argument("--columns", type=int, default=4)
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    resources = KeptGuides()
    rows, losses, times = [], [], []
    for photo in options.photos:
        cells = []
        for strokes in (int(text) for text in options.strokes.split(",")):
            began = time.monotonic()
            request = SketchRequest(
                strokes=strokes, preset=options.preset, guide=options.guide, seed=options.seed
            )
            job = SketchJob(read_picture(photo), request, resources)
            if not cells and not options.no_photos:
                cells.append(
                    Image.fromarray((job.stage.canvas * 255).astype(np.uint8)).resize(
                        (CELL, CELL), Image.Resampling.BICUBIC
                    )
                )
            result = job.run()
            times.append(time.monotonic() - began)
            losses.append(result.loss)
            print(
                f"{photo.name}: {strokes} strokes, {result.mask}, loss {result.loss:.3f},"
                f" {times[-1]:.1f} s",
                flush=True,
            )
            cells.append(draw(result, CELL))
        rows.append(np.concatenate([np.asarray(cell) for cell in cells], 1))
    print(
        f"mean loss {statistics.mean(losses):.3f}, median"
        f" {statistics.median(times[1:] or times):.1f} s"
    )
    while len(rows) % options.columns and len(rows) > options.columns:
        rows.append(np.full_like(rows[0], 255))
    lines = [
        np.concatenate(rows[i : i + options.columns], 1)
        for i in range(0, len(rows), options.columns)
    ]
    Image.fromarray(np.concatenate(lines)).save(options.output, optimize=True)


if __name__ == "__main__":
    main()
