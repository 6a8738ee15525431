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

    mean, deviation: the picture is normalised by, as for CLIP, so that its grey goes below 0.
    luma: share of red, green and blue in the grey (ITU-R BT.709).
    sigma: of the fine blur, px. ratio: of the coarse blur to it. gamma: share of the coarse blur
        that is taken away.
    epsilon: a difference below it is white; phi: how steeply the tone follows any other.
    levels: of tone, among which Otsu's threshold is looked for.
    flat: grey values that differ by less are one: rounding is no edge.
    """

    mean: tuple[float, float, float] = (0.48145466, 0.4578275, 0.40821073)
    deviation: tuple[float, float, float] = (0.26862954, 0.26130258, 0.27577711)
    luma: tuple[float, float, float] = (0.2125, 0.7154, 0.0721)
    sigma: float = 0.8
    ratio: float = 10.0
    gamma: float = 0.98
    phi: float = 200.0
    epsilon: float = -0.1
    levels: int = 256
    flat: float = 1e-6


def xdog_map(canvas: np.ndarray, settings: XDoG = XDoG()) -> np.ndarray:
    """0 on an edge, 1 elsewhere: [H, W] from a canvas [H, W, 3] in 0..1.

    As the published program computes it, which is not quite as Winnemoller et al. do: a strongly
    negative difference counts as white, not as black.
    """
    # grey of the normalised picture, and its difference of Gaussians: [H, W] each
    grey = ((canvas - settings.mean) / settings.deviation @ settings.luma).astype(np.float32)
    fine = cv2.GaussianBlur(grey, (0, 0), settings.sigma)
    coarse = cv2.GaussianBlur(grey, (0, 0), settings.sigma * settings.ratio)
    difference = fine - settings.gamma * coarse
    # tone, [H, W], in the end in 0..1
    soft = 1 + np.tanh(settings.phi * difference)
    tone = np.where(difference < settings.epsilon, 1.0, soft)
    tone -= tone.min()
    if np.ptp(grey) < settings.flat or not tone.any():  # a picture without contrast
        return np.ones_like(grey)
    tone /= tone.max()
    # the middle of the level up to which tones are dark by Otsu
    level = np.minimum(tone * settings.levels, settings.levels - 1).astype(np.uint8)
    darkest, _ = cv2.threshold(level, 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    threshold = (darkest + 0.5) / settings.levels
    light: np.ndarray = tone >= threshold
    return light.astype(np.float32)


def enlarged(relevance: np.ndarray) -> np.ndarray:
    """Relevance [h, w] as a map of the canvas: [224, 224], put onto 0..1."""
    size = CANVAS_PX, CANVAS_PX
    large = cv2.resize(relevance.astype(np.float32), size, interpolation=cv2.INTER_CUBIC)
    stretched: np.ndarray = (large - large.min()) / max(float(np.ptp(large)), 1e-12)
    return stretched


def published_saliency(relevance: np.ndarray, canvas: np.ndarray) -> np.ndarray:
    """Relevance [h, w], enlarged, on the edges of the canvas [224, 224, 3] in 0..1; 0 elsewhere
    (paper, section 3.3).
    """
    salient: np.ndarray = enlarged(relevance) * (1 - xdog_map(canvas))
    return salient


def point_distribution(saliency: np.ndarray, temperature: float = 0.3) -> np.ndarray:
    """Softmax over the cells with saliency; the others have none (paper, section 3.3). Sums to
    1.
    """
    weight = np.where(saliency > 0, np.exp((saliency - saliency.max()) / temperature), 0.0)
    total = weight.sum()
    return weight / total if total > 0 else np.full(saliency.shape, 1 / saliency.size)
