"""Events that tell a person something carry what other languages are made of."""

from __future__ import annotations

import json

from clipasso_core.service.events import ended_event, progress_event
from clipasso_core.sketching.progress import Progress, Setup
from clipasso_core.wording import Wording


def test_what_was_settled_is_told_in_both_forms() -> None:
    note = Wording("{precision} in place of {asked}", precision="fp32", asked="{bf16}")
    setup = Setup(
        guide="lite",
        weights="EfficientNet-Lite0",
        why=Wording("as asked"),
        preset="draft",
        device="cpu",
        mask="none",
        saliency="edges",
        steps=2,
        seeds=1,
        subjects=1,
        faces=0,
        time_s=0.1,
        notes=(note,),
    )
    start = Progress(setup, 0, 2, None, 0.0, None, preview=lambda: None)  # type: ignore[arg-type, return-value]
    event = progress_event(start)
    assert (event["why"], event["notes"]) == ("as asked", ["fp32 in place of {bf16}"])
    assert event["words"] == {
        "why": {"text": "as asked", "values": {}},
        "notes": [
            {
                "text": "{precision} in place of {asked}",
                "values": {"precision": "fp32", "asked": "{bf16}"},
            }
        ],
    }
    assert event["line"].endswith(" · fp32 in place of {bf16}")
    assert json.loads(json.dumps(event)) == event


def test_an_engine_that_ended_is_told_in_parts() -> None:
    event = ended_event()
    assert event["code"] == "bug"
    assert event["message"] == event["text"].format(**event["values"])
    assert "engine.log" in str(event["values"]["log"])
