"""What attributes of a document say, whoever wrote them: numbers, lengths, transforms, boxes.

As SVG 2 has it (section 3.7, error processing), a value that can't be read is as if it were absent;
the engine reads in the same way. Every reader takes time in proportion to the text.
"""

from __future__ import annotations

import math
import re
from typing import Any, List, Optional, Tuple

from inkex import Transform

from clipasso_ext.names import PICTURE, PLAIN_WIDTH, POINTS, RANK

LONGEST_NUMBER = 64  # characters; whatever a program writes is shorter
# no two parts of these may take the same characters: that would cost time squared
NUMBER = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"
NUMBERS = re.compile(NUMBER, re.ASCII)
BETWEEN = re.compile(r"[\s,]*")
RANKS = re.compile(r"\d{1,9}", re.ASCII)
FUNCTION = re.compile(r"\s*(?:,\s*)?(matrix|translate|scale|rotate|skewX|skewY)\s*\(([^()]*)\)")
LENGTH = re.compile(rf"({NUMBER})\s*(px|pt|pc|mm|cm|in|q|%|)", re.ASCII | re.IGNORECASE)
SHARE = re.compile(rf"({NUMBER})(%?)", re.ASCII)
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


def read_rank(element: Any) -> Optional[int]:
    """A stroke's place in the order of need, from 0 on; None where there is none."""
    text = (element.get(RANK) or "").strip()
    return int(text) if RANKS.fullmatch(text) else None


def read_numbers(text: str) -> Optional[List[float]]:
    """Numbers between blanks and commas; None when there is anything else, or one is not finite."""
    found: List[float] = []
    at = _after(BETWEEN, text, 0)
    while at < len(text):
        number = NUMBERS.match(text, at)
        if number is None or len(number.group()) > LONGEST_NUMBER:
            return None
        found.append(float(number.group()))
        at = _after(BETWEEN, text, number.end())
    return found if all(math.isfinite(one) for one in found) else None


def read_length(text: Optional[str], whole: float = 0.0) -> float:
    """In user units; 0 for what is missing or can't be read. whole: what 100 % are."""
    found = LENGTH.fullmatch((text or "").replace("\u00a0", " ").strip())
    if found is None or len(found.group(1)) > LONGEST_NUMBER:
        return 0.0
    unit = found.group(2).lower()
    length = float(found.group(1)) * (whole / 100 if unit == "%" else PX[unit])
    return length if math.isfinite(length) else 0.0


def read_share(text: Optional[str]) -> Optional[float]:
    """An opacity, ``0.5`` or ``50%``, as a number from 0 to 1; None for what is none."""
    found = SHARE.fullmatch((text or "").strip())
    if found is None or len(found.group(1)) > LONGEST_NUMBER:
        return None
    number = float(found.group(1)) / (100 if found.group(2) else 1)
    return min(max(number, 0.0), 1.0)


def read_view_box(element: Any) -> Optional[Tuple[float, float, float, float]]:
    """x, y, width and height; None where there is none that could be seen through."""
    numbers = read_numbers(element.get("viewBox") or "") or []
    if len(numbers) != 4 or min(numbers[2:]) <= 0:
        return None
    x, y, width, height = numbers
    return x, y, width, height


def read_picture(layer: Any) -> Optional[Tuple[float, float]]:
    """Width and height in pixels of the bitmap that a sketch was drawn over, if it says so."""
    numbers = read_numbers(layer.get(PICTURE) or "") or []
    if len(numbers) != 2 or min(numbers) <= 0:
        return None
    return numbers[0], numbers[1]


def read_plain_width(path: Any) -> Optional[float]:
    """A stroke's width before any look, in its own units, if it says so."""
    numbers = read_numbers(path.get(PLAIN_WIDTH) or "") or []
    return numbers[0] if len(numbers) == 1 and numbers[0] >= 0 else None


def read_transform(element: Any) -> Transform:
    """From an element's content to the coordinates around it; that which does nothing for none."""
    # get() of inkex would write it back, rounded
    return transform_of(element.attrib.get("transform"))


def read_points(layer: Any) -> Transform:
    """From the picture's pixels to the points of a sketch's strokes."""
    return transform_of(layer.get(POINTS))


def transform_of(text: Optional[str]) -> Transform:
    """What a ``transform`` says."""
    text = (text or "").strip()
    whole, at = Transform(), 0
    while at < len(text):
        function = FUNCTION.match(text, at)
        if function is None:
            return Transform()
        part = _transform(function.group(1), read_numbers(function.group(2)))
        if part is None:
            return Transform()
        whole = whole @ part
        at = function.end()
    return whole if is_finite(whole) else Transform()


def is_finite(transform: Transform) -> bool:
    """Whether a transform has no number beyond all numbers."""
    return all(math.isfinite(number) for row in transform.matrix for number in row)


def _transform(name: str, numbers: Optional[List[float]]) -> Optional[Transform]:
    """One transform; None for numbers that it does not take."""
    if numbers is None or len(numbers) not in ARGUMENTS[name]:
        return None
    if name == "matrix":
        a, b, c, d, e, f = numbers
        return Transform(((a, c, e), (b, d, f)))
    first, *more = numbers
    if name == "translate":
        return _moved(first, more[0] if more else 0.0)
    if name == "scale":
        return Transform(((first, 0.0, 0.0), (0.0, more[0] if more else first, 0.0)))
    if name == "rotate":
        x, y = more or (0.0, 0.0)
        cosine, sine = math.cos(math.radians(first)), math.sin(math.radians(first))
        turned = Transform(((cosine, -sine, 0.0), (sine, cosine, 0.0)))
        return _moved(x, y) @ turned @ _moved(-x, -y)
    shear = math.tan(math.radians(first))
    if name == "skewX":
        return Transform(((1.0, shear, 0.0), (0.0, 1.0, 0.0)))
    return Transform(((1.0, 0.0, 0.0), (shear, 1.0, 0.0)))


def _moved(x: float, y: float) -> Transform:
    return Transform(((1.0, 0.0, x), (0.0, 1.0, y)))


def _after(pattern: Any, text: str, at: int) -> int:
    found = pattern.match(text, at)
    return at if found is None else int(found.end())
