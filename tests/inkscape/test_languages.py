"""The extension speaks Inkscape's language: its menu, its pages, and what it says."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.documents import Document
from support.inkscape import ROOT, Inkscape
from support.screen import Desk, desk
from support.sitting import Sitting, end_all

pytest.importorskip("babel")
from babel.messages.catalog import Catalog

from po.catalogues import compiled, compiled_path

PAGE, SKETCH = "ctrl+F8", "ctrl+F9"
NO_BITMAP = (
    "There is no bitmap in this document: import or paste a photograph (File > Import), select it,"
    " and try again."
)
WORDS = {  # what stands in place of German
    "Sketch with Parameters": "Zz Seite",
    "Sketch a Photograph": "Zz Fenster",
    "_Cancel": "_Zz",
    NO_BITMAP: "Zz ohne Bitmap",
}


@pytest.fixture(scope="module")
def own_desk() -> Iterator[Desk]:
    with desk() as screen:
        yield screen


@pytest.fixture
def inkscape(tmp_path: Path, own_desk: Desk) -> Inkscape:
    """Has the extension as it is installed, with those words."""
    own = Inkscape.install(tmp_path, own_desk.display, LANGUAGE="de")
    folder = own.profile / "extensions" / "clipasso"
    folder.unlink()
    ignored = shutil.ignore_patterns("__pycache__", "locale")
    shutil.copytree(ROOT / "inkscape_ext", folder, ignore=ignored)
    catalog = Catalog(locale="de")
    for source, said in WORDS.items():
        catalog.add(source, said)
    path = compiled_path("de", folder / "locale")
    path.parent.mkdir(parents=True)
    path.write_bytes(compiled(catalog))
    own.bind({PAGE: "parameters", SKETCH: "sketch"})
    return own


# not in every one: newer C libraries translate nothing in C.UTF-8, the only locale that is there
def test_a_page_and_a_window_are_in_inkscapes_language(
    inkscape: Inkscape, own_desk: Desk, tmp_path: Path
) -> None:
    sitting = Sitting(inkscape, own_desk, Document("plain").write(tmp_path))
    try:
        sitting.start(PAGE, "^Zz Seite$")
        own_desk.press("Escape")
        own_desk.gone("^Zz Seite$")
        sitting.start(SKETCH, "^Zz Fenster$")
        own_desk.press("alt+z")  # which is what Cancel is called
        own_desk.gone("^Zz Fenster$")
    finally:
        end_all(sitting)


@pytest.mark.every_inkscape
@pytest.mark.parametrize(("language", "told"), [("de", "Zz ohne Bitmap"), ("fr", NO_BITMAP)])
def test_what_the_extension_says_is_in_inkscapes_language(
    language: str, told: str, inkscape: Inkscape, tmp_path: Path
) -> None:
    path = tmp_path / "empty.svg"
    path.write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
    inkscape.act(path, "org.clipasso.sketch.noprefs", LANGUAGE=language)
    assert inkscape.log.splitlines()[-1] == told


@pytest.mark.every_inkscape
def test_the_language_of_inkscapes_preferences_counts(inkscape: Inkscape, tmp_path: Path) -> None:
    inkscape.prefer('<group id="ui" language="de"/>')
    path = tmp_path / "empty.svg"
    path.write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
    inkscape.act(path, "org.clipasso.sketch.noprefs", LANGUAGE="")
    assert inkscape.log.splitlines()[-1] == "Zz ohne Bitmap"
