"""What the target looks like through many sets of views, partly in a file."""

from __future__ import annotations

import errno
import os
import tempfile
from typing import Any

import pytest
import torch
from torch import Tensor

from clipasso_core.guide import Features
from clipasso_core.optimiser.seen import SeenSets

SETS = 5
ONE = 4 * (4 * 6 * 7 * 5 + 4 * 7 * 3 * 3 + 4 * 9)  # bytes of a set


def features(number: int, *, weighted: bool = False) -> Features:
    random = torch.Generator().manual_seed(number)

    def some(*shape: int) -> Tensor:
        return torch.rand(*shape, generator=random)

    maps = {
        "one": some(4, 6, 7, 5),
        # as a convolution leaves it, and a part of something larger
        "other": some(4, 8, 3, 3).contiguous(memory_format=torch.channels_last)[:, 1:],
    }
    return Features(maps, some(4, 9), {"one": some(4, 7, 5)} if weighted else None)


def same(one: Features, other: Features) -> bool:
    pairs = list(zip(one.tensors(), other.tensors(), strict=True))
    return all(torch.equal(a, b) for a, b in pairs)


def filled(at_hand: int, weighted: bool = False) -> SeenSets:
    seen = SeenSets(at_hand)
    for number in range(SETS):
        assert seen.get(number) is None
        seen.put(number, features(number, weighted=weighted))
    return seen


def agrees(seen: SeenSets, number: int, weighted: bool = False) -> bool:
    found = seen.get(number)
    return found is not None and same(found, features(number, weighted=weighted))


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The temporary files."""
    files: list[Any] = []
    true = tempfile.TemporaryFile

    def remembered(**how: int) -> Any:
        files.append(true(**how))  # type: ignore[call-overload]
        return files[-1]

    monkeypatch.setattr(tempfile, "TemporaryFile", remembered)
    return files


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("at_hand", [1, 3, SETS])
def test_what_is_got_is_what_was_put(at_hand: int, weighted: bool) -> None:
    seen = filled(at_hand, weighted)
    assert all(agrees(seen, number, weighted) for number in [3, 0, 4, 1, 2, 4, 3])


def test_only_the_first_stay_in_memory(opened: list[Any]) -> None:
    filled(SETS)
    assert not opened
    seen = filled(2)
    (file,) = opened
    assert os.fstat(file.fileno()).st_size == (SETS - 2) * ONE
    kept = seen.get(0)
    assert kept is seen.get(0)
    del seen
    assert file.closed


@pytest.mark.parametrize("room", [0, ONE - 100, ONE, ONE + 100, 2 * ONE])
def test_where_there_is_no_more_room_the_others_stay_in_memory(
    room: int, opened: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk's end is met by a write that takes a part, or by one that takes nothing."""
    true = tempfile.TemporaryFile

    class Disk:
        def __init__(self, **how: int) -> None:
            self.file = true(**how)  # type: ignore[call-overload]

        def write(self, data: Any) -> int:
            left = room - self.file.tell()
            if not left:
                raise OSError(errno.ENOSPC, "no room")
            written: int = self.file.write(bytes(data)[:left])
            return written

        def __getattr__(self, name: str) -> Any:
            return getattr(self.file, name)

    monkeypatch.setattr(tempfile, "TemporaryFile", Disk)
    seen = filled(2)
    assert all(agrees(seen, number) for number in range(SETS))
    (file,) = opened
    assert os.fstat(file.fileno()).st_size == room // ONE * ONE, "what is of no use takes room"


def test_where_no_file_can_be_made_all_stays_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(**_how: int) -> None:
        raise OSError(errno.EACCES, "not here")

    monkeypatch.setattr(tempfile, "TemporaryFile", refused)
    seen = filled(2)
    assert all(agrees(seen, number) for number in range(SETS))


def test_what_is_lost_is_put_again(opened: list[Any]) -> None:
    seen = filled(2)
    opened[0].truncate(10)
    assert seen.get(4) is None
    assert os.fstat(opened[0].fileno()).st_size == 0, "what is of no use takes room"
    for number in (4, 3):
        assert seen.get(number) is None
        seen.put(number, features(number))
        assert agrees(seen, number)
    assert agrees(seen, 0)
