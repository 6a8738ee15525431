"""The .inx pages, and what an extension's files may hold: Inkscape's Python is 3.8 or newer and has
inkex, lxml and gi.
"""

from __future__ import annotations

import ast
import re
from argparse import Action
from importlib import import_module
from pathlib import Path
from typing import Any, Dict, Iterator, List, Type

import pytest
from clipasso_ext.effects import Effect
from clipasso_ext.engine import settings
from clipasso_ext.engine.settings import Settings
from lxml import etree

from easel import EXTENSION
from entries import ENTRIES

INX = "{http://www.inkscape.org/namespace/inkscape/extension}"
PAGES = sorted(EXTENSION.glob("*.inx"))
FILES = sorted(EXTENSION.rglob("*.py"))
HIDDEN = "deliver"  # which the window starts, not the person
INKSCAPES_OWN = {"help", "output", "ids", "selected_nodes", "input_file"}
# of Python 3.8's standard library, whose names sys.stdlib_module_names tells only since 3.10
COMMON = """
    __future__ argparse ast base64 binascii contextlib copy ctypes dataclasses fcntl functools
    gettext hashlib importlib io itertools json locale math msvcrt os pathlib platform queue re
    shutil signal stat string struct subprocess sys tempfile threading time traceback types typing
    urllib uuid warnings xml zlib
"""


def page_of(path: Path) -> Any:
    return etree.parse(str(path)).getroot()


def word(path: Path) -> str:
    return path.stem.replace("clipasso_", "")


def parameters(path: Path) -> Dict[str, Any]:
    return {one.get("name"): one for one in page_of(path).iter(INX + "param")}


def default(parameter: Any) -> str:
    """The value that Inkscape begins with."""
    options = parameter.findall(INX + "option")
    return options[0].get("value") if options else (parameter.text or "").strip()


def choices(parameter: Any) -> List[str]:
    return [option.get("value") for option in parameter.findall(INX + "option")]


def own_arguments(kind: Type[Effect]) -> Dict[str, Action]:
    """The arguments of a menu entry beside inkex's own, by name."""
    return {
        action.dest: action
        for action in kind().arg_parser._actions
        if action.dest not in INKSCAPES_OWN
    }


def test_every_page_is_tested() -> None:
    assert {word(path) for path in PAGES} == set(ENTRIES)


@pytest.mark.parametrize("path", PAGES, ids=word)
def test_a_page_is_an_extension_with_an_id_a_name_and_a_script(path: Path) -> None:
    root = page_of(path)
    assert root.tag == INX + "inkscape-extension"
    assert root.findtext(INX + "id") == "org.clipasso." + word(path)
    assert root.findtext(INX + "name").strip()
    command = root.find(INX + "script/" + INX + "command")
    assert (command.get("location"), command.get("interpreter")) == ("inx", "python")
    assert (EXTENSION / command.text).is_file()
    menu = root.find(INX + "effect/" + INX + "effects-menu")
    if word(path) == HIDDEN:
        assert (menu.get("hidden"), len(menu)) == ("true", 0)
    else:
        assert menu.find(INX + "submenu").get("name") == "CLIPasso"


def test_the_main_command_comes_first_in_the_menu() -> None:
    """Inkscape puts the entries of a menu, and its submenus, into the order of their names."""
    names = []
    for path in PAGES:
        submenu = page_of(path).find(".//" + INX + "submenu/" + INX + "submenu")
        name = page_of(path).findtext(INX + "name")
        names.append((name if submenu is None else submenu.get("name"), word(path)))
    shown = [one for one in sorted(names) if one[1] != HIDDEN]
    assert shown[0][1] == "sketch"
    assert list(dict.fromkeys(name for name, _ in shown))[1:] == [
        "Background",
        "Edit a Sketch",
        "Engine and Models...",
        "Sketch with Parameters",
    ]


@pytest.mark.parametrize("path", PAGES, ids=word)
def test_a_page_keeps_inkscape_from_previewing_and_from_its_own_dialogs(path: Path) -> None:
    effect = page_of(path).find(INX + "effect")
    assert (effect.get("needs-live-preview"), effect.get("show-stderr")) == ("false", "true")
    # with it, Inkscape never shows the page of parameters
    own_window = None if parameters(path) else "true"
    assert effect.get("implements-custom-gui") == own_window


@pytest.mark.parametrize("path", PAGES, ids=word)
def test_a_script_starts_its_own_entry(path: Path) -> None:
    tree = ast.parse((EXTENSION / (path.stem + ".py")).read_text(encoding="utf-8"))
    (call,) = [
        one
        for one in ast.walk(tree)
        if isinstance(one, ast.Call) and getattr(one.func, "id", "") == "start"
    ]
    module, name = map(ast.literal_eval, call.args)
    assert getattr(import_module(f"clipasso_ext.{module}"), name) is ENTRIES[word(path)]


@pytest.mark.parametrize("path", PAGES, ids=word)
def test_the_page_and_the_script_know_the_same_parameters(path: Path) -> None:
    on_page = {name for name, one in parameters(path).items() if one.get("type") != "notebook"}
    known = set(own_arguments(ENTRIES[word(path)]))
    notebooks = {name for name, one in parameters(path).items() if one.get("type") == "notebook"}
    assert on_page | notebooks == known


@pytest.mark.parametrize("path", PAGES, ids=word)
def test_the_page_and_the_script_begin_with_the_same_values(path: Path) -> None:
    known = own_arguments(ENTRIES[word(path)])
    for name, one in parameters(path).items():
        action = known[name]
        if action.choices:
            assert list(action.choices) == choices(one)
        # a colour goes as a number; the page names a CLIP guide that is not chosen
        if one.get("type") not in ("color", "notebook") and name != "clip":
            convert: Any = action.type or str
            assert convert(default(one)) == action.default


@pytest.mark.parametrize("path", PAGES, ids=word)
def test_every_parameter_has_a_text_and_says_what_it_does(path: Path) -> None:
    for name, one in parameters(path).items():
        assert one.get("type") == "notebook" or one.get("gui-text"), name
        assert one.get("type") in ("notebook", "color") or one.get("gui-description"), name


def as_inkscape_passes(path: Path) -> List[str]:
    """The arguments of an untouched page; a colour goes as a number."""
    words = []
    for name, one in parameters(path).items():
        value = (
            default(one) if one.get("type") != "notebook" else one.find(INX + "page").get("name")
        )
        words.append("--%s=%s" % (name, int(value, 16) if one.get("type") == "color" else value))
    return words


@pytest.mark.parametrize(
    "path", [path for path in PAGES if word(path) in ("parameters", "background")], ids=word
)
def test_an_untouched_page_means_the_default_settings(path: Path) -> None:
    effect: Any = ENTRIES[word(path)]()
    effect.parse_arguments(as_inkscape_passes(path))
    assert effect.settings() == Settings()
    effect.parse_arguments([])
    assert effect.settings() == Settings()


@pytest.mark.parametrize(
    "path", [path for path in PAGES if word(path) in ("parameters", "background")], ids=word
)
def test_the_pages_limits_and_choices_are_the_settings(path: Path) -> None:
    page = parameters(path)
    assert (page["strokes"].get("min"), page["strokes"].get("max")) == (
        "1",
        str(settings.MAX_STROKES),
    )
    assert (page["seed"].get("min"), page["seed"].get("max")) == ("0", str(settings.MAX_SEED))
    assert (page["seeds"].get("min"), page["seeds"].get("max")) == ("0", str(settings.MAX_SEEDS))
    assert (page["width"].get("min"), float(page["width"].get("max"))) == ("0", settings.MAX_WIDTH)
    assert set(choices(page["preset"])) == set(settings.PRESETS)
    assert set(choices(page["mask"])) == set(settings.MASKS)
    assert choices(page["bitmap"]) == ["keep", "dim", "lock", "hide"]
    assert choices(page["ink"]) == ["color", settings.PHOTO_INK]
    assert choices(page["guide"]) == ["auto", "lite", "clip"]
    assert settings.sane(
        Settings(guide="clip:" + default(page["clip"]))
    ).guide == "clip:" + default(page["clip"])


def test_inserting_leaves_sketches_without_a_bitmap_unless_told_otherwise() -> None:
    (path,) = [path for path in PAGES if word(path) == "insert"]
    effect = ENTRIES["insert"]()
    effect.parse_arguments(as_inkscape_passes(path))
    assert (effect.options.gone, effect.options.again) == ("leave", False)
    assert choices(parameters(path)["gone"]) == ["leave", "place"]


def test_both_pages_with_parameters_are_the_same() -> None:
    one, other = (
        [
            etree.tostring(value)
            for value in parameters(EXTENSION / ("clipasso_%s.inx" % kind)).values()
        ]
        for kind in ("parameters", "background")
    )
    assert one == other


# Python


def imported(path: Path) -> Iterator[str]:
    for one in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(one, ast.Import):
            for name in one.names:
                yield name.name.split(".")[0]
        elif isinstance(one, ast.ImportFrom) and not one.level:
            yield str(one.module).split(".")[0]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_is_python_3_8(path: Path) -> None:
    ast.parse(path.read_text(encoding="utf-8"), str(path), feature_version=(3, 8))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_runs_with_annotations_that_python_3_8_does_not_evaluate(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    annotated = [
        one
        for one in ast.walk(ast.parse(text))
        if isinstance(one, ast.AnnAssign) or getattr(one, "returns", None)
    ]
    assert not annotated or "from __future__ import annotations" in text


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_names_of_the_document_stand_in_one_place(path: Path) -> None:
    """Namespaces of elements and attributes, that is."""
    text = path.read_text(encoding="utf-8")
    assert path.stem == "names" or not re.search(r"\{http|clipasso\.org|sodipodi-0", text)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_imports_nothing_that_inkscape_does_not_bring(path: Path) -> None:
    # inkex itself imports cssselect, so that it is where inkex is.
    assert set(imported(path)) <= {
        "inkex",
        "lxml",
        "cssselect",
        "gi",
        "clipasso_ext",
        *COMMON.split(),
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_names_that_python_3_9_brought_are_not_used(path: Path) -> None:
    """What feature_version does not see: methods and functions of newer standard libraries."""
    newer = {
        "removeprefix",
        "removesuffix",
        "is_relative_to",
        "with_stem",
        "readlink",
        "to_thread",
        "pairwise",
        "batched",
        "hardlink_to",
    }
    used = {
        one.attr
        for one in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(one, ast.Attribute)
    }
    assert not used & newer
