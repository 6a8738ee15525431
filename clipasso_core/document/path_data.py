"""Path data of any program as chains of cubics, and back.

By the grammar of SVG 2, section 9.3, and its error rule: what stands before the first error counts.
Takes time in proportion to the text.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from clipasso_core.document.attributes import LONGEST_NUMBER, NUMBER
from clipasso_core.errors import UserError

DECIMALS = 5  # of coordinates that are written back
QUARTER = math.pi / 2  # the longest part of an arc that one cubic follows, to 0.03 % of its radius
STRAIGHT = 1e-12  # half an arc's chord, in radii: so small a part of an ellipse is a line

BLANKS = r"[ \t\r\n\f]*"
COMMAND = re.compile(rf"{BLANKS}([MmZzLlHhVvCcSsQqTtAa]){BLANKS}")
ARGUMENT = re.compile(rf"({NUMBER}){BLANKS}(?:,{BLANKS})?", re.ASCII)
FLAG = re.compile(rf"([01]){BLANKS}(?:,{BLANKS})?")
# how many numbers each command takes, again and again
ARGUMENTS = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "T": 2, "A": 7}
FLAGS = (3, 4)  # places of an arc's flags: nothing need stand between two of them

Point = tuple[float, float]


def read_path(data: str) -> tuple[list[NDArray[np.floating]], bool]:
    """The subpaths of path data as chains of cubics [3k+1, 2], and whether one is closed.

    A subpath that lies beyond all numbers is left out.
    """
    pen = _Pen()
    for command, numbers in _commands(data):
        pen.follow(command, numbers)
    arrays = [np.array(chain, float) for chain in pen.chains if len(chain) > 1]
    return [chain for chain in arrays if np.isfinite(chain).all()], pen.has_closed


def path_text(chain: NDArray[np.floating]) -> str:
    """``M x,y C ...`` for a chain of cubics [3k+1, 2]. Raises `UserError` for one that lies beyond
    all numbers.
    """
    if not np.isfinite(chain).all():
        raise UserError(
            "bad-stroke",
            "a stroke would lie beyond all numbers: undo the transforms around it, or take it out",
        )
    texts = [f"{_number(x)},{_number(y)}" for x, y in chain]
    return f"M {texts[0]} C {' '.join(texts[1:])}"


def _number(value: float) -> str:
    return f"{value:.{DECIMALS}f}".rstrip("0").rstrip(".")


# Reading


def _commands(data: str) -> Iterator[tuple[str, list[float]]]:
    """Each command with its numbers, up to the first error."""
    at = 0
    is_first = True
    while found := COMMAND.match(data, at):
        command = found.group(1)
        at = found.end()
        if is_first and command not in "Mm":
            return
        is_first = False
        if command in "Zz":
            yield "Z", []
            continue
        numbers, at = _numbers(data, at, command.upper())
        if not numbers:
            return
        while numbers:
            yield command, numbers
            command = {"M": "L", "m": "l"}.get(command, command)
            numbers, at = _numbers(data, at, command.upper())


def _numbers(data: str, at: int, command: str) -> tuple[list[float], int]:
    """The numbers of a command, and where they end; none if not all are there."""
    numbers: list[float] = []
    end = at
    for place in range(ARGUMENTS[command]):
        kind = FLAG if command == "A" and place in FLAGS else ARGUMENT
        found = kind.match(data, end)
        if found is None or len(found.group(1)) > LONGEST_NUMBER:
            return [], at
        numbers.append(float(found.group(1)))
        end = found.end()
    return (numbers, end) if all(map(math.isfinite, numbers)) else ([], at)


class _Pen:
    """Draws commands as chains of cubics."""

    def __init__(self) -> None:
        self.chains: list[list[Point]] = []
        self.has_closed = False
        self._here: Point = (0.0, 0.0)
        self._start: Point = (0.0, 0.0)  # of the subpath
        self._is_new = True  # whether the next line begins a subpath
        self._handle: Point | None = None  # the last handle of a curve that may be continued
        self._kind = ""  # of that curve
        self._ways: dict[str, Callable[[list[float]], None]] = {
            "M": self._move,
            "Z": self._close,
            "L": self._line_to,
            "H": self._line_to,
            "V": self._line_to,
            "C": self._curve,
            "S": self._curve,
            "Q": self._bow,
            "T": self._bow,
            "A": self._arc,
        }

    def follow(self, command: str, numbers: list[float]) -> None:
        """Draw one command."""
        kind = command.upper()
        places = self._absolute(kind, numbers, command != kind)
        follows = {"S": "C", "T": "Q"}.get(kind)
        if follows is not None:
            places = [*self._mirrored(follows), *places]
        self._handle = None
        self._ways[kind](places)
        self._kind = follows or kind

    def _absolute(self, kind: str, numbers: list[float], is_relative: bool) -> list[float]:
        """Numbers with coordinates from the origin, in pairs."""
        x, y = self._here if is_relative else (0.0, 0.0)
        if kind == "H":
            return [x + numbers[0], self._here[1]]
        if kind == "V":
            return [self._here[0], y + numbers[0]]
        if kind == "A":
            return [*numbers[:5], x + numbers[5], y + numbers[6]]
        return [one + (y if place % 2 else x) for place, one in enumerate(numbers)]

    def _mirrored(self, kind: str) -> Point:
        """The handle that goes on from the curve before; the pen's place after anything else."""
        if self._handle is None or self._kind != kind:
            return self._here
        return 2 * self._here[0] - self._handle[0], 2 * self._here[1] - self._handle[1]

    def _move(self, places: list[float]) -> None:
        self._here = self._start = (places[0], places[1])
        self._is_new = True

    def _close(self, _: list[float]) -> None:
        self.has_closed = True
        if not self._is_new and not _is_same(self._here, self._start):
            self._line(self._start)
        self._here = self._start
        self._is_new = True

    def _line_to(self, places: list[float]) -> None:
        self._line((places[0], places[1]))

    def _line(self, end: Point) -> None:
        self._cubic(_between(self._here, end, 1 / 3), _between(end, self._here, 1 / 3), end)

    def _curve(self, places: list[float]) -> None:
        one, other, end = zip(places[::2], places[1::2], strict=True)
        self._cubic(one, other, end)
        self._handle = other

    def _bow(self, places: list[float]) -> None:
        handle, end = zip(places[::2], places[1::2], strict=True)
        self._cubic(_between(self._here, handle, 2 / 3), _between(end, handle, 2 / 3), end)
        self._handle = handle

    def _arc(self, places: list[float]) -> None:
        rx, ry, turn_deg, is_large, is_clockwise, *end = places
        arc = _Arc(self._here, (end[0], end[1]), (abs(rx), abs(ry)), math.radians(turn_deg))
        if arc.is_nothing:
            return
        if arc.is_line:
            self._line(arc.end)
            return
        for one, other, there in arc.cubics(bool(is_large), bool(is_clockwise)):
            self._cubic(one, other, there)

    def _cubic(self, one: Point, other: Point, end: Point) -> None:
        if self._is_new:
            self.chains.append([self._here])
            self._is_new = False
        self.chains[-1] += [one, other, end]
        self._here = end


class _Arc:
    """A part of an ellipse between two points: SVG 2, appendix B.2.

    turn: of its first axis, radians.
    """

    def __init__(self, start: Point, end: Point, radii: Point, turn: float) -> None:
        self.end = end
        self.is_nothing = start == end
        self.is_line = True
        if self.is_nothing or not min(radii):
            return
        self._cosine, self._sine = math.cos(turn), math.sin(turn)
        self._middle = _between(start, end, 0.5)
        # from the middle to the start, in radii along the ellipse's axes
        dx, dy = (start[0] - end[0]) / 2, (start[1] - end[1]) / 2
        x = (self._cosine * dx + self._sine * dy) / radii[0]
        y = (self._cosine * dy - self._sine * dx) / radii[1]
        size = math.hypot(x, y)
        self.is_line = not STRAIGHT < size < math.inf
        grown = max(1.0, size)  # radii that are too short for the chord grow
        self._radii = (radii[0] * grown, radii[1] * grown)
        self._chord = (x / grown, y / grown)

    def cubics(self, is_large: bool, is_clockwise: bool) -> Iterator[tuple[Point, Point, Point]]:
        """Two handles and an end for each part."""
        x, y = self._chord
        half = min(1.0, x * x + y * y)
        away = math.sqrt((1 - half) / half) * (-1 if is_large == is_clockwise else 1)
        center = (away * y, -away * x)
        first = math.atan2(y - center[1], x - center[0])
        last = math.atan2(-y - center[1], -x - center[0])
        sweep = (last - first) % math.tau - (0 if is_clockwise else math.tau)
        count = max(1, math.ceil(abs(sweep) / QUARTER - 1e-9))
        step = sweep / count
        reach = 4 / 3 * math.tan(step / 4)  # of the handles, in radii
        for part in range(count):
            begin, end = first + part * step, first + (part + 1) * step
            yield (
                self._placed(center, begin, reach),
                self._placed(center, end, -reach),
                self.end if part == count - 1 else self._placed(center, end, 0.0),
            )

    def _placed(self, center: Point, angle: float, reach: float) -> Point:
        """A point of the circle of radius 1, or beside it on its tangent, as it lies in the
        path.
        """
        cosine, sine = math.cos(angle), math.sin(angle)
        u = (center[0] + cosine - reach * sine) * self._radii[0]
        v = (center[1] + sine + reach * cosine) * self._radii[1]
        return (
            self._middle[0] + self._cosine * u - self._sine * v,
            self._middle[1] + self._sine * u + self._cosine * v,
        )


def _between(start: Point, end: Point, share: float) -> Point:
    return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])


def _is_same(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether two points are one to every eye: relative coordinates add up to rounding."""
    pairs = zip(one, other, strict=True)
    return all(math.isclose(a, b, rel_tol=1e-5, abs_tol=1e-8) for a, b in pairs)
