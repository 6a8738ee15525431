"""The engine's environment is set up beside the old one, in which nothing changes; the new one
takes its place when it is complete and works.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from support.installer import HEALTHY, FakeMachine, files

from installer.manifest import Manifest

MISSING = {
    "subject": "packages",
    "state": "fault",
    "text": "missing: timm",
    "advice": "any words",
    "remedy": "reinstall",
}


def engine_of(extension: Path) -> Path:
    """The Python that an extension starts."""
    return Path(json.loads((extension / "engine.json").read_text())["command"][0])


def test_a_first_run_makes_an_environment_installs_and_fetches_the_masks_network(
    machine: FakeMachine,
) -> None:
    assert machine.do() == 0
    python = f"{machine.in_use}/bin/python"
    assert machine.count(f"-m venv {machine.in_use}") == 1
    assert machine.count(f"{python} -I -m pip install") == 3  # torch, setuptools, the engine
    assert machine.count(f"{python} -I -m clipasso_core models fetch u2netp") == 1
    assert machine.engines == [machine.in_use]


def test_a_second_run_downloads_nothing(machine: FakeMachine) -> None:
    assert machine.do() == 0
    before = machine.in_use
    machine.online = False
    machine.failing = "pip install"
    machine.free = 0
    assert machine.do() == 0
    assert machine.count("pip install") == 0
    assert machine.in_use == before


def change_code(machine: FakeMachine) -> None:
    """Let the checkout hold another engine, which needs the same packages."""
    with open(machine.checkout.engine / "__init__.py", "a") as file:
        file.write("# new\n")


def test_new_code_goes_into_a_clone_of_the_environment_in_use(machine: FakeMachine) -> None:
    machine.do()
    before = machine.in_use
    (before / "lib").mkdir()
    (before / "lib" / "torch.so").write_text("large")
    change_code(machine)
    machine.online = False
    assert machine.do() == 0
    python = machine.in_use / "bin" / "python"
    assert machine.count("--no-build-isolation --no-deps") == 1
    assert machine.count("pip install") == 2  # with setuptools, which is there: no network
    assert machine.count(f"{python} -I -m pip install") == 2
    assert machine.count("-m venv") == 0
    assert (machine.in_use / "lib" / "torch.so").read_text() == "large"
    assert machine.engines == [machine.in_use] != [before]


def test_the_development_tools_are_added_to_a_clone(machine: FakeMachine) -> None:
    machine.do()
    before = machine.in_use
    assert machine.do("test") == 0
    assert machine.count("-m venv") == machine.count(f"{before}/bin/python -I -m pip") == 0
    assert machine.count("clipasso[dev]") == 1
    for command in ("install", "test"):
        machine.do(command)
        assert machine.count("pip install") == 0


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("doctor --json", json.dumps([MISSING])),
        ("doctor --json", None),
        ("-m clipasso_core sketch", None),
    ],
    ids=["a package is missing", "it is dead", "it does not draw"],
)
def test_a_new_engine_that_does_not_work_is_not_used(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str], what: str, said: str | None
) -> None:
    machine.do()
    before = machine.in_use
    change_code(machine)
    capfd.readouterr()
    machine.said[what] = said
    assert machine.do() == 2
    err = capfd.readouterr().err
    assert err.count("\n") == 1
    assert "the new engine does not work" in err
    assert "the engine that was there stays in use" in err
    assert machine.engines == [before] == [machine.in_use]
    del machine.said[what]
    machine.said["doctor --json"] = json.dumps(HEALTHY)
    assert machine.do() == 0
    assert machine.engines == [machine.in_use] != [before]


def test_an_engine_that_proves_to_be_damaged_when_it_is_cloned_is_built_anew(
    machine: FakeMachine,
) -> None:
    machine.do()
    before = machine.in_use
    change_code(machine)
    answers = [json.dumps([MISSING]), json.dumps(HEALTHY)]
    machine.asked["doctor --json"] = lambda: answers.pop(0)
    assert machine.do() == 0
    assert machine.count("-m venv") == 1
    assert machine.engines == [machine.in_use] != [before]


@pytest.mark.parametrize("which", ["the old one", "the one in use", "none"])
def test_a_warm_engine_of_another_environment_is_ended_after_the_switch(
    machine: FakeMachine, which: str
) -> None:
    machine.do()
    before = machine.in_use
    change_code(machine)
    in_use_when_asked: list[Path] = []

    def status() -> str:
        in_use_when_asked.append(machine.in_use)
        running = {"the old one": before, "the one in use": machine.in_use}.get(which)
        return json.dumps({"identity": f"1 {running}/bin/python 2"} if running else None)

    machine.asked["engine status --json"] = status
    assert machine.do() == 0
    assert in_use_when_asked == [machine.in_use] != [before]
    # where none answers one may hang
    assert machine.count("engine stop") == (0 if which == "the one in use" else 1)
    machine.do()
    assert machine.count("engine stop") == 0


@pytest.mark.parametrize(
    "text", ["{", "[" * 1000, "[]", "\x00", '{"folder": 5}', '{"folder": ".."}']
)
def test_what_is_damaged_in_current_is_mended_and_nothing_that_works_is_removed_before(
    machine: FakeMachine, text: str
) -> None:
    target = machine.add_inkscape()
    machine.do()
    before = machine.in_use
    (machine.home / "current.json").write_text(text)
    assert machine.do("doctor") == 2
    if not text.startswith('{"'):  # a file that is whole says that none is in use
        machine.failing = "torch torchvision"
        machine.interrupting = "setuptools>="
        assert machine.do() == 130
        assert engine_of(target).exists()
        assert machine.engines == [before]
    machine.failing = machine.interrupting = ""
    assert machine.do() == 0
    assert machine.engines == [machine.in_use] != [before]


def test_changed_dependencies_build_a_new_environment_and_the_extension_follows(
    machine: FakeMachine,
) -> None:
    target = machine.add_inkscape()
    machine.do()
    before = machine.in_use
    machine.need_newer_torch()
    assert machine.do("demo") == 0  # does not touch Inkscape otherwise
    assert machine.in_use != before
    assert machine.engines == [machine.in_use]
    assert engine_of(target) == machine.in_use / "bin" / "python"
    assert machine.do("uninstall", "--yes") == 0
    assert not target.exists()  # the file that followed is known to the manifest


def test_an_engine_whose_python_is_gone_is_built_anew(machine: FakeMachine) -> None:
    machine.do()
    (machine.in_use / "bin" / "python").unlink()  # the system's Python was replaced by a newer one
    assert machine.do() == 0
    assert machine.count("-m venv") == 1


@pytest.mark.parametrize(
    "said",
    [
        None,
        "Traceback",
        json.dumps([MISSING]),
    ],
    ids=["dead", "garbled", "package missing"],
)
def test_a_damaged_engine_is_built_anew_as_its_doctor_promises(
    machine: FakeMachine, said: str | None
) -> None:
    machine.do()
    machine.said["doctor --json"] = said
    assert machine.do() == 2
    assert machine.count("-m venv") == 1
    machine.said["doctor --json"] = json.dumps(HEALTHY)
    assert machine.do() == 0
    assert machine.count("-m venv") == 0


@pytest.mark.parametrize(
    "step", ["-m venv", "torch torchvision", "setuptools>=", "--no-build-isolation"]
)
def test_a_network_cut_at_any_step_leaves_the_old_engine_at_work(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str], step: str
) -> None:
    target = machine.add_inkscape()
    machine.do()
    before = machine.in_use
    extension = files(target)
    machine.need_newer_torch()
    capfd.readouterr()
    machine.failing = "pip install" if step == "torch torchvision" else step
    assert machine.do() == 2
    err = capfd.readouterr().err
    assert err.startswith("install.py: ")
    assert err.count("\n") == 1
    assert machine.in_use == before
    assert files(target) == extension
    machine.failing = ""
    assert machine.do() == 0
    assert machine.engines == [machine.in_use] != [before]


@pytest.mark.parametrize(
    "step", ["torch torchvision", "setuptools>=", "--no-build-isolation", "models fetch u2netp"]
)
def test_interrupted_twice_and_then_left_alone(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str], step: str
) -> None:
    machine.interrupting = step
    for _ in range(2):
        assert machine.do() == 130
        assert "same command again" in capfd.readouterr().err
    assert machine.do("doctor") == 2
    machine.interrupting = ""
    assert machine.do() == 0
    assert machine.engines == [machine.in_use]


def test_an_interruption_between_the_engine_and_the_extension_is_made_up_for(
    machine: FakeMachine,
) -> None:
    target = machine.add_inkscape()
    machine.do()
    before = machine.in_use
    machine.need_newer_torch()
    machine.interrupting = "engine status"
    assert machine.do() == 130
    assert engine_of(target).exists()
    assert machine.in_use != before
    assert len(machine.engines) == 2
    machine.interrupting = ""
    assert machine.do("demo") == 0
    assert machine.engines == [machine.in_use]
    assert engine_of(target) == machine.in_use / "bin" / "python"


def test_a_pointer_that_followed_a_moment_before_the_manifest_is_still_known_for_ours(
    machine: FakeMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = machine.add_inkscape()
    machine.do()
    before = engine_of(target)
    change_code(machine)

    def interrupt(*_: object) -> None:
        if engine_of(target) != before:
            raise KeyboardInterrupt

    with monkeypatch.context() as context:
        context.setattr(Manifest, "write", interrupt)
        assert machine.do("demo") == 130
    change_code(machine)
    assert machine.do("demo") == 0
    assert engine_of(target) == machine.in_use / "bin" / "python"
    assert machine.do("uninstall", "--yes") == 0
    assert not target.exists()


def test_the_environment_of_the_first_versions_is_removed(machine: FakeMachine) -> None:
    old = machine.home / "engine"
    old.mkdir(parents=True)
    (old / "pyvenv.cfg").touch()
    assert machine.do() == 0
    assert not old.exists()


def test_a_mask_network_that_can_not_be_fetched_is_no_failure(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str]
) -> None:
    machine.failing = "models fetch u2netp"
    assert machine.do() == 0
    assert "without u2netp" in capfd.readouterr().out


def test_an_environment_is_open_to_all_users_on_windows_too(
    machine: FakeMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes: dict[str, int] = {}
    real = os.mkdir

    def note(path: Any, mode: int = 0o777, **more: Any) -> None:
        modes[Path(path).name] = mode
        real(path, mode, **more)

    monkeypatch.setattr(os, "mkdir", note)
    assert machine.do() == 0
    # of which Windows makes a folder that is its owner's alone, and nothing of any other
    assert modes[machine.in_use.name] != 0o700
