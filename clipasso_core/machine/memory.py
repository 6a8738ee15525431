"""What to do when a device's memory is full."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from clipasso_core.errors import UserError

if TYPE_CHECKING:
    from torch import Tensor

log = logging.getLogger(__name__)


def is_full(error: BaseException) -> bool:
    """Whether an error says that a device has no memory left: torch's own, or one that a library
    below it told torch in words.
    """
    import torch

    return isinstance(error, torch.OutOfMemoryError) or (
        isinstance(error, RuntimeError) and "out of memory" in str(error)
    )


class Sparing:
    """Computes in parts of a batch what does not fit into the memory as a whole, and remembers how
    much did.

    compute: takes a batch [B, ...] and whatever else, and gives tensors [B, ...], of each item from
        itself alone.
    """

    def __init__(self, compute: Callable[..., tuple[Tensor, ...]]) -> None:
        self._compute = compute
        self._most: int | None = None  # items together

    def __call__(self, batch: Tensor, *more: object) -> tuple[Tensor, ...]:
        """Raises what `compute` raises, and that the memory is full where one item is too much."""
        import torch

        while True:
            size = _dividing(len(batch), self._most)
            try:
                if size == len(batch):
                    return self._compute(batch, *more)
                # results may be overwritten by those of the next part
                parts = [
                    [one.clone() for one in self._compute(part, *more)]
                    for part in batch.split(size)
                ]
            except RuntimeError as error:
                if size == 1 or not is_full(error):
                    raise
                log.warning("the memory is too small for %d at once: fewer are tried", size)
            else:
                return tuple(torch.cat(values) for values in zip(*parts, strict=True))
            # here, where the error holds nothing any more
            self._most = size // 2
            if batch.is_cuda:
                torch.cuda.empty_cache()


def _dividing(count: int, most: int | None) -> int:
    """The largest share of so many, in whole parts of one size, that is not more than `most`."""
    if most is None or most >= count:
        return count
    return next(size for size in range(max(most, 1), 0, -1) if count % size == 0)


@contextmanager
def enough_memory(guide: str, device: str) -> Iterator[None]:
    """Turns a full memory into a `UserError` that says what would fit.

    guide, device: of the work that is done within.
    """
    try:
        yield
    except RuntimeError as error:
        if not is_full(error):
            raise
        raise _too_small(guide, device) from error


def _too_small(guide: str, device: str) -> UserError:
    if device == "cuda":
        return _too_small_card(guide)
    if guide == "lite":
        return UserError(
            "no-memory",
            "the memory of the device {device} is too small for the guide {guide}, even for one"
            " sketch at a time: close other programs that use it, or take what would fit, --device"
            " cpu",
            device=device,
            guide=guide,
        )
    return UserError(
        "no-memory",
        "the memory of the device {device} is too small for the guide {guide}, even for one sketch"
        " at a time: close other programs that use it, or take what would fit, --guide lite, or"
        " --device cpu",
        device=device,
        guide=guide,
    )


def _too_small_card(guide: str) -> UserError:
    import torch

    free, whole = torch.cuda.mem_get_info()
    if guide == "lite":
        return UserError(
            "no-memory",
            "the memory of the device {device} is too small for the guide {guide} ({free_gb:.1f} of"
            " {whole_gb:.1f} GB are free), even for one sketch at a time: close other programs that"
            " use it, or take what would fit, --device cpu",
            device="cuda",
            guide=guide,
            free_gb=free / 1e9,
            whole_gb=whole / 1e9,
        )
    return UserError(
        "no-memory",
        "the memory of the device {device} is too small for the guide {guide} ({free_gb:.1f} of"
        " {whole_gb:.1f} GB are free), even for one sketch at a time: close other programs that"
        " use it, or take what would fit, --guide lite, or --device cpu",
        device="cuda",
        guide=guide,
        free_gb=free / 1e9,
        whole_gb=whole / 1e9,
    )
