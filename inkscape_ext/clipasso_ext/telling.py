"""Messages for the person, where there may be no window to show them in."""

from __future__ import annotations

from typing import TextIO

from clipasso_ext.host import has_display, has_gtk, log


def tell(message: str, messages: TextIO, quiet: bool = False) -> None:
    """Show a message once: in a window of ours, else through Inkscape's own, else in the log.

    messages: what Inkscape shows. quiet: it is no error.
    """
    log(message)
    if has_gtk():
        from clipasso_ext.windows.dialogs import show_message

        show_message(message, quiet)
    elif has_display() and not quiet:
        print(message, file=messages, flush=True)
