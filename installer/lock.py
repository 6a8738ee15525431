"""The lock of a home: one set-up at a time changes what is there."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from installer.problem import Problem

NAME = "set-up.lock"
# The byte that is locked, far behind what the file says: Windows lets nobody read locked bytes.
FAR = 1 << 30


@contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Be the only set-up that changes a home, which is made, as long as this is held. Raises
    `Problem` at once when another set-up holds it.

    The system holds the lock for this process and lets go of it however the process ends, so
    that what a killed one leaves locks nobody out. Whoever comes second does not wait: the first
    may take minutes or ask its person something, and a command that stands still without a word is
    taken for one that hangs. A script can tell by the exit status, and try again.
    """
    file = _take(folder)
    try:
        yield
    finally:
        _give_back(file, folder / NAME)


def find_holder(folder: Path) -> str:
    """Who is setting up in a home, in the words of a sentence; empty when nobody is."""
    try:
        file = os.open(folder / NAME, os.O_RDWR)
    except OSError:
        return ""
    try:
        return "" if _lock(file) else _name_holder(file)
    finally:
        os.close(file)


def _take(folder: Path) -> int:
    """The locked file. Raises `Problem` when another process has it."""
    path = folder / NAME
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except FileNotFoundError:  # an uninstalling removed the folder this moment
            continue
        try:
            if not _lock(file):
                raise Problem(
                    f"{_name_holder(file)} is at work in {folder}: wait for its end, and run this"
                    " again"
                )
            if _is_there(file, path):
                _sign(file)
                return file
        except BaseException:
            os.close(file)
            raise
        os.close(file)  # its last holder removed it this moment


def _sign(file: int) -> None:
    """Say who holds the lock. On a full disk it is held all the same: to uninstall makes room."""
    facts = f"{os.getpid()} {time.strftime('%Y-%m-%d %H:%M')}\n".encode()
    with suppress(OSError):
        os.ftruncate(file, 0)
        os.write(file, facts)


def _give_back(file: int, path: Path) -> None:
    if sys.platform == "win32":  # where no open file can be removed
        os.close(file)
        with suppress(OSError):  # another has it already
            path.unlink()
    else:
        with suppress(OSError):
            path.unlink()
        os.close(file)


def _lock(file: int) -> bool:
    """Lock an open file for this process; False when another process has it."""
    if sys.platform == "win32":
        import msvcrt

        os.lseek(file, FAR, os.SEEK_SET)
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        finally:
            os.lseek(file, 0, os.SEEK_SET)
        return True
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_there(file: int, path: Path) -> bool:
    """Whether the open file is the one at that path: its last holder may have removed it."""
    try:
        return os.path.samestat(os.fstat(file), os.stat(path))
    except FileNotFoundError:
        return False


def _name_holder(file: int) -> str:
    """What the holder wrote of itself, if it got that far."""
    os.lseek(file, 0, os.SEEK_SET)
    pid, _, since = os.read(file, 100).decode("ascii", "replace").strip().partition(" ")
    return f"another set-up (process {pid}, since {since})" if since else "another set-up"
