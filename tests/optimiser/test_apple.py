"""Apple's GPU, by a stand-in: the processor, refusing what torch lacks or gets wrong there."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from support.discs import likeness_to_disc, starts
from support.strokes import gradients, smooth_weights, some_strokes
from torch.utils._python_dispatch import TorchDispatchMode

from clipasso_core.guide import Guide
from clipasso_core.optimiser import sampling
from clipasso_core.optimiser.optimise import gradient_of
from clipasso_core.optimiser.tidiness import trespass
from clipasso_core.raster import sparse

SORTS_RIGHT = 1 << 24  # whole numbers below that


class Apple(TorchDispatchMode):
    """Refuses the way back through `grid_sample`, and sorts of large whole numbers."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = func.name().removeprefix("aten::").partition(".")[0]
        if name == "grid_sampler_2d_backward":
            raise NotImplementedError("aten::grid_sampler_2d_backward is not implemented for MPS")
        if name in ("sort", "argsort") and not args[0].is_floating_point():
            assert int(args[0].max()) < SORTS_RIGHT, "sorted wrongly"
        return func(*args, **(kwargs or {}))


@pytest.fixture
def apple(monkeypatch: pytest.MonkeyPatch) -> Apple:
    monkeypatch.setattr(sampling, "BY_HAND", ("cpu",))
    monkeypatch.setattr(sparse, "SMALL_KEYS", ("cpu",))
    return Apple()  # type: ignore[no-untyped-call]


def test_the_stand_in_refuses(lite: Guide) -> None:
    likeness, points = likeness_to_disc(lite), starts().requires_grad_(True)
    with Apple(), pytest.raises(AssertionError, match="sorted wrongly"):  # type: ignore[no-untyped-call]
        likeness.draw(points)
    seen = likeness.pool.look(likeness.draw(points), 0)
    with Apple(), pytest.raises(NotImplementedError):  # type: ignore[no-untyped-call]
        seen.sum().backward()


def test_a_step_does_without(lite: Guide, apple: Apple) -> None:
    likeness, points = likeness_to_disc(lite), starts(seeds=2)

    def step() -> tuple[torch.Tensor, torch.Tensor]:
        return gradient_of(points, lambda some: likeness.at_levels(some, 0, (2,)), likeness, True)

    with apple:
        losses, gradient = step()
    assert torch.isfinite(gradient).all()
    assert losses.shape == (2, 3)


def test_strokes_are_drawn_the_same(apple: Apple, monkeypatch: pytest.MonkeyPatch) -> None:
    strokes, weights = some_strokes(0, batch=3, count=40), smooth_weights()
    with apple:
        image = sparse.render(strokes, (56, 64))
        pulled = gradients(sparse.render, strokes, weights)
    monkeypatch.undo()
    # of two pieces equally near a pixel either may be taken
    assert torch.allclose(image, sparse.render(strokes, (56, 64)), atol=1e-5)
    wanted = gradients(sparse.render, strokes, weights)
    for name, value in pulled.items():
        assert torch.allclose(value, wanted[name], rtol=1e-3, atol=1e-3), name


def test_pictures_are_sampled_the_same(apple: Apple, monkeypatch: pytest.MonkeyPatch) -> None:
    generator = torch.Generator().manual_seed(0)
    pictures = torch.rand(2, 3, 9, 7, generator=generator, dtype=torch.float64, requires_grad=True)
    grids = torch.rand(2, 5, 6, 2, generator=generator, dtype=torch.float64) * 2.6 - 1.3
    grids.requires_grad_(True)  # some places lie outside

    def sampled() -> list[torch.Tensor]:
        values = sampling.sample(pictures, grids)
        return [values.detach(), *torch.autograd.grad(values.square().sum(), (pictures, grids))]

    with apple:
        by_hand = sampled()
    monkeypatch.undo()
    for value, wanted in zip(by_hand, sampled(), strict=True):
        assert torch.allclose(value, wanted, atol=1e-12)


def test_strokes_keep_clear_of_a_face_there(apple: Apple) -> None:
    points, ground = starts().requires_grad_(True), torch.zeros(1, 1, 224, 224)
    ground[:, :, :112] = torch.linspace(1, 0, 112)[:, None]
    with apple:
        (gradient,) = torch.autograd.grad(trespass(points, ground).sum(), points)
    assert gradient.any()
