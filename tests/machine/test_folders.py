"""The engine, the set-up and the extension look for the home in one place, on every system."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from clipasso_ext.host import default_home
from support.installer import FakeMachine, copy_checkout

from clipasso_core.machine import folders
from installer.home import find_home
from installer.options import read_options


@pytest.mark.skipif(sys.platform == "win32", reason="homes as HOME names them")
@pytest.mark.parametrize(
    ("system", "variable", "below"),
    [
        ("linux", "", ".local/share/clipasso"),
        ("linux", "XDG_DATA_HOME", "elsewhere/clipasso"),
        ("darwin", "", "Library/Application Support/clipasso"),
        # Inkscape sets it for itself there, and a person's own counts for Linux' programs only
        ("darwin", "XDG_DATA_HOME", "Library/Application Support/clipasso"),
        ("win32", "", "AppData/Local/clipasso"),
        ("win32", "LOCALAPPDATA", "elsewhere/clipasso"),
    ],
)
def test_three_programs_know_one_home(
    system: str, variable: str, below: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = FakeMachine(copy_checkout(tmp_path / "checkout"), tmp_path)
    for name in ("CLIPASSO_HOME", "XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setenv("HOME", str(machine.person))
    machine.system = system
    if variable:
        monkeypatch.setenv(variable, str(machine.person / "elsewhere"))
        machine.variables[variable] = str(machine.person / "elsewhere")
    set_ups = find_home(machine, read_options([]))
    assert [folders.home(), default_home(), set_ups] == [machine.person / below] * 3


def test_a_relative_folder_for_data_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CLIPASSO_HOME", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.setenv("XDG_DATA_HOME", "data")
    assert folders.home() == default_home() == Path("/home/ada/.local/share/clipasso")
