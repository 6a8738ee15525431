"""The faces of a photograph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clipasso_core.errors import UserError
from clipasso_core.frame import Frame
from clipasso_core.machine.networks import FACES
from clipasso_core.photo.face_detector import FAR, NEAR, Candidate, FaceDetector
from clipasso_core.photo.face_mesh import Eye, FaceMesh, Mesh
from clipasso_core.photo.framing import frame_whole
from clipasso_core.photo.glasses import Glasses, find_glasses
from clipasso_core.photo.picture import Picture

MOST = 8  # faces of one photograph
# The mesh's own score from which something is a person's face. On 100 photographs people had 13 (in
# profile) to 59, half a face 6, a meerkat 5, a monkey 4, and what else detectors took for a face,
# wheels and roses, below -3.
PERSON = 10.0
LEAST_PX = 20.0  # side in working pixels below which no mesh can be fitted


@dataclass(frozen=True, eq=False)
class Face:
    """A person's face, in pixels of the photograph.

    mesh: [468, 3], the third towards the eye. right, left: the person's own eyes. score: the
    mesh's. glasses: None for a face without.
    """

    mesh: NDArray[np.floating]
    right: Eye
    left: Eye
    score: float
    glasses: Glasses | None = None

    @property
    def box(self) -> NDArray[np.floating]:
        """[2, 2] its upper left corner and its lower right one."""
        flat = self.mesh[:, :2]
        return np.stack([flat.min(0), flat.max(0)])

    @property
    def side(self) -> float:
        """The longer side of its box."""
        low, high = self.box
        return float((high - low).max())


class FaceFinder:
    """Finds faces with networks that lie in a folder. Raises ValueError when one is no network."""

    def __init__(self, folder: Path) -> None:
        self._detectors = FaceDetector(folder, NEAR), FaceDetector(folder, FAR)
        self._mesh = FaceMesh(folder)

    def find(self, picture: Picture, frame: Frame) -> list[Face]:
        """The faces of a photograph, the largest first.

        frame: the square that is looked at besides the whole picture: that of the subject.
        """
        rgb = np.round(picture.on_white() * 255).astype(np.uint8)
        found: list[Mesh] = []
        for candidate in self._candidates(rgb, picture, frame):
            mesh = self._mesh.fit(rgb, candidate.middle, candidate.side, candidate.eyes)
            if mesh.score < 0 or any(_same(mesh, other) for other in found):
                continue
            mesh = self._mesh.refit(rgb, mesh)
            if mesh.score >= PERSON and not any(_same(mesh, other) for other in found):
                found.append(mesh)
        found = sorted(found, key=_side, reverse=True)[:MOST]
        return [self._face(rgb, mesh, 1 / picture.scale) for mesh in found]

    def _candidates(
        self, rgb: NDArray[np.uint8], picture: Picture, frame: Frame
    ) -> list[Candidate]:
        """What both detectors see in the whole picture and in the frame, in working pixels."""
        found = []
        for looked_at in (frame_whole(picture.width, picture.height), frame):
            pixels, corner = looked_at.square(rgb, picture.scale, 0)
            for detector in self._detectors:
                for one in detector.candidates(pixels):
                    if one.side >= LEAST_PX:
                        middle, eyes = one.middle + corner, one.eyes + corner
                        found.append(Candidate(one.score, middle, one.side, eyes))
        return sorted(found, key=lambda one: -one.score)

    def _face(self, rgb: NDArray[np.uint8], mesh: Mesh, scale: float) -> Face:
        """scale: pixels of the photograph to a working pixel."""
        right, left = (
            Eye(eye.upper * scale, eye.lower * scale, eye.iris * scale, eye.radius * scale)
            for eye in self._mesh.eyes(rgb, mesh)
        )
        glasses = find_glasses(rgb, mesh)
        return Face(
            mesh.points * scale,
            right,
            left,
            mesh.score,
            None if glasses is None else glasses.scaled(scale),
        )


def _side(mesh: Mesh) -> float:
    return float((mesh.flat.max(0) - mesh.flat.min(0)).max())


def _same(one: Mesh, other: Mesh) -> bool:
    """Whether two meshes lie on one face: the middle of either within the other's inner half."""
    apart = np.linalg.norm(one.flat.mean(0) - other.flat.mean(0))
    return bool(apart < min(_side(one), _side(other)) / 2)


def find_faces(picture: Picture, frame: Frame) -> list[Face]:
    """The faces of a photograph whose subject fills a frame, the largest first; none where the
    networks are not on this machine. Raises `UserError` when one is damaged.
    """
    if not FACES.are_here():
        return []
    try:
        finder = FaceFinder(FACES.place)
    except ValueError:
        raise UserError(
            "bad-weights",
            "the networks in {folder} are damaged: run clipasso models fetch faces, or use --faces"
            " none",
            folder=FACES.place,
        ) from None
    return finder.find(picture, frame)


def seen_in(faces: Sequence[Face], foreground: NDArray[np.floating], scale: float) -> list[Face]:
    """Those that belong to the subject.

    foreground: [h, w] in 0..1, of which `scale` pixels are one of the photograph.
    """
    height, width = foreground.shape
    kept = []
    for face in faces:
        cells = (face.mesh[:, :2] * scale).astype(int)  # [468, 2]
        column, row = np.clip(cells, 0, (width - 1, height - 1)).T
        if foreground[row, column].mean() > 0.5:
            kept.append(face)
    return kept
