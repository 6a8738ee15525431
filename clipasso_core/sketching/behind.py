"""Strokes of a background, ended where the subject hides them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from clipasso_core.photo.framing import SUBJECT
from clipasso_core.strokes import Stroke, bernstein

SAMPLES = 128  # along a stroke
SHORTEST = 3.0  # of a stroke's width: what is left of it is a line, not a dot


class Outline:
    """What a subject hides of what lies behind it."""

    def __init__(self, foreground: NDArray[np.floating], scale: float, gap_px: float) -> None:
        """foreground: [h, w] in 0..1, of which `scale` pixels are one of the photograph. gap_px:
        how far lines end before it, in pixels of the photograph.
        """
        subject = (foreground > SUBJECT).astype(np.uint8)
        away = cv2.distanceTransform(1 - subject, cv2.DIST_L2, 5)
        self._hidden = (away <= gap_px * scale) & bool(subject.any())  # [h, w]
        self._scale = scale

    def cut(self, strokes: Sequence[Stroke]) -> list[Stroke]:
        """The longest part of each that is seen; none of what is hidden as good as whole."""
        parts = (self._seen_part(stroke) for stroke in strokes)
        return [part for part in parts if part is not None]

    def _seen_part(self, stroke: Stroke) -> Stroke | None:
        curve = np.array(stroke.points)  # [4, 2]
        at = np.linspace(0, 1, SAMPLES)
        line = bernstein(at) @ curve  # [SAMPLES, 2]
        seen = ~self._is_hidden(line)
        if seen.all():
            return stroke
        steps = np.concatenate([[0.0], np.hypot(*np.diff(line, axis=0).T).cumsum()])
        # first and last sample of each seen run, [runs, 2]
        edges = np.flatnonzero(np.diff(np.concatenate([[False], seen, [False]]).astype(int)))
        runs = edges.reshape(-1, 2) - [0, 1]
        lengths = steps[runs[:, 1]] - steps[runs[:, 0]]  # [runs]
        if not len(runs) or lengths.max() < SHORTEST * stroke.width:
            return None
        first, last = at[runs[int(lengths.argmax())]]
        points = _between(curve, float(first), float(last))
        return replace(stroke, points=tuple((float(x), float(y)) for x, y in points))

    def _is_hidden(self, line: NDArray[np.floating]) -> NDArray[np.bool_]:
        """Of points [n, 2] in pixels of the photograph; beside it nothing is."""
        height, width = self._hidden.shape
        column, row = np.floor(line * self._scale).astype(int).T
        inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
        cells = self._hidden[row.clip(0, height - 1), column.clip(0, width - 1)]
        return np.asarray(inside & cells)


def _between(curve: NDArray[np.floating], first: float, last: float) -> NDArray[np.floating]:
    """The part of a cubic [4, 2] between two of its parameters, as a cubic: its polar form, each
    point by de Casteljau's steps.
    """

    def polar(*parameters: float) -> NDArray[np.floating]:
        points = curve
        for t in parameters:
            points = (1 - t) * points[:-1] + t * points[1:]
        return np.asarray(points[0])

    return np.array([polar(*[first] * (3 - k), *[last] * k) for k in range(4)])
