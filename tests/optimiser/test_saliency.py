"""Strokes start where the subject is."""

from __future__ import annotations

import numpy as np
import pytest
from support.pictures import disc
from support.reference import published_start_distribution, published_xdog

from clipasso_core.optimiser.saliency import (
    XDoG,
    point_distribution,
    published_saliency,
    xdog_map,
)
from clipasso_core.optimiser.start import EdgeMap, published_start


def test_edges_are_those_of_the_published_xdog() -> None:
    canvas = disc()[0]
    noise = np.random.default_rng(0).standard_normal(canvas.shape)
    canvas = np.clip(canvas + 0.02 * noise, 0, 1).astype(np.float32)
    ours, plain = xdog_map(canvas), published_xdog(canvas.astype(np.float64))
    assert 0.005 < 1 - plain.mean() < 0.5
    assert (ours != plain).mean() < 0.001
    other = xdog_map(canvas, XDoG(mean=(0, 0, 0), deviation=(1, 1, 1)))
    assert (other != plain).mean() > 0.01, "of the picture as CLIP takes it, not of 0..1"


@pytest.mark.parametrize("grey", [0.0, 0.4487, 0.5, 1.0])
def test_a_picture_without_contrast_has_no_edges(grey: float) -> None:
    flat = np.full((224, 224, 3), grey, np.float32)
    assert (xdog_map(flat) == 1).all()
    assert (published_xdog(np.full((9, 9, 3), 1.0)) == 1).all()


def test_published_points_follow_relevance_times_edges() -> None:
    canvas, _ = disc()
    relevance = np.zeros((7, 7), np.float32)
    relevance[:, 4:] = 1
    saliency = published_saliency(relevance, canvas)
    chance = point_distribution(saliency)
    assert np.allclose(chance, published_start_distribution(saliency), atol=1e-9)
    on_an_edge = xdog_map(canvas) == 0
    assert not chance[~on_an_edge].any()
    strokes = published_start(saliency, 40, np.random.default_rng(0))
    assert strokes.shape == (40, 4, 2)
    firsts = strokes[:, 0].astype(int)
    assert len({tuple(point) for point in firsts.tolist()}) == 40, "drawn without replacement"
    assert all(chance[y, x] > 0 for x, y in firsts)
    assert np.abs(np.diff(strokes, axis=1)).max() <= 0.025 * 224 + 1e-9


def test_a_picture_without_edges_still_gets_its_strokes() -> None:
    blank, nothing = np.ones((224, 224, 3), np.float32), np.zeros((224, 224), np.float32)
    assert published_start(np.zeros((224, 224)), 5, np.random.default_rng(0)).shape == (5, 4, 2)
    assert EdgeMap(blank, nothing).lay(5, np.random.default_rng(0)).shape == (5, 4, 2)


@pytest.mark.parametrize("count", [1, 4, 16, 64, 256])
def test_edge_strokes_lie_along_the_edges(count: int) -> None:
    canvas, mask = disc()
    strokes = EdgeMap(canvas, mask).lay(count, np.random.default_rng(0))
    assert strokes.shape == (count, 4, 2)
    t = np.linspace(0, 1, 20)[:, None]
    basis = np.concatenate([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3], 1)
    points = (basis @ strokes).reshape(-1, 2)
    off_rim = np.abs(np.hypot(points[:, 0] - 112, points[:, 1] - 112) - 70)
    off_seam = np.abs(points[:, 0] - 112)
    assert np.quantile(np.minimum(off_rim, off_seam), 0.95) < 6


def test_edge_strokes_spread_over_the_subject() -> None:
    canvas, mask = disc()
    strokes = EdgeMap(canvas, mask).lay(12, np.random.default_rng(0))
    middles = strokes.mean(1) - 112
    rim = middles[np.hypot(*middles.T) > 40]
    around = np.sort(np.arctan2(rim[:, 1], rim[:, 0]))
    gaps = np.diff(np.append(around, around[0] + 2 * np.pi))
    assert gaps.max() < np.pi / 2


def test_seeds_start_differently_and_one_seed_always_alike() -> None:
    canvas, mask = disc()
    first, again, other = (
        EdgeMap(canvas, mask).lay(8, np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
