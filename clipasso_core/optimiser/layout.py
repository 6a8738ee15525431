"""How strokes are laid out before the first step, and laid anew where they are of little use."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from clipasso_core.optimiser.given import NOTHING, Given
from clipasso_core.optimiser.likeness import Likeness
from clipasso_core.optimiser.optimise import Relocate
from clipasso_core.optimiser.relocation import relocate
from clipasso_core.optimiser.start import EdgeMap, published_start
from clipasso_core.presets import Preset
from clipasso_core.strokes import sampled


class Layout(Protocol):
    """Lays strokes. source: what says where, for the person."""

    source: str

    def lay(
        self, count: int, rng: np.random.Generator, there: Iterable[np.ndarray], of: int
    ) -> np.ndarray:
        """[count, 4, 2] canvas px, around chains [4, 2] that are there.

        of: how many strokes the sketch has that they belong to.
        """


class EdgeLayout:
    """Along edges that are bare."""

    source = "edges"

    def __init__(self, edges: EdgeMap) -> None:
        self._edges = edges

    def lay(
        self, count: int, rng: np.random.Generator, there: Iterable[np.ndarray], of: int
    ) -> np.ndarray:
        """See `Layout.lay`."""
        return self._edges.lay(count, rng, [sampled(chain) for chain in there], of)


class SaliencyLayout:
    """At points drawn from a saliency map [224, 224] (paper, section 3.3).

    wanted: [224, 224], how many times as many strokes each place is to have; None for no wish.
    """

    def __init__(self, saliency: np.ndarray, source: str, wanted: np.ndarray | None = None) -> None:
        self._saliency = saliency
        self.source = source
        self._wanted = wanted

    def lay(
        self, count: int, rng: np.random.Generator, there: Iterable[np.ndarray], of: int
    ) -> np.ndarray:
        """See `Layout.lay`; what is there makes no difference."""
        return published_start(self._saliency, count, rng, self._wanted)


def lay_out(
    layout: Layout,
    likeness: Likeness,
    preset: Preset,
    seed: int,
    count: int,
    levels: Sequence[int] = (),
    given: Given = NOTHING,
) -> Tensor:
    """The strokes that every seed begins with, [seeds, count, 4, 2] canvas px: those of each level
    around those of the one before, and the given ones of each level first of it.

    Of several layouts the one is taken that the guide likes best. A start depends on its own seed
    alone: `seed` with the winner's number draws from the same layouts.
    """
    starts = []
    for start in range(preset.seeds):
        likeness.give_way()
        rngs = [np.random.default_rng([seed + start, one]) for one in range(preset.tries)]
        laid = torch.zeros(0, 4, 2, device=likeness.target.device)
        for level, fixed in zip((*levels, count), given.by_level(count, levels), strict=True):
            there = np.concatenate([laid.cpu().numpy().astype(np.float64), fixed])
            # [tries, level, 4, 2]: what is laid already, and strokes around it
            tried = np.stack(
                [
                    np.concatenate([there, layout.lay(level - len(there), rng, there, level)])
                    for rng in rngs
                ]
            )
            laid = likeness.best(torch.tensor(tried, dtype=torch.float32, device=laid.device))
        starts.append(laid)
    return torch.stack(starts)


def relocation(
    layout: Layout,
    likeness: Likeness,
    preset: Preset,
    seed: int,
    levels: Sequence[int],
    given: Sequence[int] = (),
) -> Relocate | None:
    """Lays strokes of little use anew along edges that are bare, those that are not given; None
    where strokes don't start along edges.
    """
    if not isinstance(layout, EdgeLayout):
        return None
    rng = np.random.default_rng([seed, preset.tries])  # the layouts have the numbers before it

    def lay(there: Tensor, count: int, of: int) -> Tensor:
        chains = there.cpu().numpy().astype(np.float64)
        fresh = layout.lay(count, rng, chains, of)
        return torch.tensor(fresh, dtype=torch.float32, device=there.device)

    return lambda points: relocate(points, likeness, lay, levels, given)
