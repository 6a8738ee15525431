"""The code is linted, formatted and typed, takes in one thought a line, and names no machine."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BUILT = ("build", "dist")  # copies
NESTED = 2  # comprehensions within each other, at most: three are a loop or a function
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
# Assignments of three values or more in one line that are still there. Only fewer are welcome.
PACKED = {"benchmarks": 2, "clipasso_core": 16, "inkscape_ext": 2, "tests": 18}


@pytest.mark.parametrize(
    "command", [["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"]], ids=" ".join
)
def test_the_code_is_clean(command: list[str]) -> None:
    words = [sys.executable, "-m", *command]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_imports_point_one_way() -> None:
    """The contracts are in pyproject.toml, under ``tool.importlinter``."""
    command = Path(sys.executable).with_name("lint-imports")
    paths = {**os.environ, "PYTHONPATH": str(ROOT / "inkscape_ext")}
    done = subprocess.run([command], cwd=ROOT, env=paths, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_engine_imports_no_torch_before_it_computes() -> None:
    modules = (
        "clipasso_core, clipasso_core.cli.main, clipasso_core.service.run,"
        " clipasso_core.machine.models"
    )
    code = f"import sys, {modules}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


# One thought a line


def sources() -> list[Path]:
    """The Python files of this checkout."""
    folders = [path for path in ROOT.iterdir() if path.name[0] != "." and path.name not in BUILT]
    nested = [path for folder in folders for path in folder.rglob("*.py")]
    return sorted([*ROOT.glob("*.py"), *nested])


def depth(node: ast.AST) -> int:
    """How many comprehensions lie within each other."""
    inside = max([depth(one) for one in ast.iter_child_nodes(node)], default=0)
    return inside + isinstance(node, COMPREHENSIONS)


def packed(tree: ast.AST) -> Iterator[int]:
    """The lines that assign three values or more to as many names."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Tuple):
            continue
        if isinstance(node.value, ast.Tuple) and len(node.value.elts) > 2:
            yield node.lineno


def test_comprehensions_are_not_nested_deep() -> None:
    found = []
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, COMPREHENSIONS) and depth(node) > NESTED:
                found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert found == []


def test_assignments_are_not_packed_more_than_they_were() -> None:
    found: dict[str, list[str]] = {}
    for path in sources():
        where = path.relative_to(ROOT)
        for line in packed(ast.parse(path.read_text(encoding="utf-8"))):
            found.setdefault(where.parts[0], []).append(f"{where}:{line}")
    more = {name: lines for name, lines in found.items() if len(lines) > PACKED.get(name, 0)}
    assert more == {}


@pytest.mark.parametrize(
    ("text", "deep", "lines"),
    [
        ("[a for a in [b for b in c]]", 2, []),
        ("[a for a in [b for b in {d for d in e}]]", 3, []),
        ("a, b = 1, 2", 0, []),
        ("a, b, c = read()", 0, []),
        ("x = 0\na, b, c = 1, 2, 3", 0, [2]),
    ],
)
def test_what_is_nested_and_packed_is_found(text: str, deep: int, lines: list[int]) -> None:
    assert depth(ast.parse(text)) == deep
    assert list(packed(ast.parse(text))) == lines


# No machine


def test_no_file_names_the_machine_that_it_was_written_on() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("git does not say which files are ours")
    names = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    private = [f"{folder}/".encode() for folder in (ROOT, Path.home()) if len(folder.parts) > 1]
    paths = [ROOT / name for name in names if name and (ROOT / name).is_file()]
    assert len(paths) > 100
    assert private
    found = [path for path in paths if any(one in path.read_bytes() for one in private)]
    assert found == []
