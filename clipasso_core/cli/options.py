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
ANIMATE = click.option(
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


def sketch_options(command: Command) -> Command:
    """Every option of a sketch that is a setting of its request."""
    options = (
        option(
            "--strokes",
            field="strokes",
            type=int,
            help="How many strokes, 1 to 256: the fewer, the more abstract.",
        ),
        option(
            "--series",
            field="series",
            callback=_numbers,
            metavar="N,N,...",
            help=(
                "Nested sketches of so many strokes, such as 4,8,16,32, each a layer of the file;"
                " the last is shown."
            ),
        ),
        option(
            "--subjects",
            field="subjects",
            callback=_number_or_word,
            metavar="auto|one|N",
            help="Draw each of the photograph's subjects at its own scale, all as one, or so many.",
        ),
        option(
            "--background",
            field="background",
            type=int,
            metavar="N",
            help=(
                "Sketch what lies behind the subject too, apart, with N thinner strokes."
                "  [default: none]"
            ),
        ),
        option(
            "--one-line",
            field="one_line",
            is_flag=True,
            help="Join the strokes into one continuous line, and draw on with that.",
        ),
        option(
            "--seeds", field="seeds", type=int, help="Starts that compete.  [default: the preset's]"
        ),
        option(
            "--width",
            field="width_px",
            type=float,
            help=(
                "Stroke width in the photograph's pixels.  [default: 1.3 % of the subject's frame]"
            ),
        ),
        option(
            "--color",
            field="color",
            metavar="CSS|photo",
            help="Ink: a CSS colour, or photo to take each stroke's from the photograph.",
        ),
        option(
            "--paper",
            field="paper",
            metavar="CSS",
            help="Colour of the paper, such as black for white ink.  [default: none]",
        ),
        option(
            "--text",
            field="text",
            metavar="WORDS",
            help="Words that the sketch should resemble too (CLIP guides only).",
        ),
        option(
            "--rasteriser",
            field="rasteriser",
            metavar="auto|sparse|dense|fused|diffvg",
            help="Renderer of the optimisation; fused needs a GPU, diffvg the package pydiffvg.",
        ),
    )
    command = work_options(command)
    for one in reversed(options):
        command = one(command)
    return command


def chosen_settings(settings: dict[str, Any]) -> dict[str, Any]:
    """Those that the person named. What stands in for the others is left to the request."""
    source = click.get_current_context().get_parameter_source
    default = click.core.ParameterSource.DEFAULT
    return {name: value for name, value in settings.items() if source(name) != default}


def _numbers(
    _context: click.Context, _option: click.Parameter, text: str | None
) -> tuple[int, ...] | str | None:
    """``4,8,16`` as numbers; what can't be read is left to the request to refuse."""
    try:
        return tuple(int(one) for one in text.split(",")) if text is not None else None
    except ValueError:
        return text


def _number_or_word(_context: click.Context, _option: click.Parameter, text: str) -> int | str:
    """``2`` as a number; words are the request's to know."""
    try:
        return int(text)
    except ValueError:
        return text
