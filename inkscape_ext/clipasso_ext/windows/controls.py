"""The controls of the sketching window: they are the settings, to see and to turn."""

from __future__ import annotations

import math
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Callable, Iterator, List, Optional, Tuple

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, Gtk  # noqa: E402

from clipasso_ext.document.treatment import DIM, HIDE, KEEP, LOCK  # noqa: E402
from clipasso_ext.engine.settings import MAX_SEED, MAX_STROKES, PHOTO_INK, Settings  # noqa: E402
from clipasso_ext.windows import wording  # noqa: E402

SLIDER_STROKES = 64  # the slider's end: above, a number tells more than a handle
PRESETS = [
    ("auto", "Automatic"),
    ("quick", "Quick"),
    ("standard", "Standard: several tries"),
    ("published", "As published: very slow without a GPU"),
]
MASKS = [("auto", "Found automatically"), ("none", "The whole picture")]
BITMAPS = [
    (DIM, "Dim it"),
    (LOCK, "Dim and lock it"),
    (HIDE, "Hide it"),
    (KEEP, "Leave it as it is"),
]
GUIDES = {"auto": "Automatic", "lite": "Built-in network"}
LOOKS = [("plain", "Pen"), ("pencil", "Pencil"), ("ink", "Ink"), ("marker", "Marker")]
AUTOMATIC = "automatic"  # in place of a width of 0
OWN_INK = "own"
PHOTOS_INK = PHOTO_INK


class Controls(Gtk.Grid):  # type: ignore[misc] # GTK has no types
    """Calls `changed` with whether the sketch itself is concerned; `settings` is what they say."""

    def __init__(self, settings: Settings, unit: str, changed: Callable[[bool], None]) -> None:
        super().__init__(row_spacing=6, column_spacing=12)
        self._settings = settings
        self._changed = changed
        self._row = 0
        self._following = False  # the controls follow a sketch, nobody turns them
        self._heading("Strokes")
        self._strokes()
        self.mask = self._choice("Sub_ject", MASKS, settings.mask, "What belongs to the sketch.")
        self._faces()
        self._subjects()
        self._background()
        self.guide = self._choice(
            "_Guide",
            _guide_rows([], settings.guide),
            settings.guide,
            "The network that says how like the photograph a sketch is.",
        )
        self._seed()
        self.preset = self._choice(
            "Finish wit_h", PRESETS, settings.preset, "How much work Finish does.", redraws=False
        )
        self._heading("Looks")
        self._width(unit)
        self._ink()
        self.look = self._choice(
            "L_ook", LOOKS, settings.look, "With what the strokes are drawn.", redraws=False
        )
        self.bitmap = self._choice(
            "Bitmap aft_er",
            BITMAPS,
            settings.bitmap,
            "What happens to the bitmap when you insert.",
            redraws=False,
        )
        self._replaces()

    def commit(self) -> None:
        """Take over what was typed and not confirmed yet."""
        for number in (self.strokes, self.background, self.width, self.seed):
            _take_typed(number)

    def offer_to_replace(self, is_there: bool) -> None:
        """Whether a sketch of the bitmap is in the document already."""
        self.replaces.set_visible(is_there)

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
        ink = PHOTO_INK if self.ink.get_active_id() == PHOTOS_INK else _hex(self.color.get_rgba())
        return replace(
            self._settings,
            strokes=self.strokes.get_value_as_int(),
            width=round(self.width.get_value(), 3),
            ink="black" if ink == "#000000" else ink,
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
                self.guide.append(name, text)
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
        adjustment = Gtk.Adjustment(
            value=self._settings.strokes,
            lower=1,
            upper=MAX_STROKES,
            step_increment=1,
            page_increment=4,
        )
        self.strokes = Gtk.SpinButton(adjustment=adjustment, numeric=True)
        _hears_typing(self.strokes)
        self.strokes.set_tooltip_text("The fewer strokes, the more abstract the sketch.")
        self.slider = Gtk.Scale.new_with_range(Gtk.Orientation.HORIZONTAL, 1, SLIDER_STROKES, 1)
        self.slider.set_draw_value(False)
        self.slider.set_size_request(150, -1)
        self.slider.set_tooltip_text(self.strokes.get_tooltip_text())
        for mark in (8, 16, 32, 64):
            self.slider.add_mark(mark, Gtk.PositionType.BOTTOM, f"<small>{mark}</small>")
        self.slider.set_value(self._settings.strokes)

        def from_slider(slider: Any) -> None:
            if slider.get_value() != min(adjustment.get_value(), SLIDER_STROKES):
                adjustment.set_value(slider.get_value())

        def from_number(_: Any) -> None:
            self.slider.set_value(adjustment.get_value())
            self._tell(True)

        self.slider.connect("value-changed", from_slider)
        adjustment.connect("value-changed", from_number)
        box = Gtk.Box(spacing=6)
        box.pack_start(self.slider, True, True, 0)
        box.pack_start(self.strokes, False, False, 0)
        self._add("_Strokes", box, self.strokes)

    def _width(self, unit: str) -> None:
        fine = unit in ("mm", "cm", "in", "pc")
        step = {"mm": 0.1, "cm": 0.01, "in": 0.01, "pc": 0.05}.get(unit, 0.5)
        self.width = Gtk.SpinButton.new_with_range(0, 1000, step)
        self.width.set_digits(2 if fine else 1)
        self.width.connect("output", _automatic)
        self.width.set_numeric(False)
        _hears_typing(self.width)
        self.width.set_width_chars(10)
        self.width.set_value(self._settings.width)
        self.width.set_tooltip_text("0 takes 1.3 % of the subject's size.")
        self.width.connect("value-changed", lambda _: self._tell(False))
        box = Gtk.Box(spacing=6)
        box.pack_start(self.width, False, False, 0)
        box.pack_start(_hint(unit), False, False, 0)
        self._add("_Width", box, self.width)

    def _ink(self) -> None:
        self.ink = Gtk.ComboBoxText()
        self.ink.append(OWN_INK, "One colour")
        self.ink.append(PHOTOS_INK, "From the photograph")
        self.ink.set_active_id(PHOTOS_INK if self._settings.ink == PHOTO_INK else OWN_INK)
        color = Gdk.RGBA()
        if not color.parse(self._settings.ink):
            color.parse("black")
        self.color = Gtk.ColorButton.new_with_rgba(color)
        self.color.set_title("Ink")
        self.color.set_sensitive(self._settings.ink != PHOTO_INK)

        def choose(_: Any) -> None:
            self.color.set_sensitive(self.ink.get_active_id() == OWN_INK)
            self._tell(False)

        self.ink.connect("changed", choose)
        self.ink.set_tooltip_text("One colour for all strokes, or for each the photograph's own.")
        self.color.connect("color-set", lambda _: self._tell(False))
        self.color.set_tooltip_text("The colour of all strokes.")
        box = Gtk.Box(spacing=6)
        box.pack_start(self.ink, True, True, 0)
        box.pack_start(self.color, False, False, 0)
        self._add("In_k", box, self.ink)

    def _faces(self) -> None:
        self.faces = self._switch(
            wording.faces(None),
            self._settings.faces == "auto",
            "Draw the eyes, nose and mouth of people that the photo shows.",
        )

    def _subjects(self) -> None:
        self.subjects = self._switch(
            wording.subjects(None),
            self._settings.subjects == "auto",
            "Draw each of several people, animals or things at its own scale.",
        )

    def _background(self) -> None:
        self.background = Gtk.SpinButton.new_with_range(0, MAX_STROKES, 1)
        _hears_typing(self.background)
        self.background.set_value(self._settings.background)
        self.background.set_tooltip_text(
            "So many thinner strokes for what lies behind the subject; 0 leaves it out."
        )
        self.background.connect("value-changed", lambda _: self._tell(True))
        self._add("Background", self.background, self.background)

    def _switch(self, label: str, active: bool, tooltip: str) -> Any:
        switch = Gtk.CheckButton.new_with_label(label)
        switch.set_active(active)
        switch.set_tooltip_text(tooltip)
        switch.connect("toggled", lambda _: self._tell(True))
        self.attach(switch, 1, self._row, 1, 1)
        self._row += 1
        return switch

    def _replaces(self) -> None:
        self.replaces = Gtk.CheckButton.new_with_label(wording.REPLACE)
        self.replaces.set_tooltip_text("The sketch that was drawn over this bitmap before goes.")
        self.replaces.set_no_show_all(True)
        self.attach(self.replaces, 1, self._row, 1, 1)
        self._row += 1

    def _seed(self) -> None:
        self.seed = Gtk.SpinButton.new_with_range(0, MAX_SEED, 1)
        self.seed.set_width_chars(5)
        _hears_typing(self.seed)
        self.seed.set_value(self._settings.seed)
        self.seed.set_tooltip_text("The same number gives the same sketch again.")
        self.seed.connect("value-changed", lambda _: self._tell(True))
        another = Gtk.Button.new_with_mnemonic("_Another Try")
        another.set_tooltip_text("Begin elsewhere: another sketch of the same photograph.")
        another.connect("clicked", lambda _: self.another_try())
        box = Gtk.Box(spacing=6)
        box.pack_start(self.seed, False, False, 0)
        box.pack_start(another, True, True, 0)
        self._add("See_d", box, self.seed)

    def _heading(self, text: str) -> None:
        label = Gtk.Label(xalign=0)
        label.set_markup(f"<b>{text}</b>")
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
            box.append(name, text)
        box.set_active_id(active if active in [name for name, _ in rows] else rows[0][0])
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


def _automatic(button: Any) -> bool:
    """Nought is shown as what it means."""
    if button.get_value() > 0:
        return False
    if button.get_text() != AUTOMATIC:
        button.set_text(AUTOMATIC)
    return True


def _hears_typing(number: Any) -> None:
    """Have what is typed into a field taken over whenever GTK would do so, which knows no comma
    where the language has points.
    """
    number.connect("activate", _take_typed)
    number.connect("focus-out-event", lambda *_: _take_typed(number))


def _take_typed(number: Any) -> None:
    """Have a field take over what was typed into it. What is no number is forgotten."""
    typed = number.get_text().strip().replace(",", ".")
    value = 0.0 if typed == AUTOMATIC else read_number(typed)
    number.set_value(number.get_value() if value is None else value)


def read_number(text: str) -> Optional[float]:
    """What a person typed as a number; None for what is none."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _guide_rows(names: List[str], own: str) -> List[Tuple[str, str]]:
    every = list(dict.fromkeys(["auto", "lite", *names, own]))
    return [(name, GUIDES.get(name, name)) for name in every]


def _hint(text: str) -> Any:
    label = Gtk.Label(label=text, xalign=0)
    label.get_style_context().add_class("dim-label")
    return label


def _hex(color: Any) -> str:
    return "#%02x%02x%02x" % tuple(
        round(255 * part) for part in (color.red, color.green, color.blue)
    )
