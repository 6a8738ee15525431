"""The report: what was found, for the person or as JSON, and what to do next."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict

from installer.checks import Check
from installer.engine import Engine
from installer.inkscape import Inkscape

MARKS = {"ok": "✓", "note": "·", "fault": "✗"}


def print_anything() -> None:
    """Let what can't be printed be replaced: a code page of Windows lacks our marks."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]


class Report:
    """Tells the findings of a command, fit to be published where `doctor` asks for them."""

    def __init__(self, engine: Engine, say: Callable[[str], None]) -> None:
        self.options = engine.options
        self.home = engine.home
        self.called = engine.called
        self.person = str(engine.machine.person)
        self.say = say

    def tell(self, checks: list[Check], inkscapes: list[Inkscape], ready: str = "") -> int:
        """Say all findings and what follows from them. ready: the last line where there is no
        fault, empty for what to do next. Returns the exit status.
        """
        for one in checks:
            self.say(f"{MARKS[one.state]} {one.name}: {self.shorten(one.text)}")
            if one.advice:
                self.say(f"    → {self.shorten(one.advice)}")
        faults = [one for one in checks if one.state == "fault"]
        last = self._name_fault(faults[0]) if faults else ready or self._next_step(inkscapes)
        self.say(last)
        if self.options.json:
            self._print_json(checks, inkscapes, last)
        return 2 if faults else 0

    def shorten(self, text: str) -> str:
        """A report need not carry the person's name, which their home's path holds."""
        # a home that is the root names nobody
        names = [self.person, json.dumps(self.person)[1:-1]] if len(self.person) > 3 else []
        for name in names:
            text = re.sub(re.escape(name) + r"(?![\w.-])", "~", text)
        return text

    def _name_fault(self, fault: Check) -> str:
        advice = f": {self.shorten(fault.advice)}" if fault.advice else ""
        return f"Not ready: {fault.name} {self.shorten(fault.text)}{advice}"

    def _next_step(self, inkscapes: list[Inkscape]) -> str:
        if any(one.folder is not None for one in inkscapes):
            return (
                "Ready: restart Inkscape, select a photograph, and choose Extensions > CLIPasso >"
                " Sketch a Photograph."
            )
        engine = f"The engine is ready ({self.called})."
        if inkscapes:
            return f"{engine} {inkscapes[0].name}: {inkscapes[0].advice}, and run this again."
        return f"{engine} No Inkscape was found: install it, and run this again for the extension."

    def _print_json(self, checks: list[Check], inkscapes: list[Inkscape], message: str) -> None:
        found = [
            {
                "name": one.name,
                "folder": str(one.folder) if one.folder else None,
                "advice": one.advice,
            }
            for one in inkscapes
        ]
        facts = {
            "ready": all(one.state != "fault" for one in checks),
            "home": str(self.home.folder),
            "inkscapes": found,
            "checks": [asdict(one) for one in checks],
            "message": message,
        }
        text = json.dumps(facts, indent=1, ensure_ascii=False)
        print(self.shorten(text) if self.options.command == "doctor" else text)
