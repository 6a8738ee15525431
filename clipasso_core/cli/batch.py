"""The command `clipasso batch`: many pictures become an SVG each."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from clipasso_core.cli import DONE, INTERRUPTED, SOME_LEFT
from clipasso_core.cli.options import ANIMATE, FORCE, chosen_settings, sketch_options
from clipasso_core.errors import UserError
from clipasso_core.request import SketchRequest

if TYPE_CHECKING:
    from clipasso_core.batch.batch import Order, Plan
    from clipasso_core.batch.executor import Executor, Stop

MOST_JOBS = 1024
EXECUTORS = ("local", "ray")


@click.command()
@click.argument("sources", nargs=-1, required=True, metavar="FOLDER|FILE|LIST.txt...")
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="OUT",
    help="Folder of the sketches and of their manifest; made if need be.",
)
@click.option("--recursive", is_flag=True, help="Look into folders within FOLDER, too.")
@click.option(
    "--glob",
    metavar="PATTERN",
    help="Which files of a FOLDER count, such as '*.jpg'.  [default: all pictures]",
)
@click.option(
    "--jobs",
    default="auto",
    show_default=True,
    metavar="N|auto",
    help="Pictures at once, each with its share of the cores; auto measures what is fastest.",
)
@click.option("--dry-run", is_flag=True, help="Only tell what would be drawn.")
@click.option(
    "--again", is_flag=True, help="Redraw what OUT holds that was drawn with other settings."
)
@click.option("--retry-failed", is_flag=True, help="Try once more what failed in an earlier run.")
@click.option("--max-failures", type=int, metavar="N", help="End when N pictures have failed.")
@click.option("--watch", is_flag=True, help="Go on looking for new pictures, until Ctrl-C ends it.")
@click.option(
    "--executor",
    type=click.Choice(EXECUTORS),
    default="local",
    show_default=True,
    help="Draw with processes of this machine, or on a Ray cluster.",
)
@click.option(
    "--ray-address",
    metavar="ADDRESS",
    help="Of the cluster's head, HOST:6379.  [default: the cluster that this machine belongs to,"
    " else one of its own]",
)
@click.option(
    "--report",
    metavar="FILE.html",
    help="Write a page for browsers with photographs and sketches side by side, such as"
    " OUT/report.html.",
)
@click.option("--quiet", is_flag=True, help="Print nothing but what keeps it from beginning.")
@FORCE
@sketch_options
@ANIMATE
def batch(
    sources: tuple[str, ...],
    output: str,
    recursive: bool,
    glob: str | None,
    jobs: str,
    dry_run: bool,
    again: bool,
    retry_failed: bool,
    max_failures: int | None,
    watch: bool,
    executor: str,
    ray_address: str | None,
    report: str | None,
    quiet: bool,
    force: bool,
    as_json: bool,
    animation_s: float | None,
    **settings: Any,
) -> int:
    """Sketch every picture of a FOLDER, of FILEs, or of a LIST.txt that names one a line, into the
    folder OUT: an SVG each, and manifest.jsonl, which says what became of it.

    The same command goes on where it was stopped: what is done is not drawn again, unless the
    picture changed. A picture that can't be drawn is a line of the manifest, never the end.

    Exit status: 0 all are drawn; 2 nothing could begin; 3 some are not drawn; 130 interrupted.
    """
    from clipasso_core.batch import batch as batches
    from clipasso_core.batch.pictures import Search
    from clipasso_core.batch.place import Out, is_url
    from clipasso_core.batch.report import check_report, write_report
    from clipasso_core.batch.settings import make_settings
    from clipasso_core.cli.batch_view import show_batch

    if output == "-":
        raise UserError("bad-usage", "a batch has many sketches: name a folder with -o")
    if max_failures is not None and max_failures < 1:
        raise UserError(
            "bad-max-failures",
            "--max-failures must be at least 1, not {max_failures}",
            max_failures=max_failures,
        )
    if report is not None:
        check_report(report)
    if ray_address is not None and executor != "ray":
        raise UserError("bad-usage", "--ray-address is of a Ray cluster: add --executor ray")
    at_once = _jobs(jobs)
    request = SketchRequest.from_json(chosen_settings(settings))
    order = batches.Order(
        search=Search(sources, recursive, glob, output),
        out=Out(output.rstrip("/") if is_url(output) else os.path.abspath(output)),
        settings=make_settings(request, animation_s, force),
        again=again,
        retry_failed=retry_failed,
        max_failures=max_failures,
        watch=watch,
    )
    found = batches.find(order)
    if dry_run:
        _tell_plan(batches.Batch(order).plan(found), as_json)
        return DONE
    with batches.opened(order) as work, _stoppable() as stop, batches.heeding(order, stop):
        plan = work.plan(found)
        drawing = _executor(order, at_once, as_json, executor == "ray", ray_address)
        with show_batch(plan, as_json, quiet) as view:
            with closing(work.run(plan, drawing, stop)) as messages:
                for message in messages:
                    view.tell(message)
            view.finish(work.tally, stop.is_asked)
            if report is not None and not stop.is_asked:
                places = {photo.path: photo.place for photo in found.photos}
                rows = work.manifest.rows.values()
                view.reported(write_report(rows, places, order.out, report), report)
    if stop.is_asked and not work.tally.ended_by:
        return INTERRUPTED
    return SOME_LEFT if work.tally.is_short or plan.failed else DONE


def _executor(
    order: Order, jobs: int | None, as_json: bool, on_ray: bool, ray_address: str | None
) -> Executor:
    from clipasso_core.batch.draughtsman import Draughtsman

    draughtsman = Draughtsman(order.settings, order.out, wants_result=as_json)
    if on_ray:
        from clipasso_core.batch.ray_executor import RayExecutor

        return RayExecutor(draughtsman, ray_address, jobs)
    from clipasso_core.batch.pool import Pool

    return Pool(draughtsman, jobs)


def _jobs(text: str) -> int | None:
    """How many at once; None to measure it."""
    if text == "auto":
        return None
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MOST_JOBS:
        raise UserError(
            "bad-jobs",
            "--jobs must be auto or a number from 1 to {most}, not {jobs}",
            most=MOST_JOBS,
            jobs=text,
        )
    return int(text)


def _tell_plan(plan: Plan, as_json: bool) -> None:
    """What would be drawn, on standard output."""
    from clipasso_core.cli.batch_view import planned_event, planned_line

    for photo in plan.photos:
        event = {"event": "would-draw", "picture": photo.path, "output": photo.output}
        click.echo(json.dumps(event) if as_json else f"{photo.path} -> {photo.output}")
    if as_json:
        click.echo(json.dumps(planned_event(plan)))
        return
    for line in (*plan.notes, planned_line(plan)):
        click.echo(line, err=True)


@contextmanager
def _stoppable() -> Iterator[Stop]:
    """Ctrl-C and SIGTERM as a wish that the next step hears; uttered again, it ends all at once."""
    from clipasso_core.batch.executor import Stop

    stop = Stop()

    def hear(_signal: int, _frame: FrameType | None) -> None:
        if stop.is_asked:
            raise KeyboardInterrupt
        stop.ask()

    stops = (signal.SIGINT, signal.SIGTERM)
    former = [signal.signal(one, hear) for one in stops]
    try:
        yield stop
    finally:
        for one, handler in zip(stops, former, strict=True):
            signal.signal(one, handler)
