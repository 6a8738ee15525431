"""Which features of which faces a sketch has, and how they are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import cv2
import numpy as np
from numpy.typing import NDArray

from clipasso_core.frame import CANVAS_PX, Frame
from clipasso_core.optimiser.given import Given
from clipasso_core.photo.faces import Face
from clipasso_core.photo.features import Feature, features
from clipasso_core.sketching.stage import DRAWN_WIDTH_PX

# Of all strokes, at most: what lies within faces, and that with their jaws, which are as much
# outlines as features; hair, ears and shoulders need the rest
SHARE = 0.6
SHARE_WITH_JAWS = 0.625
# (side of a face on the canvas, px, from which it has so many features): where a pen's width lies
# between two lines, both are seen
ROOM = ((28.0, 3), (38.0, 7), (48.0, 9), (58.0, 10), (90.0, 12))
# How many pens' widths a face is high: a smaller face is drawn with a thinner pen
PENS = 30.0
# Of that pen, the one for what lies within the outline: another detector finds 11 faces of 21
# again, and 7 where both are one
FINER = 0.7
THINNEST_PX = DRAWN_WIDTH_PX[0]
SOFT_PX = 4.0  # of the border of what lies inside a face, canvas px


@dataclass(frozen=True, eq=False)
class Portrait:
    """The features that are strokes of a sketch, most needed first.

    faces: that have any. parts: what each one draws. given: where. pens: [K] the pen's width, as a
    share of the sketch's. inside: [224, 224], true between a face's features.
    """

    faces: int
    parts: tuple[str, ...]
    given: Given
    pens: NDArray[np.floating]
    inside: NDArray[np.bool_]

    @property
    def ground(self) -> NDArray[np.float32]:
        """`inside` with a soft border, along which lines that don't belong there are led out."""
        soft = cv2.GaussianBlur(self.inside.astype(np.float32), (0, 0), SOFT_PX)
        return np.asarray(soft, np.float32)


def portrait(faces: Sequence[Face], frame: Frame, strokes: int, pen_px: float) -> Portrait:
    """Features for a sketch of so many strokes, drawn with a pen of that width (canvas px).

    Faces take turns, the largest first. An eye without the other is no eye, so that pairs come
    whole or not at all, and a face without eyes is no face.
    """
    chosen = _choose([_groups(face, frame) for face in faces], strokes)
    drawn = [feature for _, group in chosen for feature in group]
    curves = np.array([frame.to_canvas(one.curve) for one in drawn]).reshape(-1, 4, 2)
    sizes_px = [faces[number].side / frame.scale for number, group in chosen for _ in group]
    pens = [
        _pen_px(one.kind, size_px, pen_px) / pen_px
        for one, size_px in zip(drawn, sizes_px, strict=True)
    ]
    with_features = sorted({number for number, _ in chosen})
    return Portrait(
        faces=len(with_features),
        parts=tuple(one.part for one in drawn),
        given=Given(curves, tuple(len(group) for _, group in chosen)),
        pens=np.array(pens),
        inside=inside([faces[number] for number in with_features], frame),
    )


def _choose(
    groups: Sequence[Sequence[list[Feature]]], strokes: int
) -> list[tuple[int, list[Feature]]]:
    """Of each face's groups those that a sketch of so many strokes has, with the face's number."""
    turns = [
        (place, number, group)
        for number, of_face in enumerate(groups)
        for place, group in enumerate(of_face)
    ]
    within, with_jaws = int(SHARE * strokes), int(SHARE_WITH_JAWS * strokes)  # how many are left
    chosen: list[tuple[int, list[Feature]]] = []
    for _, number, group in sorted(turns, key=lambda turn: turn[:2]):
        size, is_jaw = len(group), group[0].kind == "jaw"
        has_eyes = group is groups[number][0] or any(one == number for one, _ in chosen)
        if has_eyes and size <= with_jaws and (is_jaw or size <= within):
            with_jaws -= size
            within -= 0 if is_jaw else size
            chosen.append((number, group))
    return chosen


def _pen_px(kind: str, face_px: float, pen_px: float) -> float:
    """The pen for a `Feature` of that kind, where lines outside of faces have one of `pen_px`."""
    outline_px = min(pen_px, face_px / PENS)
    own_px = outline_px if kind == "jaw" else FINER * outline_px
    return min(pen_px, max(THINNEST_PX, own_px))


def _groups(face: Face, frame: Frame) -> list[list[Feature]]:
    """The features that a face has room for, those that come in pairs together."""
    side_px = face.side / frame.scale
    room = max((number for least, number in ROOM if side_px >= least), default=0)
    found: list[list[Feature]] = []
    for _, pair in groupby(features(face), key=lambda feature: feature.kind):
        group = list(pair)
        if sum(map(len, found)) + len(group) <= room:
            found.append(group)
    return found


def feature_of(
    faces: Sequence[Face], part: str, chain: NDArray[np.floating]
) -> NDArray[np.floating] | None:
    """Where the photograph has what a stroke draws: [4, 2] in its pixels; None where it has not.

    part: what the stroke draws. chain: [3k+1, 2] where it lies; the nearest face is meant.
    """
    if not faces:
        return None
    middle = chain.mean(0)
    nearest = min(faces, key=lambda face: float(np.linalg.norm(face.box.mean(0) - middle)))
    return next((one.curve for one in features(nearest) if one.part == part), None)


def inside(faces: Sequence[Face], frame: Frame) -> NDArray[np.bool_]:
    """What lies between the features of faces, the jaw left out: [224, 224]."""
    sheet = np.zeros((CANVAS_PX, CANVAS_PX), np.uint8)
    for face in faces:
        points = np.concatenate([one.curve for one in features(face) if one.kind != "jaw"])
        hull = cv2.convexHull(frame.to_canvas(points).astype(np.float32))
        cv2.fillConvexPoly(sheet, np.round(hull).astype(np.int32), 1)
    return sheet > 0
