"""The true pip installs a small project."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest
from support.installer import CHECKOUT, copy_checkout, files

from installer.checkout import Checkout
from installer.clone import clone_environment
from installer.commands import main
from installer.engine import Engine
from installer.home import Home
from installer.machine import Machine
from installer.options import Options
from installer.packages import Packages
from installer.problem import Problem

BACKEND = """
import os, zipfile
def build_wheel(folder, config_settings=None, metadata_directory=None):
    name = "clipasso-1-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(folder, name), "w") as wheel:
        wheel.write("clipasso_core/__init__.py")
        wheel.write("clipasso_core/__main__.py")
        facts = "Metadata-Version: 2.1\\nName: clipasso\\nVersion: 1\\n"
        if os.path.exists("clipasso_core/needs.txt"):
            facts += "Requires-Dist: " + open("clipasso_core/needs.txt").read() + "\\n"
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


PROJECT = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "clipasso"
version = "1"
"""


class RoomyMachine(Machine):
    """This machine, with room on its disk and without Inkscape."""

    def __init__(self, person: Path) -> None:
        self._person = person

    @property
    def person(self) -> Path:
        return self._person

    def free_gb(self, path: Path) -> float:
        return 100.0

    def which(self, name: str) -> str | None:
        return None

    def exists(self, path: str) -> bool:
        return False


def make_wheel(folder: Path, name: str, version: str, files: dict[str, str]) -> None:
    """Lay a wheel of these files into a folder."""
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)
        facts = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        wheel.writestr(f"{name}-{version}.dist-info/METADATA", facts)
        kind = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        wheel.writestr(f"{name}-{version}.dist-info/WHEEL", kind)
        wheel.writestr(f"{name}-{version}.dist-info/RECORD", "")


def fill(wheels: Path) -> None:
    """A folder of wheels with a stand-in for setuptools, which builds this one project."""
    wheels.mkdir()
    files = {"setuptools/__init__.py": "", "setuptools/build_meta.py": BACKEND}
    make_wheel(wheels, "setuptools", "99", files)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A checkout whose engine is small and needs nothing."""
    checkout = copy_checkout(tmp_path / "checkout")
    checkout.project.write_text(PROJECT)
    (checkout.engine / "__main__.py").write_text(ENGINE)
    return checkout


def test_the_true_pip_installs_from_wheels_into_a_home_with_blanks_quotes_and_umlauts(
    checkout: Checkout,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    wheels = tmp_path / "whéels here"
    home = tmp_path / "it's Zoë's $HOME"
    fill(wheels)
    monkeypatch.setenv("PIP_USER", "1")
    monkeypatch.setenv("PIP_REQUIRE_VIRTUALENV", "1")
    monkeypatch.setenv("PYTHONPATH", str(checkout.root))
    monkeypatch.setenv("CLIPASSO_HOME", "")
    machine = RoomyMachine(tmp_path)
    words = ["--home", str(home), "--offline", str(wheels), "--yes"]
    assert main(words, machine, checkout) == 0, capfd.readouterr()
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
    (checkout.engine / "__main__.py").write_text(ENGINE + "# new\n")
    assert main(words, machine, checkout) == 0  # an update needs no wheel
    (site,) = home.glob("engines/*/lib/python*/site-packages")
    assert (site / "clipasso_core" / "__main__.py").read_text().endswith("# new\n")
    assert main(["uninstall", *words], machine, checkout) == 0
    assert not home.exists()


def test_modules_in_the_working_folder_are_not_run(
    checkout: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "working folder"
    folder.mkdir()
    ran = folder / "ran"
    # -c and -m look into the working folder before anywhere else
    others = {"pip", "setuptools", "pkg_resources", "torch", "torchvision", "clipasso_core"}
    for name in sys.stdlib_module_names | others | {"sitecustomize", "usercustomize"}:
        (folder / f"{name}.py").write_text(f"open({str(ran)!r}, 'a').write(__name__)")
    fill(tmp_path / "wheels")
    monkeypatch.chdir(folder)
    machine = RoomyMachine(tmp_path)
    words = ["--home", str(tmp_path / "home"), "--offline", str(tmp_path / "wheels"), "--yes"]
    assert main(words, machine, checkout) == 0
    (checkout.engine / "__main__.py").write_text(ENGINE + "# new\n")
    main(["doctor", *words], machine, checkout)
    for command in ("install", "demo", "uninstall"):
        assert main([command, *words], machine, checkout) == 0
    assert not ran.exists()


def test_install_py_itself_runs_nothing_from_the_working_folder(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    for name in sys.stdlib_module_names | {"installer", "torch", "torchvision", "gi"}:
        (tmp_path / f"{name}.py").write_text(f"open({str(ran)!r}, 'a').write(__name__)")
    for words in (["doctor"], ["uninstall"], ["--torch", "existing", "--offline", "nowhere"]):
        command = [sys.executable, str(CHECKOUT / "install.py"), *words, "--yes"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        assert done.stderr.count("\n") < 2, done.stderr
    assert not ran.exists()


def test_the_true_pip_changes_nothing_in_the_environment_that_it_was_cloned_from(
    environment: Path, checkout: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheels = tmp_path / "wheels"
    fill(wheels)
    make_wheel(wheels, "helper", "1.5", {"helper.py": "version = 1.5"})
    reach_wheels_only(monkeypatch, wheels)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    said: list[str] = []
    first, second = (
        environment.with_name(f"20260101-000000-the_{one}") for one in ("next", "last")
    )
    for source, target in ((environment, first), (first, second)):
        target.mkdir()
        clone_environment(source, target)
        if target == first:
            packages(first, checkout, tmp_path, said).install_engine("", tested=False)
            before = files(first)
    (checkout.engine / "needs.txt").write_text("helper>=1")
    (checkout.engine / "__main__.py").write_text(ENGINE + "# new\n")
    packages(second, checkout, tmp_path, said).install_engine("", tested=False)
    assert files(first) == before
    assert len(list(second.glob("lib/python*/site-packages/helper.py"))) == 1
    (pip,) = first.glob("lib/python*/site-packages/pip/__init__.py")
    assert pip.stat().st_nlink > 1  # a clone takes no room for what stays as it is
    where = "import sys; print(sys.prefix)"
    for folder in (first, second):
        done = subprocess.run(
            [folder / "bin" / "pip", "--version"], capture_output=True, text=True, check=True
        )
        assert f"from {folder}/" in done.stdout
        done = subprocess.run(
            [folder / "bin" / "python", "-I", "-c", where], capture_output=True, text=True
        )
        assert done.stdout.strip() == str(folder)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with pip and nothing else."""
    # a name as the set-up gives: it stands in no program by chance
    folder = tmp_path_factory.mktemp("home") / "engines" / "20260101-000000-original"
    venv.create(folder, with_pip=True)
    return folder


def packages(environment: Path, checkout: Checkout, tmp_path: Path, said: list[str]) -> Packages:
    """Installs into an environment, and keeps what is said."""
    home = Home(environment.parents[1], sys.platform)
    engine = Engine(RoomyMachine(tmp_path), Options(), home)
    return Packages(engine, checkout, home.python(environment), said.append)


def reach_wheels_only(monkeypatch: pytest.MonkeyPatch, wheels: Path) -> None:
    """Let pip find a folder of wheels, and an index that does not answer."""
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_FIND_LINKS", wheels.as_uri())
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "")
    monkeypatch.setenv("PIP_RETRIES", "0")


def test_the_true_pip_goes_on_without_a_version_that_does_not_exist(
    environment: Path, checkout: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheels = tmp_path / "wheels"
    fill(wheels)
    make_wheel(wheels, "helper", "1.5", {"helper.py": "version = 1.5"})
    (checkout.engine / "needs.txt").write_text("helper>=1")
    checkout.constraints.write_text("helper==2.0\n")
    reach_wheels_only(monkeypatch, wheels)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    said: list[str] = []
    packages(environment, checkout, tmp_path, said).install_engine("", tested=True)
    assert said == ["The tested versions can't all be had here: going on with the newest that fit."]
    (helper,) = environment.glob("lib/python*/site-packages/helper.py")
    assert helper.read_text() == "version = 1.5"


def test_the_true_pip_does_not_try_again_without_a_network(
    environment: Path,
    checkout: Checkout,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    wheels = tmp_path / "wheels"
    fill(wheels)
    (checkout.engine / "needs.txt").write_text("elsewhere>=1")
    checkout.constraints.write_text("elsewhere==2.0\n")
    reach_wheels_only(monkeypatch, wheels)
    said: list[str] = []
    with pytest.raises(Problem, match="check the connection"):
        packages(environment, checkout, tmp_path, said).install_engine("", tested=True)
    assert said == []
    assert capfd.readouterr().err.count("Processing ") == 1  # one attempt
