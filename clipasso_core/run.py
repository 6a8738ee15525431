"""The extension's door: JSON requests in, JSON events out, one a line; a later request replaces the one that computes.

A request: ``{"id": "1", "photo": "/path/photo.jpg", "request": {"version": 1, "strokes": 16}}``, or ``"data"`` with the bitmap's
bytes in base64 instead of ``"photo"``. Events carry the request's id: ``started``, ``progress``, then one of ``result``,
``error`` and ``cancelled``. When the input ends, what computes is cancelled.
"""

from __future__ import annotations

import base64
import binascii
import json
import threading
from collections import deque
from typing import IO, Any

from clipasso_core import events, log
from clipasso_core.device import choose_device
from clipasso_core.errors import UserError
from clipasso_core.picture import MAX_BYTES, Picture, decode_picture, read_picture
from clipasso_core.request import SketchRequest
from clipasso_core.sketch import Job, Progress

MAX_LINE = MAX_BYTES * 4 // 3 + 65536  # the largest picture in base64, and its request
FIELDS = {"id", "photo", "data", "request"}


_NO_REQUEST = UserError(
    "bad-request",
    'that line is not a request: send {"id": ..., "photo": PATH, "request": {...}}, or "data" in base64 instead of "photo"',
)


class _CalledOff(Exception):  # noqa: N818 - it is no error
    """A newer request waits, or the input has ended."""


class _Mailbox:
    """The newest line that was not taken yet, filled by a reading thread; older ones are remembered only to be called off."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._lines: deque[str] = deque()
        self._changed = threading.Condition()
        self.ended = False
        threading.Thread(target=self._read, name="requests", daemon=True).start()

    def _read(self) -> None:
        try:
            while line := self._stream.readline(MAX_LINE):
                if line.strip():
                    with self._changed:
                        self._lines.append(line)
                        self._changed.notify()
        finally:
            with self._changed:
                self.ended = True
                self._changed.notify()

    @property
    def called(self) -> bool:
        """Whether whoever computes should stop."""
        return bool(self._lines) or self.ended

    def take(self) -> str | None:
        """The next line, or None when the input has ended."""
        with self._changed:
            self._changed.wait_for(lambda: self._lines or self.ended)
            return self._lines.popleft() if self._lines else None


def run(stdin: IO[str], stdout: IO[str]) -> int:
    """Serve until the input ends. Returns the exit status of the last request: 0, 1 for a bug, 2 for what a person can mend."""
    mailbox, guides, status = _Mailbox(stdin), _Guides(), 0

    def tell(ident: Any, event: dict[str, Any]) -> None:
        stdout.write(json.dumps({"id": ident, **event}) + "\n")
        stdout.flush()

    while (line := mailbox.take()) is not None:
        ident = None
        try:
            envelope = _parse(line)
            ident = envelope.get("id")
            _check(envelope)
            status = 0
            _serve(envelope, mailbox, guides, lambda event, ident=ident: tell(ident, event))
        except _CalledOff:
            tell(ident, {"event": "cancelled"})
        except UserError as error:
            status = 2
            tell(ident, events.error_event(error))
        except BrokenPipeError:
            raise
        except Exception as error:
            status = 1
            tell(ident, events.bug_event(log.record_bug(error)))
    return status


def _parse(line: str) -> dict[str, Any]:
    try:
        envelope = json.loads(line)
    except (ValueError, RecursionError):
        raise UserError("bad-request", "that line is not JSON: send one object a line, as clipasso run --help shows") from None
    if not isinstance(envelope, dict):
        raise _NO_REQUEST
    return envelope


def _check(envelope: dict[str, Any]) -> None:
    if not set(envelope) <= FIELDS or ("photo" in envelope) == ("data" in envelope):
        raise _NO_REQUEST


def _picture(envelope: dict[str, Any]) -> Picture:
    if "photo" in envelope:
        if not isinstance(envelope["photo"], str):
            raise UserError("bad-request", "a request's photo must be a path")
        return read_picture(envelope["photo"])
    try:
        return decode_picture(base64.b64decode(envelope["data"], validate=False))
    except (binascii.Error, TypeError, ValueError):
        raise UserError("bad-request", "a request's data must be a bitmap's bytes in base64") from None


def _serve(envelope: dict[str, Any], mailbox: _Mailbox, guides: _Guides, tell: Any) -> None:
    request = SketchRequest.from_json(envelope.get("request", {}))
    picture = _picture(envelope)

    def on_progress(progress: Progress) -> None:
        if mailbox.called:
            raise _CalledOff
        tell(events.progress_event(progress))

    if mailbox.called and not mailbox.ended:
        raise _CalledOff
    result = Job(picture, request, guides).run(on_progress)
    tell(events.result_event(result))


class _Guides:
    """The guide loaded last, for the next request that wants the same."""

    def __init__(self) -> None:
        self._key: tuple[Any, ...] | None = None
        self._guide: Any = None

    def __call__(self, name: str, device: str, precision: str, text: bool) -> Any:
        from clipasso_core.guide import load_guide

        key = (name, choose_device(device), precision, text)
        if key != self._key:
            self._key, self._guide = None, None  # never two at once in memory
            self._guide = load_guide(name, device, precision, text)
            self._key = key
        return self._guide
