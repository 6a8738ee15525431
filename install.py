#!/usr/bin/env python3
"""Set up CLIPasso and try or test it. Standard library only, Python 3.10 or newer; safe to run again.

    python3 install.py demo                 set up the engine, sketch the example photograph, say where the sketch is
    python3 install.py test [PYTEST ARGS]   set up the engine with its development tools, run all tests

The engine goes into a virtual environment of its own, below CLIPASSO_HOME (default: the platform's folder for user data).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
EXAMPLE = ROOT / "examples" / "coffee.jpg"
OLDEST = (3, 10)
NEEDED_GB = 8  # torch with its GPU libraries is 5.5 GB, pip unpacks beside
MARKER = "complete"  # written last: an environment without it was interrupted and is repaired


class Problem(Exception):  # noqa: N818 - the word says what it is
    """Something that the person can mend; the message says how."""


def main(arguments: list[str]) -> int:
    """Do what the arguments ask for and return the exit status: 0, 2 for something to mend, or pytest's own."""
    command, *rest = arguments or ["--help"]
    if command in ("-h", "--help"):
        print(__doc__)
        return 0
    try:
        if command == "demo" and not rest:
            return demo()
        if command == "test":
            return test(rest)
        raise Problem(f"there is no command '{' '.join(arguments)}': it is demo or test")
    except Problem as problem:
        print(f"install.py: {problem}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\ninstall.py: interrupted; run the same command again to go on", file=sys.stderr)
        return 130


def demo() -> int:
    """Sketch the example into the current folder."""
    python = set_up(extras="")
    target = Path.cwd() / "demo.svg"
    done = subprocess.run([python, "-m", "clipasso_core", "sketch", EXAMPLE, "-o", target])
    if done.returncode == 0:
        print(f"The photograph is {EXAMPLE}\nThe sketch is     {target}\nSketch your own:  {script()} sketch PHOTO -o SKETCH.svg")
    return done.returncode


def test(pytest_arguments: list[str]) -> int:
    """Run the test suite on this checkout."""
    python = set_up(extras="[dev]")
    return subprocess.run([python, "-m", "pytest", *pytest_arguments], cwd=ROOT).returncode


def home() -> Path:
    """The engine's own folder; the same that clipasso_core.folders finds."""
    if os.environ.get("CLIPASSO_HOME"):
        return Path(os.environ["CLIPASSO_HOME"]).expanduser()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "clipasso"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "clipasso"
    data = Path(os.environ.get("XDG_DATA_HOME", ""))
    return (data if data.is_absolute() else Path.home() / ".local" / "share") / "clipasso"


def engine() -> Path:
    """The engine's virtual environment."""
    return home() / "engine"


def script(name: str = "clipasso") -> Path:
    """A command of the engine's environment."""
    return engine() / ("Scripts" if sys.platform == "win32" else "bin") / (name + (".exe" if sys.platform == "win32" else ""))


def set_up(extras: str) -> Path:
    """Bring the engine's environment up to date with this checkout and return its Python."""
    python = script("python")
    fingerprint = hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest() + extras
    marker = engine() / MARKER
    known = marker.read_text().splitlines() if marker.is_file() and python.exists() else []
    if fingerprint not in known:
        check()
        print(f"Setting up the engine in {engine()} (torch and its libraries: up to 3 GB to download, once)", flush=True)
        if not known:
            shutil.rmtree(engine(), ignore_errors=True)
            step([sys.executable, "-m", "venv", engine()], "the virtual environment could not be made")
        step(
            [python, "-m", "pip", "install", "--upgrade", f"{ROOT}{extras}"],
            "the engine's packages could not be installed: check the connection",
        )
        marker.write_text("\n".join([*known, fingerprint]))
    else:  # the dependencies are there; the code of this checkout may have changed
        step([python, "-m", "pip", "install", "--quiet", "--no-deps", ROOT], "the engine could not be updated")
    fetched = subprocess.run([python, "-m", "clipasso_core", "models", "fetch", "u2netp"], cwd=ROOT)
    if fetched.returncode:
        print("Going on without u2netp: the subject is found by GrabCut, which is coarser.", flush=True)
    return python


def check() -> None:
    """What would otherwise fail half-way."""
    if sys.version_info < OLDEST:
        raise Problem(
            f"this is Python {sys.version.split()[0]}; CLIPasso needs {OLDEST[0]}.{OLDEST[1]} or newer: run this file with a newer one"
        )
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        raise Problem("this Python lacks venv: on Debian and Ubuntu run  sudo apt install python3-venv  and try again") from None
    try:
        home().mkdir(parents=True, exist_ok=True)
        free_gb = shutil.disk_usage(home()).free / 1e9
    except OSError as error:
        raise Problem(f"{home()} can't be used ({error.strerror}): set CLIPASSO_HOME to a folder that you may write") from None
    if not os.access(home(), os.W_OK):
        raise Problem(f"{home()} is read-only: set CLIPASSO_HOME to a folder that you may write")
    if free_gb < NEEDED_GB and not engine().exists():
        raise Problem(f"{home()} has {free_gb:.1f} GB free, {NEEDED_GB} GB are needed: make room, or set CLIPASSO_HOME to a larger disk")


def step(command: list[object], fault: str) -> None:
    """Run a command in sight of the person."""
    done = subprocess.run([str(part) for part in command])
    if done.returncode:
        raise Problem(f"{fault}; what was printed above tells more, and the same command goes on from here")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
