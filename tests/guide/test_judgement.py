"""Losses of pictures, a few at a time."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from clipasso_core.guide import Features, Guide, load_guide
from clipasso_core.guide.clip import AT_ONCE
from clipasso_core.guide.judgement import judged, portions

WIDE = torch.linspace(1, 2, 12).view(3, 2, 2)


@pytest.mark.parametrize(
    ("count", "sizes"), [(1, [1]), (4, [4]), (5, [3, 2]), (9, [3, 3, 3]), (16, [4, 4, 4, 4])]
)
def test_portions_are_few_and_even(count: int, sizes: list[int]) -> None:
    parts = portions(count, 4)
    assert [part.stop - part.start for part in parts] == sizes
    assert [one for part in parts for one in range(part.start, part.stop)] == list(range(count))


@pytest.mark.parametrize("at_once", [1, 2, 7])
def test_the_gradient_is_that_of_all_together(at_once: int) -> None:
    pictures = torch.rand(5, 3, 2, 2, requires_grad=True)
    asked: list[int] = []

    def loss(some: Tensor, which: slice) -> Tensor:
        asked.append(len(some))
        return ((some * WIDE) ** 2).flatten(1).sum(1) * torch.arange(1.0, 6.0)[which]

    pull = torch.tensor([1.0, -2.0, 0.5, 3.0, 0.0])
    found = judged(pictures, loss, at_once)
    (gradient,) = torch.autograd.grad((found * pull).sum(), pictures)
    assert max(asked) <= at_once
    together = loss(pictures, slice(0, 5))
    (wanted,) = torch.autograd.grad((together * pull).sum(), pictures)
    assert torch.allclose(found, together)
    assert torch.allclose(gradient, wanted)


@pytest.fixture(scope="module")
def rn50() -> Guide:
    torch.manual_seed(0)
    return load_guide("clip:RN50:random", "cpu", "fp32")


@pytest.mark.parametrize("one_for_all", [False, True])
def test_a_resnet_looks_at_few_pictures_at_a_time(
    one_for_all: bool, rn50: Guide, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = torch.rand(AT_ONCE + 1, 3, 224, 224, requires_grad=True)
    wanted = rn50.features(torch.rand(1 if one_for_all else len(pictures), 3, 224, 224)).detach()
    looked: list[int] = []
    features = type(rn50).features

    def counted(self: Guide, some: Tensor) -> Features:
        looked.append(len(some))
        return features(self, some)

    def loss(seen: Features, wanted: Features) -> Tensor:
        return ((seen.embedding - wanted.embedding) ** 2).sum(1)

    together = loss(rn50.features(pictures), wanted)
    (gradient,) = torch.autograd.grad(together.sum(), pictures)
    monkeypatch.setattr(type(rn50), "features", counted)
    found = rn50.compare(pictures, wanted, loss)
    (own,) = torch.autograd.grad(found.sum(), pictures)
    with torch.no_grad():
        unfollowed = rn50.compare(pictures, wanted, loss)
    assert looked == [3, 3] * 2
    for values in (found, unfollowed):
        assert torch.allclose(values, together, rtol=1e-4)
    assert torch.cosine_similarity(own.flatten(), gradient.flatten(), 0) > 0.99999
