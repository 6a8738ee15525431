"""Checks of the extension: it is tried in each Inkscape, as far as that can be done from here."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from installer.checks import Check
from installer.extension import FOLDER, POINTER, Extension
from installer.inkscape import Inkscape
from installer.interpreter import find_interpreter
from installer.lack import find_lacks
from installer.machine import Machine

GTK = (  # whether a window can be shown
    "import gi; gi.require_version('Gtk', '3.0'); from gi.repository import Gtk;"
    " raise SystemExit(not Gtk.init_check([])[0])"
)
UNTRIED = "the extension loads; Inkscape itself needs a display to be tried"
SKETCHED = "https://clipasso.org/ns"  # is in every document that the extension put a sketch into


def check_extension(machine: Machine, inkscape: Inkscape, example: Path) -> list[Check]:
    """The extension imports under Inkscape's own Python, and a headless Inkscape inserts a layer
    where there is a display. example: a photograph.
    """
    interpreter = find_interpreter(machine, inkscape)
    if interpreter is None:
        text = "not started from here: try Extensions > CLIPasso yourself"
        return [Check(inkscape.name, "note", text, inkscape.advice)]
    checks = [lack.check(inkscape.name) for lack in find_lacks(interpreter)]
    if any(one.state == "fault" for one in checks):
        return checks
    if not interpreter.runs("from clipasso_ext import sketch_effects, edit_effects"):
        text = f"the extension does not run under its Python ({interpreter.path})"
        return [Check(inkscape.name, "fault", text, "is it Inkscape 1.2 or newer?")]
    # where DISPLAY names a screen that is gone, Inkscape knows no extensions
    if not checks and not interpreter.runs(GTK):
        return [Check(inkscape.name, "note", UNTRIED)]
    return [*checks, _check_insertion(machine, inkscape, example)]


def check_installed_extension(extension: Extension, inkscape: Inkscape) -> list[Check]:
    """The extension lies in Inkscape's folder, as it was put there and as this checkout has it,
    and Inkscape's Python has what it needs.
    """
    found = _check_files(extension, inkscape)
    interpreter = find_interpreter(extension.engine.machine, inkscape)
    if interpreter is None:
        return [found]
    return [found, *(lack.check(inkscape.name) for lack in find_lacks(interpreter))]


def _check_files(extension: Extension, inkscape: Inkscape) -> Check:
    if inkscape.folder is None:
        return Check(inkscape.name, "note", "can't be used", inkscape.advice)
    if not (inkscape.folder / FOLDER / POINTER).is_file():
        return Check(inkscape.name, "fault", "has no extension", "run  python3 install.py")
    changed = extension.find_changed(inkscape.folder)
    if changed:
        return Check(
            inkscape.name,
            "note",
            f"files of the extension were changed: {', '.join(changed)}",
            "python3 install.py restores them",
        )
    if not extension.is_current(inkscape.folder):
        text = "has an extension of another version"
        return Check(inkscape.name, "note", text, "run  python3 install.py")
    version = _ask_version(extension.engine.machine, inkscape)
    text = f"{version}has the extension, in {inkscape.folder / FOLDER}"
    return Check(inkscape.name, "ok", text)


def _ask_version(machine: Machine, inkscape: Inkscape) -> str:
    """Inkscape's version, for the head of a sentence; empty when it does not say."""
    if inkscape.executable is None:
        return ""
    said = (machine.ask([inkscape.executable, "--version"]) or "").strip().splitlines()
    return f"{said[-1]}, " if said else ""


def _check_insertion(machine: Machine, inkscape: Inkscape, example: Path) -> Check:
    if machine.system == "linux" and not machine.variables.get("DISPLAY"):
        return Check(inkscape.name, "note", UNTRIED)
    if _inserts(machine, inkscape, example):
        return Check(inkscape.name, "ok", "a sketch was inserted")
    return Check(
        inkscape.name,
        "fault",
        "no sketch was inserted",
        "look into Extensions > CLIPasso > Engine and Models > Open Log",
    )


def _inserts(machine: Machine, inkscape: Inkscape, example: Path) -> bool:
    """Whether a headless Inkscape puts a sketch into a document with a photograph."""
    assert inkscape.executable is not None
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "check.svg"
        result = Path(folder) / "checked.svg"
        page.write_text(
            '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
            ' width="300" height="200"><image id="photo" width="300" height="200"'
            f' xlink:href="{example.as_uri()}"/></svg>'
        )
        actions = (
            f"select-by-id:photo;org.clipasso.sketch.noprefs;export-filename:{result};export-do"
        )
        command: list[str | Path] = [
            inkscape.executable,
            f"--app-id-tag=clipasso{os.getpid()}",
            "--batch-process",
            page,
            f"--actions={actions}",
        ]
        variables = {**machine.variables, "CLIPASSO_NO_GUI": "1"}
        machine.ask(command, timeout_s=300, variables=variables)
        if not result.is_file():
            return False
        return SKETCHED in result.read_text(encoding="utf-8", errors="replace")
