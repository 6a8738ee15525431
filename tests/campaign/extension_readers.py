"""What the extension reads of documents, jobs and settings, under whichever inkex is there, and how
that has to end. Python 3.8.
"""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any, Callable, Dict

import inkex
from clipasso_ext.document.cascade import inherited, stated
from clipasso_ext.document.pixels import box_now
from clipasso_ext.document.placement import place, to_page
from clipasso_ext.document.selection import find_photos
from clipasso_ext.document.shapes import find_shapes
from clipasso_ext.document.sketch_selection import find_sketch
from clipasso_ext.engine.background import all_jobs
from clipasso_ext.engine.connection import parsed
from clipasso_ext.engine.finished import insert_finished
from clipasso_ext.engine.settings import load, store
from clipasso_ext.host import Host
from clipasso_ext.problem import Problem
from entries import ENTRIES
from lxml import etree

from campaign.bench import Ending, Reader

_inkex: Any = inkex  # its types miss some of its names
DOCUMENT, HOME = "sketch.svg", "home"
PROPERTIES = ("stroke", "stroke-width", "fill", "opacity", "display")
SIZE_PX = (40, 20)
LOOKED_AT = 20  # elements of a document: what is asked of all of them takes the square of its depth
NO_DOCUMENT = 2  # what Inkscape itself would not have opened


def root_of(folder: Path) -> Any:
    """The document's root, as an effect has it; None for what is no document of Inkscape's."""
    data = (folder / DOCUMENT).read_bytes()
    try:
        if etree.fromstring(data, etree.XMLParser(huge_tree=True)).tag != "{%s}svg" % (
            "http://www.w3.org/2000/svg"
        ):
            return None
    except (etree.XMLSyntaxError, ValueError):
        return None
    return _inkex.load_svg(data).getroot()


def on_document(read: Callable[[Any, Path], object]) -> Reader:
    """A reader of documents; what is a `Problem` is told."""

    def run(folder: Path) -> int:
        svg = root_of(folder)
        if svg is None:
            return NO_DOCUMENT
        try:
            read(svg, folder)
        except Problem as problem:
            return 2 if str(problem).strip() else 1
        return 0

    return run


def read_cascade(svg: Any, _folder: Path) -> None:
    before = etree.tostring(svg)
    elements = [one for one in svg.iter() if isinstance(one.tag, str)]
    for element in elements[: LOOKED_AT // 2] + elements[-LOOKED_AT // 2 :]:
        for name in PROPERTIES:
            stated(element, name)
            inherited(element, name)
    assert etree.tostring(svg) == before, "reading wrote into the document"


def read_placement(svg: Any, _folder: Path) -> None:
    for photo in find_photos(svg, []):
        box = box_now(photo.image, svg, SIZE_PX, False)
        place(photo.transform, to_page(photo.branch()[0], svg), box, SIZE_PX)


def read_selection(svg: Any, _folder: Path) -> None:
    find_sketch(svg, [])


def read_shapes(svg: Any, _folder: Path) -> None:
    idents = [one.get("id") for one in svg.iter() if one.get("id")]
    for shape in find_shapes(svg, idents):
        assert isinstance(shape.lies_over_the_picture, bool)


def read_jobs(svg: Any, folder: Path) -> None:
    host = Host([os.devnull], folder / HOME)
    for job in all_jobs(host):
        str(job.progress)
    insert_finished(svg, host, place_gone=True)
    etree.fromstring(etree.tostring(svg))


def read_settings(folder: Path) -> int:
    path = folder / HOME / "extension.json"
    found = load(path)
    json.dumps(found.request(found.width, found.preset), allow_nan=False)
    if path.is_file():
        store(found, path)
        assert load(path) == found, "what was stored is not what is read"
    return 0


def read_events(folder: Path) -> int:
    for line in (folder / "line").read_bytes().splitlines():
        parsed(line)
    return 0


def entry(name: str, *words: str) -> Reader:
    """A menu entry, on the document."""

    def run(folder: Path) -> int:
        if root_of(folder) is None:
            return NO_DOCUMENT
        output = io.BytesIO()
        ENTRIES[name]().run([*words, str(folder / DOCUMENT)], output=output)
        if output.getvalue():
            etree.fromstring(output.getvalue(), etree.XMLParser(huge_tree=True))
        return 0

    return run


READERS: Dict[str, Reader] = {
    "cascade": on_document(read_cascade),
    "placement": on_document(read_placement),
    "selection": on_document(read_selection),
    "shapes": on_document(read_shapes),
    "jobs": on_document(read_jobs),
    "settings": read_settings,
    "events": read_events,
    "entry_level": entry("level", "--strokes=1"),
    "entry_lock": entry("lock"),
    "entry_restyle": entry("restyle", "--look=pencil"),
}


def judge(_name: str, folder: Path, _before: Dict[str, bytes], end: Ending) -> str:
    """What is wrong with how a reader ended; "" for nothing."""
    for home in (folder / HOME, Path(os.environ["CLIPASSO_HOME"])):
        log = home / "logs" / "extension.log"
        if log.is_file():
            text = log.read_text(encoding="utf-8", errors="replace")
            log.unlink()
            if "Traceback" in text:
                return text[text.rfind("Traceback") :]
    if end.status not in (0, 2) or end.said or end.complained:
        return "said beside the point: %r" % (end,)
    return ""
