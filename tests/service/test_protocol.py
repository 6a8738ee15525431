"""docs/protocol.md is true: the conversation in it is held again, and what it lists is what there
is.
"""

from __future__ import annotations

import base64
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from support.talk import ROOT, Event, Talk, housekeeping

from clipasso_core.errors import UserError
from clipasso_core.request import VERSION, SketchRequest
from clipasso_core.service import events
from clipasso_core.service.envelope import MAX_PREVIEW_PX, MIN_PREVIEW_PX

DOCUMENT = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
ANY = "..."


def script() -> list[str]:
    """The lines of the conversation."""
    blocks: list[str] = re.findall(r"^```\n(>.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
    (block,) = blocks
    return block.splitlines()


def mismatch(told: Any, heard: Any, where: str = "") -> str:
    """Where and how what was heard differs from what the document tells; empty when it doesn't."""
    if told == ANY or (
        isinstance(told, str)
        and told.endswith(ANY)
        and isinstance(heard, str)
        and heard.startswith(told[:-3])
    ):
        return ""
    if type(told) is not type(heard):
        return f"{where}: {told!r} told, {heard!r} heard"
    if isinstance(told, float):
        return ""
    if isinstance(told, dict):
        if list(told) != list(heard):
            return f"{where}: fields {list(told)} told, {list(heard)} heard"
        return next(
            filter(None, (mismatch(told[name], heard[name], f"{where}.{name}") for name in told)),
            "",
        )
    if isinstance(told, list):
        if len(told) != len(heard):
            return f"{where}: {len(told)} told, {len(heard)} heard"
        return next(
            filter(
                None,
                (
                    mismatch(one, other, f"{where}[]")
                    for one, other in zip(told, heard, strict=True)
                ),
            ),
            "",
        )
    return "" if told == heard else f"{where}: {told!r} told, {heard!r} heard"


@pytest.mark.parametrize("home_of", ["warm", "cold"])
def test_the_conversation_in_the_document_goes_as_it_tells(tmp_path: Path, home_of: str) -> None:
    cold = home_of == "cold"
    heard: list[Event] = []
    with housekeeping(tmp_path / "home") as home, Talk(home, cold=cold) as talk:
        skip = False
        for line in script():
            if line.startswith("> "):
                talk.say(line[2:])
            elif line == f"< {ANY}":
                skip = True
            else:
                told = json.loads(line[2:])
                if cold and told["event"] == "waking":
                    continue
                event = talk.hear(*KINDS)[-1]
                while skip and event["event"] == "progress":
                    event = talk.hear(*KINDS)[-1]
                skip = False
                heard.append(event)
                assert not mismatch(told, event), f"{mismatch(told, event)}\n{line}\n{event}"
        talk.hang_up()
        assert talk.hear() == []
        assert talk.status() == 2  # the last line was nonsense
    pictures = [
        event[name] for event in heard for name in ("preview", "mask_preview") if name in event
    ]
    failures = [event for event in heard if event["event"] == "error"]
    assert len(failures) == 3
    assert all(one["text"].format(**one["values"]) == one["message"] for one in failures)
    assert len(pictures) == 4
    assert {Image.open(io.BytesIO(base64.b64decode(picture))).size for picture in pictures} == {
        (64, 43)
    }


KINDS = (*events.LAST, "waking", "queued", "started", "progress")


def test_the_conversation_shows_every_kind_of_event_but_queued() -> None:
    told = {json.loads(line[2:])["event"] for line in script() if line.startswith("< {")}
    assert told == set(KINDS) - {"queued"}


@pytest.mark.parametrize(
    ("told", "heard"),
    [
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": 1, "b": 2}, {"a": 1}),
        ({"a": 1}, {"a": 2}),
        ({"a": 1.0}, {"a": 1}),
        ({"a": "abc..."}, {"a": "abd"}),
        ({"a": [1]}, {"a": [1, 2]}),
        ({"a": {"b": None}}, {"a": {"b": 0}}),
    ],
)
def test_the_comparison_can_fail(told: Any, heard: Any) -> None:
    assert mismatch(told, heard)
    assert not mismatch(told, told)


def test_the_document_has_a_row_for_every_event() -> None:
    section = DOCUMENT.split("## Events")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == set(KINDS)


def test_the_document_names_every_code_that_a_sketch_can_end_in() -> None:
    """Those of reading, writing and plotting files, of levels, of folders, of batches, of
    downloads and of the set-up belong to the command line.
    """
    section = DOCUMENT.split("## Errors")[1].split("\n## ")[0]
    named = set(re.findall(r"`((?:bad|no|newer|bug)(?:-[a-z-]+)?)`", section))
    code = "".join(
        path.read_text(encoding="utf-8")
        for path in (ROOT / "clipasso_core").rglob("*.py")
        if "batch" not in (path.parent.name, path.stem)
    )
    raised = set(re.findall(r'"((?:bad|no|newer)-[a-z-]+)"', code))
    elsewhere = {
        "bad-folder",
        "newer-sketch",
        "bad-usage",
        "no-connection",
        "no-extension",
        "no-pip",
        "no-sketch",
        "no-list",
        "no-place",
        "no-rank",
        "bad-level",
        "bad-seconds",
    }
    # "bad- and its name"
    of_settings = {
        "bad-color",
        "bad-emphasis",
        "bad-text",
        "bad-width",
        "bad-rasteriser",
        "bad-series",
        "bad-subjects",
        "bad-paper",
    }
    assert raised - elsewhere - of_settings <= named


def test_the_document_s_numbers_are_the_program_s() -> None:
    assert f"`preview_px`, {MIN_PREVIEW_PX} to {MAX_PREVIEW_PX}," in DOCUMENT
    assert f"`version` within `request` is {VERSION};" in DOCUMENT
    with pytest.raises(UserError, match="update the engine"):
        SketchRequest.from_json({"version": VERSION + 1})
