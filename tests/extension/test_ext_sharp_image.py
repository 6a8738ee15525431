"""A picture has all the pixels of a screen on which GTK counts in larger ones."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from easel import EXTENSION

pytest.importorskip("gi", reason="this Python has no GTK")
# shows a picture of lines that are one pixel wide, and counts their colours on the screen
SHOW = """
import sys
sys.path[:0] = sys.argv[1:2]
import gi
gi.require_version("Gtk", "3.0")
gi.require_version("Gdk", "3.0")
from gi.repository import Gdk, GLib, Gtk
from clipasso_ext.windows.pictures import from_svg
from clipasso_ext.windows.sharp_image import SharpImage

image = SharpImage()
width, height = 60 * image.scale, 40 * image.scale
lines = "".join(f'<rect x="{x}" width="1" height="100%"/>' for x in range(0, width, 2))
picture = from_svg(
    f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">'
    f'<rect width="100%" height="100%" fill="#fff"/>{lines}</svg>'.encode()
)
image.show_picture(picture)
window = Gtk.Window(type=Gtk.WindowType.POPUP)
window.add(image)
window.show_all()
asked = image.get_preferred_size()[1]

def look():
    seen = Gdk.pixbuf_get_from_window(window.get_window(), 0, 0, 60, 40)
    data, row, n = seen.get_pixels(), seen.get_rowstride(), seen.get_n_channels()
    middle = seen.get_height() // 2
    greys = {data[middle * row + x * n] for x in range(seen.get_width())}
    print(image.scale, asked.width, asked.height, *sorted(greys))
    Gtk.main_quit()

window.get_frame_clock().connect("after-paint", lambda _: GLib.idle_add(look))
Gtk.main()
"""


@pytest.mark.parametrize("scale", ["1", "2"])
def test_a_picture_is_as_sharp_as_the_screen(scale: str, screen: str) -> None:
    found = os.environ.get("PYTHONPATH", "")
    done = subprocess.run(
        [sys.executable, "-c", SHOW, str(EXTENSION)],
        env={**os.environ, "DISPLAY": screen, "GDK_SCALE": scale, "PYTHONPATH": found},
        capture_output=True,
        text=True,
        timeout=20,
    )
    told = done.stdout.partition("\n")[0]
    assert told.split() == [scale, "60", "40", "0", "255"], done.stderr
