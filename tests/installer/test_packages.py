"""What pip is told, with a network and without."""

from __future__ import annotations

import pytest
from support.installer import FakeMachine, files


def test_the_engine_is_built_from_a_copy_so_that_the_checkout_stays_as_it_was(
    machine: FakeMachine,
) -> None:
    before = files(machine.checkout.root)
    machine.do()
    assert machine.count("--upgrade") == 1
    assert machine.count(f"--upgrade {machine.checkout.root}") == 0
    assert files(machine.checkout.root) == before


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
