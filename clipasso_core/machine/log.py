"""The log file: where the traceback of a bug goes."""

from __future__ import annotations

import logging
from contextlib import suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path

from clipasso_core.errors import UserError
from clipasso_core.machine import folders

MAX_BYTES = 1_000_000  # a file; two older ones are kept


def log_path() -> Path:
    """The log file."""
    return folders.logs() / "clipasso.log"


def engine_log_path() -> Path:
    """The warm engine's log file."""
    return folders.logs() / "engine.log"


def crash_path() -> Path:
    """What the warm engine printed before it died."""
    return folders.logs() / "engine-crash.log"


def ray_log_path() -> Path:
    """What Ray printed in the last batch on a cluster."""
    return folders.logs() / "ray.log"


def engine_logger() -> logging.Logger:
    """The warm engine's log. A disk that is full or read-only silences it, and nothing else."""
    logger = logging.getLogger("clipasso.engine")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logging.raiseExceptions = False  # a failing handler would print on stderr
    try:
        engine_log_path().parent.mkdir(parents=True, exist_ok=True)
        handler: logging.Handler = RotatingFileHandler(
            engine_log_path(), maxBytes=MAX_BYTES, backupCount=2, encoding="utf-8"
        )
    except OSError:
        handler = logging.NullHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger.addHandler(handler)
    return logger


def record_bug(error: BaseException) -> UserError:
    """Write the traceback into the log file and return what the person is told, of code ``bug``."""
    first_line = str(error).splitlines()[0] if str(error).strip() else ""
    bug = f"{type(error).__name__}: {first_line}".rstrip(": ")
    try:
        log_path().parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(
            log_path(), maxBytes=MAX_BYTES, backupCount=2, encoding="utf-8"
        )
    except OSError as cannot:
        return _unlogged(bug, cannot.strerror or str(cannot))
    except UserError as cannot:
        return _unlogged(bug, cannot.message)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    try:
        cause = (type(error), error, error.__traceback__)
        record = logging.LogRecord("clipasso", logging.ERROR, __file__, 0, "bug", None, cause)
        handler.handle(record)
    finally:
        with suppress(OSError):  # a full disk, at the last flush
            handler.close()
    return UserError(
        "bug", "a bug in clipasso: {bug}; please report it with {log}", bug=bug, log=log_path()
    )


def _unlogged(bug: str, reason: str) -> UserError:
    return UserError(
        "bug",
        "a bug in clipasso: {bug} (no log could be written: {reason})",
        bug=bug,
        reason=reason,
    )
