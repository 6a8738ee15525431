"""What translators get is what the extension says today, and what they wrote fits it."""

from __future__ import annotations

import ast
import re
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Any

import pytest
from clipasso_ext.windows.wording import DOCTORS
from lxml import etree

from clipasso_core.cli.doctor import examine

pytest.importorskip("babel")
from babel.messages.pofile import read_po

from po import catalogues

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog, Message

# Not translated yet. Who has done a language takes it out of here.
UNFINISHED: tuple[str, ...] = ()
LANGUAGES = [
    pytest.param(
        one,
        marks=[pytest.mark.xfail(strict=True, reason="not translated yet")]
        if one in UNFINISHED
        else [],
    )
    for one in catalogues.LANGUAGES
]
# modules whose words are seen together, in one window; those below each stand alone
SKETCH_WINDOW = {"action_row", "board", "brush", "controls", "ink_field", "shape_row", "wording"}
WINDOWS = [
    SKETCH_WINDOW,
    {"engine_window"},
    {"offer_window", "waiting_window"},
    {"progress_window", "waiting_window"},
    {"edit_effects"},
]
MNEMONIC = re.compile(r"_(\w)")
INX = catalogues.INX
# of pages: attributes that nobody reads
TECHNICAL = {
    *("appearance", "hidden", "implements-custom-gui", "interpreter", "location", "max", "min"),
    *("mode", "name", "needs-live-preview", "precision", "show-stderr", "translationdomain"),
    *("type", "value"),
}
CODES = (f"{INX}id", f"{INX}command", f"{INX}object-type", f"{INX}param")  # elements, as to text


def messages(catalog: Catalog) -> list[Message]:
    """All but the head."""
    return [one for one in catalog if one.id]


def forms(said: Any) -> list[str]:
    """One, or those of a plural."""
    return list(said) if isinstance(said, (tuple, list)) else [said]


def fields(text: str) -> set[str]:
    """Names of what is filled in."""
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


# Collecting


def test_the_template_is_that_of_today() -> None:
    with catalogues.TEMPLATE.open("rb") as file:
        kept = read_po(file)
    fresh = catalogues.collect()
    said = [
        {
            (one.context, tuple(forms(one.id)), " ".join(one.auto_comments))
            for one in messages(catalog)
        }
        for catalog in (kept, fresh)
    ]
    assert said[0] == said[1], "run  python po/catalogues.py extract"


@pytest.mark.parametrize("language", catalogues.LANGUAGES)
def test_every_language_has_the_words_of_today(language: str) -> None:
    own = {(one.context, tuple(forms(one.id))) for one in messages(catalogues.load(language))}
    fresh = {(one.context, tuple(forms(one.id))) for one in messages(catalogues.collect())}
    assert own == fresh, "run  python po/catalogues.py extract"


def texts_of(page: Path) -> Iterator[str]:
    """What a person reads of a page, as far as it does not look like a code."""
    for element in etree.parse(page).getroot().iter(etree.Element):
        for name, value in element.attrib.items():
            is_menu = element.tag == f"{INX}submenu" and name == "name"
            if name not in TECHNICAL or is_menu:
                yield value
        if element.tag not in CODES and (element.text or "").strip():
            yield str(element.text)


@pytest.mark.parametrize(
    "page", sorted((catalogues.ROOT / "inkscape_ext").glob("*.inx")), ids=lambda one: one.stem
)
def test_no_text_of_a_page_is_left_out(page: Path) -> None:
    collected = {one.text for one in catalogues.of_page(page)} | {catalogues.PRODUCT}
    assert set(texts_of(page)) <= collected
    assert etree.parse(page).getroot().get("translationdomain") == catalogues.DOMAIN


def test_what_a_module_says_is_collected_with_its_comments(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text(
        "def f(count):\n"
        "    # Translators: a comment.\n"
        '    a = _("one"\n        " sentence")\n'
        '    b = ngettext("{count} a", "{count} b", count)\n'
        '    c = pgettext("where", "c")\n'
        '    later("d")\n'
        '    raise UserError("code", "{path} e", path=f"{a}")\n'
    )
    found = list(catalogues.of_module(module, tmp_path))
    assert [(one.text, one.context) for one in found] == [
        ("one sentence", None),
        (("{count} a", "{count} b"), None),
        ("c", "where"),
        ("d", None),
        ("{path} e", None),
    ]
    assert found[0].comments == ["Translators: a comment."]


LOOKED_UP = {"_": (0,), "later": (0,), "ngettext": (0, 1), "pgettext": (1,)}


def literals(module: Path) -> Iterator[str]:
    """What is looked up in a module, as Python reads it: babel passes over calls in f-strings and
    in other such calls.
    """
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        name = (
            node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
        )
        for place in LOOKED_UP.get(name, ()):
            argument = node.args[place]  # type: ignore[attr-defined]
            if isinstance(argument, ast.Constant):
                yield str(argument.value)


@pytest.mark.parametrize(
    "module",
    sorted((catalogues.ROOT / "inkscape_ext").rglob("*.py")),
    ids=lambda one: f"{one.parent.stem}-{one.stem}",
)
def test_no_word_of_a_module_is_left_out(module: Path) -> None:
    collected = {text for one in catalogues.of_module(module) for text in forms(one.text)}
    assert set(literals(module)) <= collected


def test_the_window_knows_all_that_the_doctor_looks_at() -> None:
    assert {one.subject for one in examine()} == set(DOCTORS)


# What translators wrote


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_is_complete(language: str) -> None:
    assert [one.id for one in catalogues.missing(catalogues.load(language))] == []


def separates(message: Message) -> bool:
    """Whether it stands between others, with the spaces that its language wants."""
    return str(message.context).startswith("between ")


def faults(message: Message) -> Iterator[str]:
    """What is wrong with a translation, beside its words."""
    source = forms(message.id)
    for said in forms(message.string):
        if not said:
            continue
        allowed = [fields(one) for one in source]
        # "one stroke" may do without the number
        if fields(said) not in allowed and not (len(source) > 1 and fields(said) < allowed[-1]):
            yield f"other names in braces: {said}"
        if len(MNEMONIC.findall(said)) != len(MNEMONIC.findall(source[0])):
            yield f"other mnemonics: {said}"
        for end in () if separates(message) else (0, -1):
            if said[end].isspace() != source[0][end].isspace():
                yield f"other spaces around it: {said!r}"
        if said.count("\n\n") != source[0].count("\n\n"):
            yield f"other paragraphs: {said!r}"


@pytest.mark.parametrize("language", catalogues.LANGUAGES)
def test_a_translation_fits_what_it_translates(language: str) -> None:
    found = [fault for one in messages(catalogues.load(language)) for fault in faults(one)]
    assert found == []


def clashes(catalog: Catalog) -> Iterator[tuple[str, str]]:
    """Labels of one window that one key would press, though it does not in English."""
    for window in WINDOWS:
        labels = [
            (forms(one.id)[0], forms(one.string)[-1])
            for one in messages(catalog)
            if any(Path(place).stem in window for place, _ in one.locations)
            and MNEMONIC.search(forms(one.id)[0])
            and forms(one.string)[-1]
        ]
        for number, (source, said) in enumerate(labels):
            for other_source, other in labels[:number]:
                if key(source) != key(other_source) and key(said) == key(other):
                    yield other, said


def key(label: str) -> str:
    """Which key presses it."""
    found = MNEMONIC.search(label)
    return found[1].lower() if found else ""


@pytest.mark.parametrize("language", catalogues.LANGUAGES)
def test_no_two_labels_of_a_window_have_one_key(language: str) -> None:
    assert list(clashes(catalogues.load(language))) == []


def test_no_two_labels_of_a_window_have_one_key_in_english_but_those_that_take_turns() -> None:
    english = catalogues.collect()
    turns = {"_Finish", "_Finish Again", "_Insert", "_Insert All {count}", "_Install…"}
    for window in WINDOWS[:-1]:
        labels = [
            forms(one.id)[0]
            for one in messages(english)
            if any(Path(place).stem in window for place, _ in one.locations)
            and MNEMONIC.search(forms(one.id)[0])
        ]
        keys = [key(one) for one in labels if one not in turns]
        assert len(keys) == len(set(keys)), labels


@pytest.mark.parametrize("language", catalogues.LANGUAGES)
def test_what_inkscape_reads_is_what_translators_wrote(language: str) -> None:
    assert not catalogues.is_stale(language), "run  python po/catalogues.py compile"


# The checks can fail


@pytest.fixture
def language(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A German of its own, with nothing translated."""
    monkeypatch.setattr(catalogues, "HERE", tmp_path)
    catalogues.save(catalogues.merged("de", catalogues.collect()), tmp_path / "de.po")
    return tmp_path / "de.po"


def translate(path: Path, source: str, said: str) -> None:
    text = path.read_text("utf-8")
    assert f'msgid "{source}"\nmsgstr ""\n' in text
    path.write_text(
        text.replace(f'msgid "{source}"\nmsgstr ""\n', f'msgid "{source}"\nmsgstr "{said}"\n'),
        "utf-8",
    )


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("Judged by CLIP ({model}).", "Von CLIP beurteilt."),
        ("Judged by CLIP ({model}).", "Von CLIP ({modell}) beurteilt."),
        ("_Cancel", "Abbrechen"),
        (" Sketch a Photograph...", "Foto skizzieren..."),
    ],
)
def test_a_translation_that_does_not_fit_is_found(language: Path, source: str, said: str) -> None:
    translate(language, source, said)
    assert [fault for one in messages(catalogues.load("de")) for fault in faults(one)]


def test_a_key_that_presses_two_labels_is_found(language: Path) -> None:
    translate(language, "_Cancel", "_Abbrechen")
    translate(language, "_Finish", "_Ausarbeiten")
    assert list(clashes(catalogues.load("de"))) == [("_Abbrechen", "_Ausarbeiten")]


def test_what_is_translated_is_compiled_and_the_rest_is_left_in_english(
    language: Path, tmp_path: Path
) -> None:
    translate(language, "_Cancel", "_Abbrechen")
    assert catalogues.is_stale("de", tmp_path)
    catalogues.compile_one("de", tmp_path)
    assert not catalogues.is_stale("de", tmp_path)
    path = catalogues.compiled_path("de", tmp_path)
    assert catalogues.words_of(path.read_bytes()) == {"_Cancel": "_Abbrechen"}


@pytest.mark.parametrize("language", catalogues.LANGUAGES)
def test_words_lie_in_the_order_in_which_gettext_searches(language: str) -> None:
    data = catalogues.compiled_path(language).read_bytes()
    _, _, count, start = struct.unpack("<4I", data[:16])
    places = [struct.unpack("<II", data[start + 8 * n : start + 8 * n + 8]) for n in range(count)]
    keys = [data[place : place + length] for length, place in places]
    assert keys == sorted(keys)


@pytest.mark.skipif(shutil.which("msgfmt") is None, reason="no msgfmt")
def test_the_files_are_as_gnu_gettext_has_them(language: Path, tmp_path: Path) -> None:
    translate(language, "_Cancel", "_Abbrechen")
    command = ["msgfmt", "-o", str(tmp_path / "de.mo"), str(language)]
    subprocess.run(command, check=True)
    own = catalogues.words_of(catalogues.compiled(catalogues.load("de")))
    assert catalogues.words_of((tmp_path / "de.mo").read_bytes()) == own


def test_one_command_collects_and_one_compiles(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    for name in ("po", "inkscape_ext", "clipasso_core"):
        ignored = shutil.ignore_patterns("__pycache__", "*.po", "*.pot", "*.mo")
        shutil.copytree(catalogues.ROOT / name, copy / name, ignore=ignored)
    for do in ("extract", "compile"):
        subprocess.run([sys.executable, copy / "po" / "catalogues.py", do], check=True)
    for path in [catalogues.TEMPLATE, *map(catalogues.compiled_path, catalogues.LANGUAGES)]:
        assert (copy / path.relative_to(catalogues.ROOT)).is_file()
