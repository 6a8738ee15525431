"""Where strokes go: from a picture's pixels to the page, whatever lies between."""

from __future__ import annotations

import math
from typing import Any, List, Tuple

from inkex import Transform
from inkex.units import convert_unit

from clipasso_ext.problem import Problem

FLAT = 1e-9  # a determinant below this has no inverse
SIMILAR = 0.005  # relative difference of scales that no eye sees
ALIGNED = {"xMin": 0.0, "xMid": 0.5, "xMax": 1.0}


class Box:
    """A rectangle in an element's own coordinates."""

    def __init__(self, x: float, y: float, width: float, height: float) -> None:
        self.x, self.y, self.width, self.height = x, y, width, height

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
        self.layer, self.points, self.scale, self.page = layer, points, scale, page


def place(
    image_to_page: Transform, parent_to_page: Transform, box: Box, size_px: Tuple[int, int]
) -> Placement:
    """The placement of a picture that fills `box` of an image, for a layer below an element with
    that transform to the page.
    """
    page = image_to_page @ box.onto(*size_px)
    (a, c, e), (b, d, f) = page.matrix
    across, determinant = math.hypot(a, b), a * d - b * c
    if abs(determinant) < FLAT * max(across, math.hypot(c, d)) ** 2 or not across:
        raise Problem("The bitmap is squashed to nothing: undo its transform, and try again.")
    outer = parent_to_page
    (pa, pc, _), (pb, pd, _) = outer.matrix
    if abs(pa * pd - pb * pc) < 1e-300:
        raise Problem(
            "The bitmap's layer is squashed to nothing: undo its transform, and try again."
        )
    cosine, sine, flip = a / across, b / across, 1.0 if determinant > 0 else -1.0
    scale = math.sqrt(abs(determinant))
    similar = Transform(
        ((cosine * scale, -sine * scale * flip, e), (sine * scale, cosine * scale * flip, f))
    )
    residual = -similar @ page
    (ra, rc, re), (rb, rd, rf) = residual.matrix
    reach = max(size_px)
    if max(abs(ra - 1), abs(rc), abs(rb), abs(rd - 1), abs(re) / reach, abs(rf) / reach) < 1e-6:
        residual = Transform()
    return Placement(-outer @ similar, residual, scale, page)


def written(transform: Transform) -> str:
    """For a ``transform`` attribute. inkex's own six digits put strokes visibly beside the bitmap
    on a large page.
    """
    return "matrix(%s)" % ",".join(f"{float(number):.12g}" for number in transform.to_hexad())


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


def fit(box: Box, size_px: Tuple[int, int], aspect: str) -> Tuple[Box, bool]:
    """The part of an image's box that a bitmap fills, by its preserveAspectRatio, and whether the
    box cuts some of it off.
    """
    words = (aspect or "xMidYMid").replace("defer", "").split()
    align, slicing = (words or ["xMidYMid"])[0], "slice" in words
    if align == "none":
        return box, False
    scales = box.width / size_px[0], box.height / size_px[1]
    scale = max(scales) if slicing else min(scales)
    width, height = size_px[0] * scale, size_px[1] * scale
    shift_x, shift_y = ALIGNED.get(align[:4], 0.5), ALIGNED.get("x" + align[5:8], 0.5)
    cut = slicing and abs(scales[0] / scales[1] - 1) > SIMILAR
    return Box(
        box.x + (box.width - width) * shift_x,
        box.y + (box.height - height) * shift_y,
        width,
        height,
    ), cut


def length(text: Any, whole: float = 100.0) -> float:
    """A length in user units; `whole` is what 100 % are."""
    text = str(text or "0").strip()
    # 0 for what is no length
    value = float(convert_unit(text[:-1] if text.endswith("%") else text, "px"))
    return value / 100 * whole if text.endswith("%") else value


def view_box(element: Any) -> List[float]:
    """The four numbers of a ``viewBox``, or none where there is none that can be used."""
    try:
        numbers = [float(one) for one in (element.get("viewBox") or "").replace(",", " ").split()]
    except ValueError:
        return []
    return (
        numbers
        if len(numbers) == 4 and min(numbers[2:]) > 0 and all(map(math.isfinite, numbers))
        else []
    )


def nested_transform(element: Any) -> Transform:
    """What an inner ``<svg>`` does to its content."""
    x, y = length(element.get("x")), length(element.get("y"))
    move = Transform(translate=(x, y))
    numbers = view_box(element)
    if not numbers or not element.get("width") or not element.get("height"):
        return move
    view = Box(
        0, 0, length(element.get("width"), numbers[2]), length(element.get("height"), numbers[3])
    )
    if (element.get("preserveAspectRatio") or "").strip() == "none":
        inner = view
    else:
        inner, _ = fit(view, (numbers[2], numbers[3]), element.get("preserveAspectRatio"))  # type: ignore[arg-type]
    scale = Transform(scale=(inner.width / numbers[2], inner.height / numbers[3]))
    return (
        move
        @ Transform(translate=(inner.x, inner.y))
        @ scale
        @ Transform(translate=(-numbers[0], -numbers[1]))
    )


def unit_in_user_units(svg: Any, unit: str) -> float:
    """How many of the document's user units one ``mm``, ``px``, ``in``, ... on paper is."""
    per_unit_px = float(convert_unit("1" + unit, "px"))
    numbers = view_box(svg)
    width = svg.get("width") or "100%"
    if not numbers or width.strip().endswith("%"):
        return per_unit_px
    scale, height = length(width) / numbers[2], svg.get("height") or "100%"
    if not height.strip().endswith("%"):
        scale = min(scale, length(height) / numbers[3])
    return per_unit_px / scale if scale else per_unit_px


def display_unit(svg: Any) -> str:
    """The unit in which the document's lengths are shown to the person."""
    namedview = svg.find("{http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd}namedview")
    unit = (
        namedview.get("{http://www.inkscape.org/namespaces/inkscape}document-units")
        if namedview is not None
        else None
    )
    return unit if unit in ("px", "mm", "cm", "in", "pt", "pc") else "px"
