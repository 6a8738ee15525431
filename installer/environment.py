"""The engine's virtual environment: built beside the old one, which works until the new one is
complete.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from installer.checkout import Checkout
from installer.engine import Engine
from installer.files import read_json, write
from installer.home import Installed
from installer.launcher import write_launcher
from installer.packages import Packages, lend_packages
from installer.prerequisites import check_prerequisites, check_room
from installer.problem import Problem
from installer.torch import NEEDED_GB, TorchChoice, choose_torch


class Environment:
    """Brings the virtual environment of a home up to date with this checkout."""

    def __init__(self, engine: Engine, checkout: Checkout, say: Callable[[str], None]) -> None:
        self.engine = engine
        self.checkout = checkout
        self.say = say
        self.machine = engine.machine
        self.options = engine.options
        self.home = engine.home

    def set_up(self, extras: str = "", anew: bool = False) -> bool:
        """Bring it up to date; `anew`: even if it seems to be. Raises `Problem`.

        Returns whether it was built anew: the old one then stays until `Home.tidy`, for who still
        points to it.
        """
        self._check_caller()
        before = self.home.installed()
        # before it is copied: what changes meanwhile is installed the next time
        code = self.checkout.code()
        build = anew or not self._fits(before)
        installed = self._build(extras) if build else self._update(before, extras, code)
        self.home.use(replace(installed, code=code))
        write_launcher(self.home, self.engine.command)
        if self.options.models is not None:
            config = {**read_json(self.home.config), "models": str(self.options.models)}
            write(self.home.config, json.dumps(config))
        self._fetch_networks()
        return build

    def _check_caller(self) -> None:
        """Whether the right person calls, from a whole checkout."""
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

    def _fits(self, installed: Installed) -> bool:
        """Whether the environment in use can be brought up to date."""
        if self.home.environment is None:
            return False
        if self.options.torch not in ("auto", installed.torch):
            return False
        return self.checkout.dependencies("") in installed.has

    def _update(self, installed: Installed, extras: str, code: str) -> Installed:
        """Add what the environment in use lacks. Returns what it has then."""
        packages = Packages(self.engine, self.checkout, self.engine.python, self.say)
        wanted = self.checkout.dependencies(extras)
        if wanted not in installed.has:
            packages.install_engine(extras, tested=installed.torch != "existing")
            return replace(installed, has=(*installed.has, wanted))
        if installed.code != code:
            packages.update_engine()
        return installed

    def _build(self, extras: str) -> Installed:
        """Make a new environment. Returns what it has; it is not in use yet."""
        check_prerequisites(self.machine, self.options, self.home)
        choice = choose_torch(self.machine, self.options)
        check_room(self.machine, self.home, choice.needed_gb)
        size = f"up to {choice.download_gb:g} GB to download, once"
        if self.options.offline is not None:
            size = "no download"
        self.say(f"Setting up the engine in {self.home.folder}. torch: {choice.why}; {size}.")
        if not self.home.current.exists():
            write(self.home.current, "{}")  # from now on what lies here is ours, complete or not
        self.home.tidy()
        folder = self._make_folder()
        self._fill(folder, choice, extras)
        if self.home.environment is not None:
            # it would go on with the old code
            self.engine.ask("engine", "stop")
        has = dict.fromkeys([self.checkout.dependencies(""), self.checkout.dependencies(extras)])
        return Installed(
            folder=f"engines/{folder.name}",
            has=tuple(has),
            torch=self.options.torch if self.options.torch != "auto" else choice.kind,
        )

    def _make_folder(self) -> Path:
        """An empty virtual environment with a name of its own."""
        prefix = time.strftime("%Y%m%d-%H%M%S-")
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=self.home.engines))
        folder.chmod(0o755)  # a home may be for all users of a machine
        # -I, or a file venv.py in the working folder would run in its place
        if self.machine.run([sys.executable, "-I", "-m", "venv", folder], to_stderr=True):
            raise Problem(
                "the virtual environment could not be made; what was printed above tells more"
            )
        return folder

    def _fill(self, folder: Path, choice: TorchChoice, extras: str) -> None:
        """Install torch and the engine into an empty environment."""
        packages = Packages(self.engine, self.checkout, self.home.python(folder), self.say)
        if choice.kind == "existing":
            lend_packages(folder)
        if choice.index is not None and not packages.install_torch(choice.index):
            check_room(self.machine, self.home, NEEDED_GB["default"])
            self.say(
                f"{choice.index} has no torch for this Python and system, or the connection broke:"
                " trying the default build."
            )
        packages.install_engine(extras, tested=choice.kind != "existing")

    def _fetch_networks(self) -> None:
        """Bring what finds subjects and faces; a sketch can be made without."""
        if self.engine.run("models", "fetch", "u2netp", to_stderr=True):
            self.say("Going on without u2netp: the subject is found by GrabCut, which is coarser.")
        if self.engine.run("models", "fetch", "faces", to_stderr=True):
            self.say("Going on without faces: they are drawn like everything else.")
