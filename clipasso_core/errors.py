"""What a person can mend, what nobody wants any more, and everything else."""

from __future__ import annotations


class UserError(Exception):
    """A mistake or a lack that the person can mend.

    `code` is a stable short name for programs (for example ``"bad-strokes"``); `message` is one
    line that names the fix. Whatever is raised and is not a `UserError` is a bug.
    """

    def __init__(self, code: str, message: str) -> None:
        # names and values that people gave may hold line breaks
        message = " ".join(message.split())
        super().__init__(message)
        self.code = code
        self.message = message


class Cancelled(Exception):  # noqa: N818 - it is no error
    """Nobody wants the sketch any more, and there is nothing yet to keep."""
