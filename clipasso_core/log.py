"""The log file: where the traceback of a bug goes."""

from __future__ import annotations

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

from clipasso_core import folders

MAX_BYTES = 1_000_000  # a file; two older ones are kept


def log_path() -> Path:
    """The log file."""
    return folders.logs() / "clipasso.log"


def record_bug(error: BaseException) -> str:
    """Write the traceback into the log file and return one line for the person."""
    what = f"a bug in clipasso: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}".rstrip(": ")
    try:
        log_path().parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(log_path(), maxBytes=MAX_BYTES, backupCount=2, encoding="utf-8")
    except OSError as cannot:
        return f"{what} (no log could be written: {cannot.strerror})"
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    try:
        record = logging.LogRecord("clipasso", logging.ERROR, __file__, 0, "bug", None, (type(error), error, error.__traceback__))
        handler.emit(record)
    finally:
        handler.close()
    return f"{what}; please report it with {log_path()}"
