"""Options that are fields of a request."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from clipasso_core.presets import PRESETS
from clipasso_core.request import DEVICES, FACES, PRECISIONS, SketchRequest

ANIMATION_S = 6.0  # of an animated sketch: 16 strokes at the speed of a quick hand
Command = TypeVar("Command", bound=Callable[..., Any])  # what click decorates
_DEFAULTS = {field.name: field.default for field in dataclasses.fields(SketchRequest)}


# Of commands that work on a sketch which is there
SKETCH = click.argument("sketch_file", metavar="SKETCH", type=click.Path(path_type=Path))
LAYER = click.option(
    "--layer", help="Id of the layer with the strokes.  [default: the only sketch, or all paths]"
)
OUTPUT = click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="SVG file to write.  [default: the sketch itself]",
)
FORCE = click.option("--force", is_flag=True, help="Replace a file that is read-only, too.")


def option(*names: str, field: str, **settings: Any) -> Callable[[Command], Command]:
    """An option that is a field of `SketchRequest`, with the field's own default."""
    return click.option(
        *names,
        field,
        default=_DEFAULTS[field],
        show_default=_DEFAULTS[field] is not None,
        **settings,
    )


def work_options(command: Command) -> Command:
    """What every command that computes lets the person choose."""
    options = (
        option(
            "--guide",
            field="guide",
            metavar="GUIDE",
            help="Judge of likeness: auto, lite, or clip:MODEL[:PRETRAINED].",
        ),
        option(
            "--preset",
            field="preset",
            metavar="|".join(("auto", *PRESETS)),
            help="How much work: draft for a first look, published for the paper's settings.",
        ),
        option(
            "--mask",
            field="mask",
            metavar="auto|alpha|none|rembg[:MODEL]|FILE",
            help="What belongs to the subject; FILE is a picture, white on the subject.",
        ),
        option(
            "--mask-repair",
            field="mask_repair",
            metavar="FILE",
            help=(
                "A picture that mends the mask: white adds to the subject, black takes away, grey"
                " leaves it as found."
            ),
        ),
        option(
            "--emphasis",
            field="emphasis",
            metavar="FILE",
            help=(
                "A picture that says what matters: white has many strokes, black none, grey as many"
                " as without."
            ),
        ),
        option(
            "--faces",
            field="faces",
            metavar="|".join(FACES),
            help="Lay the features of people's faces as strokes, or leave them to the guide.",
        ),
        option("--seed", field="seed", type=int, help="For another try at the same photograph."),
        option(
            "--steps", field="steps", type=int, help="Optimisation steps.  [default: the preset's]"
        ),
        option("--device", field="device", metavar="|".join(DEVICES), help="Where to compute."),
        option(
            "--precision",
            field="precision",
            metavar="|".join(PRECISIONS),
            help="Of the guide's arithmetic.",
        ),
        click.option(
            "--json",
            "as_json",
            is_flag=True,
            help="Print events as JSON, one a line, instead of the progress bar.",
        ),
    )
    for one in reversed(options):
        command = one(command)
    return command
