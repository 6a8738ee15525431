"""What an insertion waits for is said where it takes longer than a moment."""

from __future__ import annotations

from typing import Any, Iterator

import pytest

from screens import Hands, button, status

pytest.importorskip("gi", reason="this Python has no GTK")
pytestmark = pytest.mark.usefixtures("shown")


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The window, whose pauses are short."""
    from clipasso_ext.windows import busy_window

    monkeypatch.setattr(busy_window, "PAUSE_MS", 20)
    monkeypatch.setattr(busy_window, "PATIENCE_MS", 100)
    window = busy_window.BusyWindow()
    yield window
    window.destroy()


def given_up(busy: Any) -> bool:
    """Whether it is, within ten seconds."""
    return any(not busy.pause() for _ in range(500))


def test_nothing_appears_where_the_other_extension_ends_soon(busy: Any) -> None:
    assert [busy.pause() for _ in range(5)] == [True] * 5
    assert not busy.get_visible()


def test_one_reads_what_is_waited_for_and_may_give_up(hands: Hands, busy: Any) -> None:
    hands.when(busy.get_visible, lambda: button(busy, "Cancel").clicked())
    assert given_up(busy)
    assert "busy with another extension" in status(busy)
    assert "Live preview" in status(busy)


def test_esc_gives_up(hands: Hands, busy: Any) -> None:
    from sketching import key

    hands.when(busy.get_visible, lambda: key(busy, "Escape"))
    assert given_up(busy)
    assert busy.cancelled
