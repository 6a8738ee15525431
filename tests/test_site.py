"""The guide builds into a site that is whole, asks no other host for anything, can be searched, and
fits a phone. Its pages agree with the engine.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from PIL import Image
from support.browser import looking
from support.cluster import need
from support.public import MODULES, public

from clipasso_core.cli.doctor import examine

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
LIMIT_S = 300
SEARCH_MS = 60_000
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 860}
# What a page loads by itself, wherever it stands; a link is only followed by a person
LOADING = ("src", "srcset", "poster", "data")
CSS_LOADING = re.compile(r"(?:url\(\s*['\"]?|@import\s+['\"])([^'\")\s]+)")
BROWSERS_OWN = ("data:", "about:")


def build(folder: Path, config: Path) -> subprocess.CompletedProcess[str]:
    """Run mkdocs. It warns of what its makers sell in place of it: that isn't asked for."""
    need("mkdocs", "material", "mkdocstrings")
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "-f", str(config), "-d", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the site."""
    folder = tmp_path_factory.mktemp("site")
    done = build(folder, ROOT / "mkdocs.yml")
    assert done.returncode == 0, done.stderr
    return folder


# Reading pages


class Page(HTMLParser):
    """What a page holds: its ids, what it loads, and where its links lead."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Called for each element."""
        named = {name: value for name, value in attrs if value is not None}
        self.ids |= {named[name] for name in ("id", "name") if name in named}
        self.loads += [named[name].split()[0] for name in LOADING if named.get(name)]
        self.loads += CSS_LOADING.findall(named.get("style", ""))
        if "href" in named:
            (self.links if tag == "a" else self.loads).append(named["href"])


@cache
def read(path: Path) -> Page:
    return Page(path.read_text(encoding="utf-8"))


def pages(site: Path) -> list[Path]:
    found = sorted(site.rglob("*.html"))
    assert len(found) > 25
    return found


def is_elsewhere(address: str) -> bool:
    """Whether it names a host, or would be asked of one."""
    parts = urlsplit(address)
    return bool(parts.scheme or parts.netloc) and not address.startswith(BROWSERS_OWN)


def broken(site: Path, page: Path, address: str) -> bool:
    """Whether it leads to no file of the site, or to nothing in it."""
    if is_elsewhere(address) or address.startswith(BROWSERS_OWN):
        return False
    parts = urlsplit(address)
    path = unquote(parts.path)
    target = site / path.lstrip("/") if path.startswith("/") else page.parent / path
    target = page if not path else target.resolve()
    if target.is_dir():
        target /= "index.html"
    if not target.is_file() or site not in target.parents:
        return True
    is_read = parts.fragment and target.suffix == ".html"
    return bool(is_read) and unquote(parts.fragment) not in read(target).ids


@pytest.mark.parametrize(
    ("text", "loads"),
    [
        ('<script src="https://unpkg.com/a.js"></script>', ["https://unpkg.com/a.js"]),
        ('<link rel="stylesheet" href="//fonts.example/f.css">', ["//fonts.example/f.css"]),
        ('<img src="a.png" srcset="http://b.example/b.png 2x">', ["http://b.example/b.png"]),
        ('<p style="background: url(https://c.example/c.png)">', ["https://c.example/c.png"]),
        ('<a href="https://d.example">d</a><img src="data:image/png;base64,">', []),
    ],
)
def test_what_a_page_loads_from_elsewhere_is_found(text: str, loads: list[str]) -> None:
    assert [one for one in Page(text).loads if is_elsewhere(one)] == loads


# The site


def test_no_page_loads_anything_from_another_host(site: Path) -> None:
    found = [(page.name, one) for page in pages(site) for one in read(page).loads]
    assert len(found) > 100
    assert [one for one in found if is_elsewhere(one[1])] == []


def test_no_style_sheet_loads_anything_from_another_host(site: Path) -> None:
    sheets = list(site.rglob("*.css"))
    assert sheets
    texts = [sheet.read_text(encoding="utf-8") for sheet in sheets]
    assert [one for text in texts for one in CSS_LOADING.findall(text) if is_elsewhere(one)] == []


def test_every_link_leads_somewhere(site: Path) -> None:
    found = [
        (page.relative_to(site).as_posix(), address)
        for page in pages(site)
        for address in (*read(page).links, *read(page).loads)
        if broken(site, page, address)
    ]
    assert found == []


def test_a_link_that_leads_nowhere_is_found(site: Path) -> None:
    page = site / "guide.html"
    assert not broken(site, page, "batch.html")
    assert not broken(site, page, "#faces---faces")
    for address in ("nowhere.html", "#nowhere", "batch.html#nowhere", "images/nowhere.png", "../x"):
        assert broken(site, page, address)


@pytest.mark.parametrize(
    "text",
    [
        "[x](nowhere.md)",
        "[x](other.md#nowhere)",
        "[x](#nowhere)",
        "![x](nowhere.png)",
        "[x](/other.md)",
    ],
)
def test_a_broken_link_ends_the_build(text: str, tmp_path: Path) -> None:
    """By the same settings, of two pages that are built in a second."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "other.md").write_text("# Other\n")
    config = tmp_path / "mkdocs.yml"
    bare = {"docs_dir": "docs", "nav": ["index.md", "other.md"], "hooks": [], "plugins": []}
    bare |= {"extra_css": [], "not_in_nav": ""}
    lines = [
        f"INHERIT: {ROOT / 'mkdocs.yml'}",
        *(f"{key}: {value!r}" for key, value in bare.items()),
    ]
    config.write_text("\n".join(lines))
    for link, is_whole in (("[x](other.md#other)", True), (text, False)):
        (tmp_path / "docs" / "index.md").write_text(f"# Home\n\n{link}\n")
        done = build(tmp_path / "site", config)
        assert (done.returncode == 0) is is_whole, done.stderr


def test_links_out_of_the_folder_are_led_to_where_their_files_are() -> None:
    (outside,) = need("docs.outside")
    for page, there, here in (
        ("guide.md", "../examples/coffee-strokes.png", "examples/coffee-strokes.png"),
        ("api/index.md", "../../CHANGELOG.md", "../CHANGELOG.md"),
        ("CONTRIBUTING.md", "docs/guide.md#faces---faces", "guide.md#faces---faces"),
        ("guide.md", "batch.md", "batch.md"),
        ("guide.md", "https://docs.example/x.md", "https://docs.example/x.md"),
        ("guide.md", "../tests/conftest.py", "../tests/conftest.py"),  # which ends the build
        ("inkscape_ext/README.md", "../docs/install.md", "../install.md"),
    ):
        assert outside.led(f"a ![b]({there}) c", page) == f"a ![b]({here}) c"


def test_a_diagram_is_a_table() -> None:
    (sequences,) = need("docs.sequences")
    begin = "```mermaid\nsequenceDiagram\n    participant A as cup\n    participant B as pot\n"
    lines = ["A->>B: fill", "loop all", "B-->>A: tea", "A->>A: drink", "end"]
    diagram = begin + "".join(f"    {line}\n" for line in lines) + "```"
    table = sequences.on_page_markdown(f"x\n\n{diagram}\n\ny", None, None, None)
    rows = ["| cup | pot | fill |", "| | | *all:* |", "| pot | cup | tea |"]
    assert table.splitlines()[4:8] == [*rows, "| cup | itself | drink |"]
    with pytest.raises(ValueError, match="Note over A"):
        sequences.on_page_markdown(f"{begin}    Note over A: hot\n```", None, None, None)


SWALLOWED = re.compile(r"^(?:[-*] |\d+\. |\||```|#)", re.MULTILINE)


def swallowed(html: str) -> list[str]:
    """Lines of paragraphs that were meant to be an item, a row, code or a heading: mkdocs reads
    Markdown more narrowly than code hosts do.
    """
    paragraphs = re.findall(r"<p>(.*?)</p>", html, re.DOTALL)
    return [text for text in paragraphs if SWALLOWED.search(text)]


def test_what_code_hosts_show_as_lists_and_code_is_so_in_the_site(site: Path) -> None:
    texts = {page.name: page.read_text(encoding="utf-8") for page in pages(site)}
    assert {name: found for name, text in texts.items() if (found := swallowed(text))} == {}


def test_a_list_within_a_paragraph_is_found() -> None:
    assert swallowed("<p>one - two</p><p>three</p>") == []
    for line in ("- two", "2. two", "| two |", "```", "## Two"):
        assert swallowed(f"<p>one\n{line}</p>")


# In a browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_a_phone_and_asks_for_nothing(site: Path, scheme: str) -> None:
    """`looking` fails where a page asks for what isn't in the site, or complains."""
    start = (site / "index.html").as_uri()
    with looking(start, viewport=PHONE, color_scheme=scheme) as page:
        for path in pages(site):
            if path.name == "404.html":  # its addresses are those of a server
                continue
            page.goto(path.as_uri())
            page.wait_for_load_state()
            assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"], path
        paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
        red = int(re.findall(r"\d+", paper)[0])
        assert (red > 200) is (scheme == "light")


@pytest.mark.parametrize(
    ("words", "found"), [("embroidery", "plotting.html"), ("StrokeBatch", "api/raster.html")]
)
def test_the_site_can_be_searched_without_a_server(site: Path, words: str, found: str) -> None:
    with looking((site / "index.html").as_uri(), viewport=DESKTOP) as page:
        page.locator(".md-search__input").press_sequentially(words)
        result = page.locator(f".md-search-result__link[href*='{found}']").first
        result.wait_for(state="attached", timeout=SEARCH_MS)


# The API's pages


def shown(site: Path) -> set[str]:
    """What of the engine has a heading of its own in the API's pages."""
    ids = {one for page in (site / "api").glob("*.html") for one in read(page).ids}
    return {one for one in ids if one.startswith("clipasso_core")}


def test_the_api_pages_show_what_is_public_and_nothing_else(site: Path) -> None:
    expected = {"clipasso_core", *MODULES, *(f"clipasso_core.{name}" for name, _ in public())}
    found = shown(site)
    assert expected - found == set()
    # attributes and constants are there beside functions, classes and methods
    holders = expected - {"clipasso_core"}
    assert [one for one in found - expected if one.rpartition(".")[0] not in holders] == []
    private = [one for one in found if "._" in one]
    assert private == []


def test_facts_in_a_docstring_are_a_list(site: Path) -> None:
    request = (site / "api" / "request.html").read_text(encoding="utf-8")
    assert "<li><strong>strokes</strong>: how many" in request


# What the pages say


def rows(page: str, heading: str) -> Iterator[list[str]]:
    """The cells of the table below a heading of a page, its head left out."""
    text = (DOCS / page).read_text(encoding="utf-8")
    _, found, below = text.partition(f"## {heading}\n")
    assert found
    lines = below.partition("\n## ")[0].splitlines()
    table = [line.strip("|").split("|") for line in lines if line.startswith("|")]
    yield from ([cell.strip() for cell in row] for row in table[2:])


def test_troubleshooting_explains_every_check_of_doctor() -> None:
    told = [row[0] for row in rows("troubleshooting.md", "What doctor checks")]
    assert told == [f"`{finding.subject}`" for finding in examine()]


def test_troubleshooting_explains_codes_that_there_are() -> None:
    told = [row[0] for row in rows("troubleshooting.md", "Messages")]
    codes = re.findall(r"`([a-z-]+)`", " ".join(told))
    assert len(codes) > 15
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "clipasso_core").rglob("*.py")]
    text = "\n".join(sources)
    built = {f"bad-{what}" for what in re.findall(r'read_over\(\w+, \w+, "(\w+)"', text)}
    assert [code for code in codes if f'"{code}"' not in text and code not in built] == []


# The figures


def test_the_figures_are_the_engines_and_small() -> None:
    from docs.figures import FIGURES

    pages = "\n".join(path.read_text(encoding="utf-8") for path in DOCS.glob("*.md"))
    for name in FIGURES:
        path = DOCS / "images" / f"{name}.png"
        assert path.stat().st_size < 150_000
        assert f"(images/{name}.png)" in pages


def test_a_figure_can_be_drawn_anew(tmp_path: Path) -> None:
    words = [sys.executable, "docs/figures.py", "method-subject", "--folder", str(tmp_path)]
    subprocess.run(words, cwd=ROOT, check=True, timeout=LIMIT_S)
    folders = (tmp_path, DOCS / "images")
    new, kept = (Image.open(folder / "method-subject.png").size for folder in folders)
    assert new == kept
