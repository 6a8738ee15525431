"""What a person paints over a mask is the last word on the subject."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from clipasso_core.errors import UserError
from clipasso_core.photo.mask import Mask, find_subject
from clipasso_core.photo.picture import read_picture
from clipasso_core.photo.repair import repaired


@pytest.fixture
def found(photo: Path) -> Mask:
    return find_subject(read_picture(photo), "auto", lambda: np.ones((1, 1)))


def subject(mask: Mask) -> NDArray[np.bool_]:
    return mask.foreground > 0.5


def greys(**rows: slice) -> NDArray[np.float32]:
    """The middle grey with rows that are white or black."""
    painted = np.full((120, 160), 0.5, np.float32)
    for name, some in rows.items():
        painted[some] = {"white": 1, "black": 0}[name]
    return painted


def test_white_adds_to_the_subject_black_takes_away_and_grey_does_neither(found: Mask) -> None:
    mended = repaired(found, greys(white=slice(0, 10), black=slice(60, 120)))
    assert mended.source == "plain border, repaired"
    assert (mended.foreground[:10] == 1).all()
    assert np.array_equal(mended.foreground[10:60], found.foreground[10:60])
    assert (mended.foreground[60:] == 0).all()


@pytest.mark.parametrize(
    ("source", "painted", "rows"),
    [
        ("none", greys(black=slice(0, 50)), range(50, 120)),
        ("none", greys(white=slice(0, 50)), range(120)),
        ("none (u2netp found no subject)", greys(white=slice(0, 50)), range(50)),
        ("none (u2netp found no subject)", greys(black=slice(0, 50)), range(50, 120)),
    ],
)
def test_where_no_subject_was_found_the_person_says_what_it_is(
    source: str, painted: NDArray[np.float32], rows: range
) -> None:
    mended = repaired(Mask(np.ones((120, 160), np.float32), source), painted)
    assert mended.source == "hand"
    assert np.flatnonzero(subject(mended).all(1)).tolist() == list(rows)
    assert np.flatnonzero(subject(mended).any(1)).tolist() == list(rows)


def test_a_repair_that_leaves_nothing_is_refused(found: Mask) -> None:
    with pytest.raises(UserError, match="leaves no subject: paint less of it black") as bad:
        repaired(found, greys(black=slice(0, 120)))
    assert bad.value.code == "bad-mask_repair"


def test_a_repaired_crop_is_still_a_crop() -> None:
    shown = np.ones((120, 160), bool)
    crop = Mask(np.ones((120, 160), np.float32), "u2netp", shown)
    assert repaired(crop, greys(white=slice(50, 60))).shown is shown
