"""What `clipasso batch` makes of a machine: pictures a minute with so many processes, against
single warm sketches one after the other, memory a process, and what Ray costs.

    python benchmarks/batch.py PHOTO... [--pictures 12] [--presets draft,quick] [--jobs 1,2]
        [--ray] [--nodes 2,4]

Each photograph counts as often as it takes to have so many pictures. Everything is measured in one
run, for a machine that others share is another one an hour later. Prints a table, and writes JSON
with --json FILE.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import checkout  # noqa: F401
import psutil
from pace import say

from clipasso_core import SketchRequest, to_svg
from clipasso_core.batch.draughtsman import Draughtsman, KeptGuides
from clipasso_core.batch.executor import Executor, Stop, Told
from clipasso_core.batch.pictures import Photo
from clipasso_core.batch.place import Out
from clipasso_core.batch.pool import Pool
from clipasso_core.batch.ray_executor import RayExecutor
from clipasso_core.batch.row import Row
from clipasso_core.batch.settings import Settings
from clipasso_core.photo.picture import read_picture
from clipasso_core.sketching.job import SketchJob

WARM = 1  # sketches before the clock counts


@dataclass(frozen=True)
class Measured:
    """What one way to draw took.

    ready_s: until the first picture was begun, loading included. drawing_s: from then on.
    rate: pictures a minute of that. worker_mb: the largest process, at its peak; None if unknown.
    """

    way: str
    preset: str
    pictures: int
    ready_s: float
    drawing_s: float
    worker_mb: float | None = None

    @property
    def rate(self) -> float:
        return 60 * self.pictures / self.drawing_s


def single(photos: list[str], request: SketchRequest) -> Measured:
    """Single warm sketches, one after the other, each with all threads."""
    kept = KeptGuides()

    def draw(photo: str) -> None:
        to_svg(SketchJob(read_picture(photo), request, kept).run())

    began = time.monotonic()
    for photo in photos[:WARM]:
        draw(photo)
    ready = time.monotonic()
    for photo in photos:
        draw(photo)
    ended = time.monotonic()
    return Measured("single", request.preset, len(photos), ready - began, ended - ready)


def batch(
    way: str, photos: list[str], request: SketchRequest, make: Callable[[Draughtsman], Executor]
) -> Measured:
    """A batch by an executor."""
    with tempfile.TemporaryDirectory() as folder:
        executor = make(Draughtsman(Settings(request), Out(folder)))
        named = [Photo(str(one), photo, f"{one}.svg") for one, photo in enumerate(photos)]
        began = time.monotonic()
        begun_at, took = 0.0, []
        largest_mb = 0.0
        for message in executor.draw(named, Stop()):
            now = time.monotonic()
            if isinstance(message, Row):
                assert message.is_done, message
                took.append(now)
                largest_mb = max([largest_mb, *_children_mb()])
                begun_at = begun_at or now - message.seconds  # Ray tells of no beginning
            elif isinstance(message, Told):
                begun_at = begun_at or now
        executor.close()
    return Measured(
        way,
        request.preset,
        len(photos),
        begun_at - began,
        took[-1] - begun_at,
        largest_mb or None,
    )


def _children_mb() -> Iterator[float]:
    """Peak memory of this process's own children."""
    for child in psutil.Process().children():
        status = Path(f"/proc/{child.pid}/status")
        try:
            lines = status.read_text().splitlines()
        except OSError:  # it ended
            continue
        for line in lines:
            if line.startswith("VmHWM"):
                yield int(line.split()[1]) / 1024


def on_cluster(nodes: int) -> Callable[[Draughtsman], Executor]:
    """Actors on so many simulated nodes of one core."""
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    for _ in range(nodes - 1):
        cluster.add_node(num_cpus=1)
    cluster.wait_for_nodes()

    class OnCluster(RayExecutor):
        def close(self) -> None:
            super().close()
            cluster.shutdown()

    return lambda draughtsman: OnCluster(draughtsman, str(cluster.address))


def measure(options: argparse.Namespace) -> Iterator[Measured]:
    """Every way with every preset."""
    for preset in options.presets.split(","):
        request = SketchRequest(preset=preset, guide="lite", device="cpu", steps=options.steps)
        count = options.pictures
        photos = (options.photos * (count // len(options.photos) + 1))[:count]
        say(f"{preset}: single sketches")
        yield single(photos, request)
        for jobs in map(int, options.jobs.split(",")):
            say(f"{preset}: {jobs} at once")
            yield batch(f"{jobs} at once", photos, request, partial(Pool, jobs=jobs))
        if options.ray:
            say(f"{preset}: Ray on this machine")
            yield batch("Ray", photos, request, RayExecutor)
        for nodes in filter(None, options.nodes.split(",")):
            say(f"{preset}: Ray on {nodes} simulated nodes")
            yield batch(f"Ray, {nodes} nodes", photos, request, on_cluster(int(nodes)))


def table(found: list[Measured]) -> str:
    """Markdown: rates against single sketches of the same preset."""
    lines = ["| preset | way | ready after | a minute | against single | a process |"]
    lines.append("|---|---|---|---|---|---|")
    alone = {one.preset: one.rate for one in found if one.way == "single"}
    for one in found:
        memory = "" if one.worker_mb is None else f"{one.worker_mb:.0f} MB"
        lines.append(
            f"| {one.preset} | {one.way} | {one.ready_s:.1f} s | {one.rate:.1f} |"
            f" {one.rate / alone[one.preset]:.2f} | {memory} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", nargs="+")
    parser.add_argument("--pictures", type=int, default=12)
    parser.add_argument("--presets", default="draft,quick")
    parser.add_argument("--steps", type=int)
    parser.add_argument("--jobs", default="1,2")
    parser.add_argument("--ray", action="store_true")
    parser.add_argument("--nodes", default="")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found = list(measure(options))
    print(table(found))
    if options.json is not None:
        told = [{**asdict(one), "rate": one.rate} for one in found]
        options.json.write_text(json.dumps({"argv": sys.argv[1:], "measured": told}, indent=1))


if __name__ == "__main__":
    main()
