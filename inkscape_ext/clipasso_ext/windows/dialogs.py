"""Messages and questions in a window of our own."""

from __future__ import annotations

from typing import Any

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gtk  # noqa: E402

from clipasso_ext.windows.theme import follow_inkscape  # noqa: E402


def show_message(message: str, quiet: bool = False) -> None:
    """Show a message and wait until it was read. `quiet`: it is no error."""
    kind = Gtk.MessageType.INFO if quiet else Gtk.MessageType.WARNING
    dialog = Gtk.MessageDialog(message_type=kind, buttons=Gtk.ButtonsType.OK, text=message)
    for label in dialog.get_message_area().get_children():
        label.set_selectable(True)  # there may be a command to copy
    dialog.get_widget_for_response(Gtk.ResponseType.OK).grab_focus()
    _answer(dialog, Gtk.ResponseType.OK)


def ask(question: str, yes: str, no: str) -> bool:
    """Show a question and wait for the answer; the labels of the two buttons have mnemonics. Esc
    and a closed window are a no.
    """
    dialog = Gtk.MessageDialog(
        message_type=Gtk.MessageType.QUESTION, buttons=Gtk.ButtonsType.NONE, text=question
    )
    dialog.add_button(no, Gtk.ResponseType.CANCEL)
    dialog.add_button(yes, Gtk.ResponseType.ACCEPT).get_style_context().add_class(
        "suggested-action"
    )
    return bool(_answer(dialog, Gtk.ResponseType.ACCEPT) == Gtk.ResponseType.ACCEPT)


def _answer(dialog: Any, default: Any) -> Any:
    """What the person answers; `default` is what Enter means."""
    follow_inkscape()
    dialog.set_title("CLIPasso")
    dialog.set_default_response(default)
    dialog.set_position(Gtk.WindowPosition.CENTER)
    answer = dialog.run()
    dialog.destroy()
    return answer
