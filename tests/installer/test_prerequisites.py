"""What is lacking is told before the work begins."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

import pytest
from support.installer import CHECKOUT, FakeMachine


def lack_venv(_: FakeMachine, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def ask(name: str, *rest: Any, **more: Any) -> Any:
        if name == "ensurepip":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", ask)


def lack_room(machine: FakeMachine, _: pytest.MonkeyPatch) -> None:
    machine.free = 2.0


def lack_a_folder(machine: FakeMachine, _: pytest.MonkeyPatch) -> None:
    machine.variables["CLIPASSO_HOME"] = str(CHECKOUT / "install.py" / "home")


def lack_rights(machine: FakeMachine, _: pytest.MonkeyPatch) -> None:
    machine.variables["CLIPASSO_HOME"] = "/proc/clipasso"


def lack_an_open_python(machine: FakeMachine, _: pytest.MonkeyPatch) -> None:
    store = r"C:\Program Files\WindowsApps"
    machine.system = "win32"
    machine.python_folder = store + r"\PythonSoftwareFoundation.Python.3.12_qbz5n2kfra8p0"


def lack_oneself(machine: FakeMachine, _: pytest.MonkeyPatch) -> None:
    machine.root_for = "ada"


def lack_a_folder_of_its_own(machine: FakeMachine, _: pytest.MonkeyPatch) -> None:
    (machine.person / "bin").mkdir()
    machine.variables["CLIPASSO_HOME"] = str(machine.person)


def lack_the_rest(machine: FakeMachine, _: pytest.MonkeyPatch) -> None:
    (machine.checkout.root / "pyproject.toml").unlink()


@pytest.mark.parametrize(
    ("lack", "what", "advice"),
    [
        (lack_venv, "venv", "apt install python3-venv"),
        (lack_room, "2.0 GB free, 2.5 GB are needed", "--home"),
        (lack_a_folder, "can't be written", "--home"),
        (lack_rights, "can't be written", "--home"),
        (lack_an_open_python, "Microsoft Store", "python.org"),
        (lack_oneself, "root", "without sudo"),
        (lack_a_folder_of_its_own, "other things", "--home"),
        (lack_the_rest, "not beside", "download"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_is_lacking_is_told_with_advice_before_anything_is_installed(
    machine: FakeMachine,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    lack: Callable[[FakeMachine, pytest.MonkeyPatch], None],
    what: str,
    advice: str,
) -> None:
    lack(machine, monkeypatch)
    assert machine.do("--yes") == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert what in err
    assert advice in err
    assert machine.count("venv") == machine.count("pip") == 0
