"""Killed at any step, a set-up leaves an engine that answers, and the next run makes up for it."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from clipasso_ext.host import POINTER_VARIABLE, find_host
from support.installer import copy_checkout
from support.quick_set_up import write_engine

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kills as Unix has them")

SCRIPT = Path(__file__).parents[1] / "support" / "quick_set_up.py"
LIMIT_S = 60


class Bench:
    """A home that set-ups are killed in. version: of the checkout's engine."""

    def __init__(self, folder: Path) -> None:
        self.checkout = copy_checkout(folder / "checkout")
        self.home = folder / "home"
        self.extensions = folder / "extensions"
        self._folder = folder
        self.version = 0
        self.release(new_dependencies=False)

    def release(self, new_dependencies: bool) -> None:
        """Let the checkout hold another version."""
        self.version += 1
        write_engine(self.checkout, self.version)
        if new_dependencies:
            constraints = self.checkout.constraints
            constraints.write_text(constraints.read_text() + f"helper=={self.version}\n")

    def set_up(
        self, command: str, number: int = 0, step: int = 0
    ) -> subprocess.CompletedProcess[str]:
        """Run install.py's command, and send it a signal before that step."""
        words = ["--home", str(self.home), "--extensions-dir", str(self.extensions), "--yes"]
        order = {
            "checkout": str(self.checkout.root),
            "person": str(self._folder),
            "words": [command, *words],
            "signal": number,
            "step": step,
        }
        return subprocess.run(
            [sys.executable, SCRIPT, json.dumps(order)],
            cwd=self._folder,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
        )

    def count_steps(self, command: str) -> int:
        """How many steps the command takes; it is done to its end."""
        done = self.set_up(command)
        assert done.returncode == 0, done.stderr
        return int(done.stdout.splitlines()[-1])

    def answers(self, monkeypatch: pytest.MonkeyPatch) -> set[str]:
        """The versions that answer to the person's command and to the extension."""
        pointer = self.extensions / "clipasso" / "engine.json"
        if not pointer.exists():  # between the two renamings by which the extension is swapped
            pointer = self.extensions / "clipasso.old" / "engine.json"
        monkeypatch.setenv(POINTER_VARIABLE, str(pointer))
        return {answer([str(self.home / "bin" / "clipasso")]), answer(find_host().command)}

    def leftovers(self) -> list[Path]:
        """What a run may not leave behind."""
        engines = sorted((self.home / "engines").iterdir())
        found = [*self.home.rglob("*.new"), *self.home.rglob("*.lock"), *engines[1:]]
        found += self.extensions.rglob("*.new")
        return found + [path for path in self.extensions.iterdir() if path.name != "clipasso"]


def answer(command: list[str]) -> str:
    """What an engine says; fails unless it works."""
    done = subprocess.run([*command, "version"], capture_output=True, text=True, timeout=LIMIT_S)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=lambda one: one.name)
@pytest.mark.parametrize(
    ("command", "new_dependencies", "kills"),
    [("demo", False, 10), ("demo", True, 4), ("install", False, 4)],
    ids=["code", "dependencies", "extension"],
)
def test_the_engine_answers_whenever_its_update_is_killed(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: signal.Signals,
    command: str,
    new_dependencies: bool,
    kills: int,
) -> None:
    bench = Bench(tmp_path)
    assert bench.set_up("install").returncode == 0
    bench.release(new_dependencies)
    steps = bench.count_steps(command)
    assert bench.answers(monkeypatch) == {str(bench.version)}
    for step in sorted(random.Random(number).sample(range(1, steps + 1), kills)):
        bench.release(new_dependencies)
        done = bench.set_up(command, number, step)
        assert done.returncode == (-number if number == signal.SIGKILL else 130), (step, done)
        known = {str(bench.version - 1), str(bench.version)}
        assert bench.answers(monkeypatch) <= known, step
        done = bench.set_up(command)
        assert done.returncode == 0, (step, done)
        assert bench.answers(monkeypatch) == {str(bench.version)}, step
        assert bench.leftovers() == [], step
    assert bench.set_up("uninstall").returncode == 0
    assert not bench.home.exists()
    assert list(bench.extensions.iterdir()) == []


def test_a_first_run_that_is_killed_is_made_up_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = Bench(tmp_path / "whole").count_steps("install")
    for step in random.Random(1).sample(range(1, steps + 1), 3):
        bench = Bench(tmp_path / str(step))
        assert bench.set_up("install", signal.SIGKILL, step).returncode == -signal.SIGKILL
        assert bench.set_up("install").returncode == 0
        assert bench.answers(monkeypatch) == {"1"}
        assert bench.leftovers() == []
