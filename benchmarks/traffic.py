"""What a step starts and moves on a device, counted on a processor: launches and bytes, which no
clock is needed for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from clipasso_core.raster import StrokeBatch, available, render


@dataclass
class Traffic:
    """launches: kernels that compute something; views of tensors cost nothing. moved: bytes of all
    that they read and write, each tensor once a kernel.
    """

    launches: int = 0
    moved: int = 0

    def add(self, *tensors: object) -> None:
        """One more kernel, which reads or writes these."""
        self.launches += 1
        self.moved += sum(
            one.numel() * one.element_size() for one in tensors if isinstance(one, Tensor)
        )


class _Listener(TorchDispatchMode):
    """Counts what torch starts."""

    def __init__(self, traffic: Traffic) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._traffic = traffic

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        done = func(*args, **(kwargs or {}))
        returned = func._schema.returns
        is_view = any(one.alias_info and not one.alias_info.is_write for one in returned)
        if not is_view and not func.name().startswith("aten::empty"):
            written_in_place = any(one.alias_info for one in returned)
            results = () if written_in_place else tree_leaves(done)
            self._traffic.add(*tree_leaves((args, kwargs)), *results)
        return done


class _Kernel:
    """A Triton kernel that is counted and not started: a processor has nothing to run it with."""

    def __init__(self, kernel: Any, traffic: Traffic) -> None:
        self._kernel, self._traffic = kernel, traffic

    def __getitem__(self, grid: object) -> Callable[..., None]:
        def start(*arguments: Any, **_constants: Any) -> None:
            self._traffic.add(*arguments)
            named = dict(zip(self._kernel.arg_names, arguments, strict=False))
            if "image" in named:
                named["image"].fill_(0.5)

        return start


@contextmanager
def counted() -> Iterator[Traffic]:
    """Count what is done within; the fused rasteriser's pictures are grey meanwhile where there is
    no GPU.
    """
    traffic = Traffic()
    with _stand_ins(traffic), _Listener(traffic):
        yield traffic


@contextmanager
def _stand_ins(traffic: Traffic) -> Iterator[None]:
    if torch.cuda.is_available() or not available("fused"):
        yield
        return
    from clipasso_core.raster import fused, kernels

    def draw(strokes: StrokeBatch, size: tuple[int, int], rasteriser: str) -> Tensor:
        is_fused = rasteriser == "fused"  # which is refused on a processor
        return fused.render(strokes, size) if is_fused else render(strokes, size, rasteriser)

    with (
        patch.object(kernels, "forward", _Kernel(kernels.forward, traffic)),
        patch.object(kernels, "backward", _Kernel(kernels.backward, traffic)),
        patch("clipasso_core.optimiser.likeness.render", draw),
    ):
        yield
