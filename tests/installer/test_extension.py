"""The extension's files in Inkscape's folder: theirs stay theirs, ours follow the checkout."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from support.installer import FakeMachine, files


def test_only_what_belongs_is_copied_and_the_manifest_holds_it(machine: FakeMachine) -> None:
    junk = machine.checkout.extension / "clipasso_ext" / "__pycache__"
    junk.mkdir()
    (junk / "layer.pyc").touch()
    target = machine.add_inkscape()
    assert machine.do() == 0
    copied = files(target)
    others = {name for name in copied if not name.endswith((".py", ".inx", ".mo"))}
    assert others == {"engine.json"}
    for name in copied.keys() - {"engine.json"}:
        assert copied[name] == (machine.checkout.extension / name).read_bytes()
    (checksums,) = json.loads((machine.home / "installed.json").read_text()).values()
    assert checksums.keys() == copied.keys()


def test_an_upgrade_removes_what_the_new_version_lacks(machine: FakeMachine) -> None:
    gone = machine.checkout.extension / "clipasso_gone.inx"
    gone.write_text("old")
    target = machine.add_inkscape()
    machine.do()
    assert (target / gone.name).exists()
    gone.unlink()
    machine.do()
    assert not (target / gone.name).exists()


def test_every_language_is_laid_down(machine: FakeMachine) -> None:
    name = "locale/xx/LC_MESSAGES/clipasso.mo"
    words = machine.checkout.extension / name
    words.parent.mkdir(parents=True)
    words.write_bytes(b"words")
    target = machine.add_inkscape()
    machine.do()
    assert (target / name).read_bytes() == b"words"
    assert list(target.rglob("*.po")) == []


def test_folders_in_folders_come_and_go_with_the_checkout(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str]
) -> None:
    deep = machine.checkout.extension / "clipasso_ext" / "a" / "b" / "c"
    deep.mkdir(parents=True)
    (deep / "deep.py").write_text("deep = True")
    target = machine.add_inkscape()
    machine.do()
    copy = target / "clipasso_ext" / "a" / "b" / "c" / "deep.py"
    assert copy.read_text() == "deep = True"
    assert machine.do("doctor") == 0
    copy.write_text("mine")
    machine.do("doctor")
    assert "were changed: clipasso_ext/a/b/c/deep.py" in capfd.readouterr().out
    machine.do()
    assert copy.with_name("deep.py.yours").read_text() == "mine"
    copy.with_name("deep.py.yours").unlink()
    shutil.rmtree(deep.parents[1])
    machine.do()
    assert not (target / "clipasso_ext" / "a").exists()


def test_folders_in_folders_are_uninstalled(machine: FakeMachine) -> None:
    deep = machine.checkout.extension / "clipasso_ext" / "a" / "b" / "c"
    deep.mkdir(parents=True)
    (deep / "deep.py").write_text("deep = True")
    target = machine.add_inkscape()
    machine.do()
    cache = target / "clipasso_ext" / "a" / "b" / "c" / "__pycache__"
    cache.mkdir()
    (cache / "deep.pyc").touch()
    assert machine.do("uninstall", "--yes") == 0
    assert not target.exists()


def test_an_upgrade_over_a_version_without_manifest_leaves_none_of_its_code(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str]
) -> None:
    target = machine.add_inkscape()
    target.mkdir(parents=True)
    (target / "clipasso_old.inx").write_text("<id>org.clipasso.old</id>")
    (target.parent / "clipasso_sketch.inx").write_text("<id>org.clipasso.sketch</id>")
    (target.parent / "other.inx").write_text("<id>org.other</id>")
    assert machine.do() == 0
    assert not (target / "clipasso_old.inx").exists()
    assert sorted(path.name for path in target.parent.iterdir()) == ["clipasso", "other.inx"]
    assert "Removed" in capfd.readouterr().out


def test_another_copy_in_a_folder_of_the_persons_is_told_and_left(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str]
) -> None:
    target = machine.add_inkscape()
    copy = target.parent / "CLIPasso-main" / "inkscape_ext" / "clipasso_sketch.inx"
    copy.parent.mkdir(parents=True)
    copy.write_text("<id>org.clipasso.sketch</id>")
    assert machine.do() == 0
    assert copy.exists()
    assert f"Another copy of the extension is in {copy.parent}" in capfd.readouterr().out


def test_what_the_person_changed_or_added_outlives_every_upgrade(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str]
) -> None:
    target = machine.add_inkscape()
    machine.do()
    (target / "clipasso_sketch.inx").write_text("mine")
    for name in ("notes.txt", "my.inx"):
        (target / name).write_text("mine too")
    for _ in range(3):
        assert machine.do() == 0
    assert (target / "clipasso_sketch.inx.yours").read_text() == "mine"
    for name in ("notes.txt", "my.inx"):
        assert (target / name).read_text() == "mine too"
    assert (target / "clipasso_sketch.inx").read_bytes() == (
        machine.checkout.extension / "clipasso_sketch.inx"
    ).read_bytes()
    assert capfd.readouterr().out.count("You had changed") == 1


@pytest.mark.parametrize(
    "moment", [1, 2], ids=["before the old one is back", "before the new one is in place"]
)
def test_an_interruption_while_swapping_leaves_one_extension(
    machine: FakeMachine, monkeypatch: pytest.MonkeyPatch, moment: int
) -> None:
    target = machine.add_inkscape()
    machine.do()
    (target / "notes.txt").write_text("mine")
    before = files(target)
    real = os.replace
    calls = []

    def replace(source: Any, place: Any) -> None:
        if Path(source).name.startswith("clipasso") and Path(source).parent == target.parent:
            calls.append(source)
            if len(calls) == moment:
                raise KeyboardInterrupt
        real(source, place)

    with monkeypatch.context() as context:
        context.setattr(os, "replace", replace)
        assert machine.do() == 130
    assert files(target) == before
    assert [path.name for path in target.parent.iterdir()] == ["clipasso"]
    assert machine.do() == 0
    assert (target / "notes.txt").exists()


def test_copies_that_a_killed_run_left_are_cleared_away(machine: FakeMachine) -> None:
    target = machine.add_inkscape()
    machine.do()
    (target / "notes.txt").write_text("mine")
    os.replace(target, target.with_name("clipasso.old"))  # killed between two renames
    shutil.copytree(target.with_name("clipasso.old"), target.with_name("clipasso.new"))
    assert machine.do() == 0
    assert [path.name for path in target.parent.iterdir()] == ["clipasso"]
    assert (target / "notes.txt").exists()


def test_an_extension_that_is_in_use_on_windows_is_left_and_told(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    target = machine.add_inkscape()
    assert machine.do() == 0
    before = files(target)
    (machine.checkout.extension / "clipasso_new.inx").write_text("new")
    real = os.replace

    def refuse(source: Any, place: Any) -> None:
        if Path(source) == target:
            raise PermissionError(13, "Access is denied")
        real(source, place)

    machine.system = "win32"
    machine.variables["CLIPASSO_HOME"] = str(machine.home)
    monkeypatch.setattr(os, "replace", refuse)
    capfd.readouterr()
    assert machine.do() == 2
    assert "is in use: close Inkscape" in capfd.readouterr().out
    after = files(target)  # the pointer follows the engine all the same
    assert {**after, "engine.json": before["engine.json"]} == before
    assert [path.name for path in target.parent.iterdir()] == ["clipasso"]
