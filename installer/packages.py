"""The packages of a virtual environment: what pip is told to install."""

from __future__ import annotations

import shutil
import site
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from installer.checkout import Checkout
from installer.engine import Engine
from installer.home import site_packages
from installer.pip_log import lacks_versions, tells_of_full_disk
from installer.problem import Problem
from installer.slimming import TorchPackages

# builds our own package without `wheel` beside it; in the environment, so that an update asks no
# network
BUILDER = "setuptools>=77"
# without its dependencies: PyGObject, which the tests do not need, wants a compiler
TEST_ONLY = "inkex==1.4.1"
KERNELS = "triton"  # compiles the GPU's kernels, and runs them in the tests
FULL_GB = 0.05  # with less room left than this, a disk that pip failed on was full


class Packages:
    """Installs into the virtual environment of that Python."""

    def __init__(
        self, engine: Engine, checkout: Checkout, python: Path, say: Callable[[str], None]
    ) -> None:
        self.engine = engine
        self.checkout = checkout
        self.python = python
        self.say = say
        self.of_torch = TorchPackages(site_packages(python.parents[1]))

    def install_torch(self, index: str) -> bool:
        """Install the build of torch that lies at that index; whether it worked."""
        return self._pip("torch", "torchvision", "--index-url", index) is None

    def install_slim_torch(self) -> bool:
        """Install pip's own build of torch without what only a GPU needs; whether it worked. A
        build for the processor is installed as it is.
        """
        if self._pip("--no-deps", "torch", "torchvision") is not None:
            return False
        try:
            self.of_torch.fill_in()
        except (OSError, ValueError) as error:
            self.say(f"The GPU's libraries can't be left out here ({error}).")
            return False
        return True

    def leave_out_gpu(self) -> None:
        """Take away what only a GPU needs. Raises `Problem`."""
        log = self._pip("--yes", *self.of_torch.for_gpu(), command="uninstall")
        if log is not None:
            raise Problem("pip could not take them away; what was printed above tells more")
        try:
            self.of_torch.fill_in()
        except ValueError as error:
            raise Problem(f"the GPU's libraries can't be left out here ({error})") from None

    def bring_gpu_back(self) -> None:
        """Install what was left out. Raises `Problem`."""
        names = [*self.of_torch.placeholders()]
        self._pip("--yes", *names, command="uninstall")
        self._install("torch", "torch", "torchvision")

    def torch_loads(self) -> bool:
        """Whether it can be imported, with all that it names as needed."""
        code = "import torch, torchvision"
        variables = self.engine.variables()
        command: list[str | Path] = [self.python, "-I", "-c", code]
        return self.engine.machine.ask(command, timeout_s=300, variables=variables) is not None

    def install_engine(self, extras: str, tested: bool) -> None:
        """Install this checkout's engine and what it depends on. tested: in the versions that it
        was tested with, where they can be had; else what is there and fits, and the newest of the
        rest. Raises `Problem`.
        """
        with self._copy() as copy:
            self._install("setuptools", "--quiet", BUILDER)
            words = ("--no-build-isolation", "--upgrade", f"{copy}{extras}")
            if not (tested and self._install_tested(*words)):
                self._install("the engine's packages", *words)
        if extras == "[dev]":
            self._install("inkex", "--quiet", "--no-deps", TEST_ONLY)
            self._bring_kernels()

    def _bring_kernels(self) -> None:
        """Install the compiler of the GPU's kernels where it is there in name only: the tests run
        them on a processor. Raises `Problem`.
        """
        version = self.of_torch.placeholders().get(KERNELS)
        if version is not None:
            self._install(KERNELS, "--force-reinstall", "--no-deps", f"{KERNELS}=={version}")

    def update_engine(self) -> None:
        """Install this checkout's engine where all that it depends on is there. Raises
        `Problem`.
        """
        with self._copy() as copy:
            self._install("setuptools", "--quiet", BUILDER)
            self._install("the engine's packages", "--no-build-isolation", "--no-deps", copy)

    @contextmanager
    def _copy(self) -> Iterator[Path]:
        """A copy of what pip builds the engine from: in the checkout it would leave its own files,
        and find there those of modules that are gone.
        """
        with tempfile.TemporaryDirectory() as scratch:
            copy = Path(scratch) / "clipasso"
            for path in self.checkout.package_files():
                target = copy / path.relative_to(self.checkout.root)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
            yield copy

    def _install_tested(self, *words: str) -> bool:
        """Install the engine in the tested versions. Returns False where one of them can't be had
        here. Raises `Problem` when it fails for another reason, the network for instance.
        """
        log = self._pip("--constraint", self.checkout.constraints, *words)
        if log is None:
            return True
        if not lacks_versions(log):
            raise self._failure("the engine's packages", log)
        self.say("The tested versions can't all be had here: going on with the newest that fit.")
        return False

    def _install(self, what: str, *words: str | Path) -> None:
        log = self._pip(*words)
        if log is not None:
            raise self._failure(what, log)

    def _failure(self, what: str, log: str) -> Problem:
        home = self.engine.home
        wheels = self.engine.options.offline
        hint = "check the connection"
        if wheels is not None:
            hint = f"does {wheels} hold everything? docs/install.md says how to fill it"
        if tells_of_full_disk(log) or self.engine.machine.free_gb(home.folder) < FULL_GB:
            hint = f"the disk of {home.folder} is full: make room"
        stays = "; the engine that was there stays in use" if home.environment else ""
        return Problem(
            f"{what} could not be installed: {hint}; what was printed above tells more, and the"
            f" same command tries again{stays}"
        )

    @contextmanager
    def _scratch(self) -> Iterator[Path]:
        """A folder for pip on the disk that was checked for room: /tmp may be small."""
        with tempfile.TemporaryDirectory(
            dir=self.engine.home.engines, ignore_cleanup_errors=True
        ) as scratch:
            yield Path(scratch)

    def _pip(self, *words: str | Path, command: str = "install") -> str | None:
        """Run pip in sight of the person. Returns its log if it failed."""
        pip: list[str | Path] = [self.python, "-I", "-m", "pip"]
        with self._scratch() as scratch:
            log = scratch / "pip.log"
            places = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(scratch))
            status = self.engine.machine.run(
                [*pip, command, "--disable-pip-version-check", "--log", log, *words],
                variables={**self.engine.variables(), **places},
                to_stderr=True,
            )
            if status == 0:
                return None
            return log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""


def lend_packages(environment: Path) -> None:
    """Let a virtual environment see the packages of this Python, which may be in an environment of
    its own.
    """
    places = site.getsitepackages()
    if site.ENABLE_USER_SITE:
        places.append(site.getusersitepackages())
    listed = site_packages(environment) / "torch-of-another-python.pth"
    listed.write_text("\n".join(places), encoding="utf-8")
