"""The figures of the published program: it and the engine see the same in the same pictures."""

from __future__ import annotations

import copy
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from support import golden
from support.reference import published_saliency, published_start_distribution, published_xdog
from torch import Tensor

from clipasso_core.guide import clip
from clipasso_core.guide.clip import ClipGuide
from clipasso_core.guide.losses import loss_terms, total
from clipasso_core.optimiser.saliency import enlarged, point_distribution, xdog_map
from clipasso_core.optimiser.saliency import published_saliency as saliency_of


def guide_of(model: str, quick_gelu: bool = False) -> ClipGuide:
    """In fp32, with the numbers of the figures."""
    tower = golden.tower_of(model, quick_gelu)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clip, "_load", lambda *_: SimpleNamespace(visual=copy.deepcopy(tower)))
        return ClipGuide(f"clip:{model}:random", "cpu", "fp32")


@pytest.fixture(scope="module")
def terms_and_gradient() -> tuple[dict[str, float], Tensor]:
    """Weighted terms of the plain pair, and the gradient [3, 224, 224] of their sum."""
    guide = guide_of("RN101")
    sketch = golden.drawing().requires_grad_(True)
    with torch.no_grad():
        wanted = guide.features(golden.photograph())
    terms = loss_terms(guide.features(sketch), wanted, wanted, guide.recipe)
    total(terms, guide.recipe).sum().backward()
    assert sketch.grad is not None
    weights = {**guide.recipe.layers, "embedding": guide.recipe.embedding}
    weighted = {name: weights[name] * float(one.detach()) for name, one in terms.items()}
    return weighted, sketch.grad[0]


@pytest.fixture(scope="module")
def relevance() -> np.ndarray:
    """ViT-B/32's, [7, 7] in 0..1; OpenAI's was trained with the fast GELU."""
    return guide_of("ViT-B-32", quick_gelu=True).relevance(golden.photograph()).numpy()


@pytest.fixture(scope="module")
def canvas() -> np.ndarray:
    """[224, 224, 3]"""
    return golden.photograph()[0].permute(1, 2, 0).numpy()


def probed(whole: np.ndarray) -> np.ndarray:
    """A map [224, 224] where the figures were read."""
    return whole.ravel()[golden.PROBES]


def test_the_terms_of_the_loss(terms_and_gradient: tuple[dict[str, float], Tensor]) -> None:
    expected = {
        "layer2": golden.LAYER2,
        "layer3": golden.LAYER3,
        "embedding": golden.EMBEDDING,
    }
    assert terms_and_gradient[0] == pytest.approx(expected, abs=1e-6, rel=0)


def test_the_gradient_of_the_sketch(terms_and_gradient: tuple[dict[str, float], Tensor]) -> None:
    gradient = terms_and_gradient[1]
    assert float(gradient.norm()) == pytest.approx(golden.GRADIENT_NORM, rel=1e-5)
    read = gradient[0].flatten()[golden.PROBES].double()
    expected = torch.tensor(golden.GRADIENT, dtype=torch.float64)
    assert float(torch.cosine_similarity(read, expected, dim=0)) > 0.999999


def test_relevance_is_the_attention_of_the_fast_gelu(relevance: np.ndarray) -> None:
    assert probed(enlarged(relevance)) == pytest.approx(golden.RELEVANCE, abs=1e-5)
    other = guide_of("ViT-B-32").relevance(golden.photograph()).numpy()
    assert np.abs(probed(enlarged(other)) - golden.RELEVANCE).max() > 1e-3, "it makes a difference"


def test_edges(canvas: np.ndarray) -> None:
    edges = xdog_map(canvas)
    assert edges.mean() == pytest.approx(golden.XDOG_MEAN, abs=1e-6)
    assert np.array_equal(probed(edges), golden.XDOG)
    assert np.array_equal(published_xdog(canvas.astype(np.float64)), edges), "the reference's too"


def test_where_strokes_may_start_and_how_likely(relevance: np.ndarray, canvas: np.ndarray) -> None:
    chance = point_distribution(saliency_of(relevance, canvas))
    assert np.count_nonzero(chance) == golden.START_CELLS
    assert np.abs(probed(chance) - golden.CHANCE).max() < 1e-8
    assert max(golden.CHANCE) > 1e-5, "the figures say something"
    plain = published_start_distribution(published_saliency(relevance, canvas.astype(np.float64)))
    assert np.count_nonzero(plain) == golden.START_CELLS
    assert np.abs(probed(plain) - golden.CHANCE).max() < 1e-8
