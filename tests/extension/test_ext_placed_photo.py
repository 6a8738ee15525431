"""A bitmap is drawn once, whoever asks and however often, and not at all when nobody wants it."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Iterator, List

import pytest
from clipasso_ext.cancellation import CalledOff, Cancellation
from clipasso_ext.document.placed_photo import PlacedPhoto
from clipasso_ext.problem import Problem

from easel import image, photo_of, root, was_ended
from stand_in import StandIn

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pipes as other systems have them")
LIMIT_S = 20
ASKERS = 8


@pytest.fixture
def placed(scratch: Path) -> PlacedPhoto:
    """A bitmap that Inkscape has to draw."""
    svg = root(image(more='opacity="0.5"'))
    return PlacedPhoto(photo_of(svg), svg, [], scratch)


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(ASKERS) as pool:
        yield pool


def ask_at_once(
    placed: PlacedPhoto, threads: ThreadPoolExecutor, askers: List[Cancellation]
) -> List[Future[Path]]:
    """All ask while it is drawn."""
    together = threading.Barrier(len(askers))

    def ask(asker: Cancellation) -> Path:
        together.wait(LIMIT_S)
        return placed.read(asker).path

    return [threads.submit(ask, asker) for asker in askers]


def test_however_many_ask_at_once_it_is_drawn_once(
    placed: PlacedPhoto, inkscape: StandIn, threads: ThreadPoolExecutor
) -> None:
    inkscape.waits()
    futures = ask_at_once(placed, threads, [Cancellation() for _ in range(ASKERS)])
    inkscape.wait_begun()
    assert placed.pixels_if_read is None
    inkscape.go_on()
    found = {future.result(LIMIT_S) for future in futures}
    assert found == {placed.pixels.path}
    assert len(inkscape.calls()) == 1


def test_however_many_ask_a_failure_is_had_once(
    placed: PlacedPhoto, inkscape: StandIn, threads: ThreadPoolExecutor
) -> None:
    inkscape.waits(then="sys.exit(1)")
    futures = ask_at_once(placed, threads, [Cancellation() for _ in range(ASKERS)])
    inkscape.wait_begun()
    inkscape.go_on()
    for future in futures:
        assert isinstance(future.exception(LIMIT_S), Problem)
    with pytest.raises(Problem, match="could not draw the bitmap"):
        placed.read()
    assert len(inkscape.calls()) == 1


def test_what_nobody_wants_any_more_is_ended(
    placed: PlacedPhoto,
    inkscape: StandIn,
    threads: ThreadPoolExecutor,
    processes: List[subprocess.Popen[bytes]],
) -> None:
    inkscape.waits()
    askers = [Cancellation() for _ in range(2)]
    futures = ask_at_once(placed, threads, askers)
    inkscape.wait_begun()
    for asker in askers:
        asker.call_off()
    for future in futures:
        assert isinstance(future.exception(LIMIT_S), CalledOff)
    assert [was_ended(process) for process in processes] == [True]
    assert placed.pixels_if_read is None


def test_what_one_of_two_still_wants_goes_on(
    placed: PlacedPhoto, inkscape: StandIn, threads: ThreadPoolExecutor
) -> None:
    inkscape.waits()
    one, other = Cancellation(), Cancellation()
    futures = ask_at_once(placed, threads, [one, other])
    inkscape.wait_begun()
    one.call_off()
    inkscape.go_on()
    assert futures[1].result(LIMIT_S) == placed.pixels.path
    assert len(inkscape.calls()) == 1


def test_who_asks_after_it_was_called_off_has_it_drawn(
    placed: PlacedPhoto, inkscape: StandIn, threads: ThreadPoolExecutor
) -> None:
    inkscape.waits()
    asker = Cancellation()
    (future,) = ask_at_once(placed, threads, [asker])
    inkscape.wait_begun()
    asker.call_off()
    assert isinstance(future.exception(LIMIT_S), CalledOff)
    inkscape.does("open(target, 'wb').write(b'drawn')")
    assert placed.read().path.read_bytes() == b"drawn"
    assert len(inkscape.calls()) == 2


def test_who_called_it_off_before_gets_nothing(placed: PlacedPhoto, inkscape: StandIn) -> None:
    asker = Cancellation()
    asker.call_off()
    with pytest.raises(CalledOff):
        placed.read(asker)
    assert inkscape.calls() == []
