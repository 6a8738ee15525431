"""Going on from a sketch that is there: refine, add, level, animate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from clipasso_core.cli import DONE
from clipasso_core.cli.options import (
    ANIMATION_S,
    FORCE,
    LAYER,
    OUTPUT,
    SKETCH,
    option,
    work_options,
)
from clipasso_core.request import SketchRequest

_PHOTO = click.option(
    "--photo",
    required=True,
    type=click.Path(path_type=Path),
    help="The photograph that was sketched.",
)


def _edit_command(command: Any) -> Any:
    """A command that computes on an existing sketch."""
    for one in (work_options, FORCE, OUTPUT, LAYER, _PHOTO, SKETCH):
        command = one(command)
    return click.command()(command)


@_edit_command
@click.option(
    "--only",
    multiple=True,
    metavar="ID",
    help="Redraw this stroke; may be repeated.  [default: all that are not locked]",
)
@click.option(
    "--lock", multiple=True, metavar="ID", help="Hold this stroke where it is; may be repeated."
)
@click.option(
    "--reach",
    default="redraw",
    show_default=True,
    metavar="nudge|redraw|afresh",
    help="How far strokes may go.",
)
def refine(
    sketch_file: Path,
    photo: Path,
    layer: str | None,
    output: Path | None,
    force: bool,
    as_json: bool,
    only: tuple[str, ...],
    lock: tuple[str, ...],
    reach: str,
    **settings: Any,
) -> int:
    """Redraw strokes of SKETCH, an SVG file of any origin, where they are. All others stay as they
    are, and are seen.

    When the whole sketch would not be better, the old strokes are kept.
    """
    from clipasso_core.cli.terminal import show_progress
    from clipasso_core.sketching import edit

    request = SketchRequest(**settings)
    source, drawing, target = _open_sketch(sketch_file, photo, layer, output, force)
    for line in drawing.find(list(lock)):
        line.locked = True
    chosen = drawing.choose(only)
    with show_progress(as_json) as view:
        change = edit.refine(source, drawing, request, chosen, reach, view.update)
    drawing.write(target, force)
    if as_json:
        click.echo(json.dumps(change.to_json()))
    for line in change.kept_fixed:
        click.echo(f"{line.id} is {line.fixed or 'locked'}: it stays as it is", err=True)
    if change.improved:
        click.echo(
            f"{len(change.lines)} redrawn, loss {change.before:.3f} -> {change.after:.3f}:"
            f" {target}",
            err=True,
        )
    else:
        click.echo(f"no better place was found, the strokes stay as they were: {target}", err=True)
    return DONE


@_edit_command
@click.option(
    "--color",
    default=SketchRequest().color,
    metavar="CSS|photo",
    help="Ink of the new strokes.  [default: the first stroke's]",
)
@option(
    "--width",
    field="width_px",
    type=float,
    help="Width of the new strokes in the photograph's pixels.",
)
@click.option("-n", "--strokes", type=int, default=4, show_default=True, help="How many.")
def add(
    sketch_file: Path,
    photo: Path,
    layer: str | None,
    output: Path | None,
    force: bool,
    as_json: bool,
    **settings: Any,
) -> int:
    """Add strokes to SKETCH, an SVG file of any origin, where it is weakest, around everything that
    is there.
    """
    from clipasso_core.cli.terminal import show_progress
    from clipasso_core.sketching import edit

    source, drawing, target = _open_sketch(sketch_file, photo, layer, output, force)
    context = click.get_current_context()
    if context.get_parameter_source("color") is ParameterSource.DEFAULT and drawing.lines:
        settings["color"] = drawing.lines[0].color
    request = SketchRequest(**settings)
    with show_progress(as_json) as view:
        change = edit.add(source, drawing, request, view.update)
    drawing.write(target, force)
    if as_json:
        click.echo(json.dumps(change.to_json()))
    click.echo(
        f"{len(change.lines)} added, loss {change.before:.3f} -> {change.after:.3f}: {target}",
        err=True,
    )
    return DONE


@click.command()
@SKETCH
@click.option(
    "--strokes", type=int, required=True, help="How many to show; the least needed are hidden."
)
@LAYER
@OUTPUT
@FORCE
def level(
    sketch_file: Path, strokes: int, layer: str | None, output: Path | None, force: bool
) -> int:
    """Show the most needed strokes of SKETCH and hide the others; a higher number brings them
    back.
    """
    from clipasso_core.document import drawing

    sketch = drawing.read_drawing(sketch_file, None, layer)
    shown, there = drawing.level(sketch, strokes)
    sketch.write(output or sketch_file, force)
    click.echo(f"{shown} of {there} strokes: {output or sketch_file}", err=True)
    return DONE


@click.command()
@SKETCH
@click.option(
    "--seconds",
    type=float,
    default=ANIMATION_S,
    show_default=True,
    help="How long the drawing takes.",
)
@click.option("--loop", is_flag=True, help="Begin anew, after a pause.")
@LAYER
@OUTPUT
@FORCE
def animate(
    sketch_file: Path,
    seconds: float,
    loop: bool,
    layer: str | None,
    output: Path | None,
    force: bool,
) -> int:
    """Let SKETCH draw itself in a browser, stroke by stroke, the most needed first.

    It stays an SVG that can be edited. Inkscape shows the finished drawing, as do systems that ask
    for less motion.
    """
    from clipasso_core.document import animate, drawing

    sketch = drawing.read_drawing(sketch_file, None, layer)
    count = animate.animate(sketch, seconds, loop)
    sketch.write(output or sketch_file, force)
    click.echo(
        f"{count} {'stroke draws itself' if count == 1 else 'strokes draw themselves'}:"
        f" {output or sketch_file}",
        err=True,
    )
    return DONE


def _open_sketch(
    sketch_file: Path, photo: Path, layer: str | None, output: Path | None, force: bool
) -> tuple[Any, Any, Path]:
    """The photograph, the sketch over it, and the file to write; what is wrong with any of them is
    told before the work.
    """
    from clipasso_core import files
    from clipasso_core.document import drawing
    from clipasso_core.photo import picture

    target = output or sketch_file
    files.check_writable(target, force)
    source = picture.read_picture(photo)
    return source, drawing.read_drawing(sketch_file, (source.width, source.height), layer), target


COMMANDS = (refine, add, level, animate)
