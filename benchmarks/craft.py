"""Where a sketch's strokes lie and how well they are made, in numbers; what an average is worth.

Everything is in canvas pixels (224 a side). Imports neither torch nor a network.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypedDict

import cv2
import numpy as np
from numpy.typing import NDArray

from clipasso_core.frame import CANVAS_PX, Frame
from clipasso_core.photo.framing import SUBJECT
from clipasso_core.strokes import polyline

Floats = NDArray[np.floating]
Chains = Sequence[Floats] | Floats  # chains [3k+1, 2] of cubics, or single cubics [N, 4, 2]


@dataclass(frozen=True)
class Rules:
    """What counts as what. All lengths in canvas px, of which a stroke is 3 wide.

    spread: how far outside the mask a stroke still counts as on the subject: half of one along the
        outline lies outside.
    near: how far from a stroke's middle line the outline counts as drawn: a width to two.
    part: outlines of parts smaller than this share of the largest part are not asked for.
    border: outline nearer than this to the end of the photograph is where the photograph was cut
        off, not where the subject ends.
    dust: a stroke shorter than this is a dot.
    knot, turn: a stroke that crosses itself within a loop shorter than `knot`, or turns by more
        than `turn` degrees within that length, is a knot; longer loops may be meant (a wheel).
    double, apart, parallel: a place on a stroke is doubled when another stroke, or the same one
        more than `apart` farther along, lies within `double`, parallel by `parallel` degrees.
    """

    spread: int = 3
    near: float = 5.0
    part: float = 0.05
    border: float = 2.5
    dust: float = 4.0
    knot: float = 20.0
    turn: float = 300.0
    double: float = 2.5
    apart: float = 12.0
    parallel: float = 20.0


@dataclass(frozen=True)
class Line:
    """A stroke's middle line: pieces of even length."""

    middles: Floats  # [n, 2]
    directions: Floats  # [n, 2] of unit length; zero where the stroke is a point
    piece: float  # length of each, px
    ends: Floats  # [n + 1, 2]

    @property
    def length(self) -> float:
        """In px."""
        return self.piece * len(self.middles)


class Craft(TypedDict):
    """Placement and craft of a sketch. Shares of no strokes are 0."""

    strokes: int
    nodes: int  # ends of cubics
    length_px: float
    on_subject: float  # share of the length
    silhouette: float | None  # share of the outline near a stroke; None where there is no outline
    knots: int  # strokes
    dust: int  # strokes
    flawed: float  # share of strokes that are either
    doubled: float  # share of the length


def trace(chain: Floats, step: float = 1.0) -> Line:
    """The middle line of a chain of cubics [3k+1, 2] in pieces of about `step` px."""
    # many points, and how far along the line each lies
    fine = polyline(np.asarray(chain, dtype=np.float64), 129)
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(fine, axis=0), axis=1))])
    # ends of the pieces: [n + 1, 2]
    count = max(1, math.ceil(along[-1] / step))
    at = np.linspace(0, along[-1], count + 1)
    ends = np.stack([np.interp(at, along, fine[:, axis]) for axis in (0, 1)], -1)
    moves = np.diff(ends, axis=0)
    lengths = np.linalg.norm(moves, axis=1, keepdims=True)
    return Line(
        middles=(ends[1:] + ends[:-1]) / 2,
        directions=moves / np.maximum(lengths, 1e-12),
        piece=float(along[-1]) / count,
        ends=ends,
    )


def measure(
    points: Chains, mask: Floats, photo: NDArray[np.bool_] | None = None, rules: Rules = Rules()
) -> Craft:
    """Placement and craft of a sketch.

    points: strokes on the canvas.
    mask: [224, 224] in 0..1.
    photo: [224, 224], true where the canvas shows the photograph (see `photo_area`); without it the
        whole canvas does.
    """
    chains = list(points)
    lines = [trace(chain) for chain in chains]
    knots = [is_knot(chain, rules) for chain in chains]
    dust = [line.length < rules.dust for line in lines]
    length = sum(line.length for line in lines)
    return {
        "strokes": len(chains),
        "nodes": sum((len(chain) - 1) // 3 + 1 for chain in chains),
        "length_px": length,
        "on_subject": on_subject(lines, mask, rules) if length else 0.0,
        "silhouette": silhouette(lines, mask, photo, rules),
        "knots": int(sum(knots)),
        "dust": sum(dust),
        "flawed": sum(map(max, knots, dust)) / len(chains) if chains else 0.0,
        "doubled": doubled(lines, rules) if length else 0.0,
    }


def photo_area(frame: Frame, width: int, height: int) -> NDArray[np.bool_]:
    """Where the canvas shows a photograph rather than the white around it, [224, 224].

    width, height: the photograph's, in its own pixels.
    """
    middles = np.arange(CANVAS_PX) + 0.5
    x, y = frame.to_picture(np.stack([middles, middles], -1)).T
    rows = (y > 0) & (y < height)
    columns = (x > 0) & (x < width)
    shown: NDArray[np.bool_] = rows[:, None] & columns[None]
    return shown


def on_subject(lines: Sequence[Line], mask: Floats, rules: Rules = Rules()) -> float:
    """Share of the length that lies on the mask or next to it."""
    around = 2 * rules.spread + 1
    brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (around, around))
    grown = cv2.dilate((mask > SUBJECT).astype(np.uint8), brush) > 0
    total = hit = 0.0
    for line in lines:
        x, y = np.floor(line.middles).astype(int).T
        inside = (x >= 0) & (x < CANVAS_PX) & (y >= 0) & (y < CANVAS_PX)
        hit += line.piece * grown[y[inside], x[inside]].sum()
        total += line.length
    return float(hit / total) if total else 0.0


def outline(mask: Floats, photo: NDArray[np.bool_] | None = None, rules: Rules = Rules()) -> Floats:
    """Points [n, 2] along the outer outline of the subject's large parts, a pixel apart.

    The photograph's own border is left out.
    """
    subject = np.ascontiguousarray(mask > SUBJECT, dtype=np.uint8)
    contours, _ = cv2.findContours(subject, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not contours:
        return np.zeros((0, 2))
    areas = [cv2.contourArea(contour) for contour in contours]
    least = rules.part * max(areas)
    large = [one for one, area in zip(contours, areas, strict=True) if area >= least]
    # the pixels along them: [n, 2] x, y
    cells = np.concatenate([contour[:, 0] for contour in large])
    # how deep a pixel lies in the photograph, 1 for its outermost: [224, 224]
    shown = np.ones(mask.shape, np.uint8) if photo is None else photo.astype(np.uint8)
    depth = cv2.distanceTransform(np.pad(shown, 1), cv2.DIST_L2, 5)[1:-1, 1:-1]
    within: Floats = cells[depth[cells[:, 1], cells[:, 0]] > rules.border] + 0.5
    return within


def silhouette(
    lines: Sequence[Line],
    mask: Floats,
    photo: NDArray[np.bool_] | None = None,
    rules: Rules = Rules(),
) -> float | None:
    """Share of the outline that has a stroke near it; None when there is no outline to draw."""
    wanted = outline(mask, photo, rules)
    if not len(wanted):
        return None
    if not lines:
        return 0.0
    nearest = np.full(len(wanted), np.inf)
    for line in lines:
        nearest = np.minimum(nearest, _squared(wanted, line.ends).min(1))
    return float((nearest <= rules.near**2).mean())


def is_knot(chain: Floats, rules: Rules = Rules()) -> bool:
    """Whether a stroke crosses itself in a small loop or curls up."""
    line = trace(chain, 0.25)
    if line.length < 1e-6:
        return False
    # the most that it turns within that many pieces
    window = max(1, round(rules.knot / line.piece))
    turns = np.abs(_angles(line.directions[:-1], line.directions[1:]))
    summed = np.concatenate([[0.0], np.cumsum(turns)])
    most = summed[window:] - summed[:-window] if len(summed) > window else summed[-1:]
    return bool(most.max() > math.radians(rules.turn)) or _crosses(line.ends, window)


def doubled(lines: Sequence[Line], rules: Rules = Rules()) -> float:
    """Share of the length that is drawn twice."""
    # all pieces: middles and directions [m, 2], the line and the place on it of each [m]
    middles = np.concatenate([line.middles for line in lines])
    directions = np.concatenate([line.directions for line in lines])
    owner = np.repeat(np.arange(len(lines)), [len(line.middles) for line in lines])
    place = np.concatenate([(np.arange(len(line.middles)) + 0.5) * line.piece for line in lines])
    total = twice = 0.0
    for number, line in enumerate(lines):
        own = owner == number
        # of this line's pieces to all others: [n, m]
        alike = np.abs(line.directions @ directions.T) > math.cos(math.radians(rules.parallel))
        elsewhere = ~own[None] | (np.abs(place[own][:, None] - place[None]) > rules.apart)
        hit = (_squared(line.middles, middles) <= rules.double**2) & alike & elsewhere
        twice += line.piece * hit.any(1).sum()
        total += line.length
    return float(twice / total) if total else 0.0


def _squared(one: Floats, other: Floats) -> Floats:
    """Squared distances [n, m] between points [n, 2] and [m, 2]."""
    lengths = (one * one).sum(1)[:, None] + (other * other).sum(1)[None]
    squared: Floats = lengths - 2 * (one @ other.T)
    return squared


def _angles(before: Floats, after: Floats) -> Floats:
    """Angles [n] from directions [n, 2] to the next ones, in -pi..pi."""
    cross = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
    angles: Floats = np.arctan2(cross, (before * after).sum(-1))
    return angles


def _side(a: Floats, b: Floats, c: Floats) -> Floats:
    """On which side of the line from a to b the points c lie, by sign; [n, 2] each."""
    across: Floats = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1])
    return across - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])


def _crosses(ends: Floats, window: int) -> bool:
    """Whether two pieces of a line [n + 1, 2], at most `window` pieces apart, cross each other."""
    first, second = ends[:-1], ends[1:]
    for apart in range(2, min(window, len(first) - 1) + 1):
        # each piece from a to b, and the one so far behind it from c to d
        a, b = first[:-apart], second[:-apart]
        c, d = first[apart:], second[apart:]
        parted = _side(a, b, c) * _side(a, b, d) < 0
        parts = _side(c, d, a) * _side(c, d, b) < 0
        if (parted & parts).any():
            return True
    return False


@dataclass(frozen=True)
class Interval:
    """A mean over images and where it lies in 95 of 100 draws of such images."""

    mean: float
    low: float
    high: float
    count: int

    def above(self, other: float = 0.0) -> bool:
        """Beyond chance."""
        return self.low > other


def bootstrap(values: Iterable[float | None], rounds: int = 4000, seed: int = 0) -> Interval | None:
    """The mean of one value an image and its 95 % percentile interval.

    Images are drawn with replacement; None values are left out.
    """
    known = np.array([value for value in values if value is not None], dtype=np.float64)
    if not len(known):
        return None
    draws = np.random.default_rng(seed).integers(0, len(known), (rounds, len(known)))
    low, high = np.quantile(known[draws].mean(1), [0.025, 0.975])
    return Interval(float(known.mean()), float(low), float(high), len(known))


def paired(
    ours: dict[str, float | None],
    theirs: dict[str, float | None],
    rounds: int = 4000,
    seed: int = 0,
) -> Interval | None:
    """Ours minus theirs, image by image, for the images that both have."""
    both = [(ours[image], theirs[image]) for image in ours if image in theirs]
    gaps = [one - other for one, other in both if one is not None and other is not None]
    return bootstrap(gaps, rounds, seed)
