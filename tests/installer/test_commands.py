"""install.py sets the engine up beside the old one, puts the extension into every Inkscape, and
takes both away again.
"""

from __future__ import annotations

import ast
import builtins
import errno
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from clipasso_core.machine import folders

CHECKOUT = Path(__file__).parents[2]
FILE = CHECKOUT / "install.py"
HEALTHY = [{"subject": "torch", "state": "ok", "text": "2.9", "advice": ""}]
PNG_NAMESPACE = '<g xmlns:c="https://clipasso.org/ns"/>'


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """install.py as a module, with a copy of the checkout's small files, that a test may change."""
    spec = importlib.util.spec_from_file_location("install", CHECKOUT / "installer" / "commands.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "install", module)  # where dataclasses look for their types
    spec.loader.exec_module(module)
    root = tmp_path / "checkout"
    skip = shutil.ignore_patterns("__pycache__", "test_*")
    shutil.copytree(CHECKOUT / "inkscape_ext", root / "inkscape_ext", ignore=skip)
    for name in ("pyproject.toml", "README.md"):
        shutil.copyfile(CHECKOUT / name, root / name)
    (root / "clipasso_core").mkdir()
    (root / "clipasso_core" / "__init__.py").write_text("")
    monkeypatch.setattr(module, "ROOT", root)
    monkeypatch.setattr(module, "EXTENSION", root / "inkscape_ext")
    return module


class World:
    """A computer for one test. What it has is set, what it was asked to run is kept; files are
    real, below `folder`.

    found: commands on the PATH. present: files outside of the home. said: what a command that holds
        the word prints, None for a failure.
    failing, interrupting: commands that hold this fail, or end in Ctrl-C.
    """

    def __init__(self, install: ModuleType, folder: Path) -> None:
        self.install, self.folder = install, folder
        self.system, self.python_folder = "linux", "/usr"
        self.person = folder / "person"
        self.person.mkdir(exist_ok=True)
        self.environment: dict[str, str] = {}
        self.found: dict[str, str] = {}
        self.present: set[str] = set()
        self.said: dict[str, str | None] = {
            "doctor --json": json.dumps(HEALTHY),
            "models list": "lite\n",
        }
        self.online, self.free, self.root_for = True, 100.0, ""
        self.failing, self.interrupting = "", ""
        self.answers: list[bool] = []
        self.ran: list[str] = []
        self.environments: list[dict[str, str]] = []

    def which(self, name: str) -> str | None:
        return self.found.get(name)

    def exists(self, path: str) -> bool:
        return path in self.present

    def free_gb(self, _path: Path) -> float:
        return self.free

    def by_sudo(self) -> bool:
        return bool(self.root_for)

    def reaches(self, _address: str) -> bool:
        return self.online

    def answer(self, question: str) -> bool:
        self.ran.append(f"? {question}")
        return self.answers.pop(0) if self.answers else False

    def run(self, command: list[Any], **settings: Any) -> int:
        text = self._begin(command, settings)
        if self.failing and self.failing in text:
            return 1
        if "-m venv" in text:
            python = Path(command[-1]) / (
                "Scripts/python.exe" if self.system == "win32" else "bin/python"
            )
            python.parent.mkdir(parents=True)
            python.touch()
            (Path(command[-1]) / "Lib" / "site-packages").mkdir(parents=True)
        elif self.interrupting and self.interrupting in text:
            raise KeyboardInterrupt
        return 0

    def ask(
        self, command: list[Any], timeout_s: float = 60, any_status: bool = False, **settings: Any
    ) -> str | None:
        text = self._begin(command, settings)
        if self.failing and self.failing in text:
            return None
        for word, answer in reversed(self.said.items()):
            if word in text:
                return answer
        if command[0] in ("flatpak", "nvidia-smi"):
            return None
        if "export-filename:" in text:
            Path(text.partition("export-filename:")[2].partition(";")[0]).write_text(PNG_NAMESPACE)
        return ""

    def _begin(self, command: list[Any], settings: dict[str, Any]) -> str:
        text = " ".join(str(part) for part in command)
        self.ran.append(text)
        self.environments.append(settings.get("env") or {})
        return text

    def count(self, part: str) -> int:
        """How many commands held this."""
        return sum(part in text for text in self.ran)

    def do(self, *arguments: str) -> int:
        """Run install.py anew."""
        self.ran, self.environments = [], []
        return self.install.main(list(arguments), self)

    @property
    def home(self) -> Path:
        return self.person / ".local" / "share" / "clipasso"

    @property
    def engines(self) -> list[Path]:
        return sorted(path for path in (self.home / "engines").glob("*"))

    @property
    def in_use(self) -> Path:
        """The engine's environment. Fails unless it is complete."""
        folder = self.home / json.loads((self.home / "current.json").read_text())["folder"]
        assert (folder / "bin" / "python").exists()
        return folder

    def add_inkscape(self, path: str = "/usr/bin/inkscape", data: Path | None = None) -> Path:
        """Install an Inkscape on the PATH. Returns the extension's place in it."""
        data = data or self.person / ".config" / "inkscape"
        self.found["inkscape"] = path
        self.present.add("/usr/bin/python3")
        self.said[f"{path} --user-data-directory"] = f"{data}\n"
        return data / "extensions" / "clipasso"


@pytest.fixture
def world(install: ModuleType, tmp_path: Path) -> World:
    return World(install, tmp_path)


def tell(capfd: pytest.CaptureFixture[str]) -> str:
    """The last line on standard output."""
    return capfd.readouterr().out.strip().splitlines()[-1]


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


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
    assert install.find_home(install.Machine(), install.Wishes()) == folders.home().absolute()


@pytest.mark.parametrize(
    ("system", "home"),
    [("win32", "AppData/Local/clipasso"), ("darwin", "Library/Application Support/clipasso")],
)
def test_the_engines_home_on_other_systems(
    world: World, install: ModuleType, system: str, home: str
) -> None:
    world.system = system
    assert install.find_home(world, install.Wishes()) == world.person / home


def test_weights_go_where_models_says_and_the_engine_looks_there(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CLIPASSO_HOME", str(world.home))
    assert folders.models() == world.home / "models"
    assert world.do("--models", str(tmp_path / "weights")) == 0
    assert folders.models() == tmp_path / "weights"
    assert world.do() == 0
    assert folders.models() == tmp_path / "weights"  # as long as nobody says otherwise


@pytest.mark.parametrize("damage", ["", "{", "[]", "{}", "null"])
def test_a_damaged_config_means_the_usual_folder(home: Path, damage: str) -> None:
    home.mkdir()
    (home / "config.json").write_text(damage)
    assert folders.models() == home / "models"


# What a person asks for


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
    world: World, capfd: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert world.do(*arguments) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("install.py: ")
    assert err.count("\n") == 1
    assert "--help" in err
    assert world.ran == []


@pytest.mark.parametrize("arguments", [["-h"], ["--help"], ["demo", "--help"]])
def test_help_names_commands_and_options(
    world: World, install: ModuleType, capfd: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert world.do(*arguments) == 0
    out = capfd.readouterr().out
    assert all(
        f"install.py {command}" in out for command in install.COMMANDS if command != "install"
    )
    for option in (
        "home",
        "inkscape",
        "extensions-dir",
        "torch",
        "models",
        "offline",
        "yes",
        "json",
        "keep-models",
    ):
        assert f"--{option}" in out
    assert world.ran == []


def test_demo_sketches_the_example_into_the_current_folder(
    world: World,
    install: ModuleType,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert world.do("demo") == 0
    assert world.ran[-1].endswith(
        f"-m clipasso_core sketch {install.EXAMPLE} -o {tmp_path / 'demo.svg'}"
    )
    assert install.EXAMPLE.is_file()
    assert str(tmp_path / "demo.svg") in capfd.readouterr().out


def test_test_hands_its_arguments_to_pytest(world: World) -> None:
    assert world.do("test", "-x", "tests/test_install.py", "--help") == 0
    assert world.ran[-1] == f"{world.in_use}/bin/python -m pytest -x tests/test_install.py --help"
    assert world.count("clipasso[dev]") == 1


def test_the_status_is_that_of_the_command(world: World) -> None:
    world.failing = "-m pytest"
    assert world.do("test") == 1


def test_an_option_may_have_the_value_test(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert world.do("--home", "test", "--json") == 0
    assert (tmp_path / "test" / "current.json").exists()
    assert world.count("-m pytest") == 0


# The engine


def test_a_first_run_makes_an_environment_installs_and_fetches_the_masks_network(
    world: World,
) -> None:
    assert world.do() == 0
    python = f"{world.in_use}/bin/python"
    assert world.count(f"-m venv {world.in_use}") == 1
    assert world.count(f"{python} -I -m pip install") == 3  # torch, setuptools, the engine
    assert world.count(f"{python} -I -m clipasso_core models fetch u2netp") == 1
    assert world.engines == [world.in_use]


def test_a_second_run_downloads_nothing(world: World) -> None:
    assert world.do() == 0
    before = world.in_use
    world.online, world.failing, world.free = False, "pip install", 0
    assert world.do() == 0
    assert world.count("pip install") == 0
    assert world.in_use == before


def test_new_code_goes_into_the_environment_that_is_there(
    world: World, install: ModuleType
) -> None:
    world.do()
    before = world.in_use
    (install.ROOT / "clipasso_core" / "__init__.py").write_text("new = True")
    assert world.do() == 0
    assert world.in_use == before
    assert world.count("--no-build-isolation --no-deps") == 1
    assert world.count("pip install") == 2  # with setuptools, which is there: no network


def test_the_engine_is_built_from_a_copy_so_that_the_checkout_stays_as_it_was(
    world: World, install: ModuleType
) -> None:
    before = files(install.ROOT)
    world.do()
    assert (
        world.count(
            f"pip install --disable-pip-version-check --no-build-isolation --upgrade {install.ROOT}"
        )
        == 0
    )
    assert files(install.ROOT) == before


def test_the_development_tools_are_added_to_the_environment_that_is_there(world: World) -> None:
    world.do()
    assert world.do("test") == 0
    assert world.count("-m venv") == 0
    assert world.count("clipasso[dev]") == 1
    for command in ("install", "test"):
        world.do(command)
        assert world.count("pip install") == 0


def test_changed_dependencies_build_a_new_environment_and_the_extension_follows(
    world: World, install: ModuleType
) -> None:
    target = world.add_inkscape()
    world.do()
    before = world.in_use
    text = (install.ROOT / "pyproject.toml").read_text()
    (install.ROOT / "pyproject.toml").write_text(text.replace('"torch>=2.4"', '"torch>=2.5"'))
    assert world.do("demo") == 0  # does not touch Inkscape otherwise
    assert world.in_use != before
    assert world.engines == [world.in_use]
    assert (
        json.loads((target / "engine.json").read_text())["command"][0]
        == f"{world.in_use}/bin/python"
    )
    assert world.do("uninstall", "--yes") == 0
    assert not target.exists()  # the file that followed is known to the manifest


def test_an_engine_whose_python_is_gone_is_built_anew(world: World) -> None:
    world.do()
    (world.in_use / "bin" / "python").unlink()  # the system's Python was replaced by a newer one
    assert world.do() == 0
    assert world.count("-m venv") == 1


@pytest.mark.parametrize(
    "said",
    [
        None,
        "Traceback",
        json.dumps(
            [
                {
                    "subject": "packages",
                    "state": "fault",
                    "text": "missing: timm",
                    "advice": "run install.py again",
                }
            ]
        ),
    ],
    ids=["dead", "garbled", "package missing"],
)
def test_a_damaged_engine_is_built_anew_as_its_doctor_promises(
    world: World, said: str | None
) -> None:
    world.do()
    world.said["doctor --json"] = said
    assert world.do() == 2
    assert world.count("-m venv") == 1
    world.said["doctor --json"] = json.dumps(HEALTHY)
    assert world.do() == 0
    assert world.count("-m venv") == 0


@pytest.mark.parametrize(
    "step", ["-m venv", "torch torchvision", "setuptools>=", "--no-build-isolation"]
)
def test_a_network_cut_at_any_step_leaves_the_old_engine_at_work(
    world: World, install: ModuleType, capfd: pytest.CaptureFixture[str], step: str
) -> None:
    target = world.add_inkscape()
    world.do()
    before, extension = world.in_use, files(target)
    text = (install.ROOT / "pyproject.toml").read_text()
    (install.ROOT / "pyproject.toml").write_text(text.replace('"torch>=2.4"', '"torch>=2.5"'))
    capfd.readouterr()
    world.failing = "pip install" if step == "torch torchvision" else step
    assert world.do() == 2
    err = capfd.readouterr().err
    assert err.startswith("install.py: ")
    assert err.count("\n") == 1
    assert world.in_use == before
    assert files(target) == extension
    world.failing = ""
    assert world.do() == 0
    assert world.engines == [world.in_use] != [before]


@pytest.mark.parametrize(
    "step", ["torch torchvision", "setuptools>=", "--no-build-isolation", "models fetch u2netp"]
)
def test_interrupted_twice_and_then_left_alone(
    world: World, capfd: pytest.CaptureFixture[str], step: str
) -> None:
    world.interrupting = step
    for _ in range(2):
        assert world.do() == 130
        assert "same command again" in capfd.readouterr().err
    assert world.do("doctor") == (0 if "fetch" in step else 2)
    world.interrupting = ""
    assert world.do() == 0
    assert world.engines == [world.in_use]


def test_an_interruption_between_the_engine_and_the_extension_is_made_up_for(
    world: World, install: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = world.add_inkscape()
    world.do()
    before = world.in_use
    text = (install.ROOT / "pyproject.toml").read_text()
    (install.ROOT / "pyproject.toml").write_text(text.replace('"torch>=2.4"', '"torch>=2.5"'))
    world.interrupting = "models fetch u2netp"
    assert world.do() == 130
    # the old engine, which is still there
    assert Path(json.loads((target / "engine.json").read_text())["command"][0]).exists()
    assert before in world.engines
    world.interrupting = ""
    assert world.do("demo") == 0
    assert world.engines == [world.in_use]
    assert (
        json.loads((target / "engine.json").read_text())["command"][0]
        == f"{world.in_use}/bin/python"
    )


def test_the_environment_of_the_first_versions_is_removed(world: World) -> None:
    old = world.home / "engine"
    old.mkdir(parents=True)
    (old / "pyvenv.cfg").touch()
    assert world.do() == 0
    assert not old.exists()


def test_a_mask_network_that_can_not_be_fetched_is_no_failure(
    world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    world.failing = "models fetch u2netp"
    assert world.do() == 0
    assert "without u2netp" in capfd.readouterr().out


def test_what_a_persons_settings_tell_pip_does_not_lead_the_packages_elsewhere(
    world: World,
) -> None:
    world.environment = {
        "PIP_USER": "1",
        "PIP_TARGET": "/x",
        "PYTHONHOME": "/y",
        "PIP_REQUIRE_VIRTUALENV": "1",
        "HTTPS_PROXY": "proxy",
    }
    world.do()
    own = next(
        env
        for command, env in zip(world.ran, world.environments, strict=True)
        if "pip install" in command
    )
    assert (own["PIP_USER"], own["HTTPS_PROXY"]) == ("0", "proxy")
    assert not {"PIP_TARGET", "PYTHONHOME"} & own.keys()
    assert own["TMPDIR"].startswith(str(world.home))  # where there is room; /tmp may be small


# Checks before the work


def lack_venv(_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def ask(name: str, *rest: Any, **more: Any) -> Any:
        if name == "ensurepip":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", ask)


def lack_room(world: World, _monkeypatch: pytest.MonkeyPatch) -> None:
    world.free = 2.0


def lack_a_folder(world: World, _monkeypatch: pytest.MonkeyPatch) -> None:
    world.environment["CLIPASSO_HOME"] = str(FILE / "home")


def lack_rights(world: World, _monkeypatch: pytest.MonkeyPatch) -> None:
    world.environment["CLIPASSO_HOME"] = "/proc/clipasso"


def lack_an_open_python(world: World, _monkeypatch: pytest.MonkeyPatch) -> None:
    world.system, world.python_folder = (
        "win32",
        r"C:\Program Files\WindowsApps\PythonSoftwareFoundation.Python.3.12_qbz5n2kfra8p0",
    )


def lack_oneself(world: World, _monkeypatch: pytest.MonkeyPatch) -> None:
    world.root_for = "ada"


def lack_a_folder_of_its_own(world: World, _monkeypatch: pytest.MonkeyPatch) -> None:
    (world.person / "bin").mkdir()
    world.environment["CLIPASSO_HOME"] = str(world.person)


def lack_the_rest(world: World, _monkeypatch: pytest.MonkeyPatch) -> None:
    (world.install.ROOT / "pyproject.toml").unlink()


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
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    lack: Callable[[World, pytest.MonkeyPatch], None],
    what: str,
    advice: str,
) -> None:
    lack(world, monkeypatch)
    assert world.do("--yes") == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert what in err
    assert advice in err
    assert world.count("venv") == world.count("pip") == 0


@pytest.mark.parametrize(
    "where", ["current.json", "installed.json", "bin/clipasso", "extensions/clipasso"]
)
def test_a_disk_that_fills_up_is_one_line(
    world: World,
    install: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    where: str,
) -> None:
    world.add_inkscape()
    real = install.os.replace

    def replace(source: Any, target: Any) -> None:
        if Path(target).as_posix().endswith(where):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target))
        real(source, target)

    monkeypatch.setattr(install.os, "replace", replace)
    assert world.do() == 2
    out, err = capfd.readouterr()
    assert "No space left" in (out if where == "extensions/clipasso" else err)
    assert err.count("\n") == (0 if where == "extensions/clipasso" else 1)
    monkeypatch.undo()
    monkeypatch.setattr(install, "ROOT", world.folder / "checkout")
    monkeypatch.setattr(install, "EXTENSION", world.folder / "checkout" / "inkscape_ext")
    assert world.do() == 0


# torch


@pytest.mark.parametrize(
    ("driver", "found", "asked", "index", "why"),
    [
        ("580.95.05\n", "", "auto", "cu130", "NVIDIA driver 580"),
        ("535.183.01\n535.183.01\n", "", "auto", "cu126", "NVIDIA driver 535"),
        ("470.1", "", "auto", "cpu", "too old"),
        (None, "rocminfo", "auto", "rocm6.4", "ROCm"),
        ("N/A", "", "auto", "cpu", "no GPU"),
        ("580.1", "", "cpu", "cpu", "as asked"),
        (None, "", "cuda", "cu126", "no NVIDIA driver was found"),
    ],
)
def test_torch_fits_the_machine(
    world: World,
    capfd: pytest.CaptureFixture[str],
    driver: str | None,
    found: str,
    asked: str,
    index: str,
    why: str,
) -> None:
    world.said["nvidia-smi"] = driver
    world.found[found] = found
    assert world.do("--torch", asked) == 0
    assert (
        world.count(f"torch torchvision --index-url https://download.pytorch.org/whl/{index}") == 1
    )
    out = capfd.readouterr().out
    assert why in out
    assert "GB to download" in out


def test_an_index_that_does_not_answer_means_the_default_build_and_says_so(
    world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    world.online = False
    assert world.do() == 0
    assert world.count("--index-url") == 0
    assert "whl/cpu does not answer: the default build" in capfd.readouterr().out


def test_an_index_that_lacks_a_build_means_the_default_build_and_says_so(
    world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    world.failing = "--index-url"
    assert world.do() == 0
    assert "trying the default build" in capfd.readouterr().out


def test_apples_torch_is_pips_own(world: World) -> None:
    world.system = "darwin"
    assert world.do() == 0
    assert world.count("--index-url") == 0


def test_another_torch_is_a_new_environment(world: World) -> None:
    world.do()
    before = world.in_use
    assert world.do("--torch", "cuda") == 0
    assert world.in_use != before
    before = world.in_use
    for asked in ("cuda", "auto"):
        world.do("--torch", asked)
        assert world.in_use == before


def test_the_torch_of_the_running_python_is_lent(world: World) -> None:
    assert world.do("--torch", "existing") == 0
    assert world.count("--index-url") == 0
    (lent,) = world.in_use.rglob("*.pth")
    here = next(path for path in sys.path if path.endswith("site-packages"))
    assert here in lent.read_text().splitlines()


def test_a_python_without_torch_can_not_lend_one(
    world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    world.failing = "import torch"
    assert world.do("--torch", "existing") == 2
    assert "leave --torch existing out" in capfd.readouterr().err


# Where Inkscape is


def test_inkscape_itself_is_asked(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    target = world.add_inkscape(data=world.folder / "somewhere else")
    world.environment["DISPLAY"] = ":1"
    assert world.do() == 0
    assert (target / "clipasso_sketch.inx").is_file()
    assert tell(capfd).startswith("Ready: restart Inkscape")


def test_an_inkscape_that_does_not_answer_has_the_usual_folder(world: World) -> None:
    world.add_inkscape()
    world.said["--user-data-directory"] = None
    assert world.do() == 0
    assert (
        world.person / ".config" / "inkscape" / "extensions" / "clipasso" / "engine.json"
    ).is_file()


def test_an_appimage_is_known_by_its_settings(
    world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    (world.person / ".config" / "inkscape").mkdir(parents=True)
    assert world.do() == 0
    assert "Inkscape (AppImage)" in capfd.readouterr().out
    assert (world.person / ".config" / "inkscape" / "extensions" / "clipasso").is_dir()


def test_flatpak_reaches_the_engine_outside(
    world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    world.found["flatpak"] = "/usr/bin/flatpak"
    world.said["flatpak info"] = "Inkscape"
    assert world.do() == 0
    folder = world.person / ".var/app/org.inkscape.Inkscape/config/inkscape/extensions/clipasso"
    pointer = json.loads((folder / "engine.json").read_text())
    assert pointer["command"][:3] == [
        "flatpak-spawn",
        "--host",
        f"--env=CLIPASSO_HOME={world.home}",
    ]
    assert pointer["command"][3:] == [f"{world.in_use}/bin/python", "-I", "-m", "clipasso_core"]
    assert pointer["scratch"].startswith(str(world.home))
    assert "flatpak override --user --talk-name=org.freedesktop.Flatpak" in capfd.readouterr().out


def test_a_flatpak_folder_that_was_named_is_one_all_the_same(world: World) -> None:
    folder = world.person / ".var/app/org.inkscape.Inkscape/config/inkscape/extensions"
    assert world.do("--extensions-dir", str(folder)) == 0
    assert (
        json.loads((folder / "clipasso" / "engine.json").read_text())["command"][0]
        == "flatpak-spawn"
    )


def test_settings_that_flatpak_left_behind_are_no_inkscape(
    world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    world.found["flatpak"] = "/usr/bin/flatpak"
    (world.person / ".var/app/org.inkscape.Inkscape").mkdir(parents=True)
    assert world.do() == 0
    assert "No Inkscape was found" in tell(capfd)


@pytest.mark.parametrize("arguments", [[], ["--inkscape", "/snap/bin/inkscape"]])
def test_snap_is_told_what_to_do(
    world: World, capfd: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    world.found = {"inkscape": "/snap/bin/inkscape", "/snap/bin/inkscape": "/snap/bin/inkscape"}
    assert world.do(*arguments) == 0
    last = tell(capfd)
    assert "Snap forbids" in last
    assert "deb, AppImage or Flatpak" in last
    assert "engine is ready" in last


def test_without_inkscape_the_engine_is_installed_and_the_rest_told(
    world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    assert world.do() == 0
    last = tell(capfd)
    assert "No Inkscape was found" in last
    assert "run this again" in last


def test_every_inkscape_is_listed_and_served(
    world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    world.add_inkscape("/snap/bin/inkscape")  # first on the PATH
    world.present.add("/usr/bin/inkscape")
    world.said["/usr/bin/inkscape --user-data-directory"] = str(world.folder / "deb")
    world.found["flatpak"] = "/usr/bin/flatpak"
    world.said["flatpak info"] = "Inkscape"
    assert world.do("--json") == 0
    found = json.loads(capfd.readouterr().out)["inkscapes"]
    assert [one["name"] for one in found] == ["Inkscape (Snap)", "Inkscape", "Inkscape (Flatpak)"]
    for one in found:
        assert (
            one["folder"] is None
            or (Path(one["folder"]) / "clipasso" / "clipasso_sketch.inx").is_file()
        )


def test_an_inkscape_that_can_not_be_served_does_not_stop_the_others(
    world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    (world.folder / "file").touch()
    world.add_inkscape(data=world.folder / "file")
    world.found["flatpak"] = "/usr/bin/flatpak"
    world.said["flatpak info"] = "Inkscape"
    assert world.do() == 2
    assert (
        world.person
        / ".var/app/org.inkscape.Inkscape/config/inkscape/extensions/clipasso/engine.json"
    ).is_file()
    last = tell(capfd)
    assert "can't be written" in last
    assert "--extensions-dir" in last


def test_windows(world: World) -> None:
    world.system = "win32"
    local, roaming = world.person / "Local", world.person / "Roaming"
    world.environment = {
        "LOCALAPPDATA": str(local),
        "APPDATA": str(roaming),
        "PROGRAMFILES": "/programs",
    }
    world.present.add("/programs/Inkscape/bin/inkscape.exe")
    assert world.do() == 0
    pointer = json.loads(
        (roaming / "inkscape" / "extensions" / "clipasso" / "engine.json").read_text()
    )
    assert pointer["command"][0].endswith("python.exe")
    assert pointer["home"] == str(local / "clipasso")
    launcher = (local / "clipasso" / "bin" / "clipasso.cmd").read_text()
    assert str(world.person) not in launcher  # its letters may be none of the console's
    assert '"%~dp0..\\engines\\' in launcher
    assert '\\Scripts\\python.exe" -I -m clipasso_core %*' in launcher


@pytest.mark.parametrize("place", ["/Applications", "~/Applications"])
def test_macos(world: World, place: str) -> None:
    world.system = "darwin"
    place = place.replace("~", str(world.person))
    world.present.add(f"{place}/Inkscape.app/Contents/MacOS/inkscape")
    assert world.do() == 0
    extensions = (
        world.person
        / "Library/Application Support/org.inkscape.Inkscape/config/inkscape/extensions"
    )
    assert (extensions / "clipasso" / "clipasso_sketch.inx").is_file()


def test_an_inkscape_that_is_not_there_is_one_line(
    world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    assert world.do("--inkscape", "/no/such/inkscape") == 2
    assert "check the path" in capfd.readouterr().err
    assert world.ran == []


# The extension


def test_only_what_belongs_is_copied_and_the_manifest_holds_it(
    world: World, install: ModuleType
) -> None:
    junk = install.EXTENSION / "clipasso_ext" / "__pycache__"
    junk.mkdir()
    (junk / "layer.pyc").touch()
    target = world.add_inkscape()
    assert world.do() == 0
    copied = files(target)
    assert {name for name in copied if not name.endswith((".py", ".inx"))} == {"engine.json"}
    for name in copied.keys() - {"engine.json"}:
        assert copied[name] == (install.EXTENSION / name).read_bytes()
    (sums,) = json.loads((world.home / "installed.json").read_text()).values()
    assert sums.keys() == copied.keys()


def test_an_upgrade_removes_what_the_new_version_lacks(world: World, install: ModuleType) -> None:
    gone = install.EXTENSION / "clipasso_gone.inx"
    gone.write_text("old")
    target = world.add_inkscape()
    world.do()
    assert (target / gone.name).exists()
    gone.unlink()
    world.do()
    assert not (target / gone.name).exists()


def test_an_upgrade_over_a_version_without_manifest_leaves_none_of_its_code(
    world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    target = world.add_inkscape()
    target.mkdir(parents=True)
    (target / "clipasso_old.inx").write_text("<id>org.clipasso.old</id>")
    (target.parent / "clipasso_sketch.inx").write_text("<id>org.clipasso.sketch</id>")
    (target.parent / "other.inx").write_text("<id>org.other</id>")
    assert world.do() == 0
    assert not (target / "clipasso_old.inx").exists()
    assert sorted(path.name for path in target.parent.iterdir()) == ["clipasso", "other.inx"]
    assert "Removed" in capfd.readouterr().out


def test_another_copy_in_a_folder_of_the_persons_is_told_and_left(
    world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    target = world.add_inkscape()
    copy = target.parent / "CLIPasso-main" / "inkscape_ext" / "clipasso_sketch.inx"
    copy.parent.mkdir(parents=True)
    copy.write_text("<id>org.clipasso.sketch</id>")
    assert world.do() == 0
    assert copy.exists()
    assert f"Another copy of the extension is in {copy.parent}" in capfd.readouterr().out


def test_what_the_person_changed_or_added_outlives_every_upgrade(
    world: World, install: ModuleType, capfd: pytest.CaptureFixture[str]
) -> None:
    target = world.add_inkscape()
    world.do()
    (target / "clipasso_sketch.inx").write_text("mine")
    for name in ("notes.txt", "my.inx"):
        (target / name).write_text("mine too")
    for _ in range(3):
        assert world.do() == 0
    assert (target / "clipasso_sketch.inx.yours").read_text() == "mine"
    for name in ("notes.txt", "my.inx"):
        assert (target / name).read_text() == "mine too"
    assert (target / "clipasso_sketch.inx").read_bytes() == (
        install.EXTENSION / "clipasso_sketch.inx"
    ).read_bytes()
    assert capfd.readouterr().out.count("You had changed") == 1


@pytest.mark.parametrize(
    "moment", [1, 2], ids=["before the old one is back", "before the new one is in place"]
)
def test_an_interruption_while_swapping_leaves_one_extension(
    world: World, install: ModuleType, monkeypatch: pytest.MonkeyPatch, moment: int
) -> None:
    target = world.add_inkscape()
    world.do()
    (target / "notes.txt").write_text("mine")
    before, real, calls = files(target), install.os.replace, []

    def replace(source: Any, place: Any) -> None:
        if Path(source).name.startswith("clipasso") and Path(source).parent == target.parent:
            calls.append(source)
            if len(calls) == moment:
                raise KeyboardInterrupt
        real(source, place)

    with monkeypatch.context() as context:
        context.setattr(install.os, "replace", replace)
        assert world.do() == 130
    assert files(target) == before
    assert [path.name for path in target.parent.iterdir()] == ["clipasso"]
    assert world.do() == 0
    assert (target / "notes.txt").exists()


def test_copies_that_a_killed_run_left_are_cleared_away(world: World) -> None:
    target = world.add_inkscape()
    world.do()
    (target / "notes.txt").write_text("mine")
    os.replace(target, target.with_name("clipasso.old"))  # killed between two renames
    shutil.copytree(target.with_name("clipasso.old"), target.with_name("clipasso.new"))
    assert world.do() == 0
    assert [path.name for path in target.parent.iterdir()] == ["clipasso"]
    assert (target / "notes.txt").exists()


# The self-check


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("sketch /", "sketch the example could not be sketched"),
        ("import clipasso_ext", "Inkscape the extension does not run under its Python"),
        ("org.clipasso.sketch.noprefs", "Inkscape no sketch was inserted"),
    ],
)
def test_a_check_that_fails_is_named_at_the_end(
    world: World, capfd: pytest.CaptureFixture[str], broken: str, said: str
) -> None:
    world.add_inkscape()
    world.environment["DISPLAY"] = ":1"
    world.failing = broken
    assert world.do() == 2
    assert tell(capfd).startswith(f"Not ready: {said}")


@pytest.mark.parametrize("display", ["", ":gone"])
def test_without_a_display_inkscape_is_not_started(
    world: World, capfd: pytest.CaptureFixture[str], display: str
) -> None:
    world.add_inkscape()
    world.environment["DISPLAY"] = display
    world.failing = "init_check"
    assert world.do() == 0
    assert world.count("noprefs") == 0
    assert "needs a display" in capfd.readouterr().out


def test_python_without_gtk_is_told_which_packages_to_install(
    world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    world.add_inkscape()
    world.failing = "import gi"
    assert world.do() == 0
    assert "install python3-gi and gir1.2-gtk-3.0" in capfd.readouterr().out


# CLIP


def test_clip_is_offered_with_size_licence_and_place_and_never_fetched_unasked(
    world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    assert world.do() == 0
    assert world.count("models fetch clip") == 0
    (question,) = [text for text in world.ran if text.startswith("?")]
    for said in ("480 MB", "MIT", str(world.home / "models")):
        assert said in question
    assert "models fetch clip:RN101:openai" in capfd.readouterr().out
    world.do("--yes")
    assert world.count("? ") == world.count("models fetch clip") == 0


def test_clip_is_fetched_when_wanted_and_not_offered_again(world: World) -> None:
    world.answers = [True]
    assert world.do() == 0
    assert world.count("models fetch clip:RN101:openai") == 1
    world.said["models list"] = "lite\nclip:RN101:openai   480.0 MB  CLIP guide\n"
    world.do()
    assert world.count("? ") == 0


# Without network


def test_offline_takes_everything_from_the_folder(
    world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    wheels = world.folder / "wheels with ümlaut"
    wheels.mkdir()
    assert world.do("--offline", str(wheels)) == 0
    own = next(
        env
        for command, env in zip(world.ran, world.environments, strict=True)
        if "pip install" in command
    )
    assert own["PIP_NO_INDEX"] == "1"
    assert own["PIP_FIND_LINKS"] == wheels.as_uri()  # pip splits at blanks
    assert world.count("--index-url") == world.count("? ") == 0
    assert "GB to download" not in capfd.readouterr().out


def test_a_folder_that_lacks_a_wheel_is_told(
    world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    world.failing = "setuptools>="
    assert world.do("--offline", str(world.folder)) == 2
    err = capfd.readouterr().err
    assert "setuptools could not be installed" in err
    assert "docs/install.md" in err
    assert world.do("--offline", str(world.folder / "none")) == 2
    assert "there is no folder" in capfd.readouterr().err


# Uninstalling


def test_uninstalling_leaves_nothing(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    target = world.add_inkscape()
    before = {path for path in world.person.rglob("*") if path.is_file()}
    world.do()
    (target / "clipasso_ext" / "__pycache__").mkdir()
    (target / "clipasso_ext" / "__pycache__" / "layer.pyc").touch()
    for name in ("models", "logs", "run"):
        (world.home / name).mkdir()
        (world.home / name / "file").touch()
    assert world.do("uninstall", "--yes") == 0
    assert world.count("engine stop") == 1
    assert not target.exists()
    assert not world.home.exists()
    assert {path for path in world.person.rglob("*") if path.is_file()} == before
    assert tell(capfd) == "CLIPasso is uninstalled."
    assert world.do("uninstall") == 0
    assert "Nothing is installed" in tell(capfd)


def test_uninstalling_keeps_and_names_what_the_person_changed_or_added(
    world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    target = world.add_inkscape()
    world.do()
    (target / "clipasso_sketch.inx").write_text("mine")
    (target / "notes.txt").write_text("mine")
    (target.parent / "other.inx").write_text("someone else's")
    capfd.readouterr()
    assert world.do("uninstall", "--yes") == 0
    assert sorted(files(target.parent)) == [
        "clipasso/clipasso_sketch.inx",
        "clipasso/notes.txt",
        "other.inx",
    ]
    out = capfd.readouterr().out
    assert f"Kept {target / 'clipasso_sketch.inx'}" in out
    assert f"Kept {target / 'notes.txt'}" in out


def test_weights_outside_of_the_home_are_never_deleted(
    world: World, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    weights = tmp_path / "weights"
    weights.mkdir()
    (weights / "clip.bin").touch()
    world.do("--models", str(weights))
    assert world.do("uninstall", "--yes") == 0
    assert (weights / "clip.bin").exists()
    assert f"Kept {weights}" in capfd.readouterr().out


def test_weights_in_the_home_stay_when_asked_for(world: World) -> None:
    world.do()
    (world.home / "models").mkdir()
    (world.home / "models" / "clip.bin").touch()
    assert world.do("uninstall", "--yes", "--keep-models") == 0
    assert list(files(world.home)) == ["models/clip.bin"]
    assert world.do() == 0  # a home with weights is still a home


def test_a_folder_that_holds_nothing_of_ours_is_not_touched(world: World) -> None:
    for name in ("bin", "models", "logs", "engines"):
        (world.person / name).mkdir()
        (world.person / name / "mine").touch()
    before = files(world.person)
    assert world.do("uninstall", "--yes", "--home", str(world.person)) == 0
    assert files(world.person) == before


def test_what_a_person_put_into_the_home_stays(world: World) -> None:
    world.do()
    (world.home / "bin" / "mine").touch()
    (world.home / "letter.txt").touch()
    assert world.do("uninstall", "--yes") == 0
    assert sorted(files(world.home)) == ["bin/mine", "letter.txt"]


def test_an_extension_that_another_home_took_over_stays(world: World, tmp_path: Path) -> None:
    target = world.add_inkscape()
    world.do()
    other = tmp_path / "other"
    world.do("--home", str(other))
    before = files(target)
    assert world.do("uninstall", "--yes") == 0
    assert files(target) == before
    assert world.do("uninstall", "--yes", "--home", str(other)) == 0
    assert not target.exists()


def test_sketches_that_were_not_inserted_yet_stay(
    world: World, capfd: pytest.CaptureFixture[str]
) -> None:
    world.do()
    job = world.home / "jobs" / "1"
    job.mkdir(parents=True)
    (job / "outcome.json").touch()
    assert world.do("uninstall", "--yes") == 0
    assert (job / "outcome.json").exists()
    assert "not inserted yet" in capfd.readouterr().out
    (job / "inserted").touch()
    world.do()
    world.do("uninstall", "--yes")
    assert not world.home.exists()


def test_a_half_made_engine_can_be_uninstalled(world: World) -> None:
    world.interrupting = "setuptools>="
    assert world.do() == 130
    assert world.do("uninstall", "--yes") == 0
    assert not world.home.exists()


def test_what_can_not_be_removed_is_told_and_tried_again(
    world: World,
    install: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    world.do()
    with monkeypatch.context() as context:
        # Windows does not remove what is in use
        context.setattr(install.shutil, "rmtree", lambda *_, **__: None)
        assert world.do("uninstall", "--yes") == 2
    out = capfd.readouterr().out
    assert f"Kept {world.home / 'engines'}" in out
    assert "run this again" in out
    assert world.do("uninstall", "--yes") == 0
    assert not world.home.exists()


# What it prints


@pytest.mark.parametrize("command", ["install", "doctor", "uninstall"])
def test_with_json_standard_output_is_json_and_nothing_else(
    world: World, capfd: pytest.CaptureFixture[str], command: str
) -> None:
    world.add_inkscape()
    world.do("--yes")
    capfd.readouterr()
    assert world.do(command, "--json", "--yes") == 0
    facts = json.loads(capfd.readouterr().out)
    assert facts["message"]
    if command != "uninstall":
        assert facts["ready"] is True
        assert {"name", "state", "text", "advice"} == facts["checks"][0].keys()


def test_with_json_a_fault_is_json_too(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    world.free = 0
    assert world.do("--json") == 2
    facts = json.loads(capfd.readouterr().out)
    assert facts["ready"] is False
    assert "GB are needed" in facts["message"]


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_doctors_report_does_not_name_the_person(
    world: World, capfd: pytest.CaptureFixture[str], more: list[str]
) -> None:
    world.add_inkscape()
    world.said["--version"] = "Inkscape 1.2.2 (b0a8486541, 2022-12-01)\n"
    world.do()
    capfd.readouterr()
    assert world.do("doctor", *more) == 0
    out = capfd.readouterr().out
    assert str(world.person) not in out
    assert "~/.config/inkscape/extensions/clipasso" in out
    assert "Inkscape 1.2.2" in out
    assert f"Python {sys.version.split()[0]}" in out


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (
            lambda target: (target / "clipasso_sketch.inx").write_text("mine"),
            "were changed: clipasso_sketch.inx",
        ),
        (lambda target: shutil.rmtree(target), "has no extension"),
    ],
)
def test_doctor_looks_at_the_extension(
    world: World, capfd: pytest.CaptureFixture[str], spoil: Callable[[Path], object], said: str
) -> None:
    target = world.add_inkscape()
    world.do()
    spoil(target)
    world.do("doctor")
    assert said in capfd.readouterr().out


def test_doctor_knows_an_extension_of_another_version(
    world: World, install: ModuleType, capfd: pytest.CaptureFixture[str]
) -> None:
    world.add_inkscape()
    world.do()
    (install.EXTENSION / "clipasso_sketch.py").write_text("new = True")
    assert world.do("doctor") == 0
    assert "another version" in capfd.readouterr().out


def test_a_code_page_without_our_marks_is_no_crash(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(FILE), "doctor", "--extensions-dir", str(tmp_path)],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        stdin=subprocess.DEVNULL,
    )
    assert done.stderr == b""
    assert b"? machine: " in done.stdout


# The true machine


def test_a_report_with_faults_is_read_though_its_command_fails(install: ModuleType) -> None:
    command = [sys.executable, "-c", "print('report'); raise SystemExit(2)"]
    assert install.Machine().ask(command) is None
    assert install.Machine().ask(command, any_status=True) == "report\n"


def test_a_command_that_is_missing_hangs_or_talks_gibberish_is_no_crash(
    install: ModuleType,
) -> None:
    machine = install.Machine()
    assert machine.ask(["/no/such/command"]) is None
    assert machine.ask([sys.executable, "-c", "import time; time.sleep(60)"], timeout_s=0.1) is None
    assert machine.ask([sys.executable, "-c", "import os; os.write(1, b'\\xff')"]) == "\ufffd"


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/", "no address", "http://[/"])
def test_what_does_not_answer_is_out_of_reach(install: ModuleType, address: str) -> None:
    assert install.Machine().reaches(address) is False


def test_nobody_there_to_answer_means_no(
    install: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    assert install.Machine().answer("Fetch?") is False


# The true pip, on a small project


BACKEND = """
import os, zipfile
def build_wheel(folder, config_settings=None, metadata_directory=None):
    name = "clipasso-1-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(folder, name), "w") as wheel:
        wheel.write("clipasso_core/__init__.py")
        wheel.write("clipasso_core/__main__.py")
        facts = "Metadata-Version: 2.1\\nName: clipasso\\nVersion: 1\\n"
        wheel.writestr("clipasso-1.dist-info/METADATA", facts)
        kind = "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
        wheel.writestr("clipasso-1.dist-info/WHEEL", kind)
        wheel.writestr("clipasso-1.dist-info/RECORD", "")
    return name
"""
ENGINE = (
    "import json, os, sys\nprint(json.dumps([sys.argv[1:], os.environ['CLIPASSO_HOME']]) if"
    " 'doctor' not in sys.argv else '[]')\n"
)


def test_the_true_pip_installs_from_wheels_into_a_home_with_blanks_quotes_and_umlauts(
    install: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    (install.ROOT / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["setuptools"]\nbuild-backend ='
        ' "setuptools.build_meta"\n[project]\nname = "clipasso"\nversion = "1"\n'
    )
    (install.ROOT / "clipasso_core" / "__main__.py").write_text(ENGINE)
    wheels, home = tmp_path / "whéels here", tmp_path / "it's Zoë's $HOME"
    wheels.mkdir()
    # a stand-in that builds this one project
    with zipfile.ZipFile(wheels / "setuptools-99-py3-none-any.whl", "w") as wheel:
        wheel.writestr("setuptools/__init__.py", "")
        wheel.writestr("setuptools/build_meta.py", BACKEND)
        wheel.writestr(
            "setuptools-99.dist-info/METADATA",
            "Metadata-Version: 2.1\nName: setuptools\nVersion: 99\n",
        )
        wheel.writestr(
            "setuptools-99.dist-info/WHEEL",
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        wheel.writestr("setuptools-99.dist-info/RECORD", "")
    for name, value in {
        "PIP_USER": "1",
        "PIP_REQUIRE_VIRTUALENV": "1",
        "PYTHONPATH": str(install.ROOT),
        "CLIPASSO_HOME": "",
    }.items():
        monkeypatch.setenv(name, value)

    class Roomy(install.Machine):
        person = tmp_path

        def free_gb(self, _path: Path) -> float:
            return 100.0

        def which(self, _name: str) -> None:
            return None

        def exists(self, _path: str) -> bool:
            return False

    words = ["--home", str(home), "--offline", str(wheels), "--yes"]
    assert install.main(words, Roomy()) == 0, capfd.readouterr()
    done = subprocess.run(
        [home / "bin" / "clipasso", "sketch", "a b.jpg"],
        capture_output=True,
        text=True,
        cwd="/",
        check=True,
    )
    assert json.loads(done.stdout) == [["sketch", "a b.jpg"], str(home)]
    shutil.rmtree(wheels)
    wheels.mkdir()
    (install.ROOT / "clipasso_core" / "__main__.py").write_text(ENGINE + "# new\n")
    assert install.main(words, Roomy()) == 0  # an update needs no wheel
    (site,) = home.glob("engines/*/lib/python*/site-packages")
    assert (site / "clipasso_core" / "__main__.py").read_text().endswith("# new\n")
    assert install.main(["uninstall", *words], Roomy()) == 0
    assert not home.exists()


def test_the_installer_needs_nothing_but_the_oldest_python() -> None:
    names: set[str] = set()
    for path in (FILE, *(CHECKOUT / "installer").glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 10))
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names.add(node.module or "")
    known = sys.stdlib_module_names | {"__future__", "installer"}
    assert {name.split(".")[0] for name in names} <= known
