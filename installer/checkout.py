"""The checkout: the folder of CLIPasso that install.py lies in."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from installer.files import checksum


@dataclass(frozen=True)
class Checkout:
    """Where the parts of CLIPasso are that get installed, and which version of them."""

    root: Path = Path(__file__).resolve().parents[1]

    @property
    def project(self) -> Path:
        """Names what the engine depends on."""
        return self.root / "pyproject.toml"

    @property
    def constraints(self) -> Path:
        """Names the exact versions that the engine was tested with, for pip."""
        return self.root / "constraints.txt"

    @property
    def engine(self) -> Path:
        """The engine's package."""
        return self.root / "clipasso_core"

    @property
    def extension(self) -> Path:
        """The files of the extension, and some that belong to its development only."""
        return self.root / "inkscape_ext"

    @property
    def example(self) -> Path:
        """The photograph that is sketched to try the engine."""
        return self.root / "examples" / "coffee.jpg"

    def is_whole(self) -> bool:
        """Whether it is more than install.py and what install.py imports."""
        return self.project.is_file() and self.constraints.is_file() and self.engine.is_dir()

    @property
    def version(self) -> str:
        """The engine's version, read without importing it; ``unknown`` where it is not found."""
        text = (self.engine / "__init__.py").read_text(encoding="utf-8")
        found = re.search(r'^__version__ = "(.+)"', text, re.MULTILINE)
        return found.group(1) if found else "unknown"

    def extension_files(self) -> list[Path]:
        """What belongs into Inkscape's folder."""
        return sorted(
            [
                *self.extension.glob("*.inx"),
                *self.extension.glob("clipasso_*.py"),
                *self.extension.glob("clipasso_ext/**/*.py"),
                *self.extension.glob("locale/*/LC_MESSAGES/*.mo"),
            ]
        )

    def package_files(self) -> list[Path]:
        """What the engine's package is built from: it brings the extension and the set-up along."""
        return [
            *(self.root / name for name in ("pyproject.toml", "README.md")),
            *(path for path in self.engine.rglob("*.*") if "__pycache__" not in path.parts),
            *self.extension_files(),
            *self.root.glob("installer/*.py"),
            self.example,
        ]

    def dependencies(self, extras: str) -> str:
        """A fingerprint of what this checkout needs, and in which versions: when it changes, the
        environment is built anew.
        """
        text = self.project.read_text(encoding="utf-8")
        parts = re.findall(r"^dependencies = \[.*?^\]", text, re.MULTILINE | re.DOTALL)
        if extras:
            parts += re.findall(rf"^{extras.strip('[]')} = \[.*?\]", text, re.MULTILINE | re.DOTALL)
        parts += self.tested_versions()
        return hashlib.sha256("\n".join(parts).encode()).hexdigest() + extras

    def tested_versions(self) -> list[str]:
        """The lines of the constraints, ``name==version`` each, without the comments."""
        lines = self.constraints.read_text(encoding="utf-8").splitlines()
        return sorted(line for line in lines if line and not line.startswith("#"))

    def code(self) -> str:
        """A fingerprint of the engine's code: when it changes, the engine is installed again."""
        return self._fingerprint(self.engine.glob("**/*.py"))

    def _fingerprint(self, files: Iterable[Path]) -> str:
        """Of the names and the contents of files."""
        lines = [
            f"{path.relative_to(self.root).as_posix()} {checksum(path)}\n" for path in sorted(files)
        ]
        return hashlib.sha256("".join(lines).encode()).hexdigest()
