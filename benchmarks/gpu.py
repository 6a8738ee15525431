#!/usr/bin/env python3
"""What the engine does on a GPU: whether it is right there, and how fast.

    python benchmarks/gpu.py [PHOTO] [--only machine,traffic,right,jobs,steps,profile]
                             [--minutes 8] [--wheels FOLDER] [-o benchmarks/results]
    python benchmarks/gpu.py --collect benchmarks/wheels [--python 3.12]

Prints tables, writes gpu.json and gpu.md after every part, so that a run that is cut leaves what it
has found. A part that fails is told and does not keep the others. Without a GPU the parts that need
one say "not measured": what a step starts and moves is counted all the same. --collect brings the
packages that a machine without network may lack into a folder; --wheels takes them from there.
CLIP's weights are untrained (`:random`): as fast, but nothing to look at.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import checkout  # noqa: F401 - this checkout, wherever it is started from
import wheels

ROOT = Path(__file__).resolve().parent.parent
# in the order of what must not be lost when the time is up
PARTS = ("machine", "traffic", "right", "jobs", "steps", "profile")
ON_A_GPU = ("right", "jobs", "steps", "profile")


def main() -> None:
    """Measure, print, store."""
    options = parse()
    if options.collect:
        wheels.collect(options.collect, options.python)
        return
    if options.wheels:
        wheels.bring_in(options.wheels)
    report = measure(options.only, options.photo, options.minutes * 60, options.output)
    print(page(report))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("photo", nargs="?", default=str(ROOT / "examples" / "coffee.jpg"))
    parser.add_argument("--only", type=lambda text: text.split(","), default=list(PARTS))
    parser.add_argument("--minutes", type=float, default=8.0)
    parser.add_argument("--wheels", type=Path)
    parser.add_argument("--collect", type=Path)
    parser.add_argument("--python", default="3.12")
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "benchmarks" / "results")
    return parser.parse_args()


def measure(parts: list[str], photo: str, limit_s: float, output: Path) -> dict[str, Any]:
    """Do the parts, one after the other, until the time is up; store what there is after each."""
    import gpu_parts

    began = time.monotonic()
    report: dict[str, Any] = {"made": time.strftime("%Y-%m-%d"), "parts": {}}
    output.mkdir(parents=True, exist_ok=True)
    for part in parts:
        left_s = limit_s - (time.monotonic() - began)
        report["parts"][part] = _done(getattr(gpu_parts, part), part, photo, left_s)
        (output / "gpu.json").write_text(json.dumps(report, indent=1))
        (output / "gpu.md").write_text(page(report), encoding="utf-8")
    return report


def _done(
    work: Callable[[str, float], list[dict[str, Any]]], part: str, photo: str, left_s: float
) -> dict[str, Any]:
    """A part's rows, or why there are none."""
    import torch

    if part in ON_A_GPU and not torch.cuda.is_available():
        return {"rows": [], "note": "not measured: there is no GPU"}
    if left_s <= 0:
        return {"rows": [], "note": "not measured: the time was up"}
    try:
        return {"rows": work(photo, left_s), "note": ""}
    except Exception as error:  # whatever a card that was never tried comes up with
        return {"rows": [], "note": f"failed: {type(error).__name__}: {error}"}


def page(report: dict[str, Any]) -> str:
    """All of it as Markdown."""
    lines = [f"# On a GPU, {report['made']}"]
    for part, found in report["parts"].items():
        lines += ["", f"## {part}", ""]
        if found["note"]:
            lines.append(found["note"])
        lines += _table(found["rows"])
    return "\n".join(lines) + "\n"


def _table(rows: list[dict[str, Any]]) -> list[str]:
    if not rows:
        return []
    head = list(dict.fromkeys(name for row in rows for name in row))
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    for row in rows:
        lines.append(f"| {' | '.join(_cell(row.get(name, '')) for name in head)} |")
    return lines


def _cell(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main()
