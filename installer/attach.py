"""The extension of an engine that pip installed, which brings this set-up and the extension along:
put into Inkscape and tried, or taken away again. `clipasso install-extension` runs it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from installer.checkout import Checkout
from installer.checks import Check
from installer.engine import Engine
from installer.extension import Extension
from installer.extension_checks import check_extension
from installer.home import Home, find_home
from installer.inkscape import Inkscape, find_inkscapes
from installer.lock import hold
from installer.machine import Machine
from installer.options import Options, read_options
from installer.prerequisites import check_home
from installer.problem import Problem
from installer.report import Report, print_anything


class PipsEngine(Engine):
    """The engine of an environment that is not this set-up's. command: starts it."""

    def __init__(
        self, machine: Machine, options: Options, home: Home, command: Sequence[str]
    ) -> None:
        super().__init__(machine, options, home)
        self._command = [*command]

    @property
    def called(self) -> str:
        return "clipasso"

    @property
    def command(self) -> list[str]:
        return self._command


class Attachment:
    """The extension, and what it is tried with."""

    def __init__(self, engine: Engine, checkout: Checkout) -> None:
        self.engine = engine
        self.checkout = checkout
        self.extension = Extension(engine, checkout, self.say)
        self.report = Report(engine, self.say)

    def say(self, text: str) -> None:
        """One line for the person."""
        print(text, flush=True)

    def install(self) -> int:
        """Put it into every Inkscape and try it. Returns the exit status."""
        home = self.engine.home
        inkscapes = find_inkscapes(self.engine.machine, self.engine.options, home.folder)
        check_home(home)
        with hold(home.folder):
            checks = [check for one in inkscapes for check in self._serve(one)]
        return self.report.tell(checks, inkscapes)

    def _serve(self, inkscape: Inkscape) -> list[Check]:
        self.say(f"Found {inkscape.name}: {inkscape.folder or inkscape.advice}")
        if inkscape.folder is None:
            return []
        self.extension.install(inkscape)
        return check_extension(self.engine.machine, inkscape, self.checkout.example)

    def remove(self) -> int:
        """Take it away. Returns the exit status."""
        with hold(self.engine.home.folder):
            for path in self.extension.uninstall():
                self.say(f"Kept {path}")
            self.extension.manifest.write({})
        self.say("The extension is gone from Inkscape.")
        return 0


def main(
    command: Sequence[str],
    words: Sequence[str],
    machine: Machine | None = None,
    checkout: Checkout | None = None,
) -> int:
    """Install the extension of the engine that this command starts, or ``uninstall`` it. Returns
    the exit status: 0, 2 for something to mend, 130 after Ctrl-C.
    """
    print_anything()
    try:
        options = read_options([*words])
        machine = machine or Machine()
        home = Home(Path(find_home(machine, options)), machine.system)
        engine = PipsEngine(machine, options, home, command)
        attachment = Attachment(engine, checkout or Checkout())
        remove = options.command == "uninstall"
        return attachment.remove() if remove else attachment.install()
    except (Problem, OSError) as error:
        print(f"clipasso: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:  # who started this one tells it
        return 130
