"""What is settled before anything is drawn, and what a person is told of it."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest
from support.pictures import green_disc

from clipasso_core import SketchRequest
from clipasso_core.guide import Guide
from clipasso_core.machine import folders
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


RELEVANCE = "own relevance, not as published: run clipasso models fetch clip:ViT-B-32:openai"


class Named(Resources):
    """Guides that are nothing but what they were asked for by."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def guide(self, name: str, device: str, precision: str = "auto", text: bool = False) -> Guide:
        self.names.append(name)
        found: Any = SimpleNamespace(name=name, weights="", device=device)
        guide: Guide = found
        return guide


def prepared_for(guide: str) -> Preparation:
    request = SketchRequest(preset="published", guide=guide, device="cpu")
    return Preparation(from_array(green_disc()), request, Named())


def put_attention() -> None:
    place = folders.models() / "ViT-B-32-openai.safetensors"
    place.parent.mkdir(parents=True)
    place.touch()


@pytest.mark.parametrize("weights", ["openai", "yfcc15m", "/weights/RN101.pt", "mine.safetensors"])
def test_published_strokes_start_by_openais_vit_whatever_weights_rn101_has(weights: str) -> None:
    put_attention()
    prepared = prepared_for(f"clip:RN101:{weights}")
    seen_by = prepared.saliency_guide().name
    assert seen_by == "clip:ViT-B-32:openai"
    assert RELEVANCE not in prepared.setup(seen_by, 0).line()


def test_the_network_that_says_where_strokes_start_comes_and_goes_before_the_guide() -> None:
    put_attention()
    asked = Named()
    request = SketchRequest(preset="published", guide="clip:RN101:openai", device="cpu")
    prepared = Preparation(from_array(green_disc()), request, asked)
    prepared.saliency_guide()
    assert asked.names == ["clip:ViT-B-32:openai"]
    assert prepared.guide.name == asked.names[-1] == "clip:RN101:openai"


@pytest.mark.parametrize("weights", ["openai", "yfcc15m", "/weights/RN101.pt"])
def test_the_line_says_when_rn101s_own_relevance_stands_in(weights: str) -> None:
    prepared = prepared_for(f"clip:RN101:{weights}")
    seen_by = prepared.saliency_guide().name
    assert seen_by == f"clip:RN101:{weights}"
    assert RELEVANCE in prepared.setup(seen_by, 0).line()
    assert RELEVANCE not in prepared.setup("edges", 0).line()


@pytest.mark.parametrize(
    ("preset", "asked", "seeds"), [("standard", None, 7), ("standard", 2, 2), ("quick", None, 1)]
)
def test_a_gpu_takes_as_many_seeds_as_cost_it_nothing(
    preset: str, asked: int | None, seeds: int, lite: Guide, monkeypatch: pytest.MonkeyPatch
) -> None:
    def seven(_guide: str, _views: int, _device: str) -> int:
        return 7

    monkeypatch.setattr("clipasso_core.sketching.preparation.seeds_in_time_of_one", seven)
    monkeypatch.setattr("clipasso_core.sketching.preparation.choose_device", lambda _name: "cuda")
    request = SketchRequest(preset=preset, seeds=asked, guide="lite", mask="none")
    assert Preparation(from_array(green_disc()), request, Asked(lite)).preset.seeds == seeds


BESIDE = """
import sys, threading
from clipasso_core import SketchRequest
from clipasso_core.photo.mask import Mask
from clipasso_core.photo.picture import from_array
from clipasso_core.sketching import preparation
from clipasso_core.sketching.resources import Resources
import numpy as np

looked = threading.Event()

class Looking(Resources):
    def subject(self, picture, choice, guide, relevance):
        looked.set()
        return Mask(np.ones(picture.rgb.shape[:2], np.float32), "found")

class Door:
    # lets torch in when the subject is looked for

    def find_spec(name, path=None, target=None):
        assert name != "torch" or looked.wait(30), "torch was waited for first"

sys.meta_path.insert(0, Door)
preparation.MASK = type("Here", (), {"are_here": staticmethod(lambda: True)})
assert "torch" not in sys.modules
picture = from_array(np.zeros((64, 64, 3), np.uint8))
prepared = preparation.Preparation(picture, SketchRequest(guide="lite", device="cpu"), Looking())
assert "torch" in sys.modules
print(prepared.mask.source, prepared.preset_name)
"""


def test_the_subject_is_found_while_torch_is_loaded() -> None:
    done = subprocess.run([sys.executable, "-c", BESIDE], capture_output=True, text=True)
    assert done.stdout.split() == ["found", "quick"], done.stderr
