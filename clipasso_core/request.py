"""What a person asks for: everything that a job needs besides the picture."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from clipasso_core.color import PHOTO, parse_color
from clipasso_core.errors import UserError
from clipasso_core.presets import PRESETS

VERSION = 1  # of the JSON form
MAX_STROKES = 256
MAX_STEPS = 100_000
MAX_SEEDS = 64
MAX_WIDTH_PX = 1e6
MOST_SUBJECTS = 8
FEWEST = 3  # strokes of a subject: less shows nothing
AUTO, ONE = "auto", "one"
FACES = ("auto", "none")
DEVICES = ("auto", "cpu", "cuda", "mps")
PRECISIONS = ("auto", "fp32", "bf16", "fp16")
RASTERISERS = ("auto", "sparse", "dense", "fused", "diffvg")


@dataclass(frozen=True, kw_only=True)
class SketchRequest:
    """A job's settings: the command line, the dialogs and the JSON protocol are views of it.

    strokes: how many, 1 to 256; fewer is more abstract. 16 shows most subjects well (paper, Fig.
        5). With a series it is the series' last.
    series: numbers of strokes, ascending: the first so many strokes are to be a sketch of their own
        each, and a layer of the SVG.
    guide: the network that judges likeness: ``auto``, ``lite`` or ``clip:MODEL[:PRETRAINED]``.
    preset: ``auto``, ``draft``, ``quick``, ``standard`` or ``published``; see `presets.Preset`.
    mask: what belongs to the subject: ``auto``, ``alpha``, ``none``, ``rembg``, ``rembg:MODEL`` or
        a mask picture's path.
    mask_repair: path of a picture that mends the mask: white adds to the subject, black takes away,
        grey and transparency leave it as it was found; None for none.
    emphasis: path of a picture of greys that says what matters to the person: white has many
        strokes, black none, grey and transparency as many as without; None for none.
    faces: ``auto`` lays the features of people's faces as strokes, ``none`` leaves faces to the
        guide, as the preset ``published`` always does.
    subjects: ``auto`` tells the photograph's subjects apart, so that each is drawn at a scale of
        its own, ``one`` takes them for one, as the preset ``published`` always does; a number says
        how many there are, of which each has three strokes or more.
    seeds: how many starts compete; None takes the preset's number.
    seed: first number for the random generator; the same seed gives the same sketch on the same
        device and thread count.
    steps: optimisation steps; None takes the preset's number.
    width_px: stroke width in pixels of the picture; None gives 3/224 of the side of the square that
        holds the subject, the published width (3 px of 224).
    color: a CSS colour, or ``photo``: every stroke takes its ink from the photograph.
    background: strokes for what lies behind the subject, sketched apart and thinner; None for none.
    one_line: the strokes are joined into one continuous line, and drawn on as one.
    paper: a CSS colour that lies below the strokes; None for none. The engine judges black on
        white, whatever the looks.
    device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
    precision: of the guide's arithmetic: ``auto``, ``fp32``, ``bf16`` or ``fp16``.
    text: words that the sketch should also resemble; CLIP guides only.
    rasteriser: ``auto`` (on CUDA ``fused``, or ``dense`` without Triton; else ``sparse``),
        ``sparse``, ``dense``, ``fused``, or ``diffvg`` (needs the package pydiffvg).
    """

    strokes: int = 16
    series: tuple[int, ...] | None = None
    guide: str = "auto"
    preset: str = "auto"
    mask: str = "auto"
    mask_repair: str | None = None
    emphasis: str | None = None
    faces: str = "auto"
    subjects: str | int = AUTO
    seeds: int | None = None
    seed: int = 0
    steps: int | None = None
    width_px: float | None = None
    color: str = "black"
    background: int | None = None
    one_line: bool = False
    paper: str | None = None
    device: str = "auto"
    precision: str = "auto"
    text: str | None = None
    rasteriser: str = "auto"

    def __post_init__(self) -> None:
        _whole("strokes", self.strokes, 1, MAX_STROKES)
        if self.series is not None:
            object.__setattr__(self, "series", _ascending(self.series))
            asked = None if self.strokes == SketchRequest.strokes else self.strokes
            object.__setattr__(self, "strokes", _last(self.series, asked))
        _whole("seeds", self.seeds, 1, MAX_SEEDS)
        _whole("seed", self.seed, 0, 2**31 - 1)
        _whole("steps", self.steps, 1, MAX_STEPS)
        _choice("preset", self.preset, ("auto", *PRESETS))
        _choice("faces", self.faces, FACES)
        _choice("device", self.device, DEVICES)
        _choice("precision", self.precision, PRECISIONS)
        _choice("rasteriser", self.rasteriser, RASTERISERS)
        _subjects(self.subjects)
        for name in ("guide", "mask", "color"):
            _word(name, getattr(self, name))
        _path("mask_repair", self.mask_repair)
        _path("emphasis", self.emphasis)
        _guide(self.guide)
        if self.width_px is not None:
            _width(self.width_px)
        if self.color != PHOTO:
            parse_color(self.color)
        if self.background is not None:
            _whole("background", self.background, 1, MAX_STROKES)
        _truth("one_line", self.one_line)
        if self.one_line and (self.series or self.background):
            raise UserError(
                "bad-one_line",
                "one line has neither a series nor a background: leave one of them out",
            )
        if self.one_line and self.subjects not in (AUTO, ONE, 1):
            raise UserError("bad-one_line", "one line is of one subject: leave subjects out")
        if self.paper is not None:
            _paper(self.paper)
        if self.text is not None:
            _text(self.text)

    def to_json(self) -> dict[str, Any]:
        """The JSON form: a flat object of the version and every setting that isn't the default."""
        form: dict[str, Any] = {"version": VERSION}
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if value != field.default:
                form[field.name] = list(value) if isinstance(value, tuple) else value
        return form

    @classmethod
    def from_json(cls, data: object) -> SketchRequest:
        """Read the JSON form.

        Raises `UserError` for anything that is not one, or is one of a newer version.
        """
        if not isinstance(data, dict):
            raise UserError(
                "bad-request",
                'a request must be a JSON object such as {{"version": 1, "strokes": 16}}',
            )
        settings = dict(data)
        version = settings.pop("version", VERSION)
        if not isinstance(version, int) or isinstance(version, bool) or version < 1:
            raise UserError(
                "bad-request",
                "a request's version must be a whole number, not {version}",
                version=repr(version),
            )
        if version > VERSION:
            raise UserError(
                "newer-request",
                "the request is of version {version}, this engine knows version {known}: update"
                " the engine",
                version=version,
                known=VERSION,
            )
        known = {field.name for field in dataclasses.fields(cls)}
        for name in settings:
            if name not in known:
                raise UserError(
                    "bad-request",
                    "a request has no setting '{name}': it has {known}",
                    name=name,
                    known=", ".join(sorted(known)),
                )
        request = cls(**settings)
        if request.series is not None:
            _last(request.series, settings.get("strokes"))
        return request


def _whole(name: str, value: object, low: int, high: int) -> None:
    if value is None and name in ("seeds", "steps"):
        return
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise UserError(
            f"bad-{name}",
            "{setting} must be a whole number from {least} to {most}, not {value}",
            setting=name,
            least=low,
            most=high,
            value=value,
        )


def _subjects(value: object) -> None:
    if value in (AUTO, ONE):
        return
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MOST_SUBJECTS:
        raise UserError(
            "bad-subjects",
            "subjects must be auto, one or a whole number from 1 to {most}, not {value}",
            most=MOST_SUBJECTS,
            value=value,
        )


def _width(value: object) -> None:
    if (
        not isinstance(value, (int, float))
        or isinstance(value, bool)
        or not 0 < value <= MAX_WIDTH_PX
    ):
        raise UserError(
            "bad-width", "the width must be a number of pixels above 0, not {value}", value=value
        )


def _truth(name: str, value: object) -> None:
    if not isinstance(value, bool):
        raise UserError(
            f"bad-{name}",
            "{setting} must be true or false, not {value}",
            setting=name,
            value=repr(value),
        )


def _word(name: str, value: object) -> None:
    if not isinstance(value, str) or not value:
        raise UserError(
            f"bad-{name}", "{setting} must be a word, not {value}", setting=name, value=repr(value)
        )


def _path(name: str, value: object) -> None:
    if value is not None and not (isinstance(value, str) and value):
        raise UserError(
            f"bad-{name}",
            "{setting} must be a picture's path, not {value}",
            setting=name,
            value=repr(value),
        )


def _guide(name: str) -> None:
    if name in ("auto", "lite") or (name.startswith("clip:") and name.split(":")[1]):
        return
    raise UserError(
        "bad-guide",
        "there is no guide '{name}': choose auto, lite or clip:MODEL[:PRETRAINED], for example"
        " clip:RN101:openai",
        name=name,
    )


def _text(value: object) -> None:
    if not isinstance(value, str) or not value.strip():
        raise UserError("bad-text", "the text must be one or more words; leave it out for none")


def _ascending(value: object) -> tuple[int, ...]:
    numbers = tuple(value) if isinstance(value, (list, tuple)) else ()
    whole = all(
        isinstance(one, int) and not isinstance(one, bool) and 1 <= one <= MAX_STROKES
        for one in numbers
    )
    if not (numbers and whole and list(numbers) == sorted(set(numbers))):
        raise UserError(
            "bad-series",
            "a series is ascending whole numbers from 1 to {most} such as 4,8,16, not {value}",
            most=MAX_STROKES,
            value=value,
        )
    return numbers


def _last(series: tuple[int, ...], strokes: int | None) -> int:
    """How many strokes a series has; `strokes`: what was asked for beside it, None for nothing."""
    if strokes not in (None, series[-1]):
        raise UserError(
            "bad-series",
            "the series ends with {count} strokes, not with {strokes}: leave strokes out",
            count=series[-1],
            strokes=strokes,
        )
    return series[-1]


def _paper(value: object) -> None:
    try:
        parse_color(value if isinstance(value, str) else "")
    except UserError:
        raise UserError(
            "bad-paper",
            "the paper '{value}' is not a colour: write a CSS colour such as black or '#1a2b3c'",
            value=value,
        ) from None


def _choice(name: str, value: object, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise UserError(
            f"bad-{name}",
            "there is no {setting} '{value}': choose one of {choices}",
            setting=name,
            value=value,
            choices=", ".join(choices),
        )
