"""What a person can mend, and what to say where they can't."""

FAULT = (
    "Something went wrong in the extension; the document is unchanged. Its log has the details"
    " (Engine and Models)."
)


class Problem(Exception):  # noqa: N818 - the word says what it is
    """The message is one or two sentences: what is wrong, and what to do about it."""
