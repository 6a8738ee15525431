"""A processor's way through the embedded network is the network, there and back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from clipasso_core.guide import Features, load_guide
from clipasso_core.guide.efficientnet import HIGHEST, EfficientNetLite0
from clipasso_core.guide.lanes import Lanes
from clipasso_core.guide.lite import _network
from clipasso_core.guide.packed import Layer, can_pack

# channels, channels out, kernel, stride, padding, groups, side: those of the network, and an odd
LAYERS = [
    (6, 10, 1, 1, 0, 1, 9),
    (6, 6, 3, 1, 1, 6, 9),
    (6, 6, 5, 1, 2, 6, 7),
    (8, 8, 4, 2, 1, 8, 12),
    (8, 8, 6, 2, 2, 8, 8),
    (3, 5, 4, 2, 1, 1, 8),
]


@pytest.fixture(params=[True, False], ids=["packed", "plain"])
def packed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """With oneDNN's packed weights, and without, as where torch has none."""
    if request.param and not can_pack(torch.float32):
        pytest.skip("this torch has no oneDNN")
    monkeypatch.setattr("clipasso_core.guide.packed.can_pack", lambda dtype: request.param)
    return bool(request.param)


@pytest.fixture(scope="module")
def network() -> EfficientNetLite0:
    return _network().to(memory_format=torch.channels_last)


@pytest.fixture
def pictures() -> Tensor:
    some = torch.rand(3, 3, 224, 224, generator=torch.Generator().manual_seed(0)) * 2 - 1
    return some.contiguous(memory_format=torch.channels_last)


@pytest.mark.usefixtures("packed")
@pytest.mark.parametrize("bounded", [True, False])
@pytest.mark.parametrize("kind", LAYERS)
def test_a_layer_is_its_convolution_there_and_back(kind: tuple[int, ...], bounded: bool) -> None:
    channels, out, kernel, stride, around, groups, side = kind
    torch.manual_seed(0)
    convolution = nn.Conv2d(channels, out, kernel, stride, around, groups=groups)
    x = 4 * torch.randn(1, channels, side, side)
    x = x.contiguous(memory_format=torch.channels_last).requires_grad_(True)
    wanted = convolution(x)
    wanted = wanted.clamp(0, 6) if bounded else wanted
    pull = torch.randn_like(wanted)
    (gradient,) = torch.autograd.grad(wanted, x, pull)
    layer = Layer(convolution, x.shape, HIGHEST if bounded else None)
    with torch.no_grad():
        gave = layer(x)
        assert tuple(gave.shape) == tuple(wanted.shape) == layer.gives
        assert torch.allclose(gave, wanted, atol=1e-4)
        assert torch.allclose(layer.back(pull, gave), gradient, atol=1e-4)


@pytest.mark.usefixtures("packed")
def test_lanes_see_what_the_network_sees_and_pull_as_it_pulls(
    network: EfficientNetLite0, pictures: Tensor
) -> None:
    def pulled(
        see: Callable[[Tensor], tuple[dict[int, Tensor], Tensor]],
    ) -> tuple[list[Tensor], Tensor]:
        leaf = pictures.clone().requires_grad_(True)
        maps, embedding = see(leaf)
        seen = [*maps.values(), embedding]
        generator = torch.Generator().manual_seed(1)
        pulls = [torch.randn(one.shape, generator=generator) for one in seen]
        return seen, torch.autograd.grad(seen, leaf, pulls)[0]

    expected, gradient = pulled(network)
    seen, own = pulled(Lanes(network))
    for one, other in zip(seen, expected, strict=True):
        assert torch.allclose(one, other, atol=1e-3)
    assert F.cosine_similarity(own.flatten(), gradient.flatten(), dim=0) > 0.9999
    assert own.norm() / gradient.norm() == pytest.approx(1, abs=1e-3)


def test_a_judgement_is_the_loss_of_the_features_with_its_gradient(pictures: Tensor) -> None:
    guide = load_guide("lite", precision="fp32")
    wanted = guide.features((pictures.flip(3) + 1) / 2).detach()

    def loss(seen: Features, wanted: Features) -> Tensor:
        terms = [(seen.embedding - wanted.embedding).square().mean(1)]
        for name, value in wanted.maps.items():
            terms.append((seen.maps[name] - value).square().mean((1, 2, 3)))
        return torch.stack(terms).sum(0)

    def pulled(judge: Callable[[Tensor], Tensor]) -> tuple[Tensor, Tensor]:
        leaf = ((pictures + 1) / 2).requires_grad_(True)
        values = judge(leaf)
        (values * torch.tensor([1.0, 0.5, -2.0])).sum().backward()
        assert leaf.grad is not None
        return values.detach(), leaf.grad

    values, gradient = pulled(lambda some: guide.compare(some, wanted, loss))
    expected, of_features = pulled(lambda some: loss(guide.features(some), wanted))
    assert torch.allclose(values, expected, rtol=1e-4)
    assert torch.allclose(gradient, of_features, atol=1e-4 * float(of_features.abs().max()))


def test_what_goes_wrong_in_a_lane_is_told(pictures: Tensor) -> None:
    guide = load_guide("lite")

    def loss(_seen: Features, _wanted: Features) -> Tensor:
        raise ArithmeticError("on the way")

    with pytest.raises(ArithmeticError, match="on the way"):
        guide.compare(pictures.requires_grad_(True), guide.features(pictures).detach(), loss)


def test_a_torch_whose_packed_layers_fail_goes_without(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError("needs another processor")

    assert can_pack.__wrapped__(torch.float32) == torch.backends.mkldnn.is_available()
    monkeypatch.setattr(torch.ops.mkldnn, "_convolution_pointwise", refuse)
    assert not can_pack.__wrapped__(torch.float32)
    assert not torch.backends.mkldnn.is_available() or "another processor" in caplog.text


def test_nobody_else_gets_fewer_threads(network: EfficientNetLite0, pictures: Tensor) -> None:
    before = torch.get_num_threads()
    lanes = Lanes(network)
    with torch.no_grad():
        lanes(pictures)
    assert torch.get_num_threads() == before
