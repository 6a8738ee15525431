"""The lines of a face, most needed first, without those that can't be seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.faces import plain_face

from clipasso_core.photo.features import cubic, features
from clipasso_core.photo.glasses import Glasses
from clipasso_core.strokes import polyline

WHOLE = [
    "right lid",
    "left lid",
    "mouth",
    "jaw",
    "nose",
    "right iris",
    "left iris",
    "right brow",
    "left brow",
    "lower lip",
    "right lower lid",
    "left lower lid",
]


def curves(**face: object) -> dict[str, np.ndarray]:
    return {one.part: one.curve for one in features(plain_face(**face))}  # type: ignore[arg-type]


def test_a_face_has_its_lines_in_the_order_of_need() -> None:
    assert list(curves()) == WHOLE


def test_lines_lie_where_the_face_has_them() -> None:
    found = curves(middle=(300.0, 200.0), side=200.0)
    for part, curve in found.items():
        assert curve.shape == (4, 2)
        # the person's right is the picture's left
        middle = polyline(curve)[:, 0].mean()
        side = part.split()[0]
        assert {"right": middle < 290, "left": middle > 310}.get(side, 290 < middle < 310)
    heights = ["right brow", "right iris", "nose", "mouth", "lower lip", "jaw"]
    lowest = [polyline(found[part])[:, 1].max() for part in heights]
    assert lowest == sorted(lowest)


def test_closed_eyes_are_lids_that_meet_without_an_iris() -> None:
    closed = curves(open_eyes=False)
    assert [part for part in closed if "iris" in part or "lower lid" in part] == []
    right = polyline(closed["right lid"])
    assert right[16, 1] > right[0, 1], "it hangs down, where an open eye's lid goes up"


def test_an_open_mouth_smiles_with_its_lower_edge() -> None:
    mouths = [curves(open_mouth=is_open) for is_open in (False, True)]
    assert ["upper lip" in one for one in mouths] == [False, True]
    assert ["lower lip" in one for one in mouths] == [True, False]
    bends = [polyline(one["mouth"])[16, 1] - one["mouth"][0, 1] for one in mouths]
    assert bends[1] > bends[0] + 2


@pytest.mark.parametrize("turn", [0.1, 0.3, 0.5])
def test_of_a_profile_one_side_is_drawn(turn: float) -> None:
    is_seen = turn > 0.35
    assert ("left lid" in curves(turn=turn)) == is_seen
    assert ("left brow" in curves(turn=turn)) == is_seen
    assert "right lid" in curves(turn=turn)
    # of what runs across the face that half, too
    for part in ("jaw", "mouth", "nose"):
        assert (curves(turn=turn)[part][:, 0].max() > 101) == is_seen


def test_glasses_come_before_the_brows_on_the_sides_that_are_seen() -> None:
    line = np.zeros((4, 2))
    glasses = Glasses(line, line, line)
    parts = [
        [one.part for one in features(replace(plain_face(turn=turn), glasses=glasses))]
        for turn in (1.0, 0.1)
    ]
    place = parts[0].index("right rim")
    assert parts[0][place : place + 4] == ["right rim", "left rim", "bridge", "right brow"]
    assert "right rim" in parts[1]
    assert "left rim" not in parts[1]


def test_an_upside_down_face_has_its_irises_under_its_lids() -> None:
    face = plain_face(middle=(0.0, 0.0))
    right, left = (
        type(eye)(-eye.upper, -eye.lower, -eye.iris, eye.radius) for eye in (face.right, face.left)
    )
    turned = {
        one.part: one.curve for one in features(type(face)(-face.mesh, right, left, face.score))
    }
    upright = curves(middle=(0.0, 0.0))
    for part in WHOLE:
        np.testing.assert_allclose(polyline(turned[part]), -polyline(upright[part]), atol=1e-6)


def test_a_cubic_is_fitted_from_end_to_end() -> None:
    known = np.array([[0.0, 0.0], [10.0, 20.0], [30.0, 20.0], [40.0, 0.0]])
    fitted = cubic(polyline(known))
    np.testing.assert_allclose(fitted[[0, 3]], known[[0, 3]])
    apart = np.linalg.norm(polyline(fitted)[:, None] - polyline(known, 200), axis=2).min(1)
    assert apart.max() < 1
