"""EfficientNet-Lite0 on a processor: every thread takes pictures of its own from beginning to end,
forward and backward.

torch shares each layer among all threads. Most of this network's layers take less time than a
thread takes to wake up, and what one thread computed lies in the other one's cache. Lanes wait for
each other once a step instead of hundreds of times, and where other programs keep the processor
busy they lose no more than their share of it. The backward pass is written out, since all that is
wanted is the gradient of the picture: convolutions of their own, packed once, the bounds of the
activation applied as they go.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import torch
from torch import Tensor

from clipasso_core.guide.efficientnet import HIGHEST, EfficientNetLite0
from clipasso_core.guide.packed import Layer

MOST = 8  # lanes: a step has a handful of views
Seen = tuple[dict[int, Tensor], Tensor]  # see `EfficientNetLite0.forward`
Kept = tuple[Tensor | None, ...]  # what a block's bounded layers gave, None for one that it lacks


class Lanes:
    """Computes what `EfficientNetLite0.forward` does, a picture in each thread."""

    def __init__(self, network: EfficientNetLite0) -> None:
        """The network has its final dtype. There are as many lanes as torch has threads."""
        self._taps = network.taps
        self._threads = _single_threads(max(1, min(torch.get_num_threads(), MOST)))
        # packed where it is used: for a single thread
        self._course = self._threads.submit(_Passes, network).result()

    def __call__(self, pictures: Tensor) -> Seen:
        """All pictures [B, 3, 224, 224] at once.

        Gradients flow, but from one picture after the other; `judge` is for those.
        """

        def look(picture: Tensor) -> Seen:
            with torch.set_grad_enabled(wanted):
                return self.look(picture)

        wanted = torch.is_grad_enabled()
        maps, embeddings = zip(*self._threads.map(look, pictures.split(1)), strict=True)
        joined = {stage: torch.cat([one[stage] for one in maps]) for stage in self._taps}
        return joined, torch.cat(embeddings)

    def look(self, picture: Tensor) -> Seen:
        """One picture [1, 3, 224, 224], in the thread that asks."""
        *maps, embedding = _Pass.apply(picture, self._course)
        return dict(zip(self._taps, maps, strict=True)), embedding

    def judge(self, pictures: Tensor, loss: Callable[[Tensor, int], Tensor]) -> Tensor:
        """Losses [B] of pictures, each with its gradient while what it needs is in the cache.

        loss: of one picture [1, 3, 224, 224] and its index, [1]; called in the lanes.
        """
        losses: Tensor = _Judgement.apply(pictures, loss, self._threads)
        return losses


class _Judgement(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        pictures: Tensor,
        loss: Callable[[Tensor, int], Tensor],
        threads: ThreadPoolExecutor,
    ) -> Tensor:
        def judge(picture: Tensor, index: int) -> tuple[Tensor, Tensor]:
            with torch.enable_grad():
                picture = picture.detach().requires_grad_(True)
                value = loss(picture, index)
                (gradient,) = torch.autograd.grad(value, picture)
            return value.detach(), gradient

        # of each picture the loss [1] and the gradient [1, 3, 224, 224]
        judged = threads.map(judge, pictures.split(1), range(len(pictures)))
        values, gradients = zip(*judged, strict=True)
        ctx.save_for_backward(torch.cat(gradients))
        return torch.cat(values)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        (of_pictures,) = ctx.saved_tensors
        return of_pictures * gradient[:, None, None, None], None, None


class _Pass(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, picture: Tensor, passes: _Passes) -> tuple[Tensor, ...]:
        seen, ctx.kept = passes.forward(picture, ctx.needs_input_grad[0])
        ctx.passes = passes
        return tuple(seen)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return ctx.passes.backward(gradients, ctx.kept), None


class _Passes:
    """The layers, one after the other, there and back."""

    def __init__(self, network: EfficientNetLite0) -> None:
        shape: Sequence[int] = (1, *network.PICTURE)
        self._taps = network.taps
        self._stem = Layer(network.stem, shape, HIGHEST)
        self._blocks = []
        shape = self._stem.gives
        for stage, block in network.blocks():
            expand = None if block.expand is None else Layer(block.expand, shape, HIGHEST)
            depthwise = Layer(block.depthwise, expand.gives if expand else shape, HIGHEST)
            project = Layer(block.project, depthwise.gives)
            shape = project.gives
            self._blocks.append((stage, expand, depthwise, project, block.adds))
        self._head = Layer(network.head, shape, HIGHEST)
        # the last block of each stage
        self._ends = {stage: place for place, (stage, *_) in enumerate(self._blocks)}

    def forward(self, picture: Tensor, keep: bool) -> tuple[list[Tensor], list[Kept]]:
        """The tapped stages and the embedding; if they are to be kept, what `backward` needs."""
        x = self._stem(picture)
        kept: list[Kept] = [(x,)]
        seen = []
        for place, (stage, expand, depthwise, project, adds) in enumerate(self._blocks):
            # more channels, each looked around in, then fewer: [1, C, h, w]
            inner = expand(x) if expand else x
            middle = depthwise(inner)
            y = project(middle)
            x = y.add_(x) if adds else y
            if keep:
                kept.append((inner if expand else None, middle))
            if stage in self._taps and self._ends[stage] == place:
                seen.append(x)
        embedding = self._head(x)
        return [*seen, embedding], [*kept, (embedding,)] if keep else []

    def backward(self, gradients: Sequence[Tensor], kept: list[Kept]) -> Tensor:
        """The gradient of the picture from those of the tapped stages and of the embedding.

        Uses up what was kept.
        """
        of_taps = dict(zip(self._taps, gradients, strict=False))
        gradient = self._head.back(gradients[-1], *kept.pop())
        for place in reversed(range(len(self._blocks))):
            stage, expand, depthwise, project, adds = self._blocks[place]
            if stage in of_taps and self._ends[stage] == place:
                gradient = gradient + of_taps[stage]
            # what is done with is given back at once: memory that is still in the cache
            inner, middle = kept.pop()
            # of what came into the block: [1, C, h, w]
            down = depthwise.back(project.back(gradient), middle)
            if expand:
                down = expand.back(down, inner)
            gradient = down.add_(gradient) if adds else down
        return self._stem.back(gradient, *kept.pop())


def _single_threads(count: int) -> ThreadPoolExecutor:
    """Threads whose torch does not share out its work."""
    all_there = threading.Barrier(count + 1)

    def begin() -> None:
        torch.set_num_threads(1)
        torch.set_grad_enabled(False)
        all_there.wait()

    threads = ThreadPoolExecutor(count, "lane", begin)
    of_others = torch.get_num_threads()
    for _ in range(count):
        threads.submit(int)
    all_there.wait()
    torch.set_num_threads(of_others)  # what a lane asks for holds for threads that are new, too
    return threads
