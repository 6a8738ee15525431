"""What is settled before anything is drawn, and what a person is told of it."""

from __future__ import annotations

import pytest
from support.pictures import green_disc

from clipasso_core import SketchRequest
from clipasso_core.guide import Guide
from clipasso_core.photo.picture import from_array
from clipasso_core.sketching.preparation import Preparation
from clipasso_core.sketching.resources import Resources


class Asked(Resources):
    """The embedded guide, whatever is asked for; remembers what was."""

    def __init__(self, guide: Guide) -> None:
        self._guide = guide
        self.precisions: list[str] = []

    def guide(self, name: str, device: str, precision: str = "auto", text: bool = False) -> Guide:
        self.precisions.append(precision)
        return self._guide


def told(asked: Asked, **settings: object) -> str:
    """The line for the person, with the guide loaded."""
    request = SketchRequest.from_json({"device": "cpu", "guide": "lite", **settings})
    prepared = Preparation(from_array(green_disc()), request, asked)
    assert prepared.guide
    return prepared.setup("edges", 0).line()


@pytest.mark.parametrize("precision", ["auto", "fp32"])
def test_published_computes_in_fp32_on_a_processor(lite: Guide, precision: str) -> None:
    asked = Asked(lite)
    line = told(asked, preset="published", precision=precision)
    assert set(asked.precisions) == {"fp32"}
    assert line.endswith("published, 2001 steps, 3 seeds")


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_published_says_so_where_less_is_asked_for(lite: Guide, precision: str) -> None:
    asked = Asked(lite)
    line = told(asked, preset="published", precision=precision)
    assert set(asked.precisions) == {"fp32"}
    note = f"fp32 in place of {precision}: on a processor published is exact"
    assert line.endswith(f"3 seeds · {note}")


def test_other_presets_compute_as_asked(lite: Guide) -> None:
    asked = Asked(lite)
    assert told(asked, preset="quick", precision="bf16").endswith("quick, 120 steps, 1 seed")
    assert set(asked.precisions) == {"bf16"}
