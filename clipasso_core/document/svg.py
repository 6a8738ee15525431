"""Sketches as SVG, and back without loss."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lxml import etree

from clipasso_core import __version__
from clipasso_core.color import parse_color
from clipasso_core.document import refusal
from clipasso_core.document.attributes import (
    CLIPASSO,
    FRAME,
    INKSCAPE,
    PART,
    SODIPODI,
    SUBJECT,
    SVG,
)
from clipasso_core.errors import UserError
from clipasso_core.files import read_bytes, write_whole
from clipasso_core.frame import Frame
from clipasso_core.request import SketchRequest
from clipasso_core.result import SketchResult
from clipasso_core.strokes import Point, Stroke

VERSION = 1  # of the attributes in the clipasso namespace
DECIMALS = 4  # of coordinates: 1e-4 px, well inside the promised 1e-3


def to_svg(result: SketchResult) -> bytes:
    """A sketch as an SVG document whose user unit is a pixel of the photograph; one `<path>` a
    stroke, most needed first.

    Of a series each sketch is a layer, the smaller ones below and hidden.
    """
    root = etree.Element(
        f"{{{SVG}}}svg", nsmap={None: SVG, "inkscape": INKSCAPE, "clipasso": CLIPASSO}
    )
    root.set("width", str(result.width))
    root.set("height", str(result.height))
    root.set("viewBox", f"0 0 {result.width} {result.height}")
    if result.request.paper is not None:
        _add_paper(root, (result.width, result.height), parse_color(result.request.paper))
    for count in result.request.series or ():
        if count < len(result.strokes):
            inner = tuple(
                replace(stroke, id=f"{stroke.id}-of-{count}") for stroke in result.strokes[:count]
            )
            smaller = replace(result, strokes=inner, loss=math.nan)
            layer = _add_layer(root, f"sketch-{count}", smaller)
            layer.set("style", "display:none")
            layer.set(f"{{{CLIPASSO}}}inner", "1")
    _add_layer(root, "sketch", result)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _add_paper(root: etree._Element, size: tuple[int, int], color: str) -> None:
    """A locked layer of one rectangle, as large as the page."""
    width, height = (str(side) for side in size)
    layer = etree.SubElement(root, f"{{{SVG}}}g", id="paper", nsmap={"sodipodi": SODIPODI})
    layer.set(f"{{{INKSCAPE}}}groupmode", "layer")
    layer.set(f"{{{INKSCAPE}}}label", "Paper")
    layer.set(f"{{{SODIPODI}}}insensitive", "true")
    layer.set(f"{{{CLIPASSO}}}paper", "1")
    sheet = etree.SubElement(layer, f"{{{SVG}}}rect", x="0", y="0", width=width, height=height)
    sheet.set("style", f"fill:{color};stroke:none")


def _add_layer(root: etree._Element, name: str, result: SketchResult) -> etree._Element:
    count = len(result.strokes)
    layer = etree.SubElement(root, f"{{{SVG}}}g", id=name)
    layer.set(f"{{{INKSCAPE}}}groupmode", "layer")
    layer.set(f"{{{INKSCAPE}}}label", f"Sketch · {count} {'stroke' if count == 1 else 'strokes'}")
    for attribute, value in _layer_attributes(result).items():
        layer.set(f"{{{CLIPASSO}}}{attribute}", value)
    groups = _add_subjects(layer, name, result.subjects)
    for rank, stroke in enumerate(result.strokes):
        group = groups[stroke.subject - 1] if stroke.subject else layer
        path = etree.SubElement(group, f"{{{SVG}}}path", id=stroke.id)
        path.set("d", path_data(stroke.points))
        path.set("style", _style(stroke))
        path.set(f"{{{CLIPASSO}}}rank", str(rank))
        path.set(f"{{{CLIPASSO}}}locked", "true" if stroke.locked else "false")
        if stroke.part:
            path.set(PART, stroke.part)
            path.set(f"{{{INKSCAPE}}}label", stroke.part.capitalize())
    return layer


def _add_subjects(
    layer: etree._Element, name: str, subjects: Sequence[Frame]
) -> list[etree._Element]:
    """A group in the layer for each subject that was drawn apart, with its square."""
    groups = []
    for number, frame in enumerate(subjects, 1):
        group = etree.SubElement(layer, f"{{{SVG}}}g", id=f"{name}-subject-{number}")
        group.set(f"{{{INKSCAPE}}}label", f"Subject {number}")
        group.set(SUBJECT, str(number))
        group.set(FRAME, _square(frame))
        groups.append(group)
    return groups


def _layer_attributes(result: SketchResult) -> dict[str, str]:
    frame = result.frame
    return {
        "sketch": str(VERSION),
        "engine": __version__,
        "request": json.dumps(result.request.to_json()),
        "picture": f"{result.width} {result.height}",
        "frame": _square(frame),
        "guide": result.guide,
        "preset": result.preset,
        "device": result.device,
        "mask": result.mask,
        "loss": repr(result.loss),
        "seed": str(result.seed),
        "steps": str(result.steps),
    }


def _square(frame: Frame) -> str:
    return f"{frame.x!r} {frame.y!r} {frame.side!r}"


def path_data(points: tuple[Point, ...]) -> str:
    """``M x,y C ...`` for a chain of cubics."""
    texts = [f"{_number(x)},{_number(y)}" for x, y in points]
    curves = [" ".join(texts[i : i + 3]) for i in range(1, len(texts), 3)]
    return f"M {texts[0]} C {' '.join(curves)}"


def _number(value: float) -> str:
    return f"{round(value, DECIMALS) + 0.0:.{DECIMALS}f}".rstrip("0").rstrip(".")


def _style(stroke: Stroke) -> str:
    parts = [
        "fill:none",
        f"stroke:{stroke.color}",
        f"stroke-width:{float(stroke.width)!r}",
        "stroke-linecap:round",
        "stroke-linejoin:round",
    ]
    if stroke.opacity != 1:
        parts.append(f"stroke-opacity:{float(stroke.opacity)!r}")
    return ";".join(parts)


def write_svg(result: SketchResult, path: str | Path) -> None:
    """Write beside, then rename: a file of that name is replaced whole or not at all.

    Raises `UserError` when it can't be written.
    """
    write_whole(to_svg(result), Path(path))


def read_svg(path: str | Path) -> SketchResult:
    """Read a sketch file that the engine wrote. Raises `UserError` when it isn't one."""
    return from_svg(read_bytes(path, "sketch"), Path(path).name)


def from_svg(data: bytes, name: str | None = None) -> SketchResult:
    """Read a sketch document, as `read_svg` does. name: of its file, for messages; None for a
    sketch to go on from.

    Entities, external references and DOCTYPEs are refused.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise refusal.damaged(name) from None
    if root.getroottree().docinfo.doctype:
        raise refusal.with_doctype(name)
    layers = [node for node in root.iter(f"{{{SVG}}}g") if node.get(f"{{{CLIPASSO}}}sketch")]
    whole = [layer for layer in layers if not layer.get(f"{{{CLIPASSO}}}inner")]  # of a series
    layers = [layer for layer in layers if not _is_hidden(layer)] or whole or layers
    if len(layers) != 1:
        raise refusal.not_one(name, len(layers))
    layer = layers[0]
    try:
        return _read_layer(root, layer)
    except (KeyError, ValueError, TypeError, OverflowError, RecursionError):
        raise refusal.changed(name) from None


def _is_hidden(layer: etree._Element) -> bool:
    """As Inkscape's eye hides a layer."""
    return bool(re.search(r"(?:^|;)\s*display\s*:\s*none", layer.get("style") or ""))


@dataclass(frozen=True)
class _Attributes:
    node: etree._Element

    def __getitem__(self, name: str) -> str:
        value = self.node.get(f"{{{CLIPASSO}}}{name}")
        if value is None:
            raise KeyError(name)
        return str(value)


def _read_layer(root: etree._Element, layer: etree._Element) -> SketchResult:
    facts = _Attributes(layer)
    if int(facts["sketch"]) > VERSION:
        raise UserError(
            "newer-sketch", "the sketch was written by a newer version: update the engine"
        )
    _, _, width, height = (float(value) for value in root.get("viewBox", "").split())
    groups = [node for node in layer.iter(f"{{{SVG}}}g") if node.get(SUBJECT)]
    numbers = {node: number for number, node in enumerate(groups, 1)}
    paths = sorted(layer.iter(f"{{{SVG}}}path"), key=lambda node: int(_Attributes(node)["rank"]))
    return SketchResult(
        strokes=tuple(_read_path(node, numbers) for node in paths),
        width=int(width),
        height=int(height),
        frame=_read_square(facts["frame"]),
        subjects=tuple(_read_square(_Attributes(node)["frame"]) for node in groups),
        request=SketchRequest.from_json(json.loads(facts["request"])),
        guide=facts["guide"],
        preset=facts["preset"],
        device=facts["device"],
        mask=facts["mask"],
        loss=float(facts["loss"]),
        seed=int(facts["seed"]),
        steps=int(facts["steps"]),
    )


def _read_square(text: str) -> Frame:
    x, y, side = (float(value) for value in text.split())
    if not (math.isfinite(x) and math.isfinite(y) and 0 < side < math.inf):
        raise ValueError("no square")
    return Frame(x, y, side)


def _read_path(node: etree._Element, subjects: Mapping[etree._Element, int]) -> Stroke:
    """subjects: groups of subjects, and the number of each."""
    style = dict(part.split(":", 1) for part in node.get("style", "").split(";") if part)
    width = float(style["stroke-width"])
    opacity = float(style.get("stroke-opacity", "1"))
    color = style["stroke"]
    id_ = node.get("id")
    if not (0 < width < math.inf and 0 <= opacity <= 1):
        raise ValueError("no stroke of the engine's")
    if not (re.fullmatch("#[0-9a-fA-F]{6}", color) and id_):
        raise ValueError("no stroke of the engine's")
    return Stroke(
        points=parse_path(node.get("d", "")),
        width=width,
        color=color,
        opacity=opacity,
        id=id_,
        locked=_Attributes(node)["locked"] == "true",
        part=node.get(PART, ""),
        subject=max((subjects.get(above, 0) for above in node.iterancestors()), default=0),
    )


def parse_path(data: str) -> tuple[Point, ...]:
    """The points of ``M x,y C ...`` with absolute coordinates, as `path_data` writes it.

    Raises ValueError for other commands.
    """
    if not re.fullmatch(r"\s*M[^A-Za-z]*C[-+.,\deE\s]*", data):
        raise ValueError("not one chain of absolute cubics")
    numbers = [float(text) for text in re.split(r"[\s,]+", re.sub("[MC]", " ", data).strip())]
    if len(numbers) % 2 or not all(math.isfinite(value) for value in numbers):
        raise ValueError("not a list of points")
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))
