"""A request is checked when it is made, survives JSON, and is what the command's options say."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.strategies import requests

from clipasso_core.cli.sketch import sketch as sketch_command
from clipasso_core.color import parse_color
from clipasso_core.errors import UserError
from clipasso_core.request import MAX_STEPS, SketchRequest

FIELDS = {field.name for field in dataclasses.fields(SketchRequest)}

SERIES = ((), (0, 4), (4, 4), (8, 4), (4, 257), (4.0, 8), (True, 4), ("4", "8"))
GUIDES = ("nonsense", "clip", "clip:", "clip::openai", "RN101", "non\nsense")
BAD: dict[str, tuple[object, ...]] = {
    "strokes": (0, -1, 257, "many", True, 2.5, None, "16", math.nan, "ma\nny"),
    "series": (*SERIES, "4,8", 4, ["ma\nny"]),
    "width_px": (0, math.nan, math.inf, -1, "x", True, 10**400, "1\n2"),
    "seeds": (0, -3, 65, 1.0, "two", True),
    "seed": (-1, 2**31, None, "x", 0.0),
    "steps": (0, -1, MAX_STEPS + 1, "x", 1.5, True),
    "preset": ("fast", "", None, 1, ["quick"], "qui\nck"),
    "guide": (*GUIDES, "", None, 7),
    "device": ("gpu", "", None, "cuda:0", "cp\nu"),
    "precision": ("fp8", "", None, 32),
    "rasteriser": ("cairo", "", None),
    "color": ("notacolour", "", None, 0, "#12345", "url(#x)", "bla\nck"),
    "paper": ("notacolour", "", 0, "photo", "url(#x)", "bla\nck"),
    "mask": ("", None, 3),
    "mask_repair": ("", 3, True),
    "emphasis": ("", 3, ["white.png"]),
    "faces": ("all", "", None, True, "au\nto"),
    "text": ("", "  \n", 3),
}
EACH_BAD = [(name, value) for name, values in BAD.items() for value in values]
FROM_OPTIONS = [
    ("strokes", ["--strokes", "3"], 3),
    ("series", ["--series", "4, 8,16"], (4, 8, 16)),
    ("guide", ["--guide", "clip:RN50:openai"], "clip:RN50:openai"),
    ("preset", ["--preset", "draft"], "draft"),
    ("mask", ["--mask", "cat mask.png"], "cat mask.png"),
    ("mask_repair", ["--mask-repair", "mended.png"], "mended.png"),
    ("emphasis", ["--emphasis", "eyes first.png"], "eyes first.png"),
    ("faces", ["--faces", "none"], "none"),
    ("subjects", ["--subjects", "2"], 2),
    ("seeds", ["--seeds", "2"], 2),
    ("seed", ["--seed", "7"], 7),
    ("steps", ["--steps", "40"], 40),
    ("width_px", ["--width", "2.5"], 2.5),
    ("color", ["--color", "photo"], "photo"),
    ("background", ["--background", "12"], 12),
    ("one_line", ["--one-line"], True),
    ("paper", ["--paper", "#123"], "#123"),
    ("device", ["--device", "cpu"], "cpu"),
    ("precision", ["--precision", "bf16"], "bf16"),
    ("text", ["--text", "a black cat"], "a black cat"),
    ("rasteriser", ["--rasteriser", "diffvg"], "diffvg"),
]


def in_short(part: object) -> str:
    return str(part)[:12].replace("\n", " ")


def asked_for(*options: str) -> SketchRequest:
    """The request that the command would make of these options."""
    chosen = sketch_command.make_context("sketch", ["photo.jpg", *options]).params
    return SketchRequest(**{name: value for name, value in chosen.items() if name in FIELDS})


@given(requests)
def test_a_request_survives_json(request: SketchRequest) -> None:
    assert SketchRequest.from_json(json.loads(json.dumps(request.to_json()))) == request


def test_json_names_only_what_differs_from_the_defaults() -> None:
    assert SketchRequest().to_json() == {"version": 1}
    assert SketchRequest(strokes=4).to_json() == {"version": 1, "strokes": 4}


def test_a_series_has_as_many_strokes_as_its_last() -> None:
    assert SketchRequest(series=(4, 32)).strokes == 32
    assert SketchRequest(series=(4, 32), strokes=32).strokes == 32
    assert SketchRequest.from_json({"series": [4, 32]}) == SketchRequest(series=(4, 32))


@pytest.mark.parametrize("strokes", [4, 16, 33])
def test_a_series_that_ends_with_another_number_is_refused(strokes: int) -> None:
    with pytest.raises(UserError, match="leave strokes out") as refusal:
        SketchRequest.from_json({"strokes": strokes, "series": [4, 32]})
    assert refusal.value.code == "bad-series"


def test_the_version_may_be_left_out() -> None:
    assert SketchRequest.from_json({"strokes": 4}) == SketchRequest(strokes=4)


@pytest.mark.parametrize(("name", "value"), EACH_BAD, ids=in_short)
def test_a_bad_setting_is_refused_in_one_line_that_names_it(name: str, value: object) -> None:
    with pytest.raises(UserError) as refusal:
        SketchRequest.from_json({name: value})
    assert "\n" not in refusal.value.message
    spoken = {"width_px": "width", "color": "colo"}.get(name, name)
    assert spoken in refusal.value.message
    assert refusal.value.code == f"bad-{name.removesuffix('_px')}"


def test_a_setting_that_does_not_exist_is_refused_by_name() -> None:
    with pytest.raises(UserError, match="no setting 'stroke_count'") as refusal:
        SketchRequest.from_json({"stroke_count": 4})
    assert "strokes" in refusal.value.message


@pytest.mark.parametrize("version", [2, 99])
def test_a_request_of_a_newer_version_is_refused_with_the_fix(version: int) -> None:
    with pytest.raises(UserError, match="update the engine") as refusal:
        SketchRequest.from_json({"version": version})
    assert refusal.value.code == "newer-request"


@pytest.mark.parametrize("version", [0, -1, "1", 1.0, True, None])
def test_a_version_is_a_whole_number(version: object) -> None:
    with pytest.raises(UserError, match="version"):
        SketchRequest.from_json({"version": version})


@pytest.mark.parametrize("data", [None, [], "16", 16, [["strokes", 4]]])
def test_a_request_is_an_object(data: object) -> None:
    with pytest.raises(UserError, match="JSON object"):
        SketchRequest.from_json(data)


def test_a_request_can_not_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        SketchRequest().strokes = 3  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "color"),
    [
        ("black", "#000000"),
        (" White ", "#ffffff"),
        ("#1A2b3c", "#1a2b3c"),
        ("#abc", "#aabbcc"),
        ("rgb(20, 40, 60)", "#14283c"),
        ("rgb(300, 0, 0)", "#ff0000"),
        ("rgb(0%, 200%, 0%)", "#00ff00"),
        ("hsl(120, 100%, 50%)", "#00ff00"),
    ],
)
def test_css_colours_are_understood_and_clamped_as_css_does(text: str, color: str) -> None:
    assert parse_color(text) == color


@given(st.from_regex(r"(rgb|hsl|hsv)\(\d{1,4}%?,\d{1,4}%?,\d{1,4}%?\)", fullmatch=True))
def test_whatever_colour_is_accepted_is_six_hex_digits(text: str) -> None:
    try:
        color = parse_color(text)
    except UserError:
        return
    assert re.fullmatch(r"#[0-9a-f]{6}", color)


def test_the_command_without_options_asks_for_the_defaults() -> None:
    assert asked_for() == SketchRequest()


@pytest.mark.parametrize(
    ("name", "options", "value"), FROM_OPTIONS, ids=[name for name, _, _ in FROM_OPTIONS]
)
def test_every_option_reaches_its_setting(name: str, options: list[str], value: Any) -> None:
    assert asked_for(*options) == SketchRequest(**{name: value})


def test_every_setting_has_an_option() -> None:
    assert {name for name, _, _ in FROM_OPTIONS} == FIELDS
    assert {parameter.name for parameter in sketch_command.params} >= FIELDS
