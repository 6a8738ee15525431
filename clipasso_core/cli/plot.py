"""For plotters: the commands `join` and `order`."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from clipasso_core.cli import DONE
from clipasso_core.cli.options import FORCE, LAYER, OUTPUT, SKETCH


def _plot_command(command: Any) -> Any:
    """A command that adds a layer for plotters."""
    options = (
        click.option("--json", "as_json", is_flag=True, help="Print events as JSON, one a line."),
        click.option(
            "--only",
            multiple=True,
            metavar="ID",
            help="Take this stroke; may be repeated.  [default: all]",
        ),
        FORCE,
        OUTPUT,
        LAYER,
        SKETCH,
    )
    for one in options:
        command = one(command)
    return click.command()(command)


@_plot_command
def join(
    sketch_file: Path,
    layer: str | None,
    output: Path | None,
    force: bool,
    only: tuple[str, ...],
    as_json: bool,
) -> int:
    """Join the strokes of SKETCH into one continuous line, in a layer of its own, for plotters,
    cutters and lasers.
    """
    from clipasso_core import files
    from clipasso_core.cli.terminal import show_counting
    from clipasso_core.document import drawing, plot

    target = output or sketch_file
    files.check_writable(target, force)
    sketch = drawing.read_drawing(sketch_file, None, layer)
    with show_counting("joining", as_json) as tell:
        count = plot.join_strokes(sketch, sketch.choose(only), tell)
    with _too_late_to_stop():
        sketch.write(target, force)
    _conclude(f"{count} strokes in one line: {target}", count, None, as_json)
    return DONE


@_plot_command
def order(
    sketch_file: Path,
    layer: str | None,
    output: Path | None,
    force: bool,
    only: tuple[str, ...],
    as_json: bool,
) -> int:
    """Put the strokes of SKETCH into the order of least pen-up travel, in a layer of its own."""
    from clipasso_core import files
    from clipasso_core.cli.terminal import show_counting
    from clipasso_core.document import drawing, plot

    target = output or sketch_file
    files.check_writable(target, force)
    sketch = drawing.read_drawing(sketch_file, None, layer)
    lines = plot.lines_to_plot(sketch, sketch.choose(only))
    with show_counting("ordering", as_json) as tell:
        saved = plot.order_strokes(sketch, lines, tell)
    with _too_late_to_stop():
        sketch.write(target, force)
    count = len(lines)
    _conclude(f"{saved:.0%} less travel with the pen up: {target}", count, saved, as_json)
    return DONE


@contextmanager
def _too_late_to_stop() -> Iterator[None]:
    """Ctrl-C and SIGTERM do nothing any more: what is being written would be left beside the file,
    and nobody could tell whether it is written.
    """
    stops = (signal.SIGINT, signal.SIGTERM)
    former = [signal.signal(stop, signal.SIG_IGN) for stop in stops]
    try:
        yield
    finally:
        for stop, handler in zip(stops, former, strict=True):
            signal.signal(stop, handler)


def _conclude(text: str, count: int, saved: float | None, as_json: bool) -> None:
    """Tell what came of it, the person and the program that asked."""
    if as_json:
        click.echo(json.dumps({"event": "plotted", "strokes": count, "travel_saved": saved}))
    click.echo(text, err=True)


COMMANDS = (join, order)
