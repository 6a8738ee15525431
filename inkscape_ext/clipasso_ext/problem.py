"""What a person can mend."""


class Problem(Exception):  # noqa: N818 - the word says what it is
    """The message is one or two sentences: what is wrong, and what to do about it."""
