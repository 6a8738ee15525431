"""A run draws what is due and nothing else; whatever happens to one picture, the others go on."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from support.batches import (
    SETTINGS,
    AtOnce,
    QuickDraughtsman,
    fill,
    order_of,
    run_at_once,
)

from clipasso_core import SketchRequest
from clipasso_core.batch import manifest as manifests
from clipasso_core.batch.batch import LOCK, Batch, Tally, find, opened
from clipasso_core.batch.executor import Stop
from clipasso_core.batch.manifest import MANIFEST, Manifest
from clipasso_core.batch.place import Out
from clipasso_core.batch.row import Row
from clipasso_core.batch.settings import Settings
from clipasso_core.errors import UserError

OTHERWISE = Settings(SketchRequest(strokes=8))


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return fill(tmp_path / "in", "a.jpg", "b.jpg", "deep/c.jpg")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def rows_in(out: Path) -> dict[str, Row]:
    return Manifest(Out(str(out)), set()).rows


# What is due


def test_every_picture_has_a_sketch_of_its_path_and_a_line(photos: Path, out: Path) -> None:
    batch, plan, drawn = run_at_once(order_of(photos, out))
    assert drawn == ["a.jpg", "b.jpg", "deep/c.jpg"] == [one.path for one in plan.photos]
    assert set(out.rglob("*.svg")) == {
        out / "a.svg",
        out / "b.svg",
        out / "deep" / "c.svg",
    }
    assert list(rows_in(out)) == drawn
    assert batch.tally == Tally(drawn=3)


def test_a_second_run_draws_nothing(photos: Path, out: Path) -> None:
    run_at_once(order_of(photos, out))
    _, plan, drawn = run_at_once(order_of(photos, out))
    assert drawn == []
    assert plan.done == 3


def test_what_changed_appeared_or_lost_its_sketch_is_drawn(photos: Path, out: Path) -> None:
    run_at_once(order_of(photos, out))
    (photos / "a.jpg").write_text("another picture")
    (out / "b.svg").unlink()
    fill(photos, "d.jpg")
    _, plan, drawn = run_at_once(order_of(photos, out))
    assert drawn == ["a.jpg", "b.jpg", "d.jpg"]
    assert plan.done == 1


def test_a_picture_that_was_only_touched_is_not(photos: Path, out: Path) -> None:
    run_at_once(order_of(photos, out))
    os.utime(photos / "a.jpg", (1, 1))
    assert run_at_once(order_of(photos, out))[2] == []


def test_a_picture_that_is_gone_keeps_its_line_and_is_told(photos: Path, out: Path) -> None:
    run_at_once(order_of(photos, out))
    (photos / "a.jpg").unlink()
    _, plan, drawn = run_at_once(order_of(photos, out))
    assert drawn == []
    assert plan.notes == ["1 picture of the manifest not here any more, its line stays: a.jpg"]
    assert "a.jpg" in rows_in(out)


def test_failures_are_tried_again_when_asked_or_when_they_changed(photos: Path, out: Path) -> None:
    (photos / "b.jpg").write_text("bad")
    batch, _, _ = run_at_once(order_of(photos, out))
    assert batch.tally == Tally(drawn=2, failed=1)
    assert batch.tally.is_short
    assert rows_in(out)["b.jpg"].code == "bad-photo"
    _, plan, drawn = run_at_once(order_of(photos, out))
    assert (drawn, plan.failed) == ([], 1)
    assert run_at_once(order_of(photos, out, retry_failed=True))[2] == ["b.jpg"]
    (photos / "b.jpg").write_text("good")
    assert run_at_once(order_of(photos, out))[2] == ["b.jpg"]
    assert [row.status for row in rows_in(out).values()] == ["done"] * 3


def test_pictures_that_share_a_name_are_told(photos: Path, out: Path) -> None:
    fill(photos, "a.png")
    _, plan, _ = run_at_once(order_of(photos, out))
    assert plan.notes == [
        "2 pictures would share a sketch's name and keep their own: a.jpg.svg, a.png.svg"
    ]


# Other settings


def test_other_settings_are_refused_with_the_difference(photos: Path, out: Path) -> None:
    run_at_once(order_of(photos, out))
    before = (out / MANIFEST).read_bytes()
    with pytest.raises(UserError, match=r"strokes 16 then, 8 now.*--again"):
        run_at_once(order_of(photos, out, OTHERWISE))
    assert (out / MANIFEST).read_bytes() == before


def test_again_redraws_once_also_when_it_was_stopped(photos: Path, out: Path) -> None:
    run_at_once(order_of(photos, out))
    order = order_of(photos, out, OTHERWISE, again=True)
    batch = Batch(order)
    messages = batch.run(
        batch.plan(find(order)), AtOnce(QuickDraughtsman(order.settings, order.out), []), Stop()
    )
    next(messages)
    messages.close()  # as if it had been killed after the first
    assert run_at_once(replace(order, again=False))[2] == ["b.jpg", "deep/c.jpg"]
    assert run_at_once(order)[2] == []
    assert {row.fingerprint for row in rows_in(out).values()} == {OTHERWISE.fingerprint}


def test_settings_that_nobody_knows_are_refused_too(photos: Path, out: Path) -> None:
    run_at_once(order_of(photos, out))
    (out / manifests.SETTINGS).write_text("{")
    with pytest.raises(UserError, match="how is not known"):
        run_at_once(order_of(photos, out, OTHERWISE))


# Early ends


def test_so_many_failures_end_it(photos: Path, out: Path) -> None:
    for name in ("a.jpg", "b.jpg"):
        (photos / name).write_text("bad")
    batch, _, drawn = run_at_once(order_of(photos, out, max_failures=1))
    assert drawn == ["a.jpg"]
    assert batch.tally.failed == 1
    assert batch.tally.left == 2
    assert "--max-failures" in batch.tally.ended_by


def test_a_stop_leaves_the_rest(photos: Path, out: Path) -> None:
    stop = Stop()
    stop.ask()
    batch, _, drawn = run_at_once(order_of(photos, out), stop)
    assert (drawn, batch.tally.left) == ([], 3)


def test_a_full_disk_ends_it_and_the_same_command_goes_on(
    photos: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add, full = Manifest.add, UserError("cannot-write", "the disk is full: free some room")

    def add_one(manifest: Manifest, rows: list[Row]) -> None:
        if manifest.rows:
            raise full
        add(manifest, rows)

    with monkeypatch.context() as patch:
        patch.setattr(Manifest, "add", add_one)
        batch, _, _ = run_at_once(order_of(photos, out))
    assert batch.tally == Tally(drawn=1, left=2, ended_by="the disk is full: free some room")
    assert run_at_once(order_of(photos, out))[2] == ["b.jpg", "deep/c.jpg"]


def test_a_manifest_cut_in_a_line_costs_that_picture(photos: Path, out: Path) -> None:
    run_at_once(order_of(photos, out))
    text = (out / MANIFEST).read_bytes()
    (out / MANIFEST).write_bytes(text[:-30])
    _, plan, drawn = run_at_once(order_of(photos, out))
    assert drawn == ["deep/c.jpg"]
    assert plan.notes == ["1 of the manifest's lines were cut off: those pictures are drawn again"]
    assert (out / MANIFEST).read_bytes().count(b"\n") == 3


def test_two_runs_in_one_folder_do_not_meet(photos: Path, out: Path) -> None:
    order = order_of(photos, out)
    with opened(order), pytest.raises(UserError, match="another batch is at work"), opened(order):
        pass
    with opened(order):  # a lock's file that is left hinders nobody
        assert (out / LOCK).exists()


@pytest.mark.parametrize("glob", [None, "*.png"])
def test_no_picture_is_a_mistake(tmp_path: Path, glob: str | None) -> None:
    folder = fill(tmp_path / "in", "notes.md")
    order = order_of(folder, tmp_path / "out")
    order = replace(order, search=replace(order.search, glob=glob, recursive=False))
    with pytest.raises(UserError, match=r"no picture.*--recursive"):
        find(order)


def test_a_folder_that_cannot_be_made_is_a_mistake(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for out in (tmp_path / "file", tmp_path / "lost" / "out"):
        with pytest.raises(UserError, match="can't be made"), opened(order_of(photos, out)):
            pass


# Watching


def test_what_comes_while_it_watches_is_drawn_when_it_no_longer_grows(
    photos: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[Callable[[], object]] = [
        lambda: (photos / "d.jpg").write_text("half"),
        lambda: (photos / "d.jpg").write_text("half of it"),
        lambda: None,  # it stays as it is: drawn
        lambda: (photos / "a.jpg").write_text("bad"),
        lambda: None,
        lambda: None,  # a failure is not tried at every look
    ]
    drawn_at = []

    class Looks(Stop):
        def wait(self, seconds: float) -> bool:
            drawn_at.append(len(executor.drawn))
            if looks:
                looks.pop(0)()
                return False
            return True

    order = order_of(photos, out, watch=True, retry_failed=True)
    order.out.make()
    batch = Batch(order)
    executor = AtOnce(QuickDraughtsman(SETTINGS, order.out), [])
    for _ in batch.run(batch.plan(find(order)), executor, Looks()):
        pass
    assert executor.drawn == ["a.jpg", "b.jpg", "deep/c.jpg", "d.jpg", "a.jpg"]
    assert drawn_at == [3, 3, 3, 4, 4, 5, 5]
    assert batch.tally == Tally(drawn=4, failed=1)


def test_a_stop_is_heard_while_it_waits() -> None:
    stop = Stop()
    threading.Timer(0.05, stop.ask).start()
    assert stop.wait(60)
    assert stop.is_asked
