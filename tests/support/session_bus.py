"""A session bus of the tests' own."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from support.screen import end, need


@contextmanager
def session_bus() -> Iterator[str]:
    """Yields its address."""
    need("dbus-daemon")
    daemon = subprocess.Popen(
        ["dbus-daemon", "--session", "--nofork", "--print-address"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert daemon.stdout is not None
    try:
        address = daemon.stdout.readline().decode().strip()
        assert address, "the session bus did not start"
        yield address
    finally:
        end(daemon)
        daemon.stdout.close()
