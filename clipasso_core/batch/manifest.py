"""The account of a batch, ``manifest.jsonl`` in OUT: a line for each picture, the last one of a
picture counts.

It is the checkpoint, too: what it says is done is not drawn again. On this machine lines are added
to the file; a store knows no adding, so that there new lines are files of their own beside it. When
a batch begins and when it ends, all is written anew as one file, beside and renamed.
"""

from __future__ import annotations

import json
import os
import time
from typing import Any

from clipasso_core.batch.place import Out
from clipasso_core.batch.row import Row, read_row
from clipasso_core.batch.settings import Settings
from clipasso_core.errors import UserError, reason_of

MANIFEST = "manifest.jsonl"
PARTS = "manifest.parts"  # folder of lines that are not in the file yet, in a store
SETTINGS = "batch.json"  # how the pictures of OUT were drawn
VERSION = 1  # of its form
# Times that writing a part took, in which further lines gather: a store takes some 50 ms, and a
# large cluster draws hundreds of pictures a second
REST = 10


class Manifest:
    """What became of each picture. Raises `UserError` where it can't be read.

    rows: by the picture's path. cut: how many lines could not be read; they are left out.
    """

    def __init__(self, out: Out, names: set[str]) -> None:
        """names: of the files in OUT."""
        self._out = out
        self.rows: dict[str, Row] = {}
        self.cut = 0
        self._is_tidy = True  # one line a picture, sorted
        self._unwritten = b""  # lines that wait for the next part
        self._rest_until = 0.0
        self._parts = sorted(name for name in names if name.startswith(f"{PARTS}/"))
        for name in (MANIFEST, *self._parts):
            self._take(out.read(name) or b"")
        self._is_tidy &= not self._parts and list(self.rows) == sorted(self.rows)

    def _take(self, text: bytes) -> None:
        *lines, rest = text.split(b"\n")
        self._is_tidy &= not rest  # a row that was cut off behind its last letter is whole
        for line in (*lines, rest):
            if not line.strip():
                continue
            row = read_row(line)
            if row is None:
                self.cut += 1
            else:
                self._is_tidy &= row.path not in self.rows
                self.rows[row.path] = row

    def add(self, rows: list[Row]) -> None:
        """Add lines at the end. Raises `UserError`; the file then ends as it did before. In a store
        those that come within moments are written with the next ones.
        """
        self.rows.update((row.path, row) for row in rows)
        self._is_tidy = False
        text = b"".join(row.to_line() for row in rows)
        if self._out.is_here:
            _append(self._out, text)
            return
        self._unwritten += text
        if time.monotonic() >= self._rest_until:
            self.flush()

    def flush(self) -> None:
        """Put the lines that wait into a store, then let others gather for a while. Raises
        `UserError`.
        """
        if not self._unwritten:
            return
        began = time.monotonic()
        # names sort in the order in which they are written
        name = f"{PARTS}/{len(self._parts):09d}.jsonl"
        self._out.write(name, self._unwritten)
        self._parts.append(name)
        self._unwritten = b""
        ended = time.monotonic()
        self._rest_until = ended + (ended - began) * REST

    def settle(self) -> None:
        """Write all lines anew, one a picture, sorted by path. Raises `UserError`."""
        if self._is_tidy and not self.cut:
            return
        rows = sorted(self.rows.values(), key=lambda row: row.path)
        self._out.write(MANIFEST, b"".join(row.to_line() for row in rows))
        self._is_tidy = True
        self._unwritten = b""
        self.cut = 0
        for part in self._parts:
            self._out.remove(part)
        self._parts.clear()


def _append(out: Out, text: bytes) -> None:
    path = out.path(MANIFEST)
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        try:
            before = os.fstat(file).st_size
            try:
                written = os.write(file, text)
                if written < len(text):  # the disk is full: the next writing says so
                    os.write(file, text[written:])
            except OSError:
                os.ftruncate(file, before)
                raise
        finally:
            os.close(file)
    except OSError as error:
        raise UserError(
            "cannot-write",
            "{path} can't be written ({reason}): free some room, and run the same command again",
            path=path,
            reason=reason_of(error),
        ) from error


def read_settings(out: Out) -> dict[str, Any] | None:
    """How the pictures of OUT were drawn; None where that is not known."""
    try:
        told = json.loads(out.read(SETTINGS) or b"")
        settings = told["settings"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return settings if isinstance(settings, dict) else None


def write_settings(out: Out, settings: Settings) -> None:
    """Keep how the pictures of OUT are drawn. Raises `UserError`."""
    told = {
        "version": VERSION,
        "fingerprint": settings.fingerprint,
        "settings": settings.described(),
    }
    out.write(SETTINGS, json.dumps(told, indent=1).encode())
