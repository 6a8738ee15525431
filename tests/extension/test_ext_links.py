"""Links of a document that Inkscape handed over in a temporary file lead where they led before."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Optional

import pytest
from clipasso_ext.document.links import write_links_whole
from clipasso_ext.names import HREF, XLINK_HREF

from easel import image, root
from kinds import Run


@pytest.fixture
def handed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Inkscape's temporary file, for a document in a folder below."""
    (tmp_path / "album").mkdir()
    (tmp_path / "album" / "cat.png").touch()
    monkeypatch.setenv("DOCUMENT_PATH", str(tmp_path / "album" / "document.svg"))
    return tmp_path / "ink_ext_1234.svg"


def linked(link: str, name: str = XLINK_HREF) -> Any:
    """A document with one element that has a link."""
    svg = root("<a/>")
    svg[0].set(name, link)
    return svg


@pytest.mark.parametrize(
    ("link", "whole"),
    [
        ("album/cat.png", "album/cat.png"),
        ("album/gone%20b.png", "album/gone%20b.png"),
        ("album/other.svg#part", "album/other.svg#part"),
        ("album/../dog.png", "dog.png"),
    ],
)
def test_a_link_that_was_rebased_names_a_whole_path(
    link: str, whole: str, handed_over: Path
) -> None:
    svg = linked(link)
    write_links_whole(svg, str(handed_over))
    assert svg[0].get(XLINK_HREF) == f"{handed_over.parent.as_uri()}/{whole}"


@pytest.mark.parametrize(
    "link",
    [
        "",
        "#part",
        "?query",
        "/home/ann/cat.png",
        "//host/cat.png",
        "file:///cat.png",
        "https://example.org/cat.png",
        "data:image/png;base64,AAAA",
    ],
)
def test_any_other_link_stays(link: str, handed_over: Path) -> None:
    svg = linked(link)
    write_links_whole(svg, str(handed_over))
    assert svg[0].get(XLINK_HREF) == link


@pytest.mark.parametrize(
    ("link", "whole"), [("album/cat.png", True), ("cat.png", False), ("a%00b", False)]
)
def test_the_newer_spelling_counts_where_it_leads_somewhere(
    link: str, whole: bool, handed_over: Path
) -> None:
    svg = linked(link, HREF)
    write_links_whole(svg, str(handed_over))
    assert svg[0].get(HREF) == (f"{handed_over.parent.as_uri()}/{link}" if whole else link)


@pytest.mark.parametrize("path", ["own.svg", None])
def test_links_of_a_file_that_is_no_temporary_one_stay(
    path: Optional[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if path is None:
        monkeypatch.delenv("DOCUMENT_PATH")
    else:
        monkeypatch.setenv("DOCUMENT_PATH", str(tmp_path / path))
    svg = linked("cat.png")
    write_links_whole(svg, str(tmp_path / "own.svg"))
    assert svg[0].get(XLINK_HREF) == "cat.png"


def test_a_document_that_does_not_change_is_not_written(run: Run, handed_over: Path) -> None:
    assert run("lock", image(link="album/cat.png")) == b""
