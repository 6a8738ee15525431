"""Where the engine keeps what outlives a run."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TypeGuard

from clipasso_core.errors import UserError

HOME_VARIABLE = "CLIPASSO_HOME"
CODE = Path(__file__).parents[1]  # this package


def home() -> Path:
    """The engine's own folder: `CLIPASSO_HOME`, else the platform's folder for user data.

    Absolute: the engine has another working folder than whoever starts it. Raises `UserError` for
    one that can't be told.
    """
    named = os.environ.get(HOME_VARIABLE) or _usual_home()
    try:
        return Path(named).expanduser().absolute()
    except (RuntimeError, FileNotFoundError):  # no such person, no working folder
        raise UserError(
            "no-home",
            "no folder is named by {named}: set {variable} to an absolute path",
            named=named,
            variable=HOME_VARIABLE,
        ) from None


def _usual_home() -> str:
    """The platform's folder for user data, as installer/home.py and the extension's host.py have
    it, which can't ask platformdirs. It may begin with ``~``.
    """
    if sys.platform == "win32":
        return os.path.join(os.environ.get("LOCALAPPDATA") or "~/AppData/Local", "clipasso")
    if sys.platform == "darwin":
        return "~/Library/Application Support/clipasso"
    data = os.environ.get("XDG_DATA_HOME", "")
    return os.path.join(data if os.path.isabs(data) else "~/.local/share", "clipasso")


def models() -> Path:
    """The folder of downloaded weights: ``models`` in `home`, or what its ``config.json`` names."""
    try:
        named = json.loads((home() / "config.json").read_text(encoding="utf-8"))["models"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        named = None
    return home() / (os.path.expanduser(named) if _is_path(named) else "models")


def _is_path(value: object) -> TypeGuard[str]:
    """Whether the system could have a file of that name."""
    if not isinstance(value, str) or not value or "\0" in value:
        return False
    try:
        return bool(os.fsencode(value))
    except UnicodeEncodeError:
        return False


def logs() -> Path:
    """The folder of log files."""
    return home() / "logs"
