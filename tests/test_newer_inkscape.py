"""The root of a newer Inkscape is made whole or not at all, and what stands in the way is told."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import newer_inkscape
import pytest
from newer_inkscape import NOTE, RECIPE, WANTED, Problem, make


class Builder:
    """In the place of mmdebstrap, and of an Inkscape in the root.

    status: of mmdebstrap. version: what Inkscape says.
    """

    def __init__(self) -> None:
        self.status = 0
        self.version = f"{WANTED} (a build)"
        self.made: list[Path] = []

    def run(self, command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        said = ""
        if command[0] == "mmdebstrap":
            self.made.append(Path(command[-1]))
            (self.made[-1] / "etc").mkdir(parents=True)
            return subprocess.CompletedProcess(command, self.status, said)
        if command[0] == "rm":
            shutil.rmtree(command[-1], ignore_errors=True)
        elif command[-2:] == ["inkscape", "--version"]:
            said = self.version
        return subprocess.CompletedProcess(command, 0, said)


@pytest.fixture
def builder(monkeypatch: pytest.MonkeyPatch) -> Builder:
    own = Builder()
    monkeypatch.setattr("subprocess.run", own.run)
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("shutil.which", lambda name: name)
    return own


def test_a_root_is_made_once(builder: Builder, tmp_path: Path) -> None:
    folder = tmp_path / "cache" / "root"
    make(folder)
    make(folder)
    assert builder.made == [tmp_path / "cache" / "root.new"]
    assert (folder / NOTE).read_text() == RECIPE
    assert [path.name for path in folder.parent.iterdir()] == ["root"]


def test_a_root_of_another_recipe_is_made_anew(builder: Builder, tmp_path: Path) -> None:
    folder = tmp_path / "root"
    make(folder)
    (folder / NOTE).write_text("older")
    make(folder)
    assert len(builder.made) == 2
    assert (folder / NOTE).read_text() == RECIPE


@pytest.mark.parametrize(
    ("status", "version", "said"),
    [(1, f"{WANTED} (a build)", "mirror"), (0, "Inkscape 1.2.2", "1.2.2"), (0, "", "no Inkscape")],
)
def test_one_that_fails_leaves_what_was_there(
    status: int, version: str, said: str, builder: Builder, tmp_path: Path
) -> None:
    folder = tmp_path / "root"
    make(folder)
    (folder / NOTE).write_text("older")
    builder.status, builder.version = status, version
    with pytest.raises(Problem, match=said):
        make(folder)
    assert (folder / NOTE).read_text() == "older"


def test_what_is_somebody_elses_stays(builder: Builder, tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    with pytest.raises(Problem, match="something else"):
        make(tmp_path)
    assert builder.made == []
    assert (tmp_path / "mine").exists()


def test_who_can_not_make_one_is_told(
    builder: Builder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.argv", ["newer_inkscape.py", str(tmp_path / "root")])
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert newer_inkscape.main() == 2
    assert capsys.readouterr().err.endswith("apt install mmdebstrap\n")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert newer_inkscape.main() == 2
    assert "sudo" in capsys.readouterr().err
    assert builder.made == []
