"""What the target looks like through many sets of views, partly in a file."""

from __future__ import annotations

import errno
import io
import os
import tempfile

import pytest
import torch
from torch import Tensor

from clipasso_core.guide import Features
from clipasso_core.optimiser.shelf import Shelf

SETS = 5


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


def filled(at_hand: int, weighted: bool = False) -> Shelf:
    shelf = Shelf(at_hand)
    for number in range(SETS):
        assert number not in shelf
        shelf[number] = features(number, weighted=weighted)
        assert number in shelf
    return shelf


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("at_hand", [1, 3, SETS])
def test_what_is_taken_is_what_was_put(at_hand: int, weighted: bool) -> None:
    shelf = filled(at_hand, weighted)
    for number in [3, 0, 4, 1, 2, 4, 3]:
        assert same(shelf[number], features(number, weighted=weighted))


def test_only_the_first_stay_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[io.FileIO] = []
    true = tempfile.TemporaryFile

    def remembered(**how: int) -> io.FileIO:
        opened.append(true(**how))  # type: ignore[call-overload]
        return opened[-1]

    monkeypatch.setattr(tempfile, "TemporaryFile", remembered)
    filled(SETS)
    assert not opened
    shelf = filled(2)
    (file,) = opened
    one = sum(tensor.numel() * 4 for tensor in features(0).tensors())
    assert os.fstat(file.fileno()).st_size == (SETS - 2) * one
    assert os.fstat(file.fileno()).st_nlink == 0, "it has a name"
    assert len({shelf[0].embedding.data_ptr() for _ in range(2)}) == 1


class Full(io.RawIOBase):
    """A file on a full disk."""

    def __init__(self, room: int) -> None:
        self.room = room

    def seek(self, *_where: int) -> int:
        return 0

    def write(self, data: object) -> int:
        if not self.room:
            raise OSError(errno.ENOSPC, "no room")
        taken, self.room = self.room, 0
        return taken


@pytest.mark.parametrize("room", [0, 100])
def test_where_there_is_no_room_all_stays_in_memory(
    room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_how: Full(room))
    shelf = filled(2)
    for number in range(SETS):
        assert same(shelf[number], features(number))


def test_a_file_that_was_cut_short_is_told() -> None:
    shelf = filled(2)
    shelf._file.truncate(10)
    with pytest.raises(OSError, match="cut short"):
        shelf[4]
