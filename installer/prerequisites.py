"""Prerequisites: what would otherwise fail half-way is told before the work begins."""

from __future__ import annotations

import tempfile

from installer.home import Home
from installer.machine import Machine
from installer.options import Options
from installer.problem import Problem


def check_prerequisites(machine: Machine, options: Options, home: Home) -> None:
    """Raises `Problem` when an environment can't be built here."""
    _check_venv()
    if options.offline is not None and not options.offline.is_dir():
        raise Problem(f"there is no folder {options.offline}: name the folder with the wheels")
    if machine.system == "win32" and "WindowsApps" in machine.python_folder:
        raise Problem(
            "this Python is from the Microsoft Store, and other programs don't see the files it"
            " writes: install the one from python.org"
        )
    _check_home(home)


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


def _check_home(home: Home) -> None:
    """Whether it can be written; makes the folder of its environments."""
    try:
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
