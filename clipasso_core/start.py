"""The strokes that the optimiser begins with."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from clipasso_core.frame import CANVAS_PX, SUBJECT
from clipasso_core.saliency import point_distribution

JITTER = 0.05  # published: each further control point lies within +-0.025 of the canvas of the one before


def published_start(saliency: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Short random strokes at points drawn from the saliency map [224, 224] (paper, section 3.3). Returns [N, 4, 2] canvas px."""
    chance = point_distribution(saliency).ravel()
    repeat = bool(np.count_nonzero(chance) < count)  # fewer salient cells than strokes
    cells = rng.choice(chance.size, size=count, replace=repeat, p=chance)
    first = np.stack([cells % CANVAS_PX, cells // CANVAS_PX], -1).astype(np.float64)
    moves = (rng.random((count, 3, 2)) - 0.5) * JITTER * CANVAS_PX
    return np.concatenate([first[:, None], first[:, None] + np.cumsum(moves, axis=1)], axis=1)


@dataclass(frozen=True)
class EdgeStart:
    """How strokes are laid along edges.

    blur_px: of the picture before its gradient: finer texture is not worth a stroke.
    strong: edge strength, as a share of the strongest, from which all edges count the same: a dim limb is as much the subject.
    inner_gain: how much stronger than they are the edges within the outline may count: eyes and seams are dim beside the
        contrast with the white page.
    weak: a trace ends where the strength falls below this share of `strong`.
    bend: a trace ends where the edge turns by more than this cosine within a pixel.
    reach: a stroke's half length, in units of sqrt(subject area / strokes).
    spread: the radius within which a laid stroke makes others unwelcome, in the same units.
    candidates: traces to choose from, for each stroke.
    whim: how far chance may change a candidate's worth; this is what tells seeds apart.
    """

    blur_px: float = 1.5
    strong: float = 0.5
    inner_gain: float = 2.0
    weak: float = 0.12
    bend: float = 0.5
    reach: float = 0.72
    spread: float = 0.22
    candidates: int = 12
    whim: float = 0.35


def edge_start(
    canvas: np.ndarray,
    mask: np.ndarray,
    count: int,
    rng: np.random.Generator,
    settings: EdgeStart = EdgeStart(),
    there: tuple[np.ndarray, ...] = (),
) -> np.ndarray:
    """Strokes along the subject's strongest edges, spread over it.

    canvas: [224, 224, 3] in 0..1; mask: [224, 224] in 0..1. Traces many candidates along the edges, then takes, one after the
    other, the one that covers most of what is still bare. there: lines [n, 2] that are drawn already. Returns [N, 4, 2] canvas px.
    """
    strength, tangent = _edges(canvas, mask, settings)
    unit = max(8.0, math.sqrt(float((mask > SUBJECT).sum()) / count))
    traces = _candidates(strength, tangent, max(count * settings.candidates, 64), settings.reach * unit, rng, settings)
    spread = max(2.5, settings.spread * unit)
    fresh = strength**2
    for line in there:
        fresh = fresh * (1 - np.exp(-((_distance_to(line) / spread) ** 2) / 2))
    bare = fresh
    chosen: list[np.ndarray] = []
    whim = np.exp(settings.whim * rng.standard_normal(len(traces)))
    while len(chosen) < count:
        worth = np.array([bare[cells].sum() for _, cells in traces]) * whim
        best = int(worth.argmax())
        trace, _ = traces[best]
        worth[best] = 0
        whim[best] = 0
        chosen.append(_fit(trace))
        bare = bare * (1 - np.exp(-((_distance_to(trace) / spread) ** 2) / 2))
        if not worth.any():
            whim = np.exp(settings.whim * rng.standard_normal(len(traces)))
            bare = fresh
    return np.stack(chosen)


def _edges(canvas: np.ndarray, mask: np.ndarray, settings: EdgeStart) -> tuple[np.ndarray, np.ndarray]:
    """Edge strength [H, W] in 0..1 and unit tangent [H, W, 2], from the structure tensor of the colours and of the mask."""
    layers = np.concatenate([canvas, mask[..., None]], -1).astype(np.float32)
    smooth = cv2.GaussianBlur(layers, (0, 0), settings.blur_px)
    dx = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, ksize=3, scale=0.25)
    dy = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, ksize=3, scale=0.25)
    tensor = np.stack([(dx * dx).sum(-1), (dx * dy).sum(-1), (dy * dy).sum(-1)], -1)
    xx, xy, yy = np.moveaxis(cv2.GaussianBlur(tensor, (0, 0), settings.blur_px), -1, 0)
    strength = np.sqrt((xx + yy + np.sqrt((xx - yy) ** 2 + 4 * xy**2)) / 2)
    subject = (mask > SUBJECT - 0.1).astype(np.uint8)
    near = cv2.dilate(subject, np.ones((5, 5), np.uint8)) > 0
    inner = cv2.erode(subject, np.ones((9, 9), np.uint8)) > 0
    strength = np.where(near, strength, 0)
    strongest = max(float(strength.max()), 1e-9)
    within = float(np.quantile(strength[inner], 0.98)) if inner.any() else strongest
    gain = np.clip(strongest / max(within, 1e-9), 1, settings.inner_gain)
    strength = np.clip(np.where(inner, strength * gain, strength) / strongest / settings.strong, 0, 1)
    angle = 0.5 * np.arctan2(2 * xy, xx - yy) + math.pi / 2
    return strength, np.stack([np.cos(angle), np.sin(angle)], -1)


def _candidates(
    strength: np.ndarray, tangent: np.ndarray, count: int, reach: float, rng: np.random.Generator, settings: EdgeStart
) -> list[tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]]:
    """Traces [n, 2] along the edges through points drawn by strength, each with the cells (rows, columns) that it covers."""
    chance = strength.ravel().astype(np.float64) ** 2
    if not chance.any():  # a subject without edges: strokes may lie anywhere on the canvas
        chance = np.ones_like(chance)
    seeds = rng.choice(chance.size, size=count, p=chance / chance.sum())
    found = []
    for y, x in zip(*np.unravel_index(seeds, strength.shape), strict=True):
        forth = _trace(strength, tangent, x, y, 1, reach, settings)
        back = _trace(strength, tangent, x, y, -1, reach, settings)
        trace = np.array([*back[::-1], (x + 0.5, y + 0.5), *forth])
        if len(trace) < 6:  # a corner or a dot: a short straight stroke
            trace = np.array([x + 0.5, y + 0.5]) + np.arange(-4, 5)[:, None] * tangent[y, x]
        cells = np.unique(np.clip(trace.astype(int), 0, CANVAS_PX - 1), axis=0)
        found.append((trace, (cells[:, 1], cells[:, 0])))
    return found


def _trace(
    strength: np.ndarray, tangent: np.ndarray, x: int, y: int, way: int, reach: float, settings: EdgeStart
) -> list[tuple[float, float]]:
    """Steps of one pixel along the edge, from the middle of cell (x, y)."""
    px, py = x + 0.5, y + 0.5
    vx, vy = way * tangent[y, x]
    points: list[tuple[float, float]] = []
    while len(points) < reach:
        row, column = int(py), int(px)
        if not (0 <= row < CANVAS_PX and 0 <= column < CANVAS_PX) or strength[row, column] < settings.weak:
            break
        ax, ay = tangent[row, column]
        along = ax * vx + ay * vy
        if abs(along) < settings.bend:
            break
        vx, vy = (ax, ay) if along > 0 else (-ax, -ay)
        px, py = px + vx, py + vy
        points.append((px, py))
    return points


def _fit(trace: np.ndarray) -> np.ndarray:
    """The cubic [4, 2] nearest to evenly spaced points, by least squares."""
    t = np.linspace(0, 1, len(trace))[:, None]
    basis = np.concatenate([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3], 1)
    return np.linalg.lstsq(basis, trace, rcond=None)[0]


def _distance_to(trace: np.ndarray) -> np.ndarray:
    """Distance of every pixel of the canvas to the trace, px."""
    free = np.ones((CANVAS_PX, CANVAS_PX), np.uint8)
    cells = np.clip(trace.astype(int), 0, CANVAS_PX - 1)
    free[cells[:, 1], cells[:, 0]] = 0
    return cv2.distanceTransform(free, cv2.DIST_L2, 5)
