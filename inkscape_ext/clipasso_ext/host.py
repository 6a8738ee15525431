"""The machine around the extension: where the engine is, where files go, whether there is a
screen.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Dict, List, Optional

from clipasso_ext.problem import Problem

# beside the .inx files, written by install.py: {"command": [...], "home": "...", "scratch": "..."}
POINTER = "engine.json"
POINTER_VARIABLE = "CLIPASSO_ENGINE"  # names another such file
SILENT_VARIABLE = "CLIPASSO_NO_GUI"
FOREIGN = (
    "PYTHON",
    "INKSCAPE",
    "INKEX",
    "GTK_",
    "GDK_",
    "GI_",
    "GIO_",
    "LD_",
    "DYLD_",
    "_INKSCAPE",
)
EXTENSION = Path(__file__).resolve().parents[1]

NO_GI = (
    "The sketching window needs Python's GTK: install the package python3-gi (with gir1.2-gtk-3.0)"
    " and try again. Extensions > CLIPasso > Sketch with Parameters works now."
)
NO_ENGINE = "The engine is not where it was installed: run install.py again, and try again."


class Host:
    """Where the engine's command and its home are."""

    def __init__(self, command: List[str], home: Path, scratch: Optional[Path] = None) -> None:
        self.command = command
        self.home = home
        # for temporary files, where the system's own folder is not the engine's
        self.scratch = scratch

    @property
    def settings(self) -> Path:
        return self.home / "extension.json"

    @property
    def jobs(self) -> Path:
        return self.home / "jobs"

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def environment(self) -> Dict[str, str]:
        """For the engine: without what Inkscape and its packaging put there for their own
        Python.
        """
        kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        return {**kept, "CLIPASSO_HOME": str(self.home)}


def find_host() -> Host:
    """Read the pointer to the engine. Raises `Problem` when there is none."""
    path = Path(os.environ.get(POINTER_VARIABLE) or EXTENSION / POINTER)
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        command = [str(part) for part in facts["command"]]
        home = Path(facts["home"])
    except FileNotFoundError:
        raise Problem(
            "The engine is not installed yet: run install.py, which comes with this extension, and"
            " try again."
        ) from None
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise Problem(f"{path} can't be read ({error}): run install.py again.") from None
    scratch = Path(facts["scratch"]) if facts.get("scratch") else None
    return Host(command, Path(os.environ.get("CLIPASSO_HOME") or home), scratch)


def has_display() -> bool:
    """Whether a window may be shown."""
    if os.environ.get(SILENT_VARIABLE):
        return False
    return sys.platform in ("win32", "darwin") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )


def has_gtk() -> bool:
    """Whether a window can be shown: a display, and GTK 3 through gi."""
    if not has_display():
        return False
    try:
        import gi

        gi.require_version("Gtk", "3.0")
        from gi.repository import Gtk
    except (ImportError, ValueError):
        return False
    return bool(Gtk.init_check([])[0])


def default_home() -> Path:
    """Where install.py puts the engine if nobody says otherwise."""
    if sys.platform == "win32":
        return (
            Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "clipasso"
        )
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "clipasso"
    data = Path(os.environ.get("XDG_DATA_HOME", ""))
    return (data if data.is_absolute() else Path.home() / ".local" / "share") / "clipasso"


def scratch_folder() -> Optional[str]:
    """Where temporary files go: a folder that Inkscape and the engine both see; None for the
    system's own.
    """
    try:
        folder = find_host().scratch
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
    except (Problem, OSError):
        return None  # it is told when the engine is needed
    return None if folder is None else str(folder)


def log(text: str) -> None:
    """A line in the extension's log; a disk that is full or read-only loses it."""
    try:
        try:
            folder = find_host().logs
        except Problem:  # where the engine's logs would be, had it been installed
            folder = Path(os.environ.get("CLIPASSO_HOME") or default_home()) / "logs"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "extension.log"
        if path.exists() and path.stat().st_size > 1_000_000:
            os.replace(path, path.with_suffix(".log.1"))
        with open(path, "a", encoding="utf-8") as file:
            file.write(text.rstrip() + "\n")
    except OSError:
        pass
