"""The engine's virtual environment. Nothing is ever changed in the one in use: another is made
beside it, tried, and takes its place by the renaming of one file.
"""

from __future__ import annotations

import json
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from installer.checkout import Checkout
from installer.checks import REINSTALL, Check, check_engine
from installer.clone import clone_environment
from installer.engine import Engine
from installer.files import read_json, remove, write
from installer.home import Installed, site_packages
from installer.packages import Packages, lend_packages
from installer.prerequisites import check_prerequisites, check_room
from installer.problem import Problem
from installer.slimming import TorchPackages
from installer.torch import (
    NEEDED_GB,
    TorchChoice,
    choose_default,
    choose_torch,
    has_nvidia_gpu,
)

DAMAGED = "The engine is damaged: it is built anew."


class Environment:
    """Brings the virtual environment of a home up to date with this checkout."""

    def __init__(self, engine: Engine, checkout: Checkout, say: Callable[[str], None]) -> None:
        self.engine = engine
        self.checkout = checkout
        self.say = say
        self.machine = engine.machine
        self.options = engine.options
        self.home = engine.home

    def check_caller(self) -> None:
        """Whether the right person calls, from a whole checkout. Raises `Problem`."""
        if not self.checkout.is_whole():
            raise Problem(
                "the rest of CLIPasso is not beside install.py: download all of it, not this file"
                " alone"
            )
        serves_caller = self.options.command == "install" and self.options.home is None
        if serves_caller and self.machine.by_sudo():
            raise Problem(
                "as root for somebody else it would not reach their Inkscape: run it without sudo"
            )

    def set_up(self, extras: str = "", anew: bool = False) -> list[Check] | None:
        """Bring it up to date; `anew`: even if it seems to be. Raises `Problem`; what was in use
        then still is.

        Returns what the trial of another environment found, which is in use now; None where the
        one in use was up to date. The others stay until `Home.tidy`, for who still points to them.
        """
        before = self.home.installed()
        # before it is copied: what changes meanwhile is installed the next time
        code = self.checkout.code()
        if anew or not self._fits(before):
            return self._build(extras, code)
        if before.code == code and self.checkout.dependencies(extras) in before.has:
            self._fetch_networks(self.engine)
            return None
        found = self._update(before, extras, code)
        if not is_damaged(found):
            return found
        self.say(DAMAGED)
        return self._build(extras, code)

    def _fits(self, installed: Installed) -> bool:
        """Whether the environment in use can be brought up to date."""
        if self.home.environment is None:
            return False
        if self.options.torch not in ("auto", installed.torch):
            return False
        if installed.torch == "slim" and has_nvidia_gpu(self.machine):
            return False
        return self.checkout.dependencies("") in installed.has

    def _update(self, before: Installed, extras: str, code: str) -> list[Check]:
        """Use a clone of the environment in use that has what that one lacks, unless it proves to
        be damaged. Returns what its trial found.
        """
        in_use = self.home.environment
        assert in_use is not None
        wanted = self.checkout.dependencies(extras)
        with self._new_folder() as folder:
            clone_environment(in_use, folder)
            packages = Packages(self.engine, self.checkout, self.home.python(folder), self.say)
            has = before.has
            if wanted in has:
                packages.update_engine()
            else:
                packages.install_engine(extras, tested=before.torch != "existing")
                has = (*has, wanted)
            found = self._try(folder)
            if not is_damaged(found):
                self._use(folder, replace(before, has=has, code=code), found)
        return found

    def _build(self, extras: str, code: str) -> list[Check]:
        """Make an environment from nothing and use it. Returns what its trial found."""
        check_prerequisites(self.machine, self.options)
        choice = choose_torch(self.machine, self.options)
        check_room(self.machine, self.home, choice.needed_gb)
        size = f"up to {choice.download_gb:g} GB to download, once"
        if self.options.offline is not None:
            size = "no download"
        self.say(f"Setting up the engine in {self.home.folder}. torch: {choice.why}; {size}.")
        if not self.home.current.exists():
            write(self.home.current, "{}")  # from now on what lies here is ours, complete or not
        has = dict.fromkeys([self.checkout.dependencies(""), self.checkout.dependencies(extras)])
        with self._new_folder() as folder:
            self._make_environment(folder)
            kind = self._fill(folder, choice, extras)
            if self.options.torch != "auto":
                kind = self.options.torch
            found = self._try(folder)
            self._use(folder, Installed(has=tuple(has), torch=kind, code=code), found)
        return found

    def slim(self) -> None:
        """Use a clone of the environment in use without what only a GPU needs. Raises `Problem`;
        what was in use then still is.
        """
        before, in_use = self.home.installed(), self.home.environment
        if in_use is None:
            raise Problem(f"no engine is in {self.home.folder}: run  python3 install.py")
        if has_nvidia_gpu(self.machine):
            raise Problem("there is a GPU that needs all of it: nothing is left out")
        packages = TorchPackages(site_packages(in_use))
        if not packages.for_gpu():
            self.say("There is nothing that only a GPU needs.")
            return
        with self._new_folder() as folder:
            clone_environment(in_use, folder)
            Packages(self.engine, self.checkout, self.home.python(folder), self.say).leave_out_gpu()
            found = check_engine(self.engine.of(folder), self.checkout)
            self._use(folder, replace(before, torch="slim"), found)

    @contextmanager
    def _new_folder(self) -> Iterator[Path]:
        """An empty folder for an environment, with a name of its own. It is removed again unless
        it came into use. Raises `Problem` where something can't be written.
        """
        folder = None
        try:
            # not by tempfile, whose folders Windows closes to others: a home may be for all users
            # of a machine
            name = time.strftime("%Y%m%d-%H%M%S-") + secrets.token_hex(4)
            made = self.home.engines / name
            made.mkdir()
            folder = made
            folder.chmod(0o755)
            yield folder
        except OSError as error:
            path, reason = error.filename or folder, error.strerror or error
            raise Problem(f"{path} can't be written ({reason}): {self._remainder()}") from None
        finally:
            if folder is not None and self.home.environment != folder:
                remove(folder)

    def _make_environment(self, folder: Path) -> None:
        # -I, or a file venv.py in the working folder would run in its place
        command: list[str | Path] = [sys.executable, "-I", "-m", "venv", folder]
        if self.machine.run(command, variables=self.engine.variables(), to_stderr=True):
            raise Problem(
                "the virtual environment could not be made; what was printed above tells more"
            )

    def _fill(self, folder: Path, choice: TorchChoice, extras: str) -> str:
        """Install torch and the engine into an empty environment. Returns the kind of torch."""
        packages = Packages(self.engine, self.checkout, self.home.python(folder), self.say)
        if choice.kind == "existing":
            lend_packages(folder)
        if choice.index is not None and not packages.install_torch(choice.index):
            why = f"{choice.index} has no torch for this Python and system, or the connection broke"
            choice = choose_default(self.machine, choice.kind, why)
            check_room(self.machine, self.home, choice.needed_gb)
            self.say(f"{choice.why}.")
        if choice.kind == "slim" and not packages.install_slim_torch():
            check_room(self.machine, self.home, NEEDED_GB["default"])
            choice = replace(choice, kind="default")
        packages.install_engine(extras, tested=choice.kind != "existing")
        if choice.kind == "slim" and not packages.torch_loads():
            self.say("torch does not load without the GPU's libraries here: they come as well.")
            check_room(self.machine, self.home, NEEDED_GB["default"])
            packages.bring_gpu_back()
            return "default"
        return choice.kind

    def _try(self, folder: Path) -> list[Check]:
        """What a new environment can do."""
        engine = self.engine.of(folder)
        self._fetch_networks(engine)
        return check_engine(engine, self.checkout)

    def _use(self, folder: Path, installed: Installed, found: list[Check]) -> None:
        """Put a new environment in the place of the one in use. Raises `Problem` where it does not
        work, and another is there that may; the first one is used as it is, to say what it lacks.
        """
        faults = [one for one in found if one.state == "fault" and one.of_environment]
        if faults and self.home.environment is not None:
            raise Problem(
                f"the new engine does not work ({faults[0].name}: {faults[0].text}):"
                f" {self._remainder()}"
            )
        self.home.use(replace(installed, folder=f"{self.home.engines.name}/{folder.name}"))

    def _remainder(self) -> str:
        """What to do, and what there is after a failure."""
        advice = "mend that, and run the same command again"
        there = self.home.environment is not None
        return f"{advice}; the engine that was there stays in use" if there else advice

    def _fetch_networks(self, engine: Engine) -> None:
        """Bring what finds subjects and faces to where weights go; a sketch can be made without."""
        if self.options.models is not None:
            config = {**read_json(self.home.config), "models": str(self.options.models)}
            write(self.home.config, json.dumps(config))
        if engine.run("models", "fetch", "u2netp", to_stderr=True):
            self.say("Going on without u2netp: the subject is found by GrabCut, which is coarser.")
        if engine.run("models", "fetch", "faces", to_stderr=True):
            self.say("Going on without faces: they are drawn like everything else.")


def is_damaged(found: list[Check]) -> bool:
    """Whether only an environment built from nothing can help, as far as a trial tells."""
    return any(one.remedy == REINSTALL for one in found)
