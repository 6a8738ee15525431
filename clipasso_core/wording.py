"""Sentences for a person, which a window says in the person's language."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

LONGEST = 600  # letters of a message: some lists of names are as long, and no more is read
LONGEST_INPUT = 200  # letters of what somebody gave and a message repeats
# what is quoted, or has no blank in it: paths, names, numbers
REPEATED = re.compile(rf"(?<!\w)'[^']{{{LONGEST_INPUT},}}'|\S{{{LONGEST_INPUT},}}")

Value = str | int | float


class Wording:
    """A sentence, or a clause of one, in two parts that can be sent and translated.

    text: the English template, with named placeholders as `str.format` has them; a literal where it
        is written, for what collects templates for translators finds nothing else.
    values: what stands in them. Finite numbers stay numbers, anything else is text, in one line and
        no longer than a person reads; braces in it mean nothing.
    """

    def __init__(self, text: str, /, **values: object) -> None:
        self.text = text
        self.values: dict[str, Value] = {
            name: _value(value, LONGEST_INPUT if f"'{{{name}}}'" in text else LONGEST)
            for name, value in values.items()
        }

    def __str__(self) -> str:
        """The sentence in English, one line."""
        return _cut(self.text.format(**self.values), LONGEST)

    def __repr__(self) -> str:
        return f"Wording({self.text!r}, **{self.values!r})"

    def with_values(self, change: Callable[[str], str]) -> Wording:
        """The same with other texts in it."""
        changed = {
            name: change(value) if isinstance(value, str) else value
            for name, value in self.values.items()
        }
        return type(self)(self.text, **changed)

    def to_json(self) -> dict[str, Any]:
        """As docs/protocol.md has it: ``text`` and ``values``."""
        return {"text": self.text, "values": self.values}


def shortened(message: str) -> str:
    """A message in one line of at most `LONGEST` letters, and of each thing that it repeats at most
    `LONGEST_INPUT`. The middle goes: what happened stands before it and the advice behind it.
    """
    message = " ".join(message.split())
    message = REPEATED.sub(lambda found: _cut(found.group(), LONGEST_INPUT), message)
    return _cut(message, LONGEST)


def _value(value: object, longest: int) -> Value:
    """A value as it is sent: a number, or a text of at most so many letters."""
    text = str(value)
    is_long = len(text) >= LONGEST_INPUT  # a number that nobody reads, nor a float holds
    if isinstance(value, int) and not isinstance(value, bool) and not is_long:
        return value
    if isinstance(value, float) and math.isfinite(value):  # JSON has no others
        return value
    return _cut(shortened(text), longest)


def _cut(text: str, longest: int) -> str:
    mark = " ... "
    if len(text) <= longest:
        return text
    half = (longest - len(mark)) // 2
    return f"{text[:half]}{mark}{text[-half:]}"
