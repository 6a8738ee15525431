"""What attributes of an SVG document say, whoever wrote them: names, numbers, transforms, boxes.

As SVG 2 has it (section 3.7, error processing), a value that can't be read is as if it were absent;
nobody else reads attributes by himself. Every reader takes time in proportion to the text.
"""

from __future__ import annotations

import math
import re

import numpy as np
from lxml import etree
from numpy.typing import NDArray

SVG = "http://www.w3.org/2000/svg"
INKSCAPE = "http://www.inkscape.org/namespaces/inkscape"
CLIPASSO = "https://clipasso.org/ns"
SODIPODI = "http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd"

# the engine's own attributes
RANK = f"{{{CLIPASSO}}}rank"
LOCKED = f"{{{CLIPASSO}}}locked"
PART = f"{{{CLIPASSO}}}part"
SUBJECT = f"{{{CLIPASSO}}}subject"
FRAME = f"{{{CLIPASSO}}}frame"
SOURCE = f"{{{CLIPASSO}}}source"
SKETCH = f"{{{CLIPASSO}}}sketch"
INNER = f"{{{CLIPASSO}}}inner"
PAPER = f"{{{CLIPASSO}}}paper"

LONGEST_NUMBER = 64  # characters; whatever a program writes is shorter
# no two parts of these may take the same characters: that would cost time squared
NUMBER = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"
NUMBERS = re.compile(NUMBER, re.ASCII)
BETWEEN = re.compile(r"[\s,]*")
RANKS = re.compile(r"\d{1,9}", re.ASCII)
FUNCTION = re.compile(r"\s*(?:,\s*)?(matrix|translate|scale|rotate|skewX|skewY)\s*\(([^()]*)\)")
LENGTH = re.compile(rf"({NUMBER})\s*(px|pt|pc|mm|cm|in|q|)", re.ASCII | re.IGNORECASE)
PX = {  # CSS Values 4, section 6.2
    "": 1.0,
    "px": 1.0,
    "pt": 96 / 72,
    "pc": 16.0,
    "in": 96.0,
    "cm": 96 / 2.54,
    "mm": 96 / 25.4,
    "q": 96 / 101.6,
}
# how many numbers each transform takes
ARGUMENTS = {
    "matrix": (6,),
    "translate": (1, 2),
    "scale": (1, 2),
    "rotate": (1, 3),
    "skewX": (1,),
    "skewY": (1,),
}
FLATTEST = 1e-12  # scale below which nothing is seen of what is transformed


def read_rank(node: etree._Element) -> int | None:
    """A stroke's place in the order of need, from 0 on; None where there is none."""
    text = (node.get(RANK) or "").strip()
    return int(text) if RANKS.fullmatch(text) else None


def read_numbers(text: str) -> list[float] | None:
    """Numbers between blanks and commas; None when there is anything else, or one is not finite."""
    found: list[float] = []
    place = BETWEEN.match(text)
    at = place.end() if place else 0
    while at < len(text):
        number = NUMBERS.match(text, at)
        if number is None or len(number.group()) > LONGEST_NUMBER:
            return None
        found.append(float(number.group()))
        after = BETWEEN.match(text, number.end())
        at = after.end() if after else number.end()
    return found if all(math.isfinite(one) for one in found) else None


def read_length(text: str | None) -> float:
    """In user units; 0 for what is missing, relative to something, or can't be read."""
    found = LENGTH.fullmatch((text or "").replace("\u00a0", " ").strip())
    if found is None or len(found.group(1)) > LONGEST_NUMBER:
        return 0.0
    length = float(found.group(1)) * PX[found.group(2).lower()]
    return length if math.isfinite(length) else 0.0


def read_view_box(node: etree._Element) -> tuple[float, float, float, float] | None:
    """x, y, width and height; None where there is none that could be seen through."""
    numbers = read_numbers(node.get("viewBox") or "") or []
    if len(numbers) != 4 or min(numbers[2:]) <= 0:
        return None
    x, y, width, height = numbers
    return x, y, width, height


def read_transform(node: etree._Element) -> NDArray[np.float64]:
    """From an element's content to the coordinates around it, [3, 3]; the unit matrix for none."""
    text = (node.get("transform") or "").strip()
    whole, at = np.eye(3), 0
    while at < len(text):
        function = FUNCTION.match(text, at)
        if function is None:
            return np.eye(3)
        matrix = _matrix(function.group(1), read_numbers(function.group(2)))
        if matrix is None:
            return np.eye(3)
        with np.errstate(all="ignore"):  # what is beyond all numbers is seen below
            whole = whole @ matrix
        at = function.end()
    return whole if np.isfinite(whole).all() else np.eye(3)


def is_flat(matrix: NDArray[np.floating]) -> bool:
    """Whether a map [3, 3] squashes everything to nothing, or throws it beyond all numbers."""
    if not np.isfinite(matrix).all():
        return True
    with np.errstate(over="ignore", invalid="ignore"):
        area = abs(matrix[0, 0] * matrix[1, 1] - matrix[0, 1] * matrix[1, 0])
    return not FLATTEST**2 < area < math.inf


def _matrix(name: str, numbers: list[float] | None) -> NDArray[np.float64] | None:
    """[3, 3] of one transform; None for numbers that it does not take."""
    if numbers is None or len(numbers) not in ARGUMENTS[name]:
        return None
    if name == "matrix":
        a, b, c, d, e, f = numbers
        return np.array([[a, c, e], [b, d, f], [0, 0, 1.0]])
    first, *more = numbers
    if name == "translate":
        return _moved(first, more[0] if more else 0.0)
    if name == "scale":
        return np.diag([first, more[0] if more else first, 1.0])
    if name == "rotate":
        x, y = more or (0.0, 0.0)
        return _moved(x, y) @ _turned(math.radians(first)) @ _moved(-x, -y)
    shear = np.eye(3)
    shear[(0, 1) if name == "skewX" else (1, 0)] = math.tan(math.radians(first))
    return shear


def _moved(x: float, y: float) -> NDArray[np.float64]:
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1.0]])


def _turned(angle: float) -> NDArray[np.float64]:
    cosine, sine = math.cos(angle), math.sin(angle)
    return np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1.0]])
