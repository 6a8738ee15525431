"""Files, read within limits and written whole or not at all."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import IO, Literal

from clipasso_core.errors import UserError

if sys.platform != "win32":
    import fcntl

MAX_BYTES = 512 * 1024 * 1024
SCRATCH = ".clipasso-"  # how files begin that are being written
ANYBODY_WRITES = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH
FORGOTTEN_S = 600.0  # Windows: whoever writes such a file for so long was killed
# the extension's and the set-up's files.py have the same
BUSY_S = 2.0  # Windows: readers and virus scanners let go of a small file within fractions of it
LOOK_S = 0.02


Part = Literal["photo", "mask", "mask repair", "emphasis", "sketch", "list"]


def read_bytes(path: str | Path, what: Part) -> bytes:
    """The bytes of a regular file of bearable size. `what`: the file's part, for messages."""
    path = Path(path)
    setting = what.replace(" ", "_")
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise UserError(f"bad-{setting}", "{path} is a folder: name a file in it", path=path)
        if not stat.S_ISREG(status.st_mode):
            raise UserError(
                f"bad-{setting}",
                "{path} is not a regular file: name another",
                path=path,
            )
        if status.st_size == 0:
            raise UserError(f"bad-{setting}", "{path} is empty: it holds no picture", path=path)
        if status.st_size > MAX_BYTES:
            raise UserError(
                f"bad-{setting}",
                "{path} is larger than {megabytes} MB: save it smaller",
                path=path,
                megabytes=MAX_BYTES >> 20,
            )
        return path.read_bytes()
    except FileNotFoundError:
        raise _absent(what, path) from None
    except PermissionError:
        raise UserError(
            f"bad-{setting}", "{path} may not be read: check its permissions", path=path
        ) from None
    except (OSError, ValueError) as error:
        raise UserError(
            f"bad-{setting}", "{path} can't be read: {reason}", path=path, reason=error
        ) from None


def _absent(what: Part, path: Path) -> UserError:
    """Of a file that is not there: a whole sentence for each part, as other languages need it."""
    told = {
        "photo": UserError(
            "no-photo", "there is no photo {place}: check the name and the folder", place=path
        ),
        "mask": UserError(
            "no-mask", "there is no mask {path}: check the name and the folder", path=path
        ),
        "mask repair": UserError(
            "no-mask_repair",
            "there is no mask repair {path}: check the name and the folder",
            path=path,
        ),
        "emphasis": UserError(
            "no-emphasis", "there is no emphasis {path}: check the name and the folder", path=path
        ),
        "sketch": UserError(
            "no-sketch", "there is no sketch {path}: check the name and the folder", path=path
        ),
        "list": UserError(
            "no-list", "there is no list {path}: check the name and the folder", path=path
        ),
    }
    return told[what]


def write_whole(data: bytes, path: Path, force: bool = False) -> None:
    """See `write_svg`; for any bytes. force: replace a file that is read-only, too."""
    check_writable(path, force)
    path = Path(os.path.realpath(path))  # a link stays a link
    scratch = ""
    held = -1
    try:
        with _begin(path.parent) as part:
            scratch = part.name
            held = os.dup(part.fileno())  # a lock is held until the last of these is closed
            part.write(data)
            part.flush()
            os.fsync(part.fileno())
        if sys.platform == "win32":  # a file that is open can't be renamed there
            os.close(held)
            held = -1
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
        os.chmod(scratch, mode)
        if sys.platform == "win32" and path.exists():
            os.chmod(path, mode | stat.S_IWRITE)  # there it holds for replacing, too
        move(scratch, path)
        _clear_away(path.parent)
    except BaseException as error:
        if scratch:
            Path(scratch).unlink(missing_ok=True)
        if not isinstance(error, OSError):
            raise
        raise UserError(
            "cannot-write",
            "{path} can't be written ({reason}): free some room or choose another place with -o",
            path=path,
            reason=error.strerror,
        ) from None
    finally:
        if held >= 0:
            os.close(held)


def move(source: str | Path, target: str | Path) -> None:
    """Rename a file, into the place of another if there is one. Raises OSError.

    Windows refuses that while anybody has one of both open, who reads progress for instance, or
    scans for viruses what was written just now: there it is tried for a while.
    """
    until = time.monotonic() + BUSY_S
    while True:
        try:
            os.replace(source, target)
            return
        except PermissionError:
            if sys.platform != "win32" or time.monotonic() > until:
                raise
        time.sleep(LOOK_S)  # nobody tells when it is let go of


def _begin(folder: Path) -> IO[bytes]:
    """A new file to write, locked where there are locks: by that others know that its writer
    lives.
    """
    while True:
        part = tempfile.NamedTemporaryFile(  # noqa: SIM115 - whoever asked closes it
            dir=folder, prefix=SCRATCH, delete=False
        )
        if sys.platform != "win32":
            with suppress(OSError):  # some network's disks have no locks
                fcntl.flock(part.fileno(), fcntl.LOCK_EX)
        if os.path.exists(part.name):
            return part
        part.close()  # somebody cleared it away before it was locked


def _clear_away(folder: Path) -> None:
    """Delete what writers that were killed left in a folder."""
    for left in folder.glob(f"{SCRATCH}*"):
        with suppress(OSError):  # its writer lives, or another was quicker
            _discard(left)


def _discard(left: Path) -> None:
    """Delete a file that nobody writes any more. Raises OSError for any other."""
    if sys.platform == "win32":  # a file that is open can't be deleted there
        if time.time() - left.stat().st_mtime > FORGOTTEN_S:
            left.unlink()
        return
    file = os.open(left, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        left.unlink()
    finally:
        os.close(file)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def check_writable(path: Path, force: bool = False) -> None:
    """Raise `UserError` when a file can't be made at `path`, or would replace one that somebody
    made read-only and is not to be replaced by `force`.

    Called before the work, so that none is done for nothing.
    """
    folder = path.parent
    try:
        if path.is_symlink():
            folder = Path(os.path.realpath(path)).parent  # of what it points to, be it there or not
        mode: int | None = path.stat().st_mode
    except FileNotFoundError:
        mode = None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(
            "cannot-write",
            "{path} can't be written ({reason}): choose another place with -o",
            path=path,
            reason=reason,
        ) from None
    if mode is not None and stat.S_ISDIR(mode):
        raise UserError("cannot-write", "{path} is a folder: name a file in it", path=path)
    if mode is not None and not stat.S_ISREG(mode):
        raise UserError(
            "cannot-write",
            "{path} is not a regular file: choose another place with -o, or - for standard output",
            path=path,
        )
    if mode is not None and not mode & ANYBODY_WRITES and not force:
        raise UserError(
            "read-only",
            "{path} is read-only: replace it with --force, or choose another place with -o",
            path=path,
        )
    if not folder.is_dir():
        raise UserError(
            "cannot-write",
            "there is no folder {folder}: make it first, or choose another with -o",
            folder=folder,
        )
    if not os.access(folder, os.W_OK):
        raise UserError(
            "cannot-write",
            "the folder {folder} is read-only: choose another with -o",
            folder=folder,
        )


def sha256(path: Path) -> str:
    """Hex digest of a file's content."""
    with path.open("rb") as stream:
        if hasattr(hashlib, "file_digest"):  # Python 3.11 and later
            return str(hashlib.file_digest(stream, "sha256").hexdigest())
        return _digest(stream)


def _digest(stream: IO[bytes]) -> str:
    total = hashlib.sha256()
    while block := stream.read(1 << 20):
        total.update(block)
    return total.hexdigest()
