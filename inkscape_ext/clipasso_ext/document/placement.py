"""Where strokes go: from a picture's pixels to the page, whatever lies between."""

from __future__ import annotations

import math
from typing import Any, List, Optional, Tuple

from inkex import Transform

from clipasso_ext.document.attributes import (
    is_finite,
    read_length,
    read_transform,
    read_view_box,
)
from clipasso_ext.document.elements import tag
from clipasso_ext.problem import Problem
from clipasso_ext.words import _

FLAT = 1e-9  # a determinant below this has no inverse
NOTHING = 1e-300  # a layer of which nothing is left
SIMILAR = 0.005  # relative difference of scales that no eye sees
STRAIGHT = 1e-6  # a distortion below this is rounding
ALIGNED = {"xMin": 0.0, "xMid": 0.5, "xMax": 1.0}


class Box:
    """A rectangle in an element's own coordinates."""

    def __init__(self, x: float, y: float, width: float, height: float) -> None:
        self.x = x
        self.y = y
        self.width = width
        self.height = height

    def onto(self, width_px: float, height_px: float) -> Transform:
        """From pixels of a picture that fills the box to the box's coordinates."""
        return Transform(translate=(self.x, self.y)) @ Transform(
            scale=(self.width / width_px, self.height / height_px)
        )


class Placement:
    """How strokes in picture pixels get onto the page.

    layer: for the layer's ``transform``: it never distorts, so that a stroke is as wide in every
        direction.
    points: applied to the strokes' points before: what stretching and skewing is left.
    scale: user units of the document for one picture pixel.
    page: from picture pixels to the document's user units, both together.
    """

    def __init__(self, layer: Transform, points: Transform, scale: float, page: Transform) -> None:
        self.layer = layer
        self.points = points
        self.scale = scale
        self.page = page


def place(
    image_to_page: Transform, parent_to_page: Transform, box: Box, size_px: Tuple[int, int]
) -> Placement:
    """The placement of a picture that fills `box` of an image, for a layer below an element with
    that transform to the page. Raises `Problem` for what is squashed.
    """
    page = image_to_page @ box.onto(*size_px)
    (a, c, e), (b, d, f) = page.matrix
    across = math.hypot(a, b)
    determinant = a * d - b * c
    longer = max(across, math.hypot(c, d))
    flattest = FLAT * longer * longer
    if not (is_finite(page) and across and flattest <= abs(determinant) < math.inf):
        raise Problem(_("The bitmap is squashed to nothing: undo its transform, and try again."))
    if not _has_inverse(parent_to_page):
        raise Problem(
            _("The bitmap's layer is squashed to nothing: undo its transform, and try again.")
        )
    cosine = a / across
    sine = b / across
    flip = 1.0 if determinant > 0 else -1.0
    scale = math.sqrt(abs(determinant))
    similar = Transform(
        ((cosine * scale, -sine * scale * flip, e), (sine * scale, cosine * scale * flip, f))
    )
    residual = -similar @ page
    if _is_straight(residual, max(size_px)):
        residual = Transform()
    return Placement(-parent_to_page @ similar, residual, scale, page)


def _has_inverse(transform: Transform) -> bool:
    """Whether something is left of what it maps, and within all numbers."""
    return is_finite(transform) and NOTHING <= abs(_determinant(transform)) < math.inf


def _determinant(transform: Transform) -> float:
    (a, c, _), (b, d, _) = transform.matrix
    return float(a * d - b * c)


def _is_straight(residual: Transform, reach_px: float) -> bool:
    """Whether a transform of a picture's pixels does nothing that could be seen."""
    (a, c, e), (b, d, f) = residual.matrix
    return max(abs(a - 1), abs(c), abs(b), abs(d - 1), abs(e / reach_px), abs(f / reach_px)) < (
        STRAIGHT
    )


def written(transform: Transform) -> str:
    """For a ``transform`` attribute. inkex's own six digits put strokes visibly beside the bitmap
    on a large page. Raises `Problem` for numbers that no document can hold.
    """
    if not is_finite(transform):
        raise Problem(
            _(
                "That would lie beyond all numbers: undo the transforms of the layer and of the"
                " bitmap, and try again."
            )
        )
    return "matrix(%s)" % ",".join(f"{float(number):.12g}" for number in transform.to_hexad())


def inverse(transform: Transform) -> Transform:
    """The way back. Raises `Problem` for the transform of a layer of which nothing is left."""
    if not _has_inverse(transform):
        raise Problem(_("The layer is squashed to nothing: undo its transform, and try again."))
    return -transform


def magnification(transform: Transform) -> float:
    """By how much a transform makes lengths longer, in the mean of all directions."""
    return math.sqrt(abs(_determinant(transform)))


def seen_size(image_to_page: Transform, box: Box) -> Tuple[float, float]:
    """Width and height of a box as they appear on the page, in user units of the document."""
    (a, c, _), (b, d, _) = image_to_page.matrix
    return math.hypot(a, b) * box.width, math.hypot(c, d) * box.height


def is_undistorted(image_to_page: Transform, box: Box, size_px: Tuple[int, int]) -> bool:
    """Whether the picture appears in its own proportions, turned, flipped or skewed though it may
    be.
    """
    width, height = seen_size(image_to_page, box)
    return min(width, height) > 0 and abs(width * size_px[1] / (height * size_px[0]) - 1) < SIMILAR


def fit(box: Box, size_px: Tuple[float, float], aspect: Optional[str]) -> Tuple[Box, bool]:
    """The part of an image's box that a bitmap fills, by its preserveAspectRatio, and whether the
    box cuts some of it off.
    """
    words = (aspect or "xMidYMid").replace("defer", "").split()
    align = (words or ["xMidYMid"])[0]
    slicing = "slice" in words
    if align == "none":
        return box, False
    scales = (box.width / size_px[0], box.height / size_px[1])
    scale = max(scales) if slicing else min(scales)
    width = size_px[0] * scale
    height = size_px[1] * scale
    x = box.x + (box.width - width) * ALIGNED.get(align[:4], 0.5)
    y = box.y + (box.height - height) * ALIGNED.get("x" + align[5:8], 0.5)
    cut = slicing and abs(scales[0] / scales[1] - 1) > SIMILAR
    return Box(x, y, width, height), cut


def own_transform(element: Any) -> Transform:
    """What an element adds to the transform of its content."""
    transform = read_transform(element)
    kind = tag(element)
    if kind == "use":
        shift = (read_length(element.get("x")), read_length(element.get("y")))
        return transform @ Transform(translate=shift)
    if kind == "svg":
        return transform @ _nested_transform(element)
    return transform


def to_page(element: Any, svg: Any) -> Transform:
    """From an element's content to the document's user units."""
    total = Transform()
    while element is not None and element is not svg:
        total = own_transform(element) @ total
        element = element.getparent()
    return total


def cloned_transform(element: Any, clone: Any) -> Transform:
    """What an element adds to the transform of its content where a clone shows it: a symbol and an
    inner document get the clone's size.
    """
    kind = tag(element)
    if kind not in ("symbol", "svg"):
        return own_transform(element)
    size = [clone.get(name) or element.get(name) for name in ("width", "height")]
    if kind == "symbol":
        size = [side or "100%" for side in size]
    return read_transform(element) @ _viewed(element, size, viewport(_root_of(element)))


def viewport(svg: Any) -> Tuple[float, float]:
    """Width and height of what percentages are of."""
    numbers = read_view_box(svg)
    if numbers:
        return numbers[2], numbers[3]
    width, height = svg.get("width") or "100%", svg.get("height") or "100%"
    return read_length(width, 100), read_length(height, 100)


def _root_of(element: Any) -> Any:
    return element.getroottree().getroot()


def _nested_transform(element: Any) -> Transform:
    """What an inner ``<svg>`` does to its content."""
    numbers = read_view_box(element)
    whole = numbers[2:] if numbers else (0.0, 0.0)
    return _viewed(element, [element.get("width"), element.get("height")], whole)


def _viewed(element: Any, size: List[Optional[str]], whole: Tuple[float, ...]) -> Transform:
    """What an element with a view box does to its content when it is shown in that size.

    whole: what 100 % of width and height are.
    """
    shift = (read_length(element.get("x")), read_length(element.get("y")))
    move = Transform(translate=shift)
    numbers = read_view_box(element)
    if not numbers or not all(size):
        return move
    left, top, width, height = numbers
    view = Box(0, 0, read_length(size[0], whole[0]), read_length(size[1], whole[1]))
    aspect = (element.get("preserveAspectRatio") or "").strip()
    inner, _ = fit(view, (width, height), aspect)
    scale = Transform(scale=(inner.width / width, inner.height / height))
    return (
        move @ Transform(translate=(inner.x, inner.y)) @ scale @ Transform(translate=(-left, -top))
    )
