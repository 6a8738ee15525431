"""For plotters: the commands `join` and `order`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from clipasso_core.cli import DONE
from clipasso_core.cli.options import LAYER, OUTPUT, SKETCH


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
        OUTPUT,
        LAYER,
        SKETCH,
    )
    for one in options:
        command = one(command)
    return click.command()(command)


@_plot_command
def join(
    sketch_file: Path, layer: str | None, output: Path | None, only: tuple[str, ...], as_json: bool
) -> int:
    """Join the strokes of SKETCH into one continuous line, in a layer of its own, for plotters,
    cutters and lasers.
    """
    from clipasso_core.cli.terminal import show_counting
    from clipasso_core.document import drawing, plot

    target = output or sketch_file
    sketch = drawing.read_drawing(sketch_file, None, layer)
    with show_counting("joining", as_json) as tell:
        count = plot.join_strokes(sketch, sketch.choose(only), tell)
    sketch.write(target)
    _conclude(f"{count} strokes in one line: {target}", count, None, as_json)
    return DONE


@_plot_command
def order(
    sketch_file: Path, layer: str | None, output: Path | None, only: tuple[str, ...], as_json: bool
) -> int:
    """Put the strokes of SKETCH into the order of least pen-up travel, in a layer of its own."""
    from clipasso_core.cli.terminal import show_counting
    from clipasso_core.document import drawing, plot

    target = output or sketch_file
    sketch = drawing.read_drawing(sketch_file, None, layer)
    chosen = sketch.choose(only)
    with show_counting("ordering", as_json) as tell:
        saved = plot.order_strokes(sketch, chosen, tell)
    sketch.write(target)
    count = len(sketch.lines if chosen is None else chosen)
    _conclude(f"{saved:.0%} less travel with the pen up: {target}", count, saved, as_json)
    return DONE


def _conclude(text: str, count: int, saved: float | None, as_json: bool) -> None:
    """Tell what came of it, the person and the program that asked."""
    if as_json:
        click.echo(json.dumps({"event": "plotted", "strokes": count, "travel_saved": saved}))
    click.echo(text, err=True)


COMMANDS = (join, order)
