"""Slow, plain transcriptions of what the engine computes fast; tests hold the engine to them."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from clipasso_core.raster import StrokeBatch

Floats = NDArray[np.floating]
SAMPLES = 400  # points along a cubic where the nearest one is looked for
CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)  # of the pictures that OpenAI trained CLIP on
CLIP_DEVIATION = (0.26862954, 0.26130258, 0.27577711)


def slow_render(strokes: StrokeBatch, size: tuple[int, int]) -> Tensor:
    """The meaning of `raster.render`: every pixel against every point of every stroke.

    All of it is differentiable.
    """
    height, width = size
    # the pixels' centres: [P, 2]
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    centres = torch.stack([x, y], -1).reshape(-1, 2).to(strokes.points.dtype) + 0.5
    images = []
    for sketch in range(len(strokes.points)):
        one = strokes.select(torch.tensor(sketch))
        image = one.points.new_ones(height * width, 3)
        for chain, stroke_width, color, opacity in zip(
            one.points, one.width, one.color, one.opacity, strict=True
        ):
            # of each pixel to the chain: [P]
            cubics = [chain[first : first + 4] for first in range(0, len(chain) - 1, 3)]
            distance = torch.stack([_distance(cubic, centres) for cubic in cubics]).amin(0)
            # overlap of the pen's cross-section with the pixel's box: [P]
            half = stroke_width / 2
            far_edge = torch.minimum(distance + 0.5, half)
            near_edge = torch.maximum(distance - 0.5, -half)
            alpha = ((far_edge - near_edge).clamp_min(0) * opacity)[:, None]
            image = image * (1 - alpha) + color * alpha
        images.append(image.view(height, width, 3).permute(2, 0, 1))
    return torch.stack(images)


def _distance(cubic: Tensor, centres: Tensor) -> Tensor:
    """[P] distance of every centre to the cubic [4, 2].

    The best of many samples, then bisection on both sides of it.
    """
    with torch.no_grad():
        t = torch.linspace(0, 1, SAMPLES + 1, dtype=cubic.dtype)
        best = torch.cdist(centres, _at(cubic, t)).argmin(1).to(cubic.dtype) / SAMPLES
        low = (best - 1 / SAMPLES).clamp_min(0)
        high = (best + 1 / SAMPLES).clamp_max(1)
        for _ in range(40):  # golden section would need fewer; thirds are plainer
            left = low + (high - low) / 3
            right = high - (high - low) / 3
            from_left = (_at(cubic, left) - centres).norm(dim=1)
            from_right = (_at(cubic, right) - centres).norm(dim=1)
            nearer = from_left < from_right
            low = torch.where(nearer, low, left)
            high = torch.where(nearer, right, high)
    return ((_at(cubic, (low + high) / 2) - centres).square().sum(1) + 1e-18).sqrt()


def _at(cubic: Tensor, t: Tensor) -> Tensor:
    s = (1 - t)[:, None]
    t = t[:, None]
    return s**3 * cubic[0] + 3 * s**2 * t * cubic[1] + 3 * s * t**2 * cubic[2] + t**3 * cubic[3]


def clip_sees(
    tower: nn.Module, layers: tuple[str, ...], pictures: Tensor
) -> tuple[list[Tensor], Tensor]:
    """What the named modules of an image tower give, and the embedding.

    pictures: [B, 3, 224, 224] in 0..1.
    """
    kept: dict[str, Tensor] = {}

    def keep(layer: str) -> Callable[[nn.Module, object, Tensor], None]:
        return lambda _module, _inputs, output: kept.update({layer: output})

    handles = [tower.get_submodule(layer).register_forward_hook(keep(layer)) for layer in layers]
    try:
        embedding = tower(_normalised(pictures))
    finally:
        for handle in handles:
            handle.remove()
    return [kept[layer] for layer in layers], embedding


def _normalised(pictures: Tensor) -> Tensor:
    mean = pictures.new_tensor(CLIP_MEAN)[:, None, None]
    deviation = pictures.new_tensor(CLIP_DEVIATION)[:, None, None]
    return (pictures - mean) / deviation


def plain_vit(
    weights: dict[str, Tensor], pictures: Tensor, heads: int = 12, patch: int = 32
) -> tuple[list[Tensor], list[Tensor], Tensor]:
    """A vision transformer from its numbers alone.

    Returns tokens [B, 1 + n, D] after each block, attention [B, heads, 1 + n, 1 + n] in each, and
    the embedding.
    """

    def norm(x: Tensor, name: str) -> Tensor:
        centred = x - x.mean(-1, keepdim=True)
        deviation = (centred.square().mean(-1, keepdim=True) + 1e-5).sqrt()
        return centred / deviation * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    def linear(x: Tensor, name: str, glue: str = ".") -> Tensor:
        return x @ weights[f"{name}{glue}weight"].T + weights[f"{name}{glue}bias"]

    batch = len(pictures)
    # patches [B, n, 3 * patch * patch], then tokens [B, 1 + n, D]
    patches = nn.functional.unfold(_normalised(pictures), patch, stride=patch).transpose(1, 2)
    x = patches @ weights["conv1.weight"].flatten(1).T
    x = torch.cat([weights["class_embedding"].expand(batch, 1, -1), x], 1)
    x = norm(x + weights["positional_embedding"], "ln_pre")
    tokens: list[Tensor] = []
    attention: list[Tensor] = []
    for own in _blocks(weights):
        # [B, heads, 1 + n, D / heads] each
        projected = linear(norm(x, f"{own}.ln_1"), f"{own}.attn.in_proj", "_").chunk(3, -1)
        queries, keys, values = (
            part.view(batch, -1, heads, part.shape[-1] // heads).transpose(1, 2)
            for part in projected
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


def _blocks(weights: dict[str, Tensor]) -> list[str]:
    """The names of a transformer's blocks, in their order."""
    blocks = "transformer.resblocks."
    numbers = {int(name.split(".")[2]) for name in weights if name.startswith(blocks)}
    return [f"{blocks}{number}" for number in sorted(numbers)]


def published_relevance(attention: list[Tensor]) -> Floats:
    """The mean over blocks and heads of the attention from the class token to the patches.

    7 x 7, for one picture.
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
        ((seen - wanted) ** 2).sum() / seen.numel()
        for seen, wanted in zip(sketch_maps, target_maps, strict=True)
    )
    dot = (sketch_embedding * target_embedding).sum()
    lengths = (sketch_embedding**2).sum().sqrt() * (target_embedding**2).sum().sqrt()
    return second, third, 1 - dot / lengths


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
    terms = published_terms(sketch_maps, target_maps, sketch_embedding, target_embedding)
    return float(published_total(terms))


def random_view(generator: torch.Generator, distortion: float = 0.5, crop: float = 0.8) -> Floats:
    """From a place in a view to the place in the picture that is seen there, both -1..1: [3, 3].

    A random perspective, every corner moved inwards by up to `distortion` of half the side, then a
    random crop of that share of the area.

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
    view: Floats = perspective @ window
    return view


def seen_through(picture: Tensor, view: Floats) -> Tensor:
    """A picture [3, S, S] through a view, white outside, by bilinear interpolation."""
    side = picture.shape[-1]
    # where each of the view's pixels looks, in columns and rows of pixels' centres: [S, S] each
    centres = (np.arange(side) + 0.5) * 2 / side - 1
    x, y = np.meshgrid(centres, centres)
    u, v, w = np.einsum("ij,jhw->ihw", view, np.stack([x, y, np.ones_like(x)]))
    column = ((u / w + 1) * side - 1) / 2
    row = ((v / w + 1) * side - 1) / 2
    left = np.floor(column).astype(int)
    top = np.floor(row).astype(int)
    white = nn.functional.pad(picture, (1, 1, 1, 1), value=1.0)
    seen = torch.zeros_like(picture)
    for down in (0, 1):
        for right in (0, 1):
            share = np.abs(1 - right - (column - left)) * np.abs(1 - down - (row - top))
            rows = torch.from_numpy(np.clip(top + down, -1, side) + 1)
            columns = torch.from_numpy(np.clip(left + right, -1, side) + 1)
            seen = seen + white[:, rows, columns] * torch.from_numpy(share).to(picture.dtype)
    return seen


def published_xdog(picture: Floats) -> Floats:
    """The XDoG map of a picture [H, W, 3] in 0..1, by plain sums: 0 on edges, 1 elsewhere."""
    red, green, blue = np.moveaxis((picture - CLIP_MEAN) / CLIP_DEVIATION, -1, 0)
    grey = 0.2125 * red + 0.7154 * green + 0.0721 * blue
    difference = _blur(grey, 0.8) - 0.98 * _blur(grey, 8.0)
    tone = np.ones_like(difference)
    above = difference >= -0.1
    tone[above] = 1 + np.tanh(200 * difference[above])
    tone = tone - tone.min()
    if tone.max() == 0:
        return np.ones_like(tone)
    tone = tone / tone.max()
    whole: Floats = (tone >= otsu(tone)).astype(np.float64)
    return whole


def otsu(values: Floats) -> float:
    """The threshold that parts values in 0..1 so that the parts' means lie far apart.

    The middle of one of 256 levels (Otsu 1979): the last of the darker part.
    """
    level = np.minimum(np.floor(values * 256), 255)
    best, threshold = -1.0, 0
    for cut in range(256):
        dark, light = level[level <= cut], level[level > cut]
        if dark.size and light.size:
            between = dark.size * light.size * float(dark.mean() - light.mean()) ** 2
            if between > best:
                best, threshold = between, cut
    return (threshold + 0.5) / 256


def _blur(grey: Floats, sigma: float) -> Floats:
    """Gaussian blur with the edges mirrored, by a separable sum out to four sigmas."""
    reach = math.ceil(4 * sigma)
    kernel = np.exp(-(np.arange(-reach, reach + 1) ** 2) / (2 * sigma**2))
    kernel /= kernel.sum()
    for axis in (0, 1):
        around = [(0, 0), (0, 0)]
        around[axis] = (reach, reach)
        padded = np.pad(grey, around, mode="reflect")
        lines = [np.convolve(line, kernel, mode="valid") for line in np.moveaxis(padded, axis, -1)]
        grey = np.moveaxis(np.stack(lines), -1, axis)
    return grey


def published_start_distribution(saliency: Floats) -> Floats:
    """Softmax with temperature 0.3 over the positive cells of relevance x edges."""
    weights = np.zeros_like(saliency, dtype=np.float64)
    for cell in zip(*np.nonzero(saliency > 0), strict=True):
        weights[cell] = math.exp(saliency[cell] / 0.3)
    weights /= weights.sum()
    return weights


def published_saliency(relevance: Floats, picture: Floats) -> Floats:
    """Relevance [7, 7], bicubic to 224 and onto 0..1, on the edges of a picture [224, 224, 3]."""
    large = _bicubic(_bicubic(relevance, len(picture)).T, len(picture)).T
    onto_one: Floats = (large - large.min()) / (large.max() - large.min())
    return onto_one * (1 - published_xdog(picture))


def _bicubic(values: Floats, size: int) -> Floats:
    """Rows [n, m] stretched to [size, m] by cubic convolution, edges repeated.

    Keys 1981, with the a of torch and OpenCV.
    """
    a = -0.75
    stretched = np.zeros((size, values.shape[1]))
    for row in range(size):
        place = (row + 0.5) * len(values) / size - 0.5
        for neighbour in range(math.floor(place) - 1, math.floor(place) + 3):
            d = abs(place - neighbour)
            if d <= 1:
                weight = (a + 2) * d**3 - (a + 3) * d**2 + 1
            else:
                weight = a * d**3 - 5 * a * d**2 + 8 * a * d - 4 * a
            stretched[row] += weight * values[min(max(neighbour, 0), len(values) - 1)]
    return stretched
