"""Drawings of few lines, and the spaces that they may lie in."""

from __future__ import annotations

from pathlib import Path

from clipasso_core.document.drawing import Drawing, read_drawing
from clipasso_core.frame import Frame
from clipasso_core.request import SketchRequest
from clipasso_core.result import SketchResult
from clipasso_core.strokes import Stroke

SIZE = (200, 100)  # of the photograph, px
SPACES = (
    'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    ' xmlns:clipasso="https://clipasso.org/ns"'
    ' xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape"'
    ' xmlns:sodipodi="http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd"'
)
LINE = "fill:none;stroke:black;stroke-width:2"


def drawn(
    tmp_path: Path, body: str, page: str = 'viewBox="0 0 200 100"', layer: str | None = None
) -> Drawing:
    """The document with that body, read as a drawing over a photograph of `SIZE`."""
    path = tmp_path / "drawing.svg"
    path.write_text(f"<svg {SPACES} {page}>{body}</svg>", encoding="utf-8")
    return read_drawing(path, SIZE, layer)


def ranked(tmp_path: Path) -> Path:
    paths = "".join(
        f'<path id="s{rank}" d="M0,0L10,{rank}" style="{LINE}" clipasso:rank="{rank}"/>'
        for rank in (2, 0, 1, 3)
    )
    path = tmp_path / "ranked.svg"
    own = f'<path id="own" d="M5,5L9,9" style="{LINE}"/>'
    layer = f'<g clipasso:sketch="1">{paths}{own}</g>'
    path.write_text(f'<svg {SPACES} viewBox="0 0 200 100">{layer}</svg>', encoding="utf-8")
    return path


ONE = ((1.0, 2.0), (3.5, 4.25), (5.0, 6.0), (7.0, 8.0))
OTHER = ((10.0, 20.0), (30.0, 40.0), (50.0, 60.0), (-7.0, 0.125))
SKETCH = SketchResult(
    strokes=(
        Stroke(ONE, 2.5, "#102030", opacity=0.5, id="stroke-1", locked=True),
        Stroke(OTHER, 2.5, "#000000", opacity=1.0, id="stroke-2"),
    ),
    width=160,
    height=120,
    frame=Frame(10.0, -5.0, 130.0),
    request=SketchRequest(strokes=2),
    guide="lite",
    preset="quick",
    device="cpu",
    mask="plain border",
    loss=0.5,
    seed=0,
    steps=120,
)
