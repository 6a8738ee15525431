"""Checks: the engine is tried, and the findings told."""

from __future__ import annotations

import json
import platform
import tempfile
from dataclasses import dataclass
from pathlib import Path

from installer.checkout import Checkout
from installer.engine import Engine
from installer.files import bytes_below
from installer.home import site_packages
from installer.slimming import TorchPackages

REINSTALL = "reinstall"  # the remedy of the engine's doctor that the set-up must be able to bring
SKETCH = "sketch"


@dataclass
class Check:
    """One thing that was tried.

    state: ``ok``, ``note`` (works, could be better) or ``fault``.
    advice: what to do, or "". remedy: ``reinstall`` where only that helps, or "".
    """

    name: str
    state: str
    text: str
    advice: str = ""
    remedy: str = ""

    @property
    def of_environment(self) -> bool:
        """Whether it tells something of the environment, not of the machine or of the home."""
        return self.remedy == REINSTALL or self.name == SKETCH


def name_version(checkout: Checkout) -> Check:
    """Which CLIPasso this is; nothing can be wrong with it."""
    return Check("CLIPasso", "ok", f"version {checkout.version}")


def name_machine() -> Check:
    """What a report must name; nothing can be wrong with it."""
    try:
        system = platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        system = platform.system()
    kind = f"{platform.release()} {platform.machine()}"
    return Check("machine", "ok", f"{system} ({kind}), Python {platform.python_version()}")


def ask_doctor(engine: Engine) -> list[Check] | None:
    """What the engine's own doctor finds; None when it does not answer."""
    said = engine.ask("doctor", "--json", any_status=True)
    try:
        return [
            Check(one["subject"], one["state"], one["text"], one["advice"], one.get("remedy", ""))
            for one in json.loads(said or "")
        ]
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def silent_engine() -> Check:
    """There is one, and it can't even say what it lacks."""
    return Check("engine", "fault", "does not answer", "run install.py again", REINSTALL)


def check_size(environment: Path, has_gpu: bool) -> Check:
    """What the engine takes on the disk, and what of it is of no use here."""
    takes = f"the engine takes {bytes_below(environment) / 1e9:.1f} GB"
    useless = 0 if has_gpu else TorchPackages(site_packages(environment)).bytes_for_gpu()
    if not useless:
        return Check("size", "ok", takes)
    text = f"{takes}, {useless / 1e9:.1f} GB of it for a GPU that is not there"
    return Check("size", "note", text, "to leave that out, run  python3 install.py slim")


def check_engine(engine: Engine, checkout: Checkout) -> list[Check]:
    """The engine answers, and draws three strokes in a few steps."""
    findings = ask_doctor(engine)
    if findings is None:
        return [silent_engine()]
    faults = [one for one in findings if one.state == "fault"]
    answers = faults or [Check("engine", "ok", "answers")]
    return [*answers, _check_sketch(engine, checkout)]


def _check_sketch(engine: Engine, checkout: Checkout) -> Check:
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "check.svg"
        quickly = ["--strokes", "3", "--preset", "draft", "--steps", "3"]
        drawn = engine.ask("sketch", checkout.example, "-o", result, *quickly)
    if drawn is not None:
        return Check(SKETCH, "ok", "three strokes drawn")
    return Check(
        SKETCH,
        "fault",
        "the example could not be sketched",
        f"run  {engine.home.launcher} sketch {checkout.example}  to see why",
    )
