"""The renderer draws what it says, with the gradients that belong to it."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

import pytest
import torch
from support.reference import slow_render
from support.strokes import SIZE, Render, black, cosine, gradients, smooth_weights, some_strokes

from clipasso_core import UserError
from clipasso_core.raster import StrokeBatch, available, diffvg, fitting, render
from clipasso_core.wording import Wording

RASTERISERS = ("sparse", "dense")  # those that are always there


def through(rasteriser: str) -> Render:
    """`render` by one rasteriser."""
    return lambda strokes, size: render(strokes, size, rasteriser)


@pytest.mark.parametrize("rasteriser", RASTERISERS)
@pytest.mark.parametrize("cubics", [1, 3])
@pytest.mark.parametrize("seed", range(4))
def test_image_is_the_reference_image(seed: int, cubics: int, rasteriser: str) -> None:
    strokes = some_strokes(seed, batch=2, cubics=cubics)
    ours = render(strokes, SIZE, rasteriser)
    reference = slow_render(strokes, SIZE)
    assert (ours - reference).abs().mean() < 0.05 / 255
    assert (ours - reference).abs().amax((0, 1)).gt(1 / 255).double().mean() < 0.005


@pytest.mark.parametrize("rasteriser", RASTERISERS)
@pytest.mark.parametrize("cubics", [1, 3])
@pytest.mark.parametrize("seed", range(4))
def test_gradients_are_the_reference_gradients(seed: int, cubics: int, rasteriser: str) -> None:
    strokes = some_strokes(seed, cubics=cubics)
    ours = gradients(through(rasteriser), strokes, smooth_weights())
    reference = gradients(slow_render, strokes, smooth_weights())
    for name, value in ours.items():
        assert cosine(value, reference[name]) >= 0.999, name
        assert value.norm() / reference[name].norm() == pytest.approx(1, abs=0.01), name


@pytest.mark.parametrize("name", ["points", "width", "color", "opacity"])
def test_gradients_are_the_finite_differences(name: str) -> None:
    strokes = some_strokes(7, count=3)
    weights = smooth_weights()
    analytic = gradients(render, strokes, weights)[name].flatten()
    numeric = torch.empty_like(analytic)
    step = 1e-5
    for i in range(len(numeric)):
        values = []
        for sign in (1, -1):
            moved = {key: value.clone() for key, value in vars(strokes).items()}
            moved[name].view(-1)[i] += sign * step
            values.append((render(StrokeBatch(**moved), SIZE) * weights).sum())
        numeric[i] = (values[0] - values[1]) / (2 * step)
    assert cosine(analytic, numeric) >= 0.999
    assert (analytic - numeric).norm() / numeric.norm() < 0.03


def test_reference_test_can_fail() -> None:
    strokes = some_strokes(0)
    thicker = StrokeBatch(strokes.points, strokes.width + 0.3, strokes.color, strokes.opacity)
    assert (render(thicker, SIZE) - slow_render(strokes, SIZE)).abs().mean() > 0.05 / 255
    wrong = gradients(render, thicker, smooth_weights())
    right = gradients(slow_render, some_strokes(1), smooth_weights())
    assert cosine(wrong["points"], right["points"]) < 0.999


@pytest.mark.parametrize("rasteriser", RASTERISERS)
def test_a_straight_stroke_has_its_width_and_round_caps(rasteriser: str) -> None:
    chain = torch.tensor([[[[20.0, 28.0], [28, 28], [36, 28], [44, 28]]]])
    image = render(black(chain, 6.0), SIZE, rasteriser)[0, 0]
    assert 1 - image[:, 32].sum() + 55 == pytest.approx(6)
    ink = (1 - image).sum()
    assert ink == pytest.approx(24 * 6 + torch.pi * 9, rel=0.01)


@pytest.mark.parametrize("rasteriser", RASTERISERS)
def test_later_strokes_lie_over_earlier_ones(rasteriser: str) -> None:
    chain = torch.tensor([[10.0, 28.0], [20, 28], [30, 28], [50, 28]])
    strokes = StrokeBatch(
        chain.expand(1, 2, 4, 2),
        torch.full((1, 2), 6.0),
        torch.tensor([[[1.0, 0, 0], [0, 0, 1.0]]]),
        torch.tensor([[1, 0.5]]),
    )
    assert render(strokes, SIZE, rasteriser)[0, :, 28, 30].tolist() == pytest.approx([0.5, 0, 0.5])


def test_a_batch_is_its_sketches_one_by_one() -> None:
    strokes = some_strokes(3, batch=3, dtype=torch.float32)
    together = render(strokes, SIZE)
    for one in range(3):
        alone = slice(one, one + 1)
        assert torch.allclose(together[alone], render(strokes.select(alone), SIZE), atol=2e-6)


@pytest.mark.parametrize("rasteriser", RASTERISERS)
def test_padding_a_chain_by_its_last_point_changes_nothing(rasteriser: str) -> None:
    strokes = some_strokes(5)
    padded = torch.cat([strokes.points, strokes.points[:, :, -1:].expand(-1, -1, 3, -1)], 2)
    longer = StrokeBatch(padded, strokes.width, strokes.color, strokes.opacity)
    assert torch.allclose(
        render(strokes, SIZE, rasteriser), render(longer, SIZE, rasteriser), atol=1e-9
    )


@pytest.mark.parametrize(
    "points",
    [[[5.0, 5.0]] * 4, [[-90.0, -90.0]] * 4, [[30.0, 28.0], [-400, 900], [500, -800], [31, 28]]],
)
@pytest.mark.parametrize("rasteriser", RASTERISERS)
def test_degenerate_strokes_give_finite_images_and_gradients(
    points: list[list[float]], rasteriser: str
) -> None:
    chain = torch.tensor(points)[None, None].requires_grad_(True)
    image = render(black(chain, 3.0), SIZE, rasteriser)
    image.sum().backward()
    assert chain.grad is not None
    assert torch.isfinite(image).all()
    assert torch.isfinite(chain.grad).all()


def test_same_strokes_give_the_same_bits() -> None:
    strokes = some_strokes(2, count=12, dtype=torch.float32)
    weights = smooth_weights().float()
    first = gradients(render, strokes, weights)
    second = gradients(render, strokes, weights)
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_dense_keeps_its_memory_whatever_the_number_of_strokes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    strokes = some_strokes(4)
    whole = render(strokes, SIZE, "dense")
    monkeypatch.setattr("clipasso_core.raster.dense.AT_ONCE", 1)  # one stroke after the other
    assert torch.equal(render(strokes, SIZE, "dense"), whole)


@pytest.mark.parametrize("cubics", [1, 96, 4 * 32, 256 * 4])
def test_a_gpu_takes_the_fused_one_for_any_strokes(
    cubics: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clipasso_core.raster.why_not_fused", lambda: None)
    assert fitting("cuda", cubics, (224, 224)) == "fused"
    assert fitting("cpu", cubics, (224, 224)) == fitting("mps", cubics, (224, 224)) == "sparse"


def test_a_gpu_without_triton_takes_dense_while_it_is_light(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "clipasso_core.raster.why_not_fused", lambda: Wording("there is no compiler")
    )
    assert fitting("cuda", 48, (224, 224)) == "dense"
    assert fitting("cuda", 256, (224, 224)) == "sparse"


def test_the_fused_one_is_refused_without_a_gpu() -> None:
    with pytest.raises(UserError, match="leave --rasteriser out"):
        render(some_strokes(0), SIZE, "fused")


def test_an_unknown_rasteriser_is_refused() -> None:
    with pytest.raises(UserError, match="sparse, dense, fused, diffvg"):
        render(some_strokes(0), SIZE, "crayon")


def test_diffvg_without_its_package_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clipasso_core.raster.available", lambda rasteriser: rasteriser != "diffvg")
    with pytest.raises(UserError, match="pydiffvg"):
        render(some_strokes(0), SIZE, "diffvg")


class Pydiffvg(ModuleType):
    """A stand-in, which remembers where it is told to draw."""

    def __init__(self) -> None:
        super().__init__("pydiffvg")
        self.told: list[object] = []
        self.Path = self.ShapeGroup = lambda *_given, **_named: None
        self.RenderFunction = SimpleNamespace(
            serialize_scene=lambda *_scene: (),
            apply=lambda width, height, *_rest: torch.ones(height, width, 4),
        )

    def set_use_gpu(self, value: bool) -> None:
        self.told.append(value)

    def set_device(self, value: torch.device) -> None:
        self.told.append(value)

    def set_print_timing(self, value: bool) -> None:
        pass


def test_diffvg_draws_where_the_strokes_are(monkeypatch: pytest.MonkeyPatch) -> None:
    package = Pydiffvg()
    monkeypatch.setitem(sys.modules, "pydiffvg", package)
    strokes = some_strokes(0)
    image = diffvg.render(strokes, SIZE)
    assert image.shape == (1, 3, *SIZE)
    assert package.told == [False, strokes.points.device]


@pytest.mark.skipif(not available("diffvg"), reason="pydiffvg is not installed")
def test_diffvg_draws_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clipasso_core.raster.diffvg.SAMPLES", 8)
    strokes = some_strokes(1, count=6, dtype=torch.float32)
    image = render(strokes, SIZE)
    assert (image - render(strokes, SIZE, "diffvg")).abs().mean() < 1 / 255
    weights = smooth_weights().float()
    ours = gradients(render, strokes, weights)
    theirs = gradients(through("diffvg"), strokes, weights)
    # diffvg's gradient of bent points is biased: it leaves out the offset curve's speed
    for name in ("width", "color", "opacity"):
        assert cosine(ours[name], theirs[name]) > 0.99, name
