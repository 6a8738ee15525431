"""This computer, as the installer sees it: every command and every question goes through here."""

from __future__ import annotations

import http.client
import locale
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

from installer.problem import Problem

Command = Sequence[str | Path]


class Machine:
    """This computer. Tests put another in its place."""

    system: str = sys.platform
    variables: Mapping[str, str] = os.environ
    python_folder: str = sys.base_prefix

    @property
    def person(self) -> Path:
        """The home folder. Raises `Problem` where the account has none."""
        try:
            return Path.home()
        except RuntimeError:
            raise Problem("this account has no home folder: set HOME to one") from None

    def which(self, name: str) -> str | None:
        """Where a command is."""
        return shutil.which(name)

    def exists(self, path: str) -> bool:
        """Whether an absolute path outside of the home folder is there."""
        return os.path.exists(path)

    def free_gb(self, path: Path) -> float:
        """Free room where that path lies or would lie."""
        while not path.exists():
            path = path.parent
        return shutil.disk_usage(path).free / 1e9

    def by_sudo(self) -> bool:
        """Whether this runs as root for somebody else."""
        return (
            self.system == "linux" and os.geteuid() == 0 and bool(self.variables.get("SUDO_USER"))
        )

    def run(
        self,
        command: Command,
        variables: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        to_stderr: bool = False,
    ) -> int:
        """Run a command in sight of the person and return its exit status. variables: those of its
        environment, None for our own. to_stderr: what it prints on standard output goes there.
        """
        return subprocess.run(
            [str(word) for word in command],
            env=variables,
            cwd=cwd,
            stdout=sys.stderr if to_stderr else None,
        ).returncode

    def ask(
        self,
        command: Command,
        timeout_s: float = 60,
        any_status: bool = False,
        variables: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> str | None:
        """What a command prints; None when it can't be run, takes too long, or fails. any_status:
        what it prints counts even if it fails.
        """
        try:
            done = subprocess.run(
                [str(word) for word in command],
                env=variables,
                cwd=cwd,
                timeout=timeout_s,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        if done.returncode != 0 and not any_status:
            return None
        return _text_of(done.stdout)

    def reaches(self, address: str) -> bool:
        """Whether something answers there within seconds."""
        try:
            with urllib.request.urlopen(address, timeout=8):
                return True
        except (OSError, ValueError, http.client.HTTPException):
            return False

    def answer(self, question: str) -> bool:
        """Ask the person; no where nobody is there to answer."""
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            return False
        print(question, end=" [y/N] ", file=sys.stderr, flush=True)
        return sys.stdin.readline().strip().lower() in ("y", "yes")


def _text_of(said: bytes) -> str:
    """What a command printed: in UTF-8 or, where it is an older one on Windows, in the system's own
    encoding.
    """
    try:
        return said.decode("utf-8")
    except UnicodeDecodeError:
        return said.decode(locale.getpreferredencoding(False), "replace")
