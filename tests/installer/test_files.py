"""Files are written whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest
from support.installer import FakeMachine


@pytest.mark.parametrize("command", ["install", "uninstall"])
def test_a_disk_without_any_room_keeps_nobody_from_uninstalling_or_from_a_run_without_news(
    machine: FakeMachine, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    machine.do()

    def refuse(*_: Any) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", refuse)
    monkeypatch.setattr(Path, "write_text", refuse)
    assert machine.do(command, "--yes") == 0


@pytest.mark.parametrize(
    "where", ["current.json", "installed.json", "bin/clipasso", "extensions/clipasso"]
)
def test_a_disk_that_fills_up_is_one_line(
    machine: FakeMachine,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    where: str,
) -> None:
    machine.add_inkscape()
    real = os.replace

    def replace(source: Any, target: Any) -> None:
        if Path(target).as_posix().endswith(where):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target))
        real(source, target)

    monkeypatch.setattr(os, "replace", replace)
    assert machine.do() == 2
    out, err = capfd.readouterr()
    assert "No space left" in (out if where == "extensions/clipasso" else err)
    assert err.count("\n") == (0 if where == "extensions/clipasso" else 1)
    monkeypatch.setattr(os, "replace", real)
    assert machine.do() == 0
