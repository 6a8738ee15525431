"""A face's surface as 468 points, and its eyes: MediaPipe's mesh (Kartynnik et al. 2019) and iris
network (Ablavatski et al. 2020).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from clipasso_core.photo.network import Network

MESH_FILE, IRIS_FILE = "face_landmark.tflite", "iris_landmark.tflite"
MESH_SIDE, IRIS_SIDE = 192, 64  # the networks' inputs, px
AROUND_FACE = 1.5  # of its box: what the mesh's network looks at
AROUND_EYE = 2.3  # of the distance between its corners: what the iris network looks at
# points of the mesh: the outer and the inner corner of each eye, on the person's own sides
RIGHT_CORNERS, LEFT_CORNERS = (33, 133), (263, 362)
# points of the eye's outline that the iris network finds: the lower lid from the outer corner to
# the inner one, and the upper lid between them
LOWER_LID = tuple(range(9))
UPPER_LID = (0, *range(9, 16), 8)


@dataclass(frozen=True)
class Eye:
    """One eye, in pixels of the picture that was looked at.

    upper, lower: [9, 2] the lids, each from the outer corner to the inner one. iris: [2] its
    middle. radius: the iris's.
    """

    upper: NDArray[np.floating]
    lower: NDArray[np.floating]
    iris: NDArray[np.floating]
    radius: float


@dataclass(frozen=True)
class Mesh:
    """A face's surface, in pixels of the picture that was looked at.

    points: [468, 3], the third towards the eye that sees it. score: above 0 a face of some kind.
    """

    points: NDArray[np.floating]
    score: float

    @property
    def flat(self) -> NDArray[np.floating]:
        """[468, 2] as seen."""
        return self.points[:, :2]


class FaceMesh:
    """Fits the mesh and the eyes. Raises ValueError when one of its files holds no network."""

    def __init__(self, folder: Path) -> None:
        self._mesh = Network(folder / MESH_FILE)
        self._iris = Network(folder / IRIS_FILE)

    def fit(
        self,
        rgb: NDArray[np.uint8],
        middle: NDArray[np.floating],
        side: float,
        eyes: NDArray[np.floating],
    ) -> Mesh:
        """The mesh of a face whose box and eyes [2, 2] (the right, the left) are known."""
        window = Window(middle, side * AROUND_FACE, eyes[1] - eyes[0], MESH_SIDE)
        said, score = self._mesh.outputs(window.cut(rgb), ("conv2d_20", "conv2d_30"))
        points = said.reshape(-1, 3).astype(np.float64)
        depth = points[:, 2:] * window.scale
        return Mesh(np.concatenate([window.back(points[:, :2]), depth], 1), float(score.ravel()[0]))

    def refit(self, rgb: NDArray[np.uint8], mesh: Mesh) -> Mesh:
        """The same face seen anew, upright and from its own middle."""
        low, high = mesh.flat.min(0), mesh.flat.max(0)
        corners = mesh.flat[[*RIGHT_CORNERS, *LEFT_CORNERS]]
        eyes = np.stack([corners[:2].mean(0), corners[2:].mean(0)])
        return self.fit(rgb, (low + high) / 2, float((high - low).max()), eyes)

    def eyes(self, rgb: NDArray[np.uint8], mesh: Mesh) -> tuple[Eye, Eye]:
        """The right eye and the left one."""
        # the network knows left eyes: of the right one it is shown the mirror image
        right = self._eye(rgb, mesh.flat[list(RIGHT_CORNERS)], mirrored=True)
        return right, self._eye(rgb, mesh.flat[list(LEFT_CORNERS)], mirrored=False)

    def _eye(self, rgb: NDArray[np.uint8], corners: NDArray[np.floating], mirrored: bool) -> Eye:
        """corners: [2, 2] the outer, the inner."""
        outer, inner = corners
        along = inner - outer if mirrored else outer - inner  # to the person's left
        width = float(np.linalg.norm(along))
        window = Window((outer + inner) / 2, width * AROUND_EYE, along, IRIS_SIDE, mirrored)
        outline, iris = self._iris.outputs(
            window.cut(rgb), ("output_eyes_contours_and_brows", "output_iris")
        )
        lids = window.back(outline.reshape(-1, 3)[:, :2].astype(np.float64))
        round_ = window.back(iris.reshape(-1, 3)[:, :2].astype(np.float64))
        radius = float(np.linalg.norm(round_[1:] - round_[0], axis=1).mean())
        return Eye(lids[list(UPPER_LID)], lids[list(LOWER_LID)], round_[0], radius)


class Window:
    """An upright square of a picture, as a network sees it.

    middle: [2]. side: its length. along: [2] what is to lie level. input_px: the network's side.
    """

    def __init__(
        self,
        middle: NDArray[np.floating],
        side: float,
        along: NDArray[np.floating],
        input_px: int,
        mirrored: bool = False,
    ) -> None:
        self.scale = side / input_px  # pixels of the picture to one of the input
        self._input_px = input_px
        length = max(float(np.linalg.norm(along)), 1e-9)
        cos, sin = along / length * self.scale
        self._turn = np.array([[cos, -sin], [sin, cos]])  # [2, 2] from the input to the picture
        if mirrored:
            self._turn = self._turn @ np.diag([-1.0, 1.0])
        self._shift = middle - self._turn @ np.full(2, input_px / 2)

    def cut(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """What the network sees of a picture [h, w, 3]: [1, 3, input_px, input_px] in 0..1."""
        # first reduced by area: a network that sees every fourth pixel sees noise
        factor = min(1.0, 1 / self.scale)
        small = cv2.resize(rgb, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        shares = np.array(small.shape[1::-1]) / rgb.shape[1::-1]  # [2], after rounding
        way = np.concatenate([self._turn, self._shift[:, None]], 1) * shares[:, None]
        size = self._input_px, self._input_px
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        seen = cv2.warpAffine(small, way, size, flags=flags)
        batch: NDArray[np.float32] = (seen.astype(np.float32) / 255).transpose(2, 0, 1)[None]
        return batch

    def there(self, points: NDArray[np.floating]) -> NDArray[np.floating]:
        """Points [n, 2] of the picture, in the input."""
        placed: NDArray[np.floating] = np.linalg.solve(self._turn, (points - self._shift).T).T
        return placed

    def back(self, points: NDArray[np.floating]) -> NDArray[np.floating]:
        """Points [n, 2] of the input, in the picture."""
        placed: NDArray[np.floating] = points @ self._turn.T + self._shift
        return placed
