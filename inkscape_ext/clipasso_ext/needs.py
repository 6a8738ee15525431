"""What the extension needs of the Python that runs it, what of that is lacking, and the command
that brings it on this system. Needs the standard library alone.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional, Sequence, Set

from clipasso_ext.words import _, listed

# Of other packages, what inkex imports. Some of its versions do without the one or the other:
# cssselect, lxml and numpy are needed by all from 1.2 on, tinycss2 since 1.4.
MODULES = ("cssselect", "lxml", "numpy", "tinycss2")
GTK = "gtk"  # GTK 3 with its introspection, and gi: for windows of ours


class Manager(NamedTuple):
    """A package manager.

    install: its command. name: of a package, by the module's. gtk: packages that bring GTK.
    """

    install: Sequence[str]
    name: str
    gtk: Sequence[str]


MANAGERS: Dict[str, Manager] = {  # by the command that tells that a system has it
    "apt-get": Manager(("apt", "install"), "python3-{}", ("python3-gi", "gir1.2-gtk-3.0")),
    "dnf": Manager(("dnf", "install"), "python3-{}", ("python3-gobject", "gtk3")),
    "zypper": Manager(
        ("zypper", "install"), "python3-{}", ("python3-gobject", "typelib-1_0-Gtk-3_0")
    ),
    "pacman": Manager(("pacman", "-S"), "python-{}", ("python-gobject", "gtk3")),
}


def find_lacking() -> List[str]:
    """Modules that the inkex at hand imports and that are not there."""
    inkex = find_spec("inkex")
    if inkex is None or not inkex.origin:
        return []
    imported: Set[str] = set()
    for path in Path(inkex.origin).parent.rglob("*.py"):
        imported |= imported_by(path.read_text(encoding="utf-8", errors="replace"))
    return [name for name in MODULES if name in imported and find_spec(name) is None]


def has_gtk_modules() -> bool:
    """Whether GTK 3 can be imported, with a screen or without."""
    try:
        import gi

        gi.require_version("Gtk", "3.0")
        from gi.repository import Gtk  # noqa: F401
    except (ImportError, ValueError):
        return False
    return True


def bring(names: Sequence[str]) -> str:
    """The command that brings modules, or `GTK`; empty where this system has none for it."""
    found = _find_manager()
    if found is None:
        if GTK in names:
            return ""
        return " ".join([_quoted(_talking_python()), "-m", "pip", "install", "--user", *names])
    packages: List[str] = []
    for name in names:
        packages += found.gtk if name == GTK else [found.name.format(name)]
    as_root = [] if os.geteuid() == 0 else ["sudo"]
    return " ".join([*as_root, *found.install, *packages])


def explain(lacking: Sequence[str]) -> str:
    """What is lacking, for a person, and what to do about it."""
    what = _(
        "Inkscape's Python ({python}) lacks {modules}, without which no extension written in Python"
        " runs."
    ).format(python=sys.executable, modules=listed(lacking))
    return f"{what} {_in_terminal(bring(lacking))}"


def explain_gtk(otherwise: str) -> str:
    """That windows need GTK, for a person. otherwise: a sentence, what can be done without it."""
    command = bring([GTK])
    advice = [_in_terminal(command)] if command else []
    return " ".join([_("This window needs Python's GTK 3."), *advice, otherwise])


def _in_terminal(command: str) -> str:
    return _("In a terminal, run\n\n{command}\n\nand try again.").format(command=command)


def report() -> None:
    """Print what is lacking and the commands, as JSON; for install.py."""
    lacking = find_lacking()
    facts = {
        "modules": lacking,
        "command": bring(lacking) if lacking else "",
        "gtk": has_gtk_modules(),
        "gtk_command": bring([GTK]),
    }
    print(json.dumps(facts))


def _find_manager() -> Optional[Manager]:
    """The one that this Python's packages come from; None where it is no system's own."""
    if not sys.platform.startswith("linux") or sys.prefix != "/usr":
        return None
    return next((one for command, one in MANAGERS.items() if shutil.which(command)), None)


def imported_by(text: str) -> Set[str]:
    """Packages that a module imports whenever it is imported itself."""
    names: List[str] = []
    for statement in ast.parse(text).body:
        if isinstance(statement, ast.Import):
            names += [one.name for one in statement.names]
        elif isinstance(statement, ast.ImportFrom) and not statement.level:
            names.append(statement.module or "")
    return {name.partition(".")[0] for name in names}


def _talking_python() -> str:
    """This Python, for a terminal: on Windows Inkscape runs extensions with one that prints
    nothing.
    """
    return re.sub(r"pythonw\.exe$", "python.exe", sys.executable)


def _quoted(path: str) -> str:
    return f'"{path}"' if " " in path else path


if __name__ == "__main__":
    report()
