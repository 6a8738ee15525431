"""The sketching window, as its tests look at it and press its keys."""

from __future__ import annotations

from typing import Any, Callable, Dict, List

from kinds import Heard
from screens import widgets

Open = Callable[..., Any]  # opens the window, on all bitmaps of a document


def asked(heard: Heard) -> List[Dict[str, Any]]:
    """The lines in which the engine was asked for sketches."""
    return [line for line in heard() if "request" in line]


def tries(window: Any, at: int = 0) -> List[Any]:
    return list(window._work.session.states[at].tries.all)


def small_pictures(window: Any) -> List[Any]:
    """The buttons of the strip."""
    from gi.repository import Gtk

    return widgets(window._board.strip, Gtk.ToggleButton)


def key(window: Any, name: str) -> bool:
    """Press a key; returns whether the window did something with it."""
    from gi.repository import Gdk

    event = Gdk.Event.new(Gdk.EventType.KEY_PRESS)
    event.keyval = getattr(Gdk, f"KEY_{name}")
    return bool(window.emit("key-press-event", event))


def set_color(controls: Any, text: str) -> None:
    from gi.repository import Gdk

    color = Gdk.RGBA()
    color.parse(text)
    controls.ink.color.set_rgba(color)
    controls.ink.color.emit("color-set")


def dab(window: Any) -> None:
    """Say with the brush that more strokes should go to the middle."""
    brush = window._board.brush
    brush.tool = "more"
    brush.begin((0.5, 0.5))
    brush.end()


def pixels(window: Any) -> bytes:
    """What the preview shows."""
    return bytes(window._board.preview.picture.get_pixels())
