"""The command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.installer import FakeMachine

from installer.options import COMMANDS


@pytest.mark.parametrize(
    "arguments",
    [
        ["sketch"],
        ["demo", "now"],
        ["--verbose"],
        [""],
        ["--torch", "tpu"],
        ["--home"],
        ["--home", ""],
    ],
    ids=str,
)
def test_what_is_not_understood_is_one_line(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert machine.do(*arguments) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("install.py: ")
    assert err.count("\n") == 1
    assert "--help" in err
    assert machine.ran == []


@pytest.mark.parametrize("arguments", [["-h"], ["--help"], ["demo", "--help"]])
def test_help_names_commands_and_options(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert machine.do(*arguments) == 0
    out = capfd.readouterr().out
    assert all(f"install.py {command}" in out for command in COMMANDS if command != "install")
    for option in (
        "home",
        "inkscape",
        "extensions-dir",
        "torch",
        "models",
        "offline",
        "with",
        "yes",
        "json",
        "keep-models",
    ):
        assert f"--{option}" in out
    assert machine.ran == []


def test_an_option_may_have_the_value_test(
    machine: FakeMachine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert machine.do("--home", "test", "--json") == 0
    assert (tmp_path / "test" / "current.json").exists()
    assert machine.count("-m pytest") == 0


def test_what_was_asked_for_once_is_kept(machine: FakeMachine) -> None:
    assert machine.do("--with", "ray") == 0
    assert machine.count("clipasso[ray]") == 1
    # other dependencies: all is built anew
    machine.checkout.constraints.write_text("numpy==2.0.0\n")
    assert machine.do() == 0
    assert machine.count("clipasso[ray]") == 1
    assert machine.count("clipasso[dev]") == 0


def test_what_is_asked_for_later_is_added(machine: FakeMachine) -> None:
    assert machine.do() == 0
    assert machine.count("clipasso[ray]") == 0
    assert machine.do("--with", "ray") == 0
    assert machine.count("clipasso[ray]") == 1
    assert machine.do("--with", "everything") == 2
