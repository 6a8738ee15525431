"""Where the engine keeps what outlives a run."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

HOME_VARIABLE = "CLIPASSO_HOME"
CODE = Path(__file__).parent  # this package


def home() -> Path:
    """The engine's own folder: `CLIPASSO_HOME`, else the platform's folder for user data."""
    return Path(os.environ.get(HOME_VARIABLE) or platformdirs.user_data_dir("clipasso", appauthor=False)).expanduser()


def models() -> Path:
    """The folder of downloaded weights."""
    return home() / "models"


def logs() -> Path:
    """The folder of log files."""
    return home() / "logs"
