"""A picture in a window, with all the pixels that the screen has."""

from __future__ import annotations

from typing import Any, Optional, Tuple

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gtk  # noqa: E402


class SharpImage(Gtk.Image):  # type: ignore[misc] # GTK has no types
    """Where GTK counts in pixels of two or three of the screen's, a picture that is shown as it is
    would be blown up. One that is an icon is not, and needs no cairo.
    """

    def __init__(self) -> None:
        super().__init__(xalign=0.0, yalign=0.0)
        self.picture: Optional[Any] = None  # that is shown

    @property
    def scale(self) -> int:
        """Of how many pixels of the screen, in each direction, GTK makes one."""
        return int(self.get_scale_factor())

    def show_picture(self, picture: Optional[Any]) -> None:
        """A picture of the screen's pixels, whose sides are whole pixels of GTK's; None for
        nothing.
        """
        self.picture = picture
        if picture is None:
            self.clear()
            return
        longer = max(picture.get_width(), picture.get_height())
        self.set_pixel_size(longer // self.scale)
        self.set_from_gicon(picture, Gtk.IconSize.DIALOG)

    # GTK asks for the picture's own sides, and takes icons for squares

    def do_get_preferred_width(self) -> Tuple[int, int]:
        width = 0 if self.picture is None else self.picture.get_width() // self.scale
        return width, width

    def do_get_preferred_height(self) -> Tuple[int, int]:
        height = 0 if self.picture is None else self.picture.get_height() // self.scale
        return height, height

    def do_get_preferred_width_for_height(self, _: int) -> Tuple[int, int]:
        return self.do_get_preferred_width()

    def do_get_preferred_height_for_width(self, _: int) -> Tuple[int, int]:
        return self.do_get_preferred_height()

    def do_get_preferred_height_and_baseline_for_width(self, _: int) -> Tuple[int, int, int, int]:
        return (*self.do_get_preferred_height(), -1, -1)
