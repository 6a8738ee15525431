"""A set-up that takes a moment, in a process that can be killed at any step of its writing.

    python quick_set_up.py '{"checkout": "...", "person": "...", "words": ["demo"], "signal": 9,
        "step": 7}'

Files, links, renamings, child processes and the lock are real; in the place of venv and pip stand
a few lines that leave what those leave. ``step``: the how-manieth change on the disk the signal
comes before; 0 for none. ``asks``: see `QuickMachine`. The last line on standard output is how many
there were.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from installer.checkout import Checkout  # noqa: E402
from installer.commands import main  # noqa: E402
from installer.machine import Command, Machine  # noqa: E402

CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.chmod"}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
# Says its version if all of its parts are of the same one.
ENGINE = """
import sys
from clipasso_core import one, two, three
if not one.VERSION == two.VERSION == three.VERSION:
    sys.exit("parts of several versions")
print("[]" if "doctor" in sys.argv else one.VERSION)
"""


def write_engine(checkout: Checkout, version: int) -> None:
    """Let a checkout hold that version of a small engine."""
    (checkout.engine / "__main__.py").write_text(ENGINE)
    for name in ("one", "two", "three"):
        (checkout.engine / f"{name}.py").write_text(f"VERSION = {version}\n")


class QuickMachine(Machine):
    """This machine, with room and network, and without GPU and Inkscape.

    asks: whether the network is looked for where that is wanted, and not said to be there.
    """

    def __init__(self, person: Path, asks: bool = False) -> None:
        self._person, self._asks = person, asks

    @property
    def person(self) -> Path:
        return self._person

    def which(self, name: str) -> str | None:
        return None

    def exists(self, path: str) -> bool:
        return False

    def free_gb(self, path: Path) -> float:
        return 100.0

    def reaches(self, address: str) -> bool:
        return super().reaches(address) if self._asks else True

    def run(
        self,
        command: Command,
        variables: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        to_stderr: bool = False,
    ) -> int:
        words = [str(word) for word in command]
        if "venv" in words:
            _make_environment(Path(words[-1]))
        elif "pip" in words:
            _install(Path(words[0]).parents[1], words[-1])
        else:
            return super().run(command, variables, cwd, to_stderr)
        return 0


def _make_environment(folder: Path) -> None:
    base = Path(sys.base_prefix) / "bin"
    (folder / "bin").mkdir()
    (folder / "pyvenv.cfg").write_text(f"home = {base}\nversion = 3\n")
    (folder / "bin" / "python").symlink_to(Path(sys.executable).resolve())
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    (folder / "lib" / version / "site-packages").mkdir(parents=True)


def _install(environment: Path, what: str) -> None:
    """As pip does: what is there is taken away, file by file, before the new is laid."""
    source = Path(what.partition("[")[0]) / "clipasso_core"
    if not source.is_dir():
        return  # torch, setuptools
    (site,) = environment.glob("lib/python*/site-packages")
    target = site / "clipasso_core"
    for path in sorted([*target.glob("*.py"), *target.glob("__pycache__/*")]):
        path.unlink()
    target.mkdir(exist_ok=True)
    for path in sorted(source.glob("*.py")):
        (target / path.name).write_text(path.read_text())


class Steps:
    """Counts the changes on the disk, and sends this process a signal before one of them."""

    def __init__(self, number: int, step: int) -> None:
        self.count = 0
        self._number = number
        self._step = step

    def hear(self, event: str, facts: tuple[Any, ...]) -> None:
        """An event of Python's auditing."""
        opens = event == "open" and isinstance(facts[2], int) and bool(facts[2] & WRITING)
        if opens or event in CHANGES or event == "subprocess.Popen":
            self.count += 1
            if self.count == self._step:
                os.kill(os.getpid(), self._number)


def run(order: dict[str, Any]) -> int:
    """Do what was ordered. Returns the exit status."""
    steps = Steps(order["signal"], order["step"])
    sys.addaudithook(steps.hear)
    machine = QuickMachine(Path(order["person"]), order.get("asks", False))
    status = main(order["words"], machine, Checkout(Path(order["checkout"])))
    print(steps.count)
    return status


if __name__ == "__main__":
    sys.exit(run(json.loads(sys.argv[1])))
