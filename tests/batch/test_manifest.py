"""The manifest loses nothing that was written, whatever happened to its last line."""

from __future__ import annotations

import errno
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from clipasso_core.batch import manifest as module
from clipasso_core.batch.manifest import MANIFEST, PARTS, Manifest
from clipasso_core.batch.place import Out
from clipasso_core.batch.row import DONE, Row, failed_row, read_row
from clipasso_core.errors import UserError


def row(path: str, **more: str) -> Row:
    facts = {"output": f"{path}.svg", "sha256": "0", "stamp": "1 2", "fingerprint": "f"}
    return Row(path=path, status=DONE, **{**facts, **more})  # type: ignore[arg-type]


@pytest.fixture(params=["folder", "memory"])
def out(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Out]:
    """A folder, and a store that is asked for every line."""
    monkeypatch.setattr(module, "REST", 0)
    if request.param == "folder":
        yield Out(str(tmp_path))
        return
    yield Out("memory://sketches")
    memory = fsspec.filesystem("memory")
    if memory.exists("sketches"):
        memory.rm("sketches", recursive=True)


def reopened(out: Out) -> Manifest:
    return Manifest(out, out.names())


def text_of(out: Out) -> list[str]:
    """The paths of the manifest's lines."""
    lines = (out.read(MANIFEST) or b"").splitlines()
    return [json.loads(line)["path"] for line in lines]


def test_what_was_added_is_there_after_a_kill(out: Out) -> None:
    manifest = reopened(out)
    manifest.add([row("b")])
    manifest.add([row("a"), failed_row("c", "c.svg", UserError("bad-photo", "bad"), "f")])
    again = reopened(out)
    assert list(again.rows) == ["b", "a", "c"]
    assert again.rows == manifest.rows
    assert (again.rows["c"].code, again.rows["c"].message) == ("bad-photo", "bad")


def test_a_settled_manifest_has_each_picture_once_in_order(out: Out) -> None:
    manifest = reopened(out)
    for one in (row("b"), row("a"), row("b", sha256="1")):
        manifest.add([one])
    reopened(out).settle()
    assert text_of(out) == ["a", "b"]
    assert reopened(out).rows["b"].sha256 == "1"
    assert not any(name.startswith(PARTS) for name in out.names())


def test_lines_after_a_settled_manifest_are_added_to_it(out: Out) -> None:
    manifest = reopened(out)
    manifest.add([row("b")])
    manifest.settle()
    manifest.add([row("a")])
    assert set(reopened(out).rows) == {"a", "b"}
    manifest.settle()
    assert text_of(out) == ["a", "b"]


def test_a_slow_store_is_not_asked_for_every_line(monkeypatch: pytest.MonkeyPatch) -> None:
    out, clock, written = Out("memory://slow"), [0.0], []

    def write(_: Out, name: str, data: bytes, force: bool = False) -> None:
        clock[0] += 0.05
        written.append((name, data.count(b"\n")))

    monkeypatch.setattr(Out, "write", write)
    monkeypatch.setattr(Out, "remove", lambda out, name: None)
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    manifest = Manifest(out, set())
    for number in range(100):  # a line each 20 ms, for two seconds
        manifest.add([row(f"{number:03}")])
        clock[0] += 0.02
    manifest.settle()
    *parts, whole = written
    assert whole == (MANIFEST, 100)
    assert 3 <= len(parts) <= 6
    assert parts[0][1] == 1  # the first one does not wait
    assert sum(count for _, count in parts) > 70


@pytest.mark.parametrize("left", range(1, 40, 7))
def test_a_line_that_was_cut_costs_that_line_alone(tmp_path: Path, left: int) -> None:
    out = Out(str(tmp_path))
    manifest = reopened(out)
    manifest.add([row("a"), row("b")])
    path = tmp_path / MANIFEST
    path.write_bytes(path.read_bytes()[:-left])
    again = reopened(out)
    # only the line's end is missing: it is whole
    assert set(again.rows) == ({"a", "b"} if left == 1 else {"a"})
    assert again.cut == (left > 1)
    again.settle()
    again.add([row("c")])
    assert set(reopened(out).rows) == {*again.rows}
    assert reopened(out).cut == 0


@pytest.mark.parametrize(
    "line", [b"{}", b"[1]", b"nonsense", b'{"path": 1}', b"\xff", b"[" * 100_000, b"null"]
)
def test_what_is_no_row_is_none(line: bytes) -> None:
    assert read_row(line) is None


def test_a_row_of_a_newer_version_is_read() -> None:
    line = json.loads(row("a").to_line())
    assert read_row(json.dumps({**line, "beauty": 3}).encode()) == row("a")


def test_names_of_any_bytes_come_back(tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff\n\"'.jpg")
    out = Out(str(tmp_path))
    reopened(out).add([row(name)])
    assert list(reopened(out).rows) == [name]
    assert len((tmp_path / MANIFEST).read_bytes().splitlines()) == 1


def test_a_full_disk_leaves_the_lines_that_were_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = Out(str(tmp_path))
    manifest = reopened(out)
    manifest.add([row("a")])
    before = (tmp_path / MANIFEST).read_bytes()
    write, calls = os.write, []

    def write_half(file: int, data: bytes) -> int:
        calls.append(data)
        if len(calls) > 1:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(file, data[:20])

    monkeypatch.setattr(os, "write", write_half)
    with pytest.raises(UserError, match="free some room"):
        manifest.add([row("b")])
    assert len(calls) == 2
    assert (tmp_path / MANIFEST).read_bytes() == before
