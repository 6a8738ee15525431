"""Removal: exactly what was installed goes, and what stays is named."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from installer.engine import Engine
from installer.extension import Extension
from installer.files import remove

# What the installer, the engine and the extension write into the home, beside weights and results.
OWN_NAMES = ("engines", "config.json", "extension.json", "run", "logs", "scratch")


class Removal:
    """Removes the engine and the extension. kept: what stays, and why; complete once `remove` has
    run.
    """

    def __init__(self, engine: Engine, extension: Extension) -> None:
        self.engine = engine
        self.extension = extension
        self.home = engine.home
        self.kept: list[str] = []

    def remove(self) -> bool:
        """Remove everything that can be removed; whether that was all."""
        if self.home.environment is not None:
            self.engine.ask("engine", "stop")
        self.kept = self.extension.uninstall()
        models = self.home.models()  # named in a file that is about to go
        results_wait = self._results_wait()
        paths = self._own_paths(results_wait)
        for path in paths:
            remove(path)
        remove(self.home.launcher)
        self.home.clear_up()
        stuck = [path for path in paths if path.exists()]
        if not stuck:  # else a second try can begin with them
            remove(self.home.current)
            remove(self.home.manifest)
        with suppress(OSError):  # it holds something of the person's
            self.home.launcher.parent.rmdir()
        if results_wait:
            self.kept.append(f"{self.home.folder / 'jobs'} (sketches that were not inserted yet)")
        if models.is_dir() and models not in stuck:
            self.kept.append(f"{models} (downloaded weights)")
        self.kept += [f"{path} (it can't be removed)" for path in stuck]
        return not stuck

    def _own_paths(self, results_wait: bool) -> list[Path]:
        names = [*OWN_NAMES]
        if self.home.former.exists():
            names.append(self.home.former.parent.name)
        if not results_wait:
            names.append("jobs")
        if not self.engine.options.keep_models:
            names.append("models")
        return [self.home.folder / name for name in names]

    def _results_wait(self) -> bool:
        """Whether background sketches are done that were not inserted yet."""
        outcomes = (self.home.folder / "jobs").glob("*/outcome.json")
        return any(not (path.parent / "inserted").exists() for path in outcomes)
