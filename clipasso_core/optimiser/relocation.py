"""Strokes of little use where they are, laid anew where the sketch needs them more."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from clipasso_core.optimiser.likeness import AT_ONCE, LEVEL_WEIGHT, Likeness

SHARE = 0.25  # of the strokes, those that are missed least, are offered other places; not tuned
# places that each is offered: of 16 strokes 68 looks in all, without gradient; not tuned
CANDIDATES = 12
# (strokes that are there [M, 4, 2], how many more, of how many) -> [how many, 4, 2]
Lay = Callable[[Tensor, int, int], Tensor]


@torch.no_grad()
def relocate(
    points: Tensor,
    likeness: Likeness,
    lay: Lay,
    levels: Sequence[int] = (),
    given: Sequence[int] = (),
) -> Tensor:
    """A sketch [N, 4, 2] (canvas px), some of whose strokes lie elsewhere: each where the guide's
    plain-view loss is lower for it.

    lay: offers new strokes around others.
    levels: numbers of first strokes that are to be a sketch on their own; a stroke that belongs to
        a level is judged by that, too.
    given: strokes that stay where they are.
    """
    moved = _Sketch(points.clone(), likeness, (*levels, len(points)))
    free = [one for one in moved.least_needed() if one not in given]
    for one in free[: max(1, round(len(free) * SHARE))]:
        likeness.give_way()
        moved.offer(one, lay)
    return moved.points


class _Sketch:
    """Strokes, each one drawn alone, and the sketches that they are parts of."""

    def __init__(self, points: Tensor, likeness: Likeness, groups: Sequence[int]) -> None:
        self.points, self._likeness, self._groups = points, likeness, groups
        self._white = likeness.draw_each(points, range(len(points)))  # [N, 1, H, W]

    def least_needed(self) -> list[int]:
        """Strokes by how little they are missed."""
        return (self._losses_without() - self._loss_of_each()).argsort().tolist()

    def offer(self, one: int, lay: Lay) -> None:
        """Let a stroke take the best of some other places, if that is better than its own."""
        smallest = next(group for group in self._groups if group > one)
        others = [other for other in range(smallest) if other != one]
        places = lay(self.points[others], CANDIDATES, smallest)
        tried = torch.cat([self.points[one : one + 1], places])
        drawn = self._likeness.draw_each(tried, [one] * len(tried))
        losses = self._losses_with(one, drawn)
        best = int(losses.argmin())
        if best:
            self.points[one], self._white[one] = places[best - 1], drawn[best]

    def _losses_with(self, one: int, drawn: Tensor) -> Tensor:
        """Of the sketches that a stroke is part of, with each of some drawings [B, 1, H, W] in its
        place: weighted sums [B].
        """
        total = drawn.new_zeros(len(drawn))
        for group in self._groups:
            if group > one:
                ground = self._white[[other for other in range(group) if other != one]].prod(0)
                total += self._weight(group) * self._plain(ground * drawn)
        return total

    def _losses_without(self) -> Tensor:
        """Of the same sketches without each stroke [N]."""
        total = self._white.new_zeros(len(self._white))
        for group in self._groups:
            white = self._white[:group]
            without = [
                white[[other for other in range(group) if other != one]].prod(0)
                for one in range(group)
            ]
            total[:group] += self._weight(group) * self._plain(torch.stack(without))
        return total

    def _loss_of_each(self) -> Tensor:
        """What `_losses_without` would be, were nothing left out [N]."""
        total = self._white.new_zeros(len(self._white))
        for group in self._groups:
            total[:group] += self._weight(group) * self._plain(
                self._white[:group].prod(0, keepdim=True)
            )
        return total

    def _weight(self, group: int) -> float:
        return 1.0 if group == len(self.points) else LEVEL_WEIGHT

    def _plain(self, drawn: Tensor) -> Tensor:
        return torch.cat([self._likeness.plain(part) for part in drawn.split(AT_ONCE)])
