"""The engine's home: the folder that holds all that is installed outside of Inkscape."""

from __future__ import annotations

import json
import os
import re
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from installer.files import load_json, read_json, remove, scratch_of, write
from installer.machine import Machine
from installer.options import Options, named_folder
from installer.problem import Problem

# What may lie in a home before the installer's first file does: weights and results that an
# uninstalling kept, and what the engine and the extension write.
KNOWN_NAMES = {
    "engine",
    "engines",
    "models",
    "run",
    "logs",
    "jobs",
    "scratch",
    "config.json",
    "extension.json",
    "current.json.new",
    "set-up.lock",
}
ENVIRONMENT = re.compile(r"engines/\w[\w-]{0,63}")  # how `current` names one
OUTDATED = ".old"  # ends the name of an environment that is about to be removed


def find_home(machine: Machine, options: Options) -> Path:
    """The engine's own folder; the same that clipasso_core.machine.folders finds. Raises
    `Problem`.
    """
    named = machine.variables.get("CLIPASSO_HOME")
    if options.home is not None:
        return options.home
    if not named:
        return named_folder(str(_usual_home(machine)))
    folder = named_folder(named)
    if not Path(named).expanduser().is_absolute():
        raise Problem(
            f"CLIPASSO_HOME is {named}, another folder wherever one happens to be: set it to a"
            f" whole path, for instance {folder}"
        )
    return folder


def _usual_home(machine: Machine) -> Path:
    """The platform's folder for user data."""
    if machine.system == "win32":
        local = machine.variables.get("LOCALAPPDATA")
        return (Path(local) if local else machine.person / "AppData" / "Local") / "clipasso"
    if machine.system == "darwin":
        return machine.person / "Library" / "Application Support" / "clipasso"
    data = Path(machine.variables.get("XDG_DATA_HOME", ""))
    return (data if data.is_absolute() else machine.person / ".local" / "share") / "clipasso"


@dataclass(frozen=True)
class Installed:
    """What is known of the virtual environment in use. folder: in the home. has: fingerprints of
    the dependencies that are in it. torch: its kind. code: fingerprint of the engine's code.
    """

    folder: str = "-"
    has: tuple[str, ...] = ()
    torch: str = ""
    code: str = ""

    def was_given(self, extras: str) -> bool:
        """Whether these extras of the engine's package were installed."""
        return any(one.endswith(extras) for one in self.has)


def site_packages(environment: Path) -> Path:
    """The folder of a virtual environment's packages."""
    found = list(environment.glob("lib/python*/site-packages"))
    return found[0] if found else environment / "Lib" / "site-packages"


class Home:
    """What lies where in the engine's home."""

    def __init__(self, folder: Path, system: str) -> None:
        self.folder = folder
        self.system = system

    @property
    def current(self) -> Path:
        """Names the environment in use; written when it is complete, so that a half-made one is
        never in use.
        """
        return self.folder / "current.json"

    @property
    def config(self) -> Path:
        """Settings that the engine reads too."""
        return self.folder / "config.json"

    @property
    def manifest(self) -> Path:
        """Checksums of what was put into Inkscape, by extensions folder."""
        return self.folder / "installed.json"

    @property
    def engines(self) -> Path:
        """The virtual environments: the one in use, and one that is being made."""
        return self.folder / "engines"

    @property
    def launcher(self) -> Path:
        """The `clipasso` command for people."""
        return self.folder / "bin" / ("clipasso.cmd" if self.system == "win32" else "clipasso")

    @property
    def former(self) -> Path:
        """Tells the engine of the first versions, which had one environment, ``engine``."""
        return self.folder / "engine" / "pyvenv.cfg"

    @property
    def environment(self) -> Path | None:
        """The virtual environment in use."""
        named = self.installed().folder
        if not ENVIRONMENT.fullmatch(named):
            return None
        folder = self.folder / named
        return folder if self.python(folder).exists() else None

    def installed(self) -> Installed:
        """What is known of the environment in use; nothing where there is none."""
        facts = read_json(self.current)
        has = facts.get("has")
        return Installed(
            folder=str(facts.get("folder", "-")),
            has=tuple(has) if isinstance(has, list) else (),
            torch=str(facts.get("torch", "")),
            code=str(facts.get("code", "")),
        )

    def use(self, installed: Installed) -> None:
        """From now on that environment is the one in use."""
        if installed != self.installed():
            write(self.current, json.dumps(asdict(installed)))

    def python(self, environment: Path) -> Path:
        """The Python of a virtual environment."""
        if self.system == "win32":
            return environment / "Scripts" / "python.exe"
        return environment / "bin" / "python"

    def models(self) -> Path:
        """Where weights go, as clipasso_core.machine.folders has it."""
        named = read_json(self.config).get("models")
        return Path(named) if isinstance(named, str) and named else self.folder / "models"

    def is_ours(self) -> bool:
        """Whether something was installed here, complete or not."""
        return self.current.exists() or self.manifest.exists() or self.former.exists()

    def holds_other_things(self) -> bool:
        """Whether it is a folder with the person's own things: what is ours there could not be told
        from them.
        """
        if self.is_ours() or not self.folder.is_dir():
            return False
        return any(path.name not in KNOWN_NAMES for path in self.folder.iterdir())

    def tells_what_is_in_use(self) -> bool:
        """Whether `current` says which environment is in use, or that none is. A damaged one does
        not: launcher and extension may use one all the same.
        """
        return load_json(self.current) is not None

    def set_aside(self) -> bool:
        """Give every environment that is not in use a name by which nothing starts it any more.
        Returns whether there is one.
        """
        others = self._others()
        for folder in others:
            if folder.suffix != OUTDATED:
                with suppress(OSError):  # Windows: something in it runs
                    os.replace(folder, folder.with_name(folder.name + OUTDATED))
        return bool(others)

    def tidy(self) -> None:
        """Remove every environment but the one in use: old ones, and those half-made by a run that
        was interrupted.
        """
        for folder in self._others():
            remove(folder)
        self.clear_up()
        if self.former.exists():
            remove(self.former.parent)

    def clear_up(self) -> None:
        """Remove the files that a run was writing when it was killed."""
        for path in (self.current, self.config, self.manifest, self.launcher):
            remove(scratch_of(path))

    def _others(self) -> list[Path]:
        """What lies among the environments beside the one in use."""
        in_use = self.environment
        return [folder for folder in self.engines.glob("*") if folder != in_use]
