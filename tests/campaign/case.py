"""A case: the files that something is to read, and who reads them. Standard library, Python 3.8: it
is shared with the bench, which also runs in Inkscape's Python.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path
from typing import Dict, Iterator, NamedTuple, Tuple

FOLDER = "/"  # how a name ends that stands for a folder


class Case(NamedTuple):
    """reader: its name on the bench. files: content by relative name; a name that ends in a slash
    is an empty folder.
    """

    reader: str
    files: Dict[str, bytes]

    def __repr__(self) -> str:
        return "Case(%s, %s)" % (self.reader, self.digest)

    @property
    def digest(self) -> str:
        """A short name that follows from the content."""
        total = hashlib.sha256(self.reader.encode())
        for name, data in sorted(self.files.items()):
            total.update(name.encode() + b"\0" + hashlib.sha256(data).digest())
        return total.hexdigest()[:12]

    def write(self, folder: Path) -> None:
        """Into a folder that need not be there; what lies in it goes."""
        shutil.rmtree(str(folder), ignore_errors=True)
        folder.mkdir(parents=True)
        for name, data in self.files.items():
            path = folder / name
            if name.endswith(FOLDER):
                path.mkdir(parents=True)
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)


def contents(folder: Path) -> Dict[str, bytes]:
    """What lies in a folder, as a case has it; sockets and other things without content too, as
    nothing.
    """
    return dict(_contents(folder))


def _contents(folder: Path) -> Iterator[Tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir():
            yield name + FOLDER, b""
        else:
            yield name, path.read_bytes() if os.path.isfile(str(path)) else b""
