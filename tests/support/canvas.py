"""Inkscape's canvas: where it shows a page, so that a mouse finds the points of a document."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from lxml import etree
from numpy.typing import NDArray

from support.screen import Desk, wait_for

# the desk around the page, red green blue: a colour that nothing else on the screen has
AROUND = (201, 209, 214)
INKSCAPE = "{http://www.inkscape.org/namespaces/inkscape}"
VIEW = {
    "pagecolor": "#ffffff",
    "showborder": "false",
    INKSCAPE + "showpageshadow": "false",
    INKSCAPE + "pageopacity": "1",
}
# keys
NODE_TOOL = "F2"
PAGE_FITS = "5"
NOTHING_SELECTED = "Escape"
NEAR_PX = 3  # what rounding may come to
MARGIN = 0.05  # of the page at most, around a page that fits
DARK = 100  # of 255: darker than any node
LIGHT = 150  # of 255: lighter than any stroke
Box = tuple[int, int, int, int]  # on the screen: left, top, right, bottom


def prepare(tree: etree._ElementTree) -> None:
    """Set how a document is looked at, so that its page stands out on the screen."""
    root = tree.getroot()
    for old in root.findall("{*}namedview"):
        root.remove(old)  # it has the size that the window once had
    view = root.makeelement("{http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd}namedview", VIEW)
    view.set(INKSCAPE + "deskcolor", "#{:02x}{:02x}{:02x}".format(*AROUND))
    root.insert(0, view)


@dataclass(frozen=True)
class Canvas:
    """The canvas of a window, and a page on it.

    user: width and height of the page in user units.
    """

    screen: Desk
    whole: Box
    page: Box
    user: tuple[float, float]

    @classmethod
    def find(cls, screen: Desk, main: str, user: tuple[float, float]) -> Canvas:
        """Fit the page of a prepared document into its window, and wait until it is shown so."""

        def fitted() -> Canvas | None:
            screen.press(NOTHING_SELECTED, PAGE_FITS)  # again: the window may have grown since
            screen.wait_still()
            found = cls._seen(screen, user)
            return found if found is not None and found._is_fitted() else None

        screen.focus(main)
        return wait_for(fitted, "the page in the middle of the canvas")

    @classmethod
    def _seen(cls, screen: Desk, user: tuple[float, float]) -> Canvas | None:
        desk = (screen.see() == AROUND).all(-1).astype(np.uint8)
        if not desk.any():
            return None
        _, parts, stats, _ = cv2.connectedComponentsWithStats(desk)
        largest = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
        x, y, width, height = (int(one) for one in stats[largest][:4])
        page = parts[y : y + height, x : x + width] != largest
        # things may jut out of the page elsewhere
        rows = np.flatnonzero(page[:, width // 2])
        columns = np.flatnonzero(page[height // 2])
        if not (len(rows) and len(columns)):
            return None
        left, top = x + int(columns[0]), y + int(rows[0])
        right, bottom = x + int(columns[-1]) + 1, y + int(rows[-1]) + 1
        whole = (x, y, x + width, y + height)
        return cls(screen, whole, (left, top, right, bottom), user)

    def _is_fitted(self) -> bool:
        """Whether the whole page is shown, in its proportions and as large as may be."""
        # free room on each side
        left, top, right, bottom = (
            abs(one - other) for one, other in zip(self.whole, self.page, strict=True)
        )
        width, height = self.page[2] - self.page[0], self.page[3] - self.page[1]
        is_centred = max(abs(left - right), abs(top - bottom)) <= NEAR_PX
        is_large = 0 < min(left, top) < MARGIN * min(width, height)
        is_whole = abs(width * self.user[1] / self.user[0] - height) <= NEAR_PX
        return is_centred and is_large and is_whole

    def place(self, point: NDArray[np.floating]) -> tuple[int, int]:
        """Where a point of the document, in user units, is on the screen."""
        left, top, right, _ = self.page
        x, y = point * (right - left) / self.user[0]
        return round(left + float(x)), round(top + float(y))

    def move_last_node(self, chain: NDArray[np.floating], by: tuple[float, float]) -> None:
        """Click on a stroke of one cubic [4, 2] with the node tool, and drag its last node.

        All in user units.
        """
        node = self.place(chain[-1])
        assert self._color(node).max() < DARK, "another stroke or nothing is there"
        self.screen.press(NODE_TOOL)
        self.screen.click(self.place(chain.T @ np.array([1, 3, 3, 1]) / 8))
        wait_for(lambda: self._color(node).min() > LIGHT, "the node")
        self.screen.drag(node, self.place(chain[-1] + by))

    def keep_off(self) -> None:
        """Put the mouse where it touches nothing."""
        self.screen.point((self.whole[0] + 2, self.whole[1] + 2))

    def _color(self, at: tuple[int, int]) -> NDArray[np.uint8]:
        """Red, green and blue of a place on the screen."""
        color: NDArray[np.uint8] = self.screen.see()[at[1], at[0]]
        return color
