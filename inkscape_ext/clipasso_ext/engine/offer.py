"""The offer: how an engine that is not there is brought, for a person to copy or to let do."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Callable, List, NamedTuple

from clipasso_ext import VERSION
from clipasso_ext.cancellation import Cancellation
from clipasso_ext.engine.pythons import find_python
from clipasso_ext.host import EXTENSION, log, wanted_home, without_inkscapes
from clipasso_ext.processes import run
from clipasso_ext.words import _, later

PROCESSOR_INDEX = "https://download.pytorch.org/whl/cpu"
LIMIT_S = 3 * 3600.0  # a slow line takes an hour for all of it
NO_PYTHON = {
    "linux": later(
        "Python 3.10 or newer with venv is needed for the engine. On Debian and Ubuntu:\n\n"
        "sudo apt install python3-venv"
    ),
    "darwin": later("Python 3.10 or newer is needed for the engine: install it from python.org."),
    "win32": later(
        "Python 3.10 or newer is needed for the engine: install it from python.org, not from the"
        " Microsoft Store."
    ),
}
FAILED = later(
    "{step} failed: check the connection, or run the lines above in a terminal, which says more."
)
SHUT_IN = later(
    "This Inkscape is shut in (Flatpak or Snap), and can't bring the engine. The project's"
    " install.py does that from outside, and says what else it needs."
)


class Step(NamedTuple):
    """meaning: what it does, for the person who waits. command: what does it."""

    meaning: str
    command: List[str]


class Offer(NamedTuple):
    """obstacle: what must be mended first, in the words of a sentence; empty where the steps can be
    done. steps: what brings the engine, in their order. size_gb: what is downloaded.
    """

    obstacle: str
    steps: List[Step]
    size_gb: float = 0.0

    @property
    def command(self) -> str:
        """The same for a terminal, a line each."""
        return "\n".join(" ".join(_quoted(word) for word in step.command) for step in self.steps)


def make_offer(extension: Path = EXTENSION) -> Offer:
    """What brings the engine into its home, and the pointer to it beside this extension. Raises
    `Problem` where the home is named badly.
    """
    if Path("/.flatpak-info").exists() or "/snap/" in sys.prefix:
        return Offer(_(SHUT_IN), [])
    python = find_python()
    if python is None:
        return Offer(_(NO_PYTHON.get(sys.platform, NO_PYTHON["linux"])), [])
    # where install.py keeps its own: the next one that it makes takes this one's place
    folder = wanted_home() / "engines" / "by-pip"
    inside = folder / ("Scripts" if sys.platform == "win32" else "bin")
    own, clipasso = str(inside / "python"), str(inside / "clipasso")
    pip = [own, "-m", "pip", "install"]
    steps = [Step(_("Making a place for the engine"), [python, "-m", "venv", str(folder)])]
    spares_gpu = sys.platform == "linux" and shutil.which("nvidia-smi") is None
    if spares_gpu:
        torch = [*pip, "torch", "torchvision", "--index-url", PROCESSOR_INDEX]
        steps.append(Step(_("Downloading torch"), torch))
    steps += [
        Step(_("Downloading the engine"), [*pip, "clipasso==" + VERSION]),
        Step(
            _("Telling the extension where the engine is"),
            [clipasso, "install-extension", "--extensions-dir", str(extension.parent)],
        ),
        # last: sketches work without
        Step(
            _("Downloading what finds subjects and faces"),
            [clipasso, "models", "fetch", "u2netp", "faces"],
        ),
    ]
    is_large = sys.platform == "linux" and not spares_gpu
    return Offer("", steps, 3.0 if is_large else 0.4)


def bring(offer: Offer, tell: Callable[[str], None], cancellation: Cancellation) -> str:
    """Do what is offered. tell: hears what is done now. Returns what went wrong, in a sentence;
    empty when nothing did. Raises `CalledOff`.
    """
    for step in offer.steps:
        tell(step.meaning)
        try:
            status = run(step.command, LIMIT_S, cancellation, without_inkscapes())
        except (OSError, subprocess.TimeoutExpired) as error:
            log(f"{step.command}: {error}")
            status = -1
        if status:
            log(f"{step.command} ended with status {status}")
            return _(FAILED).format(step=step.meaning)
    return ""


def _quoted(word: str) -> str:
    """As a terminal reads one word: sh, or PowerShell and cmd where there is a blank."""
    plain = all(letter.isalnum() or letter in "/\\.:-_=~" for letter in word)
    if plain:
        return word
    if sys.platform == "win32":
        return '"' + word + '"'
    return "'" + word.replace("'", "'\\''") + "'"
