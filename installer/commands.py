"""The commands: what install.py does."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from installer.checkout import Checkout
from installer.checks import (
    Check,
    ask_doctor,
    check_engine,
    check_size,
    name_machine,
    name_version,
    silent_engine,
)
from installer.engine import Engine
from installer.environment import DAMAGED, Environment, is_damaged
from installer.extension import Extension
from installer.extension_checks import check_extension, check_installed_extension
from installer.files import bytes_below
from installer.home import Home, find_home
from installer.inkscape import Inkscape, find_inkscapes
from installer.interpreter import find_interpreter
from installer.lack import find_lacks
from installer.launcher import write_launcher
from installer.lock import find_holder, hold
from installer.machine import Machine
from installer.options import EXTRAS, HELP, Options, asks_for_help, read_options
from installer.prerequisites import check_home, find_unusable
from installer.problem import Problem
from installer.removal import Removal
from installer.report import Report, print_anything
from installer.torch import has_nvidia_gpu

CLIP = "clip:ViT-B-16:laion2b_s34b_b88k"
CLIP_TERMS = "about 600 MB from huggingface.co, LAION's weights under the MIT licence"

# Of the whole suite: what it runs of the code is measured, and must not fall (pyproject.toml)
COVERAGE = ["--cov", "--cov-report=term"]
# The option of these tests, which stands behind their folder: it may have no value
CAMPAIGN = "--campaign"
CAMPAIGN_TESTS = "tests/campaign"


class Installer:
    """What the commands do. Each returns the exit status."""

    def __init__(self, machine: Machine, options: Options, checkout: Checkout) -> None:
        self.machine = machine
        self.options = options
        self.checkout = checkout
        self.home = Home(find_home(machine, options), machine.system)
        self.engine = Engine(machine, options, self.home)
        self.environment = Environment(self.engine, checkout, self.say)
        self.extension = Extension(self.engine, checkout, self.say)
        self.report = Report(self.engine, self.say)

    def say(self, text: str) -> None:
        """One line for the person."""
        print(text, file=sys.stderr if self.options.json else sys.stdout, flush=True)

    def run(self) -> int:
        """Do what was asked for."""
        commands = {
            "install": self.install,
            "demo": self.demo,
            "test": self.test,
            "doctor": self.doctor,
            "slim": self.slim,
            "uninstall": self.uninstall,
        }
        return commands[self.options.command]()

    def install(self) -> int:
        """Everything, and a check of it."""
        inkscapes = self._find_inkscapes()
        for one in inkscapes:
            self.say(f"Found {one.name}: {one.folder or one.advice}")
        with self._alone():
            checks = self._set_up_and_check()
            for one in inkscapes:
                checks += self._serve(one)
        self._offer_clip()
        return self.report.tell(checks, inkscapes)

    def demo(self) -> int:
        """Sketch the example into the current folder."""
        with self._alone():
            self._set_up()
        target = Path.cwd() / "demo.svg"
        status = self.engine.run("sketch", self.checkout.example, "-o", target)
        if status == 0:
            self.say(f"The photograph is {self.checkout.example}\nThe sketch is     {target}")
            self.say(f"Sketch your own:  {self.home.launcher} sketch PHOTO -o SKETCH.svg")
        return status

    def test(self) -> int:
        """Run the test suite on this checkout."""
        with self._alone():
            self._set_up("[dev]")
        words = self.options.rest or COVERAGE
        if any(word.partition("=")[0] == CAMPAIGN for word in words):
            words = [CAMPAIGN_TESTS, *words]
        command: list[str | Path] = [self.engine.python, "-m", "pytest", *words]
        return self.machine.run(command, cwd=self.checkout.root)

    def doctor(self) -> int:
        """What a bug report needs."""
        inkscapes = self._find_inkscapes()
        checks = [name_version(self.checkout), name_machine()]
        checks += self._examine_engine()
        if self.home.environment is not None:
            checks.append(check_size(self.home.environment, has_nvidia_gpu(self.machine)))
        for one in inkscapes:
            checks += check_installed_extension(self.extension, one)
        if not inkscapes:
            advice = "install it, then run  python3 install.py  again"
            checks.append(Check("Inkscape", "note", "none found", advice))
        return self.report.tell(checks, inkscapes, ready="Everything works.")

    def slim(self) -> int:
        """Leave out what only a GPU needs."""
        with self._alone():
            before = self._measure()
            self.environment.slim()
            self._settle()
        return self._part(f"The engine takes {self._measure()} (before: {before}).", [])

    def _measure(self) -> str:
        """What the engine takes on the disk."""
        in_use = self.home.environment
        return f"{bytes_below(in_use) / 1e9:.1f} GB" if in_use else "nothing"

    def uninstall(self) -> int:
        """Remove exactly what was installed."""
        home = self.home.folder
        if not self.home.is_ours():
            return self._part(f"Nothing is installed in {home}.", [])
        if (
            not self.options.yes
            and sys.stdin.isatty()
            and not self.machine.answer(f"Remove CLIPasso from {home} and from Inkscape?")
        ):
            return self._part("Nothing was removed.", [])
        removal = Removal(self.engine, self.extension)
        with hold(home):
            complete = removal.remove()
        with suppress(OSError):  # it holds something of the person's
            home.rmdir()
        if complete:
            return self._part("CLIPasso is uninstalled.", removal.kept)
        advice = "Not everything could be removed: close Inkscape and run this again."
        return self._part(advice, removal.kept, 2)

    def _find_inkscapes(self) -> list[Inkscape]:
        return find_inkscapes(self.machine, self.options, self.home.folder)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """As the only set-up at work in the home, which can be used. Raises `Problem`."""
        self.environment.check_caller()
        check_home(self.home)
        with hold(self.home.folder):
            yield

    def _set_up(self, extras: str = "", anew: bool = False) -> list[Check] | None:
        """Bring the engine up to date, all that names it with it. Returns what the trial of another
        environment found, None where the one in use stays.
        """
        if self.home.tells_what_is_in_use():
            self._settle()  # what a run that was killed left undone
        found = self.environment.set_up(extras or self._extras(), anew)
        self._settle()
        return found

    def _extras(self) -> str:
        """What is wanted besides the engine: now, or in an earlier run."""
        for name in EXTRAS:
            if self.options.extra == name or self.home.installed().was_given(f"[{name}]"):
                return f"[{name}]"
        return ""

    def _settle(self) -> None:
        """Let everything that names an engine name the one in use, and remove the others."""
        if self.home.environment is not None:
            write_launcher(self.home, self.engine.command)
            self.extension.follow()
            if self.home.set_aside():
                self.engine.end_outdated()
        self.home.tidy()

    def _set_up_and_check(self) -> list[Check]:
        """Set the engine up, and once more if it proves to be damaged."""
        found = self._set_up()
        if found is not None:
            return found
        found = check_engine(self.engine, self.checkout)
        if not is_damaged(found):
            return found
        self.say(DAMAGED)
        return self._set_up(anew=True) or []

    def _examine_engine(self) -> list[Check]:
        """What the engine's doctor finds, or why there is none to ask."""
        unusable = find_unusable(self.home)
        if unusable:
            return [Check("folders", "fault", unusable)]
        if self.home.environment is not None:
            return ask_doctor(self.engine) or [silent_engine()]
        holder = find_holder(self.home.folder)
        if holder:
            return [Check("engine", "fault", f"{holder} is at work on it", "wait for its end")]
        interrupted = self.home.current.exists()
        state = "was interrupted half-way" if interrupted else "not installed"
        return [Check("engine", "fault", state, "run  python3 install.py")]

    def _serve(self, inkscape: Inkscape) -> list[Check]:
        """Put the extension into an Inkscape and try it."""
        if inkscape.folder is None:
            return []
        try:
            self.extension.install(inkscape)
        except Problem as problem:
            return [Check(inkscape.name, "fault", str(problem))]
        self._offer_what_lacks(inkscape)
        return check_extension(self.machine, inkscape, self.checkout.example)

    def _offer_what_lacks(self, inkscape: Inkscape) -> None:
        """Nothing of the system is changed unasked."""
        interpreter = find_interpreter(self.machine, inkscape)
        if interpreter is None or not self.options.may_ask:
            return
        for lack in find_lacks(interpreter):
            offer = f"{inkscape.name}: {lack.text}. Run  {lack.command}  now?"
            if lack.command and self.machine.answer(offer):
                self.machine.run(shlex.split(lack.command), to_stderr=self.options.json)

    def _offer_clip(self) -> None:
        """CLIP is never fetched unasked."""
        lines = (self.engine.ask("models", "list") or "").splitlines()
        if any(line.startswith("clip:") and "not fetched" not in line for line in lines):
            return
        offer = (
            "With CLIP's weights sketches take longer and are recognised more often"
            f" ({CLIP_TERMS}, into {self.home.models()})."
        )
        if self.options.may_ask and self.machine.answer(f"{offer} Fetch them now?"):
            self.engine.run("models", "fetch", CLIP)
        else:
            self.say(f"{offer} Later:  {self.home.launcher} models fetch {CLIP}")

    def _part(self, message: str, kept: list[str], status: int = 0) -> int:
        """The end of uninstalling."""
        for path in kept:
            self.say(f"Kept {path}")
        self.say(message)
        if self.options.json:
            print(json.dumps({"message": message, "kept": kept}, indent=1))
        return status


def main(
    arguments: list[str], machine: Machine | None = None, checkout: Checkout | None = None
) -> int:
    """Do what the arguments ask for and return the exit status: 0, 2 for something to mend, 130
    after Ctrl-C, or pytest's own.
    """
    if asks_for_help(arguments):
        print(HELP)
        return 0
    print_anything()
    try:
        _check_working_folder()
        options = read_options(arguments)
        return Installer(machine or Machine(), options, checkout or Checkout()).run()
    except (Problem, OSError) as error:
        message = _explain(error)
        print(f"install.py: {message}", file=sys.stderr)
        if "--json" in arguments:
            print(json.dumps({"ready": False, "message": message}))
        return 2
    except KeyboardInterrupt:
        print("\ninstall.py: interrupted; run the same command again to go on", file=sys.stderr)
        return 130


def _check_working_folder() -> None:
    """pip and many others can't do without one. Raises `Problem`."""
    try:
        Path.cwd()
    except OSError:
        raise Problem(
            "the folder that you are in was removed: go to another (cd), and run this again"
        ) from None


def _explain(error: Problem | OSError) -> str:
    """An error in one line, with what to do about it."""
    if isinstance(error, Problem):
        return str(error)
    where = f" ({error.filename})" if error.filename else ""
    return f"{error.strerror or error}{where}: mend that, and run the same command again"
