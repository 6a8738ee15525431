"""The sparse renderer: pure torch, any device, no compiler.

Only pixels near a stroke are touched. Index work without gradient finds, for every (stroke, pixel) in reach, the nearest point of
the chain: chains are cut into short segments, each segment looks at the pixels of its own box, Newton steps move its parameter onto the
true curve, and the nearest one wins. What is left, one record for each stroke and pixel, is shaded and composited by
one autograd function with its gradient written out. The parameter of the nearest point needs no gradient (envelope theorem).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from clipasso_core.raster import StrokeBatch

SEGMENT_PX = 2.0  # longer ones pick the wrong of two near points in tight bends, shorter ones look at the same pixels again
MAX_SEGMENTS = 256  # a cubic, so that one runaway stroke cannot exhaust the memory
MARGIN_PX = 1.0  # half a pixel of antialiasing, half a pixel for the bend between a segment and its curve
_TIE_BITS = 20  # distances are compared to a millionth of the reach


class _Records(NamedTuple):
    """One row for each stroke and pixel in reach, sorted by sketch, pixel and stroke."""

    stroke: Tensor  # [R] index into B*N
    pixel: Tensor  # [R] index into B*H*W
    cubic: Tensor  # [R] which cubic of the chain
    t: Tensor  # [R] parameter of the nearest point, in 0..1


def render(strokes: StrokeBatch, size: tuple[int, int]) -> Tensor:
    """See `clipasso_core.raster.render`."""
    batch, count, length, _ = strokes.points.shape
    height, width = size
    points = strokes.points.reshape(batch * count, length, 2)
    half = strokes.width.reshape(-1) / 2
    records = _nearest(points.detach(), half.detach(), count, size)
    image = _Shade.apply(points, half, strokes.color.reshape(-1, 3), strokes.opacity.reshape(-1), records, batch, size)
    return image.view(batch, height, width, 3).permute(0, 3, 1, 2)


def _bernstein(t: Tensor) -> Tensor:
    s = 1 - t
    return torch.stack([s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t], -1)


def _ragged(counts: Tensor) -> tuple[Tensor, Tensor]:
    """For rows that have `counts` items each: the row of every item, and the item's place in its row."""
    row = torch.repeat_interleave(torch.arange(len(counts), device=counts.device), counts)
    start = counts.cumsum(0) - counts
    return row, torch.arange(len(row), device=counts.device) - start[row]


@torch.no_grad()
def _nearest(points: Tensor, half: Tensor, count: int, size: tuple[int, int]) -> _Records:
    """Find the records: points [S, 3K+1, 2], half [S] half-widths, S = B * count."""
    height, width = size
    length = points.shape[1]
    per_chain = (length - 1) // 3
    corner = torch.arange(per_chain, device=points.device)[:, None] * 3 + torch.arange(4, device=points.device)  # [K, 4]
    cubics = points[:, corner].reshape(-1, 4, 2)  # [C, 4, 2]

    polygon = (cubics[:, 1:] - cubics[:, :-1]).norm(dim=-1).sum(1)
    pieces = (polygon / SEGMENT_PX).ceil().clamp(1, MAX_SEGMENTS).long()
    cubic, place = _ragged(pieces)  # [T]
    step = 1 / pieces[cubic].to(points.dtype)
    t0 = place * step
    control = cubics[cubic]
    a = (_bernstein(t0)[..., None] * control).sum(1)  # [T, 2]
    edge = (_bernstein(t0 + step)[..., None] * control).sum(1) - a
    reach = half[cubic // per_chain] + MARGIN_PX

    limit = points.new_tensor([width, height])
    low = (torch.minimum(a, a + edge) - reach[:, None]).floor().clamp_min(0).minimum(limit)
    high = (torch.maximum(a, a + edge) + reach[:, None]).ceil().clamp_min(0).minimum(limit)
    box = (high - low).long()  # [T, 2]
    low = low.long()
    segment, place = _ragged(box[:, 0] * box[:, 1])  # [Q] candidates
    row = torch.div(place, box[:, 0][segment], rounding_mode="floor")
    corner_xy = low[segment]
    x = corner_xy[:, 0] + place - row * box[:, 0][segment]
    y = corner_xy[:, 1] + row
    px = x + 0.5 - a[:, 0][segment]
    py = y + 0.5 - a[:, 1][segment]
    ex, ey = edge[:, 0][segment], edge[:, 1][segment]
    along = ((px * ex + py * ey) / (ex * ex + ey * ey).clamp_min(1e-12)).clamp(0, 1)
    nearness = ((px - along * ex).square() + (py - along * ey).square()) / reach.square()[segment]
    keep = (nearness < 1).nonzero()[:, 0]

    segment = segment[keep]
    owner = cubic[segment]  # [R'] cubic of each candidate
    stroke = owner // per_chain
    pixel = torch.div(stroke, count, rounding_mode="floor") * (height * width) + y[keep] * width + x[keep]
    t, square = _newton(cubics, owner, t0[segment] + along[keep] * step[segment], _centres(pixel, size, points.dtype))
    # One sort serves both ends: of a stroke's candidates for a pixel the nearest comes first, and strokes come in composite order.
    near = (square / reach.square()[segment] * (1 << _TIE_BITS)).clamp_max((1 << _TIE_BITS) - 1).long()
    key, order = (((pixel * count + stroke % count) << _TIE_BITS) + near).sort(stable=True)
    key = key >> _TIE_BITS
    first = torch.ones_like(key, dtype=torch.bool)
    first[1:] = key[1:] != key[:-1]
    order = order[first]
    return _Records(stroke[order], pixel[order], (owner % per_chain)[order], t[order])


def _centres(pixel: Tensor, size: tuple[int, int], dtype: torch.dtype) -> Tensor:
    height, width = size
    inside = pixel % (height * width)
    return torch.stack([inside % width, torch.div(inside, width, rounding_mode="floor")], -1).to(dtype) + 0.5  # [R, 2]


def _newton(cubics: Tensor, owner: Tensor, t: Tensor, centre: Tensor, rounds: int = 2) -> tuple[Tensor, Tensor]:
    """Move each t towards the nearest point of its cubic `cubics[owner]`; a step that does not bring it nearer is not taken.

    Returns t and the squared distance there. Coordinates are kept apart: flat vectors are what the processor is quick with.
    """
    p0, p1, p2, p3 = cubics.unbind(1)
    powers = torch.cat([p0, 3 * (p1 - p0), 3 * (p2 - 2 * p1 + p0), p3 - 3 * p2 + 3 * p1 - p0], 1).T.contiguous()  # [8, C]
    x0, y0, x1, y1, x2, y2, x3, y3 = powers.index_select(1, owner)  # [8, R]
    x0, y0 = x0 - centre[:, 0], y0 - centre[:, 1]
    away_x, away_y = ((x3 * t + x2) * t + x1) * t + x0, ((y3 * t + y2) * t + y1) * t + y0
    square = away_x * away_x + away_y * away_y
    for _ in range(rounds):
        speed_x, speed_y = (3 * x3 * t + 2 * x2) * t + x1, (3 * y3 * t + 2 * y2) * t + y1
        slope = away_x * speed_x + away_y * speed_y
        bend = away_x * (6 * x3 * t + 2 * x2) + away_y * (6 * y3 * t + 2 * y2)
        curve = speed_x * speed_x + speed_y * speed_y + bend
        trial = torch.where(curve > 1e-9, t - slope / curve.clamp_min(1e-9), t).clamp(0, 1)
        trial_x, trial_y = ((x3 * trial + x2) * trial + x1) * trial + x0, ((y3 * trial + y2) * trial + y1) * trial + y0
        trial_square = trial_x * trial_x + trial_y * trial_y
        better = trial_square < square
        t, square = torch.where(better, trial, t), torch.where(better, trial_square, square)
        away_x, away_y = torch.where(better, trial_x, away_x), torch.where(better, trial_y, away_y)
    return t, square


class _Shade(torch.autograd.Function):
    """Coverage of every record and the ordered composite over white, with the gradient written out.

    Sums over records go through one-dimensional `index_add_`, which is fast and, on a CPU, always adds in the same order.
    """

    @staticmethod
    def forward(
        ctx: Any, points: Tensor, half: Tensor, color: Tensor, opacity: Tensor, records: _Records, batch: int, size: tuple[int, int]
    ) -> Tensor:
        stroke, pixel, cubic, t = records
        length = points.shape[1]
        basis = _bernstein(t)  # [R, 4]
        corner = (stroke * length + cubic * 3)[:, None] + torch.arange(4, device=points.device)  # [R, 4]
        away = (basis[..., None] * points.reshape(-1, 2)[corner]).sum(1) - _centres(pixel, size, points.dtype)
        distance = away.square().sum(1).sqrt()
        reach = half[stroke]
        coverage = (torch.minimum(distance + 0.5, reach) - torch.maximum(distance - 0.5, -reach)).clamp_min(0)
        alpha = coverage * opacity[stroke]
        paint = color[stroke]

        rounds = _rounds(pixel)
        image = points.new_ones(batch * size[0] * size[1], 3)
        below = torch.empty_like(paint)
        for turn in rounds:
            where = pixel[turn]
            under = image[where]
            below[turn] = under
            image[where] = under + alpha[turn, None] * (paint[turn] - under)
        ctx.save_for_backward(stroke, pixel, corner, basis, away, distance, reach, coverage, opacity, paint, below)
        ctx.rounds, ctx.shape = rounds, points.shape
        return image

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        stroke, pixel, corner, basis, away, distance, reach, coverage, opacity, paint, below = ctx.saved_tensors
        grad = grad.clone()
        alpha = (coverage * opacity[stroke])[:, None]
        grad_alpha = torch.empty_like(coverage)
        grad_paint = torch.empty_like(paint)
        for turn in reversed(ctx.rounds):
            where = pixel[turn]
            above = grad[where]
            grad_paint[turn] = above * alpha[turn]
            grad_alpha[turn] = (above * (paint[turn] - below[turn])).sum(1)
            grad[where] = above * (1 - alpha[turn])

        live = coverage > 0
        upper = distance + 0.5 < reach  # the pen's far edge lies beyond the pixel's box
        lower = distance - 0.5 > -reach  # the pixel's box ends before the pen's other edge
        grad_coverage = grad_alpha * opacity[stroke] * live
        grad_distance = grad_coverage * (upper.to(grad.dtype) - lower.to(grad.dtype))
        pull = (grad_distance / distance.clamp_min(1e-9))[:, None] * away  # [R, 2]

        def total(values: Tensor, index: Tensor, count: int) -> Tensor:
            return values.new_zeros(count).index_add_(0, index.reshape(-1), values.reshape(-1))

        strokes, length, _ = ctx.shape
        grad_points = torch.stack([total(basis * pull[:, axis, None], corner, strokes * length) for axis in (0, 1)], -1).view(ctx.shape)
        grad_half = grad_color = grad_opacity = None
        _, wants_half, wants_color, wants_opacity, *_ = ctx.needs_input_grad
        if wants_half:
            grad_half = total(grad_coverage * ((~upper).to(grad.dtype) + (~lower).to(grad.dtype)), stroke, strokes)
        if wants_color:
            grad_color = torch.stack([total(grad_paint[:, band], stroke, strokes) for band in range(3)], -1)
        if wants_opacity:
            grad_opacity = total(grad_alpha * coverage, stroke, strokes)
        return grad_points, grad_half, grad_color, grad_opacity, None, None, None


def _rounds(pixel: Tensor) -> list[Tensor]:
    """Records by their depth in their pixel: each round touches a pixel once, the lowest strokes first."""
    place = torch.arange(len(pixel), device=pixel.device)
    new = torch.ones_like(pixel, dtype=torch.bool)
    new[1:] = pixel[1:] != pixel[:-1]
    depth = place - torch.where(new, place, 0).cummax(0).values
    order = depth.argsort(stable=True)
    return list(order.split(torch.bincount(depth).tolist())) if len(pixel) else []
