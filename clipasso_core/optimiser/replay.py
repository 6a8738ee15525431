"""Steps recorded on a GPU and played again: one launch instead of a thousand, without a word from
the processor in between.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import torch
from torch import Tensor

from clipasso_core.machine.memory import is_full

Compute = Callable[[Tensor, int], tuple[Tensor, Tensor]]  # (points, turn) -> (losses, gradient)
Step = Callable[[Tensor], tuple[Tensor, Tensor]]  # points -> (losses, gradient)
Play = Callable[[], None]
Record = Callable[[Callable[[], tuple[Tensor, Tensor]]], tuple[Play, Tensor, Tensor]]

log = logging.getLogger(__name__)


class Replay:
    """Computes what `step` computes, in the turn that `turn_to` has turned to. Points of a shape
    that is met for the first time are computed as they are, which warms everything up; the second
    time the step is recorded, from then on played, whatever the turn.

    What is returned is overwritten by the next call.
    """

    def __init__(
        self,
        step: Step,
        turn_to: Callable[[int], None],
        record: Record | None = None,
    ) -> None:
        """`record` runs a function once and returns how to run it again, with its results, which
        stay.
        """
        self._step, self._turn_to, self._record = step, turn_to, record or record_graph
        self._points: Tensor | None = None
        self._recorded: tuple[Play, Tensor, Tensor] | None = None
        self.gave_up = False

    def __call__(self, points: Tensor, turn: int) -> tuple[Tensor, Tensor]:
        """Losses and gradient of `points` in one turn."""
        self._turn_to(turn)
        if self.gave_up:
            return self._step(points)
        if self._points is None or self._points.shape != points.shape:
            # a recording holds for one shape; let the last one's memory go
            self._points, self._recorded = points.clone(), None
            return self._step(points)
        place = self._points.copy_(points)
        if self._recorded is None:
            try:
                self._recorded = self._record(lambda: self._step(place))
            except RuntimeError as error:
                if is_full(error):
                    raise  # fewer at once may be recorded
                # an operation that this torch or driver can't record: slower, not wrong
                log.warning("steps are not recorded on this GPU: %s", error)
                self.gave_up = True
                return self._step(points)
        play, losses, gradient = self._recorded
        play()
        return losses, gradient


def record_graph(
    compute: Callable[[], tuple[Tensor, Tensor]],
) -> tuple[Play, Tensor, Tensor]:
    """Record one run of `compute` as a CUDA graph; nothing is computed until it is played."""
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        losses, gradient = compute()
    return graph.replay, losses, gradient
