"""Fields for numbers, which take over what was typed into them as the person meant it."""

from __future__ import annotations

import math
from typing import Any, Callable, Optional

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gtk  # noqa: E402

from clipasso_ext.engine.settings import MAX_STROKES, MAX_WIDTH  # noqa: E402
from clipasso_ext.words import _, later  # noqa: E402

SLIDER_STROKES = 64  # the slider's end: above, a number tells more than a handle
# Translators: in place of a width of 0: it follows from the subject's size.
AUTOMATIC = later("automatic")
FINE_UNITS = ("mm", "cm", "in", "pc")  # that are more than a pixel
STEPS = {"mm": 0.1, "cm": 0.01, "in": 0.01, "pc": 0.05}
STEP = 0.5  # of other units


class StrokeCount(Gtk.Box):  # type: ignore[misc] # GTK has no types
    """How many strokes: a slider, and a number beside it that goes further. Calls `changed`."""

    def __init__(self, count: int, changed: Callable[[], None]) -> None:
        super().__init__(spacing=6)
        adjustment = Gtk.Adjustment(
            value=count, lower=1, upper=MAX_STROKES, step_increment=1, page_increment=4
        )
        self.number = Gtk.SpinButton(adjustment=adjustment, numeric=True)
        hear_typing(self.number)
        self.number.set_tooltip_text(_("The fewer strokes, the more abstract the sketch."))
        self.slider = Gtk.Scale.new_with_range(Gtk.Orientation.HORIZONTAL, 1, SLIDER_STROKES, 1)
        self.slider.set_draw_value(False)
        self.slider.set_size_request(150, -1)
        self.slider.set_tooltip_text(self.number.get_tooltip_text())
        for mark in (8, 16, 32, 64):
            self.slider.add_mark(mark, Gtk.PositionType.BOTTOM, f"<small>{mark}</small>")
        self.slider.set_value(count)

        def from_slider(slider: Any) -> None:
            if slider.get_value() != min(adjustment.get_value(), SLIDER_STROKES):
                adjustment.set_value(slider.get_value())

        def from_number(_: Any) -> None:
            self.slider.set_value(adjustment.get_value())
            changed()

        self.slider.connect("value-changed", from_slider)
        adjustment.connect("value-changed", from_number)
        self.pack_start(self.slider, True, True, 0)
        self.pack_start(self.number, False, False, 0)


class WidthField(Gtk.Box):  # type: ignore[misc] # GTK has no types
    """A stroke's width in a unit, or nought for automatic. Calls `changed`."""

    def __init__(self, width: float, unit: str, changed: Callable[[], None]) -> None:
        super().__init__(spacing=6)
        self.number = Gtk.SpinButton.new_with_range(0, MAX_WIDTH, STEPS.get(unit, STEP))
        self.number.set_digits(2 if unit in FINE_UNITS else 1)
        self.number.connect("output", _automatic)
        self.number.set_numeric(False)
        hear_typing(self.number)
        self.number.set_width_chars(max(7, len(_(AUTOMATIC)) + 1))
        self.number.set_value(width)
        self.number.set_tooltip_text(_("0 takes 1.3 % of the subject's size."))
        self.number.connect("value-changed", lambda _: changed())
        hint = Gtk.Label(label=unit, xalign=0)
        hint.get_style_context().add_class("dim-label")
        self.pack_start(self.number, False, False, 0)
        self.pack_start(hint, False, False, 0)


def whole_number(most: int, value: int, tooltip: str, changed: Callable[[], None]) -> Any:
    """A field for a number from 0 on. Calls `changed`."""
    number = Gtk.SpinButton.new_with_range(0, most, 1)
    hear_typing(number)
    number.set_value(value)
    number.set_tooltip_text(tooltip)
    number.connect("value-changed", lambda _: changed())
    return number


def hear_typing(number: Any) -> None:
    """Have what is typed into a field taken over whenever GTK would do so, which knows no comma
    where the language has points.
    """
    number.connect("activate", take_typed)
    number.connect("focus-out-event", lambda *_: take_typed(number))


def take_typed(number: Any) -> None:
    """Have a field take over what was typed into it. What is no number is forgotten."""
    typed = number.get_text().strip()
    value = 0.0 if typed == _(AUTOMATIC) else read_number(typed.replace(",", "."))
    number.set_value(number.get_value() if value is None else value)


def read_number(text: str) -> Optional[float]:
    """What a person typed as a number; None for what is none."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _automatic(button: Any) -> bool:
    """Nought is shown as what it means."""
    if button.get_value() > 0:
        return False
    if button.get_text() != _(AUTOMATIC):
        button.set_text(_(AUTOMATIC))
    return True
