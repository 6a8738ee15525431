"""Which window of the screen is in front, and bringing another there. X11 tells and does that,
Wayland neither.
"""

from __future__ import annotations

from typing import Any, Optional

LOOK_MS = 20
PATIENCE_MS = 2000  # a window manager takes some hundredths of a second


def window_in_front() -> Optional[int]:
    """X11's number of the window that has the keyboard; None where nobody knows."""
    screen = _screen()
    window = None if screen is None else screen.get_active_window()
    return None if window is None else int(window.get_xid())


def bring_to_front(number: int) -> bool:
    """Bring the window with that number to the front. Returns whether it got there."""
    from gi.repository import Gdk, GLib

    window = _window(number)
    if window is None:
        return False
    window.focus(Gdk.CURRENT_TIME)
    Gdk.flush()
    loop = GLib.MainLoop()
    tries = iter(range(PATIENCE_MS // LOOK_MS))

    def look() -> bool:
        if window_in_front() != number and next(tries, None) is not None:
            return True
        loop.quit()
        return False

    GLib.timeout_add(LOOK_MS, look)
    loop.run()
    return window_in_front() == number


def stay_above(window: Any, number: Optional[int]) -> None:
    """Have a window of GTK lie above the one with that number, as its dialogs do: else it is lost
    behind it. Nothing is done where that is not known.
    """
    parent = None if number is None else _window(number)
    if parent is not None:
        window.connect("realize", lambda _: window.get_window().set_transient_for(parent))


def _window(number: int) -> Any:
    screen = _screen()
    every = [] if screen is None else screen.get_window_stack() or []
    return next((window for window in every if window.get_xid() == number), None)


def _screen() -> Any:
    """X11's screen; None where there is none."""
    try:
        import gi

        gi.require_version("GdkX11", "3.0")
        from gi.repository import Gdk, GdkX11
    except (ImportError, ValueError):
        return None
    screen = Gdk.Screen.get_default()
    return screen if isinstance(screen, GdkX11.X11Screen) else None
