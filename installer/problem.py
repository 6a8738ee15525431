"""What a person can mend."""

from __future__ import annotations


class Problem(Exception):  # noqa: N818 - the word says what it is
    """Something that the person can mend; the message says how."""
