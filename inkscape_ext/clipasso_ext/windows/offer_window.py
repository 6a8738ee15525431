"""The first window where there is no engine: what is missing, and how to get it on this system."""

from __future__ import annotations

import threading
from typing import Any

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, GLib, Gtk  # noqa: E402

from clipasso_ext.cancellation import CalledOff, Cancellation  # noqa: E402
from clipasso_ext.engine.offer import Offer, bring  # noqa: E402
from clipasso_ext.windows.dialogs import ask  # noqa: E402
from clipasso_ext.windows.waiting_window import WaitingWindow  # noqa: E402
from clipasso_ext.words import _, later, number  # noqa: E402

INTRODUCTION = later(
    "Sketches are computed by CLIPasso's engine, a program of its own on this computer, which is"
    " not installed yet. Nothing is downloaded unless you say so."
)
BY_HAND = later("In a terminal, this brings it:")


class OfferWindow(WaitingWindow):
    """Shows an offer. The person copies its lines, or lets them be done after a yes."""

    def __init__(self, offer: Offer) -> None:
        super().__init__(_("CLIPasso: the engine is not installed yet"))
        self.set_default_size(640, -1)
        self._offer = offer
        self._cancellation = Cancellation()
        self._done = False
        self.bar.set_no_show_all(True)
        self._install = Gtk.Button.new_with_mnemonic(_("_Install…"))
        self._install.connect("clicked", lambda _: self._ask())
        copy = Gtk.Button.new_with_mnemonic(_("C_opy"))
        copy.connect("clicked", lambda _: self._copy())
        if not offer.obstacle:
            for button in (self._install, copy):
                self.buttons.pack_end(button, False, False, 0)
        for place, widget in enumerate(self._texts()):
            self.page.pack_start(widget, False, True, 0)
            self.page.reorder_child(widget, place)

    def _texts(self) -> Any:
        yield Gtk.Label(label=_(INTRODUCTION), xalign=0, wrap=True, max_width_chars=80)
        if self._offer.obstacle:
            yield Gtk.Label(
                label=self._offer.obstacle, xalign=0, wrap=True, selectable=True, max_width_chars=80
            )
            return
        yield Gtk.Label(label=_(BY_HAND), xalign=0)
        lines = Gtk.TextView(editable=False, monospace=True, left_margin=6, top_margin=6)
        lines.get_buffer().set_text(self._offer.command)
        frame = Gtk.ScrolledWindow(shadow_type=Gtk.ShadowType.IN, min_content_height=130)
        frame.add(lines)
        yield frame

    def run(self) -> bool:
        """Returns whether the engine is there now."""
        self.show_all()
        self.present()
        Gtk.main()
        self.destroy()
        return self._done

    def cancel(self) -> bool:
        self._cancellation.call_off()
        return bool(super().cancel())

    def _copy(self) -> None:
        clipboard = Gtk.Clipboard.get(Gdk.SELECTION_CLIPBOARD)
        clipboard.set_text(self._offer.command, -1)
        clipboard.store()
        self.status.set_text(_("Copied. When it is done, choose the menu entry again."))

    def _ask(self) -> None:
        question = _(
            "Install CLIPasso's engine? It downloads about {size} GB, from pypi.org and"
            " download.pytorch.org."
        ).format(size=number(self._offer.size_gb, 0 if self._offer.size_gb >= 1 else 1))
        if ask(question, _("_Install"), _("_Not Now")):
            self._install.set_sensitive(False)
            self.bar.show()
            threading.Thread(target=self._work, daemon=True).start()

    def _work(self) -> None:
        def tell(meaning: str) -> None:
            GLib.idle_add(self.show_progress, f"{meaning}…", None)

        try:
            problem = bring(self._offer, tell, self._cancellation)
        except CalledOff:
            return
        GLib.idle_add(self._end, problem)

    def _end(self, problem: str) -> None:
        if problem:
            self.bar.hide()
            self._install.set_sensitive(True)
            self.status.set_line_wrap(True)
            self.status.set_text(problem)
            return
        self._done = True
        Gtk.main_quit()
