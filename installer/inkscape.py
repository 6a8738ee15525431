"""Inkscape: every one of this machine, and the folders that their extensions are in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from installer.machine import Machine
from installer.options import Options
from installer.problem import Problem

SNAP = "Snap forbids Inkscape to start helpers: install its deb, AppImage or Flatpak instead"
STORE = (
    "where it can't reach the engine, give that a home outside of AppData, which the Store's"
    " programs see in a way of their own:  py install.py --home C:\\clipasso"
)
FLATPAK = "org.inkscape.Inkscape"


@dataclass
class Inkscape:
    """An Inkscape on this machine. folder: of its extensions; None where none can work, and
    `advice` says what to do. prefix: stands before the engine's command, where Inkscape is shut in.
    """

    name: str
    folder: Path | None
    executable: str | None = None
    advice: str = ""
    prefix: list[str] = field(default_factory=list)


def find_inkscapes(machine: Machine, options: Options, home: Path) -> list[Inkscape]:
    """Every Inkscape found, or the one named. home: the engine's. Raises `Problem`."""
    if options.extensions_dir is not None:
        if f".var/app/{FLATPAK}/" in options.extensions_dir.as_posix():
            return [_flatpak(options.extensions_dir, home)]
        return [Inkscape("Inkscape", options.extensions_dir, options.inkscape)]
    if options.inkscape is not None:
        return [_named(machine, options.inkscape)]
    found: dict[str, Inkscape] = {}
    for one in _look_around(machine, home):
        found.setdefault(f"{one.name} {one.folder}", one)
    return [*found.values()]


def find_python(machine: Machine, inkscape: Inkscape) -> str | None:
    """The Python that runs Inkscape's extensions; None where it is shut in with it."""
    if inkscape.executable is None:
        return None
    executable = Path(inkscape.executable)
    if machine.system == "win32":
        if _is_from_store(inkscape.executable):
            return None
        pythons = sorted(executable.parent.glob("python*.exe"))
        return str(pythons[0]) if pythons else None
    if machine.system == "darwin":
        inside = str(executable.absolute().parents[1] / "Resources" / "bin" / "python3")
        return inside if machine.exists(inside) else None
    return "/usr/bin/python3" if machine.exists("/usr/bin/python3") else machine.which("python3")


def _named(machine: Machine, inkscape: str) -> Inkscape:
    """The one that the person names, by a command or a path."""
    command = machine.which(inkscape)
    if command is None and not Path(inkscape).exists():
        raise Problem(f"there is no Inkscape {inkscape}: check the path")
    return _ask(machine, command or inkscape, None)


def _look_around(machine: Machine, home: Path) -> Iterator[Inkscape]:
    settings, places = _usual_places(machine)
    command = machine.which("inkscape")
    executables = [one for one in places if machine.exists(one)]
    if command is not None:  # on a Mac Homebrew's, which only starts the application
        executables.insert(len(executables) if machine.system == "darwin" else 0, command)
    can_work = False
    for executable in dict.fromkeys(executables):
        one = _ask(machine, executable, settings)
        can_work = can_work or one.folder is not None
        yield one
    if not can_work and settings.is_dir():
        name = "Inkscape (AppImage)" if machine.system == "linux" else "Inkscape"
        yield Inkscape(name, settings / "extensions")
    if machine.system == "linux":
        yield from _look_for_flatpak(machine, home)


def _usual_places(machine: Machine) -> tuple[Path, list[str]]:
    """Where this system's Inkscape has its settings, and where its executable may be."""
    if machine.system == "win32":
        return _usual_places_of_windows(machine)
    if machine.system == "darwin":
        library = machine.person / "Library" / "Application Support"
        programs = ("/Applications", machine.person / "Applications")
        executables = [f"{one}/Inkscape.app/Contents/MacOS/inkscape" for one in programs]
        return library / "org.inkscape.Inkscape" / "config" / "inkscape", executables
    settings = Path(machine.variables.get("XDG_CONFIG_HOME") or machine.person / ".config")
    executables = ["/usr/bin/inkscape", "/usr/local/bin/inkscape", "/snap/bin/inkscape"]
    return settings / "inkscape", executables


def _usual_places_of_windows(machine: Machine) -> tuple[Path, list[str]]:
    roaming = machine.variables.get("APPDATA") or machine.person / "AppData" / "Roaming"
    programs = [machine.variables.get(name) for name in ("PROGRAMW6432", "PROGRAMFILES")]
    local = machine.variables.get("LOCALAPPDATA")
    if local:
        programs.append(str(Path(local) / "Programs"))
    executables = [str(Path(one) / "Inkscape" / "bin" / "inkscape.exe") for one in programs if one]
    return Path(roaming) / "inkscape", executables


def _look_for_flatpak(machine: Machine, home: Path) -> Iterator[Inkscape]:
    settings = machine.person / ".var" / "app" / FLATPAK
    if machine.which("flatpak"):
        is_there = machine.ask(["flatpak", "info", FLATPAK]) is not None
    else:
        is_there = settings.is_dir()
    if is_there:
        yield _flatpak(settings / "config" / "inkscape" / "extensions", home)


def _flatpak(folder: Path, home: Path) -> Inkscape:
    advice = (
        "let it start the engine:  flatpak override --user --talk-name=org.freedesktop.Flatpak"
        f" {FLATPAK}"
    )
    prefix = ["flatpak-spawn", "--host", f"--env=CLIPASSO_HOME={home}"]
    return Inkscape("Inkscape (Flatpak)", folder, None, advice, prefix)


def _ask(machine: Machine, executable: str, settings: Path | None) -> Inkscape:
    """Ask an Inkscape for its folder. settings: where they usually are, for one that does not
    answer. Raises `Problem` when nobody knows.
    """
    if "/snap/" in executable or "/snap/" in os.path.realpath(executable):
        return Inkscape("Inkscape (Snap)", None, executable, SNAP)
    said = (machine.ask([executable, "--user-data-directory"]) or "").strip().splitlines()
    if said:
        settings = Path(said[-1])
    if settings is None:
        raise Problem(
            f"{executable} does not say where its extensions are: name the folder with"
            " --extensions-dir"
        )
    advice = STORE if _is_from_store(executable) else ""
    return Inkscape("Inkscape", settings / "extensions", executable, advice)


def _is_from_store(executable: str) -> bool:
    """Whether that is an alias of the Microsoft Store's; beside it lies another Python."""
    return "WindowsApps" in Path(executable).parts
