"""Build the pages of the public API from the docstrings.

python docs/api_pages.py [FOLDER]    into docs/api, which git ignores
"""

from __future__ import annotations

import re
import sys
import warnings
from pathlib import Path
from typing import Any

import jinja2
import pdoc
import pdoc.render
from pdoc.render_helpers import to_markdown

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "clipasso_core"  # itself: what its `__all__` names
WHOLE = ("clipasso_core.document",)  # with the modules in it
MODULES = (  # alone: what lies below is not for others
    "clipasso_core.raster",
    "clipasso_core.guide",
    "clipasso_core.presets",
    "clipasso_core.request",
    "clipasso_core.result",
)
# "points: where they go.", alone or after another such sentence
FACT = re.compile(r"(?:^|(?<=[.;)] ))(\w+(?:, \w+)*): ")


def build(folder: Path) -> None:
    """Write the pages. A warning of pdoc's is an error."""
    sys.path.insert(0, str(ROOT))
    _resolve_exports()
    pdoc.render.configure(docformat="markdown", show_source=False, footer_text="CLIPasso")
    pdoc.render.env.filters["to_markdown"] = _to_markdown
    specifications = [PACKAGE, f"!{PACKAGE}\\.", *WHOLE]
    for name in MODULES:
        specifications += [name, f"!{re.escape(name)}\\."]
    with warnings.catch_warnings():
        warnings.filterwarnings("error", module=r"pdoc\b")
        pdoc.pdoc(*specifications, output_directory=folder)


def _resolve_exports() -> None:
    """The package imports what it exports when it is asked for; pdoc looks without asking."""
    import clipasso_core

    for name in clipasso_core.__all__:
        setattr(clipasso_core, name, getattr(clipasso_core, name))


@jinja2.pass_context
def _to_markdown(context: Any, docstring: str) -> str:
    """As pdoc has it, with our paragraphs of facts as lists."""
    summary, *paragraphs = re.split(r"\n\s*\n", docstring)
    listed = [as_list(one) if FACT.match(one) else one for one in paragraphs]
    text = "\n\n".join([summary, *listed])
    return to_markdown(text, context["module"], context["docformat"])


def as_list(paragraph: str) -> str:
    """A paragraph of facts, ``name: what it is``, as a Markdown list."""
    text = " ".join(paragraph.split())
    return FACT.sub(r"\n- **\1**: ", text).strip()


if __name__ == "__main__":
    build(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "api")
