"""What the Python of an Inkscape lacks for the extension, and the commands that bring it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from installer.checks import Check
from installer.interpreter import Interpreter

NEEDS = ("-m", "clipasso_ext.needs")  # the extension itself knows what it needs


@dataclass(frozen=True)
class Lack:
    """One thing that is not there.

    text: what, and what follows. state: a check's. command: what brings it; empty where this
    system has none.
    """

    text: str
    state: str
    command: str

    def check(self, name: str) -> Check:
        """As a finding. name: the Inkscape's."""
        return Check(name, self.state, self.text, f"run  {self.command}" if self.command else "")


def find_lacks(interpreter: Interpreter) -> list[Lack]:
    """What its Python lacks; nothing where it does not say."""
    try:
        facts = json.loads(interpreter.ask(*NEEDS) or "")
        modules = [str(name) for name in facts["modules"]]
        commands = str(facts["command"]), str(facts["gtk_command"])
        has_gtk = bool(facts["gtk"])
    except (ValueError, KeyError, TypeError):
        return []
    found = []
    if modules:
        names = ", ".join(modules)
        text = f"its Python ({interpreter.path}) lacks {names}: no extension in Python runs"
        found.append(Lack(text, "fault", commands[0]))
    if not has_gtk:
        found.append(Lack("no window without Python's GTK", "note", commands[1]))
    return found
