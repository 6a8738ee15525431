"""The picture in the window: the photograph with the strokes over it, the strokes alone, or the
mask; as large as there is room, and closer by wheel and keys.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Optional, Tuple

from gi.repository import Gdk, GLib, Gtk

from clipasso_ext.document.still import WHOLE, Part, Still
from clipasso_ext.windows.pictures import OPAQUE, blank, from_png, from_svg, lay, read_photo
from clipasso_ext.windows.sharp_image import SharpImage

SIDE_PX = 520  # of a picture that can't be zoomed
# of 255: how much is seen

PHOTO_UNDER_STROKES = 70
MASK_OVER_PHOTO = 225
# what is shown: the strokes over the photograph, the strokes alone, or the mask
OVER = "over"
ALONE = "alone"
MASK = "mask"
CLOSER = 1.25  # by one notch of the wheel, or one key
CLOSEST = 16.0


class Preview(Gtk.Layout):  # type: ignore[misc] # GTK has no types
    """Shows one bitmap. Strokes come as a `Still`, or as a PNG in base64 with transparency; the
    mask is such a PNG. Both have the photograph's proportions.

    brush: takes the pointer's places on the picture instead of moving it; see `Brush`.
    """

    def __init__(self, width_px: int = SIDE_PX, height_px: int = SIDE_PX * 3 // 4) -> None:
        super().__init__()
        self.set_size_request(width_px, height_px)
        self.mode = OVER
        self.brush: Optional[Any] = None
        self._photo: Optional[Any] = None
        self._path: Optional[Path] = None
        self._strokes: Any = None  # a `Still`, or a picture
        self._mask: Optional[Any] = None
        self._mask_text: Optional[str] = None
        self._zoom = 1.0
        self._middle = (0.5, 0.5)  # of what is seen, in shares of the picture
        self._dragged: Optional[Tuple[float, float]] = None
        self._kept: Optional[Tuple[Any, Any]] = None  # of what, and the picture
        self._laid_at = (0, 0)
        self._image = SharpImage()
        self.put(self._image, 0, 0)
        self._room = (0, 0)  # for which it was drawn last
        self.connect("size-allocate", self._resize)
        # the window goes to another screen
        self.connect("notify::scale-factor", lambda *_: self.refresh())
        self._listen()

    def _resize(self, _: Any, room: Any) -> None:
        if (room.width, room.height) != self._room:
            self._room = room.width, room.height
            # GTK forgets what is moved while it shares out the room
            GLib.idle_add(self.refresh)

    def show_sketch(
        self, path: Optional[Path], strokes: Optional[str], mask: Optional[str]
    ) -> None:
        """Put together what there is, strokes as a PNG; None for what there is not yet."""
        self._take(path, from_png(strokes), mask)

    def show_still(self, path: Optional[Path], still: Optional[Still], mask: Optional[str]) -> None:
        """The same with strokes that are drawn here."""
        self._take(path, still, mask)

    def _take(self, path: Optional[Path], strokes: Any, mask: Optional[str]) -> None:
        if path != self._path:
            self._path = path
            self._photo = None if path is None else read_photo(path)
            self.fit()
        if mask != self._mask_text:
            self._mask_text = mask
            self._mask = from_png(mask)
        self._strokes = strokes
        self._show()

    # Where one looks

    @property
    def picture(self) -> Optional[Any]:
        """What is shown, of the screen's pixels."""
        return self._image.picture

    @property
    def size(self) -> Optional[Tuple[float, float]]:
        """Of the picture, in its own pixels; None without one."""
        if self._photo is not None:
            return self._photo.get_width(), self._photo.get_height()
        if isinstance(self._strokes, Still):
            return self._strokes.size
        if self._strokes is not None:
            return self._strokes.get_width(), self._strokes.get_height()
        return None

    def fit(self) -> None:
        """See the whole picture."""
        self._zoom = 1.0
        self._middle = (0.5, 0.5)
        self._show()

    def closer(self, factor: float, place: Optional[Tuple[float, float]] = None) -> None:
        """Zoom; what lies at that place of the picture stays where it is."""
        before = self._part()
        if before is None:
            return
        part = before[0]
        zoom = min(max(self._zoom * factor, 1.0), CLOSEST)
        shrunk = self._zoom / zoom
        self._zoom = zoom
        if place is not None:
            x, y = place
            middle = part.x + part.width / 2, part.y + part.height / 2
            self._middle = x + (middle[0] - x) * shrunk, y + (middle[1] - y) * shrunk
        self._show()

    def _part(self) -> Optional[Tuple[Part, int, int]]:
        """What is seen of the picture, and of how many of GTK's pixels."""
        size = self.size
        room_x, room_y = self.get_allocated_width(), self.get_allocated_height()
        if size is None or room_x < 2 or room_y < 2:
            return None
        scale = min(room_x / size[0], room_y / size[1]) * self._zoom
        # the whole picture's size on the screen, and how much of it there is room for
        whole = size[0] * scale, size[1] * scale
        share = min(1.0, room_x / whole[0]), min(1.0, room_y / whole[1])
        low = [min(max(middle - of / 2, 0.0), 1.0 - of) for middle, of in zip(self._middle, share)]
        self._middle = low[0] + share[0] / 2, low[1] + share[1] / 2
        part = Part(low[0], low[1], *share)
        width, height = (max(1, round(one * of)) for one, of in zip(whole, share))
        return part, width, height

    def place_of(self, x: float, y: float) -> Optional[Tuple[float, float]]:
        """Where on the picture a place of the widget is, in shares; beyond it as well."""
        seen = self._part()
        if seen is None:
            return None
        part, width, height = seen
        left, top = self._corner(width, height)
        return (
            part.x + (x - left) / width * part.width,
            part.y + (y - top) / height * part.height,
        )

    def _corner(self, width: int, height: int) -> Tuple[int, int]:
        return (
            (self.get_allocated_width() - width) // 2,
            (self.get_allocated_height() - height) // 2,
        )

    # What is seen

    def refresh(self) -> None:
        """Draw anew what is there."""
        self._show()

    def _show(self) -> None:
        seen = self._part()
        if seen is None:
            self._image.show_picture(None)
            return
        part, width, height = seen
        drawn_px = width * self._image.scale, height * self._image.scale
        picture = self._ground(part, *drawn_px)
        painted = None if self.brush is None else self.brush.drawn(part, *drawn_px)
        if painted is not None:
            picture = picture.copy()
            lay(painted, picture, OPAQUE, WHOLE)
        self._image.show_picture(picture)
        place = self._corner(width, height)
        if self._laid_at != place:  # a move would have the picture laid out anew
            self._laid_at = place
            self.move(self._image, *place)

    def _ground(self, part: Part, width: int, height: int) -> Any:
        """What the brush paints over, drawn once: a pointer moves many times a second."""
        key = self.mode, part, width, height, self._photo, self._strokes, self._mask
        if self._kept is None or self._kept[0] != key:
            self._kept = key, self._composed(part, width, height)
        return self._kept[1]

    def _composed(self, part: Part, width: int, height: int) -> Any:
        """The photograph, and over it strokes or mask."""
        picture = blank(width, height)
        strokes = self._drawn(part, width, height)
        over = None if self.mode == MASK else strokes
        if self._photo is not None and not (self.mode == ALONE and over is not None):
            is_plain = self.mode == MASK or over is None
            lay(self._photo, picture, OPAQUE if is_plain else PHOTO_UNDER_STROKES, part)
        if self.mode == MASK and self._mask is not None:
            lay(self._mask, picture, MASK_OVER_PHOTO, part)
        if over is not None:
            lay(over, picture, OPAQUE, WHOLE if isinstance(self._strokes, Still) else part)
        return picture

    def _drawn(self, part: Part, width: int, height: int) -> Optional[Any]:
        """The strokes: of a still that part alone, at its size."""
        if isinstance(self._strokes, Still):
            return from_svg(self._strokes.svg(part, width, height))
        return self._strokes

    # What the pointer does

    def _listen(self) -> None:
        mask = Gdk.EventMask
        self.add_events(
            mask.SCROLL_MASK
            | mask.SMOOTH_SCROLL_MASK
            | mask.BUTTON_PRESS_MASK
            | mask.BUTTON_RELEASE_MASK
            | mask.POINTER_MOTION_MASK
            | mask.LEAVE_NOTIFY_MASK
        )
        self.connect("scroll-event", self._scroll)
        self.connect("button-press-event", self._press)
        self.connect("motion-notify-event", self._drag)
        self.connect("button-release-event", self._release)
        self.connect("leave-notify-event", self._leave)

    def _scroll(self, _: Any, event: Any) -> bool:
        notches = {Gdk.ScrollDirection.UP: 1.0, Gdk.ScrollDirection.DOWN: -1.0}.get(
            event.direction, 0.0
        )
        if event.direction == Gdk.ScrollDirection.SMOOTH:
            notches = -event.delta_y
        self.closer(CLOSER**notches, self.place_of(event.x, event.y))
        return True

    def _press(self, _: Any, event: Any) -> bool:
        if event.type == Gdk.EventType._2BUTTON_PRESS and not self._paints:
            self.fit()
        elif event.button == 1 and self._paints:
            self._paint(event, True)
        else:
            self._dragged = event.x, event.y
        return True

    def _drag(self, _: Any, event: Any) -> bool:
        seen = self._part()
        if self._dragged is not None and seen is not None:
            part, width, height = seen
            x, y = self._dragged
            self._middle = (
                self._middle[0] - (event.x - x) / width * part.width,
                self._middle[1] - (event.y - y) / height * part.height,
            )
            self._dragged = event.x, event.y
            self._show()
        elif self._paints and self.brush is not None:
            self.brush.hover(self.place_of(event.x, event.y))
            if event.state & Gdk.ModifierType.BUTTON1_MASK:
                self._paint(event, False)
            else:
                self._show()
        return True

    def _leave(self, *_: Any) -> None:
        if self._paints and self.brush is not None:
            self.brush.hover(None)
            self._show()

    def _release(self, _: Any, event: Any) -> bool:
        if self._dragged is None and event.button == 1 and self._paints:
            assert self.brush is not None
            self.brush.end()
        self._dragged = None
        return True

    @property
    def _paints(self) -> bool:
        return self.brush is not None and self.brush.tool is not None

    def _paint(self, event: Any, begins: bool) -> None:
        place = self.place_of(event.x, event.y)
        if place is None or self.brush is None:
            return
        paint: Callable[[Tuple[float, float]], None] = (
            self.brush.begin if begins else self.brush.go_on
        )
        paint(place)
        self._show()
