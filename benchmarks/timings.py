"""What benchmarks/speed.py measures.

Each function runs in a process of its own and returns what JSON can hold.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import controls
import numpy as np
from drawings import KB, Subject
from pace import WARM, Pace, job_of, median_ms, peak_mb, say, subject_of, timed_ms, watch

from clipasso_core.guide import Guide, load_guide
from clipasso_core.presets import PRESETS
from clipasso_core.sketching.job import SketchJob
from clipasso_core.sketching.stage import WIDTH_PX, to_tensor

if TYPE_CHECKING:
    from torch import Tensor

HELD_SEED = 20_260
HELD_VIEWS = 16  # the plain picture and 15 views that no job looks at
RASTER_STROKES = (4, 16, 64, 128)
STROKES = (4, 8, 16, 32, 64, 128, 256)
SEEDS = (1, 2, 4, 8)
SIDES_PX = (512, 1024, 2048, 4096)


def curves(
    photos: list[str],
    presets: list[str],
    guide: str,
    strokes: int,
    device: str,
    limit_s: float,
    looks: int,
) -> list[dict[str, Any]]:
    """Held-out loss against seconds, for every photograph and preset.

    points: [step, seconds, loss] each. looks: how many of them.
    """
    judge = load_guide(guide, device)
    rows = []
    for photo in photos:
        subject = subject_of(photo)
        watch(job_of(subject, judge, strokes=strokes, preset="draft"), limit_steps=WARM)
        for preset in presets:
            job = job_of(subject, judge, strokes=strokes, preset=preset)
            pace = watch(job, limit_s, keep=True)
            shown = looked_at(pace.stamps, looks)
            losses = held_out(job, judge, [pace.sketches[one] for one in shown])
            points = [
                [one + 1, pace.stamps[one], loss] for one, loss in zip(shown, losses, strict=True)
            ]
            row = {
                "photo": subject.name,
                "preset": preset,
                "guide": guide,
                "points": points,
                "steps": pace.planned,
            }
            rows.append({**row, **pace.told()})
            took = f"{len(pace.stamps)} steps in {pace.stamps[-1]:.1f} s"
            say(f"{guide} {preset} {subject.name}: {took}, held-out loss {losses[-1]:.3f}")
    return rows


def looked_at(stamps: list[float], looks: int) -> list[int]:
    """Which steps to judge: the first, the last, and some between them.

    These lie as evenly on a logarithmic axis as there are steps.
    """
    last = len(stamps) - 1
    wished = np.geomspace(stamps[0], stamps[-1], looks) if len(stamps) > 1 else stamps
    nearest = np.clip(np.searchsorted(stamps, wished), 0, last)
    return sorted({0, last, *nearest.tolist()})


def held_out(job: SketchJob, guide: Guide, sketches: list[controls.Chain]) -> list[float]:
    """Mean loss over the plain picture and views that were never optimised."""
    import torch

    from clipasso_core.optimiser.likeness import Likeness
    from clipasso_core.optimiser.views import ViewPool

    pool = ViewPool(1, HELD_VIEWS, 0.25, 0.8, guide.side, HELD_SEED, guide.device)
    likeness = Likeness(guide, to_tensor(job.stage.canvas, guide.device), pool, WIDTH_PX)
    losses: list[float] = []
    with torch.no_grad():
        for one in sketches:
            cubics = one.reshape(1, -1, 4, 2)
            points = torch.tensor(cubics, dtype=torch.float32, device=guide.device)
            losses.append(float(likeness.through_views(likeness.draw(points), 0).mean()))
    return losses


def step(guide: str, photo: str, device: str, repeats: int) -> dict[str, Any]:
    """One step of 16 strokes, and its parts, measured one by one after each step.

    What slows the machine down slows them all. `quick` for the embedded guide, the published
    schedule's views for CLIP.
    """
    from clipasso_core.optimiser.likeness import alone

    judge = load_guide(guide, device)
    preset = "quick" if guide == "lite" else "published"
    job = job_of(subject_of(photo), judge, preset=preset, steps=repeats + WARM, seeds=1)
    views = PRESETS[preset].views
    actions = step_parts(job, judge, views)
    times: dict[str, list[float]] = {name: [] for name in actions}

    def measure() -> None:
        with alone(judge):
            for name, action in actions.items():
                times[name].append(timed_ms(action, device))

    whole = watch(job, between=measure)
    parts = {name: statistics.median(some[WARM:]) for name, some in times.items()}
    parts["backward"] = max(parts.pop("both") - parts["forward"], 0.0)
    # of medians: what is left can be nothing
    parts["rest"] = max(whole.step_ms - sum(parts.values()), 0.0)
    return {
        "guide": guide,
        "preset": preset,
        "views": views,
        "dtype": str(judge.dtype).removeprefix("torch."),
        "step_ms": whole.step_ms,
        "parts_ms": parts,
    }


def step_parts(job: SketchJob, judge: Guide, views: int) -> dict[str, Callable[[], object]]:
    """A step's parts: drawing and its way back, the same of the views, the guide, both its ways."""
    import torch

    from clipasso_core.optimiser.likeness import Likeness
    from clipasso_core.optimiser.views import ViewPool

    pool = ViewPool(2, views, 0.5, 0.8, judge.side, 0, judge.device)
    likeness = Likeness(judge, to_tensor(job.stage.canvas, judge.device), pool, WIDTH_PX)
    points = some_strokes(16).to(judge.device).requires_grad_(True)
    drawn = likeness.draw(points).detach().requires_grad_(True)
    seen = pool.look(drawn, 0).detach().requires_grad_(True)
    wanted = likeness.wanted(0)

    def forward() -> None:
        with torch.no_grad():
            judge.features(seen.expand(-1, 3, -1, -1))

    return {
        "raster": lambda: likeness.draw(points).sum().backward(),
        "views": lambda: pool.look(drawn, 0).sum().backward(),
        "forward": forward,
        "both": lambda: likeness.unlike(seen, wanted).sum().backward(),
    }


def raster(device: str, repeats: int) -> dict[str, dict[str, float]]:
    """Forward and backward of every renderer that is installed, on 224 x 224, by strokes."""
    import torch

    from clipasso_core.raster import StrokeBatch, available, render
    from clipasso_core.request import RASTERISERS

    weights = torch.randn(1, 3, 224, 224, generator=torch.Generator().manual_seed(0)).to(device)

    def draw(batch: StrokeBatch, rasteriser: str) -> None:
        (render(batch, (224, 224), rasteriser) * weights).sum().backward()

    found: dict[str, dict[str, float]] = {}
    for rasteriser in filter(available, RASTERISERS):
        found[rasteriser] = {}
        for count in RASTER_STROKES:
            points = some_strokes(count).to(device).requires_grad_(True)
            some = points.new_ones(1, count)
            batch = StrokeBatch(points, some * WIDTH_PX, points.new_zeros(1, count, 3), some)
            found[rasteriser][str(count)] = median_ms(
                partial(draw, batch, rasteriser), repeats, device
            )
    return found


def scaling(guide: str, photo: str, device: str, repeats: int) -> dict[str, Any]:
    """How a job grows with strokes, seeds and the photograph's size."""
    judge = load_guide(guide, device)
    subject = subject_of(photo)
    watch(job_of(subject, judge, preset="draft"), limit_steps=WARM)
    strokes = []
    for count in STROKES:
        pace = watch(job_of(subject, judge, strokes=count, preset="quick", steps=repeats + WARM))
        row = {
            "strokes": count,
            "step_ms": pace.step_ms,
            "layout_ms": pace.layout_s * 1000,
            "rank_ms": (pace.rank_s or 0) * 1000,
        }
        strokes.append(row)
        say(f"{count} strokes: {pace.step_ms:.0f} ms a step")
    seeds = []
    for count in SEEDS:  # ends before the first of them are dropped, at a quarter of the way
        job = job_of(subject, judge, preset="quick", seeds=count, steps=5 * (repeats + WARM))
        pace = watch(job, limit_steps=repeats + WARM)
        seeds.append({"seeds": count, "step_ms": pace.step_ms})
    return {
        "strokes": strokes,
        "seeds": seeds,
        "resolution": [resolution(photo, side, judge, repeats) for side in SIDES_PX],
    }


def resolution(photo: str, side: int, judge: Guide, repeats: int) -> dict[str, Any]:
    """What passes before the first step, and a step, for the photograph at that size.

    Before it come reading, the mask, and the rest; the step is always the same.
    """
    from PIL import Image

    turns: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "photo.jpg"
        with Image.open(photo) as image:
            width, height = image.size
            longest = max(image.size)
            size = (round(width * side / longest), round(height * side / longest))
            image.convert("RGB").resize(size).save(file, quality=90)
        for _ in range(min(repeats, 3) + 1):
            began = time.monotonic()
            subject = subject_of(str(file))
            read = time.monotonic()
            job = job_of(subject, judge, preset="draft")
            done = time.monotonic()
            rest_s = done - read - subject.mask_s
            turns.append({"read": read - began, "mask": subject.mask_s, "rest": rest_s})
    found = {part: statistics.median(turn[part] for turn in turns[1:]) * 1000 for part in turns[0]}
    return {
        "side_px": side,
        "parts_ms": found,
        "step_ms": watch(job, limit_steps=min(repeats, 10) + WARM).step_ms,
    }


def threads(guide: str, photo: str, device: str, repeats: int, count: int) -> dict[str, Any]:
    """A step with so many of torch's threads."""
    import torch

    torch.set_num_threads(count)
    judge = load_guide(guide, device)
    job = job_of(subject_of(photo), judge, preset="quick", steps=repeats + WARM)
    return {"threads": count, "step_ms": watch(job, limit_steps=repeats + WARM).step_ms}


def memory(guide: str, photo: str, device: str, strokes: int, preset: str) -> dict[str, Any]:
    """Peak memory after each stage of a few steps."""
    import torch

    stages = {"torch": peak_mb()}
    judge = load_guide(guide, device)
    stages["guide"] = peak_mb()
    job = job_of(subject_of(photo), judge, strokes=strokes, preset=preset)
    stages["mask"] = peak_mb()
    watch(job, limit_steps=WARM)
    stages["steps"] = peak_mb()
    on_gpu = torch.cuda.max_memory_allocated() / 2**20 if judge.device.type == "cuda" else None
    return {
        "guide": guide,
        "strokes": strokes,
        "preset": preset,
        "seeds": PRESETS[preset].seeds,
        "peak_mb": stages,
        "gpu_mb": on_gpu,
    }


def peers(
    photos: list[str], guide: str, strokes: int, device: str, repeats: int, limit_s: float
) -> list[dict[str, Any]]:
    """The same canvas drawn by our presets, by the published schedule in our engine, by tracers.

    Of tracers, the time only.
    """
    judge = load_guide(guide, device)
    rows: list[dict[str, Any]] = []
    for photo in photos:
        subject = subject_of(photo)
        canvas = job_of(subject, judge, strokes=strokes, preset="draft")
        watch(canvas, limit_steps=WARM)
        for preset in ("draft", "quick", "published"):
            pace = watch(job_of(subject, judge, strokes=strokes, preset=preset), limit_s)
            rows.append(_ours(subject, preset, pace))
            say(f"{preset} {subject.name}: {len(pace.stamps)} of {pace.planned} steps")
        for tracer, draw in _tracers(canvas, strokes).items():
            seconds = _traced(draw, repeats)
            rows.append({"photo": subject.name, "what": tracer, "seconds": seconds, "cut": False})
    return rows


def _ours(subject: Subject, preset: str, pace: Pace) -> dict[str, Any]:
    """How long a job took, or would have taken: what was cut would have gone on at this pace."""
    done = len(pace.stamps)
    steps_s = pace.stamps[-1] * (pace.planned / done if pace.cut else 1)
    return {
        "photo": subject.name,
        "what": preset,
        "seconds": pace.before_s + steps_s + (pace.rank_s or 0),
        "done": done,
        "steps": pace.planned,
        "cut": pace.cut,
    }


def _tracers(job: SketchJob, strokes: int) -> dict[str, Callable[[], object]]:
    """Other tools on a job's canvas, with as many paths at most."""
    return {
        "vtracer": lambda: controls.vtracer_shapes(job.stage.canvas, strokes),
        "centreline trace": lambda: controls.centreline(
            job.stage.canvas, job.stage.subject, strokes
        ),
    }


def _traced(draw: Callable[[], object], repeats: int) -> float | None:
    """Median seconds; None where the tracer is not installed."""
    try:
        return median_ms(draw, min(repeats, 5), "cpu") / 1000
    except ImportError:
        return None


def command(photo: str, preset: str, strokes: int, device: str) -> dict[str, Any]:
    """The whole `clipasso sketch`, start-up included."""
    with tempfile.TemporaryDirectory() as folder:
        files = [str(Path(photo).resolve()), "-o", str(Path(folder) / "s.svg")]
        words = ["--preset", preset, "--strokes", str(strokes), "--device", device]
        line = [sys.executable, "-m", "clipasso_core", "sketch", *files, *words]
        line += ["--guide", "lite", "--json"]
        began = time.monotonic()
        child = subprocess.Popen(line, stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        events: dict[str, Any] = {}
        for text in child.stdout:
            event = json.loads(text)
            events.setdefault(event["event"], {**event, "at_s": time.monotonic() - began})
        _, status, used = os.wait4(child.pid, 0)
        if status:
            raise SystemExit(f"clipasso sketch --preset {preset} failed")
    started = events["started"]["at_s"]
    done = events["result"]["at_s"]
    return {
        "preset": preset,
        "start_up_s": started,
        "sketch_s": done - started,
        "end_s": time.monotonic() - began - done,
        "loss": events["result"]["sketch"]["loss"],
        "peak_mb": used.ru_maxrss / KB,
    }


def some_strokes(count: int) -> Tensor:
    """Strokes [1, count, 4, 2] of 50 px or so, all over the canvas."""
    import torch

    generator = torch.Generator().manual_seed(0)
    first = torch.rand(1, count, 1, 2, generator=generator) * 180 + 20
    # from each control point to the next: a common way, and how each strays from it
    common = (torch.rand(1, count, 1, 2, generator=generator) - 0.5) * 40
    astray = (torch.rand(1, count, 3, 2, generator=generator) - 0.5) * 16
    return torch.cat([first, first + (common + astray).cumsum(2)], 2)
