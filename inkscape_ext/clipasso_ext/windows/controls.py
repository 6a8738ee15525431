"""The controls of the sketching window: they are the settings, to see and to turn."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Callable, Iterator, List, Optional, Tuple

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import GLib, Gtk  # noqa: E402

from clipasso_ext.document.treatment import DIM, HIDE, KEEP, LOCK  # noqa: E402
from clipasso_ext.engine.settings import MAX_SEED, MAX_STROKES, Settings  # noqa: E402
from clipasso_ext.windows import wording  # noqa: E402
from clipasso_ext.windows.ink_field import InkField  # noqa: E402
from clipasso_ext.windows.number_fields import (  # noqa: E402
    StrokeCount,
    WidthField,
    take_typed,
    whole_number,
)
from clipasso_ext.words import _, later, pgettext  # noqa: E402

PRESETS = [
    # Translators: how much work is done.
    ("auto", later("Automatic")),
    # Translators: how much work is done.
    ("quick", later("Quick")),
    ("standard", later("Standard: several tries")),
    ("published", later("As published: very slow without a GPU")),
]
MASKS = [("auto", later("Found automatically")), ("none", later("The whole picture"))]
BITMAPS = [
    (DIM, later("Dim it")),
    (LOCK, later("Dim and lock it")),
    (HIDE, later("Hide it")),
    (KEEP, later("Leave it as it is")),
]
GUIDES = {"auto": later("Automatic"), "lite": later("Built-in network")}
LOOKS = [
    # Translators: what the strokes are drawn with.
    ("plain", later("Pen")),
    ("pencil", later("Pencil")),
    ("ink", later("Ink")),
    ("marker", later("Marker")),
]


class Controls(Gtk.Grid):  # type: ignore[misc] # GTK has no types
    """Calls `changed` with whether the sketch itself is concerned, and `redraw` when the strokes
    are to be laid anew for the width; `settings` is what they say.
    """

    def __init__(
        self,
        settings: Settings,
        unit: str,
        changed: Callable[[bool], None],
        redraw: Callable[[], None],
    ) -> None:
        super().__init__(row_spacing=6, column_spacing=12)
        self._settings = settings
        self._changed = changed
        self._row = 0
        self._following = False  # the controls follow a sketch, nobody turns them
        # Translators: a heading over what has the strokes drawn anew.
        self._heading(_("Strokes"))
        self._strokes()
        self.mask = self._choice(
            _("Sub_ject"), MASKS, settings.mask, _("What belongs to the sketch.")
        )
        self._faces()
        self._subjects()
        self._background()
        self.guide = self._choice(
            # Translators: the network that judges how like the photograph a sketch is.
            _("_Guide"),
            _guide_rows([], settings.guide),
            settings.guide,
            _("The network that says how like the photograph a sketch is."),
        )
        self._seed()
        self.preset = self._choice(
            # Translators: how much work the button Finish does.
            _("Finish wit_h"),
            PRESETS,
            settings.preset,
            _("How much work Finish does."),
            redraws=False,
        )
        # Translators: a heading over how the strokes look: width, ink, pen or pencil.
        self._heading(_("Looks"))
        self._width(unit, redraw)
        self._ink()
        self.look = self._choice(
            _("L_ook"),
            LOOKS,
            settings.look,
            _("With what the strokes are drawn."),
            redraws=False,
        )
        self.bitmap = self._choice(
            # Translators: what happens to the bitmap afterwards.
            _("Bitmap aft_er"),
            BITMAPS,
            settings.bitmap,
            _("What happens to the bitmap when you insert."),
            redraws=False,
        )
        self._replaces()

    def commit(self) -> None:
        """Take over what was typed and not confirmed yet."""
        for number in (self.strokes, self.background, self.width, self.seed):
            take_typed(number)

    def offer_to_replace(self, is_there: bool) -> None:
        """Whether a sketch of the bitmap is in the document already."""
        self.replaces.set_visible(is_there)

    def offer_to_redraw(self, is_far: bool) -> None:
        """Whether the strokes on show were laid for a pen of quite another width."""
        self._redraw.set_visible(is_far)

    def follow(self, drawn: Settings) -> None:
        """Say with what a sketch was drawn that is on show again; its looks are as they are now."""
        with self._quietly():
            self.strokes.set_value(drawn.strokes)
            self.seed.set_value(drawn.seed)
            self.mask.set_active_id(drawn.mask)
            self.guide.set_active_id(drawn.guide)
            self.faces.set_active(drawn.faces == "auto")
            self.subjects.set_active(drawn.subjects == "auto")
            self.background.set_value(drawn.background)

    @contextmanager
    def _quietly(self) -> Iterator[None]:
        """Turn controls without a word about it."""
        self._following = True
        try:
            yield
        finally:
            self._following = False

    def _tell(self, redraws: bool) -> None:
        if not self._following:
            self._changed(redraws)

    @property
    def settings(self) -> Settings:
        return replace(
            self._settings,
            strokes=self.strokes.get_value_as_int(),
            width=round(self.width.get_value(), 3),
            ink=self.ink.value,
            look=self.look.get_active_id() or "plain",
            mask=self.mask.get_active_id() or "auto",
            faces="auto" if self.faces.get_active() else "none",
            subjects="auto" if self.subjects.get_active() else "one",
            background=self.background.get_value_as_int(),
            guide=self.guide.get_active_id() or "auto",
            seed=self.seed.get_value_as_int(),
            preset=self.preset.get_active_id() or "auto",
            bitmap=self.bitmap.get_active_id() or KEEP,
            replaces=self.replaces.get_active(),
        )

    def offer_guides(self, names: List[str]) -> None:
        """The guides that the engine has."""
        now = self.guide.get_active_id() or "auto"
        rows = _guide_rows(names, now)
        if len(rows) != len(self.guide.get_model()):
            self.guide.handler_block(self.guide.redraw)
            self.guide.remove_all()
            for name, text in rows:
                self.guide.append(name, _(text))
            self.guide.set_active_id(now)
            self.guide.handler_unblock(self.guide.redraw)

    def tell_faces(self, found: Optional[int]) -> None:
        """How many faces the photograph shows; None where nobody has looked. What was found stays
        to be read when faces are not wanted, and where there is none there is nothing to choose.
        """
        self.faces.set_label(wording.faces(found))
        self.faces.set_sensitive(found != 0)

    def tell_subjects(self, found: Optional[int]) -> None:
        """How many subjects the photograph shows; None where nobody has looked."""
        self.subjects.set_label(wording.subjects(found))
        self.subjects.set_sensitive(found != 1)

    def another_try(self) -> None:
        """The next seed."""
        self.seed.set_value((self.seed.get_value_as_int() + 1) % MAX_SEED)

    def _strokes(self) -> None:
        box = StrokeCount(self._settings.strokes, lambda: self._tell(True))
        self.strokes, self.slider = box.number, box.slider
        # Translators: how many.
        self._add(_("_Strokes"), box, self.strokes)

    def _width(self, unit: str, redraw: Callable[[], None]) -> None:
        box = WidthField(self._settings.width, unit, lambda: self._tell(False))
        self.width = box.number
        # Translators: of the strokes.
        self._add(_("_Width"), box, self.width)
        self._redraw = Gtk.Button.new_with_label(_("Redraw for This Width"))
        self._redraw.set_tooltip_text(
            _("The strokes were laid for a pen of quite another width: lay them anew for this one.")
        )
        self._redraw.set_no_show_all(True)
        self._redraw.connect("clicked", lambda _: redraw())
        self.attach(self._redraw, 1, self._row, 1, 1)
        self._row += 1

    def _ink(self) -> None:
        self.ink = InkField(self._settings.ink, lambda: self._tell(False))
        # Translators: the colour of the strokes.
        self._add(_("In_k"), self.ink, self.ink.kind)

    def _faces(self) -> None:
        self.faces = self._switch(
            wording.faces(None),
            self._settings.faces == "auto",
            _("Draw the eyes, nose and mouth of people that the photo shows."),
        )

    def _subjects(self) -> None:
        self.subjects = self._switch(
            wording.subjects(None),
            self._settings.subjects == "auto",
            _("Draw each of several people, animals or things at its own scale."),
        )

    def _background(self) -> None:
        self.background = whole_number(
            MAX_STROKES,
            self._settings.background,
            _("So many thinner strokes for what lies behind the subject; 0 leaves it out."),
            lambda: self._tell(True),
        )
        label = pgettext("what lies behind the subject", "Background")
        self._add(label, self.background, self.background)

    def _switch(self, label: str, active: bool, tooltip: str) -> Any:
        switch = Gtk.CheckButton.new_with_label(label)
        switch.set_active(active)
        switch.set_tooltip_text(tooltip)
        switch.connect("toggled", lambda _: self._tell(True))
        self.attach(switch, 1, self._row, 1, 1)
        self._row += 1
        return switch

    def _replaces(self) -> None:
        self.replaces = Gtk.CheckButton.new_with_label(_(wording.REPLACE))
        self.replaces.set_tooltip_text(_("The sketch that was drawn over this bitmap before goes."))
        self.replaces.set_no_show_all(True)
        self.attach(self.replaces, 1, self._row, 1, 1)
        self._row += 1

    def _seed(self) -> None:
        self.seed = whole_number(
            MAX_SEED,
            self._settings.seed,
            _("The same number gives the same sketch again."),
            lambda: self._tell(True),
        )
        self.seed.set_width_chars(5)
        another = Gtk.Button.new_with_mnemonic(_("_Another Try"))
        another.set_tooltip_text(_("Begin elsewhere: another sketch of the same photograph."))
        another.connect("clicked", lambda _: self.another_try())
        box = Gtk.Box(spacing=6)
        box.pack_start(self.seed, False, False, 0)
        box.pack_start(another, True, True, 0)
        # Translators: a number that chance begins with: another one gives another sketch.
        self._add(_("See_d"), box, self.seed)

    def _heading(self, text: str) -> None:
        label = Gtk.Label(xalign=0)
        label.set_markup(f"<b>{GLib.markup_escape_text(text)}</b>")
        self.attach(label, 0, self._row, 2, 1)
        self._row += 1

    def _choice(
        self,
        label: str,
        rows: List[Tuple[str, str]],
        active: str,
        tooltip: str,
        redraws: bool = True,
    ) -> Any:
        box = Gtk.ComboBoxText()
        for name, text in rows:
            box.append(name, _(text))
        box.set_active_id(active if active in dict(rows) else rows[0][0])
        box.set_tooltip_text(tooltip)
        box.redraw = box.connect("changed", lambda _: self._tell(redraws))
        self._add(label, box, box)
        return box

    def _add(self, label: str, widget: Any, named: Any) -> None:
        text = Gtk.Label.new_with_mnemonic(label)
        text.set_xalign(1)
        text.set_mnemonic_widget(named)
        widget.set_hexpand(True)
        self.attach(text, 0, self._row, 1, 1)
        self.attach(widget, 1, self._row, 1, 1)
        self._row += 1


def _guide_rows(names: List[str], own: str) -> List[Tuple[str, str]]:
    every = list(dict.fromkeys(["auto", "lite", *names, own]))
    return [(name, GUIDES.get(name, name)) for name in every]
