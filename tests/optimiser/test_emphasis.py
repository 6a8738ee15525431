"""What a person finds important gets more of the strokes and of the loss, what is not gets none."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from support.discs import starts
from support.pictures import disc

from clipasso_core.guide import Guide
from clipasso_core.optimiser.emphasis import Emphasis, Heed
from clipasso_core.optimiser.layout import SaliencyLayout
from clipasso_core.optimiser.likeness import Likeness
from clipasso_core.optimiser.start import EdgeMap
from clipasso_core.optimiser.views import ViewPool
from clipasso_core.strokes import sampled

SEEDS = range(8)
STROKES = 16
TOP = np.zeros((224, 224), bool)
TOP[:92] = True  # about a third of the disc


def greys(white: np.ndarray | None = None, black: np.ndarray | None = None) -> np.ndarray:
    grey = np.full((224, 224), 0.5, np.float32)
    if white is not None:
        grey[white] = 1
    if black is not None:
        grey[black] = 0
    return grey


def textured() -> tuple[np.ndarray, np.ndarray]:
    """A disc with rings and spokes everywhere: there is more to draw than strokes can tell."""
    mask = disc(90)[1]
    y, x = np.mgrid[-112:112, -112:112]
    rings = np.sin(np.hypot(x, y) / 4) * np.sign(np.sin(6 * np.arctan2(y, x)))
    grey = np.where(mask > 0, 0.5 + 0.3 * rings, 1)
    return np.repeat(grey[..., None], 3, 2).astype(np.float32), mask


def length_in(chains: np.ndarray, where: np.ndarray) -> float:
    """How much of the strokes [N, 4, 2] lies there, px."""
    total = 0.0
    for chain in chains:
        points = sampled(chain)
        steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
        x, y = np.clip(points[:-1].astype(int), 0, 223).T
        total += float(steps[where[y, x]].sum())
    return total


def test_the_middle_grey_changes_nothing() -> None:
    _, mask = textured()
    emphasis = Emphasis(greys(), mask, STROKES)
    assert (emphasis.laid == 1).all()
    assert (emphasis.judged == 1).all()
    assert not emphasis.barred.any()


def test_white_counts_more_and_leaves_something_for_the_rest() -> None:
    _, mask = textured()
    for white in (TOP, mask > 0, np.arange(224)[:, None] + np.zeros((224, 224)) < 150):
        emphasis = Emphasis(greys(white=white), mask, STROKES)
        share = (mask * white).sum() / mask.sum()
        taken = (emphasis.judged * mask * white).sum() / (emphasis.judged * mask).sum()
        assert taken == pytest.approx(max(share, min(Heed().most, taken)))
        assert taken >= share
    assert Emphasis(greys(white=TOP), mask, STROKES).judged[:92].min() > 1.5


def test_a_small_place_does_not_become_a_blot() -> None:
    _, mask = textured()
    eye = np.zeros((224, 224), bool)
    eye[100:124, 100:124] = True  # room for two strokes
    few, many = (Emphasis(greys(white=eye), mask, count).laid for count in (4, 64))
    assert few[112, 112] > 3
    assert many[112, 112] < 2
    assert min(few[112, 60], many[112, 60]) > 0.4, "nor is all else passed over for its sake"


def test_black_counts_nothing_and_is_kept_clear() -> None:
    _, mask = textured()
    emphasis = Emphasis(greys(black=TOP), mask, STROKES)
    assert (emphasis.judged[TOP] == 0).all()
    assert (emphasis.judged[~TOP] == 1).all()
    assert (emphasis.barred == TOP).all()


def test_a_third_at_white_has_more_of_the_strokes() -> None:
    canvas, mask = textured()
    wanted = Emphasis(greys(white=TOP), mask, STROKES).laid
    rngs = [np.random.default_rng(seed) for seed in SEEDS]
    with_it = sum(
        length_in(EdgeMap(canvas, mask, wanted=wanted).lay(STROKES, r), TOP) for r in rngs
    )
    rngs = [np.random.default_rng(seed) for seed in SEEDS]
    without = sum(length_in(EdgeMap(canvas, mask).lay(STROKES, r), TOP) for r in rngs)
    assert with_it > 1.5 * without


def test_no_stroke_is_laid_where_it_is_black() -> None:
    canvas, mask = textured()
    edges = EdgeMap(canvas, mask, wanted=Emphasis(greys(black=TOP), mask, STROKES).laid)
    laid = np.concatenate([edges.lay(STROKES, np.random.default_rng(seed)) for seed in SEEDS])
    assert length_in(laid, TOP) < 0.02 * length_in(laid, ~TOP)


def test_the_published_start_heeds_it_too() -> None:
    _, mask = textured()
    layout = SaliencyLayout(mask, "saliency", Emphasis(greys(black=TOP), mask, STROKES).laid)
    laid = layout.lay(64, np.random.default_rng(0), [], 64)
    assert (laid[:, 0, 1] >= 92).all()
    blind = SaliencyLayout(mask, "saliency").lay(64, np.random.default_rng(0), [], 64)
    assert (blind[:, 0, 1] < 92).any()


@pytest.mark.parametrize("turn", [0, 1])
def test_the_loss_looks_where_it_matters(lite: Guide, turn: int) -> None:
    target = torch.tensor(disc()[0]).permute(2, 0, 1)[None]
    left = torch.zeros(1, 1, 224, 224)
    left[..., :100] = 1
    pool = ViewPool(2, 2, 0.25, 0.8, 224, 0, lite.device)

    def losses(weight: torch.Tensor | None, points: torch.Tensor) -> torch.Tensor:
        likeness = Likeness(lite, target, pool, 3.0, weight=weight)
        return likeness.through_views(likeness.draw(points[None]), turn)[0]

    sketch = starts(count=12)[0]
    is_left = sketch[..., 0].mean(1) < 112
    lacks_left, lacks_right = sketch[~is_left], sketch[is_left]
    plain = losses(None, lacks_left) - losses(None, lacks_right)
    heeding = losses(left, lacks_left) - losses(left, lacks_right)
    assert (heeding > plain + 0.1).all(), "what is missing on the left counts in every view"
    even = losses(torch.ones_like(left), sketch)
    assert torch.allclose(even, losses(None, sketch), rtol=1e-4)
