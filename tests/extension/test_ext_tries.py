"""What was seen of a bitmap is remembered, and comes back."""

from __future__ import annotations

from typing import Any, List

import pytest
from clipasso_ext.engine.settings import DRAFT, Settings
from clipasso_ext.engine.tries import MOST, Tries, Try
from clipasso_ext.windows import wording

from fake_engine import drawing


def made(loss: float = 1.0, preset: str = "quick", guide: str = "lite", **more: Any) -> Try:
    strokes: List[Any] = [{}] * 5
    sketch = {"loss": loss, "guide": guide, "strokes": strokes}
    return Try({"sketch": sketch, "svg": "<svg/>"}, Settings(strokes=5), preset, **more)


def test_the_last_one_is_on_show() -> None:
    tries = Tries()
    first, second = made(), made()
    tries.add(first)
    tries.add(second)
    assert (tries.all, tries.shown) == ([first, second], second)


def test_of_too_many_the_oldest_drafts_go_first() -> None:
    tries = Tries()
    finished = made()
    tries.add(finished)
    drafts = [made(preset=DRAFT) for _ in range(MOST)]
    for one in drafts:
        tries.add(one)
    assert tries.all == [finished, *drafts[1:]]
    kept = [made() for _ in range(2 * MOST)]
    for one in kept:
        tries.add(one)
    assert tries.all == kept[-MOST:]


@pytest.mark.parametrize(
    ("change", "leads"),
    [
        ({}, True),
        ({"preset": "standard", "guide": "clip:RN50:openai", "ink": "photo"}, True),
        ({"width": 3.0}, False),  # of the pen
        ({"strokes": 6}, False),
        ({"seed": 1}, False),
        ({"mask": "none"}, False),
        ({"faces": "none"}, False),
        ({"subjects": "one"}, False),
        ({"background": 4}, False),
    ],
)
def test_strokes_are_gone_on_from_where_they_mean_the_same(change: Any, leads: bool) -> None:
    one = made()
    assert one.leads_to(Settings(**{"strokes": 5, **change}), {}) == leads
    assert not one.leads_to(Settings(strokes=5), {"emphasis": "picture.png"})


@pytest.mark.parametrize(
    ("pen", "wanted_px", "is_far"),
    [
        (0, 0, False),
        (0, 2.9, False),
        (0, 3, True),
        (0, 0.1, False),  # the engine's own strokes suit every thin pen
        (7, 3, True),
        (7, 0.3, True),
        (7, 0.4, False),
        (7, 0, True),  # and 0 is the engine's own
    ],
)
def test_strokes_are_far_from_a_width_that_they_were_not_laid_for(
    pen: float, wanted_px: float, is_far: bool
) -> None:
    svg = drawing(40, 20, 5, {"width_px": 1.0})
    one = Try({"sketch": {}, "svg": svg}, Settings(width=pen), DRAFT)
    assert one.pen_px == 1
    assert one.is_far_from(wanted_px) == is_far


def test_a_lower_loss_is_better_and_another_guide_s_is_no_measure() -> None:
    one = made(loss=1.0)
    assert one.is_bettered_by({"sketch": {"loss": 0.9, "guide": "lite"}})
    assert not one.is_bettered_by({"sketch": {"loss": 0.99999, "guide": "lite"}})
    assert one.is_bettered_by({"sketch": {"loss": 1.5, "guide": "clip:RN50:openai"}})


@pytest.mark.parametrize(
    ("one", "line", "tip"),
    [
        (
            made(preset=DRAFT, time_s=1.2),
            "Draft of 5 strokes. Finish refines it; Insert puts it into the document as it is.",
            "Draft: 5 strokes, try 1, 2 s. Click to have it back.",
        ),
        (
            made(time_s=9.0, steps=(120, 120)),
            "Finished: 5 strokes.",
            "Finished: 5 strokes, try 1, 9 s. Click to have it back.",
        ),
        (
            made(time_s=3.0, steps=(14, 240), stopped=True),
            "Stopped after 14 of 240 steps: 5 strokes.",
            "Stopped after 14 of 240 steps: 5 strokes, try 1, 3 s. Click to have it back.",
        ),
    ],
)
def test_the_window_says_what_it_is(one: Try, line: str, tip: str) -> None:
    assert wording.result_line(one, "") == line
    assert wording.result_line(one, "Another word.") == "Another word."
    assert wording.try_line(one) == tip
    assert wording.try_caption(one).startswith("5 · ")


@pytest.mark.parametrize(
    ("guide", "mask", "line"),
    [
        ("lite", "u2netp", "Judged by the built-in network. The subject was found automatically: "),
        ("clip:RN101:openai", "alpha", "Judged by CLIP (RN101). The subject is what is not"),
        ("lite", "none", "Judged by the built-in network. The whole picture is drawn."),
        ("lite", "plain border", "Judged by the built-in network. The subject is what stands out"),
    ],
)
def test_the_grey_line_has_words_that_everybody_knows(guide: str, mask: str, line: str) -> None:
    assert wording.guide_line({"guide": guide, "mask": mask, "why": "as asked"}).startswith(line)
    assert wording.guide_line({}) == ""
