"""What the speed benchmark says of its numbers is what they are."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import plots
import pytest
import speed_page
from lxml import html
from pace import Pace
from speed_table import mean_curve, reach, tables
from timings import looked_at


def curve(
    photo: str, preset: str, *points: tuple[int, float, float], cut: bool = False
) -> dict[str, Any]:
    """A job as it is stored: (step, seconds, loss)."""
    return {
        "photo": photo,
        "preset": preset,
        "guide": "lite",
        "points": points,
        "steps": 80,
        "cut": cut,
        "before_s": 0.5,
        "after_s": None if cut else 0.3,
        "step_ms": 50.0,
    }


def test_diffvg_stands_beside_ours() -> None:
    raster = [{"strokes": 4, "diffvg": 200.0, "sparse": 4.0}]
    found = {"diffvg": {"raster": raster, "steps": {"as published": 7000.0, "published": 2500.0}}}
    drawn, steps = tables({**report(), **found})[-2:]
    assert drawn.rows == [("4 strokes", "200 ms", "4.0 ms", "50")]
    assert steps.rows == [("as published", "7.0 s"), ("published", "2.5 s")]


def report() -> dict[str, Any]:
    """Curves of two photographs, and the parts of a step."""
    parts = {"raster": 5.0, "views": 4.0, "forward": 40.0, "backward": 45.0, "rest": 6.0}
    return {
        "made": "2026-01-01",
        "settings": {
            "photos": ["cup", "dog"],
            "strokes": 16,
            "device": "cpu",
            "limit": 20.0,
            "losses": [1.8, 1.5, 1.0],
        },
        "machine": {"processor": "<x86>", "cores": 2, "threads": 1, "torch": "2"},
        "curves": [
            curve("cup", "quick", (1, 0.1, 2.0), (10, 1.0, 1.6), (80, 8.0, 1.4)),
            curve("dog", "quick", (1, 0.2, 2.2), (10, 2.0, 1.8), (80, 16.0, 1.6)),
            curve("cup", "published", (1, 0.5, 2.5), (20, 20.0, 2.0), cut=True),
        ],
        "steps": [
            {
                "guide": "lite",
                "preset": "quick",
                "views": 3,
                "dtype": "float32",
                "step_ms": 100.0,
                "parts_ms": parts,
            }
        ],
    }


def test_a_mean_begins_where_all_have_begun_and_keeps_what_has_ended() -> None:
    both = mean_curve(report()["curves"][:2])
    assert both[0][0] == pytest.approx(0.2)
    assert both[-1] == pytest.approx((16.0, 1.5))


def test_reaching_a_loss_counts_the_photographs_that_got_there() -> None:
    quick = report()["curves"][:2]
    assert reach(quick, 1.8) == (2, 10, 1.5)
    assert reach(quick, 1.5) == (1, 80, 8.0)
    assert reach(quick, 1.0) is None


def test_looks_at_a_curve_hold_its_ends_and_thin_out_evenly_between() -> None:
    stamps = [0.1 * step for step in range(1, 1001)]
    looks = looked_at(stamps, 20)
    assert (looks[0], looks[-1]) == (0, 999)
    assert 12 <= len(looks) <= 20
    assert looked_at([0.1], 20) == [0]


def test_a_step_is_the_median_after_the_first_ones() -> None:
    assert Pace(stamps=[5.0, 6.0, 7.0, 7.1, 7.2, 7.3]).step_ms == pytest.approx(100)


def test_the_page_shows_every_table_and_plot_and_nothing_unescaped() -> None:
    whole = html.fromstring(speed_page.page(report()))
    headings = [one.text_content() for one in whole.iter("h2")]
    assert headings == ["Time to quality", "A step and its parts"]
    assert len(list(whole.iter("table"))) == len(tables(report())) == 3
    assert {one.get("aria-label") for one in whole.iter("svg")} == {
        "Loss against seconds, guide lite",
        "A step and its parts",
    }
    assert "<x86>" in whole.text_content()


def test_ticks_are_round_and_span_what_is_shown() -> None:
    assert plots.ticks(1.2, 2.9) == [1.0, 1.25, 1.5, 1.75, 2.0, 2.25, 2.5, 2.75, 3.0]
    assert plots.log_ticks(0.05, 20) == [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20]


def test_names_at_the_ends_of_curves_do_not_overlap() -> None:
    rows = plots.spread([100.0, 101.0, 99.0, 200.0], 15)
    gaps = sorted(rows)
    assert all(after - before >= 14.9 for before, after in pairwise(gaps))
    assert rows.index(min(rows)) == 2
