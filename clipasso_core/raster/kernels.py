"""The fused renderer's two kernels, in Triton. Only `fused` imports this module, and only where
Triton is at hand: it comes with torch's builds for Linux.

A program draws one tile of one sketch. It looks at the strokes whose box meets the tile, of those
at the straight pieces that lie near it, and moves to the nearest point of the true curve. Places
are counted from the tile's middle, which keeps them small and 32 bits exact enough. How much each
program does depends on where strokes lie, what is launched never does: a recording of it holds for
any strokes.
"""

from __future__ import annotations

import triton
import triton.language as tl

TILE = tl.constexpr(16)  # px a side: 196 programs a sketch, a pixel or two for each thread
WARPS = 4  # of a program
CHUNK = tl.constexpr(64)  # pieces of a cubic that are looked at together: most have fewer
# a piece's distance from its curve, at most: a longer one would pick the wrong of two near points
BEND_PX = tl.constexpr(0.1)
MAX_PIECES = tl.constexpr(256.0)  # a cubic, so that one runaway stroke cannot take all the time
# share of a Newton step's divisor that a bend towards the pixel leaves at least
STEEP = tl.constexpr(0.15)
ROUNDS = tl.constexpr(4)  # Newton steps, halvings where those leave the bracket, at the end
FAR = tl.constexpr(1e30)  # px squared: of what is not near
STYLES = 5  # gradients of a stroke beside those of its points: half width, opacity, colour


@triton.jit
def _along(c0, c1, c2, c3, t):
    """A polynomial at t."""
    return ((c3 * t + c2) * t + c1) * t + c0


@triton.jit
def _speed(c1, c2, c3, t):
    """Its first derivative there."""
    return (3 * c3 * t + 2 * c2) * t + c1


@triton.jit
def _coverage(distance, half):
    """The overlap of the pen's cross-section with the pixel's box."""
    overlap = tl.minimum(distance + 0.5, half) - tl.maximum(distance - 0.5, -half)
    return tl.maximum(overlap, 0.0)


@triton.jit
def _powers(p0, p1, p2, p3):
    """A cubic's coordinate as coefficients of the powers of t, from the zeroth on."""
    return p0, 3 * (p1 - p0), 3 * (p2 - 2 * p1 + p0), p3 - 3 * p2 + 3 * p1 - p0


@triton.jit
def _cubic(begin, middle_x, middle_y):
    """The coordinates of the four points that `begin` points to, from a tile's middle."""
    p0x = tl.load(begin) - middle_x
    p0y = tl.load(begin + 1) - middle_y
    p1x = tl.load(begin + 2) - middle_x
    p1y = tl.load(begin + 3) - middle_y
    p2x = tl.load(begin + 4) - middle_x
    p2y = tl.load(begin + 5) - middle_y
    p3x = tl.load(begin + 6) - middle_x
    p3y = tl.load(begin + 7) - middle_y
    return p0x, p1x, p2x, p3x, p0y, p1y, p2y, p3y


@triton.jit
def _pieces(p0x, p1x, p2x, p3x, p0y, p1y, p2y, p3y):
    """How many straight pieces keep within `BEND_PX` of a cubic."""
    ax = p2x - 2 * p1x + p0x
    ay = p2y - 2 * p1y + p0y
    bx = p3x - 2 * p2x + p1x
    by = p3y - 2 * p2y + p1y
    # length of the second derivative, at most
    bend = 6 * tl.sqrt(tl.maximum(ax * ax + ay * ay, bx * bx + by * by))
    wanted = tl.ceil(tl.sqrt(bend / (8 * BEND_PX)))
    return tl.minimum(tl.maximum(wanted, 1.0), MAX_PIECES).to(tl.int32)


@triton.jit
def _near(x0, x1, x2, x3, y0, y1, y2, y3, pieces, chunk, within):
    """The first and the last of a chunk of a cubic's pieces that come so near the tile's middle."""
    piece = chunk * CHUNK + tl.arange(0, CHUNK)
    step = 1.0 / pieces
    t = piece * step
    # begin and edge of each, and the nearest point to the middle: [CHUNK]
    ax = _along(x0, x1, x2, x3, t)
    ay = _along(y0, y1, y2, y3, t)
    ex = _along(x0, x1, x2, x3, t + step) - ax
    ey = _along(y0, y1, y2, y3, t + step) - ay
    part = -(ax * ex + ay * ey) / tl.maximum(ex * ex + ey * ey, 1e-12)
    part = tl.minimum(tl.maximum(part, 0.0), 1.0)
    qx = ax + part * ex
    qy = ay + part * ey
    close = (qx * qx + qy * qy <= within * within) & (piece < pieces)
    first = tl.min(tl.where(close, piece, pieces), 0)
    last = tl.max(tl.where(close, piece, -1), 0)
    return first, last


@triton.jit
def _on_piece(x0, x1, x2, x3, y0, y1, y2, y3, piece, step, x, y):
    """Parameter of the nearest point to each pixel on one piece, moved onto the curve by a step of
    Newton's where that brings it nearer; and how far it is, squared.
    """
    begin = piece * step
    ax = _along(x0, x1, x2, x3, begin)
    ay = _along(y0, y1, y2, y3, begin)
    ex = _along(x0, x1, x2, x3, begin + step) - ax
    ey = _along(y0, y1, y2, y3, begin + step) - ay
    part = ((x - ax) * ex + (y - ay) * ey) / tl.maximum(ex * ex + ey * ey, 1e-12)
    t = begin + tl.minimum(tl.maximum(part, 0.0), 1.0) * step
    away_x = _along(x0, x1, x2, x3, t) - x
    away_y = _along(y0, y1, y2, y3, t) - y
    square = away_x * away_x + away_y * away_y
    # slope of half the squared distance along t, and the two parts of its second derivative
    speed_x = _speed(x1, x2, x3, t)
    speed_y = _speed(y1, y2, y3, t)
    slope = away_x * speed_x + away_y * speed_y
    speed = speed_x * speed_x + speed_y * speed_y
    bend = away_x * (6 * x3 * t + 2 * x2) + away_y * (6 * y3 * t + 2 * y2)
    divisor = tl.maximum(tl.maximum(speed + bend, speed * STEEP), 1e-9)
    trial = tl.minimum(tl.maximum(t - slope / divisor, 0.0), 1.0)
    away_x = _along(x0, x1, x2, x3, trial) - x
    away_y = _along(y0, y1, y2, y3, trial) - y
    tried = away_x * away_x + away_y * away_y
    better = tried < square
    return tl.where(better, trial, t), tl.where(better, tried, square)


@triton.jit
def _settled(x0, x1, x2, x3, y0, y1, y2, y3, t, step, x, y):
    """The nearest point within a piece's length of t: its parameter and how far it is, squared.

    Newton's steps, and halves of the bracket where such a step would leave it: at cusps and in
    tight bends.
    """
    low = tl.maximum(t - step, 0.0)
    high = tl.minimum(t + step, 1.0)
    best = t
    square = tl.full(t.shape, FAR, tl.float32)
    for _ in tl.static_range(ROUNDS + 1):
        away_x = _along(x0, x1, x2, x3, t) - x
        away_y = _along(y0, y1, y2, y3, t) - y
        here = away_x * away_x + away_y * away_y
        best = tl.where(here < square, t, best)
        square = tl.minimum(here, square)
        speed_x = _speed(x1, x2, x3, t)
        speed_y = _speed(y1, y2, y3, t)
        slope = away_x * speed_x + away_y * speed_y
        bend = speed_x * speed_x + speed_y * speed_y
        bend += away_x * (6 * x3 * t + 2 * x2) + away_y * (6 * y3 * t + 2 * y2)
        low = tl.where(slope > 0, low, t)
        high = tl.where(slope > 0, t, high)
        trial = t - slope / tl.maximum(bend, 1e-9)
        leaves = (bend <= 1e-9) | (trial < low) | (trial > high)
        t = tl.where(leaves, (low + high) / 2, trial)
    return best, square


@triton.jit
def _nearest(begin, middle_x, middle_y, reach, x, y):
    """The nearest point of a cubic to each pixel: its parameter and how far it is, squared; `FAR`
    where the cubic does not come within reach of the tile.
    """
    t = tl.zeros(x.shape, tl.float32)
    square = tl.full(x.shape, FAR, tl.float32)
    p0x, p1x, p2x, p3x, p0y, p1y, p2y, p3y = _cubic(begin, middle_x, middle_y)
    # from the tile's middle to its outermost pixels' centres, and to what may reach those
    side = reach + (TILE - 1) / 2
    left = tl.minimum(tl.minimum(p0x, p1x), tl.minimum(p2x, p3x))
    right = tl.maximum(tl.maximum(p0x, p1x), tl.maximum(p2x, p3x))
    top = tl.minimum(tl.minimum(p0y, p1y), tl.minimum(p2y, p3y))
    foot = tl.maximum(tl.maximum(p0y, p1y), tl.maximum(p2y, p3y))
    if (left <= side) & (right >= -side) & (top <= side) & (foot >= -side):
        pieces = _pieces(p0x, p1x, p2x, p3x, p0y, p1y, p2y, p3y)
        step = 1.0 / pieces
        x0, x1, x2, x3 = _powers(p0x, p1x, p2x, p3x)
        y0, y1, y2, y3 = _powers(p0y, p1y, p2y, p3y)
        # the tile's corners lie 1.415 times as far as its sides
        within = reach + ((TILE - 1) / 2 * 1.415 + 2 * BEND_PX)
        for chunk in range(0, tl.cdiv(pieces, CHUNK)):
            first, last = _near(x0, x1, x2, x3, y0, y1, y2, y3, pieces, chunk, within)
            for piece in range(first, last + 1):
                tried, far = _on_piece(x0, x1, x2, x3, y0, y1, y2, y3, piece, step, x, y)
                t = tl.where(far < square, tried, t)
                square = tl.minimum(far, square)
        if tl.min(square, 0) < FAR:
            t, square = _settled(x0, x1, x2, x3, y0, y1, y2, y3, t, step, x, y)
    return t, square


@triton.jit
def _pixels(tile, height, width, across):
    """A tile's pixels [TILE * TILE]: their centres from its middle, whether they are on the canvas,
    and which of the canvas they are; and the tile's middle.
    """
    place = tl.arange(0, TILE * TILE)
    # the pixels' centres, from the middle of the tile: [TILE * TILE]
    x = (place % TILE) + 0.5 - TILE / 2
    y = (place // TILE) + 0.5 - TILE / 2
    column = tile % across * TILE + place % TILE
    row = tile // across * TILE + place // TILE
    inside = (column < width) & (row < height)
    pixel = row * width + column
    middle_x = (tile % across * TILE + TILE // 2).to(tl.float32)
    middle_y = (tile // across * TILE + TILE // 2).to(tl.float32)
    return x, y, inside, pixel, middle_x, middle_y


@triton.jit
def _on_cubic(begin, middle_x, middle_y, t, x, y, reach):
    """How a pen along a cubic covers pixels whose nearest point is that at t: the way there and how
    long it is, the coverage, and whether the pen's far edge lies beyond the pixel's box and its
    near one within.
    """
    p0x, p1x, p2x, p3x, p0y, p1y, p2y, p3y = _cubic(begin, middle_x, middle_y)
    x0, x1, x2, x3 = _powers(p0x, p1x, p2x, p3x)
    y0, y1, y2, y3 = _powers(p0y, p1y, p2y, p3y)
    away_x = _along(x0, x1, x2, x3, t) - x
    away_y = _along(y0, y1, y2, y3, t) - y
    distance = tl.sqrt(away_x * away_x + away_y * away_y)
    upper = tl.where(distance + 0.5 < reach, 1.0, 0.0)
    lower = tl.where(distance - 0.5 > -reach, 1.0, 0.0)
    return away_x, away_y, distance, _coverage(distance, reach), upper, lower


@triton.jit
def _bands(begin, apart, where):
    """Red, green and blue, so far apart; zeros elsewhere."""
    red = tl.load(begin, where, other=0.0)
    green = tl.load(begin + apart, where, other=0.0)
    return red, green, tl.load(begin + 2 * apart, where, other=0.0)


@triton.jit
def _store_color(to, weight, grad_red, grad_green, grad_blue):
    """The gradient of a stroke's colour, which reaches the eye with such a weight."""
    tl.store(to, tl.sum(grad_red * weight, 0))
    tl.store(to + 1, tl.sum(grad_green * weight, 0))
    tl.store(to + 2, tl.sum(grad_blue * weight, 0))


@triton.jit
def _store_points(to, t, pull_x, pull_y, joint_x, joint_y):
    """The gradients of a cubic's first three points, with what the cubic before it adds to the
    first. Returns the last one's, which the next cubic begins with.
    """
    s = 1 - t
    w0 = s * s * s
    w1 = 3 * s * s * t
    w2 = 3 * s * t * t
    w3 = t * t * t
    tl.store(to, joint_x + tl.sum(w0 * pull_x, 0))
    tl.store(to + 1, joint_y + tl.sum(w0 * pull_y, 0))
    tl.store(to + 2, tl.sum(w1 * pull_x, 0))
    tl.store(to + 3, tl.sum(w1 * pull_y, 0))
    tl.store(to + 4, tl.sum(w2 * pull_x, 0))
    tl.store(to + 5, tl.sum(w2 * pull_y, 0))
    return tl.sum(w3 * pull_x, 0), tl.sum(w3 * pull_y, 0)


@triton.jit(do_not_specialize=["strokes", "cubics", "height", "width", "across"])
def forward(
    points,  # [B * strokes, 3 * cubics + 1, 2]
    half,  # [B * strokes]
    color,  # [B * strokes, 3]
    opacity,  # [B * strokes]
    image,  # [B, 3, height, width], written
    parameter,  # [B * strokes, height * width], of the nearest point, written where touched
    above,  # [B * strokes, height * width], the light that strokes above let through; as well
    touched,  # [B * strokes, tiles], whether a stroke is seen in a tile; written
    strokes,
    cubics,
    height,
    width,
    across,  # tiles in a row
):
    """Draw a tile, strokes from the uppermost down. Grid: (tiles, B)."""
    tile = tl.program_id(0)
    tiles = tl.num_programs(0)
    sketch = tl.program_id(1).to(tl.int64)
    x, y, inside, pixel, middle_x, middle_y = _pixels(tile, height, width, across)
    light = tl.full([TILE * TILE], 1.0, tl.float32)
    red = tl.zeros([TILE * TILE], tl.float32)
    green = tl.zeros([TILE * TILE], tl.float32)
    blue = tl.zeros([TILE * TILE], tl.float32)
    for lower in range(0, strokes):
        stroke = sketch * strokes + (strokes - 1 - lower)
        reach = tl.load(half + stroke)
        begin = points + stroke * (3 * cubics + 1) * 2
        t = tl.zeros([TILE * TILE], tl.float32)
        square = tl.full([TILE * TILE], FAR, tl.float32)
        for cubic in range(0, cubics):
            # coverage begins half a pixel beside the pen
            tried, far = _nearest(begin + cubic * 6, middle_x, middle_y, reach + 0.5, x, y)
            t = tl.where(far < square, cubic + tried, t)
            square = tl.minimum(far, square)
        covered = _coverage(tl.sqrt(square), reach)
        is_seen = tl.max(covered, 0) > 0
        tl.store(touched + stroke * tiles + tile, is_seen.to(tl.int8))
        if is_seen:
            at = stroke * height * width + pixel
            tl.store(parameter + at, t, inside)
            tl.store(above + at, light, inside)
            alpha = covered * tl.load(opacity + stroke)
            paint_red, paint_green, paint_blue = _bands(color + stroke * 3, 1, True)
            red += light * alpha * paint_red
            green += light * alpha * paint_green
            blue += light * alpha * paint_blue
            light *= 1 - alpha
    # what is left of the light falls onto white
    at = sketch * 3 * height * width + pixel
    tl.store(image + at, red + light, inside)
    tl.store(image + at + height * width, green + light, inside)
    tl.store(image + at + 2 * height * width, blue + light, inside)


@triton.jit(do_not_specialize=["strokes", "cubics", "height", "width", "across"])
def backward(
    points,
    half,
    color,
    opacity,
    grad,  # of the image [B, 3, height, width]
    parameter,
    above,
    touched,
    shares,  # [B * strokes, tiles, 2 * (3 * cubics + 1) + STYLES], zeros; written where touched
    strokes,
    cubics,
    height,
    width,
    across,
    with_style: tl.constexpr,  # or the points' gradients alone
):
    """A tile's share of the gradients, strokes from the lowest up; the rest is as in `forward`."""
    tile = tl.program_id(0)
    tiles = tl.num_programs(0)
    sketch = tl.program_id(1).to(tl.int64)
    x, y, inside, pixel, middle_x, middle_y = _pixels(tile, height, width, across)
    # of the pixels, and what lies below the stroke: [TILE * TILE] each
    at = sketch * 3 * height * width + pixel
    grad_red, grad_green, grad_blue = _bands(grad + at, height * width, inside)
    red = tl.full([TILE * TILE], 1.0, tl.float32)
    green = tl.full([TILE * TILE], 1.0, tl.float32)
    blue = tl.full([TILE * TILE], 1.0, tl.float32)
    values = 2 * (3 * cubics + 1) + 5
    for one in range(0, strokes):
        stroke = sketch * strokes + one
        if tl.load(touched + stroke * tiles + tile) != 0:
            at = stroke * height * width + pixel
            where = tl.load(parameter + at, inside, other=0.0)
            light = tl.load(above + at, inside, other=0.0)
            reach = tl.load(half + stroke)
            opaque = tl.load(opacity + stroke)
            paint_red, paint_green, paint_blue = _bands(color + stroke * 3, 1, True)
            begin = points + stroke * (3 * cubics + 1) * 2
            share = shares + (stroke * tiles + tile) * values
            # which cubic is nearest, and where on it; a pixel without is nobody's
            owner = tl.minimum(where.to(tl.int32), cubics - 1)
            t = where - owner
            first = tl.min(tl.where(inside, owner, cubics - 1), 0)
            last = tl.max(tl.where(inside, owner, 0), 0)
            grad_alpha = light * (
                grad_red * (paint_red - red)
                + grad_green * (paint_green - green)
                + grad_blue * (paint_blue - blue)
            )
            covered = tl.zeros([TILE * TILE], tl.float32)
            edges = tl.zeros([TILE * TILE], tl.float32)
            # of the point that a cubic shares with the one before it
            joint_x = 0.0
            joint_y = 0.0
            for cubic in range(first, last + 1):
                mine = owner == cubic
                away_x, away_y, distance, cover, upper, lower = _on_cubic(
                    begin + cubic * 6, middle_x, middle_y, t, x, y, reach
                )
                cover = tl.where(mine, cover, 0.0)
                covered += cover
                grad_cover = tl.where(cover > 0, grad_alpha * opaque, 0.0)
                edges += grad_cover * (2 - upper - lower)
                pull = grad_cover * (upper - lower) / tl.maximum(distance, 1e-9)
                joint_x, joint_y = _store_points(
                    share + cubic * 6, t, pull * away_x, pull * away_y, joint_x, joint_y
                )
            tl.store(share + last * 6 + 6, joint_x)
            tl.store(share + last * 6 + 7, joint_y)
            alpha = covered * opaque
            if with_style:
                to = share + values - 5
                tl.store(to, tl.sum(edges, 0))
                tl.store(to + 1, tl.sum(grad_alpha * covered, 0))
                _store_color(to + 2, light * alpha, grad_red, grad_green, grad_blue)
            red += alpha * (paint_red - red)
            green += alpha * (paint_green - green)
            blue += alpha * (paint_blue - blue)
