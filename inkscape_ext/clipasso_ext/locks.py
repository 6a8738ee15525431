"""Files that are held by one process at a time, and let go of when it ends, however it does."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, Optional


def hold(path: Path) -> Optional[int]:
    """Hold a file: returns what is to be closed to let go of it; None where another process holds
    it. Raises OSError.
    """
    import fcntl

    lock = os.open(str(path), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


@contextmanager
def turn(path: Path) -> Iterator[None]:
    """Hold a file, as soon as no other process does. Raises OSError."""
    import fcntl

    lock = os.open(str(path), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
