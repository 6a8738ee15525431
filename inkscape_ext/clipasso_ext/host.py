"""The machine around the extension: where the engine is, where files go, whether there is a
screen.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any, Dict, List, Optional

from clipasso_ext.needs import has_gtk_modules
from clipasso_ext.problem import Problem
from clipasso_ext.words import _, later

# beside the .inx files, written by install.py: {"command": [...], "home": "...", "scratch": "..."}
POINTER = "engine.json"
POINTER_VARIABLE = "CLIPASSO_ENGINE"  # names another such file
HOME_VARIABLE = "CLIPASSO_HOME"
ENGINES = "engines"  # in the home: the environments that install.py makes
SILENT_VARIABLE = "CLIPASSO_NO_GUI"
# clipasso_core/service/client.py has the same
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
    "FONTCONFIG_",
    "XDG_DATA_DIRS",
    "_INKSCAPE",
)
MACOS_FOREIGN = ("XDG_",)  # all of them lead into Inkscape's own folders there
EXTENSION = Path(__file__).resolve().parents[1]

NO_ENGINE = later("The engine is not where it was installed: run install.py again, and try again.")


class Host:
    """Where the engine's command and its home are. scratch: for temporary files, where the system's
    own folder is not the engine's. installed: where install.py put the engine, which a person's
    CLIPASSO_HOME does not change.
    """

    def __init__(
        self,
        command: List[str],
        home: Path,
        scratch: Optional[Path] = None,
        installed: Optional[Path] = None,
    ) -> None:
        self._command = command
        self.home = home
        self.scratch = scratch
        self._installed = installed

    @property
    def command(self) -> List[str]:
        """The engine's command. install.py makes another environment for every new version, and
        names the one in use in the engine's home: it may be another than at the last look.
        """
        in_use = _environment_in_use(self._installed) if self._installed else None
        if in_use is None:
            return self._command
        for place, word in enumerate(self._command):
            try:
                inside = Path(word).relative_to(in_use.parent).parts[1:]
            except ValueError:
                continue
            python = in_use.joinpath(*inside)
            # where Inkscape is shut in, what it links to may be out of sight
            if os.path.lexists(str(python)):
                return [*self._command[:place], str(python), *self._command[place + 1 :]]
        return self._command

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
    def working_folder(self) -> Optional[str]:
        """For what outlives the effect, which itself works in the extension's folder: Windows lets
        nobody replace that meanwhile. None where Inkscape is shut in and does not see the home.
        """
        return str(self.home) if self.home.is_dir() else None

    @property
    def environment(self) -> Dict[str, str]:
        """For the engine: without what Inkscape and its packaging put there for their own
        Python.
        """
        return {**without_inkscapes(), "CLIPASSO_HOME": str(self.home)}


class NoEngine(Problem):
    """No engine was ever installed for this extension."""


def without_inkscapes() -> Dict[str, str]:
    """The environment without what Inkscape and its packaging put there."""
    foreign = FOREIGN + (MACOS_FOREIGN if sys.platform == "darwin" else ())
    return {name: value for name, value in os.environ.items() if not name.startswith(foreign)}


def find_host() -> Host:
    """Read the pointer to the engine. Raises `NoEngine` when there is none, `Problem` when it is
    of no use.
    """
    path = Path(os.environ.get(POINTER_VARIABLE) or EXTENSION / POINTER)
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        command = _words(facts["command"])
        installed = Path(facts["home"])
        scratch = Path(facts["scratch"]) if facts.get("scratch") else None
    except FileNotFoundError:
        raise NoEngine(
            _(
                "The engine is not installed yet: run install.py, which comes with all of CLIPasso,"
                " and try again."
            )
        ) from None
    except OSError as error:
        raise Problem(
            _("{path} can't be read ({reason}): run install.py again.").format(
                path=path, reason=error.strerror
            )
        ) from None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Problem(_("{path} is damaged: run install.py again.").format(path=path)) from None
    if "/snap/" in sys.prefix:  # of Inkscape's own Python; its deb has the same settings
        raise Problem(
            _(
                "Snap forbids Inkscape to start the engine: install Inkscape's deb, AppImage or"
                " Flatpak, and run install.py again."
            )
        )
    return Host(command, _named_home() or installed, scratch, installed)


def _words(command: Any) -> List[str]:
    """Raises TypeError where a pointer's command is none."""
    if not isinstance(command, list) or not command:
        raise TypeError("no command")
    return [str(word) for word in command]


def wanted_home() -> Path:
    """The home of an engine that is to be. Raises `Problem`."""
    return _named_home() or default_home()


def _named_home() -> Optional[Path]:
    """The home that the person named, None where they didn't. Raises `Problem`."""
    named = os.environ.get(HOME_VARIABLE)
    if not named:
        return None
    try:
        os.fsencode(named).decode("utf-8")
        home = Path(named).expanduser()
    except (UnicodeError, RuntimeError):  # the latter for the home of a person whom nobody knows
        home = Path()
    if not home.is_absolute():
        raise Problem(
            _(
                "CLIPASSO_HOME must be the whole path of a folder, and is {path}: mend or unset it,"
                " and start Inkscape again."
            ).format(path=named.encode("utf-8", "backslashreplace").decode())
        )
    return home


def _environment_in_use(installed: Path) -> Optional[Path]:
    """As the engine's home names it; None where it does not say."""
    try:
        facts = json.loads((installed / "current.json").read_text(encoding="utf-8"))
        folder = Path(facts["folder"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    if len(folder.parts) != 2 or folder.parts[0] != ENGINES or folder.parts[1] == "..":
        return None  # damaged
    return installed / folder


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
    if not has_gtk_modules():
        return False
    from gi.repository import Gtk

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


def _log_folder() -> Path:
    """Where the extension's log is; where it would be, had the engine been installed."""
    try:
        return find_host().logs
    except Problem:
        pass
    try:
        return wanted_home() / "logs"
    except Problem:
        return default_home() / "logs"


def log(text: str) -> None:
    """A line in the extension's log; a disk that is full or read-only loses it."""
    try:
        folder = _log_folder()
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "extension.log"
        if path.exists() and path.stat().st_size > 1_000_000:
            os.replace(path, path.with_suffix(".log.1"))
        with open(str(path), "a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text.rstrip() + "\n")
    except (OSError, RuntimeError):  # the latter where the account has no home folder
        pass
