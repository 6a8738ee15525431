"""What is printed: for people, and as JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.installer import CHECKOUT, FakeMachine

import clipasso_core
from installer.checkout import Checkout


@pytest.mark.parametrize("command", ["install", "doctor", "uninstall"])
def test_with_json_standard_output_is_json_and_nothing_else(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str], command: str
) -> None:
    machine.add_inkscape()
    machine.do("--yes")
    capfd.readouterr()
    assert machine.do(command, "--json", "--yes") == 0
    facts = json.loads(capfd.readouterr().out)
    assert facts["message"]
    if command != "uninstall":
        assert facts["ready"] is True
        assert {"name", "state", "text", "advice", "remedy"} == facts["checks"][0].keys()


def test_with_json_a_fault_is_json_too(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str]
) -> None:
    machine.free = 0
    assert machine.do("--json") == 2
    facts = json.loads(capfd.readouterr().out)
    assert facts["ready"] is False
    assert "GB are needed" in facts["message"]


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_doctors_report_does_not_name_the_person(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str], more: list[str]
) -> None:
    machine.add_inkscape()
    machine.said["--version"] = "Inkscape 1.2.2 (b0a8486541, 2022-12-01)\n"
    machine.do()
    capfd.readouterr()
    assert machine.do("doctor", *more) == 0
    out = capfd.readouterr().out
    assert str(machine.person) not in out
    assert "~/.config/inkscape/extensions/clipasso" in out
    assert "Inkscape 1.2.2" in out
    assert f"Python {sys.version.split()[0]}" in out
    assert "version 9.8.7" in out


def test_doctor_names_the_version_of_this_checkout(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str]
) -> None:
    init = machine.checkout.engine / "__init__.py"
    for text, version in [('__version__ = "1.2.3"\n', "1.2.3"), ("", "unknown")]:
        init.write_text(text)
        machine.do("doctor")
        assert f"CLIPasso: version {version}\n" in capfd.readouterr().out
    assert Checkout().version == clipasso_core.__version__


def test_a_code_page_without_our_marks_is_no_crash(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(CHECKOUT / "install.py"), "doctor", "--extensions-dir", str(tmp_path)],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        stdin=subprocess.DEVNULL,
    )
    assert done.stderr == b""
    assert b"? machine: " in done.stdout
