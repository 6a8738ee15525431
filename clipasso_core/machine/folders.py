"""Where the engine keeps what outlives a run."""

from __future__ import annotations

import json
import os
from pathlib import Path

import platformdirs

HOME_VARIABLE = "CLIPASSO_HOME"
CODE = Path(__file__).parents[1]  # this package


def home() -> Path:
    """The engine's own folder: `CLIPASSO_HOME`, else the platform's folder for user data."""
    chosen = os.environ.get(HOME_VARIABLE)
    folder = chosen or platformdirs.user_data_dir("clipasso", appauthor=False)
    return Path(os.path.expanduser(folder))


def models() -> Path:
    """The folder of downloaded weights: ``models`` in `home`, or what its ``config.json`` names."""
    try:
        named = json.loads((home() / "config.json").read_text(encoding="utf-8"))["models"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        named = None
    if isinstance(named, str) and named:
        return Path(os.path.expanduser(named))
    return home() / "models"


def logs() -> Path:
    """The folder of log files."""
    return home() / "logs"
