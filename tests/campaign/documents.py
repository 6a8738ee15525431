"""SVG documents as they are and as they should not be."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from hypothesis import strategies as st
from support.documents import DOCUMENTS
from support.documents import SPACES as PHOTO_SPACES
from support.drawings import LINE, SKETCH, SPACES

from campaign.case import Case
from campaign.engine_readers import SKETCH as NAME
from campaign.mutation import mutated, spliced
from campaign.pictures import good_png
from clipasso_core import to_svg

ATTRIBUTE = re.compile(rb'="[^"]*"')
ELEMENT = re.compile(rb"<[a-z]+[^<>]*/>")
SHEET = (
    "<style>.a{stroke:red!important;fill:none}#s1,g > path:not(.b){stroke-width:3}"
    "@media print{.a{display:none}}</style>"
)
IMAGE = '<image id="photo" x="1" y="2" width="80" height="40" xlink:href="data:image/png;base64,"/>'
BODIES = (
    f'<path id="s1" d="M0,0C1,2 3,4 50,60 70,80 90,100 110,90" style="{LINE}"/>',
    f'{SHEET}<g id="l" class="a" transform="rotate(30) scale(2,.5)"><path class="a b"'
    ' d="M1 2h3"/></g>',
    f'{IMAGE}<g clipasso:sketch="1" clipasso:source="#photo" clipasso:picture="40 20" id="sketch"'
    f' transform="matrix(2,0,0,2,10,20)" inkscape:groupmode="layer"><path id="s1" d="M1,1L9,9"'
    f' style="{LINE}" clipasso:rank="0"/><path id="s2" d="m 3,3 q1,2 3,4 t 5,5 a2,3 4 0 1 9,9 z"'
    f' clipasso:rank="1" clipasso:locked="true" class="a"/></g>',
    '<defs><path id="p" d="M0 0L9 9"/></defs><use id="u" xlink:href="#p" clip-path="url(#c)"/>'
    '<svg x="1" y="2" width="50%" height="9mm" viewBox="0 0 5 5"><path d="M1,1L4,4"'
    ' stroke="currentColor" color="hsl(20,50%,40%)"/></svg>',
    '<text id="t">a &amp; b</text><!-- c --><?pi x?><path d="M0 0 1 1" stroke="url(#g) black"/>',
)
PAGES = ('viewBox="0 0 200 100"', 'width="20cm" height="100mm"', 'width="100%" viewBox="0,0,4,2"')
TOKENS = (
    *(
        "nan",
        "inf",
        "-inf",
        "1e999",
        "1e-999",
        "-0",
        "1e308",
        "0",
        "-1",
        ".",
        "+",
        "-",
        "%",
        "9e9e9",
    ),
    *("0 0 0 0", "1,2,3", "1e200 1e200", "matrix(0,0,0,0,0,0)", "matrix(1e300,0,0,1e300,0,0)"),
    *("scale(0)", "scale(1e-200)", "skewX(90)", "rotate(1,2)", "translate(", "matrix(1 2 3)"),
    *("url(#a)", "url(", "url(#photo) none", "inherit", "initial", "var(--a)", "calc(1px + 2%)"),
    *("px", "mm", "em", "ex", "rem", "vw", "xlink:href", "#s1", "#sketch", "#u", "#", "data:,"),
    *(
        "<style>",
        "</style>",
        "<g>",
        "</g>",
        "<svg>",
        "<![CDATA[",
        "]]>",
        "<!--",
        "-->",
        "<?",
        "&#0;",
    ),
    *(
        "&amp;",
        "&x;",
        "<!DOCTYPE svg>",
        "<!DOCTYPE svg [<!ENTITY x 'y'>]>",
        "xmlns=''",
        "\x01",
        "\u202e",
    ),
    *(
        "{",
        "}",
        ";",
        ":",
        "!important",
        "@import url(x);",
        "@media",
        "/*",
        "*/",
        "\\",
        "\\0",
        "\\ffffff",
    ),
    *(":not(", ":nth-child(2n+", "::before", "*|*", "a|b", "[x", "[a=b]", ">", "+", "~", "#", "."),
    *(
        "M",
        "m",
        "z",
        "A",
        "a1,1 0 01 1,1",
        "C1",
        "Q",
        "T",
        "S",
        "H1e999",
        "L nan nan",
        "M0,0z m",
        "e",
    ),
    *(
        "none",
        "black",
        "#12",
        "#1234",
        "rgb(1,2",
        "rgba(1,2,3,4)",
        "hsl(1e9,2%,3%)",
        "currentColor",
    ),
    *(
        "display:none",
        "opacity:2",
        "stroke-width:1e-320",
        "stroke-width:-1",
        "1px 2px",
        "é",
        "\U0001f600",
    ),
)


@lru_cache(maxsize=1)
def valid_documents() -> tuple[bytes, ...]:
    own = [to_svg(SKETCH)]
    own += [f"<svg {SPACES} {page}>{body}</svg>".encode() for page in PAGES for body in BODIES]
    for one in DOCUMENTS:
        body = one.body.replace("{}", "good.png").replace(' href="', ' xlink:href="')
        own.append(f"<svg {PHOTO_SPACES} {one.page}>{body}</svg>".encode())
    return tuple(own)


def _with_values(data: bytes, places: Sequence[int], tokens: Sequence[str]) -> bytes:
    """Other values in some of its attributes."""
    found = list(ATTRIBUTE.finditer(data))
    for place, token in zip(places, tokens, strict=False):
        if not found:
            break
        match = found[place % len(found)]
        quoted = token.replace("&", "&amp;").replace("<", "&lt;").replace('"', "'")
        data = data[: match.start() + 2] + quoted.encode() + data[match.end() - 1 :]
        found = list(ATTRIBUTE.finditer(data))
    return data


def _grown(data: bytes, depth: int, place: int, copies: int) -> bytes:
    """With one of its elements in groups in each other, several times."""
    found = list(ELEMENT.finditer(data))
    if not found:
        return data
    match = found[place % len(found)]
    inner = match.group() * copies
    around = b'<g transform="translate(1,1)">' * depth + inner + b"</g>" * depth
    return data[: match.start()] + around + data[match.end() :]


values = st.lists(st.sampled_from(TOKENS) | st.text(max_size=8), min_size=1, max_size=4)
DEPTHS = (1, 10, 250, 300, 2000)  # of groups in each other


def svgs() -> st.SearchStrategy[bytes]:
    """Any of these."""
    return (
        mutated(valid_documents())
        | spliced(valid_documents(), TOKENS)
        | st.builds(
            _with_values,
            st.sampled_from(valid_documents()),
            st.lists(st.integers(0, 200), min_size=4, max_size=4),
            values,
        )
        | st.builds(
            _grown,
            st.sampled_from(valid_documents()),
            st.sampled_from(DEPTHS),
            st.integers(0, 20),
            st.sampled_from([1, 2, 200]),
        )
    )


def read_by(*readers: str) -> st.SearchStrategy[Case]:
    """A document for one of these readers."""
    return st.builds(
        lambda name, data: Case(name, {NAME: data, "good.png": good_png()}),
        st.sampled_from(readers),
        svgs(),
    )


drawings = read_by("level", "join", "order", "animate", "read_svg")
edited = read_by("refine", "add")
in_inkscape = read_by(
    "cascade", "placement", "selection", "shapes", "entry_level", "entry_lock", "entry_restyle"
)
