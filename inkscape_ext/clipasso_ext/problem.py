"""What a person can mend, and what to say where they can't."""

from __future__ import annotations

import re

from clipasso_ext.words import later

FAULT = later(
    "Something went wrong in the extension; the document is unchanged. Its log has the details"
    " (Engine and Models)."
)


LONGEST = 200  # letters of a name or path that a message repeats
# not a sentence of a language that writes without blanks, from U+3000 on, around a path
REPEATED = re.compile(r"[^\s\u3000-\uffef]{%d,}|\S{%d,}" % (LONGEST, 3 * LONGEST))


class Problem(Exception):  # noqa: N818 - the word says what it is
    """The message is one or two sentences in the person's language: what is wrong, and what to do
    about it.
    """

    def __init__(self, message: str) -> None:
        super().__init__(REPEATED.sub(lambda found: _cut(found.group()), message))


def _cut(text: str) -> str:
    """Without its middle: both ends of a path tell more."""
    half = LONGEST // 2 - 3
    return f"{text[:half]} ... {text[-half:]}"
