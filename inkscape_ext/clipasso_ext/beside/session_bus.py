"""Running Inkscapes, spoken to through the session bus of D-Bus."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any, List, Optional

from clipasso_ext.host import log

ADDRESS_VARIABLE = "DBUS_SESSION_BUS_ADDRESS"
RUNTIME_VARIABLE = "XDG_RUNTIME_DIR"  # where else the bus is looked for
INKSCAPE = "org.inkscape.Inkscape"  # and, after a dot, a tag that a person may give
NODE = re.compile(r'<node name="([^"]+)"')
DAEMON = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")
SANDBOX = Path("/.flatpak-info")  # is there within a Flatpak
ANSWER_MS = 5000  # of the bus itself
UNLIMITED_MS = 2**31 - 1  # an Inkscape that is busy answers when it is free


class SessionBus:
    """A connection to the bus. What goes wrong on it is logged, and looks like nobody there."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def inkscapes(self) -> List[str]:
        """Names of those that run."""
        listed = self._call(*DAEMON, "ListNames")
        names = [] if listed is None else listed[0]
        return sorted(name for name in names if name == INKSCAPE or name.startswith(INKSCAPE + "."))

    def parent(self) -> Optional[str]:
        """The name of the one whose child this process is; None where that is not on the bus."""
        names = self.inkscapes()
        if SANDBOX.exists():  # the bus knows its processes by other numbers
            return names[0] if names else None
        return next((name for name in names if self._is_parent(name)), None)

    def windows(self, name: str) -> List[str]:
        """The object paths of an Inkscape's windows."""
        place = _object_path(name) + "/window"
        told = self._call(name, place, "org.freedesktop.DBus.Introspectable", "Introspect")
        return [] if told is None else [f"{place}/{one}" for one in NODE.findall(told[0])]

    def do(self, name: str, action: str, place: Optional[str] = None, parameter: str = "") -> bool:
        """Have an Inkscape do something, and wait until it is done, however busy it is. Returns
        whether it was done.

        place: object path of the window that is to do it.
        """
        from gi.repository import GLib

        parameters = [GLib.Variant("s", parameter)] if parameter else []
        said = GLib.Variant("(sava{sv})", (action, parameters, {}))
        where = place or _object_path(name)
        told = self._call(name, where, "org.gtk.Actions", "Activate", said, UNLIMITED_MS)
        return told is not None

    def _is_parent(self, name: str) -> bool:
        """Whether an Inkscape started this process: what it starts is in its process group."""
        from gi.repository import GLib

        told = self._call(*DAEMON, "GetConnectionUnixProcessID", GLib.Variant("(s)", (name,)))
        try:
            return told is not None and os.getpgid(told[0]) == os.getpgid(0)
        except OSError:  # it is in a sandbox
            return False

    def _call(
        self,
        name: str,
        place: str,
        interface: str,
        method: str,
        said: Any = None,
        limit_ms: int = ANSWER_MS,
    ) -> Optional[Any]:
        """The answer; None where there is none."""
        from gi.repository import Gio, GLib

        flags = Gio.DBusCallFlags.NO_AUTO_START
        try:
            return self._connection.call_sync(
                name, place, interface, method, said, None, flags, limit_ms, None
            ).unpack()
        except GLib.Error as error:
            log(f"{name} did not answer {method}: {error.message}")
            return None


def connect() -> Optional[SessionBus]:
    """The bus; None where there is none. None is started. On Windows and macOS one may run for
    others: there nobody could tell whose process is whose (`other_effects`).
    """
    if sys.platform in ("win32", "darwin"):
        return None
    if not os.environ.get(ADDRESS_VARIABLE) and not _has_runtime_bus():
        return None
    try:
        from gi.repository import Gio, GLib
    except ImportError:
        return None
    try:
        return SessionBus(Gio.bus_get_sync(Gio.BusType.SESSION, None))
    except GLib.Error as error:
        log(f"there is no session bus: {error.message}")
        return None


def _has_runtime_bus() -> bool:
    folder = os.environ.get(RUNTIME_VARIABLE)
    return bool(folder) and (Path(str(folder)) / "bus").exists()


def _object_path(name: str) -> str:
    """Where an application of GTK with that name has its actions."""
    return "/" + name.replace(".", "/").replace("-", "_")
