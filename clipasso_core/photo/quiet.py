"""Decoders that keep what they find to themselves."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

# Pillow logs what it refuses; without a handler Python prints that on standard error
logging.getLogger("PIL").addHandler(logging.NullHandler())
_ONE_AT_A_TIME = threading.Lock()  # the process has one standard error


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
