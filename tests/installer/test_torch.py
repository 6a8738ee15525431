"""The build of torch fits the machine."""

from __future__ import annotations

import sys
import venv
from pathlib import Path

import pytest
from support.installer import FakeMachine

from installer.home import Home
from installer.machine import Machine
from installer.options import Options
from installer.problem import Problem
from installer.torch import choose_torch


@pytest.mark.parametrize(
    ("driver", "found", "asked", "index", "why"),
    [
        ("580.95.05, 9.0\n", "", "auto", "cu130", "NVIDIA driver 580, compute capability 9.0"),
        ("580.95.05\n", "", "auto", "cu130", "NVIDIA driver 580"),
        ("535.183.01, 8.6\n535.183.01, 8.6\n", "", "auto", "cu126", "NVIDIA driver 535"),
        # Pascal and Volta on a new driver, whose newest builds lack their kernels
        ("580.95.05, 6.1\n", "", "auto", "cu126", "compute capability 6.1"),
        ("590.1, 7.0\n", "", "auto", "cu126", "compute capability 7.0"),
        # Blackwell, whose kernels older builds lack
        ("580.95.05, 12.0\n", "", "auto", "cu130", "compute capability 12.0"),
        ("572.60, 12.0\n", "", "auto", "cu128", "compute capability 12.0"),
        ("550.54, 12.0\n", "", "auto", "cpu", "get 570 or newer"),
        # of several cards the most capable
        ("580.1, 6.1\n580.1, 8.9\n", "", "auto", "cu130", "compute capability 8.9"),
        ("470.1, 8.6", "", "auto", "cpu", "get 525 or newer"),
        ("470.1, 3.5", "", "auto", "cpu", "no build of torch has kernels"),
        ("470.1", "", "auto", "cpu", "too old"),
        (None, "rocminfo", "auto", "rocm6.4", "ROCm"),
        ("N/A", "", "auto", "cpu", "no GPU"),
        ("580.1", "", "cpu", "cpu", "as asked"),
        (None, "", "cuda", "cu126", "no NVIDIA driver was found"),
    ],
)
def test_torch_fits_the_machine(
    machine: FakeMachine,
    capfd: pytest.CaptureFixture[str],
    driver: str | None,
    found: str,
    asked: str,
    index: str,
    why: str,
) -> None:
    machine.said["nvidia-smi"] = driver
    machine.found[found] = found
    assert machine.do("--torch", asked) == 0
    assert (
        machine.count(f"torch torchvision --index-url https://download.pytorch.org/whl/{index}")
        == 1
    )
    out = capfd.readouterr().out
    assert why in out
    assert "GB to download" in out


def test_a_driver_that_knows_no_compute_capability_is_asked_for_its_version(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str]
) -> None:
    machine.said["--query-gpu=driver_version,compute_cap"] = None
    machine.said["--query-gpu=driver_version "] = "525.60\n"
    assert machine.do() == 0
    assert machine.count("whl/cu126") == 1
    assert "NVIDIA driver 525" in capfd.readouterr().out


def test_an_index_that_does_not_answer_means_the_default_build_and_says_so(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str]
) -> None:
    machine.online = False
    assert machine.do() == 0
    assert machine.count("--index-url") == 0
    assert "whl/cpu does not answer: the default build" in capfd.readouterr().out


def test_an_index_that_lacks_a_build_means_the_default_build_and_says_so(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str]
) -> None:
    machine.failing = "--index-url"
    assert machine.do() == 0
    assert "or the connection broke: the default build without" in capfd.readouterr().out


def test_apples_torch_is_pips_own(machine: FakeMachine) -> None:
    machine.system = "darwin"
    assert machine.do() == 0
    assert machine.count("--index-url") == 0


def test_another_torch_is_a_new_environment(machine: FakeMachine) -> None:
    machine.do()
    before = machine.in_use
    assert machine.do("--torch", "cuda") == 0
    assert machine.in_use != before
    before = machine.in_use
    for asked in ("cuda", "auto"):
        machine.do("--torch", asked)
        assert machine.in_use == before


def test_the_torch_of_the_running_python_is_lent(machine: FakeMachine) -> None:
    assert machine.do("--torch", "existing") == 0
    assert machine.count("--index-url") == 0
    (lent,) = machine.in_use.rglob("*.pth")
    here = next(path for path in sys.path if path.endswith("site-packages"))
    assert here in lent.read_text().splitlines()


def test_a_python_without_torch_can_not_lend_one(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str]
) -> None:
    machine.failing = "import torch"
    assert machine.do("--torch", "existing") == 2
    assert "leave --torch existing out" in capfd.readouterr().err


def test_a_torch_in_the_working_folder_is_not_taken_for_the_torch_of_this_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("torch", "torchvision"):
        (tmp_path / f"{name}.py").write_text("__version__ = '9.9'")
    monkeypatch.chdir(tmp_path)
    venv.create(tmp_path / "bare", with_pip=False)  # a Python that has no other torch
    python = Home(tmp_path, sys.platform).python(tmp_path / "bare")
    monkeypatch.setattr(sys, "executable", str(python))
    assert Machine().ask([sys.executable, "-c", "import torch"]) is not None
    with pytest.raises(Problem, match="has no torch"):
        choose_torch(Machine(), Options(torch="existing"))
