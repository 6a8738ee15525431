"""An extension runs until Inkscape has taken what came of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Iterator

import pytest
from clipasso_ext.beside import other_effects
from clipasso_ext.beside.other_effects import OtherEffects, own_group

needs_proc = pytest.mark.skipif(not Path("/proc").exists(), reason="nobody knows without /proc")


@pytest.fixture
def given(tmp_path: Path) -> Path:
    """The file that Inkscape gives to an extension."""
    path = tmp_path / "ink_ext_XXXXXX.svgABCDEF"
    path.write_text("<svg/>")
    return path


@pytest.fixture
def effect(given: Path) -> Iterator[subprocess.Popen[bytes]]:
    """An extension at work, which ends when its input does."""
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    words = ["-c", "print(flush=True); input()", str(given)]
    process = subprocess.Popen([sys.executable, *words], **pipes)
    assert process.stdout is not None
    process.stdout.readline()
    yield process
    process.kill()
    process.communicate()


def end(process: subprocess.Popen[bytes]) -> None:
    process.communicate(b"\n")


@needs_proc
def test_one_that_has_ended_runs_on_until_its_file_is_gone(
    effect: subprocess.Popen[bytes], given: Path
) -> None:
    others = OtherEffects(own_group())
    assert others.run()
    end(effect)
    assert others.run(), "Inkscape has not taken yet what came of it"
    given.unlink()
    assert not others.run()


@needs_proc
def test_those_of_another_inkscape_do_not_count(effect: subprocess.Popen[bytes]) -> None:
    assert not OtherEffects(os.getpid() if os.getpid() != own_group() else 1).run()


def test_one_that_is_known_runs_though_its_process_was_never_seen(given: Path) -> None:
    others = OtherEffects(own_group(), [str(given)])
    assert others.run()
    given.unlink()
    assert not others.run()


def test_an_inkscape_that_died_is_not_waited_for(
    given: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(other_effects, "TAKING_S", 0)
    assert not OtherEffects(own_group(), [str(given)]).run()
