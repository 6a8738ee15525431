"""The extension in the person's language: gettext's catalogues, which lie in ``locale`` beside this
package. Without one for the language it is English.

The language is Inkscape's, which puts that of its preferences into LANGUAGE for every process that
it starts, and those of ours start with the same. Inkscape looks for the words of the .inx files in
the same folder.
"""

from __future__ import annotations

import gettext
import locale
import os
import string
import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any, List, Mapping, Optional, Sequence, Set

DOMAIN = "clipasso"  # every .inx file names it
FOLDER = Path(__file__).resolve().parents[1] / "locale"
ENDS = (".", "!", "?", "…", "。")  # of sentences
VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")  # that say a language, as gettext has it
LIMIT_S = 5  # of a question to the system; it takes some hundredths


def _(text: str) -> str:
    """The same in the person's language."""
    return _catalogue().gettext(text) if text else ""


def ngettext(one: str, several: str, count: int) -> str:
    """The sentence that fits so many, in the person's language."""
    return _catalogue().ngettext(one, several, count)


def pgettext(context: str, text: str) -> str:
    """Of a word that means several things: the one that `context` tells."""
    return _catalogue().pgettext(context, text)


def later(text: str) -> str:
    """The same text, which is looked up by `_` only when it is shown."""
    return text


def number(value: float, digits: int) -> str:
    """With so many decimals, behind the language's own mark."""
    return _marked(f"{value:.{digits}f}")


def listed(names: Sequence[str]) -> str:
    """The names as a sentence has them: one, two and three."""
    *first, last = names
    if not first:
        return last
    # Translators: the end of a list, such as "one, two and three".
    first_ones = pgettext("between names", ", ").join(first)
    return _("{first} and {last}").format(first=first_ones, last=last)


def told_of(subject: str, told: str) -> str:
    """What is told of something that has a name."""
    return pgettext("a name and more", "{subject}: {told}").format(subject=subject, told=told)


def clauses(told: Sequence[str]) -> str:
    """One sentence of several clauses."""
    return pgettext("between clauses", "; ").join(told)


def sentence(line: str) -> str:
    """The line with the mark that ends a sentence."""
    whole = pgettext("a sentence and its end", "{line}.")
    return line if line.endswith(ENDS) else whole.format(line=line)


def filled(text: str, values: Mapping[str, Any], otherwise: str) -> str:
    """What another program says, as a template with names in braces and what belongs there, in the
    person's language. otherwise: where template and values, or translation, do not fit each other.
    """
    translated = _(text)
    form = _Form()
    try:
        if form.names(translated) != form.names(text):
            return otherwise
        return form.vformat(translated, (), values)
    except (ValueError, LookupError, TypeError):
        return otherwise


class _Form(string.Formatter):
    """Fills in values by their names alone, numbers as the language writes them."""

    def names(self, text: str) -> Set[str]:
        return {name for _text, name, _spec, _kind in self.parse(text) if name is not None}

    def get_field(self, field_name: str, args: Any, kwargs: Mapping[str, Any]) -> Any:
        """By the whole name: nothing of a value is looked into."""
        return kwargs[field_name], field_name

    def format_field(self, value: Any, format_spec: str) -> str:
        text = str(super().format_field(value, format_spec))
        return _marked(text) if isinstance(value, float) else text


def _marked(text: str) -> str:
    """A number that Python wrote."""
    # Translators: what stands between a number's whole part and its decimals: "," in "1,5".
    return text.replace(".", pgettext("decimal mark", "."))


@lru_cache(maxsize=None)
def _catalogue() -> gettext.NullTranslations:
    """Read once, when the first word is said."""
    return gettext.translation(DOMAIN, str(FOLDER), _languages(), fallback=True)


def _languages() -> Optional[List[str]]:
    """The system's, where no variable names one; None where one does."""
    if any(os.environ.get(name) for name in VARIABLES):
        return None
    name = None
    if sys.platform == "win32":
        import ctypes

        name = locale.windows_locale.get(ctypes.windll.kernel32.GetUserDefaultLCID())
    elif sys.platform == "darwin":
        name = _told(["defaults", "read", "-g", "AppleLocale"])
    return [name] if name else None


def _told(command: List[str]) -> str:
    """What a command of the system prints; nothing where it fails."""
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode("utf-8", "replace").strip()
