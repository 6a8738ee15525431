"""Where the warm engine is found, and the key without which it does not listen."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import stat
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clipasso_core import __version__
from clipasso_core.errors import UserError
from clipasso_core.files import move
from clipasso_core.machine import folders

KEY_BYTES = 32
OWN = 0o700  # mode of a folder that nobody else can look into
NEAR_ROOT = Path("/tmp")  # for the sockets of homes with long paths: it is everywhere, and short
LONGEST_SOCKET = 100  # bytes of a Unix socket's path: the system's limit is 104 (macOS) or 108
# How messages to the engine begin; an empty one says that no more will come
REQUEST = b">"  # a line of a person who waits
PATIENT = b"~"  # a line of a job in the background
STOP = b"!stop"
STATUS = b"!status"
READY = b"ready"  # what the engine prints when it listens; else it prints why it does not


@dataclass(frozen=True)
class Place:
    """The engine of one home: one per `CLIPASSO_HOME` and user."""

    folder: Path

    @property
    def address(self) -> str:
        """Of the socket, or the named pipe on Windows."""
        digest = hashlib.sha256(os.fsencode(self.folder.resolve())).hexdigest()[:16]
        if sys.platform == "win32":
            return rf"\\.\pipe\clipasso-{digest}"
        near = str(self.folder / "socket")
        if len(os.fsencode(near)) <= LONGEST_SOCKET:
            return near
        # not in TMPDIR: others may have another, and must find the same engine
        return str(_private(NEAR_ROOT / f"clipasso-{os.getuid()}") / digest)

    @property
    def family(self) -> str:
        """As `multiprocessing.connection` names it."""
        return "AF_PIPE" if sys.platform == "win32" else "AF_UNIX"

    def key(self) -> bytes:
        """The secret that both sides prove to know; made at the first use, readable by its owner
        alone.
        """
        path = self.folder / "key"
        with suppress(FileNotFoundError, ValueError):
            if len(key := bytes.fromhex(path.read_text())) == KEY_BYTES:
                return key
        scratch = path.with_name(f"key-{os.getpid()}")
        with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_hex(KEY_BYTES))
        move(scratch, path)
        return bytes.fromhex(path.read_text())

    def record(self) -> dict[str, Any]:
        """What the engine wrote of itself when it began to listen; empty when it wrote nothing."""
        try:
            return dict(json.loads((self.folder / "engine.json").read_text()))
        except (OSError, ValueError, TypeError, RecursionError):
            return {}

    def write_record(self, facts: dict[str, Any]) -> None:
        """Write beside and rename."""
        scratch = self.folder / "engine.json.new"
        scratch.write_text(json.dumps(facts))
        move(scratch, self.folder / "engine.json")

    @property
    def starting(self) -> Path:
        """The lock of whoever is starting an engine."""
        return self.folder / "starting.lock"

    @property
    def alive(self) -> Path:
        """The lock that an engine holds as long as it lives."""
        return self.folder / "alive.lock"


def find_place() -> Place:
    """The place of this home's engine. Raises `UserError` when its folder can't be made or is
    somebody else's.
    """
    return Place(_private(folders.home() / "run"))


def identity() -> str:
    """Of this installation: an engine with another one is out of date and is replaced."""
    newest = max(path.stat().st_mtime_ns for path in folders.CODE.rglob("*.py"))
    return f"{__version__} {sys.executable} {newest}"


def _private(folder: Path) -> Path:
    """A folder that nobody else can look into."""
    try:
        folder.mkdir(mode=OWN, parents=True, exist_ok=True)
        status = folder.lstat()
    except OSError as error:
        raise UserError(
            "no-home",
            "{folder} can't be made ({reason}): set CLIPASSO_HOME to a folder that you may write",
            folder=folder,
            reason=error.strerror,
        ) from None
    if sys.platform == "win32":
        return folder
    if stat.S_ISLNK(status.st_mode) or status.st_uid != os.getuid():
        raise UserError(
            "no-home",
            "{folder} belongs to somebody else: remove it, or set CLIPASSO_HOME to a folder of"
            " your own",
            folder=folder,
        )
    if status.st_mode & 0o777 != OWN:  # closed to ourselves, or open to others
        folder.chmod(OWN)
    return folder
