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
from clipasso_core.cli import BUG, DONE, INTERRUPTED, MISTAKE, edit, engine, models
from clipasso_core.cli.options import ANIMATION_S, option, work_options
from clipasso_core.errors import UserError
from clipasso_core.machine.threads import spin_briefly
from clipasso_core.request import SketchRequest


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="clipasso")
def cli() -> None:
    """Turn a photograph into a drawing of a few strokes."""


def _numbers(
    _context: click.Context, _option: click.Parameter, text: str | None
) -> tuple[int, ...] | str | None:
    """``4,8,16`` as numbers; what can't be read is left to the request to refuse."""
    try:
        return tuple(int(one) for one in text.split(",")) if text is not None else None
    except ValueError:
        return text


@cli.command()
@click.argument("photo", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help=(
        "SVG file to write; - for standard output.  [default: PHOTO-sketch.svg in the current"
        " folder]"
    ),
)
@option(
    "--strokes",
    field="strokes",
    type=int,
    help="How many strokes, 1 to 256: the fewer, the more abstract.",
)
@option(
    "--series",
    field="series",
    callback=_numbers,
    metavar="N,N,...",
    help=(
        "Nested sketches of so many strokes, such as 4,8,16,32, each a layer of the file; the last"
        " is shown."
    ),
)
@option(
    "--background",
    field="background",
    type=int,
    metavar="N",
    help="Sketch what lies behind the subject too, apart, with N thinner strokes.  [default: none]",
)
@option(
    "--one-line",
    field="one_line",
    is_flag=True,
    help="Join the strokes into one continuous line, and draw on with that.",
)
@option("--seeds", field="seeds", type=int, help="Starts that compete.  [default: the preset's]")
@option(
    "--width",
    field="width_px",
    type=float,
    help="Stroke width in the photograph's pixels.  [default: 1.3 % of the subject's frame]",
)
@option(
    "--color",
    field="color",
    metavar="CSS|photo",
    help="Ink: a CSS colour, or photo to take each stroke's from the photograph.",
)
@option(
    "--paper",
    field="paper",
    metavar="CSS",
    help="Colour of the paper, such as black for white ink.  [default: none]",
)
@option(
    "--text",
    field="text",
    metavar="WORDS",
    help="Words that the sketch should resemble too (CLIP guides only).",
)
@option(
    "--rasteriser",
    field="rasteriser",
    metavar="auto|sparse|dense|diffvg",
    help="Renderer of the optimisation; diffvg needs the package pydiffvg.",
)
@work_options
@click.option(
    "--frames",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Save a PNG of the sketch after every step.",
)
@click.option(
    "--animate",
    "animation_s",
    type=float,
    is_flag=False,
    flag_value=ANIMATION_S,
    metavar="[SECONDS]",
    help=(
        f"Let the sketch draw itself in a browser, within so many seconds ({ANIMATION_S:g} if none"
        " are named)."
    ),
)
def sketch(
    photo: Path,
    output: Path | None,
    as_json: bool,
    frames: Path | None,
    animation_s: float | None,
    **settings: Any,
) -> int:
    """Sketch PHOTO (PNG, JPEG, WebP, TIFF, BMP or GIF) and write it as an SVG of its own pixel
    size.

    Strokes are ordinary paths, the most needed first: the first n of them are a good sketch of n
    strokes. Ctrl-C ends the work early and keeps the best sketch so far.
    """
    from clipasso_core.cli.terminal import show_progress
    from clipasso_core.document import animate, svg
    from clipasso_core.photo import picture
    from clipasso_core.sketching.job import sketch as draw

    context = click.get_current_context()
    default = click.core.ParameterSource.DEFAULT
    request = SketchRequest.from_json(
        {
            name: value
            for name, value in settings.items()
            if context.get_parameter_source(name) != default
        }
    )
    target = output or Path(f"{photo.stem}-sketch.svg")
    if target.suffix.lower() not in (".svg", "") and str(target) != "-":
        raise UserError(
            "cannot-write", f"a sketch is an SVG file: name it {target.with_suffix('.svg')}"
        )
    if str(target) != "-":
        svg.check_writable(target)
    elif as_json:
        raise UserError(
            "bad-usage", "--json and -o - would both print on standard output: name a file with -o"
        )
    if animation_s is not None:
        animate.check_seconds(animation_s)
    source = picture.read_picture(photo)
    album = None
    if frames is not None:
        from clipasso_core.cli.stills import Frames

        album = Frames(frames)
    with show_progress(as_json) as view, _interruptible() as interrupt:

        def on_progress(progress: Any) -> bool:
            interrupt.can_keep = progress.step > 0
            view.update(progress)
            if album is not None and progress.step > 0:
                album.add(progress)
            return not interrupt.asked

        result = draw(source, request, on_progress)
        document = (
            svg.to_svg(result)
            if animation_s is None
            else animate.animated(svg.to_svg(result), animation_s)
        )
        if str(target) == "-":
            sys.stdout.buffer.write(document)
        else:
            svg.write_whole(document, target)
        view.finish(result, str(target), interrupt.asked)
    return INTERRUPTED if interrupt.asked else DONE


class _Interrupt:
    """Ctrl-C as a wish that the next step hears; before the first step, or when pressed again, it
    ends the program at once.
    """

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


@cli.command()
@click.option("--cold", is_flag=True, help="Compute in this process instead of the warm engine.")
def run(cold: bool) -> int:
    """Serve JSON requests from standard input, one a line, with JSON events on standard output.

    A request is {"id": "1", "photo": "PATH", "request": {"version": 1, "strokes": 16}}; a later one
    replaces the one that computes, and the end of the input cancels it. The warm engine computes,
    which is started when it is not there. docs/protocol.md describes it all.
    """
    from clipasso_core.service import run as door

    if isinstance(sys.stdin, io.TextIOWrapper):
        # JSON's encoding, whatever the locale
        sys.stdin.reconfigure(encoding="utf-8", errors="surrogateescape")
    return (door.run_cold if cold else door.run)(sys.stdin, sys.stdout)


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
def job(folder: Path) -> int:
    """Compute the background job in FOLDER, which holds a job.json and a photo; what comes of it is
    written beside them.
    """
    from clipasso_core.service import background as jobs

    return jobs.compute(folder)


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def doctor(as_json: bool) -> int:
    """Tell what works on this machine, and what to do about the rest. Exit status 2 when no sketch
    can be made.
    """
    from clipasso_core.cli.doctor import FAULT, NOTE, examine, healthy

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


for _command in (*edit.COMMANDS, engine.engine, models.models_group):
    cli.add_command(_command)


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit status: 0 done, 1 a bug, 2 a mistake that can be mended,
    130 interrupted.
    """
    as_json = "--json" in (sys.argv[1:] if arguments is None else arguments)
    spin_briefly()
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
    except (BrokenPipeError, SystemExit):
        # whoever read our output has gone; click makes the one of the other
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except Exception as error:
        from clipasso_core.machine.log import record_bug

        return _fail("bug", record_bug(error), BUG, as_json)


def _fail(code: str, message: str, status: int, as_json: bool) -> int:
    if as_json:
        print(json.dumps({"event": "error", "code": code, "message": message}), flush=True)
    print(f"clipasso: {message}", file=sys.stderr)
    return status
