#!/usr/bin/env python3
"""A contact sheet: photographs and their sketches side by side, to be looked at.

    python benchmarks/sheet.py PHOTO... [--strokes 16] [--preset quick] [--seed 0] [--no-photos]
                               [--columns 4] -o sheet.png

Prints time and loss of each. Several numbers of strokes, separated by commas, give several sketches
of each photograph.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

import checkout  # noqa: F401
import numpy as np
from kept import KeptGuides
from numpy.typing import NDArray
from PIL import Image

from clipasso_core import SketchRequest
from clipasso_core.cli.stills import draw
from clipasso_core.photo.picture import read_picture
from clipasso_core.sketching.job import SketchJob

CELL = 336


def main() -> None:
    """Sketch, print, lay out."""
    options = parse()
    resources = KeptGuides()
    rows = []
    losses: list[float] = []
    times_s: list[float] = []
    for photo in options.photos:
        cells: list[Image.Image] = []
        for strokes in options.strokes:
            began = time.monotonic()
            request = SketchRequest(
                strokes=strokes, preset=options.preset, guide=options.guide, seed=options.seed
            )
            job = SketchJob(read_picture(photo), request, resources)
            if not cells and not options.no_photos:
                cells.append(seen(job))
            result = job.run()
            times_s.append(time.monotonic() - began)
            losses.append(result.loss)
            what = f"{strokes} strokes, {result.mask}, loss {result.loss:.3f}"
            print(f"{photo.name}: {what}, {times_s[-1]:.1f} s", flush=True)
            cells.append(draw(result, CELL))
        rows.append(np.concatenate([np.asarray(cell) for cell in cells], 1))
    median_s = statistics.median(times_s[1:] or times_s)
    print(f"mean loss {statistics.mean(losses):.3f}, median {median_s:.1f} s")
    laid_out(rows, options.columns).save(options.output, optimize=True)


def parse() -> argparse.Namespace:
    """The command line."""
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
    options.strokes = [int(text) for text in options.strokes.split(",")]
    return options


def seen(job: SketchJob) -> Image.Image:
    """The photograph as a job sees it, as large as its sketches."""
    canvas = Image.fromarray((job.stage.canvas * 255).astype(np.uint8))
    return canvas.resize((CELL, CELL), Image.Resampling.BICUBIC)


def laid_out(rows: list[NDArray[np.uint8]], columns: int) -> Image.Image:
    """Rows of cells of one photograph each, so many beside each other."""
    blank = np.full_like(rows[0], 255)
    missing = -len(rows) % columns if len(rows) > columns else 0
    filled = [*rows, *[blank] * missing]
    lines = [
        np.concatenate(filled[first : first + columns], 1)
        for first in range(0, len(filled), columns)
    ]
    return Image.fromarray(np.concatenate(lines))


if __name__ == "__main__":
    main()
