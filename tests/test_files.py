"""Files are put in their places also where a system refuses that for a moment, as Windows does."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from clipasso_ext import files as extensions_files

from clipasso_core import files
from clipasso_core.errors import UserError
from installer import files as installers_files

Move = Callable[[Path, Path], None]
MOVES = [files.move, extensions_files.move, installers_files.move]
every_move = pytest.mark.parametrize("move", MOVES, ids=["engine", "extension", "set-up"])


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often more a renaming is refused, as one of a file that somebody reads is on Windows."""
    left = [0]
    rename = os.replace

    def refuse(source: str, target: str) -> None:
        if left[0]:
            left[0] -= 1
            raise PermissionError(13, "Access is denied")
        rename(source, target)

    monkeypatch.setattr(os, "replace", refuse)
    return left


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    """A new file, and the one in whose place it is to be."""
    new, old = tmp_path / "new", tmp_path / "old"
    new.write_text("new")
    old.write_text("old")
    return new, old


@every_move
def test_what_windows_refuses_for_a_moment_is_tried_again(
    move: Move, two: tuple[Path, Path], refused: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    refused[0] = 3
    move(*two)
    assert two[1].read_text() == "new"
    assert not two[0].exists()


@every_move
def test_what_windows_refuses_for_good_is_told(
    move: Move, two: tuple[Path, Path], refused: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(sys.modules[move.__module__], "BUSY_S", 0.1)
    refused[0] = 1000
    with pytest.raises(PermissionError):
        move(*two)
    assert two[1].read_text() == "old"
    assert refused[0] < 999


@every_move
@pytest.mark.skipif(sys.platform == "win32", reason="there it is tried again")
def test_elsewhere_a_refusal_is_for_good(
    move: Move, two: tuple[Path, Path], refused: list[int]
) -> None:
    refused[0] = 1000
    with pytest.raises(PermissionError):
        move(*two)
    assert refused[0] == 999


def test_a_sketch_that_was_scanned_while_it_was_written_is_kept(
    tmp_path: Path, refused: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    refused[0] = 2
    files.write_whole(b"<svg/>", tmp_path / "sketch.svg")
    assert (tmp_path / "sketch.svg").read_bytes() == b"<svg/>"
    monkeypatch.setattr(files, "BUSY_S", 0.1)
    refused[0] = 1000
    with pytest.raises(UserError, match="can't be written"):
        files.write_whole(b"<svg></svg>", tmp_path / "sketch.svg")
    assert [path.name for path in tmp_path.iterdir()] == ["sketch.svg"]
