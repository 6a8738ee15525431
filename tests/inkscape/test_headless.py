"""The extension in real Inkscape, without windows: documents as people have them, and what goes
wrong.
"""

from __future__ import annotations

import json
import math
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lxml import etree
from support.documents import DOCUMENTS, PLAIN, PX, RECT_CLIP, Document, inside, placed
from support.inkscape import (
    ROOT,
    SVG,
    TRUE,
    XLINK,
    Inkscape,
    element,
    fit,
    labels,
    rest,
    sketches,
    without,
)
from support.screen import virtual_screen, wait_for

OFF = 0.005  # of the photo's longer side: how far strokes may be from where Inkscape shows the edge
REACH = 0.0065 + OFF + 0.002  # half a stroke (1.3 %), the same, and a pixel

MIXED = {  # of the documents, some that need all of what Inkscape does to a bitmap
    "clipped by a rectangle",
    "stretched group around a rotated image",
    "symbol in a clone of another size",
    "turned by EXIF",
}


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    with virtual_screen() as name:
        yield name


@pytest.fixture
def inkscape(tmp_path: Path, display: str) -> Inkscape:
    return Inkscape.install(tmp_path, display)


@pytest.fixture
def before(tmp_path: Path) -> Path:
    return Document("plain").write(tmp_path)


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(one, marks=[pytest.mark.every_inkscape] if one.name in MIXED else [])
        for one in DOCUMENTS
    ],
    ids=lambda document: document.name,
)
def test_strokes_lie_where_the_photo_shows_its_subject(
    document: Any, inkscape: Inkscape, tmp_path: Path
) -> None:
    before = document.write(tmp_path)
    after = inkscape.extend(before, "sketch", *document.select)
    assert labels(after) == [f"Sketch of {name} (16 strokes)" for name in document.labels], (
        inkscape.log
    )
    photo, sketch = (inkscape.render(without(after, sketched)) for sketched in (False, True))
    found = fit(photo, sketch)
    assert found.shapes == len(document.labels)
    assert found.covered == 1
    assert found.off < OFF
    assert found.reach < REACH
    assert rest(after) == rest(inkscape.act(before))


def test_the_mixed_documents_are_there() -> None:
    assert not MIXED - {document.name for document in DOCUMENTS}


def test_the_comparison_sees_a_sketch_that_is_off_by_one_percent(
    inkscape: Inkscape, before: Path
) -> None:
    after = inkscape.extend(before, "sketch", "photo")
    photo, sketch = (inkscape.render(without(after, sketched)) for sketched in (False, True))
    assert fit(photo, sketch).off < OFF
    assert fit(photo, np.roll(sketch, 8, axis=1)).off > OFF
    half = sketch.copy()
    half[:, :500] = 255
    assert fit(photo, half).covered < 0.6


@pytest.mark.every_inkscape
def test_links_of_the_document_lead_where_they_led(inkscape: Inkscape, tmp_path: Path) -> None:
    album = tmp_path / "an album"
    album.mkdir()
    links = ("../dog.png", "gone.png", "page.html", "other.svg#part", "#photo")
    kinds = ("image", "image", "a", "use", "use")
    more = "".join(f'<{kind} href="{link}"/>' for kind, link in zip(kinds, links, strict=True))
    (tmp_path / "dog.png").write_bytes(b"")
    before = Document("", PLAIN + more).write(album)
    after = inkscape.extend(before, "sketch", "photo")
    found = [one.get(f"{{{XLINK}}}href") for one in etree.parse(after).iter(f"{{{SVG}}}*")]
    assert [one for one in found if one] == ["photo.png", *links]


def test_the_comparison_sees_another_change(inkscape: Inkscape, before: Path) -> None:
    moved = before.with_name("moved.svg")
    moved.write_text(before.read_text().replace('x="20"', 'x="20.01"'))
    assert rest(moved) != rest(before)


@pytest.mark.parametrize(
    ("document", "layer"),
    [
        (Document("alone"), "svg"),
        (Document("in a layer", inside('id="layer" inkscape:groupmode="layer"')), "layer"),
        (
            Document(
                "in a group in a layer",
                inside('id="layer" inkscape:groupmode="layer"', 'id="group"'),
            ),
            "layer",
        ),
        (Document("in a group", inside('id="group"')), "svg"),
        (Document("in a clipped group", RECT_CLIP + inside('clip-path="url(#clip)"')), "svg"),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_the_sketch_goes_above_its_photo_into_its_layer(
    document: Any, layer: str, inkscape: Inkscape, tmp_path: Path
) -> None:
    after = inkscape.extend(document.write(tmp_path), "sketch", "photo")
    sketch: Any
    (sketch,) = sketches(after)
    assert sketch.getparent().get("id" if layer != "svg" else "none", "svg") == layer
    assert (
        sketch.getprevious().get("id") == "photo"
        or sketch.getprevious().find(".//*[@id='photo']") is not None
    )


def test_strokes_are_as_wide_everywhere_on_a_stretched_photo(
    inkscape: Inkscape, tmp_path: Path
) -> None:
    after = inkscape.extend(
        Document("", placed(transform="translate(0 60) scale(1 0.4)")).write(tmp_path),
        "sketch",
        "photo",
    )
    picture = inkscape.render(without(after, True)).min(axis=2) < 128
    rows, columns = (np.flatnonzero(picture.any(axis=axis)) for axis in (1, 0))
    # the row crosses the left and the right edge
    side = np.count_nonzero(picture[(rows[0] + rows[-1]) // 2]) / 2
    top = np.count_nonzero(picture[:, (columns[0] + columns[-1]) // 2]) / 2
    assert math.isclose(side, top, abs_tol=1.5)


@pytest.mark.parametrize(
    ("page", "image", "width_px"),
    [
        (None, PLAIN, 2 * 5),
        (PX, placed(x="80", y="60", width="640", height="480"), 2 * 1.25),
        (None, placed(transform="scale(0.5)"), 2 * 5),
    ],
    ids=["millimetres", "pixels", "scaled image"],
)
def test_the_width_is_in_the_units_of_the_page(
    page: str | None, image: str, width_px: float, inkscape: Inkscape, tmp_path: Path
) -> None:
    document = Document("", image, page) if page else Document("", image)
    inkscape.prefer('<group id="extensions" org.clipasso.parameters.width="2"/>')
    after = inkscape.extend(document.write(tmp_path), "parameters", "photo")
    picture = inkscape.render(without(after, True)).min(axis=2) < 128
    rows = np.flatnonzero(picture.any(axis=1))
    middle = (rows[0] + rows[-1]) // 2
    # a page is 1000 px wide here
    assert math.isclose(np.count_nonzero(picture[middle]) / 2, width_px, abs_tol=0.8)


@pytest.mark.every_inkscape
def test_parameters_come_from_inkscapes_page(
    inkscape: Inkscape, before: Path, tmp_path: Path
) -> None:
    values = {
        "strokes": 8,
        "preset": "standard",
        "mask": "none",
        "ink": "color",
        "color": 0xFF8000FF,
        "seed": 7,
        "seeds": 3,
        "guide": "clip",
    }
    stored = " ".join(f'org.clipasso.parameters.{name}="{value}"' for name, value in values.items())
    inkscape.prefer(f'<group id="extensions" {stored}/>')
    heard = tmp_path / "heard"
    after = inkscape.extend(before, "parameters", "photo", FAKE_ENGINE_LOG=str(heard))
    assert labels(after) == ["Sketch of photo (8 strokes)"]
    request = json.loads(heard.read_text().splitlines()[0])["request"]
    wanted = {
        "version": 1,
        "strokes": 8,
        "preset": "standard",
        "mask": "none",
        "color": "#ff8000",
        "seed": 7,
        "seeds": 3,
    }
    assert request == {**wanted, "guide": "clip:ViT-B-16:laion2b_s34b_b88k"}


@pytest.mark.parametrize(
    ("bitmap", "style"), [("keep", None), ("dim", "opacity:0.3"), ("hide", "display:none")]
)
def test_the_photo_is_dimmed_or_hidden_afterwards(
    bitmap: str, style: str | None, inkscape: Inkscape, before: Path
) -> None:
    inkscape.prefer(f'<group id="extensions" org.clipasso.parameters.bitmap="{bitmap}"/>')
    after = inkscape.extend(before, "parameters", "photo")
    assert element(after, "photo").get("style") == style
    assert rest(after, loose=("photo",)) == rest(inkscape.act(before), loose=("photo",))


def test_a_folder_is_sketched_while_inkscape_goes_on(
    true_engine: Inkscape, before: Path, photo: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "photographs"
    folder.mkdir()
    photo.rename(folder / "cat.jpg")
    facts = {"folder": folder, "strokes": 3, "preset": "draft", "mask": "none"}
    stored = " ".join(f'org.clipasso.many.{name}="{value}"' for name, value in facts.items())
    true_engine.prefer(f'<group id="extensions" {stored}/>')
    after = true_engine.extend(before, "many")
    assert rest(after) == rest(true_engine.act(before))
    sketch = tmp_path / "photographs-sketches" / "cat.svg"
    wait_for(lambda: sketch.exists() or None, "the photograph's sketch", limit_s=180)


@pytest.mark.every_inkscape
def test_a_sketch_in_the_background_is_inserted_by_another_run(
    inkscape: Inkscape, tmp_path: Path
) -> None:
    before = Document("", placed(transform="rotate(20 100 75) translate(20 15) scale(0.8)")).write(
        tmp_path
    )
    ordered = inkscape.extend(before, "background", "photo")
    assert rest(ordered) == rest(inkscape.act(before))
    assert not sketches(ordered)
    wait_for(lambda: list((inkscape.home / "jobs").glob("*/outcome.json")), "the job")
    after = inkscape.extend(ordered, "insert")
    assert labels(after) == ["Sketch of photo (16 strokes)"]
    assert fit(*(inkscape.render(without(after, sketched)) for sketched in (False, True))).off < OFF
    assert labels(inkscape.extend(after, "insert")) == labels(after)  # once


def test_a_sketch_in_the_background_follows_its_photo(inkscape: Inkscape, before: Path) -> None:
    inkscape.extend(before, "background", "photo")
    wait_for(lambda: list((inkscape.home / "jobs").glob("*/outcome.json")), "the job")
    moved = inkscape.act(
        before, "select-by-id:photo", "transform-rotate:30", "transform-translate:40,-30"
    )
    after = inkscape.extend(moved, "insert")
    assert fit(*(inkscape.render(without(after, sketched)) for sketched in (False, True))).off < OFF


@pytest.mark.every_inkscape
def test_a_second_sketch_of_the_same_photo_has_ids_of_its_own(
    inkscape: Inkscape, before: Path
) -> None:
    after = inkscape.extend(inkscape.extend(before, "sketch", "photo"), "sketch", "photo")
    assert len(sketches(after)) == 2
    ids = [one.get("id") for one in etree.parse(after).iter(etree.Element) if one.get("id")]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("document", "select", "mode", "message"),
    [
        (Document("no bitmap selected"), "other", "", "There is no bitmap in what is selected"),
        (
            Document("no bitmap at all", '<rect id="photo" width="5" height="5"/>'),
            "photo",
            "",
            "There is no bitmap in what is selected",
        ),
        (
            Document("on the network", placed(href="https://example.org/photo.png")),
            "photo",
            "",
            "The bitmap is on the network",
        ),
        (
            Document("missing", placed(href="gone.png")),
            "photo",
            "",
            "file is missing: {folder}/gone.png",
        ),
        (
            Document("damaged", placed(href="data:image/png;base64,////")),
            "photo",
            "",
            "The bitmap is damaged, or of a kind that this Inkscape does not show",
        ),
        (Document("squashed", placed(transform="scale(1 0)")), "photo", "", "squashed to nothing"),
        (Document("an error"), "photo", "error", "The photo is one plain colour"),
        (Document("a dead engine"), "photo", "die", "The engine ended unexpectedly"),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
@pytest.mark.parametrize("entry", ["sketch", "parameters"])
def test_a_failure_leaves_the_document_alone_and_is_told_once(
    document: Any,
    select: str,
    mode: str,
    message: str,
    entry: str,
    inkscape: Inkscape,
    tmp_path: Path,
) -> None:
    before = document.write(tmp_path)
    after = inkscape.extend(before, entry, select, FAKE_ENGINE=mode)
    assert rest(after) == rest(inkscape.act(before))
    assert not sketches(after)
    assert inkscape.log.count(message.format(folder=tmp_path)) == 1, inkscape.log


def test_without_an_engine_the_document_is_left_alone(inkscape: Inkscape, before: Path) -> None:
    (inkscape.folder / "engine.json").unlink()
    after = inkscape.extend(before, "sketch", "photo")
    assert rest(after) == rest(inkscape.act(before))


@pytest.mark.every_inkscape
def test_of_two_photos_the_one_that_can_be_sketched_is(inkscape: Inkscape, tmp_path: Path) -> None:
    both = placed(id="gone", href="gone.png") + PLAIN
    after = inkscape.extend(Document("", both).write(tmp_path), "sketch", "gone", "photo")
    assert labels(after) == ["Sketch of photo (16 strokes)"]
    assert "gone: The bitmap's file is missing" in inkscape.log


@pytest.fixture
def true_engine(tmp_path: Path, display: str) -> Iterator[Inkscape]:
    """An installation with the true engine, which is stopped afterwards."""
    inkscape = Inkscape.install(tmp_path, display, TRUE)
    stored = [
        f'org.clipasso.{entry}.preset="draft" org.clipasso.{entry}.strokes="6"'
        for entry in ("parameters", "background")
    ]
    inkscape.prefer(f'<group id="extensions" {" ".join(stored)}/>')
    yield inkscape
    subprocess.run(
        [*TRUE, "engine", "stop"],
        env=inkscape.environment,
        stdout=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.every_inkscape
@pytest.mark.parametrize("entry", ["parameters", "background"])
def test_the_true_engine_sketches_into_the_document(
    entry: str, true_engine: Inkscape, tmp_path: Path
) -> None:
    photo = (ROOT / "examples" / "coffee.jpg").as_uri()
    before = Document(
        "", placed(href=photo, transform="rotate(10 100 75) translate(20 15) scale(0.8)")
    ).write(tmp_path)
    after = true_engine.extend(before, entry, "photo")
    if entry == "background":
        wait_for(
            lambda: list((true_engine.home / "jobs").glob("*/outcome.json")), "the job", limit_s=120
        )
        after = true_engine.extend(after, "insert")
    assert labels(after) == ["Sketch of coffee (6 strokes)"]
    plain, drawn = (
        true_engine.render(without(after, sketched)).min(axis=2) for sketched in (False, True)
    )
    assert (drawn < 128).sum() > 1000
    assert not (drawn < 128)[plain == 255].any()  # all of it is on the photo
