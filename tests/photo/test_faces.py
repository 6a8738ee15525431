"""Faces of people are found where they are, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from support.faces import plain_face

from clipasso_core import UserError
from clipasso_core.photo.faces import Face, find_faces, seen_in
from clipasso_core.photo.framing import frame_whole
from clipasso_core.photo.picture import from_array, read_picture
from clipasso_core.strokes import polyline

EXAMPLES = Path(__file__).parents[2] / "examples"
ASTRONAUT = EXAMPLES / "astronaut.jpg"
# of the astronaut, read off the photograph: the person's right eye, the left one, the mouth
RIGHT_EYE, LEFT_EYE, MOUTH = (203, 101), (246, 103), (224, 146)

pytestmark = pytest.mark.usefixtures("face_networks")


def astronaut() -> NDArray[np.uint8]:
    return read_picture(ASTRONAUT).rgb


def found_in(pixels: NDArray[np.uint8]) -> list[Face]:
    picture = from_array(pixels)
    return find_faces(picture, frame_whole(picture.width, picture.height))


def lies_at(place: NDArray[np.floating], expected: tuple[float, float], px: float = 4) -> bool:
    return bool(np.linalg.norm(place - np.array(expected)) < px)


def test_a_face_is_found_with_its_eyes_and_mouth() -> None:
    (face,) = found_in(astronaut())
    assert lies_at(face.right.iris, RIGHT_EYE)
    assert lies_at(face.left.iris, LEFT_EYE)
    assert lies_at(face.mesh[[13, 14], :2].mean(0), MOUTH)
    assert 70 < face.side < 120
    # lids go round the irises
    for eye in (face.right, face.left):
        assert eye.upper[4, 1] < eye.iris[1] < eye.lower[4, 1] + eye.radius
        assert 3 < eye.radius < 10


def test_places_are_in_the_photographs_own_pixels() -> None:
    large = np.asarray(cv2.resize(astronaut(), None, fx=4, fy=4), np.uint8)
    assert from_array(large).scale < 1
    (face,) = found_in(large)
    assert lies_at(face.right.iris / 4, RIGHT_EYE)
    assert 280 < face.side < 480


@pytest.mark.parametrize("degrees", [-30, -15, 15, 30])
def test_a_tilted_face_is_found(degrees: float) -> None:
    turn = cv2.getRotationMatrix2D((222, 130), degrees, 1.0)
    tilted = cv2.warpAffine(astronaut(), turn, (512, 512), borderMode=cv2.BORDER_REPLICATE)
    (face,) = found_in(np.asarray(tilted, np.uint8))
    assert lies_at(face.right.iris, tuple(turn @ (*RIGHT_EYE, 1)))
    assert lies_at(face.left.iris, tuple(turn @ (*LEFT_EYE, 1)))


def test_a_mirrored_face_has_its_sides_changed() -> None:
    (face,) = found_in(np.ascontiguousarray(astronaut()[:, ::-1]))
    assert lies_at(face.right.iris, (512 - LEFT_EYE[0], LEFT_EYE[1]))


def test_a_far_face_is_found() -> None:
    wide = np.full((900, 900, 3), 200, np.uint8)
    wide[600:760, 100:260] = cv2.resize(astronaut(), (160, 160), interpolation=cv2.INTER_AREA)
    (face,) = found_in(wide)
    assert lies_at(face.right.iris, (100 + 203 * 160 / 512, 600 + 101 * 160 / 512), 3)


def test_several_faces_are_told_apart_the_largest_first() -> None:
    small = cv2.resize(astronaut(), (320, 320), interpolation=cv2.INTER_AREA)
    pair = np.full((512, 832, 3), 255, np.uint8)
    pair[:, :512], pair[:320, 512:] = astronaut(), small
    faces = found_in(pair)
    assert len(faces) == 2
    assert lies_at(faces[0].right.iris, RIGHT_EYE)
    assert lies_at(faces[1].right.iris, (512 + 203 * 320 / 512, 101 * 320 / 512))


def with_glasses(pixels: NDArray[np.uint8], grey: int) -> NDArray[np.uint8]:
    """The astronaut, four times as large, with a frame painted on."""
    large = np.asarray(cv2.resize(pixels, None, fx=4, fy=4), np.uint8)
    for x, y in (RIGHT_EYE, LEFT_EYE):
        cv2.ellipse(large, (4 * x, 4 * y + 12), (64, 52), 0, 0, 360, (grey,) * 3, 12)
    middle, y = 2 * (RIGHT_EYE[0] + LEFT_EYE[0]), 2 * (RIGHT_EYE[1] + LEFT_EYE[1])
    cv2.line(large, (middle - 26, y), (middle + 26, y), (grey,) * 3, 12)
    return large


def test_glasses_are_seen_where_their_frame_stands_out() -> None:
    (bare,) = found_in(astronaut())
    assert bare.glasses is None
    (face,) = found_in(with_glasses(astronaut(), 20))
    assert face.glasses is not None
    for rim, eye in ((face.glasses.right, RIGHT_EYE), (face.glasses.left, LEFT_EYE)):
        line = polyline(rim) / 4
        assert line[:, 0].min() < eye[0] - 8 < eye[0] + 8 < line[:, 0].max()
        assert line[:, 1].min() < eye[1] < line[:, 1].max()
        assert line[:, 1].max() == pytest.approx(eye[1] + 3 + 13, abs=3), "as low as the frame"
    across = polyline(face.glasses.bridge) / 4
    assert RIGHT_EYE[0] < across[:, 0].min() < across[:, 0].max() < LEFT_EYE[0]


def test_a_cup_has_no_face() -> None:
    assert found_in(read_picture(EXAMPLES / "coffee.jpg").rgb) == []


@pytest.mark.parametrize("fill", [0, 255])
def test_a_plain_picture_has_no_face(fill: int) -> None:
    assert found_in(np.full((64, 300, 3), fill, np.uint8)) == []


def test_noise_has_no_face() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (300, 300, 3), dtype=np.uint8)
    assert found_in(noise) == []


def test_without_the_networks_there_are_none(face_networks: Path) -> None:
    (face_networks / "face_landmark.tflite").unlink()
    assert found_in(astronaut()) == []


@pytest.mark.parametrize(
    "file", ["face_detection_back", "face_detection_full_range", "face_landmark", "iris_landmark"]
)
def test_a_damaged_network_is_refused_in_one_line_and_the_fix_named(
    face_networks: Path, file: str, capfd: pytest.CaptureFixture[str]
) -> None:
    (face_networks / f"{file}.tflite").write_bytes(b"no network")
    with pytest.raises(UserError, match="clipasso models fetch faces"):
        found_in(astronaut())
    assert capfd.readouterr() == ("", "")


def test_only_faces_of_the_subject_count() -> None:
    faces = [plain_face((60.0, 60.0), 40.0), plain_face((160.0, 60.0), 40.0)]
    left_half = np.zeros((60, 110), np.float32)
    left_half[:, :50] = 1
    assert seen_in(faces, left_half, 0.5) == faces[:1]
