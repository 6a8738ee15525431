"""An earlier sketch of the same photograph, from whose strokes another one goes on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from clipasso_core.errors import UserError
from clipasso_core.frame import Frame
from clipasso_core.photo.picture import Picture
from clipasso_core.request import SketchRequest
from clipasso_core.result import SketchResult
from clipasso_core.strokes import Stroke

if TYPE_CHECKING:
    from clipasso_core.sketching.part import Part

CUBIC = 4  # points of a stroke that the optimiser lays


def check(earlier: SketchResult, picture: Picture, request: SketchRequest) -> None:
    """Raises `UserError` for a sketch that this picture and request can't go on from."""
    if request.one_line or request.background is not None:
        raise UserError(
            "bad-start",
            "one line and a background have strokes of their own: leave them out to go on from a"
            " sketch",
        )
    if (earlier.width, earlier.height) != (picture.width, picture.height):
        raise UserError(
            "bad-start",
            "the sketch to go on from is of another picture: {width} x {height} pixels, not"
            " {photo_width} x {photo_height}",
            width=earlier.width,
            height=earlier.height,
            photo_width=picture.width,
            photo_height=picture.height,
        )
    if len(earlier.strokes) != request.strokes:
        raise UserError(
            "bad-start",
            "the sketch to go on from has {count} strokes, not {strokes}: ask for as many",
            count=len(earlier.strokes),
            strokes=request.strokes,
        )
    if any(len(stroke.points) != CUBIC for stroke in earlier.strokes):
        raise UserError(
            "bad-start",
            "a stroke of the sketch to go on from is no single curve: sketch the photo anew",
        )


def hand_out(earlier: SketchResult, subjects: Sequence[Part], turns: Sequence[int]) -> None:
    """Give each subject its strokes of an earlier sketch. turns: whose stroke comes next, where
    there are several. Raises `UserError` where it was of other subjects.
    """
    whose = list(turns) if len(subjects) > 1 else [0] * len(earlier.strokes)
    told = [stroke.subject - 1 for stroke in earlier.strokes if stroke.subject]
    if told not in ([], whose):
        raise UserError(
            "bad-start",
            "the sketch to go on from is of other subjects than are found now: sketch the photo"
            " anew",
        )
    for number, part in enumerate(subjects):
        part.start = [
            stroke for stroke, one in zip(earlier.strokes, whose, strict=True) if one == number
        ]


def placed(
    strokes: Sequence[Stroke],
    frame: Frame,
    given: NDArray[np.floating],
    given_at: Sequence[int],
) -> NDArray[np.floating]:
    """The strokes of an earlier sketch [N, 4, 2] on the canvas, in their order of need, with the
    given ones [K, 4, 2] at their places in that order.

    The strokes that were features give way to those. Are they fewer or more than there are now,
    the least needed of the others are left out, or lie where the features were.
    """
    chains = frame.to_canvas(np.array([stroke.points for stroke in strokes]))
    own = [one for one, stroke in enumerate(strokes) if not stroke.part]
    parts = [one for one, stroke in enumerate(strokes) if stroke.part]
    free = sorted(set(range(len(chains))) - set(given_at))
    whole = np.empty_like(chains)
    whole[list(given_at)] = given
    whole[free] = chains[sorted([*own, *parts][: len(free)])]
    return whole
