"""Engine and extension are tried, and what fails is named."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from support.installer import FakeMachine, last_line


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("sketch /", "sketch the example could not be sketched"),
        ("import clipasso_sketch", "Inkscape the extension does not run under its Python"),
        ("org.clipasso.sketch.noprefs", "Inkscape no sketch was inserted"),
    ],
)
def test_a_check_that_fails_is_named_at_the_end(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str], broken: str, said: str
) -> None:
    machine.add_inkscape()
    machine.variables["DISPLAY"] = ":1"
    machine.failing = broken
    assert machine.do() == 2
    assert last_line(capfd).startswith(f"Not ready: {said}")


@pytest.mark.parametrize("display", ["", ":gone"])
def test_without_a_display_inkscape_is_not_started(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str], display: str
) -> None:
    machine.add_inkscape()
    machine.variables["DISPLAY"] = display
    machine.failing = "init_check"
    assert machine.do() == 0
    assert machine.count("noprefs") == 0
    assert "needs a display" in capfd.readouterr().out


def test_python_without_gtk_is_told_which_packages_to_install(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str]
) -> None:
    machine.add_inkscape()
    machine.failing = "import gi"
    assert machine.do() == 0
    assert "install python3-gi and gir1.2-gtk-3.0" in capfd.readouterr().out


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
    machine: FakeMachine,
    capfd: pytest.CaptureFixture[str],
    spoil: Callable[[Path], object],
    said: str,
) -> None:
    target = machine.add_inkscape()
    machine.do()
    spoil(target)
    machine.do("doctor")
    assert said in capfd.readouterr().out


def test_doctor_knows_an_extension_of_another_version(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str]
) -> None:
    machine.add_inkscape()
    machine.do()
    (machine.checkout.extension / "clipasso_sketch.py").write_text("new = True")
    assert machine.do("doctor") == 0
    assert "another version" in capfd.readouterr().out
