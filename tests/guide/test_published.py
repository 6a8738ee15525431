"""The CLIP path is the published one: it computes what the formulas of the method say.

They are written down plainly in `reference`, for the same random weights. Random networks are
prepared so that a mistake can show: batch norms with statistics of their own, layers and embedding
of like weight in the loss, attention that is not the same everywhere.
"""

from __future__ import annotations

import copy
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from support.reference import (
    CLIP_DEVIATION,
    CLIP_MEAN,
    clip_sees,
    plain_vit,
    published_relevance,
    published_saliency,
    published_start_distribution,
    published_terms,
    published_total,
    published_xdog,
    random_view,
    seen_through,
    slow_render,
)
from torch import Tensor, nn

from clipasso_core.guide import clip
from clipasso_core.guide.arithmetic import native_bf16
from clipasso_core.guide.clip import ClipGuide
from clipasso_core.guide.losses import loss_terms, total
from clipasso_core.optimiser.likeness import Likeness
from clipasso_core.optimiser.saliency import point_distribution, xdog_map
from clipasso_core.optimiser.saliency import published_saliency as saliency_of
from clipasso_core.optimiser.start import published_start
from clipasso_core.optimiser.views import ViewPool
from clipasso_core.presets import PRESETS
from clipasso_core.raster import StrokeBatch

RESNET = "clip:RN101:random"
VIT = "clip:ViT-B-32:random"
LAYERS = ("layer2", "layer3")
WEIGHTS = {"layer2": 1.0, "layer3": 1.0, "embedding": 0.1}  # of the terms
WIDTH_PX = 3.0  # the published stroke
SEED = 3  # of the views
# of what they give: no term drowns the others, no attention sees one patch alone
SIZES = {"layer2": 0.1, "layer3": 0.08, "layer4": 0.25}


def tower_of(name: str) -> Any:
    import open_clip

    torch.manual_seed(1)
    return open_clip.create_model(name, pretrained=None).visual.eval().requires_grad_(False)


def guide_of(tower: nn.Module, name: str, precision: str = "fp32") -> ClipGuide:
    """The engine's guide with that tower's weights; the tower keeps its batch norms."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clip, "_load", lambda *_: SimpleNamespace(visual=copy.deepcopy(tower)))
        return ClipGuide(name, "cpu", precision)


@pytest.fixture(scope="module")
def pictures() -> Tensor:
    """[3, 3, 224, 224]: two of soft spots and hard shapes, one with little on white.

    So are photographs, and so are sketches.
    """
    generator = torch.Generator().manual_seed(0)

    def spots(size: int) -> Tensor:
        rough = torch.rand(3, 3, size, size, generator=generator)
        return nn.functional.interpolate(
            rough, size=(224, 224), mode="bicubic", align_corners=False
        )

    shapes = (spots(5).mean(1, keepdim=True) > 0.55).float()
    photographs = 0.3 + 0.4 * spots(4) + 0.2 * spots(30) - 0.4 * shapes
    sketch = 1 - (spots(12).mean(1, keepdim=True) > 0.75).float().expand(-1, 3, -1, -1)
    return torch.cat([photographs[:2], sketch[2:]]).clamp(0, 1)


@pytest.fixture(scope="module")
def resnet(pictures: Tensor) -> nn.Module:
    """RN101 whose norms have the statistics of pictures.

    A block adds little to what comes in, as trained ones do.
    """
    tower: nn.Module = tower_of("RN101")
    generator = torch.Generator().manual_seed(2)
    for name, module in tower.named_modules():
        if isinstance(module, nn.BatchNorm2d):
            size = size_of(name)
            weight = torch.rand(module.num_features, generator=generator)
            bias = torch.rand(module.num_features, generator=generator)
            module.weight.copy_((0.5 + 0.5 * weight) * size)
            module.bias.copy_((bias - 0.5) * 0.2 * size)
            module.momentum = 1.0
    with torch.no_grad():
        tower.train()(pictures)
    return tower.eval()


def size_of(norm: str) -> float:
    """Of what a batch norm of that name is to give."""
    size = 1.0
    if norm.endswith(("bn3", "downsample.1")):
        size = SIZES.get(norm.partition(".")[0], 1.0)
    if norm.startswith("layer") and norm.endswith("bn3"):
        size *= 0.1
    return size


@pytest.fixture(scope="module")
def resnet_guide(resnet: nn.Module) -> ClipGuide:
    return guide_of(resnet, RESNET)


@pytest.fixture(scope="module")
def vit() -> nn.Module:
    """ViT-B/32 whose attention has something to say."""
    model = tower_of("ViT-B-32")
    for block in model.transformer.resblocks:
        block.attn.in_proj_weight[: 2 * 768] *= 3
        block.attn.in_proj_bias.normal_(0, 0.1, generator=torch.Generator().manual_seed(4))
    tower: nn.Module = model
    return tower


@pytest.fixture(scope="module")
def vit_guide(vit: nn.Module) -> ClipGuide:
    return guide_of(vit, VIT)


def apart(ours: Tensor, expected: Tensor) -> float:
    """The largest difference, as a share of the largest value."""
    assert ours.shape == expected.shape
    return float((ours - expected).abs().max() / expected.abs().max())


def alike(one: Tensor | None, other: Tensor | None) -> float:
    assert one is not None
    assert other is not None
    return float(torch.cosine_similarity(one.flatten().double(), other.flatten().double(), dim=0))


# What the networks see


@torch.no_grad()
def test_rn101_gives_layers_two_and_three_and_the_embedding_of_the_unfolded_network(
    resnet: nn.Module, resnet_guide: ClipGuide, pictures: Tensor
) -> None:
    seen = resnet_guide.features(pictures)
    maps, embedding = clip_sees(resnet, LAYERS, pictures)
    assert tuple(seen.maps) == LAYERS
    for layer, expected in zip(LAYERS, maps, strict=True):
        assert apart(seen.maps[layer], expected) < 1e-5
        assert expected.std() > 1e-3
    assert apart(seen.embedding, embedding) < 1e-5
    norms = [module for module in resnet.modules() if isinstance(module, nn.BatchNorm2d)]
    assert norms, "the reference is not folded"


@torch.no_grad()
def test_vit_gives_the_tokens_of_its_blocks_as_grids(
    vit: nn.Module, vit_guide: ClipGuide, pictures: Tensor
) -> None:
    seen = vit_guide.features(pictures)
    blocks = ("transformer.resblocks.3", "transformer.resblocks.7")
    hooked, embedding = clip_sees(vit, blocks, pictures)
    tokens, _, plain = plain_vit(vit.state_dict(), pictures)
    assert tuple(seen.maps) == ("block4", "block8")
    by_formula = (tokens[3], tokens[7])
    for value, of_hook, of_formula in zip(seen.maps.values(), hooked, by_formula, strict=True):
        assert apart(value, grid(of_hook)) < 1e-5
        assert apart(value, grid(of_formula)) < 1e-5
    assert apart(seen.embedding, embedding) < 1e-5
    assert apart(seen.embedding, plain) < 1e-5


def grid(tokens: Tensor) -> Tensor:
    """[B, 1 + 49, D] as [B, D, 7, 7], row by row."""
    rows = [tokens[:, 1 + 7 * row : 8 + 7 * row] for row in range(7)]
    return torch.stack(rows, 2).permute(0, 3, 2, 1)


def test_pictures_are_normalised_as_clips_were(resnet_guide: ClipGuide) -> None:
    assert resnet_guide._mean.flatten().tolist() == pytest.approx(CLIP_MEAN)
    assert resnet_guide._deviation.flatten().tolist() == pytest.approx(CLIP_DEVIATION)


# The loss


@torch.no_grad()
def test_the_terms_of_the_loss_and_their_sum(
    resnet: nn.Module, resnet_guide: ClipGuide, pictures: Tensor
) -> None:
    sketches = pictures
    targets = pictures.roll(1, 0)
    seen = resnet_guide.features(sketches)
    wanted = resnet_guide.features(targets)
    terms = loss_terms(seen, wanted, wanted.select(slice(0, 1)), resnet_guide.recipe)
    whole = total(terms, resnet_guide.recipe)
    assert tuple(terms) == (*LAYERS, "embedding")
    for pair in range(3):
        maps, embedding = clip_sees(resnet, LAYERS, sketches[pair : pair + 1])
        target_maps, target_embedding = clip_sees(resnet, LAYERS, targets[pair : pair + 1])
        expected = published_terms(maps, target_maps, embedding, target_embedding)
        found = [float(value[pair]) for value in terms.values()]
        assert found == pytest.approx([float(value) for value in expected], rel=1e-4)
        assert float(whole[pair]) == pytest.approx(float(published_total(expected)), rel=1e-4)
        assert min(expected) > 1e-3, "a term that is nothing proves nothing"


# The start


@torch.no_grad()
def test_relevance_is_the_class_tokens_attention(
    vit: nn.Module, vit_guide: ClipGuide, pictures: Tensor
) -> None:
    _, attention, _ = plain_vit(vit.state_dict(), pictures[:1])
    assert len(attention) == 12
    assert attention[0].shape == (1, 12, 50, 50)
    expected = published_relevance(attention)
    is_even = expected.std() <= 0.01 * expected.mean()
    assert not is_even, "attention that is the same everywhere proves nothing"
    stretched = (expected - expected.min()) / (expected.max() - expected.min())
    assert np.abs(vit_guide.relevance(pictures[:1]).numpy() - stretched).max() < 1e-4


def test_edges_are_xdogs_cut_by_otsu(pictures: Tensor) -> None:
    for picture in pictures:
        canvas = picture.permute(1, 2, 0).numpy()
        ours = xdog_map(canvas)
        expected = published_xdog(canvas.astype(np.float64))
        assert 0.02 < 1 - expected.mean() < 0.6
        assert (ours != expected).mean() < 0.001


@torch.no_grad()
def test_the_start_is_drawn_by_softmax_over_relevance_times_edges(
    vit: nn.Module, vit_guide: ClipGuide, pictures: Tensor
) -> None:
    picture = pictures[:1]
    relevance = vit_guide.relevance(picture).numpy()
    canvas = picture[0].permute(1, 2, 0).numpy()
    saliency = saliency_of(relevance, canvas)
    _, attention, _ = plain_vit(vit.state_dict(), picture)
    expected = published_saliency(published_relevance(attention), canvas.astype(np.float64))
    same = (saliency > 0) == (expected > 0)  # but for pixels at Otsu's very threshold
    assert same.mean() > 0.999
    assert np.abs(saliency - expected)[same].max() < 1e-4
    chance = point_distribution(saliency)
    plain = published_start_distribution(expected)
    assert chance.sum() == pytest.approx(1)
    possible = same & (expected > 0)
    assert chance[possible] / plain[possible].clip(1e-12) == pytest.approx(1, rel=0.01)
    assert not chance[(expected <= 0) & same].any()
    begins = [
        published_start(saliency, 500, np.random.default_rng(seed))[:, 0] for seed in range(20)
    ]
    drawn = np.concatenate(begins).astype(int)
    first_half = np.arange(224) < 112
    left, upper = (plain * first_half).sum(), (plain * first_half[:, None]).sum()
    assert (drawn[:, 0] < 112).mean() == pytest.approx(left, abs=0.03)
    assert (drawn[:, 1] < 112).mean() == pytest.approx(upper, abs=0.03)


# The views


@pytest.fixture(scope="module")
def views() -> list[NDArray[np.floating]]:
    generator = torch.Generator().manual_seed(SEED)
    return [random_view(generator) for _ in range(4)]


def pool(views: int = PRESETS["published"].views) -> ViewPool:
    preset = PRESETS["published"]
    return ViewPool(1, views, preset.distortion, preset.crop, 224, SEED, torch.device("cpu"))


def test_sketch_and_photograph_are_seen_plainly_and_through_the_same_four_views(
    views: list[NDArray[np.floating]], pictures: Tensor
) -> None:
    seen = pool().look(pictures[:2], 0).view(2, 5, 3, 224, 224)
    for picture, (plain, *others) in zip(pictures, seen, strict=False):
        assert torch.equal(plain, picture)
        for ours, view in zip(others, views, strict=True):
            expected = seen_through(picture, view)
            assert (ours - expected).abs().max() < 1e-3
            assert (ours - picture).abs().mean() > 0.02


def test_a_view_is_a_random_perspective_and_a_crop_as_torchvision_makes_them(
    pictures: Tensor,
) -> None:
    """With a smooth picture, and tolerance.

    torchvision counts corners in whole pixels from the middle of the first.
    """
    from torchvision.transforms import functional as vision

    smooth = nn.functional.interpolate(
        pictures[:1, :, ::56, ::56], size=(224, 224), mode="bicubic", align_corners=False
    ).clamp(0, 1)[0]
    corners = [[0, 0], [223, 0], [223, 223], [0, 223]]
    moved = [[20, 9], [190, 40], [200, 215], [3, 180]]
    bent = vision.perspective(
        smooth, corners, moved, vision.InterpolationMode.BILINEAR, fill=[1.0, 1.0, 1.0]
    )
    expected = vision.resized_crop(
        bent, 11, 13, 200, 200, [224, 224], vision.InterpolationMode.BILINEAR
    )
    inwards = np.abs(np.array(moved) - np.array(corners)) / (0.5 * 112)
    # and the crop's place among the 24 px that 200 leave
    numbers = [*inwards.flatten().tolist(), 13 / 24, 11 / 24]

    class Chosen(torch.Generator):
        """Stands for a generator; what it gives is chosen here."""

    def rand(*size: int, generator: torch.Generator) -> Tensor:
        assert isinstance(generator, Chosen)
        count = int(np.prod(size))
        taken = torch.tensor(numbers[:count]).view(size)
        del numbers[:count]
        return taken

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch, "rand", rand)
        view = random_view(Chosen(), 0.5, (200 / 224) ** 2)
    inner = (slice(None), slice(2, -2), slice(2, -2))
    found = seen_through(smooth, view)
    assert (found - expected)[inner].abs().mean() < 0.01
    assert (found - smooth)[inner].abs().mean() > 0.1


# The gradient


@pytest.fixture(scope="module")
def strokes() -> Tensor:
    """[1, 6, 4, 2] canvas px."""
    generator = torch.Generator().manual_seed(5)
    middles = 40 + 144 * torch.rand(1, 6, 1, 2, generator=generator)
    return middles + 80 * (torch.rand(1, 6, 4, 2, generator=generator) - 0.5)


@pytest.fixture(scope="module")
def target(pictures: Tensor) -> Tensor:
    return pictures[2:]


def engines(
    guide: ClipGuide, target: Tensor, strokes: Tensor, views: int = 5
) -> tuple[Tensor, Tensor]:
    """Losses of the views, and the gradient of their mean."""
    likeness = Likeness(guide, target, pool(views), WIDTH_PX)
    points = strokes.clone().requires_grad_(True)
    losses = likeness.through_views(likeness.draw(points), 0)
    losses.mean().backward()
    assert points.grad is not None
    return losses.detach()[0], points.grad


@pytest.fixture(scope="module")
def ours(resnet_guide: ClipGuide, target: Tensor, strokes: Tensor) -> tuple[Tensor, Tensor]:
    return engines(resnet_guide, target, strokes)


@pytest.fixture(scope="module")
def plain(
    resnet: nn.Module, target: Tensor, strokes: Tensor, views: list[NDArray[np.floating]]
) -> tuple[list[float], dict[str, Tensor]]:
    """The reference's losses, and the gradient of the mean of each term.

    View by view, to spare memory.
    """
    points = strokes.clone().requires_grad_(True)
    count = strokes.shape[1]
    batch = StrokeBatch(
        points=points,
        width=torch.full((1, count), WIDTH_PX),
        color=torch.zeros(1, count, 3),
        opacity=torch.ones(1, count),
    )
    drawn = slow_render(batch, (224, 224))
    losses = []
    of_drawn = {name: torch.zeros_like(drawn) for name in WEIGHTS}
    for view in (None, *views):
        leaf = drawn.detach().requires_grad_(True)
        with torch.no_grad():
            wanted = clip_sees(resnet, LAYERS, through(view, target))
        seen = clip_sees(resnet, LAYERS, through(view, leaf))
        terms = published_terms(seen[0], wanted[0], seen[1], wanted[1])
        losses.append(float(published_total(terms).detach()))
        for name, value in zip(WEIGHTS, terms, strict=True):
            of_drawn[name] += torch.autograd.grad(value / 5, leaf, retain_graph=True)[0]
    return losses, {
        name: torch.autograd.grad(drawn, points, value, retain_graph=True)[0]
        for name, value in of_drawn.items()
    }


def through(view: NDArray[np.floating] | None, picture: Tensor) -> Tensor:
    """A picture [1, 3, 224, 224] in a view; None for the plain one."""
    return picture if view is None else seen_through(picture[0], view)[None]


def test_the_loss_of_a_sketch_in_every_view(
    ours: tuple[Tensor, Tensor], plain: tuple[list[float], Any]
) -> None:
    assert ours[0].tolist() == pytest.approx(plain[0], rel=1e-4)


def test_the_gradient_of_the_control_points(
    ours: tuple[Tensor, Tensor], plain: tuple[Any, dict[str, Tensor]]
) -> None:
    parts = {name: weight * plain[1][name] for name, weight in WEIGHTS.items()}
    expected = torch.stack([*parts.values()]).sum(0)
    # the untrained network magnifies what the two rasterisers round differently, 3e-5 of the white
    near = 0.9998
    assert alike(ours[1], expected) > near
    assert float(ours[1].norm() / expected.norm()) == pytest.approx(1, abs=0.005)
    for name, part in parts.items():
        is_noticed = alike(expected - part, expected) < near
        assert is_noticed, f"the comparison would not notice if {name} were missing"


def test_the_gradient_of_a_picture_through_vit(
    vit: nn.Module, vit_guide: ClipGuide, pictures: Tensor
) -> None:
    def weigh(first: Tensor, second: Tensor, embedding: Tensor) -> Tensor:
        return (first**2).mean() + (second**2).mean() + embedding.sum()

    one, other = (pictures[:1].clone().requires_grad_(True) for _ in range(2))
    tokens, _, embedding = plain_vit(vit.state_dict(), one)
    seen = vit_guide.features(other)
    weigh(tokens[3][:, 1:], tokens[7][:, 1:], embedding).backward()
    weigh(seen.maps["block4"], seen.maps["block8"], seen.embedding).backward()
    assert alike(one.grad, other.grad) > 0.9999


def test_sixteen_bits_point_the_same_way(
    resnet: nn.Module, resnet_guide: ClipGuide, target: Tensor, strokes: Tensor
) -> None:
    """With the plain view alone where the processor has no bf16 of its own.

    All views come to the same there, and take ten times as long.
    """
    views = 5 if native_bf16() else 1
    losses, gradient = engines(guide_of(resnet, RESNET, "bf16"), target, strokes, views)
    exact_losses, exact = engines(resnet_guide, target, strokes, views)
    assert alike(gradient, exact) > 0.99
    assert losses.tolist() == pytest.approx(exact_losses.tolist(), rel=0.01)
