"""Catalogues of words for the tests, written by the standard library alone: what GNU gettext's
manual says of .mo files.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Dict

HEAD = (
    "Content-Type: text/plain; charset=utf-8\n"
    "Plural-Forms: nplurals=3; plural=(n == 1 ? 0 : n == 2 ? 1 : 2);\n"
)
MAGIC = 0x950412DE
CONTEXT = "\x04"  # stands between a context and its word
FORM = "\x00"  # and between the forms of a plural


def write_catalogue(locale: Path, language: str, words: Dict[str, str]) -> Path:
    """Write what means what, in a language with three plural forms. Returns the file."""
    path = locale / language / "LC_MESSAGES" / "clipasso.mo"
    path.parent.mkdir(parents=True, exist_ok=True)
    every = sorted((one.encode(), other.encode()) for one, other in {"": HEAD, **words}.items())
    tables, texts = b"", b""
    start = 28 + 16 * len(every)
    for side in (0, 1):
        for pair in every:
            tables += struct.pack("<II", len(pair[side]), start + len(texts))
            texts += pair[side] + b"\x00"
    head = struct.pack("<7I", MAGIC, 0, len(every), 28, 28 + 8 * len(every), 0, start)
    path.write_bytes(head + tables + texts)
    return path
