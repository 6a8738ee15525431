"""Commands where there is no network, and a record of every attempt to reach one.

In a namespace of its own where the system allows it; everywhere else, and beside it, a hook within
each Python process that has our PYTHONPATH writes down whom it wants to resolve or to reach. The
namespace also holds what is not Python, and the engine, which takes no PYTHONPATH of others.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from support.talk import LIMIT_S, ROOT, command, surroundings

# Read by every Python process that finds it in its PYTHONPATH
HOOK = """
import os, sys
def _hear(event, words, log={log!r}):
    if event in ("socket.getaddrinfo", "socket.gethostbyname"):
        told = "resolve %s" % (words[0],)
    elif event in ("socket.connect", "socket.sendto"):
        if isinstance(words[1], (str, bytes)):  # the engine's own socket
            return
        told = "reach %s" % (words[1],)
    else:
        return
    with open(log, "a") as file:
        file.write(told + "\\n")
sys.addaudithook(_hear)
"""


class Solitude:
    """folder: a new one; a hook, its record, a home, temporary files and a person's folder go into
    it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.record = folder / "record"
        for name in ("hook", "person", "tmp", "work"):
            (folder / name).mkdir(parents=True)
        (folder / "hook" / "sitecustomize.py").write_text(HOOK.format(log=str(self.record)))

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def run(self, *words: str, alone: bool = True) -> subprocess.CompletedProcess[str]:
        """Run `clipasso` in ``work``. alone: without a network, where that can be."""
        return self.run_python(command(*words), alone)

    def run_python(self, words: list[str], alone: bool = True) -> subprocess.CompletedProcess[str]:
        """Run any command of Python there."""
        return subprocess.run(
            [*(isolation() if alone else ()), *words],
            cwd=self.folder / "work",
            env=self.surroundings(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
        )

    def surroundings(self) -> dict[str, str]:
        """A person who has nothing, and looks everywhere for it."""
        kept = surroundings(
            self.home,
            HOME=str(self.folder / "person"),
            TMPDIR=str(self.folder / "tmp"),
            PYTHONPATH=os.pathsep.join([str(self.folder / "hook"), str(ROOT)]),
            PYTHONDONTWRITEBYTECODE="1",
        )
        return {name: value for name, value in kept.items() if not name.startswith(FOREIGN)}

    def attempts(self) -> list[str]:
        """Whom anything wanted to resolve or to reach."""
        return self.record.read_text().splitlines() if self.record.exists() else []

    def written(self) -> list[str]:
        """Every file outside of the home and of ``work``."""
        below = (path for name in ("person", "tmp") for path in (self.folder / name).rglob("*"))
        return [path.relative_to(self.folder).as_posix() for path in below]


FOREIGN = ("XDG_", "HF_", "TORCH", "PIP_", "COV_", "PYTEST", "DO_NOT_TRACK")


def isolation() -> tuple[str, ...]:
    """What to put before a command to take its network away; nothing where that can't be."""
    if not shutil.which("unshare"):
        return ()
    for words in (("unshare", "--net"), ("unshare", "--map-root-user", "--net")):
        if subprocess.run([*words, "true"], capture_output=True).returncode == 0:
            return (*words, "--")
    return ()
