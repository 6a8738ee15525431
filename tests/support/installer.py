"""A stand-in machine for the installer: what it has is set, what it was asked to run is kept."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from installer.checkout import Checkout
from installer.commands import main
from installer.machine import Command, Machine

CHECKOUT = Path(__file__).parents[2]
HEALTHY = [{"subject": "torch", "state": "ok", "text": "2.9", "advice": ""}]
SKETCHED = '<g xmlns:c="https://clipasso.org/ns"/>'


def copy_checkout(root: Path) -> Checkout:
    """A copy of this checkout's small files, which a test may change. Its engine is empty, of
    version 9.8.7.
    """
    skip = shutil.ignore_patterns("__pycache__", "test_*")
    shutil.copytree(CHECKOUT / "inkscape_ext", root / "inkscape_ext", ignore=skip)
    shutil.copytree(CHECKOUT / "installer", root / "installer", ignore=skip)
    for name in ("pyproject.toml", "constraints.txt", "README.md", "examples/coffee.jpg"):
        (root / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(CHECKOUT / name, root / name)
    (root / "clipasso_core").mkdir()
    (root / "clipasso_core" / "__init__.py").write_text('__version__ = "9.8.7"\n')
    return Checkout(root)


class FakeMachine(Machine):
    """A computer for one test. Files are real, below `folder`.

    found: commands on the PATH. present: files outside of the home. said: what a command that holds
        the word prints, None for a failure.
    asked: as `said`, told by a function. running: what happens while a command runs that holds
        the word.
    failing, interrupting: commands that hold this fail, or end in Ctrl-C. pip_log: what pip writes
        into its log when it fails.
    ran: the commands, with ``?`` before a question. variables_of: the environment variables of
        those that are no questions.
    """

    def __init__(self, checkout: Checkout, folder: Path) -> None:
        self.checkout = checkout
        self.folder = folder
        self.system = "linux"
        self.python_folder = "/usr"
        self.variables: dict[str, str] = {}
        self.found: dict[str, str] = {}
        self.present: set[str] = set()
        self.said: dict[str, str | None] = {
            "doctor --json": json.dumps(HEALTHY),
            "models list": "lite\n",
        }
        self.asked: dict[str, Callable[[], str]] = {}
        self.running: dict[str, Callable[[], object]] = {}
        self.online = True
        self.free = 100.0
        self.root_for = ""
        self.failing = ""
        self.interrupting = ""
        self.pip_log = ""
        self.answers: list[bool] = []
        self.ran: list[str] = []
        self.variables_of: list[Mapping[str, str]] = []
        self.person.mkdir(exist_ok=True)

    @property
    def person(self) -> Path:
        return self.folder / "person"

    def which(self, name: str) -> str | None:
        return self.found.get(name)

    def exists(self, path: str) -> bool:
        return path in self.present

    def free_gb(self, path: Path) -> float:
        return self.free

    def by_sudo(self) -> bool:
        return bool(self.root_for)

    def reaches(self, address: str) -> bool:
        return self.online

    def answer(self, question: str) -> bool:
        self._begin([f"? {question}"], None)
        return self.answers.pop(0) if self.answers else False

    def run(
        self,
        command: Command,
        variables: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        to_stderr: bool = False,
    ) -> int:
        text = self._begin(command, variables)
        for word, happen in self.running.items():
            if word in text:
                happen()
        if self.failing and self.failing in text:
            if "--log" in command:
                Path(command[command.index("--log") + 1]).write_text(self.pip_log)
            return 1
        if "-m venv" in text:
            self._make_environment(Path(command[-1]))
        elif self.interrupting and self.interrupting in text:
            raise KeyboardInterrupt
        return 0

    def ask(
        self,
        command: Command,
        timeout_s: float = 60,
        any_status: bool = False,
        variables: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> str | None:
        text = self._begin(command, variables)
        if self.failing and self.failing in text:
            return None
        if self.interrupting and self.interrupting in text:
            raise KeyboardInterrupt
        for word, answer_now in self.asked.items():
            if word in text:
                return answer_now()
        for word, answer in reversed(self.said.items()):
            if word in text:
                return answer
        if command[0] in ("flatpak", "nvidia-smi"):
            return None
        if "export-filename:" in text:
            Path(text.partition("export-filename:")[2].partition(";")[0]).write_text(SKETCHED)
        return ""

    def _begin(self, command: Command, variables: Mapping[str, str] | None) -> str:
        text = " ".join(str(word) for word in command)
        self.ran.append(text)
        self.variables_of.append(variables or {})
        return text

    def _make_environment(self, folder: Path) -> None:
        python = folder / ("Scripts/python.exe" if self.system == "win32" else "bin/python")
        python.parent.mkdir(parents=True)
        python.touch()
        (folder / "Lib" / "site-packages").mkdir(parents=True)

    def count(self, part: str) -> int:
        """How many commands held this."""
        return sum(part in text for text in self.ran)

    def variables_for(self, part: str) -> Mapping[str, str]:
        """The environment variables of the first command that held this."""
        place = next(place for place, text in enumerate(self.ran) if part in text)
        return self.variables_of[place]

    def do(self, *arguments: str) -> int:
        """Run install.py anew."""
        self.ran = []
        self.variables_of = []
        return main(list(arguments), self, self.checkout)

    @property
    def home(self) -> Path:
        """The engine's home, unless a test names another."""
        return self.person / ".local" / "share" / "clipasso"

    @property
    def engines(self) -> list[Path]:
        """All virtual environments, half-made ones too."""
        return sorted((self.home / "engines").glob("*"))

    @property
    def in_use(self) -> Path:
        """The engine's environment. Fails unless it is complete."""
        folder = self.home / str(json.loads((self.home / "current.json").read_text())["folder"])
        assert (folder / "bin" / "python").exists()
        return folder

    def add_inkscape(self, path: str = "/usr/bin/inkscape", data: Path | None = None) -> Path:
        """Install an Inkscape on the PATH. Returns the extension's place in it."""
        data = data or self.person / ".config" / "inkscape"
        self.found["inkscape"] = path
        self.present.add("/usr/bin/python3")
        self.said[f"{path} --user-data-directory"] = f"{data}\n"
        return data / "extensions" / "clipasso"

    def need_newer_torch(self) -> None:
        """Change what the checkout depends on."""
        text = self.checkout.project.read_text()
        newer = re.sub(r'"torch>=\d[\d.]*"', '"torch>=99"', text)
        assert newer != text
        self.checkout.project.write_text(newer)


def last_line(capfd: pytest.CaptureFixture[str]) -> str:
    """The last line on standard output."""
    return capfd.readouterr().out.strip().splitlines()[-1]


def files(folder: Path) -> dict[str, bytes]:
    """The contents of all files below a folder, by their path in it."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
