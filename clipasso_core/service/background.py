"""A sketch in the background: a folder that holds the order, and later what came of it.

``job.json`` (its ``"line"`` is a request as docs/protocol.md has it, the photo beside it; the rest
belongs to whoever wrote it), ``progress.json`` (the last event, while it computes),
``outcome.json`` (the event that it ended in), ``outcome.full`` (what takes its place when the disk
is full).
"""

from __future__ import annotations

import json
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from clipasso_core.errors import UserError, reason_of
from clipasso_core.files import move
from clipasso_core.service import client, events
from clipasso_core.service.envelope import MAX_LINE, SKETCH, at_home, read_envelope
from clipasso_core.service.place import PATIENT

TRIES = 2  # an engine may be stopped or killed under a job that nobody watches
PROGRESS_S = 0.5  # between two writings of progress.json


def compute(folder: Path) -> int:
    """Bring a job to its outcome, unless it has one or another process is at it. Returns 0, or 2
    when it failed. Raises `UserError` for a folder that can't be used.
    """
    try:
        with FileLock(folder / "lock", timeout=0):
            if _has_outcome(folder):
                _clear_away(folder)
                return 0
            full = folder / "outcome.full"
            _write(full, _NO_ROOM)  # while there is room for it
            try:
                outcome = _outcome(folder)
            except client.Replaced:  # no outcome: the new installation starts the job again
                full.unlink()
                return 2
            try:
                _write(folder / "outcome.json", outcome)
            except OSError:  # no room any more: to rename takes none
                move(full, folder / "outcome.json")
                return 2
            _clear_away(folder)
            return 0 if outcome["event"] == "result" else 2
    except Timeout:
        return 0
    except OSError as error:
        raise UserError(
            "bad-job",
            "{folder} can't be used ({reason}): make it a folder that you may write, or begin the"
            " sketch anew",
            folder=folder,
            reason=reason_of(error),
        ) from None


def _has_outcome(folder: Path) -> bool:
    """Whether the job is done; an outcome that is damaged is none."""
    try:
        return isinstance(json.loads((folder / "outcome.json").read_bytes()), dict)
    except (FileNotFoundError, IsADirectoryError, ValueError, RecursionError):
        return False


def _clear_away(folder: Path) -> None:
    """Remove what is of use only while a job computes, and what was left by one who was killed."""
    for name in ("outcome.full", "outcome.new", "progress.new"):
        with suppress(OSError):
            (folder / name).unlink()


def _outcome(folder: Path) -> dict[str, Any]:
    """The event that the job ends in. Raises `client.Replaced`."""
    try:
        line = json.dumps(json.loads((folder / "job.json").read_bytes())["line"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return events.error_event(
            UserError(
                "bad-job", "{folder} holds no job: it was damaged or half-written", folder=folder
            )
        )
    for _ in range(TRIES):
        try:
            envelope = read_envelope(line)
            if envelope.kind != SKETCH:
                return events.error_event(
                    UserError("bad-job", "{folder} asks for no sketch", folder=folder)
                )
            return _converse(folder, at_home(line, envelope, str(folder)).encode())
        except client.Replaced:
            raise
        except UserError as error:
            return events.error_event(error)
        except (EOFError, OSError):
            continue
    return events.ended_event()


def _converse(folder: Path, line: bytes) -> dict[str, Any]:
    written = 0.0
    with client.reach() as connection:
        connection.send_bytes(PATIENT + line)
        while True:
            event = dict(json.loads(connection.recv_bytes(MAX_LINE)))
            if event["event"] in ("result", "error"):
                return event
            if event["event"] in events.LAST:  # called off by an engine that was told to stop
                raise EOFError
            if time.monotonic() - written > PROGRESS_S:
                written = time.monotonic()
                with suppress(OSError):  # a full disk: the sketch goes on, and may still fit
                    _write(folder / "progress.json", event)


def _write(path: Path, value: dict[str, Any]) -> None:
    """Write beside and rename. Raises OSError, and leaves nothing of what could not be written."""
    scratch = path.with_suffix(".new")
    try:
        scratch.write_text(json.dumps(value))
        move(scratch, path)
    except OSError:
        with suppress(OSError):
            scratch.unlink()
        raise


_NO_ROOM = events.error_event(
    UserError("cannot-write", "the disk is full, and the sketch could not be kept: make room")
)
