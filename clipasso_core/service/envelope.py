"""What comes in, one JSON object a line. docs/protocol.md describes it."""

from __future__ import annotations

import base64
import binascii
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clipasso_core.errors import UserError
from clipasso_core.request import SketchRequest

if TYPE_CHECKING:
    from clipasso_core.photo.picture import Picture
    from clipasso_core.result import SketchResult

# the largest picture (clipasso_core.photo.picture.MAX_BYTES) in base64, and its request
MAX_LINE = 700 * 1024 * 1024
SKETCH, STOP, ABOUT = "sketch", "stop", "about"
NO_FILES = ("auto", "alpha", "none", "rembg")  # masks that are no paths
# fields beside the id
OF_A_SKETCH = {"photo", "data", "request", "preview_px", "preview_svg", "edit", "start"}
MAX_PREVIEW_PX = 2048
LONGEST_ID = 200  # letters
MIN_PREVIEW_PX = 16

Ident = str | int | None  # of a request, as its caller knows it

_NO_REQUEST = UserError(
    "bad-request",
    'that line is not a request: send {{"id": ..., "photo": PATH, "request": {{...}}}}, or "data"'
    ' in base64 instead of "photo"',
)


@dataclass(frozen=True)
class Envelope:
    """One line of a conversation.

    ident: of the request, as its caller knows it.
    kind: ``sketch`` draws; ``stop`` ends the sketch that is computing early and keeps it; ``about``
        asks what the engine has.
    photo or data: the bitmap as a path, or its bytes in base64.
    request: a `SketchRequest`'s JSON form.
    preview_px: longest side of the pictures that go with the events; None for none.
    edit: an `EditRequest`'s JSON form, for a sketch that is there already.
    start: an earlier sketch's document as text, from which this one goes on.
    preview_svg: whether the growing sketch comes as a document instead of as pictures.
    """

    ident: Ident
    kind: str
    photo: str | None = None
    data: str | None = None
    request: Any = None
    preview_px: int | None = None
    edit: Any = None
    start: str | None = None
    preview_svg: bool = False

    @property
    def preset(self) -> str:
        """The preset that the request names, checked or not; "" where it names none."""
        named = self.request.get("preset") if isinstance(self.request, dict) else None
        return named if isinstance(named, str) else ""

    def settings(self) -> SketchRequest:
        """The request. Raises `UserError`."""
        return SketchRequest.from_json(self.request)

    def earlier(self) -> SketchResult | None:
        """The sketch to go on from, if any. Raises `UserError`."""
        from clipasso_core.document.svg import from_svg

        if self.start is None:
            return None
        # JSON can hold halves of letters
        return from_svg(self.start.encode("utf-8", "replace"))

    def bitmap(self) -> bytes:
        """The bitmap's bytes. Raises `UserError`."""
        from clipasso_core.files import read_bytes

        if self.photo is not None:
            return read_bytes(self.photo, "photo")
        try:
            return base64.b64decode(self.data or "", validate=False)
        except (binascii.Error, TypeError, ValueError):
            raise UserError(
                "bad-request", "a request's data must be a bitmap's bytes in base64"
            ) from None

    def picture(self, data: bytes) -> Picture:
        """The bitmap that those bytes hold. Raises `UserError`."""
        from pathlib import Path

        from clipasso_core.photo.picture import decode_picture

        return decode_picture(data, None if self.photo is None else Path(self.photo).name)


def read_id(line: str | bytes) -> Ident:
    """The id in a line that need not be valid; None where there is none."""
    try:
        fields = _strict(line)
    except (ValueError, RecursionError):
        return None
    ident = fields.get("id") if isinstance(fields, dict) else None
    return ident if _is_ident(ident) else None


def _strict(line: str | bytes) -> Any:
    """JSON as RFC 8259 has it, without Python's NaN and Infinity. Raises ValueError."""

    def refuse(word: str) -> None:
        raise ValueError(f"{word} is not JSON")

    return json.loads(line, parse_constant=refuse)


def _is_ident(value: object) -> bool:
    """Whether it may be an id: a string or a whole number, or none at all."""
    if isinstance(value, str):
        return len(value) <= LONGEST_ID
    if isinstance(value, int) and not isinstance(value, bool):
        return abs(value) < 2**63
    return value is None


def read_envelope(line: str | bytes) -> Envelope:
    """Read one line. Raises `UserError` when it is none of the kinds."""
    try:
        fields = _strict(line)
    except (ValueError, RecursionError):
        raise UserError(
            "bad-request",
            "that line is not JSON: send one object a line, as clipasso run --help shows",
        ) from None
    if not isinstance(fields, dict):
        raise _NO_REQUEST
    ident = fields.pop("id", None)
    if not _is_ident(ident):
        raise UserError(
            "bad-request",
            "a request's id must be a whole number or a string of at most {most} letters",
            most=LONGEST_ID,
        )
    for kind in (STOP, ABOUT):
        if set(fields) == {kind} and fields[kind] is True:
            return Envelope(ident, kind)
    _check_sketch(fields)
    return Envelope(
        ident,
        SKETCH,
        fields.get("photo"),
        fields.get("data"),
        fields.get("request", {}),
        fields.get("preview_px"),
        fields.get("edit"),
        fields.get("start"),
        fields.get("preview_svg", False),
    )


def _check_sketch(fields: dict[str, Any]) -> None:
    """Whether the fields beside the id are those of a sketch. Raises `UserError`."""
    if not set(fields) <= OF_A_SKETCH or ("photo" in fields) == ("data" in fields):
        raise _NO_REQUEST
    if not isinstance(fields.get("photo", ""), str):
        raise UserError("bad-request", "a request's photo must be a path")
    if not isinstance(fields.get("data", ""), str):
        raise UserError("bad-request", "a request's data must be a bitmap's bytes in base64")
    if not isinstance(fields.get("start", ""), str) or {"start", "edit"} <= set(fields):
        raise UserError(
            "bad-request",
            "a request's start must be a sketch's SVG as text, and an edit has none",
        )
    if not isinstance(fields.get("preview_svg", False), bool):
        raise UserError("bad-request", "a request's preview_svg must be true or false")
    side = fields.get("preview_px")
    if side is not None and not _is_side(side):
        raise UserError(
            "bad-request",
            "a request's preview_px must be a whole number from {least} to {most}",
            least=MIN_PREVIEW_PX,
            most=MAX_PREVIEW_PX,
        )


def _is_side(value: object) -> bool:
    """Whether it may be the longer side of a picture."""
    return (
        isinstance(value, int)
        and not isinstance(value, bool)
        and MIN_PREVIEW_PX <= value <= MAX_PREVIEW_PX
    )


def at_home(line: str, envelope: Envelope, folder: str = "") -> str:
    """The line with paths that start at `folder` made absolute: the engine has another working
    folder than whoever asks. Raises `UserError` where there is no working folder.
    """
    named = _named_files(envelope.request)
    if envelope.photo is None and not named:
        return line
    fields = json.loads(line)
    try:
        if envelope.photo is not None:
            fields["photo"] = os.path.abspath(os.path.join(folder, envelope.photo))
        for setting, path in named.items():
            fields["request"][setting] = os.path.abspath(os.path.join(folder, path))
    except OSError:
        raise UserError(
            "no-folder",
            "the working folder is gone: change to one that is there, or name absolute paths",
        ) from None
    return json.dumps(fields)


def _named_files(request: object) -> dict[str, str]:
    """The settings of a request, checked or not, that are paths."""
    settings = request if isinstance(request, dict) else {}
    named = {name: settings.get(name) for name in ("mask", "mask_repair", "emphasis")}
    paths = {name: path for name, path in named.items() if isinstance(path, str) and path}
    mask = paths.get("mask", "auto")
    if mask in NO_FILES or mask.startswith("rembg:"):
        paths.pop("mask", None)
    return paths
