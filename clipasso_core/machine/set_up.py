"""The set-up that the engine's package brings along, with the extension for Inkscape."""

from __future__ import annotations

import json
import site
import subprocess
import sys
from pathlib import Path

from clipasso_core.errors import UserError
from clipasso_core.machine import folders

CARRIED = folders.CODE / "set_up"  # in a package that was built; a checkout has it beside
BEGIN = (
    "import json, sys; sys.path.insert(0, sys.argv[1]);"
    " from installer.attach import main; sys.exit(main(json.loads(sys.argv[2]), sys.argv[3:]))"
)


def attach(words: list[str]) -> int:
    """Put the extension into Inkscape, or take it away, in sight of the person. words: as
    `installer.attach` has them. Returns the exit status. Raises `UserError`.
    """
    root = CARRIED if CARRIED.is_dir() else folders.CODE.parent
    if not (root / "installer" / "attach.py").is_file():
        raise UserError(
            "no-extension", "this package came without the extension: run install.py instead"
        )
    engine = json.dumps(command())
    words = [*words, "--home", str(folders.home())]
    return subprocess.run([sys.executable, "-I", "-c", BEGIN, str(root), engine, *words]).returncode


def command() -> list[str]:
    """What starts this engine from anywhere."""
    alone = [] if _is_persons() else ["-I"]  # which would hide it
    return [sys.executable, *alone, "-m", "clipasso_core"]


def served() -> list[Path]:
    """The folders in Inkscape in which the extension lies, as far as the set-up put it there."""
    try:
        noted = json.loads((folders.home() / "installed.json").read_text(encoding="utf-8"))
        places = [Path(name) / "clipasso" for name in noted]
    except (OSError, ValueError, TypeError, RecursionError):
        return []
    return [place for place in places if (place / "engine.json").is_file()]


def _is_persons() -> bool:
    """Whether it lies among the packages that a person installed for themselves (``--user``)."""
    if not site.ENABLE_USER_SITE:
        return False
    return Path(site.getusersitepackages()) in folders.CODE.parents
