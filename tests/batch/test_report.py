"""The report shows every picture, by itself, in any browser, however many there are."""

from __future__ import annotations

import base64
import io
import json
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from support.batches import done_row
from support.browser import looking

from clipasso_core import SketchRequest, SketchResult, to_svg
from clipasso_core.batch import report
from clipasso_core.batch.pictures import Photo
from clipasso_core.batch.place import Out
from clipasso_core.batch.report import MANY, check_report, write_report
from clipasso_core.batch.row import Row, failed_row
from clipasso_core.errors import UserError
from clipasso_core.frame import Frame
from clipasso_core.strokes import Stroke

PENS = ((0.0, 0.0), (40.0, 10.0), (90.0, 80.0), (160.0, 120.0))


def result_of(strokes: int = 3, paper: str | None = None) -> SketchResult:
    lines = [
        Stroke(PENS, width=2.0 + number % 2, id=f"stroke-{number}") for number in range(strokes)
    ]
    return SketchResult(
        strokes=tuple(lines),
        width=160,
        height=120,
        frame=Frame(0, 0, 160),
        request=SketchRequest(strokes=strokes, paper=paper),
        guide="lite",
        preset="draft",
        device="cpu",
        mask="none",
        loss=1.0,
        seed=0,
        steps=2,
    )


class Writer:
    """Writes reports of pictures and failures."""

    def __init__(self, photo: Path, folder: Path) -> None:
        self._photo, self._folder = photo, folder
        self._out = Out(str(folder))
        self._out.make()

    def __call__(self, *rows: Row, target: str = "") -> Path:
        """The report's file."""
        places = {row.path: str(self._photo) for row in rows}
        path = target or str(self._folder / "report.html")
        write_report(rows, places, self._out, path)
        return Path(path)

    def row(self, path: str, loss: float = 1.0, seconds: float = 1.0, strokes: int = 3) -> Row:
        """Of a picture that was drawn."""
        done = done_row(Photo(path, str(self._photo), f"{path}.svg"))
        self._out.write(done.output, to_svg(result_of(strokes)))
        return replace(done, loss=loss, seconds=seconds, strokes=strokes, faces=0)


@pytest.fixture
def write(photo: Path, tmp_path: Path) -> Writer:
    return Writer(photo, tmp_path / "out")


def failure(path: str) -> Row:
    error = UserError("bad-photo", "{path} is <b>damaged</b>", path=path)
    return failed_row(path, f"{path}.svg", error, "f")


def data_of(page: Path) -> dict[str, Any]:
    """What a page shows."""
    text = page.read_text(encoding="utf-8")
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text)
    assert found is not None
    return dict(json.loads(found.group(1)))


# What is in it


def test_failures_come_first_and_everything_is_in_the_page(write: Writer) -> None:
    page = write(write.row("a", 1.5), failure("b"), write.row("c"))
    data = data_of(page)
    assert data["summary"] == "2 pictures drawn, 1 failed"
    assert [entry["path"] for entry in data["entries"]] == ["b", "a", "c"]
    first = data["entries"][1]
    assert (first["loss"], first["strokes"], first["file"]) == (1.5, 3, "a.svg")
    assert first["size"] == [1000, 750]
    # in units of a thousandth of the width; strokes of one pen are one path
    assert [len(one[3].split("M")) - 1 for one in first["strokes_data"]] == [1, 1, 1]
    assert first["strokes_data"][0][3] == "M0 0C250 62 562 500 1000 750"
    assert Image.open(_picture(first)).size == (160, 120)
    outside = re.findall(r"(?:src|href)=\"?(?!data:|#)[a-z]*:?//", page.read_text())
    assert outside == []


def _picture(entry: dict[str, Any]) -> io.BytesIO:
    return io.BytesIO(base64.b64decode(entry["photo"]))


def test_names_are_text_whatever_is_in_them(write: Writer) -> None:
    name = "</script><script>alert(1)</script>" + os.fsdecode(b"\xff\n")
    page = write(failure(name))
    assert data_of(page)["entries"][0]["path"] == name
    assert page.read_text().count("</script>") == 2


def test_a_sketch_or_picture_that_is_gone_is_left_out(write: Writer, tmp_path: Path) -> None:
    row = write.row("a")
    (tmp_path / "out" / "a.svg").write_text("edited into something else")
    (entry,) = data_of(write(row))["entries"]
    assert "strokes_data" not in entry
    (tmp_path / "out" / "a.svg").unlink()
    write_report([row], {}, Out(str(tmp_path / "out")), str(tmp_path / "out" / "report.html"))
    (entry,) = data_of(tmp_path / "out" / "report.html")["entries"]
    assert entry["photo"] is None


def test_the_report_may_lie_elsewhere(write: Writer, tmp_path: Path) -> None:
    row = write.row("deep/a b")
    page = write(row, target=str(tmp_path / "far.html"))
    assert data_of(page)["entries"][0]["file"] == "out/deep/a%20b.svg"


def test_what_is_too_much_for_a_page_goes_onto_others(
    write: Writer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [failure(f"{number:04}") for number in range(100)]
    monkeypatch.setattr(report, "PAGE_BYTES", 5000)
    page = write(*rows)
    others = sorted(
        (tmp_path / "out").glob("report-*.html"), key=lambda one: int(one.stem.split("-")[1])
    )
    pages = [data_of(one) for one in (page, *others)]
    assert len(pages) > 2
    assert pages[1]["pages"][:3] == ["report.html", "report-2.html", "report-3.html"]
    assert [one["page"] for one in pages] == list(range(len(pages)))
    shown = {entry["path"] for one in pages for entry in one["entries"]}
    assert shown == {row.path for row in rows}
    template = page.stat().st_size - len(json.dumps(data_of(page)))
    assert all(one.stat().st_size < 5000 + template + 2000 for one in (page, *others))


def test_five_thousand_photographs_fit_on_a_page(tmp_path: Path) -> None:
    """Those of which there are so many are small, even where a photograph is noise."""
    rng = np.random.default_rng(0)
    shapes = rng.integers(0, 255, (12, 16, 3)).astype(np.uint8)
    photo = Image.fromarray(shapes).resize((1600, 1200), Image.Resampling.BICUBIC)
    photo.save(tmp_path / "photo.jpg")
    strokes = [len(one[3]) for one in report._strokes(result_of(16), 1.0)]
    small = report._thumbnail(str(tmp_path / "photo.jpg"), MANY)
    assert small is not None
    assert len(small) + sum(strokes) + 300 < report.PAGE_BYTES / 5000


def test_an_empty_batch_has_a_page_too(write: Writer) -> None:
    assert data_of(write())["entries"] == []


@pytest.mark.parametrize("name", ["report", "report.pdf", "OUT/"])
def test_a_report_is_a_page(name: str) -> None:
    with pytest.raises(UserError, match="a report is a page for browsers"):
        check_report(name)


# In a browser


@pytest.fixture
def page(write: Writer) -> Iterator[Any]:
    """A report of five pictures in a browser."""
    row = write.row
    path = write(
        row("ant", loss=1.2, seconds=9.0, strokes=4),
        row("bee", loss=0.8, seconds=30.0, strokes=16),
        failure("cow"),
        row("dog", loss=1.6, seconds=2.5, strokes=8),
        row("eel", loss=1.0, seconds=5.0, strokes=16),
    )
    with looking(path.as_uri(), viewport={"width": 1000, "height": 800}) as shown:
        yield shown


def names(page: Any) -> list[str]:
    return list(page.locator("#cards .name").all_inner_texts())


def test_a_browser_shows_all_failures_first(page: Any) -> None:
    assert names(page) == ["cow", "ant", "bee", "dog", "eel"]
    assert page.locator("#count").inner_text() == "5 of 5 shown"
    assert page.locator(".card.failed .facts").inner_text() == "cow is <b>damaged</b>"
    loaded = "image => image.decode().then(() => image.naturalWidth)"
    assert page.locator("#cards img").first.evaluate(loaded) == 160
    assert page.locator("#cards svg path").count() == 4 + 16 + 8 + 16


@pytest.mark.parametrize(
    ("by", "rising"),
    [
        ("name", ["ant", "bee", "cow", "dog", "eel"]),
        ("loss", ["bee", "eel", "ant", "dog", "cow"]),
        ("seconds", ["dog", "eel", "ant", "bee", "cow"]),
        ("strokes", ["ant", "dog", "bee", "eel", "cow"]),
    ],
)
def test_a_browser_sorts(page: Any, by: str, rising: list[str]) -> None:
    page.select_option("#sort", by)
    assert names(page) == rising
    page.check("#down")
    falling = names(page)
    if by == "name":
        assert falling == rising[::-1]
    else:
        assert falling[-1] == "cow"  # what has no such number is last
        assert falling[0] in rising[2:4]


def test_a_browser_filters(page: Any) -> None:
    page.fill("#name", "E")
    assert names(page) == ["bee", "eel"]
    page.fill("#loss-to", "0.9")
    assert names(page) == ["bee"]
    page.click("button[type=reset]")
    # not by a function that is told as text: the page's policy lets none be evaluated
    page.locator("#count", has_text="5 of 5").wait_for()
    page.select_option("#status", "failed")
    assert names(page) == ["cow"]
    page.select_option("#status", "")
    page.fill("#seconds-from", "5")
    page.fill("#strokes-from", "16")
    assert names(page) == ["bee", "eel"]
    page.fill("#name", "nothing has this name")
    assert page.locator("#count").inner_text() == "0 of 5 shown"


def test_a_click_enlarges(page: Any) -> None:
    small = page.locator("#cards svg").first.bounding_box()
    page.click("text=ant")
    dialog = page.locator("dialog")
    assert dialog.is_visible()
    assert dialog.locator(".name").inner_text() == "ant"
    assert dialog.locator("#file").get_attribute("href") == "ant.svg"
    assert dialog.locator("svg").bounding_box()["width"] > 2 * small["width"]
    page.click("text=Close")
    assert not dialog.is_visible()


def test_the_keyboard_is_enough(page: Any) -> None:
    page.locator("#cards button").first.focus()
    page.keyboard.press("Enter")
    dialog = page.locator("dialog")
    assert dialog.locator(".name").inner_text() == "cow"
    assert page.locator("#before").is_disabled()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert dialog.locator(".name").inner_text() == "bee"
    page.keyboard.press("ArrowLeft")
    assert dialog.locator(".name").inner_text() == "ant"
    page.keyboard.press("Escape")
    assert not dialog.is_visible()
    focused = page.evaluate("document.activeElement.querySelector('.name').textContent")
    assert focused == "ant"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_is_read_by_day_and_by_night(write: Writer, scheme: str) -> None:
    path = write(write.row("a"), failure("b"))
    with looking(path.as_uri(), color_scheme=scheme) as page:
        for part in ("h1", "#count", "#cards .name", ".failed .facts"):
            ink, paper = page.locator(part).first.evaluate(COLORS)
            assert contrast(ink, paper) >= 4.5, part  # WCAG 2.2, AA


COLORS = """part => {
  const paper = one => getComputedStyle(one).backgroundColor;
  let behind = part;
  while (paper(behind) === "rgba(0, 0, 0, 0)") behind = behind.parentElement;
  return [getComputedStyle(part).color, paper(behind)];
}"""


def contrast(one: str, other: str) -> float:
    """Of two colours as browsers write them (WCAG 2.2)."""
    light = sorted(_luminance(color) + 0.05 for color in (one, other))
    return light[1] / light[0]


def _luminance(color: str) -> float:
    parts = np.array([float(part) for part in re.findall(r"[\d.]+", color)[:3]]) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def test_a_phone_needs_no_scrolling_sideways(write: Writer) -> None:
    path = write(write.row("a" * 200), failure("b"))
    phone = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}
    with looking(path.as_uri(), **phone) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.locator("#cards button").nth(1).tap()
        box = page.locator("dialog").bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360


def test_five_thousand_cards_come_as_one_scrolls(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    failures = [failure(f"{number:04}") for number in range(5000)]
    write_report(failures, {}, Out(str(tmp_path)), str(path))
    with looking(path.as_uri()) as page:
        before = page.locator("#cards li").count()
        assert before < 500
        assert page.locator("#count").inner_text() == "5000 of 5000 shown"
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        page.locator("#cards li").nth(before).wait_for(state="attached")
        page.fill("#name", "4999")
        assert names(page) == ["4999"]
