"""Documents that hold a sketch, and how the tests look at them."""

from __future__ import annotations

import math
import re
from typing import Any, Dict, List, Optional, Sequence, Tuple

from clipasso_ext.names import CLIPASSO_URI, INSENSITIVE, LOCKED
from inkex import paths as inkex_paths
from lxml import etree

import fake_edits
from easel import document, image, tree_of
from matrices import UNIT, Matrix, applied, inverse, rotate, scale, text, times, translate

OWN = 'xmlns:clipasso="%s"' % CLIPASSO_URI
LAYER = times(translate(10, 20), scale(2, 2))  # where the engine's layer lies on easel's image
STYLE = "fill:none;stroke:#123456;stroke-width:2;stroke-linecap:round"
STROKES = {
    "s1": "M 1,2 C 3,4 5,6 7,8",
    "s2": "m 10,3 c 1,1 2,2 3,0 1,-1 2,2 3,1",
    "s3": "M 5.0000000,5 10 , 6 H 12 v 3",
    "s4": "M20,10q3,3 6,0t2,2",
}


def stroke(
    ident: str,
    rank: Optional[int] = None,
    more: str = "",
    data: Optional[str] = None,
    style: str = STYLE,
) -> str:
    ranked = "" if rank is None else ' clipasso:rank="%d"' % rank
    return '<path id="%s" d="%s" style="%s"%s %s/>' % (
        ident,
        data or STROKES.get(ident, "M 1,1 C 2,2 3,3 4,1"),
        style,
        ranked,
        more,
    )


def sketch(
    body: Optional[str] = None,
    ident: str = "sketch",
    more: str = 'clipasso:picture="40 20"',
    source: Optional[str] = "photo",
    transform: Matrix = LAYER,
    plain: bool = False,
) -> str:
    """The layer that the extension makes over easel's image, of 40 x 20 pixels, and its strokes."""
    named = "" if source is None else ' clipasso:source="#%s"' % source
    kind = "" if plain else 'inkscape:groupmode="layer" inkscape:label="My Sketch"'
    strokes = (
        "".join(stroke(one, rank) for rank, one in enumerate(STROKES)) if body is None else body
    )
    return '<g %s id="%s" %s clipasso:sketch="1"%s transform="%s" %s>%s</g>' % (
        OWN,
        ident,
        kind,
        named,
        text(transform),
        more,
        strokes,
    )


WHOLE = image() + sketch()
HAND = (  # a layer that somebody drew
    '<g id="hand" inkscape:groupmode="layer"><g id="inner"><path id="p" d="M 0,0 L 5,5"/></g><path'
    ' id="q" d="M 0,0 h 3"/></g>'
)
MOVE = times(translate(30, -5), rotate(25), scale(0.5, 0.5))  # of whatever was moved


def paths_of(output: bytes) -> Dict[str, Any]:
    return {str(one.get("id")): one for one in tree_of(output).iter("{*}path")}


def with_id(output: bytes, ident: str) -> Any:
    (found,) = tree_of(output).xpath("//*[@id=$ident]", ident=ident)
    return found


def is_locked(path: Any) -> bool:
    return "true" in (path.get(LOCKED), path.get(INSENSITIVE))


def without(output: bytes, *loose: Tuple[str, str]) -> bytes:
    """A document without these attributes: (id of the element, name)."""
    tree = tree_of(output)
    for ident, name in loose:
        for one in tree.xpath("//*[@id=$ident]", ident=ident):
            one.attrib.pop(name, None)
    return etree.tostring(tree)


def style_of(element: Any) -> Dict[str, str]:
    return dict(part.split(":") for part in (element.get("style") or "").split(";") if part)


def is_near(one: Sequence[float], other: Sequence[float]) -> bool:
    return all(math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-6) for a, b in zip(one, other))


def points_of(path: Any) -> List[Tuple[float, float]]:
    """The points of a path on the page. The arithmetic is not the extension's."""
    data: Any = inkex_paths.Path(path.get("d"))
    chain = [
        (*point,) for one in data.to_absolute().to_superpath() for triple in one for point in triple
    ]
    total = UNIT
    for one in (path, *path.iterancestors()):
        total = times(fake_edits.parsed(one.get("transform") or ""), total)
    return [applied(total, point) for point in chain]


def moved_px(
    before: List[Tuple[float, float]], after: List[Tuple[float, float]], page: Matrix
) -> List[Tuple[float, ...]]:
    """How far the points of a path went, in pixels of the picture."""
    back = inverse(page)
    assert len(before) == len(after)
    return [
        tuple(b - a for a, b in zip(applied(back, one), applied(back, other)))
        for one, other in zip(before, after)
    ]


def check_moved(body: str, output: bytes, idents: Sequence[str], page: Matrix) -> None:
    old, new = paths_of(document(body)), paths_of(output)
    for ident in idents:
        for step in moved_px(points_of(old[ident]), points_of(new[ident]), page):
            assert math.isclose(step[0], fake_edits.STEP[0], abs_tol=1e-3)
            assert math.isclose(step[1], fake_edits.STEP[1], abs_tol=1e-3)


def widest(path: Any) -> float:
    """Of an outline whose two sides have as many points."""
    numbers = [
        complex(*(float(n) for n in pair.split(",")))
        for pair in re.findall(r"[-\d.e]+,[-\d.e]+", path.get("d"))
    ]
    half = len(numbers) // 2
    return max(abs(a - b) for a, b in zip(numbers[:half], numbers[half:][::-1]))
