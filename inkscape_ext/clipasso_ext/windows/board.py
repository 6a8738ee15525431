"""The left side of the sketching window: the picture, how one looks at it, the brush, the question
what selected shapes mean, and the strip of tries.
"""

from __future__ import annotations

from typing import Any, Callable, Optional, Sequence

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, Gtk  # noqa: E402

from clipasso_ext.engine.sketch_task import PhotoTask  # noqa: E402
from clipasso_ext.engine.tries import Try  # noqa: E402
from clipasso_ext.windows import wording  # noqa: E402
from clipasso_ext.windows.brush import Brush  # noqa: E402
from clipasso_ext.windows.preview import ALONE, CLOSER, MASK, OVER, Preview  # noqa: E402
from clipasso_ext.windows.shape_row import ShapeRow  # noqa: E402
from clipasso_ext.windows.strip import Strip  # noqa: E402
from clipasso_ext.words import _, later  # noqa: E402

VIEWS = [
    (OVER, later("O_ver Photo"), later("The strokes over the photograph")),
    (ALONE, later("On _Paper"), later("The strokes on white paper")),
    (MASK, later("_Mask"), later("What is taken for the subject")),
]
SMALLEST_PX = (420, 240)  # of the picture
MOVE_TIP = later("Drag moves the picture, with a brush the middle button.")
CLOSER_KEYS = (Gdk.KEY_plus, Gdk.KEY_KP_Add, Gdk.KEY_equal)
FARTHER_KEYS = (Gdk.KEY_minus, Gdk.KEY_KP_Subtract)
WHOLE_KEYS = (Gdk.KEY_0, Gdk.KEY_KP_0)


class Board(Gtk.Box):  # type: ignore[misc] # GTK has no types
    """turn: called with how many bitmaps to go on. painted: after a stroke of the brush. chosen:
    with a try that is to come back. seen: when one looks otherwise.
    """

    def __init__(
        self,
        tasks: Sequence[PhotoTask],
        turn: Callable[[int], None],
        painted: Callable[[], None],
        chosen: Callable[[Try], None],
        seen: Callable[[], None],
    ) -> None:
        super().__init__(orientation=Gtk.Orientation.VERTICAL, spacing=6)
        self._names = [task.name for task in tasks]
        self._painted = painted
        self._seen = seen
        self._at = 0
        self.preview = Preview(*SMALLEST_PX)
        self.brush = Brush(self._paint, self.preview.refresh)
        self.preview.brush = self.brush
        self.shapes = ShapeRow(tasks, self.brush)
        self.strip = Strip(chosen)
        frame = Gtk.Frame()
        frame.add(self.preview)
        self.pack_start(frame, True, True, 0)
        self.pack_start(self._view_row(turn), False, False, 0)
        self.pack_start(self.brush, False, False, 0)
        self.pack_start(self.shapes, False, False, 0)
        self.pack_start(self.strip, False, False, 0)

    def show_page(self, at: int) -> None:
        """Which bitmap is on show."""
        text = wording.page(self._names, at)
        self._page.set_text(text)
        self._page.set_tooltip_text(text)
        self._at = at
        self.brush.look_at(at, self.preview.size)
        self.shapes.look_at(at)

    def _paint(self) -> None:
        self.shapes.look_at(self._at)
        self._painted()

    def show_pager(self) -> None:
        """Once everything else is shown."""
        self._pager.set_visible(len(self._names) > 1)

    def press(self, key: int) -> bool:
        """What a key means for the picture. Returns whether it means anything."""
        if key in CLOSER_KEYS:
            self.preview.closer(CLOSER)
        elif key in FARTHER_KEYS:
            self.preview.closer(1 / CLOSER)
        elif key in WHOLE_KEYS:
            self.preview.fit()
        elif key in (Gdk.KEY_bracketleft, Gdk.KEY_bracketright):
            self.brush.resize(key == Gdk.KEY_bracketright)
        else:
            return False
        return True

    def _view_row(self, turn: Callable[[int], None]) -> Any:
        row = Gtk.Box(spacing=12)
        switch = Gtk.Box()
        switch.get_style_context().add_class("linked")
        first: Optional[Any] = None
        for mode, label, tip in VIEWS:
            button = Gtk.RadioButton.new_with_mnemonic_from_widget(first, _(label))
            button.set_mode(False)
            button.set_tooltip_text(_(tip))
            button.connect("toggled", self._show_view, mode)
            switch.pack_start(button, False, False, 0)
            first = first or button
        row.pack_start(switch, False, False, 0)
        row.pack_start(self._zoom_box(), False, False, 0)
        row.pack_end(self._pager_box(turn), False, False, 0)
        return row

    def _zoom_box(self) -> Any:
        box = Gtk.Box()
        box.get_style_context().add_class("linked")
        look = self.preview
        closer = " ".join([_("Closer (+, wheel)."), _(MOVE_TIP)])
        for icon, tip, act in (
            ("zoom-out-symbolic", _("Farther (-, wheel)"), lambda: look.closer(1 / CLOSER)),
            ("zoom-fit-best-symbolic", _("The whole picture (0)"), look.fit),
            ("zoom-in-symbolic", closer, lambda: look.closer(CLOSER)),
        ):
            button = Gtk.Button.new_from_icon_name(icon, Gtk.IconSize.BUTTON)
            button.set_tooltip_text(tip)
            button.connect("clicked", lambda _, act=act: act())
            box.pack_start(button, False, False, 0)
        return box

    def _pager_box(self, turn: Callable[[int], None]) -> Any:
        self._pager = Gtk.Box(spacing=6)
        self._page = Gtk.Label(ellipsize=3, width_chars=16, max_width_chars=24)
        back = self._arrow("‹", _("The bitmap before (Page Up)"), lambda: turn(-1))
        on = self._arrow("›", _("The next bitmap (Page Down)"), lambda: turn(1))
        for widget in (back, self._page, on):
            self._pager.pack_start(widget, False, False, 0)
        return self._pager

    def _arrow(self, label: str, tip: str, act: Callable[[], None]) -> Any:
        button = Gtk.Button(label=label)
        button.set_tooltip_text(tip)
        button.connect("clicked", lambda _: act())
        return button

    def _show_view(self, button: Any, mode: str) -> None:
        if button.get_active():
            self.preview.mode = mode
            self._seen()
