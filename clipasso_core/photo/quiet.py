"""Decoders that keep what they find to themselves."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_ONE_AT_A_TIME = threading.Lock()  # the process has one standard error


def silence_log() -> None:
    """What Pillow logs is not printed, as Python does where it finds no handler."""
    logger = logging.getLogger("PIL")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())


@contextmanager
def silent_stderr() -> Iterator[None]:
    """Nothing is printed within: libtiff writes to the process's standard error, past Python. What
    other threads print there meanwhile is lost too.
    """
    with _ONE_AT_A_TIME:
        try:
            kept = os.dup(2)
        except OSError:  # there is none
            yield
            return
        try:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 2)
            os.close(nowhere)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
