"""Lines behind a subject end at its outline."""

from __future__ import annotations

import numpy as np
import pytest

from clipasso_core.sketching.behind import Outline
from clipasso_core.strokes import Stroke, polyline

GAP_PX = 3.0
SCALE = 0.5  # pixels of the mask to one of the photograph


def outline() -> Outline:
    """A square from 80 to 120, both ways."""
    foreground = np.zeros((100, 100), np.float32)
    foreground[40:60, 40:60] = 1
    return Outline(foreground, SCALE, GAP_PX)


def straight(x0: float, y0: float, x1: float, y1: float) -> Stroke:
    ends = np.array([[x0, y0], [x1, y1]], float)
    points = [ends[0] + (ends[1] - ends[0]) * share for share in (0, 1 / 3, 2 / 3, 1)]
    return Stroke(tuple((float(x), float(y)) for x, y in points), 2.0, id="one")


def points(stroke: Stroke) -> np.ndarray:
    return polyline(np.array(stroke.points), 400)


def test_a_line_beside_it_stays_as_it_is() -> None:
    stroke = straight(0, 20, 200, 30)
    assert outline().cut([stroke]) == [stroke]


def test_a_line_that_runs_in_ends_before_it() -> None:
    (cut,) = outline().cut([straight(0, 100, 110, 100)])
    line = points(cut)
    assert tuple(line[0]) == (0, 100)
    assert line[-1, 0] == pytest.approx(80 - GAP_PX, abs=2.5)
    assert np.allclose(line[:, 1], 100)


def test_of_a_line_behind_it_the_longer_end_stays() -> None:
    (cut,) = outline().cut([straight(50, 100, 190, 100)])
    line = points(cut)
    assert line[0, 0] == pytest.approx(120 + GAP_PX, abs=2.5)
    assert line[-1, 0] == pytest.approx(190)


def test_a_bent_line_keeps_its_way() -> None:
    bent = Stroke(((0.0, 0.0), (60.0, 160.0), (140.0, 160.0), (200.0, 0.0)), 2.0)
    (cut,) = outline().cut([bent])
    whole = points(bent)
    away = np.abs(points(cut)[:, None] - whole[None]).sum(-1).min(1)
    assert away.max() < 1, "it lies on the stroke that it is a part of"
    inside = (np.abs(points(cut) - 100) < 20).all(1)
    assert not inside.any()


def test_what_is_hidden_is_not_drawn() -> None:
    assert outline().cut([straight(85, 85, 115, 115), straight(76, 100, 124, 100)]) == []


def test_without_a_subject_nothing_is_hidden() -> None:
    stroke = straight(0, 100, 200, 100)
    assert Outline(np.zeros((100, 100), np.float32), SCALE, GAP_PX).cut([stroke]) == [stroke]
