"""What lies outside of docs/ and belongs to the site: pages and pictures of the checkout's root.

A code host follows ``../examples/cup.png`` out of docs/, and ``docs/guide.md`` into it; mkdocs
knows nothing but docs/. So these files are taken in under their own paths, and links between them
and docs/ are led there. A link to anything else outside ends the build.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent
OUTSIDE = (
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "RELEASE.md",
    "SECURITY.md",
    "constraints.txt",
    "examples/SOURCES.md",
    "examples/coffee-strokes.png",
    "inkscape_ext/README.md",
    "inkscape_ext/icon.svg",
)
LINK = re.compile(r"(?<=\]\()[^)\s:#]+")  # the path in ](path#anchor)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Take the files in."""
    for name in OUTSIDE:
        files.append(File.generated(config, name, abs_src_path=str(ROOT / name)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Lead a page's links to where they are in the site."""
    return led(markdown, page.file.src_uri)


def led(markdown: str, page: str) -> str:
    """A page's text with links between docs/ and what lies outside as the site has them.

    page: its path in the site.
    """
    here = page if page in OUTSIDE else f"docs/{page}"

    def lead(link: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(here), link.group()))
        if target not in OUTSIDE and not target.startswith("docs/"):
            return link.group()
        target = target.removeprefix("docs/")
        return posixpath.relpath(target, posixpath.dirname(page) or ".")

    return LINK.sub(lead, markdown)
