"""A mistake is told in one line that one reads to its end."""

from __future__ import annotations

import errno
import os

import pytest

from clipasso_core.errors import LONGEST, LONGEST_INPUT, UserError, of_machine, reason_of


def test_a_message_is_one_line() -> None:
    assert UserError("bad-name", "a\nname\t that\r\n breaks").message == "a name that breaks"


def test_a_long_message_keeps_what_happened_and_the_advice() -> None:
    message = UserError("bad-name", f"no such thing: '{'x' * 100_000}': choose another").message
    assert message.startswith("no such thing")
    assert message.endswith("choose another")
    assert len(message) <= LONGEST + 5


@pytest.mark.parametrize("given", ["x" * 5000, "'" + "many words " * 500 + "'"])
def test_what_somebody_gave_is_repeated_in_two_hundred_letters(given: str) -> None:
    message = UserError("bad-name", f"there is no thing {given}: choose another").message
    assert message.startswith("there is no thing ")
    assert message.endswith(": choose another")
    assert len(message) <= len("there is no thing : choose another") + LONGEST_INPUT + 1


def test_lists_of_names_stay_whole() -> None:
    names = ", ".join(f"setting_{number}" for number in range(30))
    message = f"a request has no setting 'x': it has {names}, and that's all"
    assert UserError("bad-request", message).message == message


@pytest.mark.parametrize("number", [errno.EACCES, errno.ENOSPC, errno.EROFS, errno.ENOTDIR])
def test_what_the_machine_refuses_names_the_file(number: int) -> None:
    error = of_machine(OSError(number, os.strerror(number), "/some/file"))
    assert error is not None
    assert error.message.startswith(f"/some/file can't be used ({os.strerror(number)})")


@pytest.mark.parametrize(
    "error",
    [
        ValueError("no file"),
        FileNotFoundError(errno.ENOENT, "gone", "/some/file"),
        OSError(errno.ENOSPC, "full"),
    ],
)
def test_anything_else_is_a_bug(error: Exception) -> None:
    assert of_machine(error) is None


def test_a_reason_names_the_file_where_there_is_one() -> None:
    assert reason_of(OSError(errno.EACCES, "closed", "a")) == "closed: a"
    assert reason_of(OSError(errno.EACCES, "closed")) == "closed"
    assert reason_of(OSError("words")) == "words"
