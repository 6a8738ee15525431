"""Slow, plain transcriptions of what the engine computes fast; the tests hold the engine to them."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from clipasso_core.raster import StrokeBatch

SAMPLES = 400  # points along a cubic where the nearest one is looked for


def dense_render(strokes: StrokeBatch, size: tuple[int, int]) -> Tensor:
    """Every pixel against every point of every stroke, all of it differentiable: the meaning of `raster.render`."""
    height, width = size
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    centres = torch.stack([x, y], -1).reshape(-1, 2).to(strokes.points.dtype) + 0.5  # [P, 2]
    images = []
    for points, widths, colors, opacities in zip(strokes.points, strokes.width, strokes.color, strokes.opacity, strict=True):
        image = points.new_ones(height * width, 3)
        for chain, stroke_width, color, opacity in zip(points, widths, colors, opacities, strict=True):
            distance = torch.stack([_distance(chain[i : i + 4], centres) for i in range(0, len(chain) - 1, 3)]).amin(0)
            half = stroke_width / 2
            coverage = (torch.minimum(distance + 0.5, half) - torch.maximum(distance - 0.5, -half)).clamp_min(0)
            alpha = (coverage * opacity)[:, None]
            image = image * (1 - alpha) + color * alpha
        images.append(image.view(height, width, 3).permute(2, 0, 1))
    return torch.stack(images)


def _distance(cubic: Tensor, centres: Tensor) -> Tensor:
    """[P] distance of every centre to the cubic [4, 2]: the best of many samples, then bisection on both sides of it."""
    with torch.no_grad():
        t = torch.linspace(0, 1, SAMPLES + 1, dtype=cubic.dtype)
        best = torch.cdist(centres, _at(cubic, t)).argmin(1).to(cubic.dtype) / SAMPLES
        low, high = (best - 1 / SAMPLES).clamp_min(0), (best + 1 / SAMPLES).clamp_max(1)
        for _ in range(40):  # golden section would need fewer; thirds are plainer
            left, right = low + (high - low) / 3, high - (high - low) / 3
            nearer = (_at(cubic, left) - centres).norm(dim=1) < (_at(cubic, right) - centres).norm(dim=1)
            low, high = torch.where(nearer, low, left), torch.where(nearer, right, high)
    return ((_at(cubic, (low + high) / 2) - centres).square().sum(1) + 1e-18).sqrt()


def _at(cubic: Tensor, t: Tensor) -> Tensor:
    s = (1 - t)[:, None]
    t = t[:, None]
    return s**3 * cubic[0] + 3 * s**2 * t * cubic[1] + 3 * s * t**2 * cubic[2] + t**3 * cubic[3]


def published_loss(sketch_maps: list[Tensor], target_maps: list[Tensor], sketch_embedding: Tensor, target_embedding: Tensor) -> float:
    """Layer 2 + layer 3 mean squares + 0.1 (1 - cosine), of one pair."""
    layers = sum(float(((s - t) ** 2).mean()) for s, t in zip(sketch_maps, target_maps, strict=True))
    dot = float((sketch_embedding * target_embedding).sum())
    return layers + 0.1 * (1 - dot / (float(sketch_embedding.norm()) * float(target_embedding.norm())))


def published_xdog(grey: np.ndarray) -> np.ndarray:
    """Edges (1) by XDoG with sigma 0.8, k 10, gamma 0.98, phi 200, epsilon -0.1 and Otsu's threshold, by plain sums."""
    sigma, k, gamma, phi, epsilon = 0.8, 10, 0.98, 200, -0.1
    difference = _blur(grey, sigma) - gamma * _blur(grey, sigma * k)
    tone = np.ones_like(difference)
    below = difference < epsilon
    tone[below] = 1 + np.tanh(phi * (difference[below] - epsilon))
    levels = np.clip(tone * 255, 0, 255).astype(np.uint8)
    best, threshold = -1.0, 0
    for cut in range(256):
        dark, light = levels[levels <= cut].astype(float), levels[levels > cut].astype(float)
        if len(dark) and len(light):
            between = len(dark) * len(light) * (dark.mean() - light.mean()) ** 2
            if between > best:
                best, threshold = between, cut
    return (levels <= threshold).astype(np.float32)


def _blur(grey: np.ndarray, sigma: float) -> np.ndarray:
    """Gaussian blur with the edges mirrored, by a separable sum out to four sigmas."""
    reach = math.ceil(4 * sigma)
    kernel = np.exp(-(np.arange(-reach, reach + 1) ** 2) / (2 * sigma**2))
    kernel /= kernel.sum()
    for axis in (0, 1):
        padded = np.pad(grey, [(reach, reach) if a == axis else (0, 0) for a in (0, 1)], mode="reflect")
        grey = np.apply_along_axis(lambda line: np.convolve(line, kernel, mode="valid"), axis, padded)
    return grey


def published_start_distribution(relevance: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Softmax with temperature 0.3 over the positive cells of relevance x edges."""
    product = relevance * edges
    weights = np.zeros_like(product, dtype=np.float64)
    for cell in zip(*np.nonzero(product > 0), strict=True):
        weights[cell] = math.exp(product[cell] / 0.3)
    return weights / weights.sum()
