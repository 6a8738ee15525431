"""Which of a photograph's subjects a pixel belongs to: three airplanes are three, a giraffe's neck
is no neighbour of the giraffe.

By shape, and by faces. Parts of the mask that don't touch are subjects. So are neighbours that
touch, if where they do is narrow beside both of them, if neither is a mere limb of the other, and
if they stand side by side: what stands on top of another, as a lamp's shade on its arm or a sail on
its hull, belongs to it. Halves that mirror each other are one thing, as glasses and butterflies
are. People who stand close are told apart by their faces.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from clipasso_core.frame import CANVAS_PX
from clipasso_core.photo.faces import Face
from clipasso_core.photo.framing import FADE_PX, ROOM, SUBJECT, fade

SIDE = 160  # px, the longer side of the map on which they are told apart
DUST = 0.8  # px of that map by which the middle of a part is farther from the border than its neck
# A face of a person beside the largest one: its side, as a share of that one's; and how far apart
# two persons' faces are, in sides
FACE = 0.4
FACES_APART = 0.9
# How much nearer a face's own body is to it than as much photograph beside or above it
BELOW = 0.35
ABOVE = 1.5
BEYOND = 0.5  # of the fade, how far a subject goes on into one that stands behind it
LEVEL = 0.02  # of the height: as far down, that is


@dataclass(frozen=True)
class Rule:
    """When two parts of a mask are subjects of their own.

    neck: how wide they may touch, as a share of the narrower one's width, both at their widest.
    limb: width of the narrower one, at least, as a share of the wider one's.
    share: of the whole mask that each is, at least.
    beside: of the lower one's height that both share, at least.
    mirror: how far they may be each other's mirror image, as intersection over union.
    gap: of the longer side: how far apart parts lie, at most, that may be one without touching.
    """

    neck: float = 0.4
    limb: float = 0.5
    share: float = 0.05
    beside: float = 0.5
    mirror: float = 0.85
    gap: float = 0.06


BY_ITSELF = Rule()
# When a person says how many there are
IF_ASKED = Rule(neck=0.7, limb=0.2, share=0.02, beside=0.0, mirror=1.01, gap=0.0)


def tell_apart(
    foreground: NDArray[np.floating],
    faces: Sequence[Face],
    scale: float,
    most: int,
    wanted: int | None = None,
) -> list[NDArray[np.float32]]:
    """The mask [h, w] of each subject, the largest first; one of them for a single subject.

    foreground: [h, w] in 0..1, of which `scale` pixels are one of the photograph. faces: of people.
    most: how many there may be. wanted: how many there are, if a person has said so; of what can't
    be told apart there are fewer.
    """
    map_ = _Map.of(foreground)
    shrink = map_.scale * scale
    parts = _joined(_parts(map_, BY_ITSELF, faces, shrink), wanted or most)
    if wanted is not None and len(parts) < wanted:
        parts = _joined(_parts(map_, IF_ASKED, faces, shrink), wanted)
    if len(parts) < 2:
        return [foreground.astype(np.float32)]
    parts = sorted(parts, key=lambda part: -int(part.sum()))
    owner = _owners(parts, foreground.shape)
    return [_shown(foreground, owner, one) for one in range(len(parts))]


@dataclass(frozen=True, eq=False)
class _Map:
    """A small mask. inside: [h', w']; its border is never inside. scale: of its pixels one of the
    mask's is.
    """

    inside: NDArray[np.bool_]
    scale: float

    @classmethod
    def of(cls, foreground: NDArray[np.floating]) -> _Map:
        height, width = foreground.shape
        scale = min(1.0, SIDE / max(height, width))
        size = max(1, round(width * scale)), max(1, round(height * scale))
        small = cv2.resize(foreground.astype(np.float32), size, interpolation=cv2.INTER_AREA)
        return cls(np.pad(small > SUBJECT, 1), scale)


@dataclass(eq=False)
class _Basin:
    """What lies around one widest place, as far as it is known."""

    peak: float
    cells: list[int] = field(default_factory=list)


Part = NDArray[np.bool_]  # [h', w']


def _parts(map_: _Map, rule: Rule, faces: Sequence[Face], shrink: float) -> list[Part]:
    parts = _by_shape(map_.inside, rule)
    found = []
    for part in parts:
        found += _by_faces(part, faces, shrink)
    return found


def _by_shape(inside: NDArray[np.bool_], rule: Rule) -> list[Part]:
    """Parts that touch narrowly or not at all: a watershed of the distance to the border, whose
    basins stay apart only if the rule says so.
    """
    width = np.asarray(cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, 5), np.float64)
    owner = _watershed(width, rule)
    parts = [owner == one for one in np.unique(owner[owner >= 0])]
    return _stacks(_without_dust(parts, rule.share * inside.sum()), rule)


def _watershed(width: NDArray[np.floating], rule: Rule) -> NDArray[np.int64]:
    """Which basin each cell [h', w'] belongs to; -1 outside."""
    rows, columns = width.shape
    flat = width.ravel()
    total = int((flat > 0).sum())
    near = [-1, 1, -columns, columns, -columns - 1, -columns + 1, columns - 1, columns + 1]
    owner = np.full(flat.size, -1)
    basins: dict[int, _Basin] = {}
    apart: set[frozenset[int]] = set()
    for cell in np.argsort(-flat, kind="stable")[:total].tolist():
        touched = {int(owner[cell + step]) for step in near} - {-1}
        if not touched:
            owner[cell] = cell
            basins[cell] = _Basin(float(flat[cell]), [cell])
            continue
        # the widest first; a narrower one is taken up by it, or stays
        first, *others = sorted(touched, key=lambda one: -basins[one].peak)
        for other in others:
            pair = frozenset((first, other))
            if pair in apart:
                continue
            if _are_two(basins[first], basins[other], float(flat[cell]), total, columns, rule):
                apart.add(pair)
                continue
            taken = basins.pop(other)
            owner[taken.cells] = first
            basins[first].cells += taken.cells
            apart = {frozenset(first if one == other else one for one in two) for two in apart}
        owner[cell] = first
        basins[first].cells.append(cell)
    return owner.reshape(rows, columns)


def _are_two(
    wide: _Basin, narrow: _Basin, neck: float, total: int, columns: int, rule: Rule
) -> bool:
    """Whether two basins that touch where the mask is `neck` wide are subjects of their own."""
    if narrow.peak - neck < DUST or neck > rule.neck * narrow.peak:
        return False
    if narrow.peak < rule.limb * wide.peak:
        return False
    if min(len(wide.cells), len(narrow.cells)) < rule.share * total:
        return False
    one, other = (np.divmod(np.array(basin.cells), columns) for basin in (wide, narrow))
    if _beside(one[0], other[0]) < rule.beside:
        return False
    return _mirrored(one, other) < rule.mirror


def _beside(rows: NDArray[np.integer], others: NDArray[np.integer]) -> float:
    """How much of the lower one's height both share."""
    shared = min(rows.max(), others.max()) - max(rows.min(), others.min()) + 1
    return float(shared) / float(min(np.ptp(rows), np.ptp(others)) + 1)


def _mirrored(
    one: tuple[NDArray[np.integer], NDArray[np.integer]],
    other: tuple[NDArray[np.integer], NDArray[np.integer]],
) -> float:
    """How much one is the other's mirror image, left and right: intersection over union."""
    here = set(zip((one[0] - one[0].min()).tolist(), (one[1] - one[1].min()).tolist(), strict=True))
    there = set(
        zip((other[0] - other[0].min()).tolist(), (other[1].max() - other[1]).tolist(), strict=True)
    )
    return len(here & there) / len(here | there)


def _without_dust(parts: list[Part], least: float) -> list[Part]:
    """Parts that are large enough, each with the small ones that are nearest to it."""
    large = [part for part in parts if part.sum() >= least]
    if not large:
        return [np.logical_or.reduce(parts)] if parts else []
    away = [_away(part) for part in large]
    for part in parts:
        if part.sum() < least:
            nearest = min(range(len(large)), key=lambda one: float(away[one][part].min()))
            large[nearest] = large[nearest] | part
    return large


def _stacks(parts: list[Part], rule: Rule) -> list[Part]:
    """Parts, those that all but touch and don't stand side by side in one: a mask often misses the
    thin arm that holds a shade.
    """
    done: list[Part] = []
    waiting = list(parts)
    while waiting:
        part = waiting.pop(0)
        reach = rule.gap * max(part.shape)
        for place, other in enumerate(waiting):
            near = float(_away(part)[other].min()) <= reach
            if near and _beside(np.nonzero(part)[0], np.nonzero(other)[0]) < rule.beside:
                waiting[place] = part | other
                break
        else:
            done.append(part)
    return done


def _by_faces(part: Part, faces: Sequence[Face], shrink: float) -> list[Part]:
    """The persons of a part, each what is nearest to a face, and most of all below it."""
    rows, columns = np.nonzero(part)
    own: list[tuple[float, float, float]] = []  # x, y, side
    for face in sorted(faces, key=lambda one: -one.side):
        (x, y), side = face.box.mean(0) * shrink + 1, face.side * shrink
        here = 0 <= int(y) < part.shape[0] and 0 <= int(x) < part.shape[1] and part[int(y), int(x)]
        apart = all(
            np.hypot(x - x2, y - y2) > FACES_APART * (side + side2) / 2 for x2, y2, side2 in own
        )
        if here and apart and (not own or side >= FACE * own[0][2]):
            own.append((float(x), float(y), float(side)))
    if len(own) < 2:
        return [part]
    away = np.empty((len(own), len(rows)))
    for one, (x, y, side) in enumerate(own):
        down = rows - y
        away[one] = np.hypot(columns - x, np.where(down > 0, BELOW, ABOVE) * down) / side
    nearest = away.argmin(0)
    people = []
    for one in range(len(own)):
        person = np.zeros_like(part)
        person[rows[nearest == one], columns[nearest == one]] = True
        people.append(person)
    return [person for person in people if person.any()]


def _joined(parts: list[Part], most: int) -> list[Part]:
    """No more than so many: the smallest goes with what is nearest to it."""
    parts = list(parts)
    while len(parts) > max(1, most):
        smallest = parts.pop(min(range(len(parts)), key=lambda one: int(parts[one].sum())))
        away = _away(smallest)
        nearest = min(range(len(parts)), key=lambda one: float(away[parts[one]].min()))
        parts[nearest] = parts[nearest] | smallest
    return parts


def _away(part: Part) -> NDArray[np.floating]:
    """How far each cell [h', w'] is from a part."""
    return np.asarray(cv2.distanceTransform((~part).astype(np.uint8), cv2.DIST_L2, 5), np.float32)


def _owners(parts: list[Part], shape: tuple[int, ...]) -> NDArray[np.signedinteger]:
    """The nearest part of every pixel [h, w], along smooth borders."""
    size = shape[1], shape[0]
    away = [
        cv2.resize(_away(part)[1:-1, 1:-1], size, interpolation=cv2.INTER_CUBIC) for part in parts
    ]
    return np.asarray(np.argmin(np.stack(away), axis=0))


def _shown(
    foreground: NDArray[np.floating], owner: NDArray[np.signedinteger], one: int
) -> NDArray[np.float32]:
    """The mask [h, w] of one subject. Where it touches another, the one in front goes on a little
    into it, so that the edge between both is seen, and the one behind fades: that edge would be
    drawn twice, and where there is none, a straight line would.
    """
    own = owner == one
    subject = foreground > SUBJECT
    rows, columns = np.nonzero(own & subject)
    side = max(np.ptp(rows), np.ptp(columns)) * (1 + ROOM)
    reach = FADE_PX * side / CANVAS_PX
    seen = np.where(own, foreground, 0)
    for other in np.unique(owner[subject]).tolist():
        touching = own & subject & _near(subject & (owner == other))
        if other == one or not touching.any():
            continue
        away = cv2.distanceTransform((~touching).astype(np.uint8), cv2.DIST_L2, 5)
        if _is_before(subject & own, subject & (owner == other)):
            beyond = foreground * (1 - fade(away, reach * BEYOND))
            seen = np.where(owner == other, np.maximum(seen, beyond), seen)
        else:
            seen = np.where(own, seen * fade(away, reach), seen)
    return np.asarray(seen, np.float32)


def _near(where: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Those cells and their neighbours."""
    return np.asarray(cv2.dilate(where.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)


def _is_before(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> bool:
    """Whether the first of two subjects stands in front: nearer to the ground, or else larger."""
    lowest, lowest_other = (int(np.nonzero(part)[0].max()) for part in (one, other))
    if abs(lowest - lowest_other) > LEVEL * len(one):
        return lowest > lowest_other
    return bool(one.sum() > other.sum())
