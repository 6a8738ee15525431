"""What became of one picture: a line of the manifest."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Any

from clipasso_core.errors import UserError
from clipasso_core.wording import Value

DONE, FAILED = "done", "failed"


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line of ``manifest.jsonl``.

    path: names the picture, see `pictures.Photo`. output: the sketch's file, below OUT.
    sha256: of the picture's file; "" where it could not be read. stamp: see `place.stamp_of`.
    fingerprint: see `settings.Settings`.
    status: ``done`` or ``failed``, with the error's code and its sentence, and the sentence's
        template and values, see `UserError`.
    seconds: that the picture took, reading and writing included.
    loss, faces, subjects, strokes, guide, preset, device, mask: of the sketch; None of a failure.
    """

    path: str
    output: str
    sha256: str
    stamp: str
    fingerprint: str
    status: str
    code: str | None = None
    message: str | None = None
    text: str | None = None
    values: dict[str, Value] | None = None
    seconds: float = 0.0
    loss: float | None = None
    faces: int | None = None
    subjects: int | None = None
    strokes: int | None = None
    guide: str | None = None
    preset: str | None = None
    device: str | None = None
    mask: str | None = None

    @property
    def is_done(self) -> bool:
        """Whether there is a sketch."""
        return self.status == DONE

    def to_line(self) -> bytes:
        """As a line of JSON. ASCII, so that any bytes of a name come back."""
        return json.dumps(dataclasses.asdict(self)).encode() + b"\n"


def failed_row(
    path: str,
    output: str,
    error: UserError,
    fingerprint: str,
    *,
    sha256: str = "",
    stamp: str = "",
    seconds: float = 0.0,
) -> Row:
    """Of a picture that could not be drawn."""
    return Row(
        path=path,
        output=output,
        sha256=sha256,
        stamp=stamp,
        fingerprint=fingerprint,
        status=FAILED,
        **error.to_json(),
        seconds=seconds,
    )


def read_row(line: bytes) -> Row | None:
    """A line's row; None for one that was cut off, or is none. Fields of a newer version are left
    out.
    """
    try:
        fields = json.loads(line)
        known = {field.name for field in dataclasses.fields(Row)}
        row = Row(**{name: value for name, value in fields.items() if name in known})
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None
    return row if _is_sound(row) else None


def _is_sound(row: Row) -> bool:
    texts: tuple[Any, ...] = (row.path, row.output, row.sha256, row.stamp, row.fingerprint)
    return all(isinstance(text, str) for text in texts) and row.status in (DONE, FAILED)
