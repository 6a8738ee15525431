"""The strokes that the optimiser begins with."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from clipasso_core.frame import CANVAS_PX
from clipasso_core.optimiser.saliency import point_distribution
from clipasso_core.photo.framing import SUBJECT
from clipasso_core.strokes import bernstein

# published: each further control point lies within +-0.025 of the canvas of the one before
JITTER = 0.05


def published_start(
    saliency: np.ndarray,
    count: int,
    rng: np.random.Generator,
    wanted: np.ndarray | None = None,
) -> np.ndarray:
    """Short random strokes at points drawn from the saliency map [224, 224] (paper, section 3.3).
    Returns [N, 4, 2] canvas px.

    wanted: [224, 224], how many times as many each place is to have; None for no wish.
    """
    chance = point_distribution(saliency).ravel()
    if wanted is not None and (chance * wanted.ravel()).any():
        chance = chance * wanted.ravel()
        chance /= chance.sum()
    repeat = bool(np.count_nonzero(chance) < count)  # fewer salient cells than strokes
    cells = rng.choice(chance.size, size=count, replace=repeat, p=chance)
    first = np.stack([cells % CANVAS_PX, cells // CANVAS_PX], -1).astype(np.float64)
    moves = (rng.random((count, 3, 2)) - 0.5) * JITTER * CANVAS_PX
    return np.concatenate([first[:, None], first[:, None] + np.cumsum(moves, axis=1)], axis=1)


@dataclass(frozen=True)
class EdgeStart:
    """How strokes are laid along edges.

    blur_px: of the picture before its gradient: finer texture is not worth a stroke.
    strong: edge strength, as a share of the strongest, from which all edges count the same: a dim
        limb is as much the subject.
    inner_gain: how much stronger than they are the edges within the outline may count: eyes and
        seams are dim beside the contrast with the white page.
    weak: a trace ends where the strength falls below this share of `strong`.
    bend: a trace ends where the edge turns by more than this cosine within a pixel.
    reach: a stroke's half length, in units of sqrt(subject area / strokes).
    spread: the radius within which a laid stroke makes others unwelcome, in the same units.
    candidates: traces to choose from, for each stroke.
    quiet: how much of their strength edges keep where the sketch has lines already.
    unwanted: wish for strokes below which there are none.
    room: how much less or more room than evenly spread ones strokes have by a wish.
    shorter, longer: to which power of that room strokes are so.
    whim: how far chance may change a candidate's worth; this is what tells seeds apart.
    """

    blur_px: float = 1.5
    strong: float = 0.5
    inner_gain: float = 2.0
    weak: float = 0.12
    bend: float = 0.5
    reach: float = 0.72
    spread: float = 0.22
    candidates: int = 12
    whim: float = 0.35
    quiet: float = 0.3
    unwanted: float = 0.25
    room: tuple[float, float] = (0.4, 2.5)
    shorter: float = 0.25
    longer: float = 1.0


class EdgeMap:
    """The edges of one canvas, computed once; strokes are laid along them as often as one likes."""

    def __init__(
        self,
        canvas: np.ndarray,
        mask: np.ndarray,
        settings: EdgeStart = EdgeStart(),
        quiet: np.ndarray | None = None,
        wanted: np.ndarray | None = None,
    ) -> None:
        """canvas: [224, 224, 3] in 0..1; mask: [224, 224] in 0..1, the subject. quiet: [224, 224],
        true where edges matter less, because what is there has its lines already. wanted:
        [224, 224], how many times as many strokes each place is to have; None for no wish.
        """
        self.settings = settings
        self.strength, self.tangent = _edges(canvas, mask, settings)
        if quiet is not None:
            self.strength = np.where(quiet, settings.quiet * self.strength, self.strength)
        self._area = float((mask > SUBJECT).sum())
        self._wanted = wanted
        # how much room a stroke has at each cell, as a share of an even spread's: [224, 224]
        self._room: np.ndarray | None = None
        if wanted is not None:
            self.strength = np.where(wanted < settings.unwanted, 0, self.strength)
            self._room = _room(wanted, mask > SUBJECT, settings)
        chance = self.strength.ravel().astype(np.float64) ** 2
        if wanted is not None:
            chance = chance * wanted.ravel()
        if not chance.any():  # a subject without edges: strokes may lie anywhere on the canvas
            chance = np.ones_like(chance)
        self._chance = chance / chance.sum()

    def lay(
        self,
        count: int,
        rng: np.random.Generator,
        there: Sequence[np.ndarray] = (),
        of: int | None = None,
    ) -> np.ndarray:
        """Strokes along the strongest edges, spread over the subject: [count, 4, 2] canvas px.

        Traces many candidates along the edges, then takes, one after the other, the one that covers
        most of what is still bare.

        there: lines [n, 2] that are drawn already.
        of: how many strokes the level has that these belong to: the fewer, the longer.
        """
        settings, strokes = self.settings, of or count
        # px that each stroke has for itself, were the subject shared out in squares
        unit = max(8.0, math.sqrt(self._area / strokes))
        candidates = max(strokes * settings.candidates, 64)
        traces = self._traces(candidates, settings.reach * unit, rng)
        # cells that the traces run through, one trace after the other, and where each begins
        cells = [_cells(trace) for trace in traces]
        covered = np.concatenate(cells)
        begin = np.cumsum([0, *map(len, cells[:-1])])
        # what there is to cover, [224, 224]: strong edges that are bare
        spread = self._spread(unit)
        fresh = self.strength**2
        if self._wanted is not None:
            fresh = fresh * self._wanted
        for line in there:
            fresh = fresh * _bare(line, spread)
        bare = fresh
        chosen: list[np.ndarray] = []
        whim = np.exp(settings.whim * rng.standard_normal(len(traces)))  # [candidates]
        while len(chosen) < count:
            # of each candidate, [candidates]: what it would cover, as chance likes it
            worth = np.add.reduceat(bare.ravel()[covered], begin) * whim
            best = int(worth.argmax())
            worth[best] = whim[best] = 0  # it is taken
            chosen.append(_fit(traces[best]))
            bare = bare * _bare(traces[best], spread)
            if not worth.any():  # all is covered: from the beginning
                whim = np.exp(settings.whim * rng.standard_normal(len(traces)))
                bare = fresh
        return np.array(chosen).reshape(-1, 4, 2)

    def _spread(self, unit: float) -> float | np.ndarray:
        """How far off a laid stroke makes others unwelcome, px: everywhere, or at each cell."""
        even = self.settings.spread * unit
        return max(2.5, even) if self._room is None else np.maximum(2.5, even * self._room)

    def _traces(self, count: int, reach: float, rng: np.random.Generator) -> list[np.ndarray]:
        """Lines [n, 2] along the edges, both ways from points drawn by strength."""
        drawn = rng.choice(self._chance.size, size=count, p=self._chance)
        rows, columns = np.unravel_index(drawn, self.strength.shape)
        # positions [steps, count, 2] both ways, and how many of them count [count]
        own = np.full(count, reach)  # of each
        if self._room is not None:
            room, settings = self._room[rows, columns], self.settings
            own = reach * room ** np.where(room < 1, settings.shorter, settings.longer)
        forth, ahead = self._follow(rows, columns, 1, own)
        back, behind = self._follow(rows, columns, -1, own)
        found = []
        for one, (y, x) in enumerate(zip(rows, columns, strict=True)):
            middle = np.array([[x + 0.5, y + 0.5]])
            before, after = back[: behind[one], one][::-1], forth[: ahead[one], one]
            trace = np.concatenate([before, middle, after])
            if len(trace) < 6:  # a corner or a dot: a short straight stroke
                trace = middle + np.arange(-4, 5)[:, None] * self.tangent[y, x]
            found.append(trace)
        return found

    def _follow(
        self, rows: np.ndarray, columns: np.ndarray, way: int, reach: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Steps of one pixel along the edge from the middles of cells, as many as each has reach
        [n]: positions [steps, n, 2], and how many of them count [n].
        """
        place = np.stack([columns, rows], -1) + 0.5  # [n, 2]
        direction = way * self.tangent[rows, columns]  # [n, 2]
        alive, length = np.ones(len(place), bool), np.zeros(len(place), int)  # [n]
        path = []
        for step in range(math.ceil(reach.max())):
            # the cell that each trace is in now, [n]; any one for those that left the canvas
            column, row = place.astype(int).T
            inside = (place >= 0).all(1) & (column < CANVAS_PX) & (row < CANVAS_PX)
            column, row = np.where(inside, column, 0), np.where(inside, row, 0)
            # a trace ends where the edge is weak, or turns too sharply
            tangent = self.tangent[row, column]
            along = (tangent * direction).sum(1)
            strong = self.strength[row, column] >= self.settings.weak
            alive = alive & inside & strong & (np.abs(along) >= self.settings.bend)
            alive = alive & (step < reach)
            if not alive.any():
                break
            # a pixel on, the way that it came
            direction = np.where(along[:, None] > 0, tangent, -tangent)
            place = np.where(alive[:, None], place + direction, place)
            path.append(place)
            length += alive
        return np.stack(path) if path else np.zeros((0, len(place), 2)), length


def _edges(
    canvas: np.ndarray, mask: np.ndarray, settings: EdgeStart
) -> tuple[np.ndarray, np.ndarray]:
    """Edge strength [H, W] in 0..1 and unit tangent [H, W, 2], from the structure tensor of the
    colours and of the mask.
    """
    # gradient of the three colours and the mask, [H, W, 4] each
    layers = np.concatenate([canvas, mask[..., None]], -1).astype(np.float32)
    smooth = cv2.GaussianBlur(layers, (0, 0), settings.blur_px)
    dx = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, ksize=3, scale=0.25)
    dy = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, ksize=3, scale=0.25)
    # the structure tensor, smoothed, and the root of its larger eigenvalue, [H, W]
    tensor = np.stack([(dx * dx).sum(-1), (dx * dy).sum(-1), (dy * dy).sum(-1)], -1)
    xx, xy, yy = np.moveaxis(cv2.GaussianBlur(tensor, (0, 0), settings.blur_px), -1, 0)
    strength = np.sqrt((xx + yy + np.sqrt((xx - yy) ** 2 + 4 * xy**2)) / 2)
    # nothing counts beside the subject, and within it dim edges count more
    subject = (mask > SUBJECT - 0.1).astype(np.uint8)
    near = cv2.dilate(subject, np.ones((5, 5), np.uint8)) > 0
    inner = cv2.erode(subject, np.ones((9, 9), np.uint8)) > 0
    strength = np.where(near, strength, 0)
    strongest = max(float(strength.max()), 1e-9)
    within = float(np.quantile(strength[inner], 0.98)) if inner.any() else strongest
    gain = np.clip(strongest / max(within, 1e-9), 1, settings.inner_gain)
    strength = np.where(inner, strength * gain, strength)
    strength = np.clip(strength / strongest / settings.strong, 0, 1)
    # the edge runs across the gradient
    angle = 0.5 * np.arctan2(2 * xy, xx - yy) + math.pi / 2
    return strength, np.stack([np.cos(angle), np.sin(angle)], -1)


def _cells(trace: np.ndarray) -> np.ndarray:
    """Flat indices of the cells that a trace runs through."""
    column, row = np.clip(trace.astype(int), 0, CANVAS_PX - 1).T
    return np.unique(row * CANVAS_PX + column)


def _room(wanted: np.ndarray, subject: np.ndarray, settings: EdgeStart) -> np.ndarray:
    """How much room a stroke has where strokes are to lie so densely, as a share of what it would
    have, were they spread evenly over the subject: [224, 224].
    """
    mean = float(wanted[subject].mean()) if subject.any() else 1.0
    room = np.sqrt(max(mean, settings.unwanted) / np.maximum(wanted, settings.unwanted))
    least, most = settings.room
    return np.asarray(np.clip(room, least, most), np.float32)


def _bare(trace: np.ndarray, spread: float | np.ndarray) -> np.ndarray:
    """How bare every cell [224, 224] is with a line there: 0 on it, 1 far from it."""
    return 1 - np.exp(-((_distance_to(trace) / spread) ** 2) / 2)


def _fit(trace: np.ndarray) -> np.ndarray:
    """The cubic [4, 2] nearest to evenly spaced points, by least squares."""
    basis = bernstein(np.linspace(0, 1, len(trace)))
    cubic: np.ndarray = np.linalg.lstsq(basis, trace, rcond=None)[0]
    return cubic


def _distance_to(trace: np.ndarray) -> np.ndarray:
    """Distance of every pixel of the canvas to the trace, px."""
    free = np.ones((CANVAS_PX, CANVAS_PX), np.uint8)
    cells = np.clip(trace.astype(int), 0, CANVAS_PX - 1)
    free[cells[:, 1], cells[:, 0]] = 0
    return cv2.distanceTransform(free, cv2.DIST_L2, 5)
