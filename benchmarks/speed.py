#!/usr/bin/env python3
"""How fast the engine is.

Loss against seconds, a step and its parts, how it grows, memory, and others beside it.

    python benchmarks/speed.py [PHOTOS...]
                               [--only curves,steps,raster,scaling,peers,commands,memory]
                               [--presets draft,quick,standard,published]
                               [--guides lite,clip:RN101:random,...] [--device cpu]
                               [--losses 2.0,1.8,1.6,1.5,1.4,1.3] [--strokes 16]
                               [--limit 20] [--repeats 15] [-o benchmarks/results]
                               [--diffvg FOLDER[:FOLDER]]
    python benchmarks/speed.py --load benchmarks/results/speed.json

Prints tables, writes speed.json and speed.html, one page with plots. --load makes the page anew.
Quality is the loss over the plain picture and 15 views that no job looks at, reckoned outside the
clock; untrained CLIP weights (`:random`) are as fast as trained ones, but have no quality to show.
What is installed is measured beside the engine: diffvg as rasteriser, vtracer. Everything runs in
processes of their own, one after the other, so that memory is their own. --diffvg says where
pydiffvg was built, and what it imports, and measures in the processor's time how it and a step as
published compare with ours.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from speed_page import page
from speed_table import Table, tables

ROOT = Path(__file__).resolve().parent.parent
SECTIONS = ("curves", "steps", "raster", "scaling", "peers", "commands", "memory")
DIFFVG = "diffvg"  # a section of its own, where it is at hand
PRESETS = ("draft", "quick", "standard", "published")
GUIDES = ("lite", "clip:RN101:random", "clip:RN50:random", "clip:ViT-B-32:random")
LOSSES = (2.0, 1.8, 1.6, 1.5, 1.4, 1.3)
# of the options that a report keeps
SETTINGS = ("presets", "guides", "device", "strokes", "limit", "losses", "repeats")
LOOKS = 60  # at a curve: they fall evenly on a logarithmic axis
COMMANDS = ("draft", "quick")
TURNS = 3  # of a whole command, at most


def main() -> None:
    """Measure, print, store."""
    options = parse()
    if options.one:
        from clipasso_core.machine.threads import spin_briefly

        spin_briefly()
        import beside_diffvg
        import timings

        wish = json.loads(options.one)
        what = wish.pop("what")
        module = timings if hasattr(timings, what) else beside_diffvg
        print(json.dumps(getattr(module, what)(**wish)))
        return
    options.output.mkdir(parents=True, exist_ok=True)
    report = json.loads(options.load.read_text()) if options.load else measure(options)
    for table in tables(report):
        show(table)
    stored = options.output / "speed.json"
    target = options.output / "speed.html"
    stored.write_text(json.dumps(report, indent=1))
    target.write_text(page(report), encoding="utf-8")
    print(f"\nstored in {stored} and {target}")


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("photos", nargs="*", type=Path, default=[ROOT / "examples" / "coffee.jpg"])
    parser.add_argument("--only", default=",".join(SECTIONS))
    parser.add_argument("--presets", default=",".join(PRESETS), help="of the curves")
    parser.add_argument("--guides", default=",".join(GUIDES))
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda", "mps"))
    parser.add_argument("--strokes", type=int, default=16)
    parser.add_argument(
        "--limit", type=float, default=20.0, help="seconds after which a job is cut"
    )
    parser.add_argument("--losses", default=",".join(map(str, LOSSES)))
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "benchmarks" / "results")
    parser.add_argument("--diffvg", help="where pydiffvg is, and what it imports")
    parser.add_argument("--load", type=Path, help="a stored speed.json")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    for name in ("only", "presets", "guides"):
        setattr(options, name, [one for one in getattr(options, name).split(",") if one])
    options.losses = sorted(map(float, options.losses.split(",")), reverse=True)
    for name, known in (("only", SECTIONS), ("presets", PRESETS)):
        if wrong := set(getattr(options, name)) - set(known):
            parser.error(f"there is no {', '.join(sorted(wrong))}: choose from {', '.join(known)}")
    return options


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """The sections that were asked for."""
    settings = {name: getattr(options, name) for name in SETTINGS}
    settings["photos"] = [photo.stem for photo in options.photos]
    report: dict[str, Any] = {
        "version": 1,
        "made": time.strftime("%Y-%m-%d"),
        "settings": settings,
        "machine": machine(),
    }
    began = time.monotonic()
    for section in SECTIONS:
        if section in options.only:
            print(section, file=sys.stderr, flush=True)
            report[section] = globals()[f"measure_{section}"](options)
    if options.diffvg:
        print(DIFFVG, file=sys.stderr, flush=True)
        settings = {"photo": str(options.photos[0]), "repeats": options.repeats}
        report[DIFFVG] = apart("beside_diffvg", options, **settings)
    report["took_s"] = time.monotonic() - began
    return report


def measure_curves(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Of every trained guide."""
    photos = [str(photo) for photo in options.photos]
    settings = {
        "photos": photos,
        "presets": options.presets,
        "strokes": options.strokes,
        "limit_s": options.limit,
        "looks": LOOKS,
    }
    trained = [guide for guide in options.guides if not guide.endswith(":random")]
    return [row for guide in trained for row in apart("curves", options, guide=guide, **settings)]


def measure_steps(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Of every guide."""
    return [
        apart("step", options, guide=guide, photo=str(options.photos[0]), repeats=options.repeats)
        for guide in options.guides
    ]


def measure_raster(options: argparse.Namespace) -> dict[str, dict[str, float]]:
    """By rasteriser and strokes, ms."""
    found: dict[str, dict[str, float]] = apart("raster", options, repeats=options.repeats)
    return found


def measure_scaling(options: argparse.Namespace) -> dict[str, Any]:
    """By strokes, seeds, resolution and threads, with the first guide."""
    settings = {
        "guide": options.guides[0],
        "photo": str(options.photos[0]),
        "repeats": options.repeats,
    }
    cores = os.cpu_count() or 1
    powers = [2**power for power in range(cores.bit_length())]
    counts = sorted({cores, *powers})
    each = [apart("threads", options, cores=count, count=count, **settings) for count in counts]
    return {**apart("scaling", options, **settings), "threads": each}


def measure_peers(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Others on the same canvas."""
    photos = [str(photo) for photo in options.photos]
    settings = {
        "guide": options.guides[0],
        "strokes": options.strokes,
        "repeats": options.repeats,
        "limit_s": options.limit,
    }
    rows: list[dict[str, Any]] = apart("peers", options, photos=photos, **settings)
    return rows


def measure_commands(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Medians of a few whole commands."""
    rows = []
    for preset in COMMANDS:
        settings = {"photo": str(options.photos[0]), "preset": preset, "strokes": options.strokes}
        turns = [apart("command", options, **settings) for _ in range(min(options.repeats, TURNS))]
        numbers = [name for name in turns[0] if name != "preset"]
        medians = {name: statistics.median(one[name] for one in turns) for name in numbers}
        rows.append({"preset": preset, **medians})
    return rows


def measure_memory(options: argparse.Namespace) -> list[dict[str, Any]]:
    """The usual sketch with every guide; with the first one more strokes, and more seeds."""
    cases = [(guide, options.strokes, "quick") for guide in options.guides]
    cases[1:1] = [
        (options.guides[0], 256, "quick"),
        (options.guides[0], options.strokes, "standard"),
    ]
    photo = str(options.photos[0])
    return [
        apart("memory", options, guide=guide, photo=photo, strokes=strokes, preset=preset)
        for guide, strokes, preset in cases
    ]


def apart(what: str, options: argparse.Namespace, cores: int | None = None, **settings: Any) -> Any:
    """A measurement in a process of its own: of this checkout and not of an installed copy."""
    wish = json.dumps({"what": what, "device": options.device, **settings})
    paths = [str(ROOT), options.diffvg, os.environ.get("PYTHONPATH")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    if cores:
        environment["OMP_NUM_THREADS"] = str(cores)
    command = [sys.executable, __file__, "--one", wish]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment)
    if done.returncode:
        raise SystemExit(f"{what} failed")
    return json.loads(done.stdout.splitlines()[-1])


def machine() -> dict[str, Any]:
    """Where it was measured."""
    from importlib.metadata import version

    known = Path("/proc/cpuinfo")
    lines = known.read_text().splitlines() if known.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    name = names[0] if names else platform.processor()
    threads = os.environ.get("OMP_NUM_THREADS")
    return {
        "processor": name or platform.machine(),
        "cores": os.cpu_count(),
        "threads": int(threads) if threads else None,
        "python": platform.python_version(),
        "torch": version("torch"),
    }


def show(table: Table) -> None:
    """A table on the terminal."""
    rows = (table.head, *table.rows)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    print(f"\n{table.title}. {table.note}".rstrip())
    for row in rows:
        name = row[0].ljust(widths[0])
        numbers = [text.rjust(width) for text, width in zip(row[1:], widths[1:], strict=True)]
        print("  ".join([name, *numbers]))


if __name__ == "__main__":
    main()
