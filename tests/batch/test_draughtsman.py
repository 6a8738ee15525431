"""Whatever a picture is, its row says what became of it; its sketch is what `sketch` draws."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fsspec
import pytest

from clipasso_core import SketchRequest, from_svg, sketch, to_svg
from clipasso_core.batch.draughtsman import Draughtsman, KeptGuides, LostError
from clipasso_core.batch.pictures import Photo
from clipasso_core.batch.place import Out
from clipasso_core.batch.settings import Settings
from clipasso_core.errors import Cancelled, UserError
from clipasso_core.sketching.job import SketchJob

BRIEF = SketchRequest(strokes=3, steps=2, guide="lite", device="cpu", preset="draft", mask="none")


def draughtsman(out: Path | str, **more: Any) -> Draughtsman:
    return Draughtsman(Settings(BRIEF), Out(str(out)), **more)


def photo_at(place: Path | str) -> Photo:
    return Photo("photo.jpg", str(place), "photo.svg")


def say_nothing(event: dict[str, Any]) -> None:
    return


def fail_with(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Let every sketch end so."""

    def run(*_: object) -> None:
        raise error

    monkeypatch.setattr(SketchJob, "run", run)


def test_a_sketch_is_what_sketch_draws_and_its_row_tells_of_it(photo: Path, tmp_path: Path) -> None:
    events: list[dict[str, Any]] = []
    row = draughtsman(tmp_path, wants_result=True).draw(photo_at(photo), events.append)
    alone = sketch(photo, BRIEF)
    assert (tmp_path / "photo.svg").read_bytes() == to_svg(alone)
    assert [one["event"] for one in events] == ["started", "progress", "progress", "result"]
    assert events[-1]["sketch"] == alone.to_json()
    assert row.is_done
    assert row.loss == pytest.approx(alone.loss, abs=1e-6)
    assert (row.faces, row.subjects, row.strokes) == (0, 0, 3)
    assert (row.guide, row.preset, row.device, row.mask) == ("lite", "draft", "cpu", "none")
    assert 0 < row.seconds < 600


def test_an_animated_batch_has_animated_sketches(photo: Path, tmp_path: Path) -> None:
    animated = Draughtsman(Settings(BRIEF, animation_s=2.0), Out(str(tmp_path)))
    animated.draw(photo_at(photo), say_nothing)
    assert b"@keyframes" in (tmp_path / "photo.svg").read_bytes()


def test_guides_are_loaded_once(photo: Path, tmp_path: Path) -> None:
    kept = KeptGuides()
    drawing = draughtsman(tmp_path, resources=kept)
    drawing.prepare()
    guide = kept.guide("lite", "cpu", "auto", False)
    drawing.draw(photo_at(photo), say_nothing)
    assert kept.guide("lite", "cpu", "auto", False) is guide
    drawing.prepare(threads=1)
    assert kept.guide("lite", "cpu", "auto", False) is not guide


@pytest.mark.parametrize(
    ("fault", "code"), [("missing", "no-photo"), ("text", "bad-photo"), ("bomb", "bad-photo")]
)
def test_a_bad_picture_is_a_row(
    bad_photo: Callable[[str], Path], tmp_path: Path, fault: str, code: str
) -> None:
    row = draughtsman(tmp_path).draw(photo_at(bad_photo(fault)), say_nothing)
    assert (row.status, row.code) == ("failed", code)
    assert row.message
    assert not (tmp_path / "photo.svg").exists()
    assert bool(row.sha256) == (fault != "missing")


def test_a_bug_is_a_row_and_in_the_log(
    photo: Path, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for error in (RuntimeError("oops"), BrokenPipeError()):
        fail_with(monkeypatch, error)
        row = draughtsman(tmp_path).draw(photo_at(photo), say_nothing)
        assert row.code == "bug"
        assert type(error).__name__ in (row.message or "")
    assert "oops" in (home / "logs" / "clipasso.log").read_text()


def test_who_is_told_may_call_it_off(photo: Path, tmp_path: Path) -> None:
    def refuse(event: dict[str, Any]) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        draughtsman(tmp_path).draw(photo_at(photo), refuse)
    assert not (tmp_path / "photo.svg").exists()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
def test_a_disk_that_takes_no_more_ends_all(
    photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def fsync(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(LostError, match="free some room"):
        draughtsman(tmp_path).draw(photo_at(photo), say_nothing)
    assert list(tmp_path.glob("*.svg")) == []


def test_a_place_that_takes_one_sketch_not_is_a_row(photo: Path, tmp_path: Path) -> None:
    (tmp_path / "photo.svg").mkdir()
    row = draughtsman(tmp_path).draw(photo_at(photo), say_nothing)
    assert (row.code, row.status) == ("cannot-write", "failed")


def test_a_store_holds_pictures_and_sketches(photo: Path, tmp_path: Path) -> None:
    memory = fsspec.filesystem("memory")
    memory.pipe_file("/in/photo.jpg", photo.read_bytes())
    here = f"file://{tmp_path}/sketches"
    for out in ("memory://sketches", here):
        row = draughtsman(out).draw(photo_at("memory://in/photo.jpg"), say_nothing)
        assert row.is_done
        sketched = from_svg(Out(out).read("photo.svg") or b"")
        assert len(sketched.strokes) == 3
        assert Out(out).names() == {"photo.svg"}
    row = draughtsman(here).draw(photo_at("memory://in/lost.jpg"), say_nothing)
    assert (row.code, row.status) == ("no-photo", "failed")
    for folder in ("in", "sketches"):
        memory.rm(folder, recursive=True)


def test_a_store_that_refuses_ends_all(
    photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = fsspec.filesystem("memory")

    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("no credentials")

    monkeypatch.setattr(type(memory), "pipe_file", refuse)
    with pytest.raises(LostError, match="no credentials"):
        draughtsman("memory://closed").draw(photo_at(photo), say_nothing)


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (SketchRequest(guide="clip:RN50:openai"), "no-weights"),
        (SketchRequest(guide="lite", text="a cat"), "no-text"),
        (SketchRequest(guide="lite", rasteriser="diffvg"), "no-diffvg"),
    ],
)
def test_what_no_picture_could_be_drawn_with_is_told_before_the_first(
    tmp_path: Path, request_: SketchRequest, code: str
) -> None:
    with pytest.raises(UserError) as refused:
        Draughtsman(Settings(request_), Out(str(tmp_path))).prepare()
    assert refused.value.code == code
