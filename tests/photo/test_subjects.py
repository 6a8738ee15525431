"""What is told apart, and what is one thing however narrow it gets."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from support.faces import plain_face

from clipasso_core.photo.faces import Face
from clipasso_core.photo.subjects import tell_apart

HEIGHT, WIDTH = 300, 400
Corners = Sequence[tuple[int, int]]


class Sheet:
    """A mask that is drawn with shapes."""

    def __init__(self) -> None:
        self.mask = np.zeros((HEIGHT, WIDTH), np.float32)

    def oval(self, x: int, y: int, half_width: int, half_height: int) -> Sheet:
        cv2.ellipse(self.mask, (x, y), (half_width, half_height), 0, 0, 360, 1.0, -1)
        return self

    def line(self, begin: tuple[int, int], end: tuple[int, int], width: int) -> Sheet:
        cv2.line(self.mask, begin, end, 1.0, width)
        return self

    def shape(self, *corners: tuple[int, int]) -> Sheet:
        cv2.fillPoly(self.mask, [np.array(corners, np.int32)], 1.0)
        return self

    def wedge(self, left: int, top: int, size: int = 80) -> Sheet:
        """Something that is not its own mirror image."""
        return self.shape((left, top), (left + size, top + size // 2), (left, top + size))

    def apart(
        self, *faces: Face, most: int = 8, wanted: int | None = None
    ) -> list[NDArray[np.float32]]:
        return tell_apart(self.mask, faces, 1.0, most, wanted)


def airplanes() -> Sheet:
    """Three that touch by the tips of their wings."""
    sheet = Sheet()
    for one in range(3):
        sheet.wedge(20 + 110 * one, 40 + 20 * one, 90)
    return sheet.line((100, 85), (250, 110), 5).line((220, 105), (330, 125), 5)


def glasses() -> Sheet:
    return Sheet().oval(110, 150, 60, 50).oval(290, 150, 60, 50).line((160, 150), (240, 150), 8)


# What are several


def test_parts_that_do_not_touch_are_two() -> None:
    assert len(Sheet().oval(80, 150, 50, 80).oval(300, 150, 60, 90).apart()) == 2


def test_neighbours_that_touch_narrowly_side_by_side_are_several() -> None:
    assert len(airplanes().apart()) == 3


def test_one_above_the_other_but_far_from_it_is_another() -> None:
    assert len(Sheet().oval(200, 50, 60, 40).oval(200, 240, 70, 50).apart()) == 2


# What is one


@pytest.mark.parametrize(
    "sheet",
    [
        # a giraffe: a body, a neck and a head
        Sheet().oval(150, 200, 70, 40).line((200, 180), (280, 60), 18).oval(295, 50, 30, 16),
        # a horse and its tail
        Sheet().oval(170, 150, 90, 50).line((255, 140), (285, 145), 8).oval(320, 150, 40, 14),
        # a lamp: a foot, an arm and a shade
        Sheet().oval(120, 270, 60, 20).line((120, 255), (200, 80), 7).oval(250, 70, 60, 25),
        # the same, of whose arm the mask has nothing
        Sheet().oval(150, 200, 60, 40).oval(180, 110, 60, 34),
        glasses(),
        Sheet().oval(200, 150, 100, 100),
    ],
    ids=["giraffe", "horse", "lamp", "lamp in two", "glasses", "disc"],
)
def test_a_single_thing_stays_one(sheet: Sheet) -> None:
    (only,) = sheet.apart()
    assert np.array_equal(only, sheet.mask)


def test_dust_belongs_to_what_is_nearest() -> None:
    first, second = Sheet().wedge(20, 100, 120).wedge(250, 100, 90).oval(380, 60, 5, 5).apart()
    assert second[60, 380] == 1
    assert first[60, 380] == 0


# By faces


def test_people_who_stand_close_are_told_apart_by_their_faces() -> None:
    sheet = (
        Sheet()
        .oval(120, 90, 50, 60)
        .oval(250, 90, 50, 60)
        .shape((40, 120), (340, 120), (360, 300), (20, 300))
    )
    left, right = plain_face((120.0, 90.0), 80.0), plain_face((250.0, 90.0), 80.0)
    parts = sheet.apart(left, right)
    assert len(parts) == 2
    shown = [{place for place, part in enumerate(parts) if part[90, x] > 0.9} for x in (120, 250)]
    assert sorted(shown, key=sorted) == [{0}, {1}]


@pytest.mark.parametrize(
    "others",
    [
        [],
        [plain_face((150.0, 95.0), 78.0)],  # the same face, found twice
        [plain_face((200.0, 230.0), 20.0)],  # on a shirt
        [plain_face((380.0, 20.0), 80.0)],  # beside the subject
    ],
    ids=["alone", "twice", "on a shirt", "elsewhere"],
)
def test_one_person_is_one(others: list[Face]) -> None:
    sheet = Sheet().oval(150, 90, 60, 70).shape((60, 150), (260, 150), (300, 300), (40, 300))
    assert len(sheet.apart(plain_face((150.0, 90.0), 80.0), *others)) == 1


# What a person says


def test_as_many_as_a_person_says() -> None:
    assert len(glasses().apart(wanted=2)) == 2
    assert len(airplanes().apart(wanted=2)) == 2
    assert len(airplanes().apart(wanted=1)) == 1


def test_what_can_not_be_told_apart_is_one_whatever_a_person_says() -> None:
    assert len(Sheet().oval(200, 150, 100, 100).apart(wanted=3)) == 1


def test_no_more_than_there_may_be() -> None:
    assert len(airplanes().apart(most=2)) == 2


# Where they are cut


def test_every_pixel_is_somebody_s_and_only_edges_between_two_are_shared() -> None:
    sheet = airplanes()
    parts = sheet.apart()
    together = np.max(parts, axis=0)
    bodies = cv2.erode(sheet.mask, np.ones((15, 15), np.uint8)) > 0
    assert (together[bodies] > 0).all()
    assert (together[bodies] > 0.99).mean() > 0.9, "but for where one fades"
    assert (np.sum(parts, axis=0)[bodies] < 1.01).all()
    assert (together <= sheet.mask + 1e-6).all()


def test_the_one_in_front_goes_on_into_the_other_which_fades() -> None:
    sheet = (
        Sheet()
        .shape((40, 60), (200, 60), (200, 290), (40, 290))
        .shape((200, 40), (360, 40), (360, 200), (200, 200))
    )
    left, right = plain_face((120.0, 110.0), 80.0), plain_face((280.0, 90.0), 80.0)
    parts = sheet.apart(left, right)
    before, behind = sorted(parts, key=lambda part: -float(part[290, 120]))
    row = 150
    edge = int(np.flatnonzero(before[row] > 0.99).max())
    assert 0.05 < before[row, edge + 6] < 0.99, "it goes on"
    assert behind[row, edge + 2] < 0.2 < 0.8 < behind[row, edge + 60], "it fades"


@settings(max_examples=40, deadline=None)
@given(
    ovals=st.lists(
        st.tuples(
            st.integers(0, WIDTH - 1),
            st.integers(0, HEIGHT - 1),
            st.integers(1, 90),
            st.integers(1, 90),
        ),
        max_size=8,
    ),
    most=st.integers(1, 8),
    wanted=st.none() | st.integers(1, 8),
)
def test_whatever_the_mask_is_all_of_it_is_shown(
    ovals: list[tuple[int, int, int, int]], most: int, wanted: int | None
) -> None:
    sheet = Sheet()
    for oval in ovals:
        sheet.oval(*oval)
    parts = sheet.apart(most=most, wanted=wanted)
    assert 1 <= len(parts) <= (wanted or most)
    shown = np.max(parts, axis=0)
    assert shown.shape == sheet.mask.shape
    assert (shown <= sheet.mask + 1e-6).all()
    assert all(part.max(initial=0) > 0.5 for part in parts) or not sheet.mask.any()
