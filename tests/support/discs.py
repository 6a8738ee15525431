"""A disc to optimise strokes towards."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from clipasso_core.guide import Guide
from clipasso_core.optimiser.likeness import Likeness
from clipasso_core.optimiser.start import EdgeMap
from clipasso_core.optimiser.views import ViewPool
from clipasso_core.presets import PRESETS
from support.pictures import disc

BRISK = replace(PRESETS["draft"], views=2, pool=2)


def likeness_to_disc(guide: Guide) -> Likeness:
    target = torch.tensor(disc()[0]).permute(2, 0, 1)[None]
    return Likeness(guide, target, ViewPool(2, 2, 0.25, 0.8, 224, 0, guide.device), width_px=3.0)


def starts(seeds: int = 1, count: int = 5) -> torch.Tensor:
    edges = EdgeMap(*disc())
    laid = [edges.lay(count, np.random.default_rng(seed)) for seed in range(seeds)]
    return torch.tensor(np.stack(laid), dtype=torch.float32)


def plain_loss(likeness: Likeness, points: torch.Tensor) -> float:
    return float(likeness.plain(likeness.draw(points[None]))[0])
