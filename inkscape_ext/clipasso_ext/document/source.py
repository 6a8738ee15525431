"""Where a bitmap's bytes are: in the document, or in a file of this computer."""

from __future__ import annotations

import base64
import binascii
import os
import re
import stat
import sys
import tempfile
from pathlib import Path
from typing import Any, List, Optional
from urllib.parse import unquote, unquote_to_bytes

from clipasso_ext.document.bitmap import HEAD
from clipasso_ext.document.elements import href
from clipasso_ext.names import ABSREF
from clipasso_ext.problem import Problem
from clipasso_ext.words import _

MAX_BYTES = 512 * 1024 * 1024
MAX_NAME = 200  # characters of a file name in a message
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")  # two letters at least: one is a drive
OTHER_COMPUTER = ("//", "\\\\")


class Source:
    """The bytes themselves, or the file that holds them; one of the two."""

    def __init__(self, data: Optional[bytes], path: Optional[Path]) -> None:
        self.data = data
        self.path = path

    def head(self) -> bytes:
        """The first bytes, in which the size stands."""
        if self.data is not None:
            return self.data[:HEAD]
        assert self.path is not None
        with open(self.path, "rb") as file:
            return file.read(HEAD)

    def file(self, scratch: Path) -> Path:
        """The bytes as a file, a new one below `scratch` where they were embedded. Raises
        `Problem`.
        """
        if self.path is not None:
            return self.path
        assert self.data is not None
        return new_file(scratch, ".bitmap", self.data)


def new_file(scratch: Path, suffix: str, data: bytes = b"") -> Path:
    """A new file. Not named by the object's id: that is the document's, may be a path, and clones
    of a group share one. Raises `Problem`.
    """
    try:
        number, name = tempfile.mkstemp(dir=str(scratch), suffix=suffix)
        with os.fdopen(number, "wb") as file:
            file.write(data)
    except OSError as error:
        raise Problem(
            _(
                "The bitmap can't be copied to {folder} ({reason}): make room there, and try again."
            ).format(folder=scratch, reason=error.strerror)
        ) from None
    return Path(name)


def find_source(image: Any, folders: List[Path]) -> Source:
    """Follow an image's link; relative ones are looked for in `folders`. Raises `Problem` for what
    is refused or not there.
    """
    address = (href(image) or "").strip()
    if address[:5].lower() == "data:":
        return Source(_embedded(address), None)
    name = _file_name(address)
    if name.startswith(OTHER_COMPUTER):
        raise _elsewhere()
    candidates = [Path(name)] if os.path.isabs(name) else [folder / name for folder in folders]
    imported_from = str(image.get(ABSREF) or "")
    if imported_from and not imported_from.startswith(OTHER_COMPUTER):
        candidates.append(Path(imported_from))
    for path in candidates:
        if _is_allowed(path):
            return Source(None, path.resolve())
    # a link relative to Inkscape's temporary file says nothing
    name = os.path.normpath(str(candidates[0])) if candidates else name
    shown = name if len(name) <= MAX_NAME else name[:MAX_NAME] + "…"
    raise Problem(
        # Translators: "Object Properties" is a dialog of Inkscape: take its name there.
        _(
            "The bitmap's file is missing: {path}. Put it back, or relink the image (Object"
            " Properties), and try again."
        ).format(path=shown)
    )


def _file_name(address: str) -> str:
    """The name of the file that a link leads to. Raises `Problem` for other computers."""
    scheme = SCHEME.match(address)
    if not scheme:
        return unquote(address)
    if scheme.group().lower() != "file:":
        raise Problem(
            _(
                "The bitmap is on the network ({address}...), from where nothing is fetched: save"
                " it on this computer, import it, and try again."
            ).format(address=scheme.group())
        )
    rest = address[len(scheme.group()) :]
    rest = rest[2:] if rest.startswith("//") else rest
    if rest.startswith("localhost/"):
        rest = rest[len("localhost") :]
    if not rest.startswith("/") or rest.startswith("//"):
        raise _elsewhere()
    name = unquote(rest)
    return name.lstrip("/") if sys.platform == "win32" else name


def _is_allowed(path: Path) -> bool:
    """Whether a file is there. Raises `Problem` for one that is not read."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return False
    if not stat.S_ISREG(status.st_mode):
        raise Problem(
            _("{path} is not a regular file: link the bitmap's file itself, and try again.").format(
                path=path
            )
        )
    if status.st_size > MAX_BYTES:
        raise Problem(
            _("{path} is larger than {size} MB: save it smaller, link that, and try again.").format(
                path=path, size=MAX_BYTES >> 20
            )
        )
    return True


def _elsewhere() -> Problem:
    return Problem(
        _(
            "The bitmap is on another computer, from where nothing is read: copy it to this one,"
            " import it, and try again."
        )
    )


def _embedded(address: str) -> bytes:
    """The bytes of a ``data:`` address. Raises `Problem`."""
    head, comma, body = address.partition(",")
    if not comma:
        raise Problem(_("The embedded bitmap is damaged: import it again."))
    if len(body) > MAX_BYTES * 4 // 3:
        raise Problem(
            _(
                "The embedded bitmap is larger than {size} MB: embed a smaller one, and try again."
            ).format(size=MAX_BYTES >> 20)
        )
    try:
        if head.lower().replace(" ", "").endswith(";base64"):
            body = "".join((unquote(body) if "%" in body else body).split()).rstrip("=")
            # not everybody pads
            return base64.b64decode(body + "=" * (-len(body) % 4), validate=True)
        return unquote_to_bytes(body)
    except (binascii.Error, ValueError):
        raise Problem(_("The embedded bitmap is damaged: import it again.")) from None
