"""What reviewers of Inkscape's gallery look at, by inkex's own tester: the schema of each page, and
that page and program know the same parameters with the same defaults.
"""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any
from unittest import TestCase

import pytest
from lxml import etree

from easel import EXTENSION
from entries import ENTRIES

tester = pytest.importorskip("inkex.tester.inx")
SCHEMA = Path(tester.__file__).with_name("inkscape.extension.rng")
needs_schema = pytest.mark.skipif(
    not SCHEMA.is_file() or "show-stderr" not in SCHEMA.read_text(encoding="utf-8"),
    reason="this inkex has no schema yet that knows all attributes of Inkscape 1.4",
)
PAGES = sorted(path.name for path in EXTENSION.glob("*.inx"))


class Reviewer(TestCase, tester.InxMixin):  # type: ignore[misc,name-defined] # inkex has no types
    """Asserts what inkex's tester asserts."""


@pytest.fixture
def reviewer(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Reads pages from where they lie, as reviewers do."""
    monkeypatch.chdir(EXTENSION)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a schema that lxml is to lose
        yield Reviewer()


@needs_schema
@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_of_inkscapes_schema(reviewer: Any, page: str) -> None:
    reviewer.assertInxSchemaValid(page)


@pytest.mark.parametrize("page", PAGES)
def test_page_and_program_know_the_same_parameters(reviewer: Any, page: str) -> None:
    name = Path(page).stem.replace("clipasso_", "")
    reviewer.assertParams(tester.InxFile(page), ENTRIES[name])


def test_the_tester_finds_a_page_that_is_wrong(reviewer: Any, tmp_path: Path) -> None:
    page = etree.parse("clipasso_parameters.inx")
    (strokes,) = (one for one in page.iter("{*}param") if one.get("name") == "strokes")
    strokes.text = "17"
    wrong = tmp_path / "clipasso_parameters.inx"
    page.write(os.fspath(wrong))
    with pytest.raises(AssertionError):
        reviewer.assertParams(tester.InxFile(os.fspath(wrong)), ENTRIES["parameters"])


@needs_schema
def test_the_schema_finds_a_page_that_is_wrong(reviewer: Any, tmp_path: Path) -> None:
    page = etree.parse("clipasso_parameters.inx")
    page.getroot().append(etree.Element("nonsense"))
    wrong = tmp_path / "clipasso_parameters.inx"
    page.write(os.fspath(wrong))
    with pytest.raises(AssertionError):
        reviewer.assertInxSchemaValid(os.fspath(wrong))
