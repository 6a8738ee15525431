"""The engine's process: it listens, lets requests wait their turn, computes one at a time and ends
when nobody comes any more.
"""

from __future__ import annotations

import faulthandler
import json
import logging
import os
import signal
import socket
import sys
import threading
import time
from contextlib import suppress
from multiprocessing import AuthenticationError
from multiprocessing.connection import Connection, Listener, answer_challenge, deliver_challenge
from typing import Any

from filelock import FileLock, Timeout

from clipasso_core import __version__
from clipasso_core.errors import reason_of
from clipasso_core.machine import log
from clipasso_core.service.envelope import MAX_LINE
from clipasso_core.service.outbox import Outbox
from clipasso_core.service.place import PATIENT, READY, REQUEST, STATUS, STOP, Place, identity
from clipasso_core.service.scheduler import Caller, Scheduler

PROTOCOL = 1
UNABLE = 2  # exit status: the home can't be used
TAKEN = 3  # exit status: another engine already serves this home
GOODBYE_S = 2.0  # for callers to read their last events when the engine ends
RETRY_S = 0.1  # too many open files, perhaps: not for ever


def serve(place: Place, idle_s: float) -> int:
    """Listen until told to stop or idle for `idle_s` seconds. Prints ``ready`` once, when it
    listens.
    """
    alive = FileLock(place.alive)
    faulthandler.enable()
    logger = log.engine_logger()
    facts: dict[str, Any] = {
        "pid": os.getpid(),
        "version": __version__,
        "identity": identity(),
        "began": time.time(),
    }
    try:
        alive.acquire(timeout=0)
        # the key before anybody can connect, and make another at the same moment
        key = place.key()
        listener = _listen(place)
        place.write_record(facts)
    except Timeout:
        return TAKEN
    except OSError as error:  # something lies in the way
        logger.error("can't listen: %s", reason_of(error))
        print(reason_of(error), flush=True)
        return UNABLE
    scheduler = Scheduler()
    reception = _Reception(scheduler, listener, key, facts, logger)
    for number in (signal.SIGTERM, signal.SIGINT):
        # the scheduler's lock may be ours just now
        signal.signal(number, lambda *_: threading.Thread(target=scheduler.close).start())
    threading.Thread(target=reception.receive, name="reception", daemon=True).start()
    logger.info("engine %s listens, process %s", __version__, os.getpid())
    _say_ready()
    try:
        _compute(scheduler, idle_s, logger, facts["began"])
    except BaseException:
        logger.exception("engine broke")
        raise
    finally:
        with suppress(OSError):
            listener.close()
        with suppress(OSError):
            (place.folder / "engine.json").unlink()
        reception.say_goodbye()
        alive.release()
    return 0


def _listen(place: Place) -> Listener:
    """At the engine's address, open to its owner alone."""
    if place.family == "AF_UNIX":
        with suppress(FileNotFoundError):
            os.unlink(place.address)
    listener = Listener(place.address, place.family, backlog=16)
    if place.family == "AF_UNIX":
        os.chmod(place.address, 0o600)
    return listener


def _compute(scheduler: Scheduler, idle_s: float, logger: logging.Logger, began: float) -> None:
    from clipasso_core.service.worker import Worker

    worker = Worker()
    worker.warm_up()
    logger.info("warm after %.1f s", time.time() - began)
    scheduler.work(worker, idle_s)
    logger.info("engine ends")


def _say_ready() -> None:
    """Tell whoever started us, and let go of their pipe."""
    with suppress(OSError):
        print(READY.decode(), flush=True)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())


class _Reception:
    """The threads that listen."""

    def __init__(
        self,
        scheduler: Scheduler,
        listener: Listener,
        key: bytes,
        facts: dict[str, Any],
        logger: logging.Logger,
    ) -> None:
        self._scheduler = scheduler
        self._listener = listener
        self._key = key
        self._facts = facts
        self._logger = logger
        self._talks: dict[threading.Thread, Connection] = {}

    def receive(self) -> None:
        """Take every caller, each in a thread of its own, so that none can keep another waiting."""
        while True:
            try:
                connection = self._listener.accept()
            except OSError as error:
                if self._scheduler.closed:
                    return
                self._logger.warning("a caller could not be taken: %s", error)
                time.sleep(RETRY_S)
                continue
            talk = threading.Thread(target=self._converse, args=(connection,), daemon=True)
            self._talks[talk] = connection
            talk.start()

    def say_goodbye(self) -> None:
        """Let the last events reach their callers."""
        until = time.monotonic() + GOODBYE_S
        talks = list(self._talks.items())
        for _, connection in talks:
            # no more requests; what is being said is said to its end
            _shut(connection, socket.SHUT_RD)
        for talk, _ in talks:
            talk.join(max(0.0, until - time.monotonic()))

    def _converse(self, connection: Connection) -> None:
        outbox = Outbox(
            lambda event: connection.send_bytes(json.dumps(event).encode()),
            lambda: _shut(connection, socket.SHUT_RDWR),
        )
        caller = Caller(outbox.put)
        try:
            deliver_challenge(connection, self._key)
            answer_challenge(connection, self._key)
            if not self._scheduler.join(caller):
                return  # ending just now: the caller starts another engine
            outbox.put({"engine": "clipasso", "protocol": PROTOCOL, **self._facts})
            while message := connection.recv_bytes(MAX_LINE):
                self._obey(message, caller, outbox)
        except (AuthenticationError, AssertionError):
            # the latter is Python 3.11's answer to nonsense
            self._logger.warning("a caller without the key was sent away")
        except (EOFError, ConnectionError):
            pass  # gone
        except OSError as error:
            self._logger.warning("a caller was cut off: %s", error)
        finally:
            self._scheduler.leave(caller)
            self._scheduler.settle(caller)
            outbox.close()
            del self._talks[threading.current_thread()]
            connection.close()

    def _obey(self, message: bytes, caller: Caller, outbox: Outbox) -> None:
        """The first byte tells a person's line from an order to the engine itself."""
        if message.startswith(REQUEST):
            self._scheduler.ask(caller, message[len(REQUEST) :])
        elif message.startswith(PATIENT):
            self._scheduler.ask(caller, message[len(PATIENT) :], patient=True)
        elif message == STOP:
            self._logger.info("told to stop")
            self._scheduler.close()
        elif message == STATUS:
            state = {**self._scheduler.state(), "memory_mb": _memory_mb()}
            outbox.put({**self._facts, **state})
        else:
            raise OSError("a message of no known kind")


def _shut(connection: Connection, how: int) -> None:
    """End one or both directions of a connection that others may be using. A pipe, as on Windows,
    has no such thing: there it is closed, which ends both.
    """
    with suppress(OSError):
        if sys.platform == "win32":
            if how == socket.SHUT_RDWR:
                connection.close()
            return
        with socket.socket(fileno=os.dup(connection.fileno())) as same:
            same.shutdown(how)


def _memory_mb() -> float | None:
    """Resident memory of this process; None where the platform does not tell."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    except (OSError, ValueError, AttributeError):
        return None
