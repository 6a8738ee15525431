"""The command `clipasso sketch`: a photograph becomes an SVG."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import click

from clipasso_core.cli import DONE, INTERRUPTED
from clipasso_core.cli.options import ANIMATE, FORCE, chosen_settings, sketch_options
from clipasso_core.errors import UserError
from clipasso_core.request import SketchRequest


@click.command()
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
@FORCE
@sketch_options
@click.option(
    "--start",
    "start_file",
    type=click.Path(path_type=Path),
    metavar="SKETCH",
    help="Go on from the strokes of an earlier sketch of PHOTO, an SVG that clipasso wrote.",
)
@click.option(
    "--frames",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Save a PNG of the sketch after every step.",
)
@ANIMATE
def sketch(
    photo: Path,
    output: Path | None,
    force: bool,
    as_json: bool,
    start_file: Path | None,
    frames: Path | None,
    animation_s: float | None,
    **settings: Any,
) -> int:
    """Sketch PHOTO (PNG, JPEG, WebP, TIFF, BMP or GIF) and write it as an SVG of its own pixel
    size.

    Strokes are ordinary paths, the most needed first: the first n of them are a good sketch of n
    strokes. Ctrl-C ends the work early and keeps the best sketch so far.
    """
    from clipasso_core import files
    from clipasso_core.cli.terminal import show_progress
    from clipasso_core.document import animate, svg
    from clipasso_core.photo import picture
    from clipasso_core.sketching.job import sketch as draw

    asked = chosen_settings(settings)
    start = svg.read_svg(start_file) if start_file is not None else None
    if start is not None:
        asked.setdefault("strokes", len(start.strokes))
    request = SketchRequest.from_json(asked)
    target = output or Path(f"{photo.stem}-sketch.svg")
    if target.suffix.lower() not in (".svg", "") and str(target) != "-":
        raise UserError(
            "cannot-write",
            "a sketch is an SVG file: name it {name}",
            name=target.with_suffix(".svg"),
        )
    if str(target) != "-":
        files.check_writable(target, force)
    elif as_json:
        raise UserError(
            "bad-usage", "--json and -o - would both print on standard output: name a file with -o"
        )
    if animation_s is not None:
        animate.check_seconds(animation_s)
    source = picture.read_picture(photo)
    album = None
    if frames is not None:
        from clipasso_core.cli.stills import Stills

        album = Stills(frames)
    with show_progress(as_json) as view, _interruptible() as interrupt:

        def on_progress(progress: Any) -> bool:
            interrupt.can_keep = progress.step > 0
            view.update(progress)
            if album is not None and progress.step > 0:
                album.add(progress)
            return not interrupt.asked

        result = draw(source, request, on_progress, start)
        document = (
            svg.to_svg(result)
            if animation_s is None
            else animate.animated(svg.to_svg(result), animation_s)
        )
        if str(target) == "-":
            sys.stdout.buffer.write(document)
        else:
            files.write_whole(document, target, force)
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
