"""Mermaid's sequence diagrams as tables, which need no script and suit a phone.

Code hosts draw them; the site would have to fetch Mermaid from elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

DIAGRAM = re.compile(r"^```mermaid\nsequenceDiagram\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PARTICIPANT = re.compile(r"participant (\w+) as (.+)")
MESSAGE = re.compile(r"(\w+)-?->>(\w+): (.+)")
LOOP = re.compile(r"loop (.+)")


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """A page with its diagrams as tables."""
    return DIAGRAM.sub(lambda found: "\n".join(_table(found.group(1))), markdown)


def _table(diagram: str) -> Iterator[str]:
    """A row for each message. Raises ValueError for a line that is nothing known."""
    names: dict[str, str] = {}
    yield "| who | whom | what |\n|---|---|---|"
    for line in map(str.strip, diagram.splitlines()):
        if found := PARTICIPANT.fullmatch(line):
            names[found[1]] = found[2]
        elif found := LOOP.fullmatch(line):
            yield f"| | | *{found[1]}:* |"
        elif found := MESSAGE.fullmatch(line):
            who, whom, what = found.groups()
            to = "itself" if who == whom else names[whom]
            yield f"| {names[who]} | {to} | {what} |"
        elif line != "end":
            raise ValueError(f"no line of a sequence diagram that is known here: {line}")
