"""Where the engine is installed, and what is whose there."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.installer import FakeMachine

from clipasso_core.machine import folders
from installer.home import find_home
from installer.machine import Machine
from installer.options import Options


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"CLIPASSO_HOME": ""},
        {"CLIPASSO_HOME": "/somewhere/else"},
        {"CLIPASSO_HOME": "~/sketches"},
        {"CLIPASSO_HOME": "relative"},
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


@pytest.mark.parametrize("damage", ["", "{", "[]", "{}", "null"])
def test_a_damaged_config_means_the_usual_folder(home: Path, damage: str) -> None:
    home.mkdir()
    (home / "config.json").write_text(damage)
    assert folders.models() == home / "models"
