"""Where in a picture there may be faces: MediaPipe's two detectors (BlazeFace, Bazarevsky et al.
2019), which see a face's box and six of its points.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from clipasso_core.photo.network import Network

LIKELY = 0.5  # score from which a candidate is worth a look; the mesh knows better


@dataclass(frozen=True)
class Candidate:
    """What may be a face, in pixels of the picture that was looked at.

    middle: [2] of its box. side: the box's, which is a square. eyes: [2, 2] the right, the left.
    """

    score: float
    middle: NDArray[np.floating]
    side: float
    eyes: NDArray[np.floating]


@dataclass(frozen=True)
class Kind:
    """One of the two detectors: its file, and what the rows of its outputs stand for.

    side: of its input, px. grids: (stride px, rows that each cell has), in their order.
    regressors, scores: its outputs' names.
    """

    file: str
    side: int
    grids: tuple[tuple[int, int], ...]
    regressors: str
    scores: str


# trained on faces that fill much of the picture, and on those up to five metres away
NEAR = Kind("face_detection_back.tflite", 256, ((16, 2), (32, 6)), "regressors", "classificators")
FAR = Kind(
    "face_detection_full_range.tflite",
    192,
    ((4, 1),),
    "reshaped_regressor_face_4",
    "reshaped_classifier_face_4",
)


class FaceDetector:
    """One of the two detectors. Raises ValueError when its file holds no network."""

    def __init__(self, folder: Path, kind: Kind) -> None:
        self._kind = kind
        self._network = Network(folder / kind.file)

    def candidates(self, square: NDArray[np.uint8]) -> list[Candidate]:
        """What may be a face in a square picture [s, s, 3]; of those that overlap, the likeliest.
        The likeliest first.
        """
        # the picture as it was trained: [1, 3, side, side] in -1..1
        kind, side = self._kind, self._kind.side
        small = cv2.resize(square, (side, side), interpolation=cv2.INTER_AREA)
        batch = (small.astype(np.float32) / 127.5 - 1).transpose(2, 0, 1)[None]
        rows, logits = self._network.outputs(batch, (kind.regressors, kind.scores))
        # of each row: how likely [R]; box and points [R, 8, 2] about its cell, shares of the side
        score = 1 / (1 + np.exp(-np.clip(logits.reshape(-1), -80, 80)))
        pairs = rows.reshape(len(score), 8, 2) / side
        pairs[:, 0] += _cells(side, kind.grids)
        pairs[:, 2:] += _cells(side, kind.grids)[:, None]
        scale = float(len(square))
        likely = [int(one) for one in np.argsort(-score, kind="stable") if score[one] >= LIKELY]
        found: list[Candidate] = []
        for one in likely:
            middle, size = pairs[one, 0] * scale, float(pairs[one, 1].max()) * scale
            if all(np.abs(middle - other.middle).max() > other.side / 2 for other in found):
                eyes = pairs[one, 2:4] * scale
                found.append(Candidate(float(score[one]), middle, size, eyes))
        return found


@cache
def _cells(side: int, grids: tuple[tuple[int, int], ...]) -> NDArray[np.float32]:
    """The middles [R, 2] of the cells that a detector's rows stand for, shares of the side."""
    parts = []
    for stride, rows in grids:
        line = (np.arange(side // stride) + 0.5) * stride / side
        x, y = np.meshgrid(line, line)
        parts.append(np.stack([x, y], -1).reshape(-1, 2).repeat(rows, 0))
    return np.concatenate(parts).astype(np.float32)
