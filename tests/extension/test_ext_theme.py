"""Our windows look as Inkscape does."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, Iterator

import pytest

pytest.importorskip("gi", reason="this Python has no GTK")
pytestmark = pytest.mark.usefixtures("shown")
PREFERENCES = '<inkscape><group id="ui"/><group id="theme" %s/></inkscape>'
NAMES = ("gtk-application-prefer-dark-theme", "gtk-theme-name", "gtk-xft-dpi")


@pytest.fixture
def profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("INKSCAPE_PROFILE_DIR", str(tmp_path))
    monkeypatch.delenv("GTK_THEME", raising=False)
    return tmp_path / "preferences.xml"


@pytest.fixture(autouse=True)
def as_it_was(shown: None) -> Iterator[None]:
    """The looks of other tests' windows stay."""
    from gi.repository import Gtk

    settings = Gtk.Settings.get_default()
    before = {name: settings.get_property(name) for name in NAMES}
    yield
    for name, value in before.items():
        settings.set_property(name, value)


def looks() -> Dict[str, object]:
    from clipasso_ext.windows.theme import follow_inkscape
    from gi.repository import Gtk

    settings = Gtk.Settings.get_default()
    settings.set_property("gtk-xft-dpi", 96 * 1024)
    follow_inkscape()
    return {name: settings.get_property(name) for name in NAMES}


@pytest.mark.parametrize(
    ("said", "dark"),
    [
        ('preferDarkTheme="1"', True),
        ('darkTheme="1" preferDarkTheme="0"', True),
        ('darkTheme="0" preferDarkTheme="1"', False),
        ('preferDarkTheme="0"', False),
    ],
)
def test_dark_where_inkscape_is_dark(profile: Path, said: str, dark: bool) -> None:
    profile.write_text(PREFERENCES % said)
    assert looks()["gtk-application-prefer-dark-theme"] == dark


@pytest.mark.parametrize(
    ("scale", "dpi"), [("150", 144 * 1024), ("50", 48 * 1024), ("-3", 96 * 1024), ("x", 96 * 1024)]
)
def test_letters_are_as_large_as_inkscape_s(profile: Path, scale: str, dpi: int) -> None:
    profile.write_text(PREFERENCES % f'fontscale="{scale}" gtkTheme="Adwaita"')
    assert looks()["gtk-xft-dpi"] == dpi
    assert looks()["gtk-theme-name"] == "Adwaita"


@pytest.mark.parametrize("text", ["", "<inkscape/>", "no xml", "<a>" * 5])
def test_without_preferences_nothing_changes(profile: Path, text: str) -> None:
    before = looks()
    profile.write_text(text)
    assert looks() == before


def test_the_profile_is_where_the_extension_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from clipasso_ext.windows.theme import find_preferences

    monkeypatch.delenv("INKSCAPE_PROFILE_DIR", raising=False)
    (tmp_path / "preferences.xml").write_text("<inkscape/>")
    extension = tmp_path / "extensions" / "clipasso"
    assert find_preferences(extension) == tmp_path / "preferences.xml"
    assert find_preferences(tmp_path / "a" / "b" / "c" / "d") is None
