"""install.py sets the engine up once, repairs what was interrupted, and says what to mend before it would fail half-way."""

from __future__ import annotations

import builtins
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest

from clipasso_core import folders

FILE = Path(__file__).parent.parent / "install.py"


@pytest.fixture
def install() -> ModuleType:
    """install.py as a module."""
    spec = importlib.util.spec_from_file_location("install", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Commands:
    """Stands for `subprocess.run`: keeps what was to be run, does what matters of it, and fails where it is told to."""

    def __init__(self, install: ModuleType) -> None:
        self.install = install
        self.ran: list[str] = []
        self.failing = ""  # every command that holds this fails

    def __call__(self, command: Sequence[object], **_: Any) -> subprocess.CompletedProcess[str]:
        text = " ".join(str(part) for part in command)
        if not Path(str(command[0])).exists():
            raise FileNotFoundError(2, "No such file or directory", str(command[0]))
        self.ran.append(text)
        if self.failing and self.failing in text:
            return subprocess.CompletedProcess(text, 1)
        if "-m venv" in text:
            python = self.install.script("python")
            python.parent.mkdir(parents=True, exist_ok=True)
            python.write_text("")
        return subprocess.CompletedProcess(text, 0)

    def count(self, part: str) -> int:
        """How many commands held this."""
        return sum(part in text for text in self.ran)


@pytest.fixture
def commands(install: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Commands:
    """Nothing is really run, and there is room."""
    commands = Commands(install)
    monkeypatch.setattr(subprocess, "run", commands)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: DiskUsage(free=100e9))
    return commands


class DiskUsage(NamedTuple):
    free: float
    total: float = 200e9
    used: float = 0


# Where


@pytest.mark.parametrize(
    "environment",
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
    install: ModuleType, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]
) -> None:
    for name in ("CLIPASSO_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert install.home() == folders.home()


# What a person asks for


@pytest.mark.parametrize("arguments", [["sketch"], ["demo", "now"], ["--verbose"], [""]])
def test_an_unknown_command_is_one_line(
    install: ModuleType, commands: Commands, capfd: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert install.main(arguments) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("install.py: ")
    assert err.count("\n") == 1
    assert "demo or test" in err
    assert commands.ran == []


@pytest.mark.parametrize("arguments", [[], ["-h"], ["--help"]])
def test_help_names_the_commands(install: ModuleType, commands: Commands, capfd: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    assert install.main(arguments) == 0
    out = capfd.readouterr().out
    assert all(f"install.py {command}" in out for command in ("demo", "test"))
    assert commands.ran == []


def test_demo_sketches_the_example_into_the_current_folder(
    install: ModuleType, commands: Commands, capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert install.main(["demo"]) == 0
    assert commands.ran[-1].endswith(f"-m clipasso_core sketch {install.EXAMPLE} -o {tmp_path / 'demo.svg'}")
    assert install.EXAMPLE.is_file()
    assert str(tmp_path / "demo.svg") in capfd.readouterr().out


def test_test_hands_its_arguments_to_pytest(install: ModuleType, commands: Commands) -> None:
    assert install.main(["test", "-x", "tests/test_install.py"]) == 0
    assert commands.ran[-1] == f"{install.script('python')} -m pytest -x tests/test_install.py"
    assert commands.count(f"{install.ROOT}[dev]") == 1


def test_the_status_is_that_of_the_command(install: ModuleType, commands: Commands) -> None:
    commands.failing = "-m pytest"
    assert install.main(["test"]) == 1


def test_an_interruption_is_one_line(install: ModuleType, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    def interrupted(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(install, "set_up", interrupted)
    assert install.main(["demo"]) == 130
    assert "same command again" in capfd.readouterr().err


# Setting up


def test_a_first_set_up_makes_an_environment_installs_and_fetches_the_masks_network(install: ModuleType, commands: Commands) -> None:
    python = install.set_up(extras="")
    assert python == install.script("python")
    assert commands.ran == [
        f"{sys.executable} -m venv {install.engine()}",
        f"{python} -m pip install --upgrade {install.ROOT}",
        f"{python} -m clipasso_core models fetch u2netp",
    ]


def test_a_complete_environment_is_only_brought_up_to_date(install: ModuleType, commands: Commands) -> None:
    install.set_up(extras="")
    (install.engine() / "bystander").write_text("")
    commands.ran.clear()
    install.set_up(extras="")
    assert commands.count("-m venv") == 0
    assert commands.count("--upgrade") == 0
    assert commands.count(f"--no-deps {install.ROOT}") == 1  # the code of this checkout
    assert (install.engine() / "bystander").exists()


def test_an_environment_that_was_interrupted_is_built_anew(install: ModuleType, commands: Commands) -> None:
    python = install.script("python")
    python.parent.mkdir(parents=True)
    (install.engine() / "half a package").write_text("")
    install.set_up(extras="")
    assert commands.count("-m venv") == 1
    assert not (install.engine() / "half a package").exists()


def test_an_environment_whose_python_is_gone_is_built_anew(install: ModuleType, commands: Commands) -> None:
    install.set_up(extras="")
    install.script("python").unlink()  # the system's Python was replaced by a newer one
    commands.ran.clear()
    install.set_up(extras="")
    assert commands.count("-m venv") == 1
    assert commands.count("--upgrade") == 1


def test_the_development_tools_are_added_to_the_environment_that_is_there(install: ModuleType, commands: Commands) -> None:
    install.set_up(extras="")
    commands.ran.clear()
    install.set_up(extras="[dev]")
    assert commands.count("-m venv") == 0
    assert commands.count(f"--upgrade {install.ROOT}[dev]") == 1
    commands.ran.clear()
    for extras in ("", "[dev]"):
        install.set_up(extras=extras)
    assert commands.count("--upgrade") == 0


def test_changed_dependencies_are_installed(
    install: ModuleType, commands: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(install, "ROOT", tmp_path)
    (tmp_path / "pyproject.toml").write_text("dependencies = []")
    install.set_up(extras="")
    (tmp_path / "pyproject.toml").write_text("dependencies = ['more']")
    commands.ran.clear()
    install.set_up(extras="")
    assert commands.count("--upgrade") == 1


@pytest.mark.parametrize(("failing", "fault"), [("-m venv", "virtual environment"), ("-m pip install", "connection")])
def test_a_failure_is_told_and_the_next_run_begins_again(install: ModuleType, commands: Commands, failing: str, fault: str) -> None:
    commands.failing = failing
    with pytest.raises(install.Problem, match=fault):
        install.set_up(extras="")
    assert not (install.engine() / install.MARKER).exists()
    commands.failing = ""
    commands.ran.clear()
    install.set_up(extras="")
    assert commands.count("-m venv") == 1
    assert (install.engine() / install.MARKER).exists()


def test_a_mask_network_that_can_not_be_fetched_is_no_failure(
    install: ModuleType, commands: Commands, capfd: pytest.CaptureFixture[str]
) -> None:
    commands.failing = "models fetch u2netp"
    assert install.set_up(extras="") == install.script("python")
    assert "without u2netp" in capfd.readouterr().out


# Checks before the work


def lack_venv(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def ask(name: str, *rest: Any, **more: Any) -> Any:
        if name == "ensurepip":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", ask)


def lack_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: DiskUsage(free=2e9))


def lack_rights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)


def lack_a_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLIPASSO_HOME", str(FILE / "home"))


def lack_a_new_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 18, "final", 0))


@pytest.mark.parametrize(
    ("lack", "what", "advice"),
    [
        (lack_venv, "venv", "apt install python3-venv"),
        (lack_room, "2.0 GB free", "CLIPASSO_HOME"),
        (lack_rights, "read-only", "CLIPASSO_HOME"),
        (lack_a_folder, "can't be used", "CLIPASSO_HOME"),
        (lack_a_new_python, "3.10 or newer", "run this file with a newer one"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_is_lacking_is_told_with_advice_before_anything_is_made(
    install: ModuleType,
    commands: Commands,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    lack: Callable[[pytest.MonkeyPatch], None],
    what: str,
    advice: str,
) -> None:
    lack(monkeypatch)
    assert install.main(["demo"]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert what in err
    assert advice in err
    assert commands.ran == []
    assert not install.engine().exists()


def test_little_room_does_not_keep_an_environment_from_being_updated(
    install: ModuleType, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    install.set_up(extras="")
    lack_room(monkeypatch)
    assert install.main(["test"]) == 0


def test_the_file_is_fit_for_the_oldest_python(install: ModuleType) -> None:
    compile(FILE.read_text(), FILE.name, "exec", dont_inherit=True)
    modules = {line.split()[1].split(".")[0] for line in FILE.read_text().splitlines() if line.strip().startswith(("import ", "from "))}
    assert modules <= sys.stdlib_module_names | {"__future__"}
    assert install.OLDEST == (3, 10)
