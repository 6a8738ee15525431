"""Docstrings as the API's pages show them: a paragraph of facts is a list."""

from __future__ import annotations

import re

import griffe

# "points: where they go.", alone or after another such sentence
FACT = re.compile(r"(?:^|(?<=[.;)] ))(\w+(?:, \w+)*): ")


class Facts(griffe.Extension):
    """Reads the docstrings of everything that griffe finds."""

    def on_object(self, *, obj: griffe.Object, **_others: object) -> None:
        """Called for each module, class, function and attribute."""
        if obj.docstring is not None:
            obj.docstring.value = with_lists(obj.docstring.value)


def with_lists(docstring: str) -> str:
    """A docstring whose paragraphs of facts, after its summary, are Markdown lists."""
    summary, *paragraphs = re.split(r"\n\s*\n", docstring)
    listed = [as_list(one) if FACT.match(one) else one for one in paragraphs]
    return "\n\n".join([summary, *listed])


def as_list(paragraph: str) -> str:
    """A paragraph of facts, ``name: what it is``, as a Markdown list."""
    text = " ".join(paragraph.split())
    return FACT.sub(r"\n- **\1**: ", text).strip()
