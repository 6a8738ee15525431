#!/usr/bin/env python3
"""One step of every guide, split into its parts; the whole command; peak memory. Prints a table and stores JSON.

    python benchmarks/engine.py [--guides lite,clip:RN101:random,...] [--photo FILE] [--repeats 15] [--out benchmarks/results]

Untrained CLIP weights are as fast as trained ones. Every guide runs in a process of its own, so that its peak memory is its own.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GUIDES = ("lite", "clip:RN101:random", "clip:RN50:random", "clip:ViT-B-32:random")
VIEWS = {"lite": 4}  # the others take the published five
STROKES = (4, 16, 64, 128)


def main() -> None:
    """Measure, print, store."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--guides", default=",".join(GUIDES))
    parser.add_argument("--photo", type=Path, default=ROOT / "examples" / "coffee.jpg")
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(rasteriser(options.repeats) if options.one == "raster" else step(options.one, options.repeats)))
        return
    report = {
        "machine": {"processor": platform.processor() or platform.machine(), "cores": os.cpu_count(), "python": platform.python_version()},
        "rasteriser_ms": apart("raster", options.repeats),
        "steps": [apart(guide, options.repeats) for guide in options.guides.split(",")],
        "commands": [command(options.photo, preset) for preset in ("draft", "quick")],
    }
    show(report)
    options.out.mkdir(parents=True, exist_ok=True)
    target = options.out / "engine.json"
    target.write_text(json.dumps(report, indent=1))
    print(f"\nstored in {target}")


def apart(what: str, repeats: int) -> dict:
    """A measurement in a process of its own."""
    line = [sys.executable, __file__, "--one", what, "--repeats", str(repeats)]
    return json.loads(subprocess.run(line, check=True, capture_output=True, text=True, env=own_code()).stdout.splitlines()[-1])


def own_code() -> dict[str, str]:
    """The environment in which a child measures this checkout, not an installed copy."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))}


def median_ms(action: Callable[[], object], repeats: int) -> float:
    """Median wall time after three warming runs."""
    times = []
    for turn in range(repeats + 3):
        began = time.perf_counter()
        action()
        if turn >= 3:
            times.append(time.perf_counter() - began)
    return statistics.median(times) * 1000


def some_strokes(count: int):
    """Strokes of 50 px or so, all over the canvas."""
    import torch

    generator = torch.Generator().manual_seed(0)
    first = torch.rand(1, count, 1, 2, generator=generator) * 180 + 20
    moves = (torch.rand(1, count, 1, 2, generator=generator) - 0.5) * 40 + (torch.rand(1, count, 3, 2, generator=generator) - 0.5) * 16
    return torch.cat([first, first + moves.cumsum(2)], 2)


def rasteriser(repeats: int) -> dict:
    """Forward and backward of the renderers on 224 x 224, by strokes."""
    import torch

    from clipasso_core.raster import DOORS, StrokeBatch, available, render

    weights = torch.randn(1, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    found: dict[str, dict[str, float]] = {}
    for door in filter(available, DOORS):
        found[door] = {}
        for count in STROKES:
            points = some_strokes(count).requires_grad_(True)
            batch = StrokeBatch(points, torch.full((1, count), 3.0), torch.zeros(1, count, 3), torch.ones(1, count))
            found[door][str(count)] = median_ms(lambda b=batch, d=door: (render(b, (224, 224), d) * weights).sum().backward(), repeats)
    return found


def step(guide_name: str, repeats: int) -> dict:
    """One optimiser step of 16 strokes, and its parts measured one by one."""
    import torch

    from clipasso_core.guide import load_guide
    from clipasso_core.optimise import Likeness
    from clipasso_core.views import ViewPool

    guide = load_guide(guide_name)
    views = VIEWS.get(guide_name, 5)
    pool = ViewPool(2, views, 0.5, 0.8, guide.side, 0, guide.device)
    target = torch.rand(1, 3, 224, 224)
    likeness = Likeness(guide, target, pool, 3.0)
    points = some_strokes(16).requires_grad_(True)

    def whole() -> None:
        likeness.through_views(likeness.draw(points), 0).sum().backward()

    drawn = likeness.draw(points).detach().requires_grad_(True)
    seen = pool.look(drawn, 0).detach().requires_grad_(True)

    def loss() -> torch.Tensor:
        features = guide.features(seen)
        return sum(value.square().mean() for value in features.maps.values()) + features.embedding.square().mean()

    forward = median_ms(loss, repeats)
    return {
        "guide": guide_name,
        "views": views,
        "dtype": str(guide.dtype).removeprefix("torch."),
        "threads": torch.get_num_threads(),
        "step_ms": median_ms(whole, repeats),
        "raster_ms": median_ms(lambda: likeness.draw(points).sum().backward(), repeats),
        "views_ms": median_ms(lambda: pool.look(drawn, 0).sum().backward(), repeats),
        "guide_forward_ms": forward,
        "guide_backward_ms": median_ms(lambda: loss().backward(), repeats) - forward,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def command(photo: Path, preset: str) -> dict:
    """The whole `clipasso sketch`, start-up included."""
    with tempfile.TemporaryDirectory() as folder:
        line = [
            sys.executable,
            "-m",
            "clipasso_core",
            "sketch",
            photo.resolve(),
            "-o",
            Path(folder) / "s.svg",
            "--preset",
            preset,
            "--json",
        ]
        began = time.monotonic()
        child = subprocess.Popen([str(part) for part in line], stdout=subprocess.PIPE, text=True, env=own_code())
        assert child.stdout is not None
        events = {}
        for text in child.stdout:
            event = json.loads(text)
            events[event["event"]] = {**event, "at_s": time.monotonic() - began}
        _, status, used = os.wait4(child.pid, 0)
        if status:
            raise SystemExit(f"clipasso sketch --preset {preset} failed")
    return {
        "preset": preset,
        "start_up_s": events["started"]["at_s"],
        "sketch_s": events["result"]["at_s"] - events["started"]["at_s"],
        "whole_s": time.monotonic() - began,
        "loss": events["result"]["sketch"]["loss"],
        "peak_mb": used.ru_maxrss / 1024,
    }


def show(report: dict) -> None:
    """The tables."""
    for door, times in report["rasteriser_ms"].items():
        print(f"rasteriser {door}, forward + backward, ms: " + ", ".join(f"{count} strokes {value:.1f}" for count, value in times.items()))
    print(f"\n{'guide':24}{'views':>6}{'dtype':>10}{'step':>9}{'raster':>9}{'views':>9}{'forward':>9}{'backward':>9}{'peak':>9}")
    for row in report["steps"]:
        parts = (row[key] for key in ("step_ms", "raster_ms", "views_ms", "guide_forward_ms", "guide_backward_ms"))
        print(
            f"{row['guide']:24}{row['views']:6}{row['dtype']:>10}"
            + "".join(f"{part:6.0f} ms" for part in parts)
            + f"{row['peak_mb']:6.0f} MB"
        )
    print(f"\n{'command':12}{'start-up':>10}{'sketch':>10}{'whole':>10}{'loss':>8}{'peak':>10}")
    for row in report["commands"]:
        times = (row[key] for key in ("start_up_s", "sketch_s", "whole_s"))
        print(f"{row['preset']:12}" + "".join(f"{value:8.1f} s" for value in times) + f"{row['loss']:8.3f}{row['peak_mb']:7.0f} MB")


if __name__ == "__main__":
    main()
