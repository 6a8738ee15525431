"""Slow, plain transcriptions of what the engine computes fast; the tests hold the engine to
them.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

SAMPLES = 400  # points along a cubic where the nearest one is looked for
CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)  # of the pictures that OpenAI trained CLIP on
CLIP_DEVIATION = (0.26862954, 0.26130258, 0.27577711)


def slow_render(strokes: Any, size: tuple[int, int]) -> Tensor:
    """Every pixel against every point of every stroke, all of it differentiable: the meaning of
    `raster.render`.

    strokes: points [B, N, 3K+1, 2], width [B, N], color [B, N, 3] and opacity [B, N].
    """
    height, width = size
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    centres = torch.stack([x, y], -1).reshape(-1, 2).to(strokes.points.dtype) + 0.5  # [P, 2]
    images = []
    for points, widths, colors, opacities in zip(
        strokes.points, strokes.width, strokes.color, strokes.opacity, strict=True
    ):
        image = points.new_ones(height * width, 3)
        for chain, stroke_width, color, opacity in zip(
            points, widths, colors, opacities, strict=True
        ):
            distance = torch.stack(
                [_distance(chain[i : i + 4], centres) for i in range(0, len(chain) - 1, 3)]
            ).amin(0)
            half = stroke_width / 2
            coverage = (
                torch.minimum(distance + 0.5, half) - torch.maximum(distance - 0.5, -half)
            ).clamp_min(0)
            alpha = (coverage * opacity)[:, None]
            image = image * (1 - alpha) + color * alpha
        images.append(image.view(height, width, 3).permute(2, 0, 1))
    return torch.stack(images)


def _distance(cubic: Tensor, centres: Tensor) -> Tensor:
    """[P] distance of every centre to the cubic [4, 2]: the best of many samples, then bisection on
    both sides of it.
    """
    with torch.no_grad():
        t = torch.linspace(0, 1, SAMPLES + 1, dtype=cubic.dtype)
        best = torch.cdist(centres, _at(cubic, t)).argmin(1).to(cubic.dtype) / SAMPLES
        low, high = (best - 1 / SAMPLES).clamp_min(0), (best + 1 / SAMPLES).clamp_max(1)
        for _ in range(40):  # golden section would need fewer; thirds are plainer
            left, right = low + (high - low) / 3, high - (high - low) / 3
            nearer = (_at(cubic, left) - centres).norm(dim=1) < (_at(cubic, right) - centres).norm(
                dim=1
            )
            low, high = torch.where(nearer, low, left), torch.where(nearer, right, high)
    return ((_at(cubic, (low + high) / 2) - centres).square().sum(1) + 1e-18).sqrt()


def _at(cubic: Tensor, t: Tensor) -> Tensor:
    s = (1 - t)[:, None]
    t = t[:, None]
    return s**3 * cubic[0] + 3 * s**2 * t * cubic[1] + 3 * s * t**2 * cubic[2] + t**3 * cubic[3]


def clip_sees(
    tower: nn.Module, layers: tuple[str, ...], pictures: Tensor
) -> tuple[list[Tensor], Tensor]:
    """What the named modules of an image tower give for pictures [B, 3, 224, 224] in 0..1, and the
    embedding.
    """
    kept: dict[str, Tensor] = {}

    def keep(layer: str) -> Any:
        return lambda _module, _inputs, output: kept.update({layer: output})

    handles = [tower.get_submodule(layer).register_forward_hook(keep(layer)) for layer in layers]
    try:
        embedding = tower(_normalised(pictures))
    finally:
        for handle in handles:
            handle.remove()
    return [kept[layer] for layer in layers], embedding


def _normalised(pictures: Tensor) -> Tensor:
    mean, deviation = (
        pictures.new_tensor(values)[:, None, None] for values in (CLIP_MEAN, CLIP_DEVIATION)
    )
    return (pictures - mean) / deviation


def plain_vit(
    weights: dict[str, Tensor], pictures: Tensor, heads: int = 12, patch: int = 32
) -> tuple[list[Tensor], list[Tensor], Tensor]:
    """A vision transformer from its numbers alone: tokens [B, 1 + n, D] after each block, attention
    [B, heads, 1 + n, 1 + n] in each, and the embedding.
    """

    def norm(x: Tensor, name: str) -> Tensor:
        centred = x - x.mean(-1, keepdim=True)
        return (
            centred
            / (centred.square().mean(-1, keepdim=True) + 1e-5).sqrt()
            * weights[f"{name}.weight"]
            + weights[f"{name}.bias"]
        )

    def linear(x: Tensor, name: str, glue: str = ".") -> Tensor:
        return x @ weights[f"{name}{glue}weight"].T + weights[f"{name}{glue}bias"]

    batch = len(pictures)
    # [B, n, 3 * patch * patch]
    patches = nn.functional.unfold(_normalised(pictures), patch, stride=patch).transpose(1, 2)
    x = patches @ weights["conv1.weight"].flatten(1).T
    x = (
        torch.cat([weights["class_embedding"].expand(batch, 1, -1), x], 1)
        + weights["positional_embedding"]
    )
    x = norm(x, "ln_pre")
    tokens, attention = [], []
    for block in range(
        1
        + max(
            int(name.split(".")[2]) for name in weights if name.startswith("transformer.resblocks.")
        )
    ):
        own = f"transformer.resblocks.{block}"
        queries, keys, values = (
            part.view(batch, -1, heads, part.shape[-1] // heads).transpose(1, 2)
            for part in linear(norm(x, f"{own}.ln_1"), f"{own}.attn.in_proj", "_").chunk(3, -1)
        )
        scores = queries @ keys.transpose(2, 3) / math.sqrt(queries.shape[-1])
        shares = (scores - scores.amax(-1, keepdim=True)).exp()
        shares = shares / shares.sum(-1, keepdim=True)
        x = x + linear((shares @ values).transpose(1, 2).flatten(2), f"{own}.attn.out_proj")
        inner = linear(norm(x, f"{own}.ln_2"), f"{own}.mlp.c_fc")
        x = x + linear(inner * (1 + torch.erf(inner / math.sqrt(2))) / 2, f"{own}.mlp.c_proj")
        tokens.append(x)
        attention.append(shares)
    return tokens, attention, norm(x[:, 0], "ln_post") @ weights["proj"]


def published_relevance(attention: list[Tensor]) -> np.ndarray:
    """The mean over blocks and heads of the attention from the class token to the patches, 7 x 7,
    for one picture.
    """
    total = np.zeros(49)
    for block in attention:
        for head in block[0].double().numpy():
            total += head[0, 1:]
    return (total / (len(attention) * attention[0].shape[1])).reshape(7, 7)


def published_terms(
    sketch_maps: list[Tensor],
    target_maps: list[Tensor],
    sketch_embedding: Tensor,
    target_embedding: Tensor,
) -> tuple[Tensor, Tensor, Tensor]:
    """Mean squares of layers 2 and 3, and 1 - cosine of the embeddings, of one pair."""
    second, third = (
        ((s - t) ** 2).sum() / s.numel() for s, t in zip(sketch_maps, target_maps, strict=True)
    )
    dot = (sketch_embedding * target_embedding).sum()
    return (
        second,
        third,
        1 - dot / ((sketch_embedding**2).sum().sqrt() * (target_embedding**2).sum().sqrt()),
    )


def published_total(terms: tuple[Tensor, Tensor, Tensor]) -> Tensor:
    """Layer 2 + layer 3 + 0.1 x the embedding's."""
    second, third, embedding = terms
    return second + third + 0.1 * embedding


def published_loss(
    sketch_maps: list[Tensor],
    target_maps: list[Tensor],
    sketch_embedding: Tensor,
    target_embedding: Tensor,
) -> float:
    """Layer 2 + layer 3 mean squares + 0.1 (1 - cosine), of one pair."""
    return float(
        published_total(
            published_terms(sketch_maps, target_maps, sketch_embedding, target_embedding)
        )
    )


def random_view(
    generator: torch.Generator, distortion: float = 0.5, crop: float = 0.8
) -> np.ndarray:
    """From a place in a view to the place in the picture that is seen there, both -1..1: a random
    perspective, every corner moved inwards by up to `distortion` of half the side, then a random
    crop of that share of the area. [3, 3].

    Random numbers are taken for the corners (x, y of each, around the picture from the top left
    one), then for the crop.
    """
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], float)
    inwards = torch.rand(4, 2, generator=generator).double().numpy() * distortion
    moved = corners - corners * inwards
    side = math.sqrt(crop)
    left, top = (-1 + torch.rand(2, generator=generator).double().numpy() * 2 * (1 - side)).tolist()
    rows = []
    # the picture's corner is seen where it was moved to
    for (u, v), (x, y) in zip(moved, corners, strict=True):
        rows += [[u, v, 1, 0, 0, 0, -x * u, -x * v, -x], [0, 0, 0, u, v, 1, -y * u, -y * v, -y]]
    perspective = np.linalg.svd(np.array(rows))[2][-1].reshape(3, 3)
    window = np.array([[side, 0, left + side], [0, side, top + side], [0, 0, 1]])
    return perspective @ window


def seen_through(picture: Tensor, view: np.ndarray) -> Tensor:
    """A picture [3, S, S] through a view, white outside, by bilinear interpolation between pixels'
    centres.
    """
    side = picture.shape[-1]
    centres = (np.arange(side) + 0.5) * 2 / side - 1
    x, y = np.meshgrid(centres, centres)
    u, v, w = np.einsum("ij,jhw->ihw", view, np.stack([x, y, np.ones_like(x)]))
    column, row = ((u / w + 1) * side - 1) / 2, ((v / w + 1) * side - 1) / 2
    white = nn.functional.pad(picture, (1, 1, 1, 1), value=1.0)
    left, top = np.floor(column).astype(int), np.floor(row).astype(int)
    seen = torch.zeros_like(picture)
    for down in (0, 1):
        for right in (0, 1):
            share = np.abs(1 - right - (column - left)) * np.abs(1 - down - (row - top))
            rows, columns = (
                torch.from_numpy(np.clip(one, -1, side) + 1) for one in (top + down, left + right)
            )
            seen = seen + white[:, rows, columns] * torch.from_numpy(share).to(picture.dtype)
    return seen


def published_xdog(grey: np.ndarray) -> np.ndarray:
    """Edges (1) by XDoG with sigma 0.8, k 10, gamma 0.98, phi 200, epsilon -0.1 and Otsu's
    threshold, by plain sums.
    """
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
        padded = np.pad(
            grey, [(reach, reach) if a == axis else (0, 0) for a in (0, 1)], mode="reflect"
        )
        grey = np.apply_along_axis(
            lambda line: np.convolve(line, kernel, mode="valid"), axis, padded
        )
    return grey


def published_start_distribution(relevance: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Softmax with temperature 0.3 over the positive cells of relevance x edges."""
    product = relevance * edges
    weights = np.zeros_like(product, dtype=np.float64)
    for cell in zip(*np.nonzero(product > 0), strict=True):
        weights[cell] = math.exp(product[cell] / 0.3)
    return weights / weights.sum()


def published_saliency(relevance: np.ndarray, grey: np.ndarray) -> np.ndarray:
    """Relevance [7, 7], bicubic to 224 and onto 0..1, times the edges of grey values [224, 224]."""
    large = _bicubic(_bicubic(relevance, len(grey)).T, len(grey)).T
    return (large - large.min()) / (large.max() - large.min()) * published_xdog(grey)


def _bicubic(values: np.ndarray, size: int) -> np.ndarray:
    """Rows [n, m] stretched to [size, m] by cubic convolution (Keys 1981, a = -0.75, as in torch
    and OpenCV), edges repeated.
    """
    a, stretched = -0.75, np.zeros((size, values.shape[1]))
    for row in range(size):
        place = (row + 0.5) * len(values) / size - 0.5
        for neighbour in range(math.floor(place) - 1, math.floor(place) + 3):
            d = abs(place - neighbour)
            weight = (
                (a + 2) * d**3 - (a + 3) * d**2 + 1
                if d <= 1
                else a * d**3 - 5 * a * d**2 + 8 * a * d - 4 * a
            )
            stretched[row] += weight * values[min(max(neighbour, 0), len(values) - 1)]
    return stretched
