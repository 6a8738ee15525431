"""The published loss is the published one."""

from __future__ import annotations

import pytest
import torch
from support.reference import published_loss

from clipasso_core.guide import Features, Recipe
from clipasso_core.guide.clip import RESNET_RECIPE
from clipasso_core.guide.losses import loss_terms, total


def random_features(seed: int, count: int = 3) -> Features:
    generator = torch.Generator().manual_seed(seed)
    maps = {
        "layer2": torch.randn(count, 8, 6, 6, generator=generator),
        "layer3": torch.randn(count, 16, 3, 3, generator=generator),
    }
    return Features(maps, torch.randn(count, 32, generator=generator))


def test_published_loss_equals_its_formula() -> None:
    sketch = random_features(0)
    target = random_features(1)
    ours = total(loss_terms(sketch, target, random_features(2, 1), RESNET_RECIPE), RESNET_RECIPE)
    for one in range(3):
        expected = published_loss(
            [value[one] for value in sketch.maps.values()],
            [value[one] for value in target.maps.values()],
            sketch.embedding[one],
            target.embedding[one],
        )
        assert float(ours[one]) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("kind", ["published", "centred"])
def test_each_position_counts_by_its_weight(kind: str) -> None:
    recipe = Recipe(kind, {"layer2": 1.0, "layer3": 1.0}, embedding=0.5)
    sketch, target, blank = random_features(0), random_features(1), random_features(2, 1)

    def terms(seen: Features, weight: torch.Tensor | None) -> dict[str, torch.Tensor]:
        wanted = target if weight is None else target.weighted(weight)
        return loss_terms(seen, wanted, blank, recipe)

    even, left = torch.full((3, 1, 12, 12), 2.0), torch.zeros(3, 1, 12, 12)
    left[..., :4] = 1
    for name, value in terms(sketch, None).items():
        assert torch.allclose(terms(sketch, even)[name], value, rtol=1e-5), "only shares count"
    elsewhere = Features(
        {name: value.clone() for name, value in sketch.maps.items()}, sketch.embedding
    )
    for name, first in (("layer2", 2), ("layer3", 1)):
        elsewhere.maps[name][..., first:] += 1
    here = terms(sketch, left)
    assert all(torch.equal(value, here[name]) for name, value in terms(elsewhere, left).items())
    for name in recipe.layers:
        assert not torch.allclose(here[name], terms(sketch, None)[name], rtol=1e-2)


def test_weights_go_with_their_pictures() -> None:
    weight = torch.arange(3.0).view(3, 1, 1, 1).expand(-1, 1, 12, 12)
    one = random_features(0).weighted(weight)

    def weights(features: Features) -> list[float]:
        assert features.weights is not None
        assert features.weights["layer2"].shape[1:] == (6, 6)
        return [float(value.mean()) for value in features.weights["layer3"]]

    assert weights(one.select(slice(1, 3))) == [1, 2]
    assert weights(one.repeat(2)) == [0, 1, 2, 0, 1, 2]
    assert weights(one.beside(one.detach())) == [0, 1, 2, 0, 1, 2]
