"""The Python that runs an Inkscape's extensions, asked as Inkscape runs the extension."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from installer.extension import FOLDER
from installer.inkscape import Inkscape, find_python
from installer.machine import Machine


@dataclass(frozen=True)
class Interpreter:
    """path: of the Python. data: Inkscape's own folder, with inkex below; None when it does not
    say. folder: the extension's.
    """

    machine: Machine
    path: str
    data: Path | None
    folder: Path

    def ask(self, *words: str) -> str | None:
        """What it prints; None when it fails."""
        inherited = self.machine.variables.items()
        variables = {name: value for name, value in inherited if name != "PYTHONHOME"}
        if self.data is not None:
            variables["PYTHONPATH"] = str(self.data / "extensions")
        if self.machine.system == "darwin":
            variables |= _of_bundle(Path(self.path).parents[1] / "lib")
        return self.machine.ask([self.path, *words], variables=variables, cwd=self.folder)

    def runs(self, code: str) -> bool:
        """Whether it runs a piece of code."""
        return self.ask("-c", code) is not None


def find_interpreter(machine: Machine, inkscape: Inkscape) -> Interpreter | None:
    """None where it is shut in with Inkscape, or packed up while that does not run."""
    python = find_python(machine, inkscape)
    if python is None or inkscape.executable is None or inkscape.folder is None:
        return None
    said = (machine.ask([inkscape.executable, "--system-data-directory"]) or "").strip()
    data = Path(said.splitlines()[-1]) if said else None
    if data is not None and not data.is_dir():  # of an AppImage, which has packed it up again
        return None
    return Interpreter(machine, python, data, inkscape.folder / FOLDER)


def _of_bundle(libraries: Path) -> dict[str, str]:
    """What Inkscape's application on a Mac sets for GTK to be found in it."""
    return {
        "GI_TYPELIB_PATH": str(libraries / "girepository-1.0"),
        "DYLD_LIBRARY_PATH": str(libraries),
    }
