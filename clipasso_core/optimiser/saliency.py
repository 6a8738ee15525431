"""Where a sketch should have its strokes: what the guide finds relevant, and where the picture has
edges.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from clipasso_core.frame import CANVAS_PX


@dataclass(frozen=True)
class XDoG:
    """Extended difference of Gaussians (Winnemoller et al. 2012); the numbers are the published
    method's.
    """

    sigma: float = 0.8
    ratio: float = 10.0
    gamma: float = 0.98
    phi: float = 200.0
    epsilon: float = -0.1


def edge_map(grey: np.ndarray, settings: XDoG = XDoG()) -> np.ndarray:
    """1 on an edge, 0 elsewhere: [H, W] from grey values [H, W] in 0..1, cut at Otsu's
    threshold.
    """
    grey = grey.astype(np.float32)
    fine = cv2.GaussianBlur(grey, (0, 0), settings.sigma)
    coarse = cv2.GaussianBlur(grey, (0, 0), settings.sigma * settings.ratio)
    difference = fine - settings.gamma * coarse
    tone = np.where(
        difference < settings.epsilon,
        1 + np.tanh(settings.phi * (difference - settings.epsilon)),
        1.0,
    )
    levels = np.clip(tone * 255, 0, 255).astype(np.uint8)
    threshold, _ = cv2.threshold(levels, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    return (
        (levels <= threshold).astype(np.float32)
        if levels.min() < levels.max()
        else np.zeros_like(grey)
    )


def published_saliency(relevance: np.ndarray, canvas: np.ndarray) -> np.ndarray:
    """Relevance [h, w], enlarged and put onto 0..1, times the edges of the canvas [224, 224, 3] in
    0..1 (paper, section 3.3).
    """
    # [224, 224] in 0..1
    size = CANVAS_PX, CANVAS_PX
    large = cv2.resize(relevance.astype(np.float32), size, interpolation=cv2.INTER_CUBIC)
    large = (large - large.min()) / max(float(np.ptp(large)), 1e-12)
    salient: np.ndarray = large * edge_map(canvas.mean(2))
    return salient


def point_distribution(saliency: np.ndarray, temperature: float = 0.3) -> np.ndarray:
    """Softmax over the cells with saliency; the others have none (paper, section 3.3). Sums to
    1.
    """
    weight = np.where(saliency > 0, np.exp((saliency - saliency.max()) / temperature), 0.0)
    total = weight.sum()
    return weight / total if total > 0 else np.full(saliency.shape, 1 / saliency.size)
