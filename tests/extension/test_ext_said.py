"""Whatever a person reads is looked up in the catalogue of their language: no sentence and no label
of the extension is a bare text.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Iterator, List, Set

import pytest

from easel import EXTENSION

PACKAGE = EXTENSION / "clipasso_ext"
FILES = sorted(PACKAGE.rglob("*.py"))
LOOKED_UP = ("_", "later", "ngettext", "pgettext")
# what nobody reads in their own language: logs, patterns, and errors of ours alone
UNREAD = ("log", "compile", "ValueError", "TypeError", "getattr", "require_version")
# two words, or one that begins as a sentence or a label does
SPOKEN = re.compile(r"[A-Za-z]{2}[,.:;]? [A-Za-z]{2}|^_?[A-Z][a-z]*_?[a-z]{2,}[….:]*$")
# functions of GTK and of ours whose texts are read, however short
SHOWS = {
    "Problem",
    "ask",
    "new_with_label",
    "new_with_mnemonic",
    "set_label",
    "set_markup",
    "set_text",
    "set_title",
    "set_tooltip_text",
    "show_message",
    "tell",
}
SHOWN = {"label", "title", "tooltip_text", "text", "secondary_text"}  # their arguments
LETTERS = re.compile(r"(?<![</])\b[A-Za-z]{2}")  # beside the names of markup
# what looks like a sentence and is none
CODES = {
    "document/label.py": {"Sketch of "},  # the document's, see docs/architecture.md
    "document/restyle.py": {"Pencil"},  # the document's
    "document/selectors.py": {"Matching"},  # of cssselect
    "beside/session_bus.py": {"Introspect", "Activate"},
    "engine/offer.py": {"Scripts"},
    "engine/pythons.py": {
        "import ensurepip, sys, venv;"
        " raise SystemExit(sys.version_info < (3, 10) or 'WindowsApps' in sys.base_prefix)"
    },
    "engine/regions.py": {'<rect width="100%" height="100%" fill="', '<mask id="'},
    "host.py": {"Library", "Application Support", "Local"},
    "windows/dialogs.py": {"CLIPasso"},
    "windows/wording.py": {"Python", "plain border"},
}
XML = re.compile(r"^<svg xmlns=")


def name_of(call: ast.Call) -> str:
    return getattr(call.func, "id", "") or getattr(call.func, "attr", "")


def texts_below(node: ast.AST) -> Set[int]:
    return {id(one) for one in ast.walk(node) if isinstance(one, ast.Constant)}


def bare(source: str) -> Iterator[str]:
    """The texts of a module that are read and not looked up."""
    tree = ast.parse(source)
    known = looked_up(tree)
    shown = shown_by(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            continue
        is_read = SPOKEN.search(node.value) or (id(node) in shown and LETTERS.search(node.value))
        if is_read and id(node) not in known and not XML.match(node.value):
            yield node.value


def looked_up(tree: ast.AST) -> Set[int]:
    """Texts that are, or that nobody reads."""
    known: Set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            known.add(id(node.value))  # what documents the code
        elif isinstance(node, ast.Call) and name_of(node) in LOOKED_UP + UNREAD:
            known |= texts_below(node)
    return known


def shown_by(tree: ast.AST) -> Set[int]:
    """Texts that a window shows, as what they are in is called."""
    shown: Set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            arguments = [one.value for one in node.keywords if one.arg in SHOWN]
            if name_of(node) in SHOWS:
                arguments += node.args
            shown |= {id(one) for argument in arguments for one in plain(argument)}
    return shown


def plain(argument: ast.expr) -> List[ast.Constant]:
    """The texts that an argument consists of, as it stands or put together."""
    if isinstance(argument, ast.Constant):
        return [argument]
    if isinstance(argument, ast.JoinedStr):
        return [one for one in argument.values if isinstance(one, ast.Constant)]
    if isinstance(argument, ast.IfExp):
        return plain(argument.body) + plain(argument.orelse)
    return []


def put_together(source: str) -> Iterator[int]:
    """Lines that look up what no catalogue can have: a text that is put together first."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or name_of(node) not in LOOKED_UP:
            continue
        if any(isinstance(one, (ast.JoinedStr, ast.BinOp)) for one in node.args):
            yield node.lineno


def place_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize("path", FILES, ids=place_of)
def test_every_text_that_is_read_is_looked_up(path: Path) -> None:
    found = set(bare(path.read_text(encoding="utf-8")))
    assert found - CODES.get(place_of(path), set()) == set()


@pytest.mark.parametrize("path", FILES, ids=place_of)
def test_what_is_looked_up_is_a_text_that_a_catalogue_can_have(path: Path) -> None:
    assert list(put_together(path.read_text(encoding="utf-8"))) == []


def test_what_is_called_a_code_is_still_there() -> None:
    for name, codes in CODES.items():
        assert codes <= set(bare((PACKAGE / name).read_text(encoding="utf-8"))), name


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('"""A sentence."""', []),
        ('x = "The sentence"', ["The sentence"]),
        ('x = _("A sentence")', []),
        ('x = later("A sentence")', []),
        ('x = "Label"', ["Label"]),
        ('x = "_Close"', ["_Close"]),
        ('x = "L_ook"', ["L_ook"]),
        ('x = "preview_px"', []),
        ('x = f"{a} of the strokes"', [" of the strokes"]),
        ('log("A sentence")', []),
        ('button.set_label("no capital")', ["no capital"]),
        ('button.set_label("ok" if a else _("b"))', ["ok"]),
        ('Gtk.Label(label="px")', ["px"]),
        ('raise Problem(f"{a} fails")', [" fails"]),
        ('raise Problem(_("{a} fails").format(a=a))', []),
    ],
)
def test_what_is_bare_is_found(source: str, found: List[str]) -> None:
    assert list(bare(source)) == found


@pytest.mark.parametrize(
    ("source", "lines"), [('_("a" "b")', []), ('_(f"{a}")', [1]), ('_("a" + b)', [1]), ("_(A)", [])]
)
def test_what_is_put_together_is_found(source: str, lines: List[int]) -> None:
    assert list(put_together(source)) == lines
