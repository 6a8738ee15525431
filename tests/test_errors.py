"""A mistake is told in one line that one reads to its end."""

from __future__ import annotations

from clipasso_core.errors import LONGEST, UserError


def test_a_message_is_one_line() -> None:
    assert UserError("bad-name", "a\nname\t that\r\n breaks").message == "a name that breaks"


def test_a_long_message_keeps_what_happened_and_the_advice() -> None:
    message = UserError("bad-name", f"no such thing: '{'x' * 100_000}': choose another").message
    assert message.startswith("no such thing")
    assert message.endswith("choose another")
    assert len(message) <= LONGEST + 5
