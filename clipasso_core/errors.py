"""What a person can mend, what nobody wants any more, and everything else."""

from __future__ import annotations

import errno
from typing import Any

from clipasso_core.wording import Value, Wording


class UserError(Exception):
    """A mistake or a lack that the person can mend.

    `code` is a stable short name for programs (for example ``"bad-strokes"``); `message` is one
    line that names the fix. `text` and `values` are the same for windows of other languages, see
    `Wording`. Whatever is raised and is not a `UserError` is a bug.
    """

    def __init__(self, code: str, text: str, /, **values: object) -> None:
        """text: a literal, whose placeholders are the names of `values`."""
        self.code = code
        self.wording = Wording(text, **values)
        self.message = str(self.wording)
        super().__init__(self.message)

    @property
    def text(self) -> str:
        """The message's template, in English."""
        return self.wording.text

    @property
    def values(self) -> dict[str, Value]:
        """What stands in the template's placeholders."""
        return self.wording.values

    def to_json(self) -> dict[str, Any]:
        """As in the event ``error`` of docs/protocol.md."""
        return {"code": self.code, "message": self.message, **self.wording.to_json()}

    @classmethod
    def from_json(cls, form: dict[str, Any]) -> UserError:
        """What `to_json` made, in another process."""
        return cls(form["code"], form["text"], **form["values"])

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled and copied whole; an exception's own way knows no names of values."""
        return _again, (type(self), self.code, self.text, self.values)


def _again(kind: type[UserError], code: str, text: str, values: dict[str, Value]) -> UserError:
    error = kind.__new__(kind)
    UserError.__init__(error, code, text, **values)
    return error


# What a disk, a permission or a thing in the way raises, rather than a mistake of ours
_OF_MACHINE = (
    *(errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EIO, errno.ENOTDIR),
    *(errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.EMFILE, errno.ENFILE, errno.EEXIST),
    errno.EDQUOT,
)


def of_machine(error: BaseException) -> UserError | None:
    """An error of a file as something that the person can mend; None for any other, which is a
    bug.
    """
    if not isinstance(error, OSError) or error.filename is None or error.errno not in _OF_MACHINE:
        return None
    return UserError(
        "bad-folder",
        "{path} can't be used ({reason}): mend that, and run the same command again",
        path=error.filename,
        reason=error.strerror,
    )


def reason_of(error: OSError) -> str:
    """What was wrong, and with which file."""
    reason = error.strerror or str(error)
    return f"{reason}: {error.filename}" if error.filename else reason


def of_output(error: OSError) -> UserError:
    """Standard output is full, or lost."""
    return UserError(
        "cannot-write",
        "standard output can't be written: {reason}",
        reason=error.strerror or error,
    )


class Cancelled(Exception):  # noqa: N818 - it is no error
    """Nobody wants the sketch any more, and there is nothing yet to keep."""
