"""The process that drives a Ray cluster: `ray.data` hands pictures to actors, each of which keeps
its guide and writes its sketches into OUT itself.

The only module that knows ray.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import math
import os
import signal
import socket
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

from clipasso_core import __version__
from clipasso_core.batch.draughtsman import Draughtsman, LostError
from clipasso_core.batch.executor import Message, Told
from clipasso_core.batch.pictures import Photo
from clipasso_core.batch.place import reason
from clipasso_core.batch.row import Row, read_row
from clipasso_core.errors import UserError
from clipasso_core.machine.log import ray_log_path, record_bug

if TYPE_CHECKING:
    from pyarrow import Table

ANSWER_S = 10.0  # within which a cluster is to answer
MOST_BLOCKS = 10_000  # pictures are handed out one by one, of more than so many several
# Pictures an actor has: one that it draws, and one that it begins with at once. Those that it had
# when it died are drawn again at the end, one at a time, so that none dies by its neighbour.
IN_FLIGHT = 2
GPU_WORKER_BYTES = 4e9  # that an actor takes of a GPU: CLIP with its views, rounded up
MOST_A_GPU = 4  # actors on one; from so many on they only wait for each other
STORE_BYTES = 100_000_000  # for objects, of a cluster on this machine: rows and names are small


def drive(
    orders: Connection,
    wanted: Connection,
    draughtsman: Draughtsman,
    address: str | None,
    jobs: int | None,
) -> None:
    """The driver's process: draws each list of pictures that comes, and sends what comes of it,
    then None, or what keeps it from going on. It leaves the cluster and ends, whatever it is at,
    when the other side of `wanted` is closed, or its process has ended.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all: it is ended by who began it
    # or a thread of ray.data that still asks when all is over would start another cluster
    os.environ["RAY_ENABLE_AUTO_CONNECT"] = "0"
    _print_into_log()
    threading.Thread(target=_leave_with, args=(wanted,), daemon=True).start()
    cluster = _Cluster(draughtsman, address, jobs)
    while True:
        photos = orders.recv()
        try:
            for message in cluster.draw(photos):
                orders.send(message)
            orders.send(None)
        except (UserError, LostError) as error:
            orders.send(error)
        except Exception as error:
            orders.send(record_bug(error))


def _leave_with(wanted: Connection) -> None:
    with suppress(EOFError, OSError):
        wanted.recv()
    ray = sys.modules.get("ray")
    if ray is not None:
        ray.shutdown()
    os._exit(0)


def _print_into_log() -> None:
    """Let what is printed go into a file: what Ray tells is no person's concern, and no event."""
    try:
        ray_log_path().parent.mkdir(parents=True, exist_ok=True)
        log = os.open(ray_log_path(), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError:
        log = os.open(os.devnull, os.O_WRONLY)  # a disk that is full or read-only silences it
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)


class _Cluster:
    """A Ray cluster, whose actors draw; see `RayExecutor`."""

    def __init__(self, draughtsman: Draughtsman, address: str | None, jobs: int | None) -> None:
        self._draughtsman = draughtsman
        self._address = address
        self._jobs = jobs

    def draw(self, photos: list[Photo]) -> Iterator[Message]:
        """See `executor.Executor`. Of each picture only its end is told."""
        self._connect()
        waiting = {photo.path: photo for photo in photos}
        yield from self._draw_once(waiting, IN_FLIGHT)
        had = math.inf
        # who was lost with another's actor is drawn as long as a round brings anything
        while waiting and len(waiting) < had:
            had = len(waiting)
            yield from self._draw_once(waiting, 1)
        yield from (self._given_up(photo) for photo in waiting.values())

    def _draw_once(self, waiting: dict[str, Photo], in_flight: int) -> Iterator[Message]:
        """Hand out what waits; those whose actor ended go on waiting."""
        try:
            for table in self._drawn(list(waiting.values()), in_flight):
                for line in table.to_pylist():
                    yield from self._messages(line, waiting)
        except (UserError, LostError):
            raise
        except Exception as error:  # of many kinds
            raise _lost(error) from None

    def _connect(self) -> None:
        try:
            import ray
            import ray.data
        except ImportError:
            raise UserError(
                "no-ray",
                "ray is not installed: python3 install.py --with ray, or pip install clipasso[ray]",
            ) from None
        if ray.is_initialized():
            return
        if self._address is not None:
            _check_answers(self._address)
        own: dict[str, Any] = {"include_dashboard": False, "object_store_memory": STORE_BYTES}
        try:
            ray.init(
                address=self._address,
                log_to_driver=False,
                logging_level=logging.ERROR,
                configure_logging=True,
                **(own if _starts_own(self._address) else {}),
            )
        except Exception as error:  # of many kinds
            raise _unanswered(self._address or "on this machine", error) from None
        logging.getLogger("ray.data").setLevel(logging.CRITICAL)  # deaths are told as rows

    def _drawn(self, photos: list[Photo], in_flight: int) -> Iterator[Table]:
        import ray
        from ray.data import ActorPoolStrategy, DataContext

        context = DataContext.get_current()
        context.enable_progress_bars = False
        context.max_errored_blocks = -1  # a picture that ends its actor each time ends no other
        context.execution_no_progress_timeout_s = -1  # one picture may take hours
        context.print_on_execution_start = False
        gpus = self._gpu_share()
        most = max(1, min(len(photos), self._jobs or self._room(gpus)))
        lines = [{"photo": json.dumps(dataclasses.asdict(photo))} for photo in photos]
        pictures = ray.data.from_items(lines, override_num_blocks=min(len(lines), MOST_BLOCKS))
        actors = ActorPoolStrategy(
            min_size=1, max_size=most, initial_size=most, max_tasks_in_flight_per_actor=in_flight
        )
        with warnings.catch_warnings():
            # the last two have no other way in; Ray 2.64 is to have one
            warnings.filterwarnings("ignore", message=".*ray_remote_args")
            drawn = pictures.map_batches(
                _Actor,
                fn_constructor_args=(self._draughtsman, __version__),
                batch_size=1,
                batch_format="numpy",
                num_cpus=1,
                num_gpus=gpus or None,
                compute=actors,
                max_restarts=-1,
                max_task_retries=0,
            )
        # each block as it comes: a row that waits for the next one would be lost with this process
        yield from drawn.iter_batches(prefetch_batches=0, batch_size=None, batch_format="pyarrow")

    def _room(self, gpus: float) -> int:
        """How many actors the cluster has room for."""
        import ray

        has = ray.cluster_resources()
        if gpus:
            return int(has["GPU"] / gpus)
        return int(has.get("CPU", 1))

    def _gpu_share(self) -> float:
        """Of a GPU, for each actor; 0 where there is none, or none is asked for."""
        import ray

        if self._draughtsman.settings.request.device not in ("auto", "cuda"):
            return 0.0
        if not ray.cluster_resources().get("GPU"):
            return 0.0
        probe = ray.remote(num_gpus=1)(_gpu_bytes)
        return gpu_share(float(ray.get(probe.remote())))

    def _messages(self, line: dict[str, Any], waiting: dict[str, Photo]) -> Iterator[Message]:
        """What an actor returned. Raises `UserError` and `LostError` where it could not draw."""
        if line["fault"]:
            fault = json.loads(line["fault"])
            error = UserError.from_json(fault)
            raise LostError(error) if fault["is_lost"] else error
        row = read_row(line["row"])
        if row is None or waiting.pop(row.path, None) is None:
            return  # drawn twice, since an actor died behind its work: one row tells of it
        if line["result"]:
            yield Told(row.path, json.loads(line["result"]))
        yield row

    def _given_up(self, photo: Photo) -> Row:
        return self._draughtsman.died(
            photo,
            UserError(
                "worker-died",
                "the actors that drew {path} ended each time: it may need more memory than there"
                " is, or their machines were lost",
                path=photo.path,
            ),
        )


class _Actor:
    """Draws on a machine of the cluster. It never raises: what can't be drawn is told."""

    def __init__(self, draughtsman: Draughtsman, version: str) -> None:
        """version: of the engine that gives the work."""
        self._draughtsman = draughtsman
        self._unfit: UserError | None = None
        if version != __version__:
            self._unfit = UserError(
                "other-version",
                "{machine} has clipasso {here}, this command is {version}: install the same on all"
                " machines",
                machine=socket.gethostname(),
                here=__version__,
                version=version,
            )
            return
        try:
            draughtsman.prepare(threads=1)
        except UserError as error:
            self._unfit = error
        except Exception as error:
            self._unfit = record_bug(error)

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[str]]:
        lines = [self._line(Photo(**json.loads(text))) for text in batch["photo"]]
        return {name: [line[name] for line in lines] for name in ("row", "result", "fault")}

    def _line(self, photo: Photo) -> dict[str, str]:
        """A row, the ``result`` event if it is wanted, and what keeps all others from being drawn;
        "" for nothing.
        """
        line = {"row": "", "result": "", "fault": ""}
        if self._unfit is not None:
            return {**line, "fault": _fault(self._unfit, is_lost=False)}

        def tell(event: dict[str, Any]) -> None:
            if event["event"] == "result":
                line["result"] = json.dumps(event)

        try:
            line["row"] = self._draughtsman.draw(photo, tell).to_line().decode()
        except LostError as lost:
            line["fault"] = _fault(lost.error, is_lost=True)
        return line


def gpu_share(gpu_bytes: float) -> float:
    """What an actor takes of a GPU of so much memory."""
    return 1 / max(1, min(MOST_A_GPU, int(gpu_bytes // GPU_WORKER_BYTES)))


def _gpu_bytes() -> int:
    """Memory of the GPU of this task."""
    import torch

    return int(torch.cuda.get_device_properties(0).total_memory)


def _fault(error: UserError, is_lost: bool) -> str:
    return json.dumps({**error.to_json(), "is_lost": is_lost})


def _starts_own(address: str | None) -> bool:
    """Whether a cluster is started on this machine for this run alone."""
    return address is None and not os.environ.get("RAY_ADDRESS")


def _check_answers(address: str) -> None:
    """Raise `UserError` where nothing listens at an address; ray itself would wait for minutes."""
    place = address.partition("://")[2] or address
    host, _, port = place.partition("/")[0].rpartition(":")
    if not host or not port.isdigit():
        return  # a word of ray's own, such as auto
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=ANSWER_S).close()
    except (OSError, OverflowError) as error:
        raise _unanswered(address, error) from None


def _unanswered(address: str, error: BaseException) -> UserError:
    return UserError(
        "no-ray-cluster",
        "no Ray cluster answers at {address} ({reason}): start one, or check --ray-address",
        address=address,
        reason=reason(error),
    )


def _lost(error: Exception) -> LostError:
    return LostError(
        UserError("ray-lost", "the Ray cluster was lost: {reason}", reason=reason(error))
    )
