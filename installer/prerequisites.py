"""Prerequisites: what would otherwise fail half-way is told before the work begins."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from installer.home import Home
from installer.machine import Machine
from installer.options import Options
from installer.problem import Problem


def check_prerequisites(machine: Machine, options: Options) -> None:
    """Raises `Problem` when an environment can't be built here."""
    _check_venv()
    if options.offline is not None and not options.offline.is_dir():
        raise Problem(f"there is no folder {options.offline}: name the folder with the wheels")
    if machine.system == "win32" and "WindowsApps" in machine.python_folder:
        raise Problem(
            "this Python is from the Microsoft Store, and other programs don't see the files it"
            " writes: install the one from python.org"
        )


def check_room(machine: Machine, home: Home, needed_gb: float) -> None:
    """Raises `Problem` when the disk has less room than that."""
    free_gb = machine.free_gb(home.folder)
    if free_gb < needed_gb:
        raise Problem(
            f"{home.folder} has {free_gb:.1f} GB free, {needed_gb:g} GB are needed: make room, or"
            " choose another disk with --home"
        )


def _check_venv() -> None:
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        raise Problem(
            "this Python lacks venv: on Debian and Ubuntu run  sudo apt install python3-venv "
            " and try again"
        ) from None


def check_home(home: Home) -> None:
    """Make the folder of a home's environments. Raises `Problem` when something there can't be
    used.
    """
    try:
        unusable = find_unusable(home)
        if unusable:
            raise Problem(unusable)
        if home.holds_other_things():
            raise Problem(
                f"{home.folder} holds other things than CLIPasso: name a folder of its own,"
                f" --home {home.folder / 'clipasso'}"
            )
        home.engines.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home.folder):
            pass
    except OSError as error:
        raise Problem(
            f"{home.folder} can't be written ({error.strerror}): choose another place with --home"
        ) from None


def find_unusable(home: Home) -> str:
    """Which folder of a home is there and can't be used, in a sentence that says how to mend it;
    empty when all can.
    """
    write = os.R_OK | os.W_OK | os.X_OK
    inside = [home.engines, home.launcher.parent, home.folder / "run", home.folder / "logs"]
    folders = dict.fromkeys([home.folder, *inside], write)
    folders[home.models()] = os.R_OK | os.X_OK  # several people may share weights
    for folder, rights in folders.items():
        fault = _fault_of(folder, rights)
        if fault:
            return fault
    return ""


def _fault_of(folder: Path, rights: int) -> str:
    try:
        is_folder = stat.S_ISDIR(folder.stat().st_mode)
    except FileNotFoundError:
        return ""  # it will be made
    if not is_folder:
        return f"{folder} is a file where a folder must be: move it away, and run this again"
    if not os.access(folder, rights):
        return f"{folder} is closed to you: open it (chmod u+rwx), or remove it, and run this again"
    return ""
