"""Random perspectives through which sketch and target are compared (paper, section 3.2:
augmentation against adversarial sketches).

Views come from a fixed pool, so that the target's features in each are computed once. What lies
outside the canvas is white, as the paper around a drawing is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from clipasso_core.optimiser.sampling import sample

# Sets of which a processor keeps grids and features: all that other presets have. The 64 of
# `published` would be 103 MB of grids, of which one is made again in 5 ms, and 0.6 GB of RN101's
# features
KEPT = 8
_CORNERS = torch.tensor([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])


class ViewPool:
    """`rounds` sets of `views` views each; the first view of every set is the plain picture.

    distortion: how far a corner moves inwards at most, as a share of half the side.
    crop: share of the area that is kept after that, at a random place.
    side: px of the views, the guide's input.
    """

    def __init__(
        self,
        rounds: int,
        views: int,
        distortion: float,
        crop: float,
        side: int,
        seed: int,
        device: torch.device,
    ) -> None:
        generator = torch.Generator().manual_seed(seed)
        self.views, self.side = views, side
        self._device = device
        self._straight = _sampling_grid(torch.eye(3), side).to(device)
        # of each set, from output to input coordinates
        self._maps = [
            [_homography(distortion, crop, generator) for _ in range(views - 1)]
            for _ in range(rounds if views > 1 else 1)
        ]
        self._grids: dict[int, Tensor] = {}  # by set, [views - 1, side, side, 2]
        # sets of which all that is needed is kept in memory
        self.at_hand = KEPT if device.type == "cpu" else rounds
        for turn in range(min(self.at_hand, len(self))):
            self._turned(turn)

    def __len__(self) -> int:
        return len(self._maps)

    def plain(self, pictures: Tensor) -> Tensor:
        """Pictures [B, 3, H, W] straight on, at the guide's size."""
        if pictures.shape[-1] == self.side:
            return pictures
        return F.interpolate(
            pictures, size=(self.side, self.side), mode="bilinear", align_corners=False
        )

    def look(self, pictures: Tensor, turn: int, which: Sequence[int] | None = None) -> Tensor:
        """Pictures [B, 3, H, W] through views of set `turn` modulo the pool: [B * views, 3, side,
        side], picture by picture.

        which: the views wanted, all when None; 0 is the plain one.
        """
        views = range(self.views) if which is None else which
        grid = self._turned(turn)
        turned = [view - 1 for view in views if view]
        seen: list[Tensor] = []
        if grid is not None and turned:
            # an index would have to reach the device first
            batch, grid = len(pictures), torch.stack([grid[view] for view in turned])
            each = pictures.repeat_interleave(len(turned), 0)
            looked = self.through(each, grid.repeat(batch, 1, 1, 1))
            seen = list(looked.view(batch, len(turned), *looked.shape[1:]).unbind(1))
        plain = self.plain(pictures) if 0 in views else pictures
        return torch.stack([seen.pop(0) if view else plain for view in views], 1).flatten(0, 1)

    def grid(self, turn: int, view: int) -> Tensor:
        """Where a view of set `turn` modulo the pool looks, [side, side, 2]; 0 is the plain one."""
        grid = self._turned(turn)
        return self._straight if view == 0 or grid is None else grid[view - 1]

    def _turned(self, turn: int) -> Tensor | None:
        """The grids of a set's views that are not straight on; None where there are none."""
        turn %= len(self)
        if turn not in self._grids and self._maps[turn]:
            if len(self._grids) >= self.at_hand:
                del self._grids[next(iter(self._grids))]
            grids = [_sampling_grid(one, self.side) for one in self._maps[turn]]
            self._grids[turn] = torch.stack(grids).to(self._device)
        return self._grids.get(turn)

    @staticmethod
    def through(pictures: Tensor, grids: Tensor) -> Tensor:
        """Pictures [B, C, H, W] through a grid [B, side, side, 2] each: [B, C, side, side]."""
        return 1 - sample(1 - pictures, grids)  # zeros outside become white


def _homography(distortion: float, crop: float, generator: torch.Generator) -> Tensor:
    """[3, 3] from output to input coordinates, both -1..1: a window of `crop` of the area into a
    picture whose corners moved inwards.
    """
    moved = _CORNERS * (1 - distortion * torch.rand(4, 2, generator=generator))
    size = math.sqrt(crop)
    shift = (torch.rand(2, generator=generator) * 2 - 1) * (1 - size)
    window = torch.tensor([[size, 0, float(shift[0])], [0, size, float(shift[1])], [0, 0, 1.0]])
    return _through_corners(moved, _CORNERS) @ window


def _through_corners(source: Tensor, target: Tensor) -> Tensor:
    """The homography [3, 3] that takes four points to four points, both [4, 2]."""
    rows, values = [], []
    for (x, y), (u, v) in zip(source.tolist(), target.tolist(), strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    solved = torch.linalg.solve(
        torch.tensor(rows, dtype=torch.float64), torch.tensor(values, dtype=torch.float64)
    )
    return torch.cat([solved, solved.new_ones(1)]).view(3, 3).float()


def _sampling_grid(homography: Tensor, side: int) -> Tensor:
    """[side, side, 2] input coordinates of every output pixel's centre, as `grid_sample` wants
    them.
    """
    line = (torch.arange(side) + 0.5) * 2 / side - 1
    y, x = torch.meshgrid(line, line, indexing="ij")
    mapped = torch.stack([x, y, torch.ones_like(x)], -1) @ homography.T
    return mapped[..., :2] / mapped[..., 2:]
