"""What a person can mend, what nobody wants any more, and everything else."""

from __future__ import annotations

import errno
import re

NO_FOLDER = "the working folder is gone: change to one that is there"
LONGEST = 600  # letters of a message: some lists of names are as long, and no more is read
LONGEST_INPUT = 200  # letters of what somebody gave and a message repeats
# what is quoted, or has no blank in it: paths, names, numbers
REPEATED = re.compile(rf"(?<!\w)'[^']{{{LONGEST_INPUT},}}'|\S{{{LONGEST_INPUT},}}")


class UserError(Exception):
    """A mistake or a lack that the person can mend.

    `code` is a stable short name for programs (for example ``"bad-strokes"``); `message` is one
    line that names the fix. Whatever is raised and is not a `UserError` is a bug.
    """

    def __init__(self, code: str, message: str) -> None:
        # names and values that people gave may hold line breaks, and be of any length
        message = shortened(message)
        super().__init__(message)
        self.code = code
        self.message = message


def shortened(message: str) -> str:
    """A message in one line of at most `LONGEST` letters, and of each thing that it repeats at most
    `LONGEST_INPUT`. The middle goes: what happened stands before it and the advice behind it.
    """
    message = " ".join(message.split())
    message = REPEATED.sub(lambda found: _cut(found.group(), LONGEST_INPUT), message)
    return _cut(message, LONGEST)


def _cut(text: str, longest: int) -> str:
    mark = " ... "
    if len(text) <= longest:
        return text
    half = (longest - len(mark)) // 2
    return f"{text[:half]}{mark}{text[-half:]}"


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
        f"{error.filename} can't be used ({error.strerror}): mend that, and run the same command"
        " again",
    )


def reason_of(error: OSError) -> str:
    """What was wrong, and with which file."""
    reason = error.strerror or str(error)
    return f"{reason}: {error.filename}" if error.filename else reason


def of_output(error: OSError) -> UserError:
    """Standard output is full, or lost."""
    return UserError("cannot-write", f"standard output can't be written: {error.strerror or error}")


class Cancelled(Exception):  # noqa: N818 - it is no error
    """Nobody wants the sketch any more, and there is nothing yet to keep."""
