"""The manifest: checksums of the files that were put into Inkscape."""

from __future__ import annotations

import json
from pathlib import Path

from installer.files import read_json, write

Checksums = dict[str, str]  # of files, by their path inside of the extension's folder


class Manifest:
    """The manifest of a home. Every extensions folder that was served has its checksums in it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> dict[str, Checksums]:
        """Everything that was put anywhere, by extensions folder."""
        return {
            folder: checksums
            for folder, checksums in read_json(self.path).items()
            if isinstance(checksums, dict)
        }

    def of(self, folder: Path) -> Checksums:
        """What was put into one extensions folder; empty when nothing was."""
        return self.read().get(str(folder), {})

    def write(self, everything: dict[str, Checksums]) -> None:
        """Write it anew, unless it says the same."""
        if everything != self.read():
            write(self.path, json.dumps(everything, indent=1))

    def put(self, folder: Path, checksums: Checksums) -> None:
        """Remember what lies in one extensions folder now."""
        self.write({**self.read(), str(folder): checksums})
