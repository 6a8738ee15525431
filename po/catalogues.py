#!/usr/bin/env python3
"""The extension's words: collected for translators, and compiled for those who read them.

  python po/catalogues.py extract   collect all words anew into clipasso.pot and every LANGUAGE.po
  python po/catalogues.py compile   write what was translated into inkscape_ext/locale

Needs babel and lxml, which the tests' environment has; CONTRIBUTING.md tells how to get into it,
and under "Translating" how to work on a language.
"""

from __future__ import annotations

import argparse
import gettext
import io
import re
import struct
import sys
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr
from pathlib import Path
from typing import NamedTuple

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract as extract_python
from babel.messages.pofile import read_po, write_po
from lxml import etree

ROOT = Path(__file__).resolve().parents[1]
HERE = ROOT / "po"
DOMAIN = "clipasso"  # as inkscape_ext/clipasso_ext/words.py and every .inx file have it
TEMPLATE = HERE / f"{DOMAIN}.pot"
# and their plural forms, as Inkscape's own catalogues have them
LANGUAGES = {
    "de": ("German", "nplurals=2; plural=(n != 1);"),
    "es": ("Spanish", "nplurals=2; plural=(n != 1);"),
    "fr": ("French", "nplurals=2; plural=(n > 1);"),
    "ja": ("Japanese", "nplurals=1; plural=0;"),
}
LOCALE = ROOT / "inkscape_ext" / "locale"
COMMENTS = "Translators:"  # begins what is for them
# what takes words, and in which arguments
KEYWORDS = {
    "_": None,
    "later": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "UserError": (2,),
    "Wording": (1,),
}
# of the engine: what is told to a terminal, or to another program, is no window's
UNSEEN = (
    "clipasso_core/cli/",
    "clipasso_core/batch/ray_",
    "clipasso_core/batch/report.py",
    "clipasso_core/document/animate.py",
    "clipasso_core/machine/set_up.py",
    "clipasso_core/service/envelope.py",
)
SEEN = ("clipasso_core/cli/doctor.py",)
INX = "{http://www.inkscape.org/namespace/inkscape/extension}"
ATTRIBUTES = ("gui-text", "gui-description")
CONTENTS = (f"{INX}name", f"{INX}option", f"{INX}menu-tip", f"{INX}label")
PRODUCT = "CLIPasso"
HEADER = "# {title}\n# Under CLIPasso's own licence, MIT."
WIDTH = 98
# of a header: what differs from one run, or one person's machine, to the next
PASSING = re.compile(
    r'^"(Project-Id-Version|POT-Creation-Date|PO-Revision-Date|Last-Translator|Language-Team|Generated-By'
    r'|Report-Msgid-Bugs-To): .*\\n"\n',
    re.MULTILINE,
)
# of a template: what is filled in, and whether there is anything besides
FIELD = re.compile(r"\{[^{}]*\}")
LETTERS = re.compile(r"[^\W\d_]")
# of a .mo file, as GNU gettext's manual has it
MAGIC = 0x950412DE
HEAD_BYTES = 28
CONTEXT = "\x04"  # between a context and its word
FORM = "\0"  # between the forms of a plural


class Found(NamedTuple):
    """What somebody reads. text: two of them where there is a plural. place: the file."""

    text: str | tuple[str, str]
    place: str
    comments: list[str]
    context: str | None


def main(arguments: list[str]) -> int:
    """Extract or compile; return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("do", choices=("extract", "compile"))
    if parser.parse_args(arguments).do == "extract":
        template = collect()
        save(template, TEMPLATE)
        for language in LANGUAGES:
            save(merged(language, template), catalogue_path(language))
        print(f"{len(template)} texts in {TEMPLATE.name}")
    else:
        for language in LANGUAGES:
            compile_one(language)
            known = load(language)
            print(f"{language}: {len(known) - len(missing(known))} of {len(known)}")
    return 0


def catalogue_path(language: str) -> Path:
    """What translators write."""
    return HERE / f"{language}.po"


def compiled_path(language: str, locale: Path = LOCALE) -> Path:
    """What Inkscape and the extension read."""
    return locale / language / "LC_MESSAGES" / f"{DOMAIN}.mo"


# What there is to translate


def collect() -> Catalog:
    """All words, in the order of files."""
    catalog = Catalog(
        project=PRODUCT,
        charset="utf-8",
        header_comment=HEADER.format(title="All that CLIPasso says in Inkscape."),
        fuzzy=False,
    )
    for one in found():
        catalog.add(
            one.text, locations=[(one.place, 0)], auto_comments=one.comments, context=one.context
        )
    return catalog


def found() -> Iterator[Found]:
    """In the pages, then in the extension, then in the engine."""
    extension = ROOT / "inkscape_ext"
    for path in sorted(extension.glob("*.inx")):
        yield from of_page(path)
    for path in sorted([*extension.glob("**/*.py"), *(ROOT / "clipasso_core").glob("**/*.py")]):
        place = place_of(path)
        if place in SEEN or not place.startswith(UNSEEN):
            yield from of_module(path)


def of_page(path: Path) -> Iterator[Found]:
    """What Inkscape looks up of an .inx file."""
    for element in etree.parse(path).getroot().iter(etree.Element):
        texts = [element.get(name) for name in ATTRIBUTES]
        if element.tag == f"{INX}submenu":
            texts.append(element.get("name"))
        if element.tag in CONTENTS:
            texts.append(element.text)
        if element.get("translatable") == "no":
            continue
        for text in texts:
            if text and text != PRODUCT:
                yield Found(text, place_of(path), list(_comments(element)), element.get("context"))


def _comments(element: etree._Element) -> Iterator[str]:
    before = element.getprevious()
    if isinstance(before, etree._Comment):
        text = " ".join((before.text or "").split())
        if text.startswith(COMMENTS):
            yield text


def of_module(path: Path, root: Path = ROOT) -> Iterator[Found]:
    """What a module of Python looks up, or has somebody else look up."""
    # babel complains of values that are put together; templates never are
    with path.open("rb") as file, redirect_stderr(io.StringIO()):
        every = extract_python("python", file, KEYWORDS, [COMMENTS], {"encoding": "utf-8"})
        for _line, text, comments, context in every:
            if context or LETTERS.search(FIELD.sub("", "".join(text))):
                forms = text if isinstance(text, str) else (text[0], text[1])
                yield Found(forms, place_of(path, root), list(comments), context)


def place_of(path: Path, root: Path = ROOT) -> str:
    """As a catalogue names a file."""
    return path.relative_to(root).as_posix()


# Files of catalogues


def load(language: str) -> Catalog:
    """What is translated so far; nothing yet where there is no file."""
    path = catalogue_path(language)
    if path.is_file():
        with path.open("rb") as file:
            return read_po(file, locale=language, domain=DOMAIN)
    name, plurals = LANGUAGES[language]
    header = HEADER.format(title=f"CLIPasso in {name}.")
    head = f'{header}\nmsgid ""\nmsgstr "Plural-Forms: {plurals}\\n"\n'
    return read_po(io.StringIO(head), locale=language, domain=DOMAIN)


def merged(language: str, template: Catalog) -> Catalog:
    """A language's catalogue with the words of today; what resembles an earlier one is fuzzy."""
    catalog = load(language)
    catalog.update(template)
    catalog.fuzzy = False
    return catalog


def as_text(catalog: Catalog) -> str:
    """A catalogue as it is kept: without dates, names and lines, which change and tell nothing."""
    for message in catalog:
        message.flags.discard("python-format")  # a percent sign is one
    file = io.BytesIO()
    write_po(file, catalog, width=WIDTH, include_lineno=False, ignore_obsolete=True)
    return PASSING.sub("", file.getvalue().decode("utf-8"))


def save(catalog: Catalog, path: Path) -> None:
    """Write a catalogue."""
    path.write_text(as_text(catalog), encoding="utf-8", newline="\n")


def is_done(message: Message) -> bool:
    """Whether a message is translated as a whole."""
    return all(_forms(message.string)) and not message.fuzzy


def missing(catalog: Catalog) -> list[Message]:
    """What is not translated, or not as a whole."""
    return [one for one in catalog if one.id and not is_done(one)]


def compile_one(language: str, locale: Path = LOCALE) -> None:
    """Write what is translated for Inkscape and the extension, if it differs from what is there."""
    if is_stale(language, locale):
        target = compiled_path(language, locale)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(compiled(load(language)))


def is_stale(language: str, locale: Path = LOCALE) -> bool:
    """Whether what is read is not what translators wrote."""
    target = compiled_path(language, locale)
    return not target.is_file() or target.read_bytes() != compiled(load(language))


def compiled(catalog: Catalog) -> bytes:
    """In the form of a .mo file, without what is not translated: it stays in English.

    Not by babel, which sorts words that have a context as if they had none: GNU gettext, and so
    Inkscape, searches by halves and passes over what lies about them.
    """
    head = f"Content-Type: text/plain; charset=utf-8\nPlural-Forms: {catalog.plural_forms};\n"
    words = {"": head}
    for message in catalog:
        if message.id and is_done(message):
            key = f"{message.context}{CONTEXT}" if message.context else ""
            words[key + FORM.join(_forms(message.id))] = FORM.join(_forms(message.string))
    every = sorted((key.encode(), said.encode()) for key, said in words.items())
    # the head, then where each key is, then where what it means is, then all texts
    tables, texts = b"", b""
    for side in (0, 1):
        for pair in every:
            place = HEAD_BYTES + 16 * len(every) + len(texts)
            tables += struct.pack("<II", len(pair[side]), place)
            texts += pair[side] + b"\0"
    means = HEAD_BYTES + 8 * len(every)
    return struct.pack("<7I", MAGIC, 0, len(every), HEAD_BYTES, means, 0, 0) + tables + texts


def _forms(said: str | tuple[str, ...] | list[str] | None) -> Sequence[str]:
    """One, or those of a plural; an empty one for none."""
    return [said or ""] if said is None or isinstance(said, str) else said


def words_of(data: bytes) -> dict[str, str]:
    """What a .mo file holds, beside the head."""
    every: dict[str, str] = dict(vars(gettext.GNUTranslations(io.BytesIO(data)))["_catalog"])
    every.pop("", None)
    return every


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
