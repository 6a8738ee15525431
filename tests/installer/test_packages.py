"""What pip is told, with a network and without."""

from __future__ import annotations

import pytest
from support.installer import FakeMachine, files

TESTED = "The tested versions can't all be had here: going on with the newest that fit."


def test_the_engine_is_built_from_a_copy_so_that_the_checkout_stays_as_it_was(
    machine: FakeMachine,
) -> None:
    before = files(machine.checkout.root)
    machine.do()
    assert machine.count("--upgrade") == 1
    assert machine.count(f"--upgrade {machine.checkout.root}") == 0
    assert files(machine.checkout.root) == before


def test_the_engines_packages_get_the_tested_versions(machine: FakeMachine) -> None:
    assert machine.do() == 0
    with_versions = f"--constraint {machine.checkout.constraints} --no-build-isolation --upgrade"
    assert machine.count(with_versions) == machine.count("--constraint") == 1
    assert machine.do("test") == 0
    assert machine.count(with_versions) == machine.count("--constraint") == 1


def test_tested_versions_that_can_not_be_had_are_told_and_left_out(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str]
) -> None:
    machine.failing = "--constraint"
    machine.pip_log = "pip._vendor.resolvelib.resolvers.ResolutionImpossible: []"
    assert machine.do() == 0
    out = capfd.readouterr().out
    assert out.count(TESTED) == 1
    assert machine.count("--no-build-isolation") == 2
    assert machine.count("--constraint") == 1
    assert machine.do() == 0
    assert machine.count("pip install") == 0


@pytest.mark.parametrize(
    "log",
    [
        "",
        "Fetching project page and analyzing links: https://pypi.org/simple/numpy/\n"
        "Could not fetch URL https://pypi.org/simple/numpy/: connection error - skipping\n"
        "pip._vendor.resolvelib.resolvers.ResolutionImpossible: []",
    ],
    ids=["for a reason unknown", "for the network's sake"],
)
def test_a_failure_that_has_nothing_to_do_with_versions_is_told_once(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str], log: str
) -> None:
    machine.failing = "--constraint"
    machine.pip_log = log
    assert machine.do() == 2
    out, err = capfd.readouterr()
    assert TESTED not in out
    assert "the engine's packages could not be installed: check the connection" in err
    assert err.count("\n") == 1
    assert machine.count("--no-build-isolation") == 1


@pytest.mark.parametrize("step", ["torch torchvision", "setuptools>=", "--constraint"])
def test_a_disk_that_fills_up_under_pip_is_told_and_the_old_engine_stays(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str], step: str
) -> None:
    machine.do()
    before = machine.in_use
    machine.need_newer_torch()
    machine.failing = "pip install" if step == "torch torchvision" else step
    machine.pip_log = "ERROR: Could not install packages due to an OSError: [Errno 28] No space"
    capfd.readouterr()
    assert machine.do() == 2
    err = capfd.readouterr().err
    assert err.count("\n") == 1
    assert f"the disk of {machine.home} is full: make room" in err
    assert "the engine that was there stays in use" in err
    assert machine.engines == [before] == [machine.in_use]
    machine.failing = ""
    assert machine.do() == 0


def test_packages_that_are_lent_stay_as_they_are(machine: FakeMachine) -> None:
    assert machine.do("--torch", "existing") == 0
    assert machine.do("test") == 0
    assert machine.count("clipasso[dev]") == 1
    assert machine.count("--constraint") == 0


def test_what_a_persons_settings_tell_pip_does_not_lead_the_packages_elsewhere(
    machine: FakeMachine,
) -> None:
    machine.variables = {
        "PIP_USER": "1",
        "PIP_TARGET": "/x",
        "PYTHONHOME": "/y",
        "PIP_REQUIRE_VIRTUALENV": "1",
        "HTTPS_PROXY": "proxy",
    }
    machine.do()
    own = machine.variables_for("pip install")
    assert (own["PIP_USER"], own["HTTPS_PROXY"]) == ("0", "proxy")
    assert not {"PIP_TARGET", "PYTHONHOME"} & own.keys()
    assert own["TMPDIR"].startswith(str(machine.home))  # where there is room; /tmp may be small


def test_offline_takes_everything_from_the_folder(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str]
) -> None:
    wheels = machine.folder / "wheels with ümlaut"
    wheels.mkdir()
    assert machine.do("--offline", str(wheels)) == 0
    own = machine.variables_for("pip install")
    assert own["PIP_NO_INDEX"] == "1"
    assert own["PIP_FIND_LINKS"] == wheels.as_uri()  # pip splits at blanks
    assert machine.count("--index-url") == machine.count("? ") == 0
    assert "GB to download" not in capfd.readouterr().out


def test_a_folder_that_lacks_a_wheel_is_told(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str]
) -> None:
    machine.failing = "setuptools>="
    assert machine.do("--offline", str(machine.folder)) == 2
    err = capfd.readouterr().err
    assert "setuptools could not be installed" in err
    assert "docs/install.md" in err
    assert machine.do("--offline", str(machine.folder / "none")) == 2
    assert "there is no folder" in capfd.readouterr().err
