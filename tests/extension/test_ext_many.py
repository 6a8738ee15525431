"""Sketch Many: a folder is sketched by a process of its own, and it is told how far that is."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any, List

import pytest
from clipasso_ext.engine import many
from clipasso_ext.engine.many import Many, all_many
from clipasso_ext.problem import Problem

from entries import OTHER_ENTRIES

ENGINE = """
import json, sys
words = sys.argv[2:]
with open(sys.argv[1], "a") as log:
    log.write(json.dumps(words) + "\\n")
if "--dry-run" in words:
    if "none" in words:
        print(json.dumps({"event": "error", "message": "there is no picture: name another"}))
        sys.exit(2)
    print(json.dumps({"event": "would-draw", "picture": "a"}))
    counts = {"to_draw": 2, "done_before": 1, "failed_before": 0}
    print(json.dumps({"event": "planned", **counts}))
"""


@pytest.fixture
def asked(tmp_path: Path, pointer: Any) -> Any:
    """What a stand-in for the engine was asked, line by line; waits until there are so many."""
    script, log = tmp_path / "engine.py", tmp_path / "asked"
    script.write_text(ENGINE)
    pointer(sys.executable, str(script), str(log))

    def lines(count: int) -> List[List[str]]:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            found = log.read_text().splitlines() if log.exists() else []
            if len(found) >= count:
                return [json.loads(line) for line in found]
            time.sleep(0.02)  # the process is nobody's: nothing tells of it
        raise AssertionError("the engine was not asked")

    return lines


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    return folder


def row(path: str, status: str) -> str:
    return json.dumps({"path": path, "status": status}) + "\n"


def test_a_folder_is_handed_to_the_engine(run: Any, asked: Any, photos: Path, home: Path) -> None:
    run("many", "", "--folder=%s" % photos, "--strokes=8", "--recursive=true")
    dry, real = asked(2)
    sketches = "%s-sketches" % photos
    options = ["--strokes", "8", "--preset", "auto", "--mask", "auto", "--recursive"]
    assert dry == ["batch", str(photos), "-o", sketches, *options, "--dry-run", "--json"]
    assert real == [*dry[:-2], "--quiet"]
    (kept,) = (home / "batches").iterdir()
    told = {"folder": str(photos), "sketches": sketches, "pictures": 3}
    assert json.loads(kept.read_text()) == told


def test_what_the_engine_refuses_is_told_and_nothing_started(
    asked: Any, photos: Path, home: Path
) -> None:
    from clipasso_ext.host import find_host

    with pytest.raises(Problem, match="There is no picture: name another"):
        many.start(find_host(), str(photos), "out", ["--mask", "none"])
    assert len(asked(1)) == 1
    assert not (home / "batches").exists()


@pytest.mark.parametrize("folder", ["", "lost"])
def test_no_folder_is_told(run: Any, asked: Any, folder: str, tmp_path: Path) -> None:
    effect: Any = OTHER_ENTRIES["many"]()
    effect.parse_arguments(["--folder=%s" % folder])
    with pytest.raises(Problem, match="Choose a folder"):
        effect.act(None)
    assert not (tmp_path / "asked").exists()


def test_how_far_it_is_is_read_from_the_manifest(tmp_path: Path) -> None:
    one = Many({"folder": "in", "sketches": str(tmp_path), "pictures": 3})
    start = "Sketch Many, into %s: " % tmp_path
    stopped = " It was stopped: Sketch Many with the same folders goes on."
    assert one.line == start + "0 of 3 drawn." + stopped
    manifest = tmp_path / many.MANIFEST
    manifest.write_text(row("a", "done") + row("b", "failed") + '{"path": "c", "sta')
    assert one.line == start + "1 of 3 drawn. 1 failed." + stopped
    manifest.write_text(row("b", "failed") + row("a", "done") + row("b", "done") + row("c", "done"))
    assert one.line == start + "3 of 3 drawn."


def test_the_last_of_each_folder_is_told_and_old_ones_are_forgotten(host: Any) -> None:
    place = host.home / "batches"
    place.mkdir(parents=True)
    for name, sketches, pictures in (("1", "x", 1), ("2", "y", 2), ("3", "x", 3), ("4", "z", 4)):
        facts = {"folder": "in", "sketches": sketches, "pictures": pictures}
        (place / (name + ".json")).write_text(json.dumps(facts))
    (place / "5.json").write_text("{")
    old = time.time() - many.FORGET_S - 60
    os.utime(str(place / "4.json"), (old, old))
    assert [one.facts["pictures"] for one in all_many(host)] == [2, 3]
    assert not (place / "4.json").exists()
