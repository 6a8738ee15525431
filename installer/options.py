"""The command line."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from installer.problem import Problem

HELP = """\
Set CLIPasso up and take it away again. Standard library only, Python 3.10 or newer; safe to run
again.

  python3 install.py                      the engine, the extension into every Inkscape found, and a
    check of both
  python3 install.py demo                 the engine if needed; sketches the example photograph and
    says where it is
  python3 install.py test [PYTEST ARGS]   the engine with its development tools; runs all tests
  python3 install.py test --campaign [MINUTES]  looks for faults that nobody thought of, for so long
  python3 install.py slim                 leaves out what only a GPU needs; with a GPU, install.py
    brings it back
  python3 install.py doctor               what is installed, and what works
  python3 install.py uninstall            removes exactly what was installed; --keep-models leaves
    downloaded weights

--home DIR            where the engine lives (default: CLIPASSO_HOME, else the platform's folder for
  user data)
--inkscape PATH       this Inkscape instead of those found
--extensions-dir DIR  this extensions folder instead of asking Inkscape
--torch KIND          auto (looks at the GPU), cpu, cuda, rocm, or existing (the torch of the Python
  that runs this file)
--models DIR          where downloaded weights go (default: models in the engine's home)
--with ray            what `clipasso batch --executor ray` needs, too; later runs keep it
--offline WHEELS      install from a folder of wheels, without network; docs/install.md says how to
  fill it
--yes                 do not ask anything
--json                print the findings as JSON on standard output, everything else on standard
  error

What is installed works until what takes its place was tried: a run may be interrupted or killed at
any moment, and the same command goes on. One run at a time changes a home; a second one does not
wait, it says which process is at work. Exit status: 0; 2 when there is something to mend, or
another run is at work; 130 after Ctrl-C.
"""
COMMANDS = ("install", "demo", "test", "doctor", "slim", "uninstall")
TORCH_KINDS = ("auto", "cpu", "cuda", "rocm", "existing")
EXTRAS = ("ray",)  # of the engine's package, that a person may ask for
FOLDERS = ("home", "extensions-dir", "models", "offline")


@dataclass
class Options:
    """What was asked for. rest: what follows ``test``, which is pytest's. offline: a folder of
    wheels. extra: what else is wanted of the engine's package.
    """

    command: str = "install"
    rest: list[str] = field(default_factory=list)
    home: Path | None = None
    inkscape: str | None = None
    extensions_dir: Path | None = None
    torch: str = "auto"
    models: Path | None = None
    offline: Path | None = None
    extra: str | None = None
    yes: bool = False
    json: bool = False
    keep_models: bool = False

    @property
    def may_ask(self) -> bool:
        """Whether to offer what is fetched from the network."""
        return not self.yes and self.offline is None


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise Problem(f"{message}; python3 install.py --help lists what there is")


def named_folder(text: str) -> Path:
    """The whole path of a folder that a person named. Raises `Problem`."""
    try:
        os.fsencode(text).decode("utf-8")
        return Path(text).expanduser().absolute()
    except UnicodeError:
        raise Problem(
            f"{text} is not written in UTF-8, which the files that name it are: name another folder"
        ) from None
    except RuntimeError:
        raise Problem(
            f"{text}: there is no such person on this machine: name the folder by its whole path"
        ) from None


def _folder(text: str) -> Path:
    if not text.strip():
        # an empty variable of a shell would mean the current folder
        raise argparse.ArgumentTypeError("names no folder")
    return named_folder(text)


def _parse(arguments: list[str]) -> dict[str, Any]:
    parser = _Parser(add_help=False, allow_abbrev=False)
    parser.add_argument("command", nargs="?", default="install", choices=COMMANDS)
    for name in FOLDERS:
        parser.add_argument(f"--{name}", type=_folder)
    parser.add_argument("--inkscape")
    parser.add_argument("--torch", default="auto", choices=TORCH_KINDS)
    parser.add_argument("--with", dest="extra", choices=EXTRAS)
    for name in ("yes", "json", "keep-models"):
        parser.add_argument(f"--{name}", action="store_true")
    return vars(parser.parse_args(arguments))


def asks_for_help(arguments: list[str]) -> bool:
    """Whether help is asked of us, and not of pytest."""
    ours = arguments[: arguments.index("test")] if "test" in arguments else arguments
    return "-h" in ours or "--help" in ours


def read_options(arguments: list[str]) -> Options:
    """Read the command line. What follows ``test`` is pytest's. Raises `Problem`."""
    if "test" in arguments:
        ours = arguments[: arguments.index("test") + 1]
        options = Options(**_parse(ours), rest=arguments[len(ours) :])
        if options.command == "test":
            return options
        # `test` was some option's value
    return Options(**_parse(arguments))
