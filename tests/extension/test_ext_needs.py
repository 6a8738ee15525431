"""What inkex needs of other packages: each module that is lacking is told by name, with the command
that brings it.
"""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Dict, List, Sequence, Set

import inkex
import pytest
from clipasso_ext import needs
from clipasso_ext.needs import GTK, MODULES, bring, find_lacking, imported_by
from clipasso_ext.words import listed

from easel import EXTENSION, document, image, log_of
from kinds import Pointer

_inkex: Any = inkex  # its types miss some of its names
INKEX = Path(_inkex.__file__).parent
VERSION = ".".join(_inkex.__version__.split(".")[:2])
NEEDED: Dict[str, Set[str]] = {  # by the version of inkex
    "1.2": {"cssselect", "lxml", "numpy"},
    "1.3": {"cssselect", "lxml", "numpy"},
    "1.4": {"cssselect", "lxml", "numpy", "tinycss2"},
}
NOBODYS = {"matplotlib"}  # of a module that inkex's wheel holds and nothing imports
ASIDE = ("tester", "deprecated-simple", "gui")  # folders of inkex that no effect imports
# a menu entry's file, run as Inkscape does, in a Python that lacks some modules
WITHOUT = """
import runpy, sys

class Finder:
    def __init__(self, finder):
        self.finder = finder

    def find_spec(self, name, *more):
        return None if name.partition(".")[0] in {lacking} else self.finder.find_spec(name, *more)

sys.meta_path[:] = [Finder(one) for one in sys.meta_path]
sys.path[0] = {folder!r}
sys.argv = ["clipasso_sketch.py", "--id=photo", {document!r}]
runpy.run_path({folder!r} + "/clipasso_sketch.py", run_name="__main__")
"""


def run_without(lacking: Sequence[str], folder: Path) -> subprocess.CompletedProcess[bytes]:
    """Run a menu entry on a document with a bitmap."""
    (folder / "document.svg").write_bytes(document(image()))
    code = WITHOUT.format(
        lacking=list(lacking), folder=str(EXTENSION), document=str(folder / "document.svg")
    )
    command = [sys.executable, "-W", "ignore", "-c", code]
    return subprocess.run(command, capture_output=True, timeout=60)


@pytest.mark.parametrize("module", MODULES)
def test_a_module_that_is_lacking_is_told_where_inkex_needs_it(
    module: str, tmp_path: Path, home: Path, pointer: Pointer
) -> None:
    done = run_without([module], tmp_path)
    assert done.stderr == b""
    if module in NEEDED[VERSION]:
        assert done.stdout == b""
        assert f"lacks {module}, without which" in log_of(home)
        assert bring([module]) in log_of(home)
    else:
        assert b"clipasso:sketch" in done.stdout


def test_all_modules_that_are_lacking_are_told_at_once(
    tmp_path: Path, home: Path, pointer: Pointer
) -> None:
    run_without(MODULES, tmp_path)
    assert f"lacks {listed(sorted(NEEDED[VERSION]))}, without which" in log_of(home)


def test_inkex_imports_nothing_else() -> None:
    paths = [
        path for path in INKEX.rglob("*.py") if not set(path.relative_to(INKEX).parts) & set(ASIDE)
    ]
    assert len(paths) > 20
    named: Set[str] = set().union(*(imported_by(path.read_text("utf-8")) for path in paths))
    others = named - set(sys.stdlib_module_names) - {"inkex"}
    assert others - NOBODYS == NEEDED[VERSION]


@pytest.mark.parametrize("version", sorted(NEEDED))
def test_what_is_lacking_depends_on_the_inkex_at_hand(
    version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "inkex").mkdir()
    (tmp_path / "inkex" / "__init__.py").touch()
    lines = [f"import {name}\n" for name in sorted(NEEDED[version])]
    (tmp_path / "inkex" / "base.py").write_text("import re\n" + "".join(lines))

    def find(name: str) -> Any:
        if name in MODULES:
            return None
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.delitem(sys.modules, "inkex", raising=False)
        return find_spec(name)

    monkeypatch.setattr(needs, "find_spec", find)
    assert find_lacking() == sorted(NEEDED[version])


@pytest.mark.parametrize(
    ("manager", "modules", "gtk"),
    [
        (
            "apt-get",
            "sudo apt install python3-lxml python3-tinycss2",
            "sudo apt install python3-gi gir1.2-gtk-3.0",
        ),
        (
            "dnf",
            "sudo dnf install python3-lxml python3-tinycss2",
            "sudo dnf install python3-gobject gtk3",
        ),
        (
            "zypper",
            "sudo zypper install python3-lxml python3-tinycss2",
            "sudo zypper install python3-gobject typelib-1_0-Gtk-3_0",
        ),
        (
            "pacman",
            "sudo pacman -S python-lxml python-tinycss2",
            "sudo pacman -S python-gobject gtk3",
        ),
    ],
)
def test_the_command_is_the_systems_own(
    manager: str, modules: str, gtk: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr("sys.prefix", "/usr")
    monkeypatch.setattr("os.geteuid", lambda: 1000, raising=False)
    monkeypatch.setattr("shutil.which", lambda name: name if name == manager else None)
    assert bring(["lxml", "tinycss2"]) == modules
    assert bring([GTK]) == gtk
    monkeypatch.setattr("os.geteuid", lambda: 0, raising=False)
    assert bring([GTK]) == gtk[len("sudo ") :]


def test_a_python_without_a_terminal_is_named_by_its_sister_that_prints(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(sys, "executable", r"C:\Inkscape\bin\pythonw.exe")
    assert bring(["lxml"]) == r"C:\Inkscape\bin\python.exe -m pip install --user lxml"


@pytest.mark.parametrize(
    ("system", "prefix"),
    [("linux", "/opt/Inkscape.AppDir/usr"), ("win32", "C:\\Inkscape"), ("darwin", "/usr")],
)
def test_a_python_of_inkscapes_own_gets_modules_by_its_own_pip(
    system: str, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", system)
    monkeypatch.setattr("sys.prefix", prefix)
    monkeypatch.setattr("sys.executable", f"{prefix}/a folder/python3")
    monkeypatch.setattr("shutil.which", lambda name: name)
    assert bring(["lxml"]) == f'"{prefix}/a folder/python3" -m pip install --user lxml'
    assert bring([GTK]) == ""


def test_the_report_is_what_install_py_reads(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lacking: List[str] = ["numpy"]
    monkeypatch.setattr(needs, "find_lacking", lambda: lacking)
    monkeypatch.setattr(needs, "has_gtk_modules", lambda: True)
    monkeypatch.setattr(needs, "bring", lambda names: "bring " + " ".join(names))
    needs.report()
    wanted = '{"modules": ["numpy"], "command": "bring numpy", "gtk": true'
    assert capsys.readouterr().out.startswith(wanted)
