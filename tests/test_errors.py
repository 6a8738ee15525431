"""A mistake is told in one line that one reads to its end."""

from __future__ import annotations

import copy
import errno
import json
import os
import pickle
from collections.abc import Callable

import pytest

from clipasso_core.errors import UserError, of_machine, reason_of


class GoneError(UserError):
    """One whose words are its own, as `client.Replaced`."""

    def __init__(self) -> None:
        super().__init__("gone", "it was taken from {place}", place="here")


def test_a_mistake_is_its_message_and_the_parts_that_other_languages_are_made_of() -> None:
    error = UserError("no-thing", "there are {count} things in {place}", count=2, place="a b")
    assert error.message == str(error) == "there are 2 things in a b"
    assert error.text.format(**error.values) == error.message
    assert error.to_json() == {
        "code": "no-thing",
        "message": "there are 2 things in a b",
        "text": "there are {count} things in {place}",
        "values": {"count": 2, "place": "a b"},
    }


@pytest.mark.parametrize(
    "error",
    [
        UserError(
            "no-thing", "there is no {name} in '{code}', {text}", name="{a}", code=1, text=2.5
        ),
        UserError("bad-name", "{name} is cut", name="x" * 5000),
        GoneError(),
    ],
    ids=lambda error: error.code,
)
@pytest.mark.parametrize(
    "carry",
    [
        lambda error: pickle.loads(pickle.dumps(error)),
        copy.copy,
        lambda error: UserError.from_json(json.loads(json.dumps(error.to_json()))),
    ],
    ids=["pickled", "copied", "as JSON"],
)
def test_nothing_of_it_is_lost_on_its_way(
    error: UserError, carry: Callable[[UserError], UserError]
) -> None:
    arrived = carry(error)
    assert arrived.to_json() == error.to_json()
    assert str(arrived) == error.message


def test_a_pickled_mistake_is_still_of_its_kind() -> None:
    assert isinstance(pickle.loads(pickle.dumps(GoneError())), GoneError)


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
