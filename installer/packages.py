"""The packages of a virtual environment: what pip is told to install."""

from __future__ import annotations

import shutil
import site
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from installer.checkout import Checkout
from installer.engine import Engine
from installer.problem import Problem

# builds our own package without `wheel` beside it; in the environment, so that an update asks no
# network
BUILDER = "setuptools>=70.1"
# without its dependencies: PyGObject, which the tests do not need, wants a compiler
TEST_ONLY = "inkex==1.4.1"


class Packages:
    """Installs into the virtual environment of that Python."""

    def __init__(self, engine: Engine, checkout: Checkout, python: Path) -> None:
        self.engine = engine
        self.checkout = checkout
        self.python = python

    def install_torch(self, index: str) -> bool:
        """Install the build of torch that lies at that index; whether it worked."""
        return self._pip("torch", "torchvision", "--index-url", index) == 0

    def install_engine(self, extras: str) -> None:
        """Install this checkout's engine and what it depends on. Raises `Problem`."""
        with self._copy() as copy:
            self._install("setuptools", "--quiet", BUILDER)
            self._install(
                "the engine's packages", "--no-build-isolation", "--upgrade", f"{copy}{extras}"
            )
        if extras == "[dev]":
            self._install("inkex", "--quiet", "--no-deps", TEST_ONLY)

    def update_engine(self) -> None:
        """Install this checkout's engine where all that it depends on is there. Raises
        `Problem`.
        """
        with self._copy() as copy:
            self._install("setuptools", "--quiet", BUILDER)
            self._install("the engine's packages", "--no-build-isolation", "--no-deps", copy)

    @contextmanager
    def _copy(self) -> Iterator[Path]:
        """A copy of what pip builds the engine from: in the checkout it would leave its own files,
        and find there those of modules that are gone.
        """
        skip = shutil.ignore_patterns("__pycache__")
        with tempfile.TemporaryDirectory() as scratch:
            copy = Path(scratch) / "clipasso"
            shutil.copytree(self.checkout.engine, copy / self.checkout.engine.name, ignore=skip)
            for name in ("pyproject.toml", "README.md"):
                shutil.copyfile(self.checkout.root / name, copy / name)
            yield copy

    def _install(self, what: str, *words: str | Path) -> None:
        if self._pip(*words):
            raise self._failure(what)

    def _failure(self, what: str) -> Problem:
        wheels = self.engine.options.offline
        hint = "check the connection"
        if wheels is not None:
            hint = f"does {wheels} hold everything? docs/install.md says how to fill it"
        return Problem(
            f"{what} could not be installed: {hint}; what was printed above tells more, and the"
            " same command goes on from here"
        )

    def _pip(self, *words: str | Path) -> int:
        """Run pip, with its temporary files on the disk that was checked for room: /tmp may be
        small.
        """
        command: list[str | Path] = [
            self.python,
            "-I",
            "-m",
            "pip",
            "install",
            "--disable-pip-version-check",
        ]
        with tempfile.TemporaryDirectory(
            dir=self.engine.home.engines, ignore_cleanup_errors=True
        ) as scratch:
            places = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), scratch)
            return self.engine.machine.run(
                [*command, *words],
                variables={**self.engine.variables(), **places},
                to_stderr=True,
            )


def lend_packages(environment: Path) -> None:
    """Let a virtual environment see the packages of this Python, which may be in an environment of
    its own.
    """
    places = site.getsitepackages()
    if site.ENABLE_USER_SITE:
        places.append(site.getusersitepackages())
    found = list(environment.glob("lib/python*/site-packages"))
    inside = found[0] if found else environment / "Lib" / "site-packages"
    (inside / "torch-of-another-python.pth").write_text("\n".join(places), encoding="utf-8")
