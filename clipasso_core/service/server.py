"""The engine's process: it listens, lets requests wait their turn, computes one at a time and ends
when nobody comes any more.
"""

from __future__ import annotations

import faulthandler
import json
import logging
import os
import select
import signal
import socket
import struct
import sys
import threading
import time
from contextlib import suppress
from multiprocessing import AuthenticationError
from multiprocessing.connection import Connection, Listener, answer_challenge, deliver_challenge
from typing import Any

from filelock import FileLock, Timeout

from clipasso_core import __version__
from clipasso_core.machine import log
from clipasso_core.service.envelope import MAX_LINE
from clipasso_core.service.place import REQUEST, STATUS, STOP, Place, identity
from clipasso_core.service.scheduler import Client, Desk

PROTOCOL = 1
SLOW_S = 10  # a window that is busy redrawing reads again within that
TAKEN = 3  # exit status: another engine already serves this home


def serve(place: Place, idle_s: float) -> int:
    """Listen until told to stop or idle for `idle_s` seconds. Prints ``ready`` once, when it
    listens.
    """
    alive = FileLock(place.alive)
    try:
        alive.acquire(timeout=0)
    except Timeout:
        return TAKEN
    faulthandler.enable()
    logger = log.engine_logger()
    # the key before anybody can connect, and make another at the same moment
    address, key = place.address, place.key()
    if place.family == "AF_UNIX":
        with suppress(FileNotFoundError):
            os.unlink(address)
    listener = Listener(address, place.family, backlog=16)
    if place.family == "AF_UNIX":
        os.chmod(address, 0o600)
    facts: dict[str, Any] = {
        "pid": os.getpid(),
        "version": __version__,
        "identity": identity(),
        "began": time.time(),
    }
    place.write_record(facts)
    desk = Desk()
    house = _House(desk, listener, key, facts, logger)
    for number in (signal.SIGTERM, signal.SIGINT):
        # the desk's lock may be ours just now
        signal.signal(number, lambda *_: threading.Thread(target=desk.close).start())
    threading.Thread(target=house.receive, name="reception", daemon=True).start()
    logger.info("engine %s listens, process %s", __version__, os.getpid())
    _say_ready()
    try:
        from clipasso_core.service.worker import Worker

        worker = Worker()
        worker.warm_up()
        logger.info("warm after %.1f s", time.time() - facts["began"])
        desk.work(worker, idle_s)
        logger.info("engine ends")
    except BaseException:
        logger.exception("engine broke")
        raise
    finally:
        with suppress(OSError):
            listener.close()
        with suppress(OSError):
            (place.folder / "engine.json").unlink()
        house.say_goodbye()
        alive.release()
    return 0


def _say_ready() -> None:
    """Tell whoever started us, and let go of their pipe."""
    with suppress(OSError):
        print("ready", flush=True)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())


class _House:
    """The threads that listen."""

    def __init__(
        self,
        desk: Desk,
        listener: Listener,
        key: bytes,
        facts: dict[str, Any],
        logger: logging.Logger,
    ) -> None:
        self._desk, self._listener, self._key, self._facts, self._logger = (
            desk,
            listener,
            key,
            facts,
            logger,
        )
        self._talks: dict[threading.Thread, Connection] = {}

    def receive(self) -> None:
        """Take every caller, each in a thread of its own, so that none can keep another waiting."""
        while True:
            try:
                connection = self._listener.accept()
            except OSError as error:
                if self._desk.closed:
                    return
                self._logger.warning("a caller could not be taken: %s", error)
                time.sleep(0.1)  # too many open files, perhaps: not for ever
                continue
            talk = threading.Thread(target=self._converse, args=(connection,), daemon=True)
            self._talks[talk] = connection
            talk.start()

    def say_goodbye(self) -> None:
        """Let the last events reach their clients."""
        until = time.monotonic() + 2
        talks = list(self._talks.items())
        for _, connection in talks:
            with suppress(OSError), _as_socket(connection) as same:
                # no more requests; what is being said is said to its end
                same.shutdown(socket.SHUT_RD)
        for talk, _ in talks:
            talk.join(max(0.0, until - time.monotonic()))

    def _converse(self, connection: Connection) -> None:
        client = Client(lambda event: _send(connection, event))
        try:
            _limit_sending(connection)
            deliver_challenge(connection, self._key)
            answer_challenge(connection, self._key)
            if not self._desk.join(client):
                return  # ending just now: the caller starts another engine
            connection.send_bytes(
                json.dumps({"engine": "clipasso", "protocol": PROTOCOL, **self._facts}).encode()
            )
            while message := connection.recv_bytes(MAX_LINE):
                self._obey(message, client, connection)
        except (AuthenticationError, AssertionError):
            # the latter is Python 3.11's answer to nonsense
            self._logger.warning("a caller without the key was sent away")
        except (EOFError, ConnectionError):
            pass  # gone
        except OSError as error:
            self._logger.warning("a caller was cut off: %s", error)
        finally:
            self._desk.leave(client)
            self._desk.settle(client)
            del self._talks[threading.current_thread()]
            connection.close()

    def _obey(self, message: bytes, client: Client, connection: Connection) -> None:
        """The first byte tells a person's line from an order to the engine itself."""
        if message.startswith(REQUEST):
            self._desk.ask(client, message[len(REQUEST) :])
        elif message == STOP:
            self._logger.info("told to stop")
            self._desk.close()
        elif message == STATUS:
            connection.send_bytes(
                json.dumps(
                    {**self._facts, **self._desk.state(), "memory_mb": _memory_mb()}
                ).encode()
            )
        else:
            raise OSError("a message of no known kind")


def _send(connection: Connection, event: dict[str, Any]) -> None:
    """Send an event, but no progress to whoever does not read: the thread that computes for all
    must not wait for one.
    """
    if event["event"] == "progress" and not _reads(connection):
        return
    try:
        connection.send_bytes(json.dumps(event).encode())
    except OSError:
        # half a message may be out: nothing sensible can follow
        with suppress(OSError), _as_socket(connection) as same:
            same.shutdown(socket.SHUT_RDWR)
        raise


def _limit_sending(connection: Connection) -> None:
    """Let a caller that reads nothing for `SLOW_S` seconds count as gone."""
    if sys.platform != "win32":
        with _as_socket(connection) as same:
            same.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", SLOW_S, 0))


def _reads(connection: Connection) -> bool:
    """Whether there is room for another message."""
    if sys.platform == "win32":
        return True
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLOUT)
    return bool(poll.poll(0))


def _as_socket(connection: Connection) -> socket.socket:
    """The same socket by another name, to be closed by itself. Raises OSError where connections are
    pipes, as on Windows.
    """
    if sys.platform == "win32":
        raise OSError("a pipe")
    return socket.socket(fileno=os.dup(connection.fileno()))


def _memory_mb() -> float | None:
    """Resident memory of this process; None where the platform does not tell."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    except (OSError, ValueError, AttributeError):
        return None
