"""Losses of pictures, a few at a time, each with its gradient while what that needs is there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

Judge = Callable[[Tensor, slice], Tensor]  # (some pictures, which they are) -> their losses
Map = Callable[..., Iterable[tuple[Tensor, Tensor]]]  # `map`, or that of an executor


def judged(pictures: Tensor, loss: Judge, at_once: int, each: Map = map) -> Tensor:
    """Losses [B] of pictures [B, 3, side, side], by whose gradient alone they are followed: what
    else the loss is made of gets none.

    loss: of some pictures [b, 3, side, side], from each picture alone, [b]; called by `each`.
    at_once: pictures that are given to `loss` together, at most.
    """
    losses: Tensor = _Judgement.apply(pictures, loss, at_once, each)
    return losses


def portions(count: int, at_once: int) -> list[slice]:
    """So many pictures in as few parts as can be, which are as even as can be."""
    parts = -(-count // at_once)
    ends = [-(-count * part // parts) for part in range(parts + 1)]
    return [slice(begin, end) for begin, end in pairwise(ends)]


class _Judgement(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, pictures: Tensor, loss: Judge, at_once: int, each: Map) -> Tensor:
        def judge(which: slice) -> tuple[Tensor, Tensor]:
            with torch.enable_grad():
                some = pictures[which].detach().requires_grad_(True)
                values = loss(some, which)
                (gradient,) = torch.autograd.grad(values.sum(), some)
            return values.detach(), gradient

        # of each part the losses [b] and the gradients [b, 3, side, side]
        found = each(judge, portions(len(pictures), at_once))
        values, gradients = zip(*found, strict=True)
        ctx.save_for_backward(torch.cat(gradients))
        return torch.cat(values)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None, None]:
        (of_pictures,) = ctx.saved_tensors
        return of_pictures * gradient[:, None, None, None], None, None, None
