"""Draws on this machine: processes that keep torch and the guide loaded, one picture each at a
time.
"""

from __future__ import annotations

import multiprocessing
import signal
import statistics
from collections import deque
from collections.abc import Iterator
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

from clipasso_core.batch.draughtsman import Draughtsman, LostError
from clipasso_core.batch.executor import Message, Note, Stop, Told
from clipasso_core.batch.pictures import Photo
from clipasso_core.batch.row import Row
from clipasso_core.batch.split import Split, split_for, splits
from clipasso_core.errors import Cancelled, UserError
from clipasso_core.machine.log import record_bug

TRIES = 2  # of a picture whose process died
DEATHS = 3  # of processes in a row, before any of them draws: there is no point in more
STOP_S = 5.0  # after which a process that was asked to stop is killed: a step takes less
ENDING_S = 2.0  # that a process without work may take to end
MEASURED = 4  # times as many pictures as processes: for fewer, measuring is not worth it
A_TURN = 2  # pictures a process while a split is measured; the first one warms it up

# What goes to a process: a picture, a number of threads, or that it is to stop
STOP = "stop"
# What comes from it, beside rows, events, and what keeps it from drawing: `UserError`, `LostError`
READY = "ready"


class Pool:
    """Processes that draw. jobs: how many, None finds out what is fastest."""

    def __init__(self, draughtsman: Draughtsman, jobs: int | None) -> None:
        """draughtsman: what each process has a copy of."""
        self._draughtsman = draughtsman
        self._split = None if jobs is None else split_for(jobs)
        self._workers: list[_Worker] = []
        self._deaths = 0

    def draw(self, photos: list[Photo], stop: Stop) -> Iterator[Message]:
        """See `Executor`."""
        waiting = deque(photos)
        if self._split is None:
            yield from self._measure(waiting, stop)
        assert self._split is not None
        if waiting and not stop.is_asked:
            self._arrange(Split(min(self._split.jobs, len(waiting)), self._split.threads))
            yield from self._draw(waiting, stop)

    def close(self) -> None:
        """End the processes; those that still draw are killed."""
        for worker in self._workers:
            worker.dismiss()
        for worker in self._workers:
            worker.end(0 if worker.photo else ENDING_S)
        self._workers.clear()

    def _measure(self, waiting: deque[Photo], stop: Stop) -> Iterator[Message]:
        """Find the split that draws the most pictures a minute, with pictures that are to be drawn
        anyway.
        """
        from clipasso_core.machine.device import choose_device

        tried = splits(choose_device(self._draughtsman.settings.request.device), len(waiting))
        self._split, best = tried[0], 0.0
        if len(tried) == 1 or len(waiting) < MEASURED * tried[0].jobs:
            return
        for split in tried:
            rate = 0.0
            for message in self._draw_a_turn(waiting, split, stop):
                if isinstance(message, float):
                    rate = message
                else:
                    yield message
            if stop.is_asked or rate < best:
                break
            self._split, best = split, rate
        jobs, threads = self._split.jobs, self._split.threads
        yield Note(f"{jobs} at once, {threads} thread{'s' if threads > 1 else ''} each, is fastest")

    def _draw_a_turn(
        self, waiting: deque[Photo], split: Split, stop: Stop
    ) -> Iterator[Message | float]:
        """Draw some pictures by a split; at last, how many a second it draws."""
        count = min(A_TURN * split.jobs, len(waiting))
        turn = deque(waiting.popleft() for _ in range(count))
        took_s = []
        self._arrange(split, keep=True)
        for message in self._draw(turn, stop):
            if isinstance(message, Row) and message.is_done:
                took_s.append(message.seconds)
            yield message
        warm_s = took_s[split.jobs :]
        yield split.jobs / statistics.mean(warm_s) if warm_s else 0.0

    def _draw(self, waiting: deque[Photo], stop: Stop) -> Iterator[Message]:
        tries: dict[str, int] = {}
        while not stop.is_asked:
            for worker in self._workers:
                if worker.photo is None and waiting:
                    worker.begin(waiting.popleft())
            if not any(worker.photo for worker in self._workers):
                return
            ends = [worker.connection for worker in self._workers]
            for end in wait([*ends, stop.waitable]):
                if end is stop.waitable:
                    break
                worker = next(one for one in self._workers if one.connection is end)
                yield from self._hear(worker, waiting, tries)
        yield from self._stop()

    def _arrange(self, split: Split, keep: bool = False) -> None:
        """Have so many processes of so many threads. keep: those beyond them, too, without work."""
        while len(self._workers) > split.jobs and not keep:
            self._workers.pop().end(ENDING_S)
        for worker in self._workers:
            worker.set_threads(split.threads)
        while len(self._workers) < split.jobs:
            self._workers.append(_Worker(self._draughtsman, split.threads))

    def _hear(
        self, worker: _Worker, waiting: deque[Photo], tries: dict[str, int]
    ) -> Iterator[Message]:
        """What came from a process, or that it died."""
        try:
            message = worker.hear()
        except (EOFError, OSError):
            yield from self._bury(worker, waiting, tries)
            return
        if isinstance(message, Exception):
            raise message
        if message == READY:
            self._deaths = 0
        elif isinstance(message, Row):
            yield message
        elif isinstance(message, dict) and worker.photo is not None:
            yield Told(worker.photo.path, message)

    def _bury(
        self, worker: _Worker, waiting: deque[Photo], tries: dict[str, int]
    ) -> Iterator[Message]:
        """A process died: its picture is tried once more, by another one."""
        self._workers.remove(worker)
        photo, how = worker.photo, worker.end(ENDING_S)
        if not worker.was_ready:
            self._deaths += 1
            if self._deaths >= DEATHS:
                raise UserError(
                    "no-worker",
                    "processes that draw end before they begin ({how}): try fewer with --jobs, and"
                    " run clipasso doctor",
                    how=how,
                )
            if photo is not None:
                waiting.appendleft(photo)
        elif photo is not None:
            tries[photo.path] = tries.get(photo.path, 1) + 1
            if tries[photo.path] <= TRIES:
                yield Note(f"{photo.path}: its process ended ({how}), it is drawn once more")
                waiting.appendleft(photo)
            else:
                yield self._given_up(photo, how)
        if waiting:
            self._workers.append(_Worker(self._draughtsman, worker.threads))

    def _given_up(self, photo: Photo, how: str) -> Row:
        return self._draughtsman.died(
            photo,
            UserError(
                "worker-died",
                "the process that drew {path} ended twice ({how}): it may need more memory than"
                " there is, try fewer at once with --jobs",
                path=photo.path,
                how=how,
            ),
        )

    def _stop(self) -> Iterator[Message]:
        """Let all end after their step. What was finished meanwhile counts."""
        busy = [worker for worker in self._workers if worker.photo]
        for worker in busy:
            worker.ask_to_stop()
        for worker in busy:
            yield from worker.last_rows(STOP_S)
        self.close()


class _Worker:
    """A process that draws, seen from the one that gives it work."""

    def __init__(self, draughtsman: Draughtsman, threads: int) -> None:
        self.threads = threads
        self.photo: Photo | None = None  # that it draws
        self.was_ready = False
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self._process: SpawnProcess = context.Process(
            target=_work, args=(theirs, draughtsman, threads), name="clipasso-batch", daemon=True
        )
        self._process.start()
        theirs.close()  # so that its death is heard

    def begin(self, photo: Photo) -> None:
        """Let it draw a picture."""
        self.photo = photo
        self._send(photo)

    def set_threads(self, threads: int) -> None:
        """Let it compute in so many from its next picture on."""
        if threads != self.threads:
            self.threads = threads
            self._send(threads)

    def ask_to_stop(self) -> None:
        """Let it end after its step, without its picture."""
        self._send(STOP)

    def hear(self) -> object:
        """What it says next. Raises EOFError or OSError where it died."""
        message = self.connection.recv()
        if message == READY:
            self.was_ready = True
        if isinstance(message, Row):
            self.photo = None
        return message

    def last_rows(self, seconds: float) -> Iterator[Row]:
        """What it finished before it heard that it was to stop."""
        try:
            while self.connection.poll(seconds):
                message = self.hear()
                if isinstance(message, Row):
                    yield message
        except (EOFError, OSError):
            return

    def dismiss(self) -> None:
        """Say that there is no more work: it ends when it has none, or after its step."""
        self.connection.close()

    def end(self, seconds: float) -> str:
        """Dismiss it, and kill it if it lives on for so long. Returns how it ended, for the
        person.
        """
        self.dismiss()
        self._process.join(seconds)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        status = self._process.exitcode
        self._process.close()
        return f"signal {-status}" if status is not None and status < 0 else f"status {status}"

    def _send(self, order: object) -> None:
        try:
            self.connection.send(order)
        except OSError:
            return  # it died, which is heard from the same connection


def _work(connection: Connection, draughtsman: Draughtsman, threads: int) -> None:
    """The process: draws what it is given until the connection ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all: it is told what to do
    try:
        if not _prepare(connection, draughtsman, threads):
            return
        connection.send(READY)
        while (order := connection.recv()) != STOP:
            if isinstance(order, Photo):
                _draw(connection, draughtsman, order)
            elif not _prepare(connection, draughtsman, int(order)):
                return
    except (EOFError, OSError, Cancelled):  # nobody listens, or it was told to stop
        return


def _prepare(connection: Connection, draughtsman: Draughtsman, threads: int) -> bool:
    """Load what every sketch needs, to compute in so many threads; whether that can be."""
    try:
        draughtsman.prepare(threads)
    except UserError as error:
        connection.send(error)
        return False
    except Exception as error:
        connection.send(record_bug(error))
        return False
    return True


def _draw(connection: Connection, draughtsman: Draughtsman, photo: Photo) -> None:
    """Draw one picture. Raises `Cancelled` when it is told to stop, or nobody listens."""

    def tell(event: dict[str, object]) -> None:
        try:
            connection.send(event)
            if connection.poll():
                raise Cancelled
        except OSError:  # not the picture's
            raise Cancelled from None

    try:
        connection.send(draughtsman.draw(photo, tell))
    except LostError as lost:
        connection.send(lost)
