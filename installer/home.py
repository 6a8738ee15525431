"""The engine's home: the folder that holds all that is installed outside of Inkscape."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from installer.files import read_json, remove, write
from installer.machine import Machine
from installer.options import Options

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
}


def find_home(machine: Machine, options: Options) -> Path:
    """The engine's own folder; the same that clipasso_core.machine.folders finds."""
    named = options.home or machine.variables.get("CLIPASSO_HOME")
    if named:
        return Path(named).expanduser().absolute()
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
        folder = self.folder / self.installed().folder
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
        return Path(read_json(self.config).get("models") or self.folder / "models")

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

    def tidy(self) -> None:
        """Remove every environment but the one in use: old ones, and those half-made by a run that
        was interrupted.
        """
        in_use = self.environment
        for folder in self.engines.glob("*"):
            if folder != in_use:
                remove(folder)
        if self.former.exists():
            remove(self.former.parent)
