"""What the person says matters, painted over a photograph with a brush or marked by shapes, and how
it becomes the pictures that the engine takes.
"""

from __future__ import annotations

from itertools import groupby
from typing import List, NamedTuple, Optional, Tuple, Union

from clipasso_ext.document.shapes import Shape

MORE, LESS, NOT_SUBJECT, SUBJECT = TOOLS = ("more", "less", "not-subject", "subject")
# of shapes alone: what they do not enclose is left out. What they enclose is as it was found: taken
# for the subject as a whole, its edge would be drawn
ONLY = "only"
# the field of the request that a tool belongs to, and the grey that it paints there: white is much
# more, or the subject; middle grey, of what nobody painted, as it is
FIELDS = {
    MORE: ("emphasis", "#d2d2d2"),  # white makes a blot of what is as small as a spoon
    LESS: ("emphasis", "#303030"),  # black would be nothing at all
    NOT_SUBJECT: ("mask_repair", "#000000"),
    SUBJECT: ("mask_repair", "#ffffff"),
    ONLY: ("mask_repair", "#000000"),
}
MIDDLE = "#808080"
LEFT_OUT = "#cc0000"
COLORS = {
    MORE: "#f57900",
    LESS: "#3465a4",
    NOT_SUBJECT: LEFT_OUT,
    SUBJECT: "#4e9a06",
    ONLY: LEFT_OUT,
}
SHOWN = 0.45  # opacity of what was painted, over the photograph
SIDE = 1000.0  # of the longer side, in units of the documents
Point = Tuple[float, float]  # shares of the picture's width and height


class Mark(NamedTuple):
    """One stroke of the brush. radius: a share of the picture's longer side."""

    tool: str
    radius: float
    points: List[Point]


class Area(NamedTuple):
    """What shapes enclose; their places are shares of the picture's width and height."""

    tool: str
    shapes: List[Shape]


class Marks:
    """All strokes of the brush over one picture, and areas, oldest first.

    size: of the picture; its proportions alone matter.
    """

    def __init__(self, size: Tuple[float, float]) -> None:
        longer = max(size)
        self._width, self._height = (side / longer * SIDE for side in size)
        self.all: List[Union[Mark, Area]] = []

    @property
    def area(self) -> Optional[Area]:
        """The area that is marked by shapes."""
        return next((mark for mark in self.all if isinstance(mark, Area)), None)

    def overlay(self, brush: Optional[Mark] = None) -> str:
        """What was painted, to be laid over the photograph. brush: where it is now, and how
        large.
        """
        groups = []
        for tool in COLORS:
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
            self._painted(mark, FIELDS[mark.tool][1])
            for mark in self.all
            if FIELDS[mark.tool][0] == field
        ]
        return self._document(ground + "".join(lines))

    def _lines(self, tool: str, color: str) -> str:
        return "".join(self._painted(mark, color) for mark in self.all if mark.tool == tool)

    def _painted(self, mark: Union[Mark, Area], color: str) -> str:
        return self._area(mark, color) if isinstance(mark, Area) else self._line(mark, color)

    def _line(self, mark: Mark, color: str) -> str:
        places = self._written(mark.points)
        places += places[:1] if len(places) == 1 else []  # a dot is a line to itself
        data = "M " + " L ".join(places)
        return (
            f'<path d="{data}" fill="none" stroke="{color}" stroke-linecap="round"'
            f' stroke-linejoin="round" stroke-width="{2 * mark.radius * SIDE:.1f}"/>'
        )

    def _area(self, area: Area, color: str) -> str:
        if area.tool != ONLY:
            return "".join(self._filled(shape, color) for shape in area.shapes)
        # all but the shapes, which may overlap
        holes = "".join(self._filled(shape, "#000000") for shape in area.shapes)
        size = f'width="{self._width:.1f}" height="{self._height:.1f}"'
        return (
            f'<mask id="{ONLY}" maskUnits="userSpaceOnUse" x="0" y="0" {size}>'
            f'<rect {size} fill="#ffffff"/>{holes}</mask>'
            f'<rect {size} fill="{color}" mask="url(#{ONLY})"/>'
        )

    def _filled(self, shape: Shape, color: str) -> str:
        data = " ".join(f"M {' L '.join(self._written(ring))} Z" for ring in shape.rings)
        rule = "evenodd" if shape.even_odd else "nonzero"
        return f'<path d="{data}" fill="{color}" fill-rule="{rule}"/>'

    def _written(self, points: List[Point]) -> List[str]:
        """As far apart as can be told: a traced outline has most of its points in one place."""
        places = (f"{x * self._width:.1f},{y * self._height:.1f}" for x, y in points)
        return [place for place, _ in groupby(places)]

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
