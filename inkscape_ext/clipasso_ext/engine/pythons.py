"""Pythons of this machine with which the engine's environment can be made."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Optional

from clipasso_ext.host import without_inkscapes
from clipasso_ext.processes import detached

# Python, what Debian keeps in other packages, and none whose files other programs don't see
ABLE = (
    "import ensurepip, sys, venv;"
    " raise SystemExit(sys.version_info < (3, 10) or 'WindowsApps' in sys.base_prefix)"
)
# where others put theirs; what is opened from the Dock has a short PATH
MACOS_FOLDERS = (
    "/opt/homebrew/bin",
    "/usr/local/bin",
    "/Library/Frameworks/Python.framework/Versions/Current/bin",
)
APPLES_FOLDER = "/usr/bin"  # its python3 is too old, or asks for the developers' tools


def find_python() -> Optional[str]:
    """The first that will do, never Inkscape's own; None where there is none."""
    names = ("py", "python") if sys.platform == "win32" else ("python3",)
    for name in names:
        path = shutil.which(name, path=_search_path())
        if path is not None and _is_able(path):
            return path
    return None


def _search_path() -> str:
    """The PATH without the folder that Inkscape puts first: the Python that it brings along goes
    when it is updated or, out of an AppImage, when it ends.
    """
    bundle = _find_bundle()
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    if sys.platform == "darwin":
        folders = [one for one in folders if one != APPLES_FOLDER]
        folders += MACOS_FOLDERS
    return os.pathsep.join(one for one in folders if not _is_within(one, bundle))


def _find_bundle() -> Optional[Path]:
    """The folder of all that came with this Inkscape; None where it has the system's Python."""
    if sys.platform == "win32":
        is_its_own = Path(sys.executable).with_name("inkscape.exe").exists()
        return Path(sys.prefix) if is_its_own else None
    if sys.platform == "darwin":
        around = reversed(Path(sys.executable).resolve().parents)
        return next((one for one in around if one.suffix == ".app"), None)
    mounted = os.environ.get("APPDIR")
    return Path(mounted) if mounted else None


def _is_within(folder: str, bundle: Optional[Path]) -> bool:
    if bundle is None or not folder:
        return False
    real = Path(folder).resolve()
    return bundle.resolve() in (real, *real.parents)


def _is_able(python: str) -> bool:
    try:
        done = subprocess.run(
            [python, "-I", "-c", ABLE],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=30,
            env=without_inkscapes(),
            check=False,
            **detached(),
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
