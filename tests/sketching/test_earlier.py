"""A sketch goes on from an earlier one: the same strokes, better, or the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from support.pictures import green_disc

from clipasso_core import SketchRequest, SketchResult, UserError, from_svg, sketch, to_svg
from clipasso_core.frame import Frame
from clipasso_core.sketching.earlier import placed
from clipasso_core.strokes import Stroke

DRAFT = SketchRequest(strokes=4, preset="draft", steps=3)
FINISH = replace(DRAFT, preset="quick", steps=6)


def points(result: SketchResult) -> NDArray[np.floating]:
    """[N, 4, 2], by their place."""
    chains = np.array([stroke.points for stroke in result.strokes])
    return chains[np.lexsort(chains[:, 0].T)]


def test_it_goes_on_from_the_strokes_and_never_gets_worse() -> None:
    draft = sketch(green_disc(), DRAFT)
    finished = sketch(green_disc(), FINISH, start=draft)
    assert finished.loss < draft.loss
    anew = sketch(green_disc(), FINISH)
    moved, laid = (
        np.abs(points(one) - points(draft)).mean() / draft.frame.scale for one in (finished, anew)
    )
    assert moved < laid, "the layout stays"
    still = sketch(green_disc(), replace(FINISH, steps=1), start=draft)
    assert still.loss == pytest.approx(draft.loss, abs=1e-4)
    assert points(still) == pytest.approx(points(draft), abs=1e-2)


def test_what_was_written_down_is_gone_on_from_as_well() -> None:
    draft = sketch(green_disc(), DRAFT)
    read = sketch(green_disc(), replace(FINISH, steps=1), start=from_svg(to_svg(draft)))
    assert points(read) == pytest.approx(points(draft), abs=1e-2)


def test_progress_says_from_what_it_goes_on() -> None:
    told = []
    draft = sketch(green_disc(), DRAFT)
    several = replace(FINISH, steps=1, seeds=4)
    sketch(green_disc(), several, lambda progress: told.append(progress), start=draft)
    assert told[0].setup.saliency == "an earlier sketch"
    assert told[0].setup.seeds == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"strokes": 5}, "has 4 strokes, not 5"),
        ({"one_line": True}, "one line and a background"),
        ({"background": 3}, "one line and a background"),
    ],
)
def test_what_it_can_t_go_on_from_is_told(change: dict[str, object], words: str) -> None:
    draft = sketch(green_disc(), DRAFT)
    with pytest.raises(UserError, match=words) as told:
        sketch(green_disc(), replace(FINISH, **change), start=draft)  # type: ignore[arg-type]
    assert told.value.code == "bad-start"


def test_a_sketch_of_another_picture_is_told() -> None:
    draft = sketch(green_disc(), DRAFT)
    with pytest.raises(UserError, match="of another picture: 300 x 120 pixels, not 300 x 100"):
        sketch(green_disc()[:100], FINISH, start=draft)


def test_a_chain_of_several_cubics_is_told() -> None:
    line = sketch(green_disc(), replace(DRAFT, strokes=2, one_line=True))
    with pytest.raises(UserError, match="is no single curve"):
        sketch(green_disc(), replace(FINISH, strokes=1), start=line)


def named(x: float, part: str = "") -> Stroke:
    return Stroke(tuple((x + i, x) for i in range(4)), 3.0, part=part)


def test_features_keep_their_places_and_the_others_their_order() -> None:
    frame = Frame(0, 0, 224)
    earlier = [named(10, "left lid"), named(20), named(30), named(40, "right lid")]
    given = np.full((2, 4, 2), 7.0)
    whole = placed(earlier, frame, given, [1, 3])
    assert whole[:, 0, 1].tolist() == [20, 7, 30, 7]
    # more features than there are now: they lie on as ordinary strokes
    assert placed(earlier, frame, given[:0], [])[:, 0, 1].tolist() == [10, 20, 30, 40]
    # fewer: the least needed of the others gives way
    three = placed(earlier, frame, np.full((3, 4, 2), 7.0), [0, 1, 2])
    assert three[:, 0, 1].tolist() == [7, 7, 7, 20]


def two_discs() -> NDArray[np.uint8]:
    """Two subjects on white paper."""
    sheet = np.full((120, 420, 3), 255, np.uint8)
    sheet[:, :120] = green_disc()[:, 170:290]
    sheet[:, 290:410] = green_disc()[:, 170:290]
    return sheet


def test_each_of_several_subjects_goes_on_from_its_own_strokes() -> None:
    draft = sketch(two_discs(), replace(DRAFT, strokes=12, subjects=2))
    assert sorted({stroke.subject for stroke in draft.strokes}) == [1, 2]
    still = replace(FINISH, strokes=12, subjects=2, steps=1)
    again = sketch(two_discs(), still, start=from_svg(to_svg(draft)))
    assert points(again) == pytest.approx(points(draft), abs=1e-2)
    with pytest.raises(UserError, match="of other subjects"):
        sketch(two_discs(), replace(still, subjects="one"), start=draft)
