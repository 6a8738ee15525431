"""A sketch in the window looks as it will in the document, whole and in parts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from clipasso_ext.document.elements import sketches_of
from clipasso_ext.document.restyle import LOOKS, Restyling
from clipasso_ext.document.still import WHOLE, Part, Still
from clipasso_ext.engine.settings import Settings
from clipasso_ext.names import GROUP, INSENSITIVE, PATH, REQUEST
from lxml import etree

from easel import image, root, sketch_task
from fake_engine import drawing

DRAWN = drawing(40, 20, 3, {"color": "photo", "emphasis": "/gone.png", "strokes": 3})
PLAIN = Restyling("keep", 0.0, None, "keep")
LOOKED = Settings(look="marker", width=2.0, ink="#123456")


def test_it_has_the_looks_of_the_sketch_in_the_document(scratch: Path) -> None:
    svg = root(image())
    task = sketch_task(svg, scratch)
    task.insert({"svg": DRAWN}, LOOKED)
    (layer,) = sketches_of(svg, "photo")
    inserted = {path.get("style") for path in layer.iter(PATH)}
    looks = LOOKED.looks._replace(width=task.width_px(LOOKED.width))
    seen = etree.fromstring(Still(DRAWN, looks).svg(WHOLE, 400, 200))
    shown = {path.get("style") for path in seen.iter(PATH)}
    assert inserted == shown
    assert len(shown) == 1
    assert "stroke:#123456" in str(shown.pop())


def test_a_sketch_in_the_document_remembers_its_looks_for_strokes_to_come(scratch: Path) -> None:
    svg = root(image())
    sketch_task(svg, scratch).insert({"svg": DRAWN}, LOOKED)
    (layer,) = sketches_of(svg, "photo")
    assert json.loads(layer.get(REQUEST)) == {"strokes": 3, "color": "#123456", "width_px": 1.0}


def test_the_photograph_s_colours_and_the_engine_s_pen_stay_where_they_are_wanted(
    scratch: Path,
) -> None:
    svg = root(image())
    sketch_task(svg, scratch).insert({"svg": DRAWN}, Settings(ink="photo"))
    (layer,) = sketches_of(svg, "photo")
    drawn = {path.get("style") for path in etree.fromstring(DRAWN.encode()).iter(PATH)}
    assert {path.get("style") for path in layer.iter(PATH)} == drawn
    assert json.loads(layer.get(REQUEST)) == {"strokes": 3, "color": "photo"}


def test_a_part_is_what_the_view_box_says() -> None:
    still = Still(DRAWN, PLAIN)
    assert still.size == (40, 20)
    seen = etree.fromstring(still.svg(Part(0.25, 0.5, 0.5, 0.25), 300, 75))
    facts = [seen.get(name) for name in ("viewBox", "width", "height")]
    assert facts == ["10 10 20 5", "300", "75"]
    assert still.size == (40, 20), "looking changes nothing"


@pytest.mark.parametrize("look", sorted(LOOKS))
def test_grain_is_laid_over_all_strokes_once_and_not_while_they_grow(look: str) -> None:
    def grains(grows: bool) -> int:
        seen = Still(DRAWN, PLAIN._replace(look=look), grows).svg(WHOLE, 80, 40)
        elements = etree.fromstring(seen).iter(GROUP, PATH)
        return sum("filter:url" in (one.get("style") or "") for one in elements)

    assert (grains(False), grains(True)) == (int(LOOKS[look].grainy), 0)


def test_an_earlier_sketch_of_the_bitmap_goes_where_that_is_wanted(scratch: Path) -> None:
    svg = root(image() + image("other"))
    task = sketch_task(svg, scratch)
    sketch_task(svg, scratch, ident="other").insert({"svg": DRAWN}, Settings())
    task.insert({"svg": DRAWN}, Settings())
    task.insert({"svg": DRAWN}, Settings())
    assert len(task.earlier) == 2
    task.insert({"svg": DRAWN}, Settings(replaces=True))
    assert len(task.earlier) == 1
    assert len(sketches_of(svg, "other")) == 1


def test_a_bitmap_is_dimmed_and_locked(scratch: Path) -> None:
    svg = root(image())
    task = sketch_task(svg, scratch)
    task.insert({"svg": DRAWN}, Settings(bitmap="lock"))
    owner = task.placed.photo.owner
    assert owner.get(INSENSITIVE) == "true"
    assert owner.get("style") == "opacity:0.3"
