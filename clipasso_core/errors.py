"""What a person can mend, what nobody wants any more, and everything else."""

from __future__ import annotations

LONGEST = 600  # letters of a message: some lists of names are as long, and no more is read


class UserError(Exception):
    """A mistake or a lack that the person can mend.

    `code` is a stable short name for programs (for example ``"bad-strokes"``); `message` is one
    line that names the fix. Whatever is raised and is not a `UserError` is a bug.
    """

    def __init__(self, code: str, message: str) -> None:
        # names and values that people gave may hold line breaks, and be of any length
        message = _shortened(" ".join(message.split()))
        super().__init__(message)
        self.code = code
        self.message = message


def _shortened(message: str) -> str:
    """At most `LONGEST` letters: the middle goes, for what happened stands before it and the advice
    behind it.
    """
    if len(message) <= LONGEST:
        return message
    half = LONGEST // 2
    return f"{message[:half]} ... {message[-half:]}"


class Cancelled(Exception):  # noqa: N818 - it is no error
    """Nobody wants the sketch any more, and there is nothing yet to keep."""
