"""Draws on a cluster with Ray, which a process of its own drives: Ray ends the whole of a process
when one of its daemons does, and the manifest is written here.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

from clipasso_core.batch.draughtsman import Draughtsman, LostError
from clipasso_core.batch.executor import Message, Stop
from clipasso_core.batch.pictures import Photo
from clipasso_core.batch.ray_driver import drive
from clipasso_core.errors import UserError
from clipasso_core.machine.log import ray_log_path

ENDING_S = 10.0  # that a cluster of our own may take to end


class RayExecutor:
    """Actors of a Ray cluster.

    draughtsman: what each has a copy of. address: of the cluster; None takes the one that this
    process belongs to, else starts one on this machine. jobs: actors at most; None for as many as
    the cluster has cores or room on its GPUs.
    """

    def __init__(
        self, draughtsman: Draughtsman, address: str | None = None, jobs: int | None = None
    ) -> None:
        self._work = (draughtsman, address, jobs)
        self._driver: _Driver | None = None

    def draw(self, photos: list[Photo], stop: Stop) -> Iterator[Message]:
        """See `executor.Executor`. Of each picture only its end is told."""
        if self._driver is None:
            self._driver = _Driver(*self._work)
        yield from self._driver.draw(photos, stop)

    def close(self) -> None:
        """Leave the cluster; actors that still draw are ended with it."""
        if self._driver is not None:
            self._driver.end()
            self._driver = None


class _Driver:
    """The process that drives, seen from the one that gives it work."""

    def __init__(self, draughtsman: Draughtsman, address: str | None, jobs: int | None) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection: Connection
        self._connection, theirs = context.Pipe()
        wanted, self._wish = context.Pipe(duplex=False)
        self._process: SpawnProcess = context.Process(
            target=drive, args=(theirs, wanted, draughtsman, address, jobs), name="clipasso-ray"
        )
        self._process.start()
        theirs.close()  # so that its death is heard
        wanted.close()

    def draw(self, photos: list[Photo], stop: Stop) -> Iterator[Message]:
        try:
            self._connection.send(photos)
            while stop.waitable not in wait([self._connection, stop.waitable]):
                message = self._connection.recv()
                if isinstance(message, Exception):
                    raise message
                if message is None:
                    return
                yield message
        except (EOFError, OSError):
            raise _lost(self.end()) from None

    def end(self) -> str:
        """End it, whatever it is at. Returns how it ended, for the person."""
        self._wish.close()
        self._process.join(ENDING_S)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._connection.close()
        status = self._process.exitcode or 0
        return f"signal {-status}" if status < 0 else f"status {status}"


def _lost(how: str) -> LostError:
    return LostError(
        UserError(
            "ray-lost",
            "the Ray cluster was lost: what drives it ended ({status}), {log} may tell why",
            status=how,
            log=ray_log_path(),
        )
    )
