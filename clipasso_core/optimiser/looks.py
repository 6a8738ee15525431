"""The views of a turn in buffers that never move, so that one recording serves all turns."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from clipasso_core.optimiser.likeness import Likeness


class Looks:
    """What a step looks at, and what is wanted there: the same as `Likeness.at_levels` of a turn,
    which is copied in before.

    The first look is the whole sketch's, straight on. Every other one has a grid, if only of one
    that changes nothing, and a number that says which drawing it looks at: the first strokes of a
    level, or all. So shapes and operations are those of any turn.
    """

    def __init__(self, likeness: Likeness, levels: Sequence[int]) -> None:
        self._likeness, self._levels = likeness, tuple(levels)
        looks = likeness.looks(0, self._levels)
        device, side = likeness.target.device, likeness.pool.side
        self._weights = looks.weights
        # of all looks but the first: which drawing, and through which view
        self._drawings = torch.zeros_like(looks.drawings)
        self._grids = torch.zeros(len(looks.views), side, side, 2, device=device)
        self._wanted = likeness.wanted_in(0, self._levels).copy()

    def turn_to(self, turn: int) -> None:
        """Look as in that turn from now on."""
        likeness = self._likeness
        looks = likeness.looks(turn, self._levels)
        self._drawings.copy_(looks.drawings)
        for grid, view in zip(self._grids, looks.views, strict=True):
            grid.copy_(likeness.pool.grid(turn, view))
        self._wanted.copy_(likeness.wanted_in(turn, self._levels))

    def losses(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """See `Likeness.at_levels`, for points [B, N, P, 2]."""
        likeness, batch = self._likeness, len(points)
        drawn = likeness.draw_levels(points, self._levels)
        # straight on [B, 1, 1, side, side], and through all other views [B, V - 1, 1, side, side]
        plain = likeness.pool.plain(drawn[-1])[:, None]
        looked_at = torch.stack(drawn, 1).index_select(1, self._drawings).flatten(0, 1)
        grids = self._grids.repeat(batch, 1, 1, 1)
        turned = likeness.pool.through(looked_at, grids).unflatten(0, (batch, -1))
        seen = torch.cat([plain, turned], 1).flatten(0, 1)
        losses = likeness.unlike(seen, self._wanted.repeat(batch))
        return losses.view(batch, -1), self._weights
