"""What a draughtsman would call untidy, measured so that strokes can be pulled away from it: lines
drawn twice, kinks, dust, and what leaves the canvas.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from clipasso_core.frame import CANVAS_PX
from clipasso_core.optimiser.sampling import sample

SAMPLES = 4, 16  # points looked at along a cubic, at least and at most
POINTS = 1000  # of a whole sketch, about: all pairs of them are looked at
BESIDE_PX = 2.5  # from this distance on, canvas px, two parallel lines are two
APART_PX = 12.0  # along a stroke, from where it may run beside itself
TIGHT_PX = 5.0  # radius below which a bend is a kink
SHORT_PX = 10.0  # length below which a stroke is dust
# Beside a guide's loss of 1 to 2. On four photographs of 16 strokes lines drawn twice fell from 19
# to 5 % of the length and knots from 0.75 a sketch to none, while more of the outline was found;
# the guide, which takes a doubled line for a strong one, was 5 % less content. With four views and
# 120 steps, which pull harder, 1.6 left 8 % doubled on 16 photographs and 2.4 left 6 %, for 1 % of
# the held-out loss. ``astray`` brought a bicycle and a pair of shoes back onto the canvas; its
# weight is not tuned.
WEIGHTS = {"doubled": 2.4, "kinks": 0.05, "dust": 0.3, "astray": 0.1}


def untidiness(points: Tensor) -> Tensor:
    """The weighted sum of the terms for sketches [B, N, 3k+1, 2] (canvas px): [B]."""
    terms = [WEIGHTS[name] * value for name, value in untidy_terms(points).items()]
    return torch.stack(terms).sum(0)


def untidy_terms(points: Tensor) -> dict[str, Tensor]:
    """Terms by name, [B] each.

    doubled: the share of all length beside another line.
    kinks: radians turned too tightly, a stroke.
    dust: the share of strokes that are too short.
    astray: px by which the line lies beyond the canvas, where no guide sees it, in the mean.
    """
    # points along the lines [B, N, S, 2], and the pieces between them: length, middle, direction
    line = _along(points)
    steps = line.diff(dim=2)
    lengths = (steps.square().sum(-1) + 1e-6).sqrt()  # [B, N, S-1]
    directions = steps / lengths[..., None]  # [B, N, S-1, 2]
    middles = (line[:, :, 1:] + line[:, :, :-1]) / 2  # [B, N, S-1, 2]
    return {
        "doubled": _doubled(middles, directions, lengths),
        "kinks": _kinks(directions, lengths).mean(1),
        "dust": (1 - lengths.sum(-1) / SHORT_PX).clamp_min(0).mean(1),
        "astray": (line - line.clamp(0, CANVAS_PX)).abs().sum(-1).mean((1, 2)),
    }


def trespass(points: Tensor, ground: Tensor) -> Tensor:
    """The share [B] of the length of sketches [B, N, 3k+1, 2] (canvas px) that lies on a ground
    [1, 1, H, W], 1 where it counts and 0 elsewhere, soft between.
    """
    line = _along(points)
    lengths = (line.diff(dim=2).square().sum(-1) + 1e-6).sqrt()  # [B, N, S-1]
    middles = (line[:, :, 1:] + line[:, :, :-1]) / 2  # [B, N, S-1, 2]
    grid = (middles.flatten(0, 1) / CANVAS_PX * 2 - 1)[None]  # [1, B * N, S-1, 2] in -1..1
    there = sample(ground, grid).view_as(lengths)
    return (there * lengths).sum((1, 2)) / lengths.sum((1, 2))


def _along(points: Tensor) -> Tensor:
    """Points along the chains, [B, N, S, 2]."""
    count, per_chain = points.shape[1], (points.shape[2] - 1) // 3
    least, most = SAMPLES
    # chains of many cubics have points enough
    least = least if count * per_chain * least <= 2 * POINTS else 2
    samples = min(most, max(least, POINTS // (count * per_chain)))
    # Bernstein's polynomials at so many parameters, [S, 4]
    t = torch.linspace(0, 1, samples, device=points.device, dtype=points.dtype)
    basis = torch.stack([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3], 1)
    # [B, N, S, 2] of each cubic; where two meet, once
    cubics = [
        basis[bool(cubic) :] @ points[:, :, 3 * cubic : 3 * cubic + 4] for cubic in range(per_chain)
    ]
    return torch.cat(cubics, 2)


def _doubled(middles: Tensor, directions: Tensor, lengths: Tensor) -> Tensor:
    """The share [B] of all length that lies beside another line.

    Which other piece lies most beside each one is found without gradient, among all pairs; only
    those pairs have one.
    """
    count, pieces = lengths.shape[1:]
    # more than can be paired in passing: a drawing of long paths, not a sketch
    if count * pieces > 2 * POINTS:
        return lengths.new_zeros(len(lengths))
    # all pieces of a sketch in one row, [B, M, 2]
    place, way = middles.flatten(1, 2), directions.flatten(1, 2)
    # how much a piece counts by its place on the stroke, [M]: strokes may meet end to end
    middle = torch.arange(pieces, device=place.device) + 0.5
    inner = torch.sin(math.pi * middle / pieces).repeat(count)
    with torch.no_grad():
        other, weight = _nearest_beside(place, way, inner, lengths)
    # the same closeness and parallelism for the chosen pairs alone, [B, M], with gradient
    partner = other[..., None].expand_as(place)
    square = (place - place.gather(1, partner)).square().sum(-1)
    parallel = (way * way.gather(1, partner)).sum(-1) ** 4
    share = torch.exp(-square / (2 * BESIDE_PX**2)) * parallel * weight
    return (share * lengths.flatten(1)).sum(1) / lengths.sum((1, 2))


def _nearest_beside(
    place: Tensor, way: Tensor, inner: Tensor, lengths: Tensor
) -> tuple[Tensor, Tensor]:
    """For each piece the index of the one that lies most beside it, and how much that counts; both
    [B, M].
    """
    count, pieces = lengths.shape[1:]
    # how much each piece lies beside each other one, [B, M, M]: near, parallel, not at an end
    beside = torch.cdist(place, place, compute_mode="use_mm_for_euclid_dist")
    beside.square_().mul_(-1 / (2 * BESIDE_PX**2)).exp_()
    beside.mul_((way @ way.transpose(1, 2)).square_().square_()).mul_(inner)
    # a stroke does not double what of it is near along itself: [B, N, S-1, S-1]
    at = lengths.cumsum(-1)
    near = (at[..., :, None] - at[..., None, :]).abs() <= APART_PX
    own = beside.view(-1, count, pieces, count, pieces).diagonal(dim1=1, dim2=3)  # [B, S-1, S-1, N]
    own.masked_fill_(near.movedim(1, -1), 0)
    # only the most: a line drawn three times is doubled once more, not four times
    most, other = beside.max(-1)
    return other, inner * inner[other] * (most > 0)


def _kinks(directions: Tensor, lengths: Tensor) -> Tensor:
    """Radians [B, N] by which each stroke turns faster than along a circle of `TIGHT_PX`."""
    # sine and cosine of the turn from each piece to the next, [B, N, S-2]
    one, other = directions[:, :, :-1], directions[:, :, 1:]
    cross = one[..., 0] * other[..., 1] - one[..., 1] * other[..., 0]
    along = (one * other).sum(-1)
    # a chain is padded with points that have no direction
    along = torch.where(along.abs() + cross.abs() > 0.1, along, torch.ones_like(along))
    # radians turned, and those that the circle would turn over as much length
    turn = torch.atan2((cross.square() + 1e-12).sqrt(), along)
    allowed = (lengths[:, :, 1:] + lengths[:, :, :-1]) / 2 / TIGHT_PX
    return F.relu(turn - allowed).sum(-1)
