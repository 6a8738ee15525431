"""The engine that is installed in a home, reached by its command."""

from __future__ import annotations

import json
from pathlib import Path

from installer.home import Home
from installer.machine import Machine
from installer.options import Options

# They would lead Python or pip elsewhere.
MISLEADING = (
    "PYTHONHOME",
    "PYTHONPATH",
    "PIP_TARGET",
    "PIP_PREFIX",
    "PIP_ROOT",
    "PIP_NO_DEPS",
    "PIP_DRY_RUN",
)


class Engine:
    """The installed engine. environment: the virtual environment that it runs in; the one in use
    if none is named.
    """

    def __init__(
        self, machine: Machine, options: Options, home: Home, environment: Path | None = None
    ) -> None:
        self.machine = machine
        self.options = options
        self.home = home
        self._environment = environment

    @property
    def called(self) -> str:
        """How a person calls it."""
        return str(self.home.launcher)

    def of(self, environment: Path) -> Engine:
        """The same home's engine in another environment, which may not be in use."""
        return Engine(self.machine, self.options, self.home, environment)

    @property
    def python(self) -> Path:
        """Its Python; a path at which nothing lies while it is not installed."""
        environment = self._environment or self.home.environment
        return self.home.python(environment or self.home.engines / "none")

    @property
    def command(self) -> list[str]:
        """The `clipasso` command, whatever the working folder and Python's own variables are."""
        return [str(self.python), "-I", "-m", "clipasso_core"]

    def variables(self) -> dict[str, str]:
        """The environment variables for its Python: our home, and the wheels' folder instead of the
        network.
        """
        variables = {
            name: value for name, value in self.machine.variables.items() if name not in MISLEADING
        }
        variables |= {"CLIPASSO_HOME": str(self.home.folder), "PIP_USER": "0"}
        if self.options.offline is not None:
            variables |= {
                "PIP_NO_INDEX": "1",
                # as an address, for pip splits the variable at blanks
                "PIP_FIND_LINKS": self.options.offline.as_uri(),
                "PIP_EXTRA_INDEX_URL": "",
            }
        return variables

    def run(self, *words: str | Path, to_stderr: bool = False) -> int:
        """Run `clipasso` in sight of the person."""
        return self.machine.run(
            [*self.command, *words],
            variables=self.variables(),
            to_stderr=to_stderr or self.options.json,
        )

    def ask(self, *words: str | Path, any_status: bool = False) -> str | None:
        """What `clipasso` prints; None when it does not answer, or fails and its failure does not
        count.
        """
        return self.machine.ask(
            [*self.command, *words],
            timeout_s=300,
            any_status=any_status,
            variables=self.variables(),
        )

    def end_outdated(self) -> None:
        """End the warm engine, unless it runs in the environment in use."""
        in_use = self.home.environment
        said = self.ask("engine", "status", "--json", any_status=True)
        try:
            running = str(json.loads(said or "")["identity"])
        except (ValueError, KeyError, TypeError):
            running = ""  # none that answers; one may hang
        if in_use is None or in_use.name not in running:
            self.ask("engine", "stop")
