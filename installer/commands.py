"""Set CLIPasso up and take it away again. Standard library only, Python 3.10 or newer; safe to run
again.

  python3 install.py                      the engine, the extension into every Inkscape found, and a
    check of both
  python3 install.py demo                 the engine if needed; sketches the example photograph and
    says where it is
  python3 install.py test [PYTEST ARGS]   the engine with its development tools; runs all tests
  python3 install.py doctor               what is installed, and what works
  python3 install.py uninstall            removes exactly what was installed; --keep-models leaves
    downloaded weights

--home DIR            where the engine lives (default: CLIPASSO_HOME, else the platform's folder for
  user data)
--inkscape PATH       this Inkscape instead of those found
--extensions-dir DIR  this extensions folder instead of asking Inkscape
--torch KIND          auto (looks at the GPU), cpu, cuda, rocm, or existing (the torch of the Python
  that runs this file)
--models DIR          where downloaded weights go (default: models in the engine's home)
--offline WHEELS      install from a folder of wheels, without network; docs/install.md says how to
  fill it
--yes                 do not ask anything
--json                print the findings as JSON on standard output, everything else on standard
  error
"""

from __future__ import annotations

import argparse
import hashlib
import http.client
import json
import os
import platform
import re
import shutil
import site
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
EXTENSION = ROOT / "inkscape_ext"
EXAMPLE = ROOT / "examples" / "coffee.jpg"
COMMANDS = ("install", "demo", "test", "doctor", "uninstall")
TORCHES = ("auto", "cpu", "cuda", "rocm", "existing")
INDEX = "https://download.pytorch.org/whl/"
# folders of that index
BUILDS = {"cpu": "cpu", "cuda": "cu126", "cuda-new": "cu130", "rocm": "rocm6.4"}
NEW_CUDA_DRIVER, OLD_CUDA_DRIVER = 580, 525  # the first drivers that run CUDA 13 and CUDA 12
DOWNLOAD_GB = {"cpu": 0.4, "cuda": 3.0, "rocm": 4.5, "default": 3.0, "existing": 0.3}
NEEDED_GB = {"cpu": 2.5, "cuda": 8.0, "rocm": 15.0, "default": 8.0, "existing": 1.0}
CLIP = "clip:RN101:openai"
CLIP_TERMS = "about 480 MB from huggingface.co, OpenAI's weights under the MIT licence"
# builds our own package without `wheel` beside it; in the environment, so that an update asks no
# network
BUILDER = "setuptools>=70.1"
REPAIR = "run install.py again"  # advice of the engine's doctor that this file must be able to keep
MISLEADING = (
    "PYTHONHOME",
    "PYTHONPATH",
    "PIP_TARGET",
    "PIP_PREFIX",
    "PIP_ROOT",
    "PIP_NO_DEPS",
    "PIP_DRY_RUN",
)
SNAP = "Snap forbids Inkscape to start helpers: install its deb, AppImage or Flatpak instead"
FLATPAK = "org.inkscape.Inkscape"
POINTER = "engine.json"  # tells the extension where the engine is
# without its dependencies: PyGObject, which the tests do not need, wants a compiler
TEST_ONLY = "inkex==1.4.1"


class Problem(Exception):  # noqa: N818 - the word says what it is
    """Something that the person can mend; the message says how."""


# The machine


class Machine:
    """This computer. Tests put another in its place."""

    system = sys.platform
    environment: Any = os.environ
    python_folder = sys.base_prefix

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

    def by_sudo(self) -> bool:
        """Whether this runs as root for somebody else."""
        return (
            self.system == "linux" and os.geteuid() == 0 and bool(self.environment.get("SUDO_USER"))
        )

    def ask(
        self, command: list[Any], timeout_s: float = 60, any_status: bool = False, **settings: Any
    ) -> str | None:
        """What a command prints; None when it can't be run or fails."""
        silent: dict[str, Any] = {
            "stdin": subprocess.DEVNULL,
            "stderr": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
        }
        try:
            done = subprocess.run(
                [str(part) for part in command], timeout=timeout_s, **silent, **settings
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        return (
            done.stdout.decode("utf-8", "replace") if done.returncode == 0 or any_status else None
        )

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


def _folder(text: str) -> Path:
    if not text.strip():
        # an empty variable of a shell would mean the current folder
        raise argparse.ArgumentTypeError("names no folder")
    return Path(text)


def read_wishes(arguments: list[str]) -> Wishes:
    """Read the command line. What follows ``test`` is pytest's."""
    rest: list[str] = []
    if "test" in arguments:
        place = arguments.index("test")
        arguments, rest = arguments[: place + 1], arguments[place + 1 :]
    parser = _Parser(add_help=False, allow_abbrev=False)
    parser.add_argument("command", nargs="?", default="install", choices=COMMANDS)
    for name in ("home", "extensions-dir", "models", "offline"):
        parser.add_argument(f"--{name}", type=_folder)
    parser.add_argument("--inkscape")
    parser.add_argument("--torch", default="auto", choices=TORCHES)
    for name in ("yes", "json", "keep-models"):
        parser.add_argument(f"--{name}", action="store_true")
    wishes = Wishes(**vars(parser.parse_args(arguments)), rest=rest)
    if rest and wishes.command != "test":  # `test` was some option's value
        wishes = Wishes(**vars(parser.parse_args([*arguments, *rest])))
    for name in ("home", "extensions_dir", "models", "offline"):
        path = getattr(wishes, name)
        if path is not None:
            setattr(wishes, name, path.expanduser().absolute())
    return wishes


def find_home(machine: Machine, wishes: Wishes) -> Path:
    """The engine's own folder; the same that clipasso_core.machine.folders finds."""
    named = wishes.home or machine.environment.get("CLIPASSO_HOME")
    if named:
        return Path(named).expanduser().absolute()
    if machine.system == "win32":
        return (
            Path(machine.environment.get("LOCALAPPDATA") or machine.person / "AppData" / "Local")
            / "clipasso"
        )
    if machine.system == "darwin":
        return machine.person / "Library" / "Application Support" / "clipasso"
    data = Path(machine.environment.get("XDG_DATA_HOME", ""))
    return (data if data.is_absolute() else machine.person / ".local" / "share") / "clipasso"


# Files


def write(path: Path, text: str) -> None:
    """Write beside and rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(path.name + ".new")
    try:
        scratch.write_text(text, encoding="utf-8")
        os.replace(scratch, path)
    except OSError:
        remove(scratch)
        raise


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
    """The engine's virtual environment: built beside the old one, which works until the new one is
    complete.
    """

    def __init__(self, machine: Machine, wishes: Wishes, say: Any) -> None:
        self.machine, self.wishes, self.say = machine, wishes, say
        self.home = find_home(machine, wishes)

    @property
    def pointer(self) -> Path:
        """Names the environment in use; written when it is complete, so that a half-made one is
        never in use.
        """
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
        return (
            folder / "Scripts" / "python.exe"
            if self.machine.system == "win32"
            else folder / "bin" / "python"
        )

    @property
    def command(self) -> list[str]:
        """The `clipasso` command, whatever the working folder and Python's own variables are."""
        return [str(self.python()), "-I", "-m", "clipasso_core"]

    @property
    def launcher(self) -> Path:
        """The same for people."""
        return (
            self.home / "bin" / ("clipasso.cmd" if self.machine.system == "win32" else "clipasso")
        )

    def run(self, *words: Any) -> int:
        """Run `clipasso` in sight of the person."""
        return self.machine.run(
            [*self.command, *words],
            env=self._environment(),
            stdout=sys.stderr if self.wishes.json else None,
        )

    def ask(self, *words: Any, timeout_s: float = 300) -> str | None:
        """What `clipasso` prints; None when it fails."""
        return self.machine.ask(
            [*self.command, *words], timeout_s=timeout_s, env=self._environment()
        )

    def findings(self) -> list[Check] | None:
        """What the engine's own doctor finds; None when it does not answer."""
        said = self.machine.ask(
            [*self.command, "doctor", "--json"],
            timeout_s=300,
            any_status=True,
            env=self._environment(),
        )
        try:
            return [
                Check(one["subject"], one["state"], one["text"], one["advice"])
                for one in json.loads(said or "")
            ]
        except (ValueError, KeyError, TypeError):
            return None

    def set_up(self, extras: str = "", anew: bool = False) -> bool:
        """Bring the environment up to date with this checkout; `anew`: even if it seems to be.
        Raises `Problem`.

        Returns whether it was built anew: the old one then stays until `tidy`, for who still points
            to it.
        """
        if not (ROOT / "pyproject.toml").is_file():
            raise Problem(
                "the rest of CLIPasso is not beside install.py: download all of it, not this file"
                " alone"
            )
        if self.wishes.command == "install" and self.machine.by_sudo() and self.wishes.home is None:
            raise Problem(
                "as root for somebody else it would not reach their Inkscape: run it without sudo"
            )
        facts, wanted, code = (
            read_json(self.pointer),
            dependencies(extras),
            fingerprint(ROOT.glob("clipasso_core/**/*.py")),
        )
        kind = self.wishes.torch
        fits = (
            not anew and self.folder is not None and (kind == "auto" or kind == facts.get("torch"))
        )
        built = not fits or dependencies("") not in facts.get("has", [])
        if built:
            facts = self._build(extras)
        elif wanted not in facts["has"]:
            self._install(self.python(), extras)
            facts["has"].append(wanted)
        elif facts.get("code") != code:
            self._install(self.python(), "", "--no-deps")
        if (facts := {**facts, "code": code}) != read_json(self.pointer):
            write(self.pointer, json.dumps(facts))
        self._write_launcher()
        if self.wishes.models is not None:
            write(
                self.home / "config.json",
                json.dumps(
                    {**read_json(self.home / "config.json"), "models": str(self.wishes.models)}
                ),
            )
        self._fetch_mask()
        return built

    def tidy(self) -> None:
        """Remove every environment but the one in use: old ones, and those half-made by a run that
        was interrupted.
        """
        for folder in (self.home / "engines").glob("*"):
            if folder != self.folder:
                remove(folder)
        if self.former.exists():
            remove(self.former.parent)

    def models(self) -> Path:
        """Where weights go, as clipasso_core.machine.folders has it."""
        return Path(read_json(self.home / "config.json").get("models") or self.home / "models")

    def _fetch_mask(self) -> None:
        if self.machine.run(
            [*self.command, "models", "fetch", "u2netp"], env=self._environment(), stdout=sys.stderr
        ):
            self.say("Going on without u2netp: the subject is found by GrabCut, which is coarser.")

    def _build(self, extras: str) -> dict[str, Any]:
        self._check_before()
        kind, index, why = choose_torch(self.machine, self.wishes)
        self._check_room(kind)
        size = (
            "no download"
            if self.wishes.offline
            else f"up to {DOWNLOAD_GB[kind]:g} GB to download, once"
        )
        self.say(f"Setting up the engine in {self.home}. torch: {why}; {size}.")
        if not self.pointer.exists():
            write(self.pointer, "{}")  # from now on what lies here is ours, complete or not
        self.tidy()
        folder = Path(
            tempfile.mkdtemp(prefix=time.strftime("%Y%m%d-%H%M%S-"), dir=self.home / "engines")
        )
        folder.chmod(0o755)  # a home may be for all users of a machine
        if self.machine.run([sys.executable, "-m", "venv", folder], stdout=sys.stderr):
            raise Problem(
                "the virtual environment could not be made; what was printed above tells more"
            )
        python = self.python(folder)
        if kind == "existing":
            self._lend_packages(folder)
        if index and self._pip(python, ["torch", "torchvision", "--index-url", index]):
            self._check_room("default")
            self.say(
                f"{index} has no torch for this Python and system, or the connection broke: trying"
                " the default build."
            )
        self._install(python, extras)
        if self.folder is not None:
            # it would go on with the old code
            self.machine.ask([*self.command, "engine", "stop"], env=self._environment())
        has = list(dict.fromkeys([dependencies(""), dependencies(extras)]))
        return {
            "folder": f"engines/{folder.name}",
            "has": has,
            "torch": self.wishes.torch if self.wishes.torch != "auto" else kind,
        }

    def _lend_packages(self, folder: Path) -> None:
        """Let the environment see the packages of this Python, which may be in an environment of
        its own.
        """
        own = [
            *site.getsitepackages(),
            *([site.getusersitepackages()] if site.ENABLE_USER_SITE else []),
        ]
        inside = next(
            iter(folder.glob("lib/python*/site-packages")), folder / "Lib" / "site-packages"
        )
        (inside / "torch-of-another-python.pth").write_text("\n".join(own), encoding="utf-8")

    def _install(self, python: Path, extras: str, *how: str) -> None:
        """Install this checkout's engine, from a copy: pip would leave its own files in the
        checkout, and find there those of modules that are gone.
        """
        there = self.wishes.offline
        hint = (
            f"does {there} hold everything? docs/install.md says how to fill it"
            if there
            else "check the connection"
        )
        with tempfile.TemporaryDirectory() as scratch:
            copy = Path(scratch) / "clipasso"
            shutil.copytree(
                ROOT / "clipasso_core",
                copy / "clipasso_core",
                ignore=shutil.ignore_patterns("__pycache__"),
            )
            for name in ("pyproject.toml", "README.md"):
                shutil.copyfile(ROOT / name, copy / name)
            steps: list[tuple[str, list[Any]]] = [
                ("setuptools", ["--quiet", BUILDER]),
                (
                    "the engine's packages",
                    ["--no-build-isolation", *(how or ["--upgrade"]), f"{copy}{extras}"],
                ),
            ]
            if extras == "[dev]":
                steps.append(("inkex", ["--quiet", "--no-deps", TEST_ONLY]))
            for what, words in steps:
                if self._pip(python, words):
                    told = (
                        "what was printed above tells more, and the same command goes on from here"
                    )
                    raise Problem(f"{what} could not be installed: {hint}; {told}")

    def _pip(self, python: Path, words: list[Any]) -> int:
        """Run pip, with its temporary files on the disk that was checked for room: /tmp may be
        small.
        """
        command = [python, "-I", "-m", "pip", "install", "--disable-pip-version-check", *words]
        with tempfile.TemporaryDirectory(
            dir=self.home / "engines", ignore_cleanup_errors=True
        ) as scratch:
            places = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), scratch)
            return self.machine.run(
                command, env={**self._environment(), **places}, stdout=sys.stderr
            )

    def _environment(self) -> dict[str, str]:
        """For the engine's own Python: our home, and the wheels' folder instead of the network."""
        environment = {
            name: value
            for name, value in self.machine.environment.items()
            if name not in MISLEADING
        }
        environment |= {"CLIPASSO_HOME": str(self.home), "PIP_USER": "0"}
        if self.wishes.offline is not None:  # as an address, for pip splits the variable at blanks
            environment |= {
                "PIP_NO_INDEX": "1",
                "PIP_FIND_LINKS": self.wishes.offline.as_uri(),
                "PIP_EXTRA_INDEX_URL": "",
            }
        return environment

    def _write_launcher(self) -> None:
        command, home = self.command, self.home
        if self.machine.system == "win32":
            # from its own place: cmd reads the file in the console's code page, which may lack a
            # letter of the path
            there = f"%~dp0..\\{Path(command[0]).relative_to(home).as_posix()}".replace("/", "\\")
            text = (
                f'@setlocal\n@for %%I in ("%~dp0..") do @set "CLIPASSO_HOME=%%~fI"\n@"{there}"'
                f" {' '.join(command[1:])} %*\n"
            )
        else:
            quoted = "'" + str(command[0]).replace("'", "'\\''") + "'"
            there = "'" + str(home).replace("'", "'\\''") + "'"
            text = f'#!/bin/sh\nCLIPASSO_HOME={there} exec {quoted} {" ".join(command[1:])} "$@"\n'
        write(self.launcher, text)
        self.launcher.chmod(0o755)

    def _check_before(self) -> None:
        """What would otherwise fail half-way."""
        try:
            import ensurepip  # noqa: F401
            import venv  # noqa: F401
        except ImportError:
            raise Problem(
                "this Python lacks venv: on Debian and Ubuntu run  sudo apt install python3-venv "
                " and try again"
            ) from None
        if self.wishes.offline is not None and not self.wishes.offline.is_dir():
            raise Problem(
                f"there is no folder {self.wishes.offline}: name the folder with the wheels"
            )
        if self.machine.system == "win32" and "WindowsApps" in self.machine.python_folder:
            raise Problem(
                "this Python is from the Microsoft Store, and other programs don't see the files it"
                " writes: install the one from python.org"
            )
        try:
            if self._is_strange():
                raise Problem(
                    f"{self.home} holds other things than CLIPasso: name a folder of its own,"
                    f" --home {self.home / 'clipasso'}"
                )
            (self.home / "engines").mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.home):
                pass
        except OSError as error:
            raise Problem(
                f"{self.home} can't be written ({error.strerror}): choose another place with --home"
            ) from None

    def _is_strange(self) -> bool:
        """Whether the home is a folder that holds the person's own things: what is ours there could
        not be told from them.
        """
        known = {
            "engine",
            "engines",
            "models",
            "run",
            "logs",
            "jobs",
            "scratch",
            "config.json",
            "extension.json",
            "current.json.new",
        }
        return (
            self.home.is_dir()
            and not self.is_ours()
            and any(path.name not in known for path in self.home.iterdir())
        )

    def is_ours(self) -> bool:
        """Whether something was installed here, complete or not."""
        return (
            self.pointer.exists() or (self.home / "installed.json").exists() or self.former.exists()
        )

    @property
    def former(self) -> Path:
        """Tells the engine of the first versions, which had one environment, ``engine``."""
        return self.home / "engine" / "pyvenv.cfg"

    def _check_room(self, kind: str) -> None:
        free, needed = self.machine.free_gb(self.home), NEEDED_GB[kind]
        if free < needed:
            raise Problem(
                f"{self.home} has {free:.1f} GB free, {needed:g} GB are needed: make room, or"
                " choose another disk with --home"
            )


def dependencies(extras: str) -> str:
    """A fingerprint of what this checkout needs: when it changes, the environment is built anew."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    parts = re.findall(r"^dependencies = \[.*?^\]", text, re.MULTILINE | re.DOTALL)
    if extras:
        parts += re.findall(rf"^{extras.strip('[]')} = \[.*?\]", text, re.MULTILINE | re.DOTALL)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest() + extras


def fingerprint(files: Iterable[Path]) -> str:
    """Of the names and the contents of files of this checkout."""
    return hashlib.sha256(
        "".join(
            f"{path.relative_to(ROOT).as_posix()} {checksum(path)}\n" for path in sorted(files)
        ).encode()
    ).hexdigest()


def choose_torch(machine: Machine, wishes: Wishes) -> tuple[str, str | None, str]:
    """Which torch: its kind, the index that has that build (None for pip's own), and why, for the
    person.
    """
    kind = wishes.torch
    if kind == "existing":
        new = (
            "import torch, torchvision; assert tuple(int(part) for part in"
            " torch.__version__.split('.')[:2]) >= (2, 4)"
        )
        if machine.ask([sys.executable, "-c", new]) is None:
            raise Problem(
                "this Python has no torch 2.4 or newer with a torchvision that fits: leave --torch"
                " existing out"
            )
        return "existing", None, "the one of this Python"
    driver = nvidia_driver(machine)
    rocm = machine.exists("/opt/rocm") or machine.which("rocminfo") is not None
    if kind == "auto":
        kind = (
            "cuda"
            if driver >= OLD_CUDA_DRIVER
            else "rocm"
            if rocm and machine.system == "linux"
            else "cpu"
        )
    why = {
        "cuda": (
            f"NVIDIA driver {driver}"
            if driver
            else "CUDA as asked, though no NVIDIA driver was found"
        ),
        "rocm": "ROCm" if rocm else "ROCm as asked, though none was found",
        "cpu": (
            "an NVIDIA driver that is too old for CUDA 12"
            if 0 < driver < OLD_CUDA_DRIVER
            else "no GPU that torch can use"
        ),
    }[kind]
    if wishes.torch == "cpu":
        why = "for the CPU, as asked"
    if wishes.offline is not None:
        return kind, None, f"from {wishes.offline}"
    if machine.system == "darwin":
        return (
            "cpu",
            None,
            "Apple's GPU works with --device mps" if platform.machine() == "arm64" else why,
        )
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
    """An Inkscape on this machine. folder: of its extensions; None where none can work, and
    `advice` says what to do.
    """

    name: str
    folder: Path | None
    executable: str | None = None
    advice: str = ""
    # before the engine's command, where Inkscape is shut in
    prefix: list[str] = field(default_factory=list)


def find_inkscapes(machine: Machine, wishes: Wishes) -> list[Inkscape]:
    """Every Inkscape found, or the one named."""
    if wishes.extensions_dir is not None:
        if f".var/app/{FLATPAK}/" in wishes.extensions_dir.as_posix():
            return [_flatpak(machine, wishes, wishes.extensions_dir)]
        return [Inkscape("Inkscape", wishes.extensions_dir, wishes.inkscape)]
    if wishes.inkscape is not None:
        if machine.which(wishes.inkscape) is None and not Path(wishes.inkscape).exists():
            raise Problem(f"there is no Inkscape {wishes.inkscape}: check the path")
        return [_ask_inkscape(machine, machine.which(wishes.inkscape) or wishes.inkscape, None)]
    found: dict[str, Inkscape] = {}
    for one in _look_for_inkscapes(machine, wishes):
        found.setdefault(f"{one.name} {one.folder}", one)
    return [*found.values()]


def _look_for_inkscapes(machine: Machine, wishes: Wishes) -> Iterator[Inkscape]:
    person, environment = machine.person, machine.environment
    found = machine.which("inkscape")
    if machine.system == "win32":
        usual = Path(environment.get("APPDATA") or person / "AppData" / "Roaming") / "inkscape"
        programs = [environment.get(name) for name in ("PROGRAMW6432", "PROGRAMFILES")]
        programs.append(
            environment.get("LOCALAPPDATA") and str(Path(environment["LOCALAPPDATA"]) / "Programs")
        )
        places = [str(Path(one) / "Inkscape" / "bin" / "inkscape.exe") for one in programs if one]
    elif machine.system == "darwin":
        usual = (
            person
            / "Library"
            / "Application Support"
            / "org.inkscape.Inkscape"
            / "config"
            / "inkscape"
        )
        places = [
            f"{one}/Inkscape.app/Contents/MacOS/inkscape"
            for one in ("/Applications", person / "Applications")
        ]
    else:
        usual = Path(environment.get("XDG_CONFIG_HOME") or person / ".config") / "inkscape"
        places = ["/usr/bin/inkscape", "/usr/local/bin/inkscape", "/snap/bin/inkscape"]
    started = [
        _ask_inkscape(machine, one, usual)
        for one in dict.fromkeys([found, *places])
        if one and (one == found or machine.exists(one))
    ]
    yield from started
    if not any(one.folder for one in started) and usual.is_dir():
        yield Inkscape(
            "Inkscape (AppImage)" if machine.system == "linux" else "Inkscape", usual / "extensions"
        )
    if machine.system == "linux":
        flatpak = person / ".var" / "app" / FLATPAK
        there = (
            machine.ask(["flatpak", "info", FLATPAK]) is not None
            if machine.which("flatpak")
            else flatpak.is_dir()
        )
        if there:
            yield _flatpak(machine, wishes, flatpak / "config" / "inkscape" / "extensions")


def _flatpak(machine: Machine, wishes: Wishes, folder: Path) -> Inkscape:
    advice = (
        "let it start the engine:  flatpak override --user --talk-name=org.freedesktop.Flatpak"
        f" {FLATPAK}"
    )
    prefix = ["flatpak-spawn", "--host", f"--env=CLIPASSO_HOME={find_home(machine, wishes)}"]
    return Inkscape("Inkscape (Flatpak)", folder, None, advice, prefix)


def _ask_inkscape(machine: Machine, executable: str, usual: Path | None) -> Inkscape:
    if "/snap/" in executable or "/snap/" in os.path.realpath(executable):
        return Inkscape("Inkscape (Snap)", None, executable, SNAP)
    said = (machine.ask([executable, "--user-data-directory"]) or "").strip().splitlines()
    if not said and usual is None:
        raise Problem(
            f"{executable} does not say where its extensions are: name the folder with"
            " --extensions-dir"
        )
    return Inkscape(
        "Inkscape", (Path(said[-1]) if said else usual or Path()) / "extensions", executable
    )


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
        try:
            self._take_up(inkscape.folder)
            fresh.mkdir(parents=True)
            for path in own_files():
                copy = fresh / path.relative_to(EXTENSION)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copy)
            write(fresh / POINTER, self._pointer(inkscape.prefix))
            sums = {
                path.relative_to(fresh).as_posix(): checksum(path)
                for path in fresh.rglob("*")
                if path.is_file()
            }
            self._keep(target, fresh)
            if target.exists() or target.is_symlink():
                os.replace(target, old)
            os.replace(fresh, target)
            remove(old)
            self._remove_strays(inkscape.folder)
        except OSError as error:
            reason = error.strerror or str(error)
            raise Problem(
                f"{inkscape.folder} can't be written ({reason}): name another with --extensions-dir"
            ) from None
        finally:
            self._take_up(inkscape.folder)
        write(
            self.manifest, json.dumps({**self._installed(), str(inkscape.folder): sums}, indent=1)
        )

    def follow(self) -> None:
        """Point the extensions installed earlier to the environment in use."""
        known = self._installed()
        for folder, sums in known.items():
            path = Path(folder) / "clipasso" / POINTER
            facts = read_json(path)
            if not self._is_ours(Path(folder)) or checksum(path) != sums.get(POINTER):
                continue  # the person pointed it elsewhere, or another home's engine did
            prefix = list(facts["command"])[: -len(self.engine.command)]
            try:
                write(path, self._pointer(prefix))
            except OSError as error:
                self.say(
                    f"{path} still names the old engine ({error.strerror}): run this again when it"
                    " can be written."
                )
            sums[POINTER] = checksum(path)
        if known != self._installed():
            write(self.manifest, json.dumps(known, indent=1))

    def uninstall(self) -> list[str]:
        """Remove what the manifest names. Returns the files that stay: those that the person
        changed, or that can't be removed.
        """
        kept = []
        for folder, sums in self._installed().items():
            target = Path(folder) / "clipasso"
            self._take_up(Path(folder))
            if not self._is_ours(Path(folder)):
                continue
            for name in sums:
                path = target / name
                if self._is_changed(path, name, sums):
                    kept.append(f"{path} (you changed it)")
                else:
                    remove(path)
                    kept += [f"{path} (it can't be removed)"] if path.exists() else []
            for place in list(target.rglob("__pycache__")):
                remove(place)
            for place in sorted(
                (path for path in (*target.rglob("*"), target) if path.is_dir()), reverse=True
            ):
                with suppress(OSError):
                    place.rmdir()
            kept += [
                str(path)
                for path in target.rglob("*")
                if path.is_file() and path.relative_to(target).as_posix() not in sums
            ]
        return kept

    def _installed(self) -> dict[str, dict[str, str]]:
        return {
            folder: sums
            for folder, sums in read_json(self.manifest).items()
            if isinstance(sums, dict)
        }

    def _pointer(self, prefix: list[str]) -> str:
        """What tells the extension where the engine is."""
        facts: dict[str, Any] = {
            "command": [*prefix, *self.engine.command],
            "home": str(self.engine.home),
        }
        if prefix:
            # Inkscape's own /tmp is not the engine's
            facts["scratch"] = str(self.engine.home / "scratch")
        return json.dumps(facts)

    def _is_ours(self, folder: Path) -> bool:
        """Whether the extension there is this home's: another home's engine may have taken it
        over.
        """
        return read_json(folder / "clipasso" / POINTER).get("home") in (None, str(self.engine.home))

    def _take_up(self, folder: Path) -> None:
        """Clear away what an interrupted run left: Inkscape would load every copy that lies
        there.
        """
        target, old = folder / "clipasso", folder / "clipasso.old"
        if old.exists() and not target.exists():
            with suppress(OSError):
                os.replace(old, target)
        if target.exists():
            remove(old)
        remove(folder / "clipasso.new")

    def _is_changed(self, path: Path, name: str, sums: dict[str, str]) -> bool:
        """Whether the person changed a file; not when it is this checkout's, put there by a run
        that did not get to the manifest.
        """
        return path.is_file() and checksum(path) not in (sums[name], checksum(EXTENSION / name))

    def _keep(self, target: Path, fresh: Path) -> None:
        """Carry over what is the person's own: files they changed, as NAME.yours, and files they
        added.
        """
        if target.is_symlink() or not target.is_dir():
            return
        sums = self._installed().get(str(target.parent), {})
        for path in [
            path for path in target.rglob("*") if path.is_file() and "__pycache__" not in path.parts
        ]:
            name = path.relative_to(target).as_posix()
            if name == POINTER or (not sums and path.suffix in (".inx", ".py")):
                continue  # code without a manifest is an older version's
            copy = fresh / name
            if name in sums:
                if not self._is_changed(path, name, sums) or checksum(path) == checksum(copy):
                    continue
                copy = fresh / f"{name}.yours"
                self.say(
                    f"You had changed {path}: your copy is beside the new file, with the ending"
                    " .yours."
                )
            elif copy.exists():
                continue
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)

    def _remove_strays(self, folder: Path) -> None:
        """Copies of an older version that lie beside: Inkscape would load both."""
        for path in folder.glob("*.inx"):
            with suppress(OSError):
                if "<id>org.clipasso." in path.read_text(encoding="utf-8", errors="replace"):
                    remove(path)
                    self.say(f"Removed {path}, of an older version.")
        for path in folder.glob("*/**/clipasso_sketch.inx"):
            if path.parent != folder / "clipasso":
                self.say(
                    f"Another copy of the extension is in {path.parent}: remove it, or Inkscape"
                    " shows one of both."
                )


def own_files() -> list[Path]:
    """What belongs to the extension."""
    return sorted(
        [
            *EXTENSION.glob("*.inx"),
            *EXTENSION.glob("clipasso_*.py"),
            *EXTENSION.glob("clipasso_ext/**/*.py"),
        ]
    )


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
    findings = engine.findings()
    if findings is None:
        yield Check("engine", "fault", "does not answer", REPAIR)
        return
    faults = [one for one in findings if one.state == "fault"]
    yield from faults or [Check("engine", "ok", "answers")]
    with tempfile.TemporaryDirectory() as folder:
        drawn = engine.ask(
            "sketch",
            EXAMPLE,
            "-o",
            Path(folder) / "check.svg",
            "--strokes",
            3,
            "--preset",
            "draft",
            "--steps",
            3,
        )
    if drawn is not None:
        yield Check("sketch", "ok", "three strokes drawn")
    else:
        yield Check(
            "sketch",
            "fault",
            "the example could not be sketched",
            f"run  {engine.launcher} sketch {EXAMPLE}  to see why",
        )


def check_extension(machine: Machine, inkscape: Inkscape) -> Iterator[Check]:
    """The extension imports under Inkscape's own Python, and a headless Inkscape inserts a layer
    where there is a display.
    """
    assert inkscape.folder is not None
    python = inkscapes_python(machine, inkscape)
    if python is None or inkscape.executable is None:
        yield Check(
            inkscape.name,
            "note",
            "not started from here: try Extensions > CLIPasso yourself",
            inkscape.advice,
        )
        return
    data = (
        (machine.ask([inkscape.executable, "--system-data-directory"]) or "").strip().splitlines()
    )
    if data and not Path(data[-1]).is_dir():  # of an AppImage, which has packed it up again
        yield Check(
            inkscape.name, "note", "not started from here: try Extensions > CLIPasso yourself"
        )
        return
    environment = {
        name: value for name, value in machine.environment.items() if name != "PYTHONHOME"
    }
    if data:
        environment["PYTHONPATH"] = str(Path(data[-1]) / "extensions")
    place: dict[str, Any] = {"cwd": inkscape.folder / "clipasso", "env": environment}
    if machine.ask([python, "-c", "import clipasso_ext.effects"], **place) is None:
        yield Check(
            inkscape.name,
            "fault",
            f"the extension does not run under its Python ({python})",
            "is it Inkscape 1.2 or newer?",
        )
        return
    window = "import gi; gi.require_version('Gtk', '3.0'); from gi.repository import Gtk"
    if machine.ask([python, "-c", window], **place) is None:
        yield Check(
            inkscape.name,
            "note",
            "no window without Python's GTK",
            "install python3-gi and gir1.2-gtk-3.0",
        )
        shows = True
    else:  # where DISPLAY names a screen that is gone, Inkscape knows no extensions
        shows = (
            machine.ask(
                [python, "-c", f"{window}; raise SystemExit(not Gtk.init_check([])[0])"], **place
            )
            is not None
        )
    if not shows or (machine.system == "linux" and not machine.environment.get("DISPLAY")):
        yield Check(
            inkscape.name,
            "note",
            "the extension loads; Inkscape itself needs a display to be tried",
        )
    elif _inserts(machine, inkscape):
        yield Check(inkscape.name, "ok", "a sketch was inserted")
    else:
        yield Check(
            inkscape.name,
            "fault",
            "no sketch was inserted",
            "look into Extensions > CLIPasso > Engine and Models > Open Log",
        )


def inkscapes_python(machine: Machine, inkscape: Inkscape) -> str | None:
    """The Python that runs Inkscape's extensions; None where it is shut in with it."""
    if inkscape.executable is None:
        return None
    if machine.system == "win32":
        return next(
            (str(path) for path in sorted(Path(inkscape.executable).parent.glob("python*.exe"))),
            None,
        )
    if machine.system == "darwin":
        inside = str(
            Path(inkscape.executable).absolute().parents[1] / "Resources" / "bin" / "python3"
        )
        return inside if machine.exists(inside) else None
    return "/usr/bin/python3" if machine.exists("/usr/bin/python3") else machine.which("python3")


def _inserts(machine: Machine, inkscape: Inkscape) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        page, result = Path(folder) / "check.svg", Path(folder) / "checked.svg"
        page.write_text(
            '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
            ' width="300" height="200"><image id="photo" width="300" height="200"'
            f' xlink:href="{EXAMPLE.as_uri()}"/></svg>'
        )
        actions = (
            f"select-by-id:photo;org.clipasso.sketch.noprefs;export-filename:{result};export-do"
        )
        command = [
            inkscape.executable,
            f"--app-id-tag=clipasso{os.getpid()}",
            "--batch-process",
            page,
            f"--actions={actions}",
        ]
        machine.ask(command, timeout_s=300, env={**machine.environment, "CLIPASSO_NO_GUI": "1"})
        return result.is_file() and "https://clipasso.org/ns" in result.read_text(
            encoding="utf-8", errors="replace"
        )


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
        """Everything, and a check of it."""
        inkscapes = find_inkscapes(self.machine, self.wishes)
        for one in inkscapes:
            self.say(f"Found {one.name}: {one.folder or one.advice}")
        fresh = self._set_up()
        checks = [*check_engine(self.engine)]
        if not fresh and any(one.state == "fault" and one.advice == REPAIR for one in checks):
            self.say("The engine is damaged: it is built anew.")
            self._set_up(anew=True)
            checks = [*check_engine(self.engine)]
        for one in inkscapes:
            if one.folder is None:
                continue
            try:
                self.extension.install(one)
            except Problem as problem:
                checks.append(Check(one.name, "fault", str(problem)))
            else:
                checks += check_extension(self.machine, one)
        self._offer_clip()
        return self._conclude(checks, inkscapes)

    def _set_up(self, extras: str = "", anew: bool = False) -> bool:
        fresh = self.engine.set_up(extras, anew)
        self.extension.follow()
        self.engine.tidy()
        return fresh

    def demo(self) -> int:
        """Sketch the example into the current folder."""
        self._set_up()
        target = Path.cwd() / "demo.svg"
        status = self.engine.run("sketch", EXAMPLE, "-o", target)
        if status == 0:
            self.say(f"The photograph is {EXAMPLE}\nThe sketch is     {target}")
            self.say(f"Sketch your own:  {self.engine.launcher} sketch PHOTO -o SKETCH.svg")
        return status

    def test(self) -> int:
        """Run the test suite on this checkout."""
        self._set_up("[dev]")
        return self.machine.run([self.engine.python(), "-m", "pytest", *self.wishes.rest], cwd=ROOT)

    def doctor(self) -> int:
        """What a bug report needs."""
        inkscapes = find_inkscapes(self.machine, self.wishes)
        checks = [Check("machine", "ok", f"{system_name()}, Python {platform.python_version()}")]
        if self.engine.folder is None:
            state = "was interrupted half-way" if self.engine.pointer.exists() else "not installed"
            checks.append(Check("engine", "fault", state, "run  python3 install.py"))
        else:
            checks += self.engine.findings() or [
                Check("engine", "fault", "does not answer", REPAIR)
            ]
        for one in inkscapes:
            checks.append(self._look_at(one))
        if not inkscapes:
            checks.append(
                Check(
                    "Inkscape",
                    "note",
                    "none found",
                    "install it, then run  python3 install.py  again",
                )
            )
        return self._conclude(checks, inkscapes, ready="everything works")

    def uninstall(self) -> int:
        """Remove exactly what was installed."""
        home = self.engine.home
        if not self.engine.is_ours():
            return self._part(f"Nothing is installed in {home}.", [])
        if (
            not self.wishes.yes
            and sys.stdin.isatty()
            and not self.machine.answer(f"Remove CLIPasso from {home} and from Inkscape?")
        ):
            return self._part("Nothing was removed.", [])
        if self.engine.folder is not None:
            self.engine.ask("engine", "stop")
        kept, models = self.extension.uninstall(), self.engine.models()
        waiting = [
            path.parent
            for path in (home / "jobs").glob("*/outcome.json")
            if not (path.parent / "inserted").exists()
        ]
        names = ["engines", "config.json", "extension.json", "run", "logs", "scratch"]
        names += ["engine"] if self.engine.former.exists() else []
        names += [] if waiting else ["jobs"]
        names += [] if self.wishes.keep_models else ["models"]
        for name in names:
            remove(home / name)
        remove(self.engine.launcher)
        stuck = [home / name for name in names if (home / name).exists()]
        if not stuck:  # else a second try can begin with them
            for name in ("current.json", "installed.json"):
                remove(home / name)
        for folder in (home / "bin", home):
            with suppress(OSError):
                folder.rmdir()
        if waiting:
            kept.append(f"{home / 'jobs'} (sketches that were not inserted yet)")
        if models.is_dir() and models not in stuck:
            kept.append(f"{models} (downloaded weights)")
        if stuck:
            kept += [f"{path} (it can't be removed)" for path in stuck]
            return self._part(
                "Not everything could be removed: close Inkscape and run this again.", kept, 2
            )
        return self._part("CLIPasso is uninstalled.", kept)

    def _part(self, message: str, kept: list[str], status: int = 0) -> int:
        """The end of uninstalling."""
        for path in kept:
            self.say(f"Kept {path}")
        self.say(message)
        if self.wishes.json:
            print(json.dumps({"message": message, "kept": kept}, indent=1))
        return status

    def _look_at(self, inkscape: Inkscape) -> Check:
        if inkscape.folder is None:
            return Check(inkscape.name, "note", "can't be used", inkscape.advice)
        target = inkscape.folder / "clipasso"
        sums = read_json(self.extension.manifest).get(str(inkscape.folder), {})
        said = self.machine.ask([inkscape.executable, "--version"]) if inkscape.executable else None
        version = f"{said.strip().splitlines()[-1]}, " if said and said.strip() else ""
        if not (target / "engine.json").is_file():
            return Check(inkscape.name, "fault", "has no extension", "run  python3 install.py")
        wrong = [name for name, known in sums.items() if checksum(target / name) != known]
        current = all(
            checksum(path) == checksum(target / path.relative_to(EXTENSION)) for path in own_files()
        )
        if wrong:
            return Check(
                inkscape.name,
                "note",
                f"files of the extension were changed: {', '.join(wrong)}",
                "python3 install.py restores them",
            )
        if not current:
            return Check(
                inkscape.name,
                "note",
                "has an extension of another version",
                "run  python3 install.py",
            )
        return Check(inkscape.name, "ok", f"{version}has the extension, in {target}")

    def _offer_clip(self) -> None:
        """CLIP is never fetched unasked."""
        listed = self.engine.ask("models", "list") or ""
        if any(
            line.startswith("clip:") and "not fetched" not in line for line in listed.splitlines()
        ):
            return
        offer = (
            f"CLIP's weights make slower sketches that follow the paper ({CLIP_TERMS}, into"
            f" {self.engine.models()})."
        )
        if (
            not self.wishes.yes
            and self.wishes.offline is None
            and self.machine.answer(f"{offer} Fetch them now?")
        ):
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
            last = (
                "Ready: restart Inkscape, select a photograph, and choose Extensions > CLIPasso >"
                " Sketch the Selected Bitmap."
            )
        elif inkscapes:
            last = (
                f"The engine is ready ({self.engine.launcher}). {inkscapes[0].name}:"
                f" {inkscapes[0].advice}, and run this again."
            )
        else:
            last = (
                f"The engine is ready ({self.engine.launcher}). No Inkscape was found: install it,"
                " and run this again for the extension."
            )
        self.say(last)
        if self.wishes.json:
            found = [
                {
                    "name": one.name,
                    "folder": str(one.folder) if one.folder else None,
                    "advice": one.advice,
                }
                for one in inkscapes
            ]
            facts = {
                "ready": not faults,
                "home": str(self.engine.home),
                "inkscapes": found,
                "checks": [asdict(one) for one in checks],
            }
            whole = json.dumps({**facts, "message": last}, indent=1, ensure_ascii=False)
            print(self._short(whole) if self.wishes.command == "doctor" else whole)
        return 2 if faults else 0

    def _short(self, text: str) -> str:
        """A report need not carry the person's name, which their home's path holds."""
        person = str(self.machine.person)
        # a home that is the root names nobody
        names = [person, json.dumps(person)[1:-1]] if len(person) > 3 else []
        for name in names:
            text = re.sub(re.escape(name) + r"(?![\w.-])", "~", text)
        return text


def system_name() -> str:
    """The system, for a report."""
    try:
        name = platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        name = platform.system()
    return f"{name} ({platform.release()} {platform.machine()})"


def main(arguments: list[str], machine: Machine | None = None) -> int:
    """Do what the arguments ask for and return the exit status: 0, 2 for something to mend, or
    pytest's own.
    """
    if any(
        word in ("-h", "--help")
        for word in arguments[: arguments.index("test") if "test" in arguments else None]
    ):
        print(__doc__)
        return 0
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError):
            # a code page of Windows lacks our marks
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        wishes = read_wishes(arguments)
        return int(getattr(Installer(machine or Machine(), wishes), wishes.command)())
    except (Problem, OSError) as error:
        where = f" ({error.filename})" if isinstance(error, OSError) and error.filename else ""
        message = (
            str(error)
            if isinstance(error, Problem)
            else f"{error.strerror or error}{where}: mend that, and run the same command again"
        )
        print(f"install.py: {message}", file=sys.stderr)
        if "--json" in arguments:
            print(json.dumps({"ready": False, "message": message}))
        return 2
    except KeyboardInterrupt:
        print("\ninstall.py: interrupted; run the same command again to go on", file=sys.stderr)
        return 130
