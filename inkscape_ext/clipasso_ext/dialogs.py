"""Messages in a window of our own."""

from __future__ import annotations

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gtk  # noqa: E402


def show_message(message: str, quiet: bool = False) -> None:
    """Show a message and wait until it was read. `quiet`: it is no error."""
    kind = Gtk.MessageType.INFO if quiet else Gtk.MessageType.WARNING
    dialog = Gtk.MessageDialog(message_type=kind, buttons=Gtk.ButtonsType.OK, text=message)
    dialog.set_title("CLIPasso")
    dialog.set_default_response(Gtk.ResponseType.OK)
    dialog.set_position(Gtk.WindowPosition.CENTER)
    dialog.run()
    dialog.destroy()
