"""Files: written whole, read with doubt, compared by checksum."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

# the engine's and the extension's files.py have the same
BUSY_S = 2.0  # Windows: virus scanners let go of a small file within fractions of it
LOOK_S = 0.02


def write(path: Path, text: str) -> None:
    """Write beside and rename, so that no half-written file is ever there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = scratch_of(path)
    try:
        scratch.write_text(text, encoding="utf-8")
        move(scratch, path)
    except OSError:
        remove(scratch)
        raise


def move(source: Path, target: Path) -> None:
    """Rename a file or folder, a file also into the place of another. Raises OSError.

    Windows refuses that while anybody has something of it open, who scans for viruses what was
    written just now for instance: there it is tried for a while.
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


def scratch_of(path: Path) -> Path:
    """What `write` leaves of a file when it is killed."""
    return path.with_name(path.name + ".new")


def load_json(path: Path) -> dict[str, Any] | None:
    """A file of ours; None when it is missing or damaged."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):  # the last for one that is nested too deep
        return None
    return value if isinstance(value, dict) else None


def read_json(path: Path) -> dict[str, Any]:
    """A file of ours; empty when it is missing or damaged."""
    return load_json(path) or {}


def checksum(path: Path) -> str:
    """SHA-256 of a file; empty when it can't be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def bytes_below(folder: Path) -> int:
    """What the files below a folder take on the disk."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir())


def remove(path: Path) -> None:
    """Delete a file, link or folder; what can't be deleted now is left for the next run."""
    if path.is_symlink() or path.is_file():
        with suppress(OSError):
            path.unlink()
    else:
        shutil.rmtree(path, ignore_errors=True)
