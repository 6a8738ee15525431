"""How much work a sketch is, in counts that no busy machine can change: steps, pictures looked at,
strokes drawn, kernels started.

A ceiling lies a little above what was counted when it was set. It may fall; whoever raises one says
why beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from support.resources import OneGuide
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from clipasso_core import SketchRequest
from clipasso_core.guide import Features, Guide, Recipe
from clipasso_core.guide.lite import _network as embedded_network
from clipasso_core.optimiser.likeness import NOWHERE_PX
from clipasso_core.photo.picture import read_picture
from clipasso_core.presets import PRESETS
from clipasso_core.raster import sparse
from clipasso_core.sketching.job import SketchJob
from clipasso_core.sketching.progress import Progress


@dataclass(frozen=True)
class Work:
    """What a job did, or may do at most.

    steps: of the optimiser.
    trained: pictures that the guide looked at with a gradient, the dear ones: forward and backward.
    looks: pictures that it looked at without.
    drawn: strokes that were drawn, with or without a gradient.
    kernels: operations that one step starts on the device, the guide's own aside; views of tensors
        cost nothing and don't count.
    """

    steps: int
    trained: int
    looks: int
    drawn: int
    kernels: int


CEILINGS = {
    # 20 steps of 2 views. Looks: a blank page, the photograph straight on and in the other view of
    # 4 sets, 4 layouts, and the sketch without each stroke. Strokes: all in every step, in 4
    # layouts, and once to be ordered. Kernels: 952, of which the rasteriser starts most and
    # tidiness 220.
    ("draft", 16): Work(steps=20, trained=40, looks=26, drawn=400, kernels=1000),
    # 977: twice the strokes are hardly more launches
    ("draft", 32): Work(steps=20, trained=40, looks=42, drawn=800, kernels=1000),
    # 120 steps of 4 views. Looks: a blank page, 8 sets of 3 views and the plain one, 8 layouts, 68
    # to lay strokes anew (each one's absence, 4 x 13 places), and some 70 for the lazy greedy
    # order, which depends a little on the arithmetic. Kernels 966.
    ("quick", 16): Work(steps=120, trained=480, looks=183, drawn=2150, kernels=1000),
    # Two levels, each seen in a view of its own: of three sets of strokes drawn together. Looks
    # 310: 24 absences and 8 x 13 places more, since a stroke of a level is judged by that as well.
    # Kernels 994.
    ("quick", 32): Work(steps=120, trained=480, looks=328, drawn=4480, kernels=1040),
}
# 204: 49 convolutions, 33 activations, forward and backward; 10 additions of blocks, the rest
# casts, scales and gathers
LITE_KERNELS = 215


COUNTED = range(4, 8)  # steps in which kernels are counted: counting takes longer than most of them


class Coarse(Guide):
    """Sees nothing but dark and light, in a moment, and counts what it is shown."""

    name, weights, side, dtype = "lite", "none", 224, torch.float32
    device = torch.device("cpu")
    recipe = Recipe("centred", {"fine": 1.0, "coarse": 1.0}, embedding=0.5)

    def __init__(self) -> None:
        self.trained, self.looks = 0, 0

    def features(self, pictures: Tensor) -> Features:
        """Means over squares."""
        if torch.is_grad_enabled() and pictures.requires_grad:
            self.trained += len(pictures)
        else:
            self.looks += len(pictures)
        fine = F.avg_pool2d(pictures, 8)
        return Features(
            {"fine": fine, "coarse": F.avg_pool2d(fine, 4)}, F.avg_pool2d(fine, 7).flatten(1)
        )

    def relevance(self, picture: Tensor) -> Tensor:
        """The same everywhere."""
        return torch.ones(7, 7)


class Kernels(TorchDispatchMode):
    """Counts the operations that compute something, backward ones included."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.count = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.count += not any(
            one.alias_info is not None and not one.alias_info.is_write
            for one in func._schema.returns
        )
        return func(*args, **(kwargs or {}))


@pytest.fixture
def counted(photo: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int], Work]:
    """Draws the small photograph and counts."""

    def count(preset: str, strokes: int) -> Work:
        guide = Coarse()
        drawn = 0
        started: list[int] = []
        original = sparse.render

        def render(batch: Any, size: tuple[int, int]) -> Tensor:
            nonlocal drawn
            # strokes that fill up a set are nowhere
            drawn += int((batch.points.detach().amax((2, 3)) > NOWHERE_PX).sum())
            return original(batch, size)

        def on_progress(progress: Progress) -> None:
            if kernels := counting.pop():
                kernels.__exit__(None, None, None)  # type: ignore[no-untyped-call]
                started.append(kernels.count)
            counting.append(Kernels() if progress.step in COUNTED else None)
            if kernels := counting[-1]:
                kernels.__enter__()  # type: ignore[no-untyped-call]

        counting: list[Kernels | None] = [None]
        job = SketchJob(
            read_picture(photo),
            SketchRequest(strokes=strokes, preset=preset, guide="lite"),
            OneGuide(guide),
        )
        with monkeypatch.context() as patch:
            patch.setattr(sparse, "render", render)
            result = job.run(on_progress)
        return Work(result.steps, guide.trained, guide.looks, drawn, max(started))

    return count


@pytest.mark.parametrize(("preset", "strokes"), list(CEILINGS))
def test_a_sketch_is_no_more_work_than_it_was(
    counted: Callable[[str, int], Work], preset: str, strokes: int
) -> None:
    assert above(counted(preset, strokes), CEILINGS[preset, strokes]) == {}


def test_more_views_are_found_out(
    counted: Callable[[str, int], Work], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        PRESETS, "draft", replace(PRESETS["draft"], views=PRESETS["draft"].views + 1)
    )
    assert {"trained", "looks"} <= above(counted("draft", 16), CEILINGS["draft", 16]).keys()


def test_a_look_of_the_embedded_guide_starts_few_kernels() -> None:
    network, kernels = embedded_network(), Kernels()  # as on a GPU
    pictures = torch.rand(2, *network.PICTURE, requires_grad=True)
    with kernels:
        maps, embedding = network(pictures)
        (sum(value.sum() for value in maps.values()) + embedding.sum()).backward()
    assert kernels.count <= LITE_KERNELS


def above(done: Work, ceiling: Work) -> dict[str, tuple[int, int]]:
    """What was more than it may be: how much, and how much it may."""
    both = {one.name: (getattr(done, one.name), getattr(ceiling, one.name)) for one in fields(Work)}
    return {name: (count, limit) for name, (count, limit) in both.items() if count > limit}
