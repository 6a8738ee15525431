"""The commands of install.py, from what they are asked to what they run and say."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.installer import FakeMachine

from installer.commands import CLIP


def test_the_whole_suite_measures_what_it_runs(machine: FakeMachine) -> None:
    assert machine.do("test") == 0
    assert machine.ran[-1].endswith("-m pytest --cov --cov-report=term")


def test_demo_sketches_the_example_into_the_current_folder(
    machine: FakeMachine,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert machine.do("demo") == 0
    assert machine.ran[-1].endswith(
        f"-m clipasso_core sketch {machine.checkout.example} -o {tmp_path / 'demo.svg'}"
    )
    assert machine.checkout.example.is_file()
    assert str(tmp_path / "demo.svg") in capfd.readouterr().out


def test_test_hands_its_arguments_to_pytest(machine: FakeMachine) -> None:
    assert machine.do("test", "-x", "tests/test_install.py", "--help") == 0
    assert (
        machine.ran[-1] == f"{machine.in_use}/bin/python -m pytest -x tests/test_install.py --help"
    )
    assert machine.count("clipasso[dev]") == 1


@pytest.mark.parametrize("words", [["--campaign"], ["--campaign", "30"], ["-x", "--campaign=9"]])
def test_the_campaign_is_its_folder_and_its_minutes(machine: FakeMachine, words: list[str]) -> None:
    assert machine.do("test", *words) == 0
    assert machine.ran[-1].endswith(" ".join(["-m pytest tests/campaign", *words]))


def test_the_status_is_that_of_the_command(machine: FakeMachine) -> None:
    machine.failing = "-m pytest"
    assert machine.do("test") == 1


def test_clip_is_offered_with_size_licence_and_place_and_never_fetched_unasked(
    machine: FakeMachine, capfd: pytest.CaptureFixture[str]
) -> None:
    assert machine.do() == 0
    assert machine.count("models fetch clip") == 0
    (question,) = [text for text in machine.ran if text.startswith("?")]
    for said in ("600 MB", "MIT", str(machine.home / "models")):
        assert said in question
    assert f"models fetch {CLIP}" in capfd.readouterr().out
    machine.do("--yes")
    assert machine.count("? ") == machine.count("models fetch clip") == 0


def test_clip_is_fetched_when_wanted_and_not_offered_again(machine: FakeMachine) -> None:
    machine.answers = [True]
    assert machine.do() == 0
    assert machine.count(f"models fetch {CLIP}") == 1
    machine.said["models list"] = "lite\nclip:RN101:openai   480.0 MB  CLIP guide\n"
    machine.do()
    assert machine.count("? ") == 0
