"""Steps recorded on a GPU and played again: one launch instead of a thousand, without a word from
the processor in between.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import torch
from torch import Tensor

Compute = Callable[[Tensor, int], tuple[Tensor, Tensor]]  # (points, turn) -> (losses, gradient)
Play = Callable[[], None]
Record = Callable[[Callable[[], tuple[Tensor, Tensor]]], tuple[Play, Tensor, Tensor]]

log = logging.getLogger(__name__)


class Replay:
    """Computes what `compute` computes. A turn met for the first time is computed as it is, which
    warms everything up; the second time it is recorded, from then on played.

    A recording holds for points of one shape, and for all turns that are the same modulo `period`.
    What is returned is overwritten by the next call.
    """

    def __init__(
        self, compute: Compute, period: int, start: Callable[[], Record] | None = None
    ) -> None:
        """`start` makes a recorder for one shape: it runs a function once and returns how to run it
        again, with its results, which stay.
        """
        self._compute, self._period, self._start = compute, period, start or GraphRecorder
        self._recorded: dict[int, tuple[Play, Tensor, Tensor] | None] = {}  # None: met once
        self._points: Tensor | None = None
        self._record: Record | None = None
        self.gave_up = False

    def __call__(self, points: Tensor, turn: int) -> tuple[Tensor, Tensor]:
        """Losses and gradient of `points` in one turn."""
        turn %= self._period
        if self.gave_up:
            return self._compute(points, turn)
        if self._points is None or self._points.shape != points.shape:
            self._points = torch.empty_like(points)
            self._forget()
        place = self._points.copy_(points)
        if turn not in self._recorded:
            self._recorded[turn] = None
            return self._compute(points, turn)
        recorded = self._recorded[turn]
        if recorded is None:
            try:
                self._record = self._record or self._start()
                recorded = self._record(lambda: self._compute(place, turn))
            except RuntimeError as error:
                # an operation that this torch or driver can't record: slower, not wrong
                log.warning("steps are not recorded on this GPU: %s", error)
                self.gave_up = True
                self._forget()
                return self._compute(points, turn)
            self._recorded[turn] = recorded
        play, losses, gradient = recorded
        play()
        return losses, gradient

    def _forget(self) -> None:
        """Recordings and their memory; the memory of graphs that are gone can't be recorded into
        again.
        """
        self._recorded.clear()
        self._record = None


class GraphRecorder:
    """Records CUDA graphs that share their memory: they are never played at the same time."""

    def __init__(self) -> None:
        self._pool = torch.cuda.graph_pool_handle()

    def __call__(self, compute: Callable[[], tuple[Tensor, Tensor]]) -> tuple[Play, Tensor, Tensor]:
        """Record one run of `compute`; nothing is computed until it is played."""
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self._pool):
            losses, gradient = compute()
        return graph.replay, losses, gradient
