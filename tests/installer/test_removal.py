"""Uninstalling leaves nothing of ours and everything of the person's."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from support.installer import FakeMachine, files, last_line


def test_uninstalling_leaves_nothing(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str]
) -> None:
    target = machine.add_inkscape()
    before = {path for path in machine.person.rglob("*") if path.is_file()}
    machine.do()
    (target / "clipasso_ext" / "__pycache__").mkdir()
    (target / "clipasso_ext" / "__pycache__" / "layer.pyc").touch()
    for name in ("models", "logs", "run"):
        (machine.home / name).mkdir()
        (machine.home / name / "file").touch()
    assert machine.do("uninstall", "--yes") == 0
    assert machine.count("engine stop") == 1
    assert not target.exists()
    assert not machine.home.exists()
    assert {path for path in machine.person.rglob("*") if path.is_file()} == before
    assert last_line(capfd) == "CLIPasso is uninstalled."
    assert machine.do("uninstall") == 0
    assert "Nothing is installed" in last_line(capfd)


def test_what_a_link_points_to_is_not_touched(
    machine: FakeMachine, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    target = machine.add_inkscape()
    machine.do()
    checkout = tmp_path / "cloned"
    target.rename(checkout)  # someone develops there, and shows it to Inkscape
    target.symlink_to(checkout)
    before = files(checkout)
    machine.do("demo")
    assert machine.do("uninstall", "--yes") == 0
    assert files(checkout) == before
    assert f"Kept {target} (a link that you made)" in capfd.readouterr().out


def test_uninstalling_keeps_and_names_what_the_person_changed_or_added(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str]
) -> None:
    target = machine.add_inkscape()
    machine.do()
    (target / "clipasso_sketch.inx").write_text("mine")
    (target / "notes.txt").write_text("mine")
    (target.parent / "other.inx").write_text("someone else's")
    capfd.readouterr()
    assert machine.do("uninstall", "--yes") == 0
    assert sorted(files(target.parent)) == [
        "clipasso/clipasso_sketch.inx",
        "clipasso/notes.txt",
        "other.inx",
    ]
    out = capfd.readouterr().out
    assert f"Kept {target / 'clipasso_sketch.inx'}" in out
    assert f"Kept {target / 'notes.txt'}" in out


def test_weights_outside_of_the_home_are_never_deleted(
    machine: FakeMachine, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    weights = tmp_path / "weights"
    weights.mkdir()
    (weights / "clip.bin").touch()
    machine.do("--models", str(weights))
    assert machine.do("uninstall", "--yes") == 0
    assert (weights / "clip.bin").exists()
    assert f"Kept {weights}" in capfd.readouterr().out


def test_weights_in_the_home_stay_when_asked_for(machine: FakeMachine) -> None:
    machine.do()
    (machine.home / "models").mkdir()
    (machine.home / "models" / "clip.bin").touch()
    assert machine.do("uninstall", "--yes", "--keep-models") == 0
    assert list(files(machine.home)) == ["models/clip.bin"]
    assert machine.do() == 0  # a home with weights is still a home


def test_a_folder_that_holds_nothing_of_ours_is_not_touched(machine: FakeMachine) -> None:
    for name in ("bin", "models", "logs", "engines"):
        (machine.person / name).mkdir()
        (machine.person / name / "mine").touch()
    before = files(machine.person)
    assert machine.do("uninstall", "--yes", "--home", str(machine.person)) == 0
    assert files(machine.person) == before


def test_what_a_person_put_into_the_home_stays(machine: FakeMachine) -> None:
    machine.do()
    (machine.home / "bin" / "mine").touch()
    (machine.home / "letter.txt").touch()
    assert machine.do("uninstall", "--yes") == 0
    assert sorted(files(machine.home)) == ["bin/mine", "letter.txt"]


def test_an_extension_that_another_home_took_over_stays(
    machine: FakeMachine, tmp_path: Path
) -> None:
    target = machine.add_inkscape()
    machine.do()
    other = tmp_path / "other"
    machine.do("--home", str(other))
    before = files(target)
    assert machine.do("uninstall", "--yes") == 0
    assert files(target) == before
    assert machine.do("uninstall", "--yes", "--home", str(other)) == 0
    assert not target.exists()


def test_sketches_that_were_not_inserted_yet_stay(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str]
) -> None:
    machine.do()
    job = machine.home / "jobs" / "1"
    job.mkdir(parents=True)
    (job / "outcome.json").touch()
    assert machine.do("uninstall", "--yes") == 0
    assert (job / "outcome.json").exists()
    assert "not inserted yet" in capfd.readouterr().out
    (job / "inserted").touch()
    machine.do()
    machine.do("uninstall", "--yes")
    assert not machine.home.exists()


def test_a_half_made_engine_can_be_uninstalled(machine: FakeMachine) -> None:
    machine.interrupting = "setuptools>="
    assert machine.do() == 130
    assert machine.do("uninstall", "--yes") == 0
    assert not machine.home.exists()


def test_what_can_not_be_removed_is_told_and_tried_again(
    machine: FakeMachine, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    machine.do()
    with monkeypatch.context() as context:
        # Windows does not remove what is in use
        context.setattr(shutil, "rmtree", lambda *_, **__: None)
        assert machine.do("uninstall", "--yes") == 2
    out = capfd.readouterr().out
    assert f"Kept {machine.home / 'engines'}" in out
    assert "run this again" in out
    assert machine.do("uninstall", "--yes") == 0
    assert not machine.home.exists()
