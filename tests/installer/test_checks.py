"""Engine and extension are tried, and what fails is named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.installer import FakeMachine, last_line


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("sketch /", "sketch the example could not be sketched"),
        ("import sketch_effects", "Inkscape the extension does not run under its Python"),
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


LACKS: dict[str, Any] = {
    "modules": ["numpy", "tinycss2"],
    "command": "sudo apt install python3-numpy python3-tinycss2",
    "gtk": True,
    "gtk_command": "sudo apt install python3-gi gir1.2-gtk-3.0",
}


def test_what_inkscapes_python_lacks_is_told_by_name(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str]
) -> None:
    machine.add_inkscape()
    machine.do()
    machine.said["clipasso_ext.needs"] = json.dumps(LACKS)
    assert machine.do("--yes") == 2
    assert machine.count("sudo") == 0
    last = last_line(capfd)
    assert last.startswith(
        "Not ready: Inkscape its Python (/usr/bin/python3) lacks numpy, tinycss2"
    )
    assert last.endswith(LACKS["command"])
    assert machine.do("doctor") == 2
    assert last_line(capfd) == last


@pytest.mark.parametrize("yes", [True, False])
def test_what_is_lacking_is_brought_after_a_yes(
    yes: bool, machine: FakeMachine, capfd: pytest.CaptureFixture[str]
) -> None:
    machine.add_inkscape()
    machine.said["clipasso_ext.needs"] = json.dumps(LACKS)

    def bring() -> None:
        machine.said["clipasso_ext.needs"] = json.dumps({**LACKS, "modules": []})

    machine.running[LACKS["command"]] = bring
    machine.answers = [yes]
    assert machine.do() == (0 if yes else 2)
    asked = [text for text in machine.ran if text.startswith("? Inkscape")]
    assert [text.partition("Run")[2] for text in asked] == [f"  {LACKS['command']}  now?"]
    assert machine.ran.count(LACKS["command"]) == yes


@pytest.mark.parametrize("command", [LACKS["gtk_command"], ""])
def test_python_without_gtk_is_told_how_to_get_it_where_there_is_a_way(
    command: str, machine: FakeMachine, capfd: pytest.CaptureFixture[str]
) -> None:
    machine.add_inkscape()
    facts = {**LACKS, "modules": [], "gtk": False, "gtk_command": command}
    machine.said["clipasso_ext.needs"] = json.dumps(facts)
    assert machine.do() == 0
    said = capfd.readouterr().out
    assert "no window without Python's GTK" in said
    assert ("sudo apt install python3-gi gir1.2-gtk-3.0" in said) == bool(command)
    assert (machine.count("? Inkscape: no window") == 1) == bool(command)


@pytest.mark.parametrize("said", [None, "", "Traceback", "[]", "{}"])
def test_an_extension_that_does_not_say_what_it_lacks_is_tried(
    said: str | None, machine: FakeMachine
) -> None:
    machine.add_inkscape()
    machine.said["clipasso_ext.needs"] = said
    assert machine.do() == 0
    assert machine.count("import sketch_effects") == 1


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
