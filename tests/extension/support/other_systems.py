"""Other systems than the one that a test runs on, as far as the code looks at them."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest


def be_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the code take this system for Windows: its name, its module of locks, and what
    `subprocess` has only there.
    """
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setitem(sys.modules, "msvcrt", _locks())
    monkeypatch.setitem(sys.modules, "fcntl", None)
    for bit, name in enumerate(("CREATE_NEW_PROCESS_GROUP", "CREATE_NO_WINDOW")):
        monkeypatch.setattr(f"subprocess.{name}", 1 << bit, raising=False)


def _locks() -> ModuleType:
    """Windows' module ``msvcrt``, which locks bytes, told by this system's own locks."""
    import fcntl

    module: Any = ModuleType("msvcrt")
    module.LK_NBLCK = 2

    def locking(file: int, mode: int, count: int) -> None:
        assert (mode, count) == (module.LK_NBLCK, 1)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PermissionError(13, "Permission denied") from None

    module.locking = locking
    return module  # type: ignore[no-any-return]
