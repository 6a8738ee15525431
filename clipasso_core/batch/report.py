"""The report of a batch: a page for any browser, with photographs and sketches side by side. It
holds all it shows, and asks no network.
"""

from __future__ import annotations

import base64
import io
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import resources
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from clipasso_core.batch.place import Out, is_url, read_photo
from clipasso_core.batch.row import Row
from clipasso_core.batch.split import cores
from clipasso_core.document.svg import from_svg
from clipasso_core.errors import UserError
from clipasso_core.photo.picture import decode_picture
from clipasso_core.result import SketchResult

PAGE_BYTES = 24_000_000  # that a browser opens without waiting; the rest goes onto another page
SKETCH_SIDE = 1000  # units of a sketch's longer side: finer than any screen that shows two
ENDING = ".html"


@dataclass(frozen=True)
class Thumbnails:
    """How small photographs are: so that all of a batch fit on a page, if they can."""

    side_px: int
    quality: int


FEW, MANY = Thumbnails(320, 60), Thumbnails(160, 45)  # some 9 and 2 kB each
MOST_FEW = 1000  # pictures of which there are larger ones


def check_report(target: str) -> None:
    """Raise `UserError` where no report can be written, before the work."""
    if not target.lower().endswith(ENDING):
        raise UserError(
            "bad-report",
            "a report is a page for browsers: name it {name}",
            name=f"{target}{ENDING}",
        )


def write_report(rows: Iterable[Row], places: Mapping[str, str], out: Out, target: str) -> int:
    """Write the report to a path or URL, and further pages beside it. Returns how many there are.

    rows: of the manifest. places: where pictures are, by path. Raises `UserError`.
    """
    ordered = sorted(rows, key=lambda row: (row.is_done, row.path))
    folder, name = os.path.split(target) if not is_url(target) else _split_url(target)
    home = Out(folder or os.curdir)
    entries = _entries(ordered, places, out, home)
    pages = list(_paged(entries))
    names = [_page_name(name, number) for number in range(len(pages))]
    template = (resources.files(__package__) / "report.html").read_text(encoding="utf-8")
    for number, page in enumerate(pages):
        told = {
            "summary": _summary(ordered),
            "pages": [quote(os.fsencode(one)) for one in names],
            "page": number,
        }
        text = json.dumps(told)[:-1] + ', "entries": [' + ",".join(page) + "]}"
        # no text of ours ends the script that it stands in
        whole = template.replace("@DATA@", text.replace("<", "\\u003c"))
        home.write(names[number], whole.encode())
    return len(pages)


def _split_url(target: str) -> tuple[str, str]:
    folder, _, name = target.rpartition("/")
    return folder, name


def _page_name(name: str, number: int) -> str:
    """``report.html``, ``report-2.html``, ..."""
    if number == 0:
        return name
    stem = PurePath(name).stem
    return f"{stem}-{number + 1}{PurePath(name).suffix}"


def _summary(rows: list[Row]) -> str:
    drawn = sum(row.is_done for row in rows)
    text = f"{drawn} {'picture' if drawn == 1 else 'pictures'} drawn"
    return text + (f", {len(rows) - drawn} failed" if drawn < len(rows) else "")


def _paged(entries: Iterable[str]) -> Iterator[list[str]]:
    """Entries, as many as a page holds at a time; at least one page."""
    page: list[str] = []
    size = 0
    for entry in entries:
        if page and size + len(entry) > PAGE_BYTES:
            yield page
            page, size = [], 0
        page.append(entry)
        size += len(entry) + 1
    yield page


def _entries(rows: list[Row], places: Mapping[str, str], out: Out, home: Out) -> Iterator[str]:
    """Of each row what the page shows, as JSON."""
    small = FEW if len(rows) <= MOST_FEW else MANY

    def entry(row: Row) -> str:
        place = places.get(row.path)
        facts = {
            "path": row.path,
            "status": row.status,
            "message": row.message,
            "loss": row.loss,
            "seconds": row.seconds if row.is_done else None,
            "strokes": row.strokes,
            "faces": row.faces,
            "photo": _thumbnail(place, small) if place is not None else None,
        }
        if row.is_done:
            facts |= _sketch(row, out)
            facts["file"] = _link(row, out, home)
        return json.dumps(facts)

    with ThreadPoolExecutor(cores()) as threads:
        yield from threads.map(entry, rows)


def _thumbnail(place: str, small: Thumbnails) -> str | None:
    """A photograph as a WebP in base64; None where it can't be read."""
    from PIL import Image

    try:
        picture = decode_picture(read_photo(place))
    except UserError:
        return None
    image = Image.fromarray((picture.on_white() * 255).round().astype("uint8"))
    image.thumbnail((small.side_px, small.side_px))
    stream = io.BytesIO()
    image.save(stream, "WEBP", quality=small.quality)
    return base64.b64encode(stream.getvalue()).decode()


def _sketch(row: Row, out: Out) -> dict[str, Any]:
    """The strokes of a sketch's file, in whole units; nothing where it is gone, or no sketch any
    more.
    """
    try:
        data = out.read(row.output)
        result = from_svg(data) if data is not None else None
    except UserError:
        return {}
    if result is None:
        return {}
    scale = SKETCH_SIDE / max(result.width, result.height)
    return {
        "size": [round(result.width * scale), round(result.height * scale)],
        "paper": result.request.paper,
        "strokes_data": _strokes(result, scale),
    }


def _strokes(result: SketchResult, scale: float) -> list[tuple[str, float, float, str]]:
    """Colour, width, opacity and path data; strokes of one pen in a row are one path."""
    found: list[tuple[str, float, float, str]] = []
    for stroke in result.strokes:
        pen = stroke.color, round(stroke.width * scale, 1), round(stroke.opacity, 2)
        (x, y), *rest = [(round(x * scale), round(y * scale)) for x, y in stroke.points]
        path = f"M{x} {y}C" + " ".join(f"{x} {y}" for x, y in rest)
        if found and found[-1][:3] == pen and stroke.opacity == 1:
            path = found.pop()[3] + path
        found.append((*pen, path))
    return found


def _link(row: Row, out: Out, home: Out) -> str | None:
    """How the page names a sketch's file."""
    if not out.is_here or not home.is_here:
        return quote(row.output) if out.root == home.root else None
    path = os.path.relpath(out.path(row.output), home.root)
    return quote(os.fsencode(path.replace(os.sep, "/")))
