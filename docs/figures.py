"""The guide's figures of the method, drawn by the engine itself from the photographs in examples/.

python docs/figures.py [NAME...] [--folder docs/images]    all of them, or those of these names

The same figures on the same machine each time: the seed is 0, the guide is `lite`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # this checkout, not an installed copy of the package

import cv2
import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont

from clipasso_core import SketchRequest, SketchResult
from clipasso_core.cli.stills import draw
from clipasso_core.optimiser.layout import lay_out
from clipasso_core.optimiser.saliency import enlarged, published_saliency
from clipasso_core.optimiser.start import EdgeMap, published_start
from clipasso_core.sketching.job import SketchJob, as_picture
from clipasso_core.sketching.preparation import relevance
from clipasso_core.sketching.progress import Progress
from clipasso_core.sketching.stage import to_tensor
from clipasso_core.strokes import Stroke, from_canvas

COFFEE, ASTRONAUT = ROOT / "examples" / "coffee.jpg", ROOT / "examples" / "astronaut.jpg"
FACE = (97, 0, 335, 248)  # of the astronaut: left, top, right, bottom
PANEL_PX = 320
CAPTION_PX = 34  # below each panel
GAP_PX = 12  # between panels: transparent, so that figures suit a light page and a dark one
STEPS = (0, 10, 60, 240)
LEVELS = (4, 8, 16, 32)
NUMBERS = (4, 8, 12, 16, 24, 32, 48, 64)
COLORS = 256  # of a figure, which may hold photographs

Panel = tuple[Image.Image, str]  # and what it shows


def main() -> None:
    """Draw what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", choices=[[], *FIGURES], metavar="NAME")
    parser.add_argument("--folder", type=Path, default=ROOT / "docs" / "images")
    options = parser.parse_args()
    for name in options.names or FIGURES:
        path = options.folder / f"{name}.png"
        laid_out(FIGURES[name]()).quantize(COLORS).save(path, optimize=True)
        print(f"{path}: {path.stat().st_size / 1e3:.0f} kB")


# The figures


def subject() -> list[Panel]:
    """From the photograph to what is drawn."""
    job = _job(COFFEE)
    return [
        (_photograph(job), "the photograph"),
        (_of_values(job.stage.subject), "the mask: the subject is white"),
        (_of_values(job.stage.canvas), "the canvas"),
    ]


def start() -> list[Panel]:
    """Where strokes begin: as published, and along edges."""
    job = _job(COFFEE)
    canvas, strokes = job.stage.canvas, job.request.strokes
    seen = relevance(job.prepared.guide, canvas)
    salient = published_saliency(seen, canvas)
    edges = EdgeMap(canvas, job.stage.subject)
    drawn = published_start(salient, strokes, np.random.default_rng(0))
    return [
        (_warm(enlarged(seen), canvas), "relevance, by the guide"),
        (_of_values(1 - salient), "relevance on edges"),
        (_over(job, drawn), "strokes as published"),
        (_of_values(canvas), "the canvas"),
        (_of_values(1 - edges.strength / edges.strength.max()), "edges of the subject"),
        (_over(job, _first(job)), "strokes along edges"),
    ]


def views() -> list[Panel]:
    """What the guide compares in one step: photograph and sketch through the same perspectives."""
    job = _job(COFFEE)
    sketch = np.asarray(draw(_result(job, _first(job)), job.stage.canvas.shape[0])) / 255
    pool = job.prepared.likeness(job.stage, 1.0).pool
    panels: list[Panel] = []
    for canvas in (job.stage.canvas, sketch):
        seen = pool.look(to_tensor(canvas, torch.device("cpu")), 0)
        panels += [(_of_values(one.permute(1, 2, 0).numpy()), "") for one in seen]
    return panels


def steps() -> list[Panel]:
    """A sketch as it grows."""
    job = _job(COFFEE, steps=STEPS[-1])
    panels = [(draw(_result(job, _first(job)), PANEL_PX), "before the first step")]

    def look(progress: Progress) -> None:
        if progress.step in STEPS[1:]:
            panels.append((draw(progress.preview(), PANEL_PX), f"after {progress.step} steps"))

    job.run(look)
    return panels


def levels() -> list[Panel]:
    """One sketch: its first strokes, and all of them."""
    result = _job(COFFEE, series=LEVELS, strokes=LEVELS[-1]).run()
    return [
        (draw(replace(result, strokes=result.strokes[:level]), PANEL_PX), _count(level))
        for level in LEVELS
    ]


def numbers() -> list[Panel]:
    """A photograph, and sketches of it, each of another number of strokes."""
    panels = [(_photograph(_job(ASTRONAUT)), "the photograph")]
    for number in NUMBERS:
        sketch = _job(ASTRONAUT, strokes=number).run()
        panels.append((draw(sketch, PANEL_PX), _count(number)))
    return panels


def faces() -> list[Panel]:
    """A face without and with features, by how many strokes there are."""
    face = Image.open(ASTRONAUT).crop(FACE)
    panels = [(_photograph(_job(face)), "the photograph")]
    for number, features in ((16, "none"), (8, "auto"), (16, "auto"), (32, "auto")):
        sketch = _job(face, strokes=number, faces=features).run()
        text = "16, without features" if features == "none" else _count(number)
        panels.append((draw(sketch, PANEL_PX), text))
    return panels


FIGURES: dict[str, Callable[[], list[Panel]]] = {
    "method-subject": subject,
    "method-start": start,
    "method-views": views,
    "method-steps": steps,
    "method-levels": levels,
    "numbers": numbers,
    "faces": faces,
}


# Jobs, and strokes that are not a job's result


def _job(photo: Path | Image.Image, **settings: Any) -> SketchJob:
    request = SketchRequest(preset="quick", guide="lite", **settings)
    return SketchJob(as_picture(photo), request)


def _first(job: SketchJob) -> np.ndarray:
    """The strokes that a sketch of one subject begins with, [N, 4, 2] canvas px."""
    part, prepared = job.subjects[0], job.prepared
    likeness = prepared.likeness(part.stage, part.stage.drawn_width_px(part.width_px))
    laid = lay_out(part.layout, likeness, prepared.preset, job.request.seed, part.strokes)
    return laid[0].numpy()


def _result(job: SketchJob, chains: np.ndarray) -> SketchResult:
    part = job.subjects[0]
    strokes: list[Stroke] = from_canvas(chains, job.stage.frame, part.width_px, "#000000")
    return job.prepared.describe(job.stage.frame, strokes, loss=0.0, seed=0, steps=0)


# Panels


def _of_values(values: np.ndarray) -> Image.Image:
    """Greys [H, W] or colours [H, W, 3] in 0..1 as a panel."""
    pixels = (np.clip(values, 0, 1) * 255).round().astype(np.uint8)
    return Image.fromarray(pixels).convert("RGB").resize((PANEL_PX, PANEL_PX))


def _photograph(job: SketchJob) -> Image.Image:
    """What of it lies where the canvas is."""
    stage = job.stage
    return _of_values(stage.frame.cut(stage.picture.on_white(), stage.picture.scale, 1.0))


def _warm(values: np.ndarray, canvas: np.ndarray) -> Image.Image:
    """A map [H, W] in 0..1 in colours, over the canvas's greys."""
    tints = cv2.applyColorMap((values * 255).astype(np.uint8), cv2.COLORMAP_INFERNO)
    colors = cv2.cvtColor(tints, cv2.COLOR_BGR2RGB) / 255
    grey = canvas.mean(2, keepdims=True)
    return _of_values(0.7 * colors + 0.3 * grey)


def _over(job: SketchJob, chains: np.ndarray) -> Image.Image:
    """Strokes [N, 4, 2] over the faint canvas."""
    lines = np.asarray(draw(_result(job, chains), PANEL_PX)) / 255
    faint = np.asarray(_of_values(job.stage.canvas)) / 255 * 0.3 + 0.7
    return _of_values(lines * faint)


def _count(strokes: int) -> str:
    return f"{strokes} strokes"


def laid_out(panels: Sequence[Panel]) -> Image.Image:
    """Panels as cards, in full rows: two of four, three of three, six or nine, four of eight,
    five of five.
    """
    columns = {4: 2, 5: 5, 8: 4}.get(len(panels), 3)
    rows = -(-len(panels) // columns)
    card = PANEL_PX + (CAPTION_PX if any(text for _, text in panels) else 0)
    size = _extent(columns, PANEL_PX), _extent(rows, card)
    figure = Image.new("RGBA", size, (0, 0, 0, 0))
    for one, (picture, text) in enumerate(panels):
        row, column = divmod(one, columns)
        place = column * (PANEL_PX + GAP_PX), row * (card + GAP_PX)
        paper = Image.new("RGBA", (PANEL_PX, card), "white")
        paper.paste(picture, (0, 0))
        font = ImageFont.load_default(18)
        middle = PANEL_PX / 2, PANEL_PX + CAPTION_PX / 2 - 3
        ImageDraw.Draw(paper).text(middle, text, "black", font, anchor="mm")
        figure.paste(paper, place)
    return figure


def _extent(count: int, side_px: int) -> int:
    return count * side_px + (count - 1) * GAP_PX


if __name__ == "__main__":
    main()
