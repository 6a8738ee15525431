"""Docstrings say something of all that is public, and name what exists."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from support.public import public

ROOT = Path(__file__).resolve().parent.parent
DOTTED = re.compile(r"(?<!`)`([A-Za-z_]\w*(?:\.\w+)+)`(?!`)")


# What they say


def says_something(name: str, thing: Any) -> bool:
    """Whether it has a docstring, and not the one that a dataclass gives itself."""
    text = thing.__doc__ or ""
    return bool(text) and not text.startswith(f"{name.rpartition('.')[2]}(")


def test_everything_public_says_what_it_is() -> None:
    found = dict(public())
    assert {"sketch", "SketchResult.to_json", "raster.render", "document.svg.to_svg"} <= set(found)
    assert [name for name, thing in found.items() if not says_something(name, thing)] == []


def test_a_dataclass_without_a_word_of_its_own_counts_as_silent() -> None:
    @dataclass
    class Silent:
        number: int = 0

    assert Silent.__doc__
    assert not says_something("tests.Silent", Silent)
    assert says_something("guide.Recipe", import_module("clipasso_core.guide").Recipe)


# What they name


@dataclass
class Names:
    """What a package holds, found without importing it.

    modules: the names in each module, by its full name. classes: attributes and methods, by the
        class's name; bases: names of the classes that give it others. said: each dotted name in
        backquotes, with where it stands.
    """

    modules: dict[str, set[str]] = field(default_factory=dict)
    classes: dict[str, set[str]] = field(default_factory=dict)
    bases: dict[str, set[str]] = field(default_factory=dict)
    said: list[tuple[str, str]] = field(default_factory=list)

    def read(self, module: str, text: str) -> None:
        """Take a module in."""
        tree = ast.parse(text)
        self.modules[module] = _bound(tree.body)
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                self.classes.setdefault(node.name, set()).update(_attributes(node))
                bases = {one.id for one in node.bases if isinstance(one, ast.Name)}
                self.bases.setdefault(node.name, set()).update(bases)
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
                parameters = _parameters(node)
                for name in DOTTED.findall(ast.get_docstring(node) or ""):
                    if name.partition(".")[0] not in parameters:
                        self.said.append((f"{module}:{getattr(node, 'lineno', 1)}", name))

    def is_wrong(self, name: str) -> bool:
        """Whether a dotted name begins as something of the package, and does not go on so."""
        parts = name.split(".")
        begun = parts[0] in self.classes
        if self._has(parts[0], parts[1]):
            return False
        for count in range(1, len(parts) + 1):
            begin, rest = parts[:count], parts[count:]
            for module, names in self.modules.items():
                if module.split(".")[-count:] != begin:
                    continue
                begun = True
                if not rest or (rest[0] in names and self._goes_on(rest)):
                    return False
        return begun

    def _goes_on(self, rest: list[str]) -> bool:
        return len(rest) == 1 or self._has(rest[0], rest[1])

    def _has(self, kind: str, name: str) -> bool:
        """Whether a class has that attribute or method, perhaps by another class."""
        own = name in self.classes.get(kind, set())
        return own or any(self._has(one, name) for one in self.bases.get(kind, set()))


def _bound(body: list[ast.stmt]) -> set[str]:
    """The names that statements give."""
    names = set()
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {(one.asname or one.name).partition(".")[0] for one in node.names}
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            stored = [one for one in ast.walk(node) if isinstance(one, ast.Name)]
            names |= {one.id for one in stored if isinstance(one.ctx, ast.Store)}
        elif isinstance(node, ast.If):
            names |= _bound([*node.body, *node.orelse])
    return names


def _attributes(node: ast.ClassDef) -> set[str]:
    """A class's own names, and what its methods set on ``self``."""
    kept = [one for one in ast.walk(node) if isinstance(one, ast.Attribute)]
    own = {one.attr for one in kept if isinstance(one.value, ast.Name) and one.value.id == "self"}
    return own | _bound(node.body)


def _parameters(node: ast.AST) -> set[str]:
    if not isinstance(node, ast.FunctionDef):
        return set()
    return {one.arg for one in ast.walk(node.args) if isinstance(one, ast.arg)}


@pytest.fixture(scope="module")
def engine() -> Names:
    names = Names()
    for path in sorted((ROOT / "clipasso_core").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        names.read(".".join(parts).removesuffix(".__init__"), path.read_text(encoding="utf-8"))
    return names


def test_docstrings_name_what_exists(engine: Names) -> None:
    assert len(engine.said) > 10
    assert [(where, name) for where, name in engine.said if engine.is_wrong(name)] == []


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("raster.render", False),
        ("clipasso_core.raster.render", False),
        ("clipasso_core.raster", False),
        ("document.svg.to_svg", False),
        ("Guide.compare", False),
        ("guide.Guide.compare", False),
        ("ClipGuide.compare", False),
        ("torch.nn", False),  # not ours
        ("raster.paint", True),
        ("clipasso_core.rasters", True),
        ("document.svg.to_pdf", True),
        ("Guide.compares", True),
        ("ClipGuide.compares", True),
        ("guide.Guide.compares", True),
    ],
)
def test_a_name_that_does_not_exist_is_found(engine: Names, name: str, wrong: bool) -> None:
    assert engine.is_wrong(name) is wrong


def test_a_parameter_may_have_a_modules_name() -> None:
    names = Names()
    names.read("package.request", "")
    names.read("package.use", 'def f(request):\n    "`request.strokes` and `request.words`"\n')
    names.read("package.other", 'def f(one):\n    "`request.strokes`"\n')
    assert names.said == [("package.other:1", "request.strokes")]
    assert names.is_wrong("request.strokes")
