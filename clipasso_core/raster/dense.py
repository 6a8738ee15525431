"""The dense renderer: pure torch with the same shapes for any strokes, so that a step on a GPU
never waits for the processor.

Every stroke looks at every pixel: the nearest of evenly spaced points of each cubic, found without
gradient, then Newton steps onto the true nearest point. A GPU does that faster than it could be
told which pixels to leave out; a processor does not (see `sparse`).
"""

from __future__ import annotations

import torch
from torch import Tensor

from clipasso_core.raster import StrokeBatch

# points of a cubic that are tried for each pixel: 4 px apart on a stroke across the whole canvas
SAMPLES = 64
ROUNDS = 3  # Newton steps from there
AT_ONCE = 1 << 26  # distances in memory together: 256 MB


def render(strokes: StrokeBatch, size: tuple[int, int]) -> Tensor:
    """See `clipasso_core.raster.render`."""
    batch, count = strokes.width.shape
    points = strokes.points.flatten(0, 1)  # [S, P, 2], S = B * count
    # the pixels' centres: [H], [W]
    y, x = (torch.arange(side, device=points.device, dtype=points.dtype) + 0.5 for side in size)
    # how many strokes at once
    some = max(1, AT_ONCE // (SAMPLES * size[0] * size[1]))
    # weights of the control points at the nearest point to each pixel: [S, H*W, P]
    with torch.no_grad():
        basis = torch.cat([_basis(part, x, y) for part in points.split(some)])
    # the nearest points: [S, H*W, 2]; their parameters need no gradient (envelope theorem)
    place = basis @ points
    # from each pixel's centre to there: [S, H, W, 2], and how far: [S, H, W]
    centre = torch.stack(torch.meshgrid(x, y, indexing="xy"), -1)
    away = place.unflatten(1, size) - centre
    distance = away.square().sum(-1).clamp_min(1e-18).sqrt()
    # overlap of the pen's cross-section with the pixel's box: [S, H, W]
    reach = strokes.width.reshape(-1, 1, 1) / 2
    far_edge = torch.minimum(distance + 0.5, reach)
    near_edge = torch.maximum(distance - 0.5, -reach)
    coverage = (far_edge - near_edge).clamp_min(0)
    # how much of what lies below each stroke hides: [B, N, 1, H, W]
    alpha = (coverage * strokes.opacity.reshape(-1, 1, 1)).view(batch, count, 1, *size)
    return _composite(1 - alpha, alpha * strokes.color[..., None, None])


def _basis(points: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Weights [S, H*W, P] of the control points [S, P, 2] at the nearest point to every pixel."""
    length = points.shape[1]
    best = basis = points.new_zeros(())
    for first in range(0, length - 1, 3):
        t, square = _nearest(points[:, first : first + 4], x, y)
        # Bernstein's polynomials, in the columns of this cubic's points: [S, H*W, P]
        s = 1 - t
        here = torch.stack([s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t], -1).flatten(1, 2)
        here = torch.nn.functional.pad(here, (first, length - first - 4))
        # where this cubic is nearer than those before it: [S, H*W, 1]
        nearer = None if first == 0 else (square < best).flatten(1)[..., None]
        basis = here if nearer is None else torch.where(nearer, here, basis)
        best = square if nearer is None else torch.minimum(square, best)
    return basis


def _nearest(cubic: Tensor, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """The point of each cubic [S, 4, 2] that is nearest to every pixel.

    Returns its parameter and its squared distance, [S, H, W] each.
    """
    # coefficients of the powers of t, from the zeroth on: [S, 2] each
    p0, p1, p2, p3 = cubic.unbind(1)
    powers = (p0, 3 * (p1 - p0), 3 * (p2 - 2 * p1 + p0), p3 - 3 * p2 + 3 * p1 - p0)
    # evenly spaced points: [S, 2, M]
    even = torch.linspace(0, 1, SAMPLES, device=cubic.device, dtype=cubic.dtype)
    c0, c1, c2, c3 = (power[..., None] for power in powers)
    tried = ((c3 * even + c2) * even + c1) * even + c0
    # squared distances to columns [S, W, M] and to rows [S, H, M] of pixels
    across = (x[:, None] - tried[:, 0, None]).square()
    down = (y[:, None] - tried[:, 1, None]).square()
    # parameter of the nearest of them: [S, H, W]
    t = even[(down[:, :, None] + across[:, None]).argmin(-1)]
    # the way from each pixel's centre to the point at t, and its squared length: [S, H, W]
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = (power[:, :, None, None].unbind(1) for power in powers)
    x0 = x0 - x
    y0 = y0 - y[:, None]
    away_x = ((x3 * t + x2) * t + x1) * t + x0
    away_y = ((y3 * t + y2) * t + y1) * t + y0
    square = away_x * away_x + away_y * away_y
    for _ in range(ROUNDS):
        # slope and bend of half the squared distance along t: [S, H, W]
        speed_x = (3 * x3 * t + 2 * x2) * t + x1
        speed_y = (3 * y3 * t + 2 * y2) * t + y1
        slope = away_x * speed_x + away_y * speed_y
        bend = (
            speed_x * speed_x
            + speed_y * speed_y
            + away_x * (6 * x3 * t + 2 * x2)
            + away_y * (6 * y3 * t + 2 * y2)
        )
        # Newton's step, where there is a minimum ahead, and the way and its length from there
        step = slope / bend.clamp_min(1e-9)
        trial = torch.where(bend > 1e-9, t - step, t).clamp(0, 1)
        trial_x = ((x3 * trial + x2) * trial + x1) * trial + x0
        trial_y = ((y3 * trial + y2) * trial + y1) * trial + y0
        trial_square = trial_x * trial_x + trial_y * trial_y
        better = trial_square < square  # a step that does not bring nearer is not taken
        t = torch.where(better, trial, t)
        square = torch.where(better, trial_square, square)
        away_x = torch.where(better, trial_x, away_x)
        away_y = torch.where(better, trial_y, away_y)
    return t, square


def _composite(keeps: Tensor, adds: Tensor) -> Tensor:
    """Strokes over white, the first lowest: each leaves `keeps` [B, N, 1, H, W] of what lies below
    and adds `adds` [B, N, 3, H, W].

    Neighbours are joined in pairs until one is left: as much work, in a few launches.
    """
    while keeps.shape[1] > 1:
        paired = keeps.shape[1] // 2 * 2
        # what each pair keeps and adds: [B, N/2, 1, H, W], [B, N/2, 3, H, W]
        lower, upper = keeps[:, 0:paired:2], keeps[:, 1:paired:2]
        joined = adds[:, 0:paired:2] * upper + adds[:, 1:paired:2]
        # and the last stroke, where their number is odd
        keeps = torch.cat([lower * upper, keeps[:, paired:]], 1)
        adds = torch.cat([joined, adds[:, paired:]], 1)
    return keeps[:, 0] + adds[:, 0]
