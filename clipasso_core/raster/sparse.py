"""The sparse renderer: pure torch, any device, no compiler.

Only pixels near a stroke are touched. Index work without gradient finds, for every (stroke, pixel)
in reach, the nearest point of the chain: chains are cut into straight segments, each segment looks
at the pixels beside it, row by row, Newton steps move its parameter onto the true curve, and the
nearest one wins. What is left, one record for each stroke and pixel, is shaded and composited by
one autograd function with its gradient written out. The parameter of the nearest point needs no
gradient (envelope theorem).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from clipasso_core.raster import StrokeBatch

# a segment's distance from its curve, at most: a longer one would pick the wrong of two near points
# in tight bends
BEND_PX = 0.1
MAX_SEGMENTS = 256  # a cubic, so that one runaway stroke cannot exhaust the memory
# half a pixel of antialiasing, half a pixel for the bend between a segment and its curve
MARGIN_PX = 1.0
# sine of the angle to an axis below which a segment is tilted that much: no row is crossed at
# infinity
LEVEL = 1e-3
# share of a Newton step's divisor that a bend towards the pixel leaves at least: near its centre
# steps would be endless
STEEP = 0.15
_TIE_BITS = 20  # distances are compared to a millionth of the reach
# devices whose sort is wrong for whole numbers from 2**24 on
SMALL_KEYS = ("mps",)


class _Records(NamedTuple):
    """One row for each stroke and pixel in reach, sorted by sketch, pixel and stroke."""

    stroke: Tensor  # [R] index into B*N
    pixel: Tensor  # [R] index into B*H*W
    cubic: Tensor  # [R] index into B*N*K
    t: Tensor  # [R] parameter of the nearest point, in 0..1
    away_x: Tensor  # [R] from the pixel's centre to the nearest point, px
    away_y: Tensor


def render(strokes: StrokeBatch, size: tuple[int, int]) -> Tensor:
    """See `clipasso_core.raster.render`."""
    batch, count, length, _ = strokes.points.shape
    height, width = size
    # all sketches' strokes in one row: [B*N, P, 2], [B*N], [B*N, 3]
    points = strokes.points.reshape(batch * count, length, 2)
    half = strokes.width.reshape(-1) / 2
    color = strokes.color.reshape(-1, 3)
    records = _nearest(points.detach(), half.detach(), count, size)
    if not color.requires_grad and bool((color == color[:, :1]).all()):
        color = color[:, :1]  # greys have one band, and nearly all sketches are black
    # [B*H*W, bands]
    image: Tensor = _Shade.apply(
        points, half, color, strokes.opacity.reshape(-1), records, batch * height * width
    )
    return image.view(batch, height, width, -1).permute(0, 3, 1, 2).expand(-1, 3, -1, -1)


def _bernstein(t: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    s = 1 - t
    return s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t


def _ragged(counts: Tensor) -> tuple[Tensor, Tensor]:
    """For rows of `counts` items each: the row of every item, and the item's place in its row."""
    row = torch.repeat_interleave(counts)
    start = counts.cumsum(0) - counts
    return row, torch.arange(len(row), device=counts.device) - start[row]


class _Spans(NamedTuple):
    """Stretches of pixels beside a segment, one for each row of pixels that it reaches."""

    segment: Tensor  # [S]
    row: Tensor  # [S]
    first: Tensor  # [S] column
    pixels: Tensor  # [S] how many, from there to the right


@torch.no_grad()
def _nearest(points: Tensor, half: Tensor, count: int, size: tuple[int, int]) -> _Records:
    """Find the records: points [S, 3K+1, 2], half [S] half-widths, S = B * count."""
    height, width = size
    per_chain = (points.shape[1] - 1) // 3
    # each cubic's control points: [C, 4, 2]
    begins = torch.arange(per_chain, device=points.device)[:, None] * 3
    corner = begins + torch.arange(4, device=points.device)
    cubics = points[:, corner].reshape(-1, 4, 2)
    # straight segments [T], the chain of each, how far it reaches, the pixels beside it
    cubic, t0, step, a, edge = _segments(cubics)
    chain = torch.div(cubic, per_chain, rounding_mode="floor")
    reach = half[chain] + MARGIN_PX
    spans = _spans(a, edge, reach, chain, size)

    # Along a span the place on its segment grows evenly: by so much a pixel in x and y [S, 2], from
    # so much at the span's first pixel [S].
    of = spans.segment
    column = spans.first
    along = edge[of] / edge[of].square().sum(-1, keepdim=True).clamp_min(1e-12)
    centre = torch.stack([column, spans.row], -1).to(points.dtype) + 0.5
    begin = ((centre - a[of]) * along).sum(-1)
    # the span's row of pixels, counted through all sketches: [S]
    line = torch.div(chain[of], count, rounding_mode="floor") * height + spans.row
    # candidates, one for each pixel of a span: [Q] each
    span, place = _ragged(spans.pixels)
    segment = of[span]
    owner = cubic[segment]
    x = column[span] + place
    y = spans.row[span]
    pixel = (line * width + column)[span] + place
    # parameter of the nearest point on the segment, then on its curve: [Q]
    t = t0[segment] + (begin[span] + place * along[:, 0][span]).clamp(0, 1) * step[segment]
    t, away_x, away_y, square = _newton(cubics, owner, t, x + 0.5, y + 0.5)

    # One sort serves both ends: of a stroke's candidates for a pixel the nearest comes first, and
    # strokes come in composite order.
    stroke = torch.div(owner, per_chain, rounding_mode="floor")
    scale = 1 << _TIE_BITS
    near = (square / reach.square()[segment] * scale).clamp_max(scale - 1).long()
    owned = pixel * count + stroke % count  # a number for each pixel and stroke
    if points.device.type in SMALL_KEYS:
        order = _in_order(near, stroke % count, pixel)
        key = owned[order]
    else:
        key, order = ((owned << _TIE_BITS) + near).sort()
        key = key >> _TIE_BITS
    # of equal keys the first
    first = torch.ones_like(key, dtype=torch.bool)
    first[1:] = key[1:] != key[:-1]
    order = order[first]
    return _Records(*(value[order] for value in (stroke, pixel, owner, t, away_x, away_y)))


def _in_order(*keys: Tensor) -> Tensor:
    """The order [Q] by several keys [Q], the last one first, in sorts of small numbers."""
    order = torch.arange(len(keys[0]), device=keys[0].device)
    for key in keys:
        order = order[key[order].argsort(stable=True)]
    return order


def _segments(cubics: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Cubics [C, 4, 2] cut into straight pieces: each one's cubic, first parameter, how far the
    parameter goes, begin and edge [T, 2].
    """
    # length of the second derivative, at most: [C]
    bend = 6 * (cubics[:, 2:] - 2 * cubics[:, 1:3] + cubics[:, :2]).norm(dim=-1).amax(1)
    # how many pieces keep within `BEND_PX` of the curve: [C]
    pieces = (bend / (8 * BEND_PX)).sqrt().ceil().clamp(1, MAX_SEGMENTS).long()
    # each piece's cubic, and its stretch of the parameter: [T]
    cubic, place = _ragged(pieces)
    step = (1 / pieces.to(cubics.dtype))[cubic]
    t0 = place * step
    # the curve at both ends of it: [T, 2]
    control = cubics[cubic]
    a = (torch.stack(_bernstein(t0), 1)[..., None] * control).sum(1)
    b = (torch.stack(_bernstein(t0 + step), 1)[..., None] * control).sum(1)
    return cubic, t0, step, a, b - a


def _spans(a: Tensor, edge: Tensor, reach: Tensor, chain: Tensor, size: tuple[int, int]) -> _Spans:
    """The pixels whose nearest point of a polyline may lie on each of its segments [T, 2]: those
    beside it, and around a joint half of the wedge that opens where the line turns; at the ends of
    chains those around the pen.
    """
    height, width = size
    # length and direction of each segment: [T], [T, 2]
    length = edge.norm(dim=-1)
    way = edge / length.clamp_min(1e-9)[:, None]
    # sine of half the angle at each joint, 1 between chains: [T - 1]
    turn = (way[1:] - way[:-1]).norm(dim=-1) / 2
    # a point has no direction
    whole = (chain[1:] != chain[:-1]) | (torch.minimum(length[1:], length[:-1]) < 1e-3)
    turn = torch.where(whole, 1.0, turn)
    # how far a segment looks beyond its begin and its end: [T]
    one = turn.new_ones(1)
    before = torch.cat([one, turn]) * reach
    behind = torch.cat([turn, one]) * reach
    # the rectangle beside it: direction, middle, half its length; half its width is the reach
    cos, sin = (
        torch.where(part < 0, -1.0, 1.0) * part.abs().clamp_min(LEVEL) for part in way.unbind(-1)
    )
    middle = a + edge / 2 + way * ((behind - before) / 2)[:, None]
    along = (length + before + behind) / 2

    # the rows of pixels that the rectangle meets: first and last [T], then one a row [S]
    tall = sin.abs() * along + cos.abs() * reach
    low = (middle[:, 1] - tall - 0.5).ceil().clamp(0, height)
    high = (middle[:, 1] + tall - 0.5).floor().clamp(-1, height - 1)
    segment, row = _ragged((high - low + 1).clamp_min(0).long())
    row = row + low.long()[segment]
    # where its ends and its sides cross that row: [S]
    down = row + 0.5 - middle[:, 1][segment]
    slope, rise = (-sin / cos)[segment], (cos / sin)[segment]
    wide, deep = (along / cos.abs())[segment], (reach / sin.abs())[segment]
    from_left = torch.maximum(down * slope - wide, down * rise - deep)
    to_right = torch.minimum(down * slope + wide, down * rise + deep)
    # the first and the last column between them: [S]
    across = middle[:, 0][segment] - 0.5
    left = (across + from_left).ceil().clamp(0, width)
    right = (across + to_right).floor().clamp(-1, width - 1)
    return _Spans(segment, row, left.long(), (right - left + 1).clamp_min(0).long())


def _newton(
    cubics: Tensor, owner: Tensor, t: Tensor, x: Tensor, y: Tensor, rounds: int = 2
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Move each t towards the point of its cubic `cubics[owner]` that is nearest to (x, y); a step
    that does not bring it nearer is not taken.

    Returns t, the way to the point there and its squared length. Coordinates are kept apart: flat
    vectors are what the processor is quick with.
    """
    # coefficients of the powers of t, x and y of each from the zeroth on: [8, C], then [8, R]
    p0, p1, p2, p3 = cubics.unbind(1)
    powers = torch.cat([p0, 3 * (p1 - p0), 3 * (p2 - 2 * p1 + p0), p3 - 3 * p2 + 3 * p1 - p0], 1)
    x0, y0, x1, y1, x2, y2, x3, y3 = powers.T.contiguous().index_select(1, owner)
    # the way from (x, y) to the point at t, and its squared length: [R]
    x0 = x0 - x
    y0 = y0 - y
    away_x = ((x3 * t + x2) * t + x1) * t + x0
    away_y = ((y3 * t + y2) * t + y1) * t + y0
    square = away_x * away_x + away_y * away_y
    for _ in range(rounds):
        # slope of half the squared length along t, and the two parts of its second derivative: [R]
        speed_x = (3 * x3 * t + 2 * x2) * t + x1
        speed_y = (3 * y3 * t + 2 * y2) * t + y1
        slope = away_x * speed_x + away_y * speed_y
        bend = away_x * (6 * x3 * t + 2 * x2) + away_y * (6 * y3 * t + 2 * y2)
        speed = speed_x * speed_x + speed_y * speed_y
        # Newton's step, and the way and its length from there
        divisor = torch.maximum(speed + bend, STEEP * speed).clamp_min(1e-9)
        trial = (t - slope / divisor).clamp(0, 1)
        trial_x = ((x3 * trial + x2) * trial + x1) * trial + x0
        trial_y = ((y3 * trial + y2) * trial + y1) * trial + y0
        trial_square = trial_x * trial_x + trial_y * trial_y
        better = trial_square < square
        t = torch.where(better, trial, t)
        square = torch.where(better, trial_square, square)
        away_x = torch.where(better, trial_x, away_x)
        away_y = torch.where(better, trial_y, away_y)
    return t, away_x, away_y, square


class _Shade(torch.autograd.Function):
    """Coverage of every record and the ordered composite over white, with the gradient written out.

    Sums over records go through one-dimensional `index_add_`, which is fast and, on a CPU, always
    adds in the same order.
    """

    @staticmethod
    def forward(
        ctx: Any,
        points: Tensor,
        half: Tensor,
        color: Tensor,
        opacity: Tensor,
        records: _Records,
        pixels: int,
    ) -> Tensor:
        stroke, pixel, *_, away_x, away_y = records
        # overlap of the pen's cross-section with the pixel's box: [R]
        distance = (away_x * away_x + away_y * away_y).sqrt()
        reach = half[stroke]
        far_edge = torch.minimum(distance + 0.5, reach)
        near_edge = torch.maximum(distance - 0.5, -reach)
        coverage = (far_edge - near_edge).clamp_min(0)
        # how much of what lies below the stroke hides there: [R]
        alpha = coverage * opacity[stroke]

        # stroke upon stroke, and for the way back what lay below each: [records of a round, bands]
        rounds = _rounds(pixel)
        image = points.new_ones(pixels, color.shape[1])
        below = []
        for turn in rounds:
            where = pixel[turn]
            here = alpha[turn, None]
            under = image[where]
            below.append(under)
            image[where] = under + here * (color[stroke[turn]] - under)
        ctx.save_for_backward(*records, distance, reach, coverage, alpha, opacity, color)
        ctx.rounds = rounds
        ctx.below = below
        ctx.shape = points.shape
        return image

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        stroke, pixel, cubic, t, away_x, away_y, *others = ctx.saved_tensors
        distance, reach, coverage, alpha, opacity, color = others
        _, wants_half, wants_color, wants_opacity, *_ = ctx.needs_input_grad
        # gradients of alpha [R] and of the paint [R, bands], from the uppermost stroke down; `grad`
        # turns into that of what lies below
        grad = grad.clone()
        grad_alpha = torch.empty_like(coverage)
        grad_paint = coverage.new_empty(len(coverage), color.shape[1]) if wants_color else None
        for turn, below in zip(reversed(ctx.rounds), reversed(ctx.below), strict=True):
            where = pixel[turn]
            above = grad[where]
            if grad_paint is not None:
                grad_paint[turn] = above * alpha[turn, None]
            grad_alpha[turn] = (above * (color[stroke[turn]] - below)).sum(1)
            grad[where] = above * (1 - alpha[turn, None])

        # of the coverage and, along the way to the nearest point, of its distance: [R]
        grad_coverage = grad_alpha * opacity[stroke] * (coverage > 0)
        upper = distance + 0.5 < reach  # the pen's far edge lies beyond the pixel's box
        lower = distance - 0.5 > -reach  # the pixel's box ends before the pen's other edge
        outwards = upper.to(grad.dtype) - lower.to(grad.dtype)
        pull = grad_coverage * outwards / distance.clamp_min(1e-9)

        def total(values: Tensor, index: Tensor, count: int) -> Tensor:
            return values.new_zeros(count).index_add_(0, index, values)

        strokes, length, _ = ctx.shape
        per_chain = (length - 1) // 3
        # of the four points of each cubic, x and then y, summed over its records: [8 * R] to
        # [8 * C] to [B*N, K, 4, 2]
        basis = _bernstein(t)
        shares = torch.cat([part * (pull * away) for away in (away_x, away_y) for part in basis])
        numbers = torch.arange(8, device=t.device)[:, None]
        at = (cubic + numbers * (strokes * per_chain)).flatten()
        sums = total(shares, at, 8 * strokes * per_chain)
        of_cubics = sums.view(2, 4, strokes, per_chain).permute(2, 3, 1, 0)
        grad_points = t.new_zeros(ctx.shape)
        for place in range(per_chain):  # neighbours share a point
            grad_points[:, 3 * place : 3 * place + 4] += of_cubics[:, place]
        grad_half = grad_color = grad_opacity = None
        if wants_half:
            edges = (~upper).to(grad.dtype) + (~lower).to(grad.dtype)
            grad_half = total(grad_coverage * edges, stroke, strokes)
        if grad_paint is not None:
            bands = [total(band, stroke, strokes) for band in grad_paint.unbind(-1)]
            grad_color = torch.stack(bands, -1)
        if wants_opacity:
            grad_opacity = total(grad_alpha * coverage, stroke, strokes)
        return grad_points, grad_half, grad_color, grad_opacity, None, None


def _rounds(pixel: Tensor) -> list[Tensor]:
    """Records by their depth in their pixel: a round touches each pixel once, the lowest first."""
    # of each pixel the first record, and how many it has: [pixels that strokes reach]
    new = torch.ones_like(pixel, dtype=torch.bool)
    new[1:] = pixel[1:] != pixel[:-1]
    turn = new.nonzero()[:, 0]
    depth = torch.diff(turn, append=turn.new_tensor([len(pixel)]))
    rounds = []
    while len(turn):
        rounds.append(turn)
        # the next record of those pixels that have one
        more = depth > len(rounds)
        turn = turn[more] + 1
        depth = depth[more]
    return rounds
