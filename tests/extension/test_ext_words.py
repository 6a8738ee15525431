"""The extension speaks the person's language where there is a catalogue for it, else English."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable, Dict, Iterator

import pytest
from clipasso_ext import words
from clipasso_ext.engine.connection import message_of
from clipasso_ext.problem import LONGEST, Problem
from clipasso_ext.words import _, filled, listed, ngettext, number, pgettext

from catalogues import CONTEXT, FORM, write_catalogue
from easel import EXTENSION, image

Speak = Callable[..., None]
NOWHERE = "There is no bitmap in this document: import or paste a photograph (File > Import), select it, and try again."  # noqa: E501


@pytest.fixture(autouse=True)
def unread() -> Iterator[None]:
    """No test has read another's catalogue."""
    words._catalogue.cache_clear()
    yield
    words._catalogue.cache_clear()


@pytest.fixture
def speak(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Speak:
    """Gives a language a catalogue, and Inkscape that language."""

    def do(said: Dict[str, str], language: str = "xx", wanted: str = "xx") -> None:
        write_catalogue(tmp_path / "locale", language, said)
        monkeypatch.setattr(words, "FOLDER", tmp_path / "locale")
        monkeypatch.setenv("LANGUAGE", wanted)
        words._catalogue.cache_clear()

    return do


def test_without_a_catalogue_it_is_english(speak: Speak) -> None:
    speak({"_Cancel": "_Zz"}, wanted="yy")
    assert _("_Cancel") == "_Cancel"
    assert [ngettext("one", "many", count) for count in (1, 2)] == ["one", "many"]
    assert number(1.5, 1) == "1.5"


def test_a_word_is_that_of_the_catalogue(speak: Speak) -> None:
    speak({"_Cancel": "_Zz"})
    assert (_("_Cancel"), _("_Close"), _("")) == ("_Zz", "_Close", "")


@pytest.mark.parametrize("wanted", ["xx_XX.UTF-8", "yy:xx", "xx"])
def test_a_language_is_found_as_gettext_finds_it(speak: Speak, wanted: str) -> None:
    speak({"_Cancel": "_Zz"}, wanted=wanted)
    assert _("_Cancel") == "_Zz"


def test_a_count_has_the_plural_form_of_the_language(speak: Speak) -> None:
    forms = FORM.join(["ein {count}", "zwei {count}", "viele {count}"])
    speak({FORM.join(["{count} stroke", "{count} strokes"]): forms})
    said = [ngettext("{count} stroke", "{count} strokes", count) for count in (1, 2, 3, 0)]
    assert said == ["ein {count}", "zwei {count}", "viele {count}", "viele {count}"]


def test_a_word_that_means_two_things_is_told_by_its_context(speak: Speak) -> None:
    speak({f"menu{CONTEXT}Background": "eins", "Background": "zwei"})
    assert (pgettext("menu", "Background"), _("Background")) == ("eins", "zwei")


def test_a_number_has_the_languages_decimal_mark(speak: Speak) -> None:
    speak({f"decimal mark{CONTEXT}.": ","})
    assert (number(1.25, 2), number(3.0, 0)) == ("1,25", "3")


def test_a_list_ends_as_the_language_ends_it(speak: Speak) -> None:
    assert [listed(list(one)) for one in ("a", "ab", "abc")] == ["a", "a and b", "a, b and c"]
    speak({"{first} and {last}": "{first} und {last}"})
    assert listed(["a", "b", "c"]) == "a, b und c"


# What the engine tells


def error(**more: Any) -> Dict[str, Any]:
    told = {"message": "x is not 1.5 MB", "text": "{path} is not {size} MB"}
    return {"event": "error", "values": {"path": "x", "size": 1.5}, **told, **more}


def test_an_error_of_the_engine_is_told_in_the_persons_language(speak: Speak) -> None:
    speak({"{path} is not {size} MB": "zz {size} und {path}", f"decimal mark{CONTEXT}.": ","})
    assert message_of(error()) == "Zz 1,5 und x"


@pytest.mark.parametrize(
    "translation", ["zz {path}", "zz {path} {size} {other}", "zz {path.imag} {size}", "zz {path"]
)
def test_a_translation_for_other_values_is_not_taken(speak: Speak, translation: str) -> None:
    speak({"{path} is not {size} MB": translation})
    assert message_of(error()) == "X is not 1.5 MB"


@pytest.mark.parametrize(
    "more",
    [
        {"text": None},
        {"values": None},
        {"values": {"path": "x"}},
        {"text": "{path.__class__} is not {size}"},
        {"text": "{path"},
        {"values": ["x"]},
    ],
)
def test_an_error_without_a_sound_template_is_told_in_english(
    speak: Speak, more: Dict[str, Any]
) -> None:
    speak({"{path} is not {size} MB": "zz {size} {path}"})
    assert message_of(error(**more)) == "X is not 1.5 MB"


def test_values_with_braces_are_only_shown(speak: Speak) -> None:
    speak({"{path} is gone": "zz {path}"})
    assert filled("{path} is gone", {"path": "{size}"}, "") == "zz {size}"


def test_a_sentence_without_blanks_is_told_whole_around_a_long_path() -> None:
    before, after = "ビットマップのファイル" * 3, "が見つかりません。もう一度お試しください。" * 3
    told = str(Problem(f"{before}/{'a' * 150}{after}"))
    assert told == f"{before}/{'a' * 150}{after}"
    long = str(Problem(f"{before}/{'a' * 1500}{after}"))
    assert (long.startswith(before + "/a"), long.endswith("a" + after)) == (True, True)
    assert len(long) < len(before) + len(after) + LONGEST


# Where nobody names a language


@pytest.fixture
def unnamed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in words.VARIABLES:
        monkeypatch.delenv(name, raising=False)


def test_on_a_mac_the_system_says_which_language_it_is(
    unnamed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def run(command: Any, **settings: Any) -> Any:
        asked.append(command)
        return subprocess.CompletedProcess(command, 0, b"de_DE\n")

    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(subprocess, "run", run)
    assert words._languages() == ["de_DE"]
    assert asked == [["defaults", "read", "-g", "AppleLocale"]]


def test_a_mac_that_does_not_say_is_english(unnamed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(command: Any, **settings: Any) -> Any:
        raise subprocess.CalledProcessError(1, command)

    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(subprocess, "run", run)
    assert words._languages() is None


def test_on_windows_the_system_says_which_language_it_is(
    unnamed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ctypes

    class Windows:
        class kernel32:  # noqa: N801 - as Windows calls it
            GetUserDefaultLCID = staticmethod(lambda: 0x0407)

    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(ctypes, "windll", Windows, raising=False)
    assert words._languages() == ["de_DE"]


def test_a_language_that_is_named_goes_before_the_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")
    assert words._languages() is None


# As it is installed


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The extension as it lies in Inkscape's folder, with a catalogue beside it."""
    folder = tmp_path / "extensions" / "clipasso"
    ignored = shutil.ignore_patterns("__pycache__", "locale")
    shutil.copytree(str(EXTENSION), str(folder), ignore=ignored)
    write_catalogue(folder / "locale", "xx", {NOWHERE: "Zz bitmap"})
    return folder


@pytest.mark.parametrize(("language", "told"), [("xx", "Zz bitmap"), ("en", NOWHERE)])
def test_a_menu_entry_finds_the_catalogue_beside_it(
    language: str, told: str, installed: Path, home: Path, pointer: Any, tmp_path: Path
) -> None:
    import inkex

    document = tmp_path / "in.svg"
    document.write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    variables = {
        "LANGUAGE": language,
        "PYTHONPATH": str(Path(inkex.__file__).parents[1]),
        "CLIPASSO_HOME": str(home),
        "CLIPASSO_NO_GUI": "1",
        "CLIPASSO_ENGINE": str(tmp_path / "engine.json"),
    }
    subprocess.run(
        [sys.executable, str(installed / "clipasso_sketch.py"), str(document)],
        env=variables,
        cwd=str(installed),
        check=True,
        capture_output=True,
    )
    assert (home / "logs" / "extension.log").read_text("utf-8").splitlines()[-1] == told


def test_the_window_beside_inkscape_speaks_the_language_that_it_is_given(
    installed: Path, home: Path, pointer: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = "The window can't be shown: the screen is gone."
    write_catalogue(installed / "locale", "xx", {gone: "Zz screen"})
    folder = tmp_path / "window"
    folder.mkdir()
    (folder / "window.json").write_text('{"photos": [], "unit": "px", "origin": {}}')
    monkeypatch.setenv("LANGUAGE", "xx")
    # as handover.py starts it: with the variables of the effect, which are Inkscape's
    command = [sys.executable, str(installed / "clipasso_window.py"), str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    assert (home / "logs" / "extension.log").read_text("utf-8").splitlines()[-1] == "Zz screen"


def test_nothing_is_read_before_a_word_is_said() -> None:
    code = "import clipasso_ext.words, sys; sys.exit(clipasso_ext.words._catalogue.cache_info()[3])"
    done = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(EXTENSION)})
    assert done.returncode == 0


def test_a_label_of_the_document_is_the_same_in_every_language(speak: Speak, run: Any) -> None:
    speak({FORM.join(["{count} stroke", "{count} strokes"]): FORM.join(["a", "b", "c"])})
    assert b"Sketch of photo (16 strokes)" in run("sketch", image(), ids=["photo"])
