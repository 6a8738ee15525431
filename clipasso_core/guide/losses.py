"""How unlike sketch and photograph are to a guide: named terms, each a value for every picture."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from clipasso_core.guide import Features, Recipe

FAINT = 0.1  # of the target's energy: weaker features count as that, see `_centred`
# as the embedding's own in the published loss: words hint, the photograph decides
TEXT_WEIGHT = 0.1


def loss_terms(
    sketch: Features, target: Features, blank: Features, recipe: Recipe, words: Tensor | None = None
) -> dict[str, Tensor]:
    """Terms by name, each [B]: every layer of the recipe, ``embedding``, and ``text`` when `words`
    [1, D] are given.

    `blank` holds the features [1, ...] of a white page, the zero point of a ``centred`` recipe.
    Where the target has weights, each position of a layer counts for so much.
    """
    terms = {}
    for layer in recipe.layers:
        seen = sketch.maps[layer]
        wanted = target.maps[layer]
        weight = None if target.weights is None else target.weights[layer]
        if recipe.kind == "published":
            terms[layer] = _squared(seen, wanted, weight)
        else:
            terms[layer] = _centred(seen - blank.maps[layer], wanted - blank.maps[layer], weight)
    if recipe.kind == "published":
        terms["embedding"] = 1 - F.cosine_similarity(sketch.embedding, target.embedding)
    else:
        terms["embedding"] = 1 - F.cosine_similarity(
            sketch.embedding - blank.embedding, target.embedding - blank.embedding
        )
    if words is not None:
        terms["text"] = 1 - F.cosine_similarity(sketch.embedding, words)
    return terms


def _squared(seen: Tensor, wanted: Tensor, weight: Tensor | None) -> Tensor:
    """The squared difference of [B, C, h, w], averaged by the weight [B, h, w] of each position."""
    square = (seen - wanted).square()
    if weight is None:
        return square.mean((1, 2, 3))
    return (square.mean(1) * weight).sum((1, 2)) / weight.sum((1, 2)).clamp_min(1e-12)


def _centred(seen: Tensor, wanted: Tensor, weight: Tensor | None) -> Tensor:
    """One minus the cosine at each position of [B, C, h, w], averaged by the target's energy there,
    and by the weight [B, h, w] if there is one.

    A cosine knows no strength: where the sketch is all but blank, its gradient grows without bound,
    and 16-bit arithmetic turns into noise. So the sketch's length is softened by a share of the
    target's; what is faint is unlike, and pulled gently. Equal features are still at zero.
    """
    # the target's strength at each position, and the sketch's, softened: [B, h, w]
    energy: Tensor = wanted.norm(dim=1)
    square = (seen.square().sum(1) + (FAINT * energy).square()) / (1 + FAINT**2)
    length = square.clamp_min(1e-24).sqrt()
    # the cosine between them: [B, h, w]
    like = (seen * wanted).sum(1) / (length * energy).clamp_min(1e-12)
    energy = energy if weight is None else energy * weight
    return ((1 - like) * energy).sum((1, 2)) / energy.sum((1, 2)).clamp_min(1e-12)


def total(terms: dict[str, Tensor], recipe: Recipe) -> Tensor:
    """The weighted sum of the terms, [B]."""
    weights = {**recipe.layers, "embedding": recipe.embedding, "text": TEXT_WEIGHT}
    return torch.stack([weights[name] * value for name, value in terms.items()]).sum(0)
