"""Which document is meant: what tells it from the others that are open, without a change of it."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

from clipasso_ext.names import DOCNAME

PATH_VARIABLE = "DOCUMENT_PATH"  # Inkscape's, for the extension that it starts


class DocumentMark(NamedTuple):
    """name: under which Inkscape shows it. path: where it is saved; empty for nowhere yet. root: id
    of its root, which Inkscape gives to each document that it makes.
    """

    name: str
    path: str
    root: str


def mark_of(svg: Any) -> DocumentMark:
    """Of the document that Inkscape gave to this extension."""
    return DocumentMark(
        svg.get(DOCNAME) or "", os.environ.get(PATH_VARIABLE) or "", svg.get("id") or ""
    )
