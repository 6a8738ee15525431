"""What `speed.py --diffvg` measures: our rasteriser beside diffvg, and a step of ours beside one as
the published program takes it (CLIPasso, section 4), which is built here from its description: no
weight is frozen, sketch and photograph both go through the network in every step, new views each
time, fp32, drawn by diffvg with 2 x 2 samples.

The weights are untrained: what they compute takes as long.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from pace import WARM, job_of, subject_of, watch
from timings import RASTER_STROKES, some_strokes

from clipasso_core.guide import Guide, load_guide
from clipasso_core.presets import PRESETS
from clipasso_core.sketching.stage import WIDTH_PX, to_tensor

if TYPE_CHECKING:
    from torch import Tensor

GUIDE = "clip:RN101:random"
SIDE = 224
VIEWS = 4  # beside the plain picture
DISTORTION, CROP = 0.5, 0.8  # of a view
SEMANTIC = 0.1  # the weight of the last layer
STROKES = 16
LIMIT = WARM + 5  # steps: one takes several seconds


def beside_diffvg(photo: str, device: str, repeats: int) -> dict[str, Any]:
    """Milliseconds of the processor for both tables: all threads together, so that other work on
    the machine counts as little as it can.
    """
    if device != "cpu":
        raise ValueError("the processor's time says nothing of other devices")
    return {"raster": [_drawn(count, repeats) for count in RASTER_STROKES], "steps": _steps(photo)}


def _drawn(count: int, repeats: int) -> dict[str, Any]:
    """Forward and backward of both rasterisers, in alternating turns."""
    import torch

    weights = torch.randn(1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
    points = some_strokes(count).requires_grad_(True)
    times: dict[str, list[float]] = {"diffvg": [], "sparse": []}
    for _ in range(repeats + WARM):
        for name, some in times.items():
            some.append(_cpu_ms(partial(_both_ways, points, name, weights)))
    return {"strokes": count, **{name: _median(some) for name, some in times.items()}}


def _both_ways(points: Tensor, rasteriser: str, weights: Tensor) -> None:
    (_draw(points, rasteriser) * weights).sum().backward()


def _steps(photo: str) -> dict[str, float]:
    """Of 16 strokes by RN101: as published, and as two presets do it here."""
    subject = subject_of(photo)
    found = {}
    for preset, precision in (("published", "fp32"), ("quick", "auto")):
        judge = load_guide(GUIDE, "cpu", precision)
        stamps: list[float] = []
        job = job_of(subject, judge, preset=preset, seeds=1, strokes=STROKES)
        canvas = to_tensor(job.stage.canvas, judge.device)
        watch(job, limit_steps=LIMIT, between=partial(_stamp, stamps))
        took = [(after - before) * 1000 for before, after in pairwise(stamps)]
        views = PRESETS[preset].views
        found[f"{preset}, {views} views, {precision_of(judge)}"] = _median(took)
        del job, judge
    take = _as_published(canvas)
    return {"as published": _median([_cpu_ms(take) for _ in range(LIMIT)]), **found}


def precision_of(guide: Guide) -> str:
    """What it computes in."""
    return str(guide.dtype).removeprefix("torch.")


def _stamp(stamps: list[float]) -> None:
    stamps.append(time.process_time())


def _as_published(canvas: Tensor) -> Callable[[], None]:
    """Takes a step each time it is called."""
    import open_clip
    import torch
    import torchvision.transforms as T

    network = open_clip.create_model("RN101", pretrained=None).visual.eval()
    layers: list[Tensor] = []
    for layer in (network.layer2, network.layer3):
        layer.register_forward_hook(lambda _layer, _given, made: layers.append(made))
    points = some_strokes(STROKES).requires_grad_(True)
    adam = torch.optim.Adam([points], lr=1.0)
    look = T.Compose(
        [
            T.RandomPerspective(distortion_scale=DISTORTION, p=1.0),
            T.RandomResizedCrop(SIDE, scale=(CROP, CROP), ratio=(1.0, 1.0)),
        ]
    )

    def features(views: Tensor) -> list[Tensor]:
        layers.clear()
        last = network(views)
        return [*layers, last]

    def take() -> None:
        adam.zero_grad()
        network.zero_grad()
        pair = torch.cat([_draw(points, "diffvg"), canvas])
        views = [pair, *(look(pair) for _ in range(VIEWS))]
        *mine, of_mine = features(torch.stack([one[0] for one in views]))
        *wanted, of_wanted = features(torch.stack([one[1] for one in views]))
        unlike = sum((a - b).square().mean() for a, b in zip(mine, wanted, strict=True))
        cosine = torch.cosine_similarity(of_mine, of_wanted).mean()
        (unlike + SEMANTIC * (1 - cosine)).backward()
        adam.step()

    return take


def _draw(points: Tensor, rasteriser: str) -> Tensor:
    """Black strokes on white, [1, 3, 224, 224]."""
    from clipasso_core.raster import StrokeBatch, render

    some = points.new_ones(1, points.shape[1])
    black = points.new_zeros(1, points.shape[1], 3)
    return render(StrokeBatch(points, some * WIDTH_PX, black, some), (SIDE, SIDE), rasteriser)


def _cpu_ms(action: Callable[[], object]) -> float:
    began = time.process_time()
    action()
    return (time.process_time() - began) * 1000


def _median(times: list[float]) -> float:
    return statistics.median(times[WARM:])
