"""Reaching the warm engine: connect, start it when it is not there, replace it when it is out of
date, broken or stale.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, answer_challenge, deliver_challenge
from typing import IO, Any

from filelock import FileLock, Timeout

from clipasso_core.errors import UserError, reason_of
from clipasso_core.machine import folders, log
from clipasso_core.service.place import READY, STATUS, STOP, Place, find_place, identity

# an engine that lives answers in milliseconds; one that imports torch just now in a second
ANSWER_S = 5.0
HUNG_S = 0.5  # for one that does not answer to end all the same
END_S = 10.0  # for an engine to finish its step and end
IDLE_MIN = 15.0
# inkscape_ext/clipasso_ext/host.py has the same
FOREIGN = (
    "PYTHON",
    "INKSCAPE",
    "INKEX",
    "GTK_",
    "GDK_",
    "GI_",
    "GIO_",
    "LD_",
    "DYLD_",
    "FONTCONFIG_",
    "XDG_DATA_DIRS",
    "_INKSCAPE",
)
ROOT = str(folders.CODE.parent)

# `clipasso`, with no module taken from the working folder: a json.py or torch.py may lie there
BEGIN = (
    f"import sys; sys.path = [{ROOT!r}, *filter(None, sys.path)];"
    " from clipasso_core.cli.main import main; sys.exit(main())"
)


class Unreachable(Exception):  # noqa: N818 - a state, not an error
    """There is no engine that answers."""


class _Silent(Unreachable):
    """It accepts connections and answers none."""


class Replaced(UserError):  # noqa: N818 - a state, not an error
    """The set-up has put another installation in the place of this one, which runs on without its
    files: whoever is started anew reaches an engine.
    """

    def __init__(self) -> None:
        super().__init__(
            "no-engine", "CLIPasso was updated or removed while this ran: start it again"
        )


def connect(place: Place) -> tuple[Connection, dict[str, Any]]:
    """A connection to the running engine, and what it says of itself. Raises `Unreachable`."""
    try:
        connection = Client(place.address, place.family)
    except (OSError, EOFError) as error:
        raise Unreachable(str(error)) from None
    try:
        _expect(connection)
        answer_challenge(connection, place.key())
        deliver_challenge(connection, place.key())
        _expect(connection)
        return connection, json.loads(connection.recv_bytes(65536))
    except (
        OSError,
        EOFError,
        ValueError,
        AssertionError,
        AuthenticationError,
        Unreachable,
    ) as error:
        connection.close()
        raise Unreachable(str(error)) from None


def reach(on_waking: Callable[[], None] | None = None, idle_min: float = IDLE_MIN) -> Connection:
    """A connection to an engine of this very installation, started if need be. Raises `UserError`
    when none can be had, `Replaced` when this installation is gone.
    """
    place, own = find_place(), identity()
    with suppress(Unreachable):
        connection, facts = connect(place)
        if facts.get("identity") == own:
            return connection
        connection.close()
    if on_waking is not None:
        on_waking()
    try:
        with FileLock(place.starting, timeout=60):
            patience_s = HUNG_S
            with suppress(Unreachable):  # somebody else may have started one meanwhile
                connection, facts = connect(place)
                if facts.get("identity") == own:
                    return connection
                _tell_to_stop(connection)
                patience_s = END_S
            _make_way(place, patience_s)
            _start(idle_min)
            return connect(place)[0]
    except Timeout:
        raise UserError(
            "no-engine",
            "the engine can't be started (another program has been starting it for a minute): run"
            " clipasso doctor; its log is {log}",
            log=log.engine_log_path(),
        ) from None
    except _Silent:
        raise UserError(
            "no-engine",
            "the engine can't be started (it does not answer): run clipasso doctor; its log is"
            " {log}",
            log=log.engine_log_path(),
        ) from None
    except Unreachable as reason:
        raise _no_engine(str(reason)) from None
    except OSError as error:
        if not os.path.exists(sys.executable):
            raise Replaced from None
        raise _no_engine(reason_of(error)) from None


def stop() -> bool:
    """End the engine. Returns whether there was one."""
    place = find_place()
    try:
        _tell_to_stop(connect(place)[0])
        patience_s, there = END_S, True
    except Unreachable:
        patience_s, there = HUNG_S, _is_alive(place)
    _make_way(place, patience_s)
    return there


def status() -> dict[str, Any] | None:
    """What the engine says of itself and its queue; None when there is none."""
    try:
        connection, _ = connect(find_place())
    except Unreachable:
        return None
    with connection:
        try:
            connection.send_bytes(STATUS)
            if not connection.poll(ANSWER_S):
                return None
            return dict(json.loads(connection.recv_bytes(65536)))
        except (EOFError, OSError):  # it ended just now
            return None


def clean_environment() -> dict[str, str]:
    """The environment without what Inkscape, its Python and its packaging put there."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    # absolute, for the engine has another working folder
    return {**kept, "PYTHONPATH": ROOT, folders.HOME_VARIABLE: str(folders.home())}


def _expect(connection: Connection) -> None:
    """Wait for an answer, but not for ever: a stopped process still accepts connections."""
    if not connection.poll(ANSWER_S):
        raise _Silent


def _tell_to_stop(connection: Connection) -> None:
    with suppress(OSError), connection:
        connection.send_bytes(STOP)


def _is_alive(place: Place) -> bool:
    try:
        with FileLock(place.alive, timeout=0):
            return False
    except Timeout:
        return True


def _make_way(place: Place, patience_s: float) -> None:
    """Wait so long for the engine to end; kill it when it doesn't. Its lock proves that the process
    in its record is still that engine.
    """
    try:
        with FileLock(place.alive, timeout=patience_s):
            return
    except Timeout:
        number = place.record().get("pid")
        # a damaged record must not name the first process, or all of them
        if isinstance(number, int) and number > 1:
            # Windows says of a number that no process has that it is an invalid argument
            with suppress(OSError, OverflowError):
                os.kill(number, signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)
    try:
        with FileLock(place.alive, timeout=END_S):
            return
    except Timeout:
        raise UserError(
            "no-engine",
            "the engine can't be started (an older one hangs and can't be ended): run clipasso"
            " doctor; its log is {log}",
            log=log.engine_log_path(),
        ) from None


def _start(idle_min: float) -> None:
    """Start a detached engine and wait until it listens."""
    command = [sys.executable, "-c", BEGIN, "engine", "serve", "--idle", str(idle_min)]
    detached: dict[str, Any] = (
        {"creationflags": subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP}  # type: ignore[attr-defined]
        if sys.platform == "win32"
        else {"start_new_session": True}
    )
    with _last_words() as last_words:
        process = subprocess.Popen(
            command,
            cwd=folders.home(),
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=last_words,
            **detached,
        )
    assert process.stdout is not None
    with process.stdout as pipe:
        said = pipe.readline()
    if said.strip() != READY:
        status = process.wait()
        reason = said.decode("utf-8", "replace").strip()
        if reason:
            raise _no_engine(reason)
        raise UserError(
            "no-engine",
            "the engine can't be started (it ended at once, with status {status}): run clipasso"
            " doctor; its log is {log}",
            status=status,
            log=log.engine_log_path(),
        )
    process.returncode = 0  # it lives on, and is nobody's to wait for


def _last_words() -> IO[bytes]:
    """Where the engine's stderr goes: what a crash in native code leaves behind. What engines
    before it left stays, up to a limit.
    """
    path = log.crash_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        whole = path.exists() and path.stat().st_size > log.MAX_BYTES
        return open(path, "wb" if whole else "ab")
    except OSError:
        return open(os.devnull, "wb")


def _no_engine(reason: str) -> UserError:
    return UserError(
        "no-engine",
        "the engine can't be started ({reason}): run clipasso doctor; its log is {log}",
        reason=reason,
        log=log.engine_log_path(),
    )
