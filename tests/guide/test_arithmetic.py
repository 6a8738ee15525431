"""The precision that a device is good at, and what it takes to be as good."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from clipasso_core.guide import Features
from clipasso_core.guide.arithmetic import choose_dtype
from clipasso_core.guide.clip import ClipGuide
from clipasso_core.guide.lite import TAPS, LiteGuide


@pytest.mark.parametrize(
    ("capability", "dtype"),
    [
        ((6, 1), torch.float32),  # Pascal computes fp16 at a 64th of the speed
        ((7, 0), torch.float16),
        ((7, 5), torch.float16),
        ((8, 6), torch.bfloat16),
        ((9, 0), torch.bfloat16),
        ((12, 0), torch.bfloat16),
    ],
)
def test_a_card_computes_in_what_it_is_good_at(
    capability: tuple[int, int], dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _device: capability)
    assert choose_dtype("auto", torch.device("cuda")) == dtype
    assert choose_dtype("fp32", torch.device("cuda")) == torch.float32


def layers(dtype: torch.dtype) -> nn.Module:
    """A small network, the same in every precision."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 8, 3, stride=2), nn.ReLU(), nn.Conv2d(8, 4, 3, stride=2)).to(
        dtype
    )


def lite(dtype: torch.dtype, pictures: Tensor) -> Features:
    """What the embedded guide would see with that network."""
    network = layers(dtype)

    def look(inputs: Tensor) -> Any:
        seen = network(inputs)
        return dict.fromkeys(TAPS, seen), seen

    return LiteGuide._features(SimpleNamespace(dtype=dtype), pictures, look)  # type: ignore[arg-type]


def clip(dtype: torch.dtype, pictures: Tensor) -> Features:
    """What a CLIP guide would."""
    network = layers(dtype)
    seen: dict[str, Tensor] = {}

    def tower(inputs: Tensor) -> Tensor:
        found: Tensor = network(inputs)
        seen["layer"] = found
        return found.flatten(1)

    guide = SimpleNamespace(
        dtype=dtype, _mean=0.5, _deviation=0.3, _tower=tower, _seen=seen, _is_resnet=True
    )
    guide.recipe = SimpleNamespace(layers={"layer": 1.0})
    return ClipGuide.features(guide, pictures)  # type: ignore[arg-type]


@pytest.mark.parametrize("look", [lite, clip])
def test_small_gradients_survive_fp16(look: Any) -> None:
    """Those of a mean over as many values as a layer of CLIP's has."""

    def gradient(dtype: torch.dtype) -> Tensor:
        pictures = torch.linspace(0, 1, 3 * 16 * 16).view(1, 3, 16, 16).requires_grad_(True)
        seen = look(dtype, pictures)
        loss = sum(value.square().sum() for value in [*seen.maps.values(), seen.embedding]) / 1e7
        (found,) = torch.autograd.grad(loss, pictures)
        return found.flatten()

    exact, half = gradient(torch.float32), gradient(torch.float16)
    assert torch.cosine_similarity(half, exact, dim=0) > 0.999
    assert half.norm() / exact.norm() == pytest.approx(1, abs=0.01)
