"""The buttons at the bottom of the sketching window, and which of them have a meaning now."""

from __future__ import annotations

from typing import Any, Callable

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gtk  # noqa: E402

from clipasso_ext.engine.settings import DRAFT  # noqa: E402
from clipasso_ext.windows import wording  # noqa: E402
from clipasso_ext.windows.work import Work  # noqa: E402
from clipasso_ext.words import _  # noqa: E402


class ActionRow(Gtk.Box):  # type: ignore[misc] # GTK has no types
    """What a person wants done with so many bitmaps. leave: of Cancel."""

    def __init__(self, work: Work, count: int, leave: Callable[[], Any]) -> None:
        super().__init__(spacing=8)
        self._work = work
        self._cancel = _button(_("_Cancel"), _("Leave the document as it is (Esc)"), leave)
        self._background = _button(
            _("In the _Background"),
            _("Finish while you go on working in Inkscape"),
            work.hand_over,
        )
        self._finish = _button(
            _("_Finish"), _("Refine the strokes that you see with more work"), work.refine
        )
        self._keep = _button(
            _("S_top and Keep"),
            _("End the work now and keep the sketch as it is"),
            work.session.keep,
        )
        self.insert = _button(
            wording.insert_label(count),
            _("Put the sketch that you see into the document (Enter)"),
            work.put,
        )
        self.insert.get_style_context().add_class("suggested-action")
        self.insert.set_can_default(True)
        self._keep.set_no_show_all(True)
        self.pack_start(self._cancel, False, False, 0)
        for button in (self.insert, self._keep, self._finish, self._background):
            self.pack_end(button, False, False, 0)

    def refresh(self) -> None:
        """What can be done now."""
        work, session = self._work, self._work.session
        finishing = session.busy and session.preset != DRAFT
        free = not work.is_handing_over  # else nothing but Cancel has a meaning
        self._background.set_sensitive(free)
        self._keep.set_visible(finishing)  # one takes the other's place
        self._keep.set_sensitive(free and session.phase == "progress")
        self._finish.set_visible(not finishing)
        self._finish.set_sensitive(free and not work.is_exhausted)
        shown = work.state.tries.shown
        is_finished = shown is not None and not shown.is_draft
        self._finish.set_label(_("_Finish Again") if is_finished else _("_Finish"))
        there_is_one = work.state.result is not None or session.busy
        self.insert.set_sensitive(free and not work.inserting and there_is_one)


def _button(label: str, tooltip: str, act: Callable[[], Any]) -> Any:
    button = Gtk.Button.new_with_mnemonic(label)
    button.set_tooltip_text(tooltip)
    button.connect("clicked", lambda _: act())
    return button
