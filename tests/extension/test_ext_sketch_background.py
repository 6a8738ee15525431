"""What is handed over to the background from the sketching window."""

from __future__ import annotations

import subprocess
from typing import List

import pytest
from clipasso_ext.engine.background import all_jobs
from clipasso_ext.host import Host

from easel import image, png, was_ended
from screens import Hands, button, status
from sketching import Open, dab, tries
from stand_in import StandIn

pytest.importorskip("gi", reason="this Python has no GTK")
pytestmark = pytest.mark.usefixtures("shown")
DRAW = "open(target, 'wb').write(%r)" % png(40, 20)
CLIPPED = image("a") + image("b", more='opacity="0.5"')


def test_the_window_is_free_while_bitmaps_are_drawn_for_the_background(
    hands: Hands, sketch_window: Open, host: Host, inkscape: StandIn
) -> None:
    inkscape.waits(DRAW)
    window = sketch_window(CLIPPED)
    seen: List[str] = []

    def look() -> None:
        seen.append(status(window))
        assert button(window, "Cancel").get_sensitive()
        assert not button(window, "Insert All 2").get_sensitive()
        inkscape.go_on()

    def hand_over() -> None:
        button(window, "In the Background").clicked()
        inkscape.wait_begun()
        hands.when(lambda: True, look)

    hands.when(lambda: "Draft of" in status(window), hand_over)
    assert window.run() == []
    assert "Preparing the bitmaps for the background…" in seen[0]
    assert sorted(job.name for job in all_jobs(host)) == ["a", "b"]
    assert len(inkscape.calls()) == 1


def test_cancel_while_bitmaps_are_drawn_for_the_background_leaves_nothing(
    hands: Hands,
    sketch_window: Open,
    host: Host,
    inkscape: StandIn,
    processes: List[subprocess.Popen[bytes]],
) -> None:
    inkscape.waits(DRAW)
    window = sketch_window(CLIPPED)

    def hand_over() -> None:
        button(window, "In the Background").clicked()
        inkscape.wait_begun()
        hands.when(lambda: True, button(window, "Cancel").clicked)

    hands.when(lambda: "Draft of" in status(window), hand_over)
    assert window.run() == []
    assert not host.jobs.exists() or list(host.jobs.iterdir()) == []
    assert "stand-in" in str(processes[-1].args)
    assert was_ended(processes[-1])


def test_a_bitmap_that_keeps_all_from_the_background_is_told_in_the_window(
    hands: Hands, sketch_window: Open, host: Host
) -> None:
    window = sketch_window(image("a") + image("b", link="gone.png"))
    seen: List[str] = []

    def look() -> None:
        seen.append(status(window))
        assert button(window, "In the Background").get_sensitive()
        button(window, "Cancel").clicked()

    def hand_over() -> None:
        button(window, "In the Background").clicked()
        hands.when(lambda: "None of the sketches was started." in status(window), look)

    hands.when(lambda: "Draft of" in status(window), hand_over)
    assert window.run() == []
    assert "gone: The bitmap's file is missing: gone.png" in seen[0]
    assert all_jobs(host) == []


def test_the_background_goes_on_from_the_draft_with_all_that_was_said(
    hands: Hands, sketch_window: Open, host: Host
) -> None:
    window = sketch_window()

    def paint() -> None:
        window._controls.look.set_active_id("marker")
        dab(window)
        hands.when(lambda: len(tries(window)) == 2, button(window, "In the Background").clicked)

    hands.when(lambda: "Draft of" in status(window), paint)
    assert window.run() == []
    (job,) = all_jobs(host)
    line = job.facts["line"]
    assert line["start"] == tries(window)[1].svg
    assert (job.folder / line["request"]["emphasis"]).is_file()
    assert job.facts["looks"] == ["marker", 0.0, "#000000", "keep", 0.0]


def test_what_was_handed_over_is_told_with_where_to_find_it(
    hands: Hands, sketch_window: Open
) -> None:
    window = sketch_window(image("a") + image("b"))
    background = button(window, "In the Background")
    hands.when(lambda: "Draft of" in status(window), background.clicked)
    assert window.run() == []
    assert window.handed_over == (
        "Sketching in the background: a, b. Go on working: Extensions > CLIPasso > Background >"
        " Insert Finished Sketches brings what is done."
    )
