"""What others wrote is read as SVG 2 says, and what can't be read is as if it were not there."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from svgelements import Matrix

from clipasso_core.document.attributes import (
    RANK,
    is_flat,
    read_length,
    read_numbers,
    read_rank,
    read_transform,
    read_view_box,
)


def element(**attributes: str) -> etree._Element:
    return etree.Element("g", attributes)


@pytest.mark.parametrize(
    ("text", "rank"),
    [("0", 0), (" 17 ", 17), ("²", None), ("٣", None), ("-1", None), ("1.0", None), ("", None)],
)
def test_a_rank_is_a_whole_number_in_plain_digits(text: str, rank: int | None) -> None:
    assert read_rank(element(**{RANK: text})) == rank
    assert read_rank(element()) is None
    assert read_rank(element(**{RANK: "1" * 5000})) is None


NUMBERS = st.floats(-1e3, 1e3).map(lambda value: round(value, 3))
ONE_ANGLE = st.lists(st.floats(-80, 80), min_size=1, max_size=1)
FUNCTIONS = st.one_of(
    st.tuples(st.just("matrix"), st.lists(NUMBERS, min_size=6, max_size=6)),
    st.tuples(st.sampled_from(("translate", "scale")), st.lists(NUMBERS, min_size=1, max_size=2)),
    st.tuples(st.just("rotate"), st.lists(NUMBERS, min_size=1, max_size=1)),
    st.tuples(st.just("rotate"), st.lists(NUMBERS, min_size=3, max_size=3)),
    st.tuples(st.sampled_from(("skewX", "skewY")), ONE_ANGLE),
)


@given(st.lists(FUNCTIONS, max_size=4), st.sampled_from((" ", ",", " , ")))
def test_transforms_are_what_another_library_reads(
    functions: list[tuple[str, list[float]]], gap: str
) -> None:
    parts = [f"{name}({gap.join(f'{one:.6f}' for one in values)})" for name, values in functions]
    text = gap.join(parts)
    known = Matrix(" ".join(parts))
    expected = np.array([[known.a, known.c, known.e], [known.b, known.d, known.f], [0, 0, 1]])
    scale = max(1.0, float(np.abs(expected.astype(float)).max()))
    assert np.allclose(
        read_transform(element(transform=text)), expected.astype(float), atol=1e-9 * scale
    )


@pytest.mark.parametrize(
    "text",
    [
        "rotate(foo)",
        "matrix(1 2 3)",
        "scale(",
        "scale(2) nonsense",
        "scale(2",
        "translate(1e999)",
        "scale(1e200) scale(1e200)",
        "scale(" + "9" * 5000 + ")",
        "spin(3)",
        "scale(" * 50_000,
        "scale(2)" + " " * 100_000 + "x",
        "matrix(1,2,3,4,5,nan)",
    ],
    ids=lambda text: text[:20],
)
def test_a_transform_that_can_not_be_read_is_none(text: str) -> None:
    began = time.process_time()
    assert (read_transform(element(transform=text)) == np.eye(3)).all()
    assert time.process_time() - began < 10


@pytest.mark.parametrize(
    ("text", "box"),
    [
        ("0 0 200 100", (0, 0, 200, 100)),
        (" -1,2 , 3e1 4. ", (-1, 2, 30, 4)),
        ("0 0 100% 100%", None),
        ("0 0 200px 100px", None),
        ("0 0 0 100", None),
        ("0 0 -1 100", None),
        ("0 0 1e999 100", None),
        ("0 0 200", None),
        ("", None),
    ],
)
def test_a_view_box_is_four_numbers(text: str, box: tuple[float, ...] | None) -> None:
    assert read_view_box(element(viewBox=text)) == box


@pytest.mark.parametrize(
    ("text", "px"),
    [
        ("12", 12),
        (" 1in ", 96),
        ("2.54 cm", 96),
        ("3pt", 4),
        ("40Q", 37.795),
        ("100%", 0),
        ("2em", 0),
        ("wide", 0),
        ("9" * 5000, 0),
        ("1e999", 0),
        (None, 0),
    ],
    ids=lambda value: str(value)[:12],
)
def test_a_length_is_in_user_units(text: str | None, px: float) -> None:
    assert read_length(text) == pytest.approx(px, rel=1e-4)


@given(st.text(st.sampled_from("0123456789.eE+-, \n"), max_size=40))
def test_whatever_is_read_as_numbers_is_finite(text: str) -> None:
    assert all(math.isfinite(one) for one in read_numbers(text) or [])


def test_what_shows_nothing_is_flat() -> None:
    assert is_flat(np.diag([0.0, 1.0, 1.0]))
    assert is_flat(np.diag([math.inf, 1.0, 1.0]))
    assert is_flat(np.diag([1e200, 1e200, 1.0]))
    assert not is_flat(np.diag([1e-3, 1e3, 1.0]))


@pytest.mark.parametrize("text", ["9" * 100_000 + "x", "1" + " " * 100_000 + "x", "1." * 100_000])
def test_a_length_is_read_in_time_of_its_own_length(text: str) -> None:
    began = time.process_time()
    assert read_length(text) == 0
    assert time.process_time() - began < 10
