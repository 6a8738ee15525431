"""The parts of benchmarks/gpu.py: each takes a photograph and the seconds left, gives rows."""

from __future__ import annotations

import platform
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch
from pace import job_of, median_ms, subject_of, watch
from torch import Tensor
from traffic import counted

from clipasso_core.guide import Guide, load_guide
from clipasso_core.machine.device import why_not_cuda
from clipasso_core.optimiser.likeness import Likeness
from clipasso_core.optimiser.looks import Looks
from clipasso_core.optimiser.optimise import gradient_of, optimise
from clipasso_core.optimiser.replay import Replay
from clipasso_core.optimiser.start import EdgeMap
from clipasso_core.optimiser.views import ViewPool
from clipasso_core.presets import PRESETS, Preset
from clipasso_core.raster import StrokeBatch, available, render, why_not_fused
from clipasso_core.sketching.stage import to_tensor

Rows = list[dict[str, Any]]
GUIDES = ("lite", "clip:RN101:random", "clip:ViT-B-16:random")
# seconds of a whole sketch on an H200
AIMS = {
    ("draft", "lite"): 0.15,
    ("quick", "lite"): 1.0,
    ("published", "lite"): 6.0,
    ("published", "clip:RN101:random"): 6.0,
}
SIDE = 224
WIDTH_PX = 3.0
REPEATS = 20
WORK_S = 90.0  # at most for one job: what one that is not recorded would take


def machine(_photo: str, _left_s: float) -> Rows:
    """What it is measured on, and what works there."""
    found = {"python": platform.python_version(), "torch": torch.__version__}
    if torch.cuda.is_available():
        card = torch.cuda.get_device_properties(0)
        found["card"] = f"{card.name}, {card.major}.{card.minor}, {card.total_memory / 1e9:.0f} GB"
        found["kernels"] = str(why_not_cuda() or "ok")
        found["fused"] = str(why_not_fused() or "ok")
    return [{"what": name, "is": value} for name, value in found.items()]


def traffic(photo: str, _left_s: float) -> Rows:
    """Launches and bytes of a step of 16 strokes and 3 seeds by rasteriser: all of it, and the
    rasteriser's own. On a processor with `lite` alone: CLIP would take minutes there.
    """
    on = "cuda" if torch.cuda.is_available() else "cpu"
    guides = GUIDES if on == "cuda" else GUIDES[:1]
    return [
        _counted(_Scene(photo, _plain(load_guide(name, on, "fp32")), preset_of(name)), rasteriser)
        for name in guides
        for rasteriser in ("dense", "fused")
        if available(rasteriser)
    ]


def right(photo: str, _left_s: float) -> Rows:
    """Whether a card draws, and sketches, what a processor does."""
    rows = [
        _compared(count, cubics) for count, cubics in ((1, 1), (16, 1), (96, 1), (4, 5), (1, 47))
    ]
    ends = {}
    for on in ("cpu", "cuda"):
        scene = _Scene(photo, load_guide("lite", on, "fp32"), PRESETS["draft"])
        preset = replace(PRESETS["draft"], steps=20)
        ends[on] = optimise(scene.starts(2, 16), scene.likeness("auto"), preset, preset.steps)
    away = (ends["cpu"].points - ends["cuda"].points.cpu()).norm(dim=-1)
    rows.append(
        {
            "what": "a sketch of 20 steps",
            "loss": ends["cuda"].loss,
            "on a processor": ends["cpu"].loss,
            "median px apart": float(away.median()),
        }
    )
    return rows


def jobs(photo: str, left_s: float) -> Rows:
    """Whole sketches, the second of each, with what they aim at on an H200."""
    rows, until = [], time.monotonic() + left_s * 0.5
    subject = subject_of(photo)
    for (preset, name), aim_s in AIMS.items():
        guide = load_guide(name, "cuda")
        watch(job_of(subject, guide, preset=preset), limit_steps=5)
        torch.cuda.reset_peak_memory_stats()
        pace = watch(job_of(subject, guide, preset=preset), limit_s=min(WORK_S, _till(until)))
        rows.append(
            {
                "preset": preset,
                "guide": name,
                "before s": pace.before_s,
                "steps s": pace.stamps[-1],
                "ordering s": "cut" if pace.rank_s is None else pace.rank_s,
                "aim s": aim_s,
                "step ms": pace.step_ms,
                "GB": torch.cuda.max_memory_allocated() / 1e9,
            }
        )
    return rows


def steps(photo: str, left_s: float) -> Rows:
    """A recorded step, and one that is not, by guide, seeds and strokes."""
    until = time.monotonic() + left_s * 0.7
    return [row for name in GUIDES for row in _steps_of(photo, name, until)]


def profile(photo: str, _left_s: float) -> Rows:
    """The ten heaviest kernels of a step of each preset's own size."""
    from torch.profiler import ProfilerActivity
    from torch.profiler import profile as watched

    rows = []
    for preset, name in (("quick", "lite"), ("published", "clip:RN101:random")):
        scene = _Scene(photo, load_guide(name, "cuda"), PRESETS[preset])
        step = scene.step(PRESETS[preset].seeds, 16)
        for _ in range(3):
            step()
        with watched(activities=[ProfilerActivity.CUDA]) as seen:
            for _ in range(5):
                step()
            torch.cuda.synchronize()
        heaviest = sorted(seen.key_averages(), key=lambda one: -one.self_device_time_total)
        rows += [
            {
                "preset": preset,
                "guide": name,
                "kernel": one.key[:60],
                "us a step": one.self_device_time_total / 5,
                "times a step": one.count / 5,
            }
            for one in heaviest[:10]
        ]
    return rows


class _Scene:
    """A photograph as a preset's steps see it."""

    def __init__(self, photo: str, guide: Guide, preset: Preset) -> None:
        job = job_of(subject_of(photo), guide, preset="draft", strokes=16)
        self.guide, self.preset = guide, preset
        self._target = to_tensor(job.stage.canvas, guide.device)
        self._edges = EdgeMap(job.stage.canvas, job.stage.subject)

    def starts(self, seeds: int, strokes: int) -> Tensor:
        """[seeds, strokes, 4, 2]"""
        laid = [self._edges.lay(strokes, np.random.default_rng(seed)) for seed in range(seeds)]
        return torch.tensor(np.stack(laid), dtype=torch.float32, device=self.guide.device)

    def likeness(self, rasteriser: str) -> Likeness:
        one, guide = self.preset, self.guide
        pool = ViewPool(one.pool, one.views, one.distortion, one.crop, guide.side, 0, guide.device)
        return Likeness(guide, self._target, pool, WIDTH_PX, rasteriser)

    def step(self, seeds: int, strokes: int, recorded: bool = True) -> Any:
        """A step as the optimiser computes it on a card, without Adam."""
        likeness, points = self.likeness("auto"), self.starts(seeds, strokes)
        looks = Looks(likeness, ())
        judge = partial(gradient_of, judge=looks.losses, likeness=likeness, tidy=self.preset.tidy)
        replay = Replay(judge, looks.turn_to)
        replay.gave_up = not recorded
        turns = iter(range(10**9))
        return lambda: replay(points, next(turns) % 4)


def _steps_of(photo: str, name: str, until: float) -> Iterator[dict[str, Any]]:
    guide = load_guide(name, "cuda")
    preset = preset_of(name)
    scene = _Scene(photo, guide, preset)
    sizes = [(seeds, 16) for seeds in (1, 2, 3, 4, 8, 16)]
    sizes += [(1, strokes) for strokes in (32, 64, 96, 128, 256)] + [(4, 32)]
    for seeds, strokes in sizes:
        if _till(until) <= 0:
            return
        torch.cuda.reset_peak_memory_stats()
        took = {
            recorded: median_ms(scene.step(seeds, strokes, recorded), REPEATS, "cuda")
            for recorded in (True, False)
        }
        yield {
            "guide": name,
            "views": preset.views,
            "seeds": seeds,
            "strokes": strokes,
            "recorded ms": took[True],
            "not recorded ms": took[False],
            "GB": torch.cuda.max_memory_allocated() / 1e9,
        }


def preset_of(guide: str) -> Preset:
    """The one that a guide's steps are measured with."""
    return PRESETS["published" if guide.startswith("clip") else "quick"]


def _plain(guide: Guide) -> Guide:
    """A guide on its way through torch, as on a GPU, on a processor too."""
    if hasattr(guide, "_lanes"):
        guide._lanes = None
    return guide


def _counted(scene: _Scene, rasteriser: str) -> dict[str, Any]:
    likeness, points = scene.likeness(rasteriser), scene.starts(3, 16)
    looks = Looks(likeness, ())
    looks.turn_to(0)
    with counted() as whole:
        gradient_of(points, looks.losses, likeness, scene.preset.tidy)
    with counted() as own:
        _drawn(points, rasteriser)
    return {
        "guide": scene.guide.name,
        "views": scene.preset.views,
        "rasteriser": rasteriser,
        "launches of a step": whole.launches,
        "GB": whole.moved / 1e9,
        "the rasteriser's launches": own.launches,
        "its GB": own.moved / 1e9,
    }


def _compared(count: int, cubics: int) -> dict[str, Any]:
    """Random strokes, by the card's rasteriser and by the processor's in 64 bits."""
    generator = torch.Generator().manual_seed(count)
    moves = (torch.rand(2, count, 3 * cubics, 2, generator=generator) - 0.5) * 90 / cubics**0.5
    first = torch.rand(2, count, 1, 2, generator=generator) * SIDE
    points = torch.cat([first, first + moves.cumsum(2)], 2)
    found = {}
    for kind, on, dtype in (("fused", "cuda", torch.float32), ("sparse", "cpu", torch.float64)):
        leaf = points.to(on, dtype).requires_grad_(True)
        image = _image(leaf, kind)
        y = torch.linspace(0, 9, SIDE, device=on, dtype=dtype)
        (gradient,) = torch.autograd.grad((image * torch.sin(y)).sum(), leaf)
        found[kind] = image.detach().cpu().double(), gradient.cpu().double().flatten()
    (ours, pulled), (wanted, wanted_pull) = found["fused"], found["sparse"]
    return {
        "what": f"{count} strokes of {cubics} cubics",
        "image, /255 at most": float((ours - wanted).abs().max() * 255),
        "in the mean": float((ours - wanted).abs().mean() * 255),
        "gradients, cosine": float(torch.cosine_similarity(pulled, wanted_pull, dim=0)),
    }


def _drawn(points: Tensor, rasteriser: str) -> None:
    """Draw, and go back."""
    leaf = points.detach().requires_grad_(True)
    image = _image(leaf, rasteriser)
    torch.autograd.grad(image, leaf, torch.ones_like(image))


def _image(points: Tensor, rasteriser: str) -> Tensor:
    """[B, 1, 224, 224] of black strokes."""
    from clipasso_core.raster import fused

    width = points.new_full(points.shape[:2], WIDTH_PX)
    black = points.new_zeros(*points.shape[:2], 3)
    strokes = StrokeBatch(points, width, black, torch.ones_like(width))
    if rasteriser == "fused":
        return fused.render(strokes, (SIDE, SIDE))[:, :1]
    return render(strokes, (SIDE, SIDE), rasteriser)[:, :1]


def _till(moment: float) -> float:
    return moment - time.monotonic()
