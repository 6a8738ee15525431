"""Glasses on a face: the mesh has none, so their frame is looked for where it crosses the nose."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from clipasso_core.photo.face_mesh import LEFT_CORNERS, RIGHT_CORNERS, Mesh, Window

SIDE_PX = 160  # of the upright picture of both eyes that is looked at
AROUND = 1.6  # its width, in distances between the outer corners of the eyes
LOWER_BROWS = (53, 52, 65, 283, 282, 295)  # points of the mesh along the brows' lower edges
# Grey levels a pixel, across the nose and below the eyes, from which there is a frame. On 83 faces
# three with dark frames had 42 to 48 and 15 to 34; of the others none had more than 26 on the nose.
BRIDGE, RIM = 33.0, 10.0


@dataclass(frozen=True, eq=False)
class Glasses:
    """The lines of a frame, in pixels of the picture that was looked at: cubics [4, 2].

    right, left: the person's own rims.
    """

    right: NDArray[np.floating]
    left: NDArray[np.floating]
    bridge: NDArray[np.floating]

    def scaled(self, factor: float) -> Glasses:
        """The same in other pixels."""
        return Glasses(self.right * factor, self.left * factor, self.bridge * factor)


def find_glasses(rgb: NDArray[np.uint8], mesh: Mesh) -> Glasses | None:
    """The glasses of a face, if it has any with a frame that stands out. rgb: [h, w, 3]."""
    corners = mesh.flat[[*RIGHT_CORNERS, *LEFT_CORNERS]]
    along = corners[2] - corners[0]
    side = float(np.linalg.norm(along)) * AROUND
    window = Window((corners[0] + corners[2]) / 2, side, along, SIDE_PX)
    edges = _level_edges(window.cut(rgb)[0])
    # the eyes' corners in the window: outer and inner of the right one, inner and outer of the left
    right_out, right_in, left_out, left_in = window.there(corners)
    eye_px = float(np.linalg.norm(right_in - right_out) + np.linalg.norm(left_out - left_in)) / 2
    apart_px = float(left_in[0] - right_in[0])
    middle = (right_in + left_in) / 2
    nose = (middle[0] - 0.22 * apart_px, middle[0] + 0.22 * apart_px)
    strength, bridge_y = _strongest(
        edges, nose, (middle[1] - 0.35 * apart_px, middle[1] + 0.5 * apart_px)
    )
    eyes = [(right_out + right_in) / 2, (left_out + left_in) / 2]
    below = [
        _strongest(
            edges,
            (eye[0] - 0.4 * eye_px, eye[0] + 0.4 * eye_px),
            (eye[1] + 0.45 * eye_px, eye[1] + 1.1 * eye_px),
        )
        for eye in eyes
    ]
    if strength < BRIDGE or min(found for found, _ in below) < RIM:
        return None
    top = float(window.there(mesh.flat[list(LOWER_BROWS)])[:, 1].mean())
    inner = 0.3 * apart_px
    ends = (
        (middle[0] - inner, right_out[0] - 0.25 * eye_px),
        (middle[0] + inner, left_out[0] + 0.25 * eye_px),
    )
    rims = [
        window.back(_rim(near, far, top, bottom))
        for (near, far), (_, bottom) in zip(ends, below, strict=True)
    ]
    arch = np.array([[-1.0, 0.0], [-0.4, -0.3], [0.4, -0.3], [1.0, 0.0]]) * inner
    arch += np.array([middle[0], bridge_y])
    return Glasses(rims[0], rims[1], window.back(arch))


def _level_edges(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much grey changes downwards, levels a pixel [h, w]; picture: [3, h, w] in 0..1."""
    grey = cv2.GaussianBlur(picture.mean(0) * 255, (0, 0), 1.5)
    return np.asarray(np.abs(cv2.Sobel(grey, cv2.CV_32F, 0, 1, ksize=3, scale=0.25)), np.float32)


def _strongest(
    edges: NDArray[np.float32], columns: tuple[float, float], rows: tuple[float, float]
) -> tuple[float, float]:
    """The strongest level edge over some columns within some rows, and its row."""
    left, right = (int(np.clip(one, 0, SIDE_PX - 1)) for one in columns)
    top, bottom = (int(np.clip(one, 0, SIDE_PX - 1)) for one in rows)
    if right <= left or bottom <= top:
        return 0.0, float(top)
    means = edges[top:bottom, left:right].mean(1)
    return float(means.max()), top + float(means.argmax()) + 0.5


def _rim(near: float, far: float, top: float, bottom: float) -> NDArray[np.floating]:
    """Round an eye from the nose over the temple and back, [4, 2]: about from `top` to `bottom`,
    and to `far`.
    """
    handle = (far - near / 4) / 0.75  # a cubic goes three quarters of the way to its handles
    # from the middle, in half heights
    places = np.array([-0.4, -2.8, 3.0, 0.2]) * (bottom - top) / 2 + (top + bottom) / 2
    return np.stack([np.array([near, handle, handle, near]), places], -1)
