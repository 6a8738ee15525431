"""install.py itself: what it says to an old Python, and where it may lie."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

CHECKOUT = Path(__file__).parents[2]
FILE = CHECKOUT / "install.py"
# What Python 2.7 and 3.4 know as well: no format strings, no annotations.
OLD_SYNTAX = {
    *("Module", "Import", "ImportFrom", "alias", "FunctionDef", "arguments", "arg", "Return", "If"),
    *("Assign", "Expr", "Name", "Load", "Store", "Constant", "Attribute", "Subscript", "Slice"),
    *("Call", "BinOp", "Add", "Compare", "Lt", "In", "Eq", "UnaryOp", "Not"),
    *("Tuple", "Dict", "GeneratorExp", "comprehension"),
}


@pytest.fixture
def install() -> ModuleType:
    """install.py as a module."""
    spec = importlib.util.spec_from_file_location("install", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(
    *command: str | Path, cwd: Path | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run a command with a home of its own and the further environment variables."""
    words = [str(word) for word in command]
    return subprocess.run(
        words, cwd=cwd, env={**os.environ, **variables}, capture_output=True, text=True
    )


def copy_checkout(root: Path) -> Path:
    """What install.py needs of a fresh clone. Returns its install.py."""
    for name in ("installer", "clipasso_core", "inkscape_ext"):
        shutil.copytree(CHECKOUT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("install.py", "pyproject.toml", "constraints.txt", "README.md"):
        shutil.copyfile(CHECKOUT / name, root / name)
    return root / "install.py"


@pytest.mark.parametrize("version", [(2, 7, 18), (3, 5, 10), (3, 9, 18)])
def test_an_old_python_is_told_which_one_is_needed(
    install: ModuleType, version: tuple[int, ...]
) -> None:
    said = install.find_obstacle(version, str(CHECKOUT))
    assert said == (
        f"this is Python {'.'.join(str(part) for part in version)}; CLIPasso needs 3.10 or newer:"
        " run this file with a newer one"
    )


@pytest.mark.parametrize("version", [(3, 10, 0), (3, 15, 1), (4, 0, 0)])
def test_a_python_that_is_new_enough_meets_no_obstacle(
    install: ModuleType, version: tuple[int, ...]
) -> None:
    assert install.find_obstacle(version, str(CHECKOUT)) == ""


def test_an_old_python_ends_with_status_2_before_the_installer_is_imported(
    install: ModuleType, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "installer"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "version_info", (3, 9, 18, "final", 0))
    monkeypatch.setattr(sys, "argv", ["install.py", "doctor", "--json"])
    assert install.main() == 2
    out, err = capfd.readouterr()
    assert err.startswith("install.py: this is Python 3.9.18; CLIPasso needs 3.10 or newer")
    assert err.count("\n") == 1
    assert json.loads(out) == {"ready": False, "message": err[len("install.py: ") : -1]}
    assert "installer" not in sys.modules


def test_an_old_python_can_read_the_file() -> None:
    tree = ast.parse(FILE.read_text(encoding="ascii"), feature_version=(3, 4))
    assert {type(node).__name__ for node in ast.walk(tree)} <= OLD_SYNTAX
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            assert node.returns is None
            assert not node.args.kwonlyargs
        elif isinstance(node, ast.arg):
            assert node.annotation is None


def old_pythons() -> list[str]:
    """The Pythons of this machine, those of pyenv among them, that are too old."""
    names = ["python2", *(f"python3.{minor}" for minor in range(10))]
    found = [path for name in names if (path := shutil.which(name))]
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    found += [str(path) for path in sorted(pyenv.glob("versions/*/bin/python"))]
    ask = "import sys; sys.exit(7 if sys.version_info < (3, 10) else 0)"
    return [path for path in found if run(path, "-c", ask).returncode == 7]


def test_the_old_pythons_of_this_machine_are_told() -> None:
    pythons = old_pythons()
    if not pythons:
        pytest.skip("no old Python is here")
    for python in pythons:
        done = run(python, FILE)
        assert done.returncode == 2
        assert "CLIPasso needs 3.10 or newer" in done.stderr
        assert done.stdout == ""


def test_the_oldest_python_is_the_one_that_the_package_names(install: ModuleType) -> None:
    text = (CHECKOUT / "pyproject.toml").read_text(encoding="utf-8")
    named = re.search(r'^requires-python = ">=(\d+)\.(\d+)"', text, re.MULTILINE)
    assert named is not None
    assert tuple(int(part) for part in named.groups()) == install.OLDEST


@pytest.mark.parametrize("words", [[], ["--help"], ["doctor"]], ids=str)
def test_the_file_alone_says_in_one_line_what_is_missing(tmp_path: Path, words: list[str]) -> None:
    shutil.copyfile(FILE, tmp_path / "install.py")
    done = run(sys.executable, tmp_path / "install.py", *words, cwd=CHECKOUT)
    assert done.returncode == 2
    assert done.stderr == (
        "install.py: the rest of CLIPasso is not beside install.py: download all of it, not this"
        " file alone\n"
    )


@pytest.mark.parametrize("flags", [[], ["-I"]], ids=str)
def test_it_runs_from_any_folder_and_through_links_and_leaves_the_clone_as_it_was(
    tmp_path: Path, flags: list[str]
) -> None:
    root = tmp_path / "a fresh clone"
    file = copy_checkout(root)
    before = sorted(root.rglob("*"))
    links = tmp_path / "links"
    elsewhere = tmp_path / "elsewhere"
    links.mkdir()
    elsewhere.mkdir()
    (links / "set-up").symlink_to(file)
    (links / "again").symlink_to(links / "set-up")
    # another installer, which is not meant
    (elsewhere / "installer.py").write_text("raise SystemExit('the wrong installer')")
    for path in (file, links / "set-up", links / "again"):
        done = run(sys.executable, *flags, path, "doctor", cwd=elsewhere, PYTHONPATH=str(elsewhere))
        assert done.stderr == ""
        assert "engine: not installed" in done.stdout
    assert sorted(root.rglob("*")) == before


def test_help_comes_from_the_file_itself() -> None:
    done = run(sys.executable, FILE, "--help")
    assert done.returncode == 0
    assert "python3 install.py uninstall" in done.stdout


def test_the_installer_needs_nothing_but_the_oldest_python() -> None:
    names: set[str] = set()
    for path in (FILE, *(CHECKOUT / "installer").glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 10))
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names.add(node.module or "")
    known = sys.stdlib_module_names | {"__future__", "installer"}
    assert {name.split(".")[0] for name in names} <= known
