"""The published loss is the published one."""

from __future__ import annotations

import pytest
import torch
from support.reference import published_loss

from clipasso_core.guide import Features
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
