"""Files that are held by one process at a time, and let go of when it ends, however it does. The
engine's locks (filelock) are the same: on Windows the first byte, elsewhere the whole file.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, Optional


def hold(path: Path) -> Optional[int]:
    """Hold a file: returns what is to be closed to let go of it; None where another process holds
    it. Raises OSError.
    """
    lock = os.open(str(path), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        is_ours = _try(lock)
    except BaseException:
        os.close(lock)
        raise
    if is_ours:
        return lock
    os.close(lock)
    return None


def is_held(path: Path) -> bool:
    """Whether a process holds a file; it is not made. Raises OSError."""
    lock = os.open(str(path), os.O_RDONLY)
    try:
        return not _try(lock, alone=False)
    finally:
        os.close(lock)


@contextmanager
def turn(path: Path) -> Iterator[None]:
    """Hold a file, as soon as no other process does. Raises OSError. Only where there is a session
    bus: Windows knows no lock that is waited for without end.
    """
    import fcntl

    lock = os.open(str(path), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _try(lock: int, alone: bool = True) -> bool:
    """Lock an open file; False where another process has it. alone: nobody else may, not even
    somebody who only looks, which Windows does not tell apart.
    """
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(lock, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(lock, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
