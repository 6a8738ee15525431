"""Where the engine is installed, and what is whose there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.installer import CHECKOUT, HEALTHY, FakeMachine

from clipasso_core.machine import folders
from installer.home import Home, find_home
from installer.machine import Machine
from installer.options import Options


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"CLIPASSO_HOME": ""},
        {"CLIPASSO_HOME": "/somewhere/else"},
        {"CLIPASSO_HOME": "~/sketches"},
        {"XDG_DATA_HOME": ""},
        {"XDG_DATA_HOME": "/data"},
        {"XDG_DATA_HOME": "  "},
        {"XDG_DATA_HOME": "relative"},
    ],
    ids=str,
)
def test_the_engines_home_is_where_the_engine_itself_looks(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    for name in ("CLIPASSO_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert find_home(Machine(), Options()) == folders.home().absolute()


@pytest.mark.parametrize(
    ("system", "home"),
    [("win32", "AppData/Local/clipasso"), ("darwin", "Library/Application Support/clipasso")],
)
def test_the_engines_home_on_other_systems(machine: FakeMachine, system: str, home: str) -> None:
    machine.system = system
    assert find_home(machine, Options()) == machine.person / home


def test_weights_go_where_models_says_and_the_engine_looks_there(
    machine: FakeMachine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CLIPASSO_HOME", str(machine.home))
    assert folders.models() == machine.home / "models"
    assert machine.do("--models", str(tmp_path / "weights")) == 0
    assert folders.models() == tmp_path / "weights"
    assert machine.do() == 0
    assert folders.models() == tmp_path / "weights"  # as long as nobody says otherwise


@pytest.mark.parametrize(
    "damage", ["", "{", "[]", "{}", "null", '{"models": 5}', "[" * 1000, '{"models":' * 1000]
)
def test_a_damaged_config_means_the_usual_folder(home: Path, damage: str) -> None:
    home.mkdir()
    (home / "config.json").write_text(damage)
    assert folders.models() == home / "models" == Home(home, "linux").models()


NOT_UTF_8 = os.fsdecode(b"/somewhere/\xff")


@pytest.mark.parametrize("way", ["variable", "option"])
@pytest.mark.parametrize("named", ["relative", "~nobody-of-that-name/x", NOT_UTF_8], ids=ascii)
def test_a_home_that_no_file_can_name_is_one_line(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str], named: str, way: str
) -> None:
    if (named, way) == ("relative", "option"):
        pytest.skip("what is said on the command line is meant from here")
    words = ["--home", named] if way == "option" else []
    machine.variables = {} if way == "option" else {"CLIPASSO_HOME": named}
    for command in ("install", "doctor", "uninstall"):
        assert machine.do(command, *words) == 2
        out, err = capfd.readouterr()
        assert (out, err.count("\n")) == ("", 1)
        assert err.startswith("install.py: ")
        assert machine.ran == []
    machine.variables = {}
    assert machine.do() == 0


@pytest.mark.parametrize("name", ["models", "run", "logs", "engines", "bin"])
def test_a_file_in_the_place_of_a_folder_is_told_and_costs_no_engine(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    machine.do()
    folder = machine.home / name
    aside = machine.folder / "aside"
    if folder.exists():
        folder.rename(aside)
    folder.write_text("in the way")
    # as an engine that can't look into its folders
    machine.said["doctor --json"] = None
    capfd.readouterr()
    assert machine.do() == 2
    out, err = capfd.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert f"{folder} is a file where a folder must be" in err
    assert machine.count("pip") == machine.count("venv") == 0
    assert machine.do("doctor") == 2
    assert f"~/.local/share/clipasso/{name} is a file" in capfd.readouterr().out
    folder.unlink()
    if aside.exists():
        aside.rename(folder)
    machine.said["doctor --json"] = json.dumps(HEALTHY)
    assert machine.do() == 0
    assert machine.count("pip") == 0


@pytest.mark.skipif(sys.platform == "win32", reason="modes as Unix has them")
@pytest.mark.parametrize("name", ["models", "run", "logs", ""])
def test_a_folder_that_is_closed_is_told_and_costs_no_engine(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    machine.do()
    folder = machine.home / name
    folder.mkdir(exist_ok=True)
    capfd.readouterr()
    folder.chmod(0)
    try:
        if os.access(folder, os.R_OK):
            pytest.skip("nothing is closed to root")
        assert machine.do() == 2
        out, err = capfd.readouterr()
        assert (out, err.count("\n")) == ("", 1)
        assert f"{folder} is closed to you" in err
        assert machine.do("doctor") == 2
        assert machine.do("uninstall", "--yes") == 2  # what is closed can not be removed
    finally:
        if folder.exists():
            folder.chmod(0o755)
    assert machine.do() == 0


def test_a_working_folder_that_was_removed_is_one_line(tmp_path: Path) -> None:
    code = "import os, sys; os.rmdir(os.getcwd()); os.execv(sys.argv[1], sys.argv[1:])"
    for words in (["doctor"], ["--home", "here", "--yes"], ["uninstall"]):
        folder = tmp_path / "removed"
        folder.mkdir()
        script = str(CHECKOUT / "install.py")
        command = [sys.executable, "-c", code, sys.executable, script, *words]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == (
            "install.py: the folder that you are in was removed: go to another (cd), and run this"
            " again\n"
        )
