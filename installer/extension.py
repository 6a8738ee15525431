"""The extension: files in a folder ``clipasso`` in Inkscape's extensions folder, and a pointer to
the engine beside them.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from installer.checkout import Checkout
from installer.engine import Engine
from installer.files import checksum, move, read_json, remove, scratch_of, write
from installer.inkscape import Inkscape
from installer.manifest import Checksums, Manifest
from installer.problem import Problem

FOLDER = "clipasso"
POINTER = "engine.json"  # tells the extension where the engine is


class Extension:
    """Installs the extension into Inkscape's folder, and takes away what it installed."""

    def __init__(self, engine: Engine, checkout: Checkout, say: Callable[[str], None]) -> None:
        self.engine = engine
        self.checkout = checkout
        self.say = say
        self.manifest = Manifest(engine.home.manifest)

    def install(self, inkscape: Inkscape) -> None:
        """Copy what belongs into an Inkscape's folder, beside and swapped in. Raises `Problem`."""
        assert inkscape.folder is not None
        folder = inkscape.folder
        try:
            self._clear_up(folder)
            checksums = self._copy(folder / f"{FOLDER}.new", inkscape.prefix)
            self._keep(folder)
            self._swap(folder)
            self._remove_strays(folder)
        except OSError as error:
            raise Problem(self._explain(error, folder)) from None
        finally:
            self._clear_up(folder)
        self.manifest.put(folder, checksums)

    def follow(self) -> None:
        """Point the extensions installed earlier to the environment in use."""
        known = self.manifest.read()
        for folder, checksums in known.items():
            path = Path(folder) / FOLDER / POINTER
            if path.parent.is_symlink() or not self._is_ours(Path(folder)):
                continue
            remove(scratch_of(path))
            facts = read_json(path)
            pointer = self._pointer(self._prefix(facts))
            if facts == json.loads(pointer):  # by a run that may not have got to the manifest
                checksums[POINTER] = checksum(path)
                continue
            if checksum(path) != checksums.get(POINTER):
                continue  # the person pointed it elsewhere, or another home's engine did
            try:
                write(path, pointer)
            except OSError as error:
                self.say(
                    f"{path} still names the old engine ({error.strerror}): run this again when it"
                    " can be written."
                )
            checksums[POINTER] = checksum(path)
        self.manifest.write(known)

    def uninstall(self) -> list[str]:
        """Remove what the manifest names. Returns the files that stay: those that the person
        changed, or that can't be removed.
        """
        kept: list[str] = []
        for folder, checksums in self.manifest.read().items():
            self._clear_up(Path(folder))
            target = Path(folder) / FOLDER
            if target.is_symlink():  # what it points to, a checkout perhaps, is not ours to touch
                kept.append(f"{target} (a link that you made)")
            elif self._is_ours(Path(folder)):
                kept += self._remove(Path(folder) / FOLDER, checksums)
        return kept

    def find_changed(self, folder: Path) -> list[str]:
        """Files that are not as they were put into that extensions folder."""
        checksums = self.manifest.of(folder)
        return [
            name for name, known in checksums.items() if checksum(folder / FOLDER / name) != known
        ]

    def is_current(self, folder: Path) -> bool:
        """Whether this checkout's files lie in that extensions folder."""
        source = self.checkout.extension
        return all(
            checksum(path) == checksum(folder / FOLDER / path.relative_to(source))
            for path in self.checkout.extension_files()
        )

    def _explain(self, error: OSError, folder: Path) -> str:
        """Why an extensions folder can't be changed, and what to do."""
        is_there = (folder / FOLDER).is_dir()
        if (
            self.engine.machine.system == "win32"
            and isinstance(error, PermissionError)
            and is_there
        ):
            return (
                f"{folder / FOLDER} is in use: close Inkscape and its windows of CLIPasso, and run"
                " this again"
            )
        reason = error.strerror or str(error)
        return f"{folder} can't be written ({reason}): name another with --extensions-dir"

    def _copy(self, fresh: Path, prefix: list[str]) -> Checksums:
        """Lay everything that belongs into a new folder."""
        fresh.mkdir(parents=True)
        for path in self.checkout.extension_files():
            _copy_file(path, fresh / path.relative_to(self.checkout.extension))
        write(fresh / POINTER, self._pointer(prefix))
        return {path.relative_to(fresh).as_posix(): checksum(path) for path in _files(fresh)}

    def _keep(self, folder: Path) -> None:
        """Carry over what is the person's own: files they changed, as NAME.yours, and files they
        added.
        """
        target = folder / FOLDER
        if target.is_symlink() or not target.is_dir():
            return
        checksums = self.manifest.of(folder)
        for path in _files(target):
            name = path.relative_to(target).as_posix()
            # code without a manifest is an older version's
            is_old_code = not checksums and path.suffix in (".inx", ".py")
            is_cache = path.parent.name == "__pycache__"
            if name != POINTER and not is_old_code and not is_cache:
                self._keep_file(path, folder / f"{FOLDER}.new" / name, name, checksums)

    def _keep_file(self, path: Path, copy: Path, name: str, checksums: Checksums) -> None:
        """copy: where the new version has the file of that name."""
        if name in checksums:
            if not self._is_changed(path, name, checksums) or checksum(path) == checksum(copy):
                return
            copy = copy.with_name(f"{copy.name}.yours")
            self.say(
                f"You had changed {path}: your copy is beside the new file, with the ending .yours."
            )
        elif copy.exists():
            return
        _copy_file(path, copy)

    def _is_changed(self, path: Path, name: str, checksums: Checksums) -> bool:
        """Whether the person changed a file; not when it is this checkout's, put there by a run
        that did not get to the manifest.
        """
        ours = (checksums[name], checksum(self.checkout.extension / name))
        return path.is_file() and checksum(path) not in ours

    def _swap(self, folder: Path) -> None:
        """Put the new folder in the place of the old one."""
        target = folder / FOLDER
        old = folder / f"{FOLDER}.old"
        if target.exists() or target.is_symlink():
            move(target, old)
        move(folder / f"{FOLDER}.new", target)
        remove(old)

    def _clear_up(self, folder: Path) -> None:
        """Clear away what an interrupted run left: Inkscape would load every copy that lies
        there.
        """
        target = folder / FOLDER
        old = folder / f"{FOLDER}.old"
        if old.exists() and not target.exists():
            with suppress(OSError):
                move(old, target)
        if target.exists():
            remove(old)
        remove(folder / f"{FOLDER}.new")

    def _remove_strays(self, folder: Path) -> None:
        """Copies of an older version that lie beside: Inkscape would load both."""
        for path in folder.glob("*.inx"):
            with suppress(OSError):
                if "<id>org.clipasso." in path.read_text(encoding="utf-8", errors="replace"):
                    remove(path)
                    self.say(f"Removed {path}, of an older version.")
        for path in folder.glob("*/**/clipasso_sketch.inx"):
            if path.parent != folder / FOLDER:
                self.say(
                    f"Another copy of the extension is in {path.parent}: remove it, or Inkscape"
                    " shows one of both."
                )

    def _remove(self, target: Path, checksums: Checksums) -> list[str]:
        """Remove what was installed, then the folders that are empty. Returns what stays."""
        kept: list[str] = []
        for name in checksums:
            path = target / name
            if self._is_changed(path, name, checksums):
                kept.append(f"{path} (you changed it)")
                continue
            remove(path)
            if path.exists():
                kept.append(f"{path} (it can't be removed)")
        for cache in list(target.rglob("__pycache__")):
            remove(cache)
        folders = [path for path in (target, *target.rglob("*")) if path.is_dir()]
        for path in sorted(folders, reverse=True):  # the inner ones first
            with suppress(OSError):
                path.rmdir()
        added = [
            path for path in _files(target) if path.relative_to(target).as_posix() not in checksums
        ]
        return kept + [str(path) for path in added]

    def _prefix(self, facts: dict[str, Any]) -> list[str]:
        """What stands before the engine's command in a pointer."""
        command = facts.get("command")
        return command[: -len(self.engine.command)] if isinstance(command, list) else []

    def _pointer(self, prefix: list[str]) -> str:
        """What tells the extension where the engine is."""
        home = self.engine.home.folder
        facts: dict[str, object] = {"command": [*prefix, *self.engine.command], "home": str(home)}
        if prefix:
            # Inkscape's own /tmp is not the engine's
            facts["scratch"] = str(home / "scratch")
        return json.dumps(facts)

    def _is_ours(self, folder: Path) -> bool:
        """Whether the extension there is this home's: another home's engine may have taken it
        over.
        """
        named = read_json(folder / FOLDER / POINTER).get("home")
        return named in (None, str(self.engine.home.folder))


def _files(folder: Path) -> list[Path]:
    """All files below a folder, however deep."""
    return [path for path in folder.rglob("*") if path.is_file()]


def _copy_file(source: Path, copy: Path) -> None:
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, copy)
