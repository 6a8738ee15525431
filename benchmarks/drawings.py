"""The drawings that are compared: sketches of every seed, and controls, of the same canvas."""

from __future__ import annotations

import base64
import csv
import io
import os
import platform
import resource
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import controls
import numpy as np
from craft import measure, photo_area
from judges import canny
from kept import OneGuide
from numpy.typing import NDArray
from PIL import Image

from clipasso_core import SketchRequest
from clipasso_core.guide import Guide, load_guide
from clipasso_core.photo.mask import Mask, Relevance, find_subject
from clipasso_core.photo.picture import Picture, read_picture
from clipasso_core.presets import PRESETS
from clipasso_core.result import SketchResult
from clipasso_core.sketching.job import SketchJob
from clipasso_core.sketching.progress import Progress

PHOTO_PX = 160  # side of the photographs on the page
KINDS = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")
SKETCH = "sketch"
KB = 1024 * 1024 if sys.platform == "darwin" else 1024  # in a MB of `ru_maxrss`
Paths = list[list[controls.Chain]]  # paths of one or more chains


@dataclass(frozen=True)
class Plan:
    """What is to be drawn of every photograph."""

    strokes: list[int]
    seeds: int
    preset: str
    guide: str
    controls: bool = True
    told_apart: bool = True  # whether several subjects of a photograph are
    published_steps: int | None = None  # as many guide passes as the preset's when None

    def steps_as_published(self) -> int:
        """Steps of the published schedule."""
        preset = PRESETS[self.preset]
        published = PRESETS["published"]
        return self.published_steps or max(1, round(preset.steps * preset.views / published.views))


@dataclass
class Subject:
    """A photograph as all drawings of it see it."""

    name: str
    file: str
    picture: Picture
    label: str | None
    mask: Mask | None = None
    mask_s: float = 0.0

    def find(self, picture: Picture, relevance: Relevance) -> Mask:
        """The automatic mask, found once, whatever the preset would choose.

        So all drawings share one canvas.
        """
        if self.mask is None:
            began = time.monotonic()
            self.mask = find_subject(picture, "auto", relevance)
            self.mask_s = time.monotonic() - began
        return self.mask

    def job(self, request: SketchRequest, guide: Guide) -> SketchJob:
        """One drawing of it."""
        return SketchJob(self.picture, request, OneGuide(guide, self.find))


def read_subjects(photos: Sequence[Path], labels: Path | None) -> list[Subject]:
    """The photographs of files and folders, in the order of their names."""
    known = {}
    if labels:
        with labels.open(newline="") as lines:
            known = {Path(row[0]).stem: row[1].strip() for row in csv.reader(lines) if len(row) > 1}
    named: list[Path] = []
    for path in photos:
        named += sorted(path.iterdir()) if path.is_dir() else [path]
    files = [file for file in named if file.suffix.lower() in KINDS]
    stems = [file.stem for file in files]
    twice = sorted({stem for stem in stems if stems.count(stem) > 1})
    if twice:
        raise SystemExit(f"photographs need names of their own: {', '.join(twice)}")
    return [
        Subject(file.stem, file.name, read_picture(file), known.get(file.stem)) for file in files
    ]


def draw_all(subjects: Sequence[Subject], plan: Plan) -> dict[str, Any]:
    """Every sketch and every control, not judged yet."""
    guide = load_guide(plan.guide)
    photos: list[dict[str, Any]] = []
    drawings: list[dict[str, Any]] = []
    any_request = SketchRequest(strokes=1, guide=plan.guide, preset=plan.preset)
    canvases = [Canvas(subject, subject.job(any_request, guide)) for subject in subjects]
    for canvas in canvases:
        photos.append(describe(canvas))
        drawings += told(sketches_of(canvas, guide, plan))
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KB
    for canvas in canvases if plan.controls else ():
        drawings += told(controls_of(canvas, guide, plan))
    choose(drawings)
    return {
        "version": 1,
        "made": time.strftime("%Y-%m-%d"),
        "settings": {
            "strokes": plan.strokes,
            "seeds": plan.seeds,
            "preset": plan.preset,
            "guide": guide.name,
            "told_apart": plan.told_apart,
            "published_steps": plan.steps_as_published(),
            "published_whole": PRESETS["published"].steps,
        },
        "machine": {
            "processor": platform.processor() or platform.machine(),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
        },
        "peak_mb": peak_mb,
        "photos": photos,
        "drawings": drawings,
    }


@dataclass
class Canvas:
    """Where all drawings of a photograph lie, and how they are written down."""

    subject: Subject
    job: SketchJob

    def record(self, kind: str, strokes: int | None, paths: Paths, **more: Any) -> dict[str, Any]:
        """A drawing as JSON holds it, measured."""
        area = photo_area(
            self.job.stage.frame, self.subject.picture.width, self.subject.picture.height
        )
        craft = measure([chain for path in paths for chain in path], self.job.stage.subject, area)
        points = [[np.round(chain, 2).tolist() for chain in path] for path in paths]
        return {
            "photo": self.subject.name,
            "kind": kind,
            "strokes": strokes,
            "paths": points,
            "craft": craft,
            **more,
        }


def told(drawings: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The same, each with a line on the terminal."""
    for one in drawings:
        cost = ""
        if "loss" in one:
            cost = f"  seed {one['seed']}  loss {one['loss']:.3f}  {one['time_s']:.1f} s"
        print(f"{one['photo']:20}{one['kind']:24}{one['strokes'] or '':>3}{cost}", flush=True)
        yield one


def describe(canvas: Canvas) -> dict[str, Any]:
    """What the page shows of a photograph."""
    subject, job = canvas.subject, canvas.job
    whole = Image.fromarray((job.stage.canvas * 255).round().astype(np.uint8))
    small = whole.resize((PHOTO_PX, PHOTO_PX), Image.Resampling.LANCZOS)
    data = io.BytesIO()
    small.save(data, "JPEG", quality=85)
    return {
        "name": subject.name,
        "file": subject.file,
        "label": subject.label,
        "mask": job.prepared.mask.source,
        "mask_s": subject.mask_s,
        "jpeg": base64.b64encode(data.getvalue()).decode(),
    }


def sketches_of(canvas: Canvas, guide: Guide, plan: Plan) -> Iterator[dict[str, Any]]:
    """The engine's sketches of one photograph, and the strokes that each began with."""
    for count in plan.strokes:
        for turn in range(plan.seeds):
            seed = turn * PRESETS[plan.preset].seeds  # no two sketches share a start
            request = SketchRequest(
                strokes=count,
                preset=plan.preset,
                guide=plan.guide,
                seed=seed,
                subjects="auto" if plan.told_apart else "one",
            )
            result, start, time_s = sketch(canvas.subject, request, guide)
            cost = {"loss": result.loss, "time_s": time_s, "steps": result.steps}
            yield canvas.record(SKETCH, count, on_canvas(result), seed=seed, **cost)
            if plan.controls:
                yield canvas.record("start strokes", count, on_canvas(start), seed=seed)


def controls_of(canvas: Canvas, guide: Guide, plan: Plan) -> Iterator[dict[str, Any]]:
    """The other controls, with as many paths as the sketches have."""
    pixels, mask = canvas.job.stage.canvas, canvas.job.stage.subject
    for count in plan.strokes:
        for kind, on_subject in (("random strokes", False), ("random on the subject", True)):
            rng = np.random.default_rng([crc32(canvas.subject.name.encode()), count, on_subject])
            chains = controls.random_strokes(mask, count, rng, on_subject)
            yield canvas.record(kind, count, [[chain] for chain in chains])
        traced = controls.centreline(pixels, mask, count)
        yield canvas.record("centreline trace", count, [[chain] for chain in traced])
        yield canvas.record("vtracer", count, controls.vtracer_shapes(pixels, count), fill=True)
        yield as_published(canvas, guide, plan, count)
    yield canvas.record("blank page", None, [])
    yield {
        "photo": canvas.subject.name,
        "kind": "edge map",
        "strokes": None,
        "paths": [],
        "craft": None,
        "png": png(canny(pixels, mask)),
    }


def as_published(canvas: Canvas, guide: Guide, plan: Plan, strokes: int) -> dict[str, Any]:
    """What the published schedule makes of the photograph."""
    request = SketchRequest(
        strokes=strokes,
        preset="published",
        steps=plan.steps_as_published(),
        seeds=1,
        guide=plan.guide,
    )
    result, _, time_s = sketch(canvas.subject, request, guide)
    cost = {"loss": result.loss, "time_s": time_s, "steps": result.steps}
    return canvas.record("published schedule", strokes, on_canvas(result), seed=0, **cost)


def sketch(
    subject: Subject, request: SketchRequest, guide: Guide
) -> tuple[SketchResult, SketchResult, float]:
    """The result, the strokes that the optimiser began with, and seconds from the mask on."""
    start: SketchResult | None = None

    def on_progress(progress: Progress) -> None:
        nonlocal start
        if progress.step == 1:  # what was scored in the first step had not been moved yet
            start = progress.preview()

    began = time.monotonic()
    result = subject.job(request, guide).run(on_progress)
    assert start is not None
    return result, start, time.monotonic() - began


def on_canvas(result: SketchResult) -> Paths:
    """Its strokes in canvas px."""
    return [[result.frame.to_canvas(np.array(stroke.points))] for stroke in result.strokes]


def choose(drawings: list[dict[str, Any]]) -> None:
    """Mark the sketch with the lowest loss among the seeds."""
    ours = [one for one in drawings if one["kind"] == SKETCH]
    rivals: dict[tuple[str, int], list[float]] = {}
    for one in ours:
        rivals.setdefault((one["photo"], one["strokes"]), []).append(one["loss"])
    for one in ours:
        one["chosen"] = one["loss"] == min(rivals[one["photo"], one["strokes"]])


def png(page: NDArray[np.floating]) -> str:
    """[224, 224] in 0..1, cut to black and white, as base64."""
    grey = Image.fromarray((page * 255).round().astype(np.uint8))
    data = io.BytesIO()
    grey.convert("1", dither=Image.Dither.NONE).save(data, "PNG", optimize=True)
    return base64.b64encode(data.getvalue()).decode()


def from_png(text: str) -> NDArray[np.floating]:
    """And back."""
    image = Image.open(io.BytesIO(base64.b64decode(text)))
    return np.asarray(image.convert("L"), dtype=np.float32) / 255
