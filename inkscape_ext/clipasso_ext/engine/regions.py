"""What the person says matters, painted over a photograph with a brush, and how it becomes the
pictures that the engine takes.
"""

from __future__ import annotations

from typing import List, NamedTuple, Optional, Tuple

MORE, LESS, NOT_SUBJECT, SUBJECT = TOOLS = ("more", "less", "not-subject", "subject")
# the field of the request that a tool belongs to, and the grey that it paints there: white is much
# more, or the subject; middle grey, of what nobody painted, as it is
FIELDS = {
    MORE: ("emphasis", "#d2d2d2"),  # white makes a blot of what is as small as a spoon
    LESS: ("emphasis", "#303030"),  # black would be nothing at all
    NOT_SUBJECT: ("mask_repair", "#000000"),
    SUBJECT: ("mask_repair", "#ffffff"),
}
MIDDLE = "#808080"
COLORS = {MORE: "#f57900", LESS: "#3465a4", NOT_SUBJECT: "#cc0000", SUBJECT: "#4e9a06"}
SHOWN = 0.45  # opacity of what was painted, over the photograph
SIDE = 1000.0  # of the longer side, in units of the documents
Point = Tuple[float, float]  # shares of the picture's width and height


class Mark(NamedTuple):
    """One stroke of the brush. radius: a share of the picture's longer side."""

    tool: str
    radius: float
    points: List[Point]


class Marks:
    """All strokes of the brush over one picture, oldest first.

    size: of the picture; its proportions alone matter.
    """

    def __init__(self, size: Tuple[float, float]) -> None:
        longer = max(size)
        self._width, self._height = (side / longer * SIDE for side in size)
        self.all: List[Mark] = []

    def overlay(self, brush: Optional[Mark] = None) -> str:
        """What was painted, to be laid over the photograph. brush: where it is now, and how
        large.
        """
        groups = []
        for tool in TOOLS:
            lines = self._lines(tool, COLORS[tool])
            if lines:
                # in a group of its own, so that strokes that cross are no darker
                groups.append(f'<g opacity="{SHOWN}">{lines}</g>')
        if brush is not None:
            groups.append(self._ring(brush))
        return self._document("".join(groups))

    def fields(self) -> List[str]:
        """Those of the request for which something was painted."""
        return sorted({FIELDS[mark.tool][0] for mark in self.all})

    def picture(self, field: str) -> str:
        """The grey picture of a field of the request, as a document."""
        ground = f'<rect width="100%" height="100%" fill="{MIDDLE}"/>'
        lines = [
            self._line(mark, FIELDS[mark.tool][1])
            for mark in self.all
            if FIELDS[mark.tool][0] == field
        ]
        return self._document(ground + "".join(lines))

    def _lines(self, tool: str, color: str) -> str:
        return "".join(self._line(mark, color) for mark in self.all if mark.tool == tool)

    def _line(self, mark: Mark, color: str) -> str:
        places = [(x * self._width, y * self._height) for x, y in mark.points]
        places += places[:1] if len(places) == 1 else []  # a dot is a line to itself
        data = "M " + " L ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        return (
            f'<path d="{data}" fill="none" stroke="{color}" stroke-linecap="round"'
            f' stroke-linejoin="round" stroke-width="{2 * mark.radius * SIDE:.1f}"/>'
        )

    def _ring(self, brush: Mark) -> str:
        """The brush's outline, seen on light and on dark."""
        (x, y), reach = brush.points[-1], brush.radius * SIDE
        place = f'cx="{x * self._width:.1f}" cy="{y * self._height:.1f}" r="{reach:.1f}"'
        return "".join(
            f'<circle {place} fill="none" stroke="{color}" stroke-width="{width}"/>'
            for color, width in (("#ffffff", 4), (COLORS[brush.tool], 2))
        )

    def _document(self, body: str) -> str:
        width, height = f"{self._width:.1f}", f"{self._height:.1f}"
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
            f' viewBox="0 0 {width} {height}">{body}</svg>'
        )
