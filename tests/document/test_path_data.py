"""Path data of any program are chains of cubics: what stands before the first error is drawn."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from svgelements import Arc, Close, Move
from svgelements import Path as Known

from clipasso_core.document.path_data import path_text, read_path
from clipasso_core.strokes import polyline

LIMIT_S = 20.0  # for less than a second, or five where a busy machine counts every line

PLACE = st.floats(-100, 100).map(lambda value: round(value, 2))
SIZE = st.floats(0.5, 60).map(lambda value: round(value, 2))
FLAG = st.sampled_from("01")
GAP = st.sampled_from((" ", ",", " , ", "\n"))
KINDS = {
    "M": (PLACE, PLACE),
    "L": (PLACE, PLACE),
    "H": (PLACE,),
    "V": (PLACE,),
    "C": (PLACE,) * 6,
    "S": (PLACE,) * 4,
    "Q": (PLACE,) * 4,
    "T": (PLACE,) * 2,
    "A": (SIZE, SIZE, PLACE, FLAG, FLAG, PLACE, PLACE),
    "Z": (),
}


@st.composite
def path_data(draw: st.DrawFn, kinds: str = "MLHVCSQTAZ") -> str:
    """Data of a valid path. No curve goes on from one of another degree: the other library takes
    its handle, where SVG 2 takes the pen's place.
    """
    parts = [f"M{draw(PLACE)},{draw(PLACE)}"]
    before = ""
    for kind in draw(st.lists(st.sampled_from(kinds), max_size=8)):
        if kind + before in ("SQ", "ST", "TC", "TS"):
            continue
        before = kind
        command = draw(st.sampled_from((kind, kind.lower())))
        numbers = [str(draw(one)) for one in KINDS[kind]]
        parts.append(command + draw(GAP).join(numbers))
    return draw(st.sampled_from(("", " ", "\t"))).join(parts)


def known_points(data: str) -> Iterator[NDArray[np.floating]]:
    """Points along each segment that another library draws."""
    path = Known(data)
    for segment in path:
        if isinstance(segment, Move) or segment.start is None or segment.end is None:
            continue
        if isinstance(segment, Close) and abs(segment.end - segment.start) < 1e-9:
            continue
        yield np.array([(one.x, one.y) for one in map(segment.point, np.linspace(0, 1, 9))])


@given(path_data("MLHVCSQTZ"))
@settings(deadline=None)
def test_lines_and_curves_are_what_another_library_draws(data: str) -> None:
    chains, closed = read_path(data)
    drawn = [
        polyline(chain[at : at + 4], 9) for chain in chains for at in range(0, len(chain) - 1, 3)
    ]
    expected = [*known_points(data)]
    assert closed == any(isinstance(segment, Close) for segment in Known(data))
    assert len(drawn) == len(expected)
    for ours, theirs in zip(drawn, expected, strict=True):
        assert np.allclose(ours, theirs, atol=1e-6) or np.ptp(ours, axis=0).max() < 1e-3


@given(path_data("A"))
@settings(deadline=None)
def test_arcs_run_where_another_library_draws_them(data: str) -> None:
    chains, _ = read_path(data)
    line = polyline(np.concatenate(chains)) if chains else np.zeros((0, 2))
    for segment in Known(data):
        if not isinstance(segment, Arc) or abs(segment.end - segment.start) < 1e-3:
            continue
        points = np.array([(one.x, one.y) for one in map(segment.point, np.linspace(0, 1, 9))])
        away = np.hypot(*(points[:, None] - line).transpose(2, 0, 1)).min(1)
        radius = max(segment.rx, segment.ry)
        assert away.max() < 0.06 * radius  # half of the distance between points of the line


def test_an_arc_is_round() -> None:
    (chain,), _ = read_path("M 30,50 A 40,40 0 1 1 70,90")
    radius = np.hypot(*(polyline(chain) - [70, 50]).T)
    assert np.abs(radius - 40).max() < 40 * 0.0003


@pytest.mark.parametrize(
    ("data", "chains", "closed"),
    [
        ("M0,0L10,0Lx", ["M 0,0 L 10,0"], False),
        ("M0,0L10,0 20", ["M 0,0 L 10,0"], False),
        ("M0,0L10,0,,5,5", ["M 0,0 L 10,0"], False),
        ("M0,0L10,0 C1,2 3,4 5", ["M 0,0 L 10,0"], False),
        ("M0,0L10,0 L1e999,0 L5,5", ["M 0,0 L 10,0"], False),
        ("M0,0L10,0 L" + "9" * 5000 + ",0", ["M 0,0 L 10,0"], False),
        ("M0,0L10,0 A5,5 0 2 0 20,0", ["M 0,0 L 10,0"], False),
        ("M0,0L10,0#L5,5", ["M 0,0 L 10,0"], False),
        ("L10,0", [], False),
        ("z", [], False),
        ("M", [], False),
        ("M5,5", [], False),
        ("M5,5z", [], True),
        ("nonsense", [], False),
        ("M²,0L1,1", [], False),
        ("M٣,0L1,1", [], False),
        ("M0,0L1e308,0l1e308,0", [], False),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_stands_before_an_error_is_drawn(data: str, chains: list[str], closed: bool) -> None:
    expected = [read_path(one)[0][0] for one in chains]
    found, has_closed = read_path(data)
    assert has_closed == closed
    assert len(found) == len(expected)
    assert all((one == other).all() for one, other in zip(found, expected, strict=True))


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("M0 0 1 1 2 2", "M0,0L1,1L2,2"),
        ("m1 1 1 1", "M1,1L2,2"),
        ("M.5.5-1-1", "M0.5,0.5L-1,-1"),
        ("M1e1.5L5-5", "M10,0.5L5,-5"),
        ("M0,0a5 5 0 0110 0", "M0,0A5,5,0,0,1,10,0"),
        ("M0,0a5 5 0 0 110 0", "M0,0A5,5,0,0,1,10,0"),
        ("M0,0A0 5 0 0 1 9 3", "M0,0L9,3"),
        ("M1,2A5 5 0 0 1 1 2L3,3", "M1,2L3,3"),
        ("M0,0L9,0zL5,5", "M0,0L9,0L0,0M0,0L5,5"),
        ("M0,0L9,0zm1,1l5,5", "M0,0L9,0L0,0M1,1L6,6"),
        ("M0,0Q5,9,9,0L1,1T5,5", "M0,0Q5,9,9,0L1,1Q1,1,5,5"),
        ("M0,0C1,2,3,4,5,0Q1,1,2,2S5,5,6,6", "M0,0C1,2,3,4,5,0Q1,1,2,2C2,2,5,5,6,6"),
    ],
)
def test_short_forms_mean_the_long_ones(short: str, long: str) -> None:
    ours, expected = read_path(short)[0], read_path(long)[0]
    assert len(ours) == len(expected)
    assert all(np.allclose(one, other) for one, other in zip(ours, expected, strict=True))


@given(st.text(st.sampled_from("MmZzLlHhVvCcSsQqTtAa0123456789.eE+-, \n"), max_size=60))
@settings(deadline=None)
def test_whatever_is_drawn_is_finite_and_of_cubics(data: str) -> None:
    for chain in read_path(data)[0]:
        assert np.isfinite(chain).all()
        assert len(chain) % 3 == 1
        assert len(chain) >= 4


@pytest.mark.parametrize(
    "data",
    [
        "M0 0" + "a5 5 0 0 1 10 0 " * 5000,
        "M0 0" + "z" * 100_000,
        "M0 0" + "m1 1" * 50_000,
        "M" + " " * 300_000 + "x",
        "M" + "9" * 300_000 + "x",
        "M0 0" + "t1 1" * 30_000,
    ],
    ids=lambda data: data[:20],
)
def test_time_grows_with_the_text_alone(data: str) -> None:
    began = time.process_time()
    read_path(data)
    assert time.process_time() - began < LIMIT_S


@given(path_data())
@settings(deadline=None)
def test_what_is_written_is_read_again(data: str) -> None:
    for chain in read_path(data)[0]:
        again, closed = read_path(path_text(chain))
        assert not closed
        assert np.abs(again[0] - chain).max() < 1e-5
