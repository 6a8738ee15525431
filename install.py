#!/usr/bin/env python3
"""Set CLIPasso up and take it away again. Standard library only, Python 3.10 or newer; safe to run again.

  python3 install.py                      the engine, the extension into every Inkscape found, and a check of both
  python3 install.py demo                 the engine if needed; sketches the example photograph and says where it is
  python3 install.py test [PYTEST ARGS]   the engine with its development tools; runs all tests
  python3 install.py doctor               what is installed, and what works
  python3 install.py uninstall            removes exactly what was installed; --keep-models leaves downloaded weights

--home DIR            where the engine lives (default: CLIPASSO_HOME, else the platform's folder for user data)
--inkscape PATH       this Inkscape instead of those found
--extensions-dir DIR  this extensions folder instead of asking Inkscape
--torch KIND          auto (looks at the GPU), cpu, cuda, rocm, or existing (the torch of the Python that runs this file)
--models DIR          where downloaded weights go (default: models in the engine's home)
--offline WHEELS      install from a folder of wheels, without network; docs/install.md says how to fill it
--yes                 do not ask anything
--json                print the findings as JSON on standard output, everything else on standard error
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
EXTENSION = ROOT / "inkscape_ext"
EXAMPLE = ROOT / "examples" / "coffee.jpg"
OLDEST = (3, 10)
COMMANDS = ("install", "demo", "test", "doctor", "uninstall")
TORCHES = ("auto", "cpu", "cuda", "rocm", "existing")
INDEX = "https://download.pytorch.org/whl/"
BUILDS = {"cpu": "cpu", "cuda": "cu126", "cuda-new": "cu130", "rocm": "rocm6.4"}  # folders of that index
NEW_CUDA_DRIVER, OLD_CUDA_DRIVER = 580, 525  # the first drivers that run CUDA 13 and CUDA 12
DOWNLOAD_GB = {"cpu": 0.4, "cuda": 3.0, "rocm": 4.5, "default": 3.0, "existing": 0.1}
NEEDED_GB = {"cpu": 2.5, "cuda": 8.0, "rocm": 15.0, "default": 8.0, "existing": 1.0}
CLIP = "clip:RN101:openai"
CLIP_TERMS = "about 480 MB from huggingface.co, OpenAI's weights under the MIT licence"
TEST_ONLY = "inkex==1.4.1"  # without its dependencies: PyGObject, which the tests do not need, wants a compiler


class Problem(Exception):  # noqa: N818 - the word says what it is
    """Something that the person can mend; the message says how."""


# The machine


class Machine:
    """This computer. Tests put another in its place."""

    system = sys.platform
    environment: Any = os.environ

    @property
    def person(self) -> Path:
        """The home folder."""
        return Path.home()

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

    def run(self, command: list[Any], **settings: Any) -> int:
        """Run a command in sight of the person and return its exit status."""
        return subprocess.run([str(part) for part in command], **settings).returncode

    def ask(self, command: list[Any], timeout_s: float = 60, **settings: Any) -> str | None:
        """What a command prints; None when it can't be run or fails."""
        silent = {"stdin": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "stdout": subprocess.PIPE}
        try:
            done = subprocess.run([str(part) for part in command], timeout=timeout_s, **silent, **settings)
        except (OSError, subprocess.TimeoutExpired):
            return None
        return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None

    def reaches(self, address: str) -> bool:
        """Whether something answers there within seconds."""
        try:
            with urllib.request.urlopen(address, timeout=8):
                return True
        except (OSError, ValueError):
            return False

    def answer(self, question: str) -> bool:
        """Ask the person; no where nobody is there to answer."""
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            return False
        print(question, end=" [y/N] ", file=sys.stderr, flush=True)
        return sys.stdin.readline().strip().lower() in ("y", "yes")


# What was asked for


@dataclass
class Wishes:
    """The command line."""

    command: str = "install"
    rest: list[str] = field(default_factory=list)
    home: Path | None = None
    inkscape: str | None = None
    extensions_dir: Path | None = None
    torch: str = "auto"
    models: Path | None = None
    offline: Path | None = None
    yes: bool = False
    json: bool = False
    keep_models: bool = False


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> Any:
        raise Problem(f"{message}; python3 install.py --help lists what there is")


def read_wishes(arguments: list[str]) -> Wishes:
    """Read the command line. What follows ``test`` is pytest's."""
    rest: list[str] = []
    if "test" in arguments:
        place = arguments.index("test")
        arguments, rest = arguments[: place + 1], arguments[place + 1 :]
    parser = _Parser(add_help=False, allow_abbrev=False)
    parser.add_argument("command", nargs="?", default="install", choices=COMMANDS)
    for name in ("home", "extensions-dir", "models", "offline"):
        parser.add_argument(f"--{name}", type=Path)
    parser.add_argument("--inkscape")
    parser.add_argument("--torch", default="auto", choices=TORCHES)
    for name in ("yes", "json", "keep-models"):
        parser.add_argument(f"--{name}", action="store_true")
    return Wishes(**vars(parser.parse_args(arguments)), rest=rest)


def find_home(machine: Machine, wishes: Wishes) -> Path:
    """The engine's own folder; the same that clipasso_core.folders finds."""
    named = wishes.home or machine.environment.get("CLIPASSO_HOME")
    if named:
        return Path(named).expanduser().absolute()
    if machine.system == "win32":
        return Path(machine.environment.get("LOCALAPPDATA") or machine.person / "AppData" / "Local") / "clipasso"
    if machine.system == "darwin":
        return machine.person / "Library" / "Application Support" / "clipasso"
    data = Path(machine.environment.get("XDG_DATA_HOME", ""))
    return (data if data.is_absolute() else machine.person / ".local" / "share") / "clipasso"


# Files


def write(path: Path, text: str) -> None:
    """Write beside and rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(path.name + ".new")
    scratch.write_text(text, encoding="utf-8")
    os.replace(scratch, path)


def read_json(path: Path) -> dict[str, Any]:
    """A file of ours; empty when it is missing or damaged."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def checksum(path: Path) -> str:
    """SHA-256 of a file; empty when it can't be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def remove(path: Path) -> None:
    """Delete a file, link or folder; what can't be deleted now is left for the next run."""
    if path.is_symlink() or path.is_file():
        with suppress(OSError):
            path.unlink()
    else:
        shutil.rmtree(path, ignore_errors=True)


# The engine


class Engine:
    """The engine's virtual environment: built beside the old one, which works until the new one is complete."""

    def __init__(self, machine: Machine, wishes: Wishes, say: Any) -> None:
        self.machine, self.wishes, self.say = machine, wishes, say
        self.home = find_home(machine, wishes)

    @property
    def pointer(self) -> Path:
        """Names the environment in use; written when it is complete, so that a half-made one is never in use."""
        return self.home / "current.json"

    @property
    def folder(self) -> Path | None:
        """The environment in use."""
        facts = read_json(self.pointer)
        folder = self.home / str(facts.get("folder", "-"))
        return folder if self.python(folder).exists() else None

    def python(self, folder: Path | None = None) -> Path:
        """The environment's Python."""
        folder = folder or self.folder or self.home / "engines" / "none"
        return folder / "Scripts" / "python.exe" if self.machine.system == "win32" else folder / "bin" / "python"

    @property
    def command(self) -> list[str]:
        """The `clipasso` command, whatever the working folder and Python's own variables are."""
        return [str(self.python()), "-I", "-m", "clipasso_core"]

    @property
    def launcher(self) -> Path:
        """The same for people."""
        return self.home / "bin" / ("clipasso.cmd" if self.machine.system == "win32" else "clipasso")

    def run(self, *words: Any) -> int:
        """Run `clipasso` in sight of the person."""
        return self.machine.run([*self.command, *words], env=self._environment())

    def ask(self, *words: Any, timeout_s: float = 300) -> str | None:
        """What `clipasso` prints; None when it fails."""
        return self.machine.ask([*self.command, *words], timeout_s=timeout_s, env=self._environment())

    def set_up(self, extras: str = "") -> None:
        """Bring the environment up to date with this checkout. Raises `Problem`."""
        facts, wanted = read_json(self.pointer), dependencies(extras)
        kind = self.wishes.torch
        fits = self.folder is not None and (kind == "auto" or kind == facts.get("torch"))
        if fits and wanted in facts.get("has", []):
            self._pip(self.python(), ["--no-deps", ROOT], "the engine could not be updated", quiet=True)
        elif fits and dependencies("") in facts.get("has", []):
            self._install(self.python(), extras)
            write(self.pointer, json.dumps({**facts, "has": [*facts["has"], wanted]}))
        else:
            self._build(extras)
        self._write_launcher()
        if self.wishes.models is not None:
            write(self.home / "config.json", json.dumps({"models": str(self.wishes.models.expanduser().absolute())}))
        if self.machine.run([*self.command, "models", "fetch", "u2netp"], env=self._environment(), stdout=sys.stderr):
            self.say("Going on without u2netp: the subject is found by GrabCut, which is coarser.")

    def _build(self, extras: str) -> None:
        self._check_before()
        kind, index, why = choose_torch(self.machine, self.wishes)
        self._check_room(kind)
        self.say(f"Setting up the engine in {self.home}. torch: {why}; up to {DOWNLOAD_GB[kind]:g} GB to download, once.")
        before, engines = self.folder, self.home / "engines"
        for stale in engines.glob("*"):
            if stale != before:
                remove(stale)  # half-made by a run that was interrupted
        folder = engines / time.strftime("%Y%m%d-%H%M%S")
        system = ["--system-site-packages"] if kind == "existing" else []
        engines.mkdir(parents=True, exist_ok=True)
        if self.machine.run([sys.executable, "-m", "venv", *system, folder], stdout=sys.stderr):
            raise Problem("the virtual environment could not be made; what was printed above tells more")
        python = self.python(folder)
        if index:
            self._pip(python, ["torch", "torchvision", "--index-url", index], "torch could not be installed: check the connection")
        self._install(python, extras)
        has = list(dict.fromkeys([dependencies(""), dependencies(extras)]))
        asked = self.wishes.torch if self.wishes.torch != "auto" else kind
        if before is not None:
            self.machine.ask([*self.command, "engine", "stop"], env=self._environment())  # it would go on with the old code
        write(self.pointer, json.dumps({"folder": f"engines/{folder.name}", "has": has, "torch": asked}))
        if before is not None:
            remove(before)

    def _install(self, python: Path, extras: str) -> None:
        self._pip(python, ["--upgrade", f"{ROOT}{extras}"], "the engine's packages could not be installed: check the connection")
        if extras == "[dev]":
            self._pip(python, ["--no-deps", TEST_ONLY], "inkex could not be installed: check the connection", quiet=True)

    def _pip(self, python: Path, words: list[Any], fault: str, quiet: bool = False) -> None:
        command = [python, "-m", "pip", "install", "--disable-pip-version-check", *(["--quiet"] if quiet else []), *words]
        if self.machine.run(command, env=self._environment(), stdout=sys.stderr):
            raise Problem(f"{fault}; what was printed above tells more, and the same command goes on from here")

    def _environment(self) -> dict[str, str]:
        """For the engine's own Python: our home, and the wheels' folder instead of the network."""
        environment = {name: value for name, value in self.machine.environment.items() if name not in ("PYTHONHOME", "PYTHONPATH")}
        environment["CLIPASSO_HOME"] = str(self.home)
        if self.wishes.offline is not None:
            environment |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.wishes.offline.absolute()), "PIP_EXTRA_INDEX_URL": ""}
        return environment

    def _write_launcher(self) -> None:
        command, home = self.command, self.home
        if self.machine.system == "win32":
            text = f'@set "CLIPASSO_HOME={home}"\n@"{command[0]}" {" ".join(command[1:])} %*\n'
        else:
            quoted = "'" + str(command[0]).replace("'", "'\\''") + "'"
            there = "'" + str(home).replace("'", "'\\''") + "'"
            text = f'#!/bin/sh\nCLIPASSO_HOME={there} exec {quoted} {" ".join(command[1:])} "$@"\n'
        write(self.launcher, text)
        self.launcher.chmod(0o755)

    def _check_before(self) -> None:
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
        if self.wishes.offline is not None and not self.wishes.offline.is_dir():
            raise Problem(f"there is no folder {self.wishes.offline}: name the folder with the wheels")
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.home):
                pass
        except OSError as error:
            raise Problem(f"{self.home} can't be written ({error.strerror}): choose another place with --home") from None

    def _check_room(self, kind: str) -> None:
        free, needed = self.machine.free_gb(self.home), NEEDED_GB[kind]
        if free < needed:
            raise Problem(f"{self.home} has {free:.1f} GB free, {needed:g} GB are needed: make room, or choose another disk with --home")


def dependencies(extras: str) -> str:
    """A fingerprint of what this checkout needs: when it changes, the environment is built anew."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    parts = re.findall(r"^dependencies = \[.*?^\]", text, re.MULTILINE | re.DOTALL)
    if extras:
        parts += re.findall(rf"^{extras.strip('[]')} = \[.*?\]", text, re.MULTILINE | re.DOTALL)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest() + extras


def choose_torch(machine: Machine, wishes: Wishes) -> tuple[str, str | None, str]:
    """Which torch: its kind, the index that has that build (None for pip's own), and why, for the person."""
    kind = wishes.torch
    if kind == "existing":
        if machine.ask([sys.executable, "-c", "import torch, torchvision"]) is None:
            raise Problem("this Python has no torch with a torchvision that fits: leave --torch existing out")
        return "existing", None, "the one of this Python"
    driver = nvidia_driver(machine)
    rocm = machine.exists("/opt/rocm") or machine.which("rocminfo") is not None
    if kind == "auto":
        kind = "cuda" if driver >= OLD_CUDA_DRIVER else "rocm" if rocm and machine.system == "linux" else "cpu"
    why = {
        "cuda": f"NVIDIA driver {driver}" if driver else "CUDA as asked, though no NVIDIA driver was found",
        "rocm": "ROCm" if rocm else "ROCm as asked, though none was found",
        "cpu": "an NVIDIA driver that is too old for CUDA 12" if 0 < driver < OLD_CUDA_DRIVER else "no GPU that torch can use",
    }[kind]
    if wishes.torch == "cpu":
        why = "for the CPU, as asked"
    if wishes.offline is not None:
        return kind, None, f"from {wishes.offline}"
    if machine.system == "darwin":
        return "cpu", None, "Apple's GPU works with --device mps" if platform.machine() == "arm64" else why
    index = INDEX + BUILDS["cuda-new" if kind == "cuda" and driver >= NEW_CUDA_DRIVER else kind]
    if not machine.reaches(index + "/torch/"):
        return "default", None, f"{why}, but {index} does not answer: the default build"
    return kind, index, why


def nvidia_driver(machine: Machine) -> int:
    """The driver's major version; 0 without one."""
    said = machine.ask(["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]) or ""
    number = re.match(r"\s*(\d+)", said)
    return int(number.group(1)) if number else 0


# Inkscape


@dataclass
class Inkscape:
    """An Inkscape on this machine. folder: of its extensions; None where none can work, and `advice` says what to do."""

    name: str
    folder: Path | None
    executable: str | None = None
    advice: str = ""
    prefix: list[str] = field(default_factory=list)  # before the engine's command, where Inkscape is shut in


def find_inkscapes(machine: Machine, wishes: Wishes) -> list[Inkscape]:
    """Every Inkscape found, or the one named."""
    if wishes.extensions_dir is not None:
        return [Inkscape("Inkscape", wishes.extensions_dir.expanduser().absolute(), wishes.inkscape)]
    if wishes.inkscape is not None:
        if machine.which(wishes.inkscape) is None and not Path(wishes.inkscape).exists():
            raise Problem(f"there is no Inkscape {wishes.inkscape}: check the path")
        return [_ask_inkscape(machine, wishes.inkscape, None)]
    return [*{str(one.folder) + one.name: one for one in _look_for_inkscapes(machine, wishes)}.values()]


def _look_for_inkscapes(machine: Machine, wishes: Wishes) -> Iterator[Inkscape]:
    person, environment = machine.person, machine.environment
    if machine.system == "win32":
        usual = Path(environment.get("APPDATA") or person / "AppData" / "Roaming") / "inkscape"
        programs = [environment.get("PROGRAMFILES", r"C:\Program Files"), str(Path(environment.get("LOCALAPPDATA", "")) / "Programs")]
        for path in [str(Path(one) / "Inkscape" / "bin" / "inkscape.exe") for one in programs]:
            if machine.exists(path):
                yield _ask_inkscape(machine, path, usual)
                return
        if usual.is_dir():
            yield Inkscape("Inkscape", usual / "extensions")
        return
    if machine.system == "darwin":
        usual = person / "Library" / "Application Support" / "org.inkscape.Inkscape" / "config" / "inkscape"
        path = "/Applications/Inkscape.app/Contents/MacOS/inkscape"
        if machine.exists(path):
            yield _ask_inkscape(machine, path, usual)
        elif usual.is_dir():
            yield Inkscape("Inkscape", usual / "extensions")
        return
    usual = Path(environment.get("XDG_CONFIG_HOME") or person / ".config") / "inkscape"
    found = machine.which("inkscape")
    if found is not None and ("/snap/" in found or "/snap/" in os.path.realpath(found)):
        yield Inkscape(
            "Inkscape (Snap)", None, found, "Snap forbids Inkscape to start helpers: install its deb, AppImage or Flatpak instead"
        )
    elif found is not None:
        yield _ask_inkscape(machine, found, usual)
    elif usual.is_dir():
        yield Inkscape("Inkscape (AppImage)", usual / "extensions")
    flatpak = person / ".var" / "app" / "org.inkscape.Inkscape"
    if flatpak.is_dir() or machine.ask(["flatpak", "info", "org.inkscape.Inkscape"]) is not None:
        yield Inkscape(
            "Inkscape (Flatpak)",
            flatpak / "config" / "inkscape" / "extensions",
            None,
            "let it start the engine:  flatpak override --user --talk-name=org.freedesktop.Flatpak org.inkscape.Inkscape",
            ["flatpak-spawn", "--host", f"--env=CLIPASSO_HOME={find_home(machine, wishes)}"],
        )


def _ask_inkscape(machine: Machine, executable: str, usual: Path | None) -> Inkscape:
    said = (machine.ask([executable, "--user-data-directory"]) or "").strip().splitlines()
    if not said and usual is None:
        raise Problem(f"{executable} does not say where its extensions are: name the folder with --extensions-dir")
    return Inkscape("Inkscape", (Path(said[-1]) if said else usual or Path()) / "extensions", executable)


# The extension


class Extension:
    """The files in Inkscape's extensions folder, with a manifest of what was put there."""

    def __init__(self, machine: Machine, engine: Engine, say: Any) -> None:
        self.machine, self.engine, self.say = machine, engine, say

    @property
    def manifest(self) -> Path:
        """Checksums of what was installed, by extensions folder."""
        return self.engine.home / "installed.json"

    def install(self, inkscape: Inkscape) -> None:
        """Copy what belongs into an Inkscape's folder, beside and swapped in. Raises `Problem`."""
        assert inkscape.folder is not None
        target = inkscape.folder / "clipasso"
        fresh, old = inkscape.folder / "clipasso.new", inkscape.folder / "clipasso.old"
        command = [*inkscape.prefix, *self.engine.command]
        pointer: dict[str, Any] = {"command": command, "home": str(self.engine.home)}
        if inkscape.prefix:
            pointer["scratch"] = str(self.engine.home / "scratch")  # Inkscape's own /tmp is not the engine's
        try:
            for path in (fresh, old):
                remove(path)
            fresh.mkdir(parents=True)
            sums = {}
            for path in own_files():
                copy = fresh / path.relative_to(EXTENSION)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copy)
                sums[str(path.relative_to(EXTENSION).as_posix())] = checksum(copy)
            (fresh / "engine.json").write_text(json.dumps(pointer), encoding="utf-8")
            sums["engine.json"] = checksum(fresh / "engine.json")
            for name in self._changed(target, fresh):
                shutil.copyfile(target / name, fresh / f"{name}.yours")
                self.say(f"You had changed {target / name}: your copy is beside the new file, with the ending .yours.")
            if target.exists() or target.is_symlink():
                os.replace(target, old)
            os.replace(fresh, target)
            remove(old)
            self._remove_strays(inkscape.folder)
        except OSError as error:
            if not target.exists() and old.exists():
                os.replace(old, target)
            remove(fresh)
            reason = error.strerror or str(error)
            raise Problem(f"{inkscape.folder} can't be written ({reason}): name another with --extensions-dir") from None
        known = read_json(self.manifest)
        write(self.manifest, json.dumps({**known, str(inkscape.folder): sums}, indent=1))

    def uninstall(self) -> list[str]:
        """Remove what the manifest names. Returns the files that the person changed, which stay."""
        kept = []
        for folder, sums in read_json(self.manifest).items():
            target = Path(folder) / "clipasso"
            for name, known in sums.items():
                path = target / name
                if path.is_file() and checksum(path) != known:
                    kept.append(str(path))
                else:
                    remove(path)
            for place in (*target.rglob("__pycache__"), target / "clipasso_ext", target):
                if place.name == "__pycache__":
                    remove(place)
                with suppress(OSError):
                    place.rmdir()
            kept += [str(path) for path in target.rglob("*.yours")]
        return kept

    def _changed(self, target: Path, fresh: Path) -> list[str]:
        """Files of the installed extension that the person changed since."""
        sums = read_json(self.manifest).get(str(target.parent), {})
        names = [
            name for name, known in sums.items() if name != "engine.json" and (target / name).is_file() and checksum(target / name) != known
        ]
        return [name for name in names if checksum(target / name) != checksum(fresh / name)]

    def _remove_strays(self, folder: Path) -> None:
        """Copies of an older version that lie beside: Inkscape would load both."""
        for path in folder.glob("*.inx"):
            with suppress(OSError):
                if "<id>org.clipasso." in path.read_text(encoding="utf-8", errors="replace"):
                    remove(path)
                    self.say(f"Removed {path}, of an older version.")


def own_files() -> list[Path]:
    """What belongs to the extension."""
    return sorted([*EXTENSION.glob("*.inx"), *EXTENSION.glob("clipasso_*.py"), *EXTENSION.glob("clipasso_ext/*.py")])


# Checks


@dataclass
class Check:
    """One thing that was tried. state: ``ok``, ``note`` (works, could be better) or ``fault``."""

    name: str
    state: str
    text: str
    advice: str = ""


def check_engine(engine: Engine) -> Iterator[Check]:
    """The engine answers, and draws three strokes in a few steps."""
    said = engine.ask("doctor", "--json")
    findings = [] if said is None else json.loads(said)
    if said is None:
        yield Check("engine", "fault", "does not answer", f"run  {engine.launcher} doctor")
        return
    faults = [one for one in findings if one["state"] == "fault"]
    for one in faults:
        yield Check(one["subject"], "fault", one["text"], one["advice"])
    if not faults:
        yield Check("engine", "ok", "answers")
    with tempfile.TemporaryDirectory() as folder:
        drawn = engine.ask("sketch", EXAMPLE, "-o", Path(folder) / "check.svg", "--strokes", 3, "--preset", "draft", "--steps", 3)
    yield (
        Check("sketch", "ok", "three strokes drawn") if drawn is not None else Check("sketch", "fault", "the example could not be sketched")
    )


def check_extension(machine: Machine, inkscape: Inkscape) -> Iterator[Check]:
    """The extension imports under Inkscape's own Python, and a headless Inkscape inserts a layer where there is a display."""
    assert inkscape.folder is not None
    python = inkscapes_python(machine, inkscape)
    if python is None or inkscape.executable is None:
        yield Check(inkscape.name, "note", "not started from here: try Extensions > CLIPasso yourself", inkscape.advice)
        return
    data = (machine.ask([inkscape.executable, "--system-data-directory"]) or "").strip().splitlines()
    environment = {name: value for name, value in machine.environment.items() if name != "PYTHONHOME"}
    if data:
        environment["PYTHONPATH"] = str(Path(data[-1]) / "extensions")
    place = {"cwd": inkscape.folder / "clipasso", "env": environment}
    if machine.ask([python, "-c", "import clipasso_ext.effects"], **place) is None:
        yield Check(inkscape.name, "fault", f"the extension does not run under its Python ({python})", "is it Inkscape 1.2 or newer?")
        return
    window = "import gi; gi.require_version('Gtk', '3.0'); from gi.repository import Gtk"
    if machine.ask([python, "-c", window], **place) is None:
        yield Check(inkscape.name, "note", "no window without Python's GTK", "install python3-gi and gir1.2-gtk-3.0")
    if machine.system == "linux" and not machine.environment.get("DISPLAY"):
        yield Check(inkscape.name, "note", "the extension loads; Inkscape itself needs a display to be tried")
    elif _inserts(machine, inkscape):
        yield Check(inkscape.name, "ok", "a sketch was inserted")
    else:
        yield Check(inkscape.name, "fault", "no sketch was inserted", "look into Extensions > CLIPasso > Engine and Models > Open Log")


def inkscapes_python(machine: Machine, inkscape: Inkscape) -> str | None:
    """The Python that runs Inkscape's extensions; None where it is shut in with it."""
    if inkscape.executable is None:
        return None
    if machine.system == "win32":
        return next((str(path) for path in Path(inkscape.executable).parent.glob("python*.exe")), None)
    if machine.system == "darwin":
        return str(Path(inkscape.executable).parents[1] / "Resources" / "bin" / "python3")
    return "/usr/bin/python3" if machine.exists("/usr/bin/python3") else machine.which("python3")


def _inserts(machine: Machine, inkscape: Inkscape) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        page, result = Path(folder) / "check.svg", Path(folder) / "checked.svg"
        page.write_text(
            '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="300" height="200">'
            f'<image id="photo" width="300" height="200" xlink:href="{EXAMPLE.as_uri()}"/></svg>'
        )
        actions = f"select-by-id:photo;org.clipasso.sketch.noprefs;export-filename:{result};export-do"
        command = [inkscape.executable, f"--app-id-tag=clipasso{os.getpid()}", "--batch-process", page, f"--actions={actions}"]
        machine.ask(command, timeout_s=300, env={**machine.environment, "CLIPASSO_NO_GUI": "1"})
        return result.is_file() and "https://clipasso.org/ns" in result.read_text(encoding="utf-8", errors="replace")


# The commands


class Installer:
    """What the commands do."""

    def __init__(self, machine: Machine, wishes: Wishes) -> None:
        self.machine, self.wishes = machine, wishes
        self.engine = Engine(machine, wishes, self.say)
        self.extension = Extension(machine, self.engine, self.say)

    def say(self, text: str) -> None:
        """One line for the person."""
        print(text, file=sys.stderr if self.wishes.json else sys.stdout, flush=True)

    def install(self) -> int:
        inkscapes = find_inkscapes(self.machine, self.wishes)
        for one in inkscapes:
            self.say(f"Found {one.name}: {one.folder or one.advice}")
        self.engine.set_up()
        able = [one for one in inkscapes if one.folder is not None]
        for one in able:
            self.extension.install(one)
        self._offer_clip()
        checks = [*check_engine(self.engine)]
        for one in able:
            checks += check_extension(self.machine, one)
        return self._conclude(checks, inkscapes)

    def demo(self) -> int:
        """Sketch the example into the current folder."""
        self.engine.set_up()
        target = Path.cwd() / "demo.svg"
        status = self.engine.run("sketch", EXAMPLE, "-o", target)
        if status == 0:
            self.say(f"The photograph is {EXAMPLE}\nThe sketch is     {target}")
            self.say(f"Sketch your own:  {self.engine.launcher} sketch PHOTO -o SKETCH.svg")
        return status

    def test(self) -> int:
        """Run the test suite on this checkout."""
        self.engine.set_up("[dev]")
        return self.machine.run([self.engine.python(), "-m", "pytest", *self.wishes.rest], cwd=ROOT)

    def doctor(self) -> int:
        """What a bug report needs."""
        inkscapes = find_inkscapes(self.machine, self.wishes)
        version = f"{platform.system()} {platform.release()} {platform.machine()}, Python {platform.python_version()}"
        checks = [Check("machine", "ok", version)]
        if self.engine.folder is None:
            checks.append(Check("engine", "fault", "not installed", "run  python3 install.py"))
        else:
            said = self.engine.ask("doctor", "--json")
            if said is None:
                checks.append(Check("engine", "fault", "does not answer", "run  python3 install.py  again"))
            else:
                checks += [Check(one["subject"], one["state"], one["text"], one["advice"]) for one in json.loads(said)]
        for one in inkscapes:
            checks.append(self._look_at(one))
        if not inkscapes:
            checks.append(Check("Inkscape", "note", "none found", "install it, then run  python3 install.py  again"))
        return self._conclude(checks, inkscapes, ready="everything works")

    def uninstall(self) -> int:
        """Remove exactly what was installed."""
        home = self.engine.home
        if not self.engine.pointer.exists() and not self.extension.manifest.exists():
            self.say(f"Nothing is installed in {home}.")
            return 0
        if not self.wishes.yes and sys.stdin.isatty() and not self.machine.answer(f"Remove CLIPasso from {home} and from Inkscape?"):
            self.say("Nothing was removed.")
            return 0
        if self.engine.folder is not None:
            self.engine.ask("engine", "stop")
        kept = self.extension.uninstall()
        waiting = [path.parent for path in (home / "jobs").glob("*/outcome.json") if not (path.parent / "inserted").exists()]
        names = ["engines", "current.json", "installed.json", "config.json", "extension.json", "bin", "run", "logs", "scratch"]
        names += [] if waiting else ["jobs"]
        names += [] if self.wishes.keep_models else ["models"]
        for name in names:
            remove(home / name)
        with suppress(OSError):
            home.rmdir()
        if waiting:
            kept.append(f"{home / 'jobs'} (sketches that were not inserted yet)")
        if self.wishes.keep_models and (home / "models").is_dir():
            kept.append(f"{home / 'models'} (downloaded weights)")
        for path in kept:
            self.say(f"Kept {path}")
        self.say("CLIPasso is uninstalled.")
        return 0

    def _look_at(self, inkscape: Inkscape) -> Check:
        if inkscape.folder is None:
            return Check(inkscape.name, "note", "can't be used", inkscape.advice)
        target = inkscape.folder / "clipasso"
        sums = read_json(self.extension.manifest).get(str(inkscape.folder), {})
        if not (target / "engine.json").is_file():
            return Check(inkscape.name, "fault", "has no extension", "run  python3 install.py")
        wrong = [name for name, known in sums.items() if checksum(target / name) != known]
        current = all(checksum(path) == checksum(target / path.relative_to(EXTENSION)) for path in own_files())
        if wrong:
            return Check(
                inkscape.name, "note", f"files of the extension were changed: {', '.join(wrong)}", "python3 install.py restores them"
            )
        if not current:
            return Check(inkscape.name, "note", "has an extension of another version", "run  python3 install.py")
        return Check(inkscape.name, "ok", f"has the extension, in {target}")

    def _offer_clip(self) -> None:
        """CLIP is never fetched unasked."""
        listed = self.engine.ask("models", "list") or ""
        if "clip:" in listed and "on this machine" in listed.partition("clip:")[2].splitlines()[0]:
            return
        where = self.wishes.models or self.engine.home / "models"
        offer = f"CLIP's weights make slower sketches that follow the paper ({CLIP_TERMS}, into {where})."
        if not self.wishes.yes and self.wishes.offline is None and self.machine.answer(f"{offer} Fetch them now?"):
            self.engine.run("models", "fetch", CLIP)
        else:
            self.say(f"{offer} Later:  {self.engine.launcher} models fetch {CLIP}")

    def _conclude(self, checks: list[Check], inkscapes: list[Inkscape], ready: str = "") -> int:
        faults = [one for one in checks if one.state == "fault"]
        marks = {"ok": "✓", "note": "·", "fault": "✗"}
        for one in checks:
            self.say(f"{marks[one.state]} {one.name}: {self._short(one.text)}")
            if one.advice:
                self.say(f"    → {self._short(one.advice)}")
        able = [one for one in inkscapes if one.folder is not None]
        if faults:
            advice = f": {self._short(faults[0].advice)}" if faults[0].advice else ""
            last = f"Not ready: {faults[0].name} {self._short(faults[0].text)}{advice}"
        elif ready:
            last = ready[:1].upper() + ready[1:] + "."
        elif able:
            last = "Ready: restart Inkscape, select a photograph, and choose Extensions > CLIPasso > Sketch the Selected Bitmap."
        elif inkscapes:
            last = f"The engine is ready ({self.engine.launcher}). {inkscapes[0].name}: {inkscapes[0].advice}, and run this again."
        else:
            last = f"The engine is ready ({self.engine.launcher}). No Inkscape was found: install it, and run this again for the extension."
        self.say(last)
        if self.wishes.json:
            found = [{"name": one.name, "folder": str(one.folder) if one.folder else None, "advice": one.advice} for one in inkscapes]
            facts = {"ready": not faults, "home": str(self.engine.home), "inkscapes": found, "checks": [asdict(one) for one in checks]}
            print(json.dumps({**facts, "message": last}, indent=1))
        return 2 if faults else 0

    def _short(self, text: str) -> str:
        """A report need not carry the person's name, which their home's path holds."""
        return text.replace(str(self.machine.person), "~")


def main(arguments: list[str], machine: Machine | None = None) -> int:
    """Do what the arguments ask for and return the exit status: 0, 2 for something to mend, or pytest's own."""
    if any(word in ("-h", "--help") for word in arguments[: arguments.index("test") if "test" in arguments else None]):
        print(__doc__)
        return 0
    try:
        wishes = read_wishes(arguments)
        return int(getattr(Installer(machine or Machine(), wishes), wishes.command)())
    except Problem as problem:
        print(f"install.py: {problem}", file=sys.stderr)
        if "--json" in arguments:
            print(json.dumps({"ready": False, "message": str(problem)}))
        return 2
    except KeyboardInterrupt:
        print("\ninstall.py: interrupted; run the same command again to go on", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
