"""Which sketch the person means, and which of its strokes."""

from __future__ import annotations

from typing import Any, List, Optional, Set

from clipasso_ext.document.elements import by_id, tag
from clipasso_ext.document.selection import Photo, find_photos
from clipasso_ext.document.sketch_layer import SketchLayer, paths_in
from clipasso_ext.names import GROUP, GROUPMODE, SKETCH
from clipasso_ext.problem import Problem
from clipasso_ext.words import _


def find_sketch(svg: Any, ids: List[str]) -> SketchLayer:
    """The sketch that is meant by the selection. Raises `Problem`."""
    selected = [element for element in (by_id(svg, one) for one in ids) if element is not None]
    if not selected:
        return _only_sketch(svg)
    photo: Optional[Photo] = None
    layers: List[Any] = []
    whole = False
    paths: List[Any] = []
    for element in selected:
        if tag(element) in ("image", "use"):
            photo = photo or find_photos(svg, [element.get("id")])[0]
            continue
        inside = paths_in(element)
        if not inside:
            continue
        inner = [one for one in element.iterdescendants(GROUP) if one.get(SKETCH)]
        if inner and not element.get(SKETCH):  # a layer around sketches means them
            layers += inner
            whole = True
            continue
        layer = _layer_of(element, svg)
        layers.append(layer)
        whole = whole or element is layer
        paths += inside
    return SketchLayer(svg, _the_one(layers), None if whole else _each_once(paths), photo)


def _only_sketch(svg: Any) -> SketchLayer:
    """What is meant where nothing is selected. Raises `Problem`."""
    sketches = [element for element in svg.iter(GROUP) if element.get(SKETCH)]
    if len(sketches) == 1:
        return SketchLayer(svg, sketches[0], None, None)
    if sketches:
        raise Problem(
            _(
                "There are several sketches in this document: select the strokes or the layer to"
                " work on, and try again."
            )
        )
    raise Problem(
        _(
            "There is no sketch in this document: select the strokes or the layer to work on, and"
            " try again."
        )
    )


def _the_one(layers: List[Any]) -> Any:
    """The layer that all of these are. Raises `Problem`."""
    if not layers:
        raise Problem(
            _("No stroke is selected: select strokes of a sketch, or its layer, and try again.")
        )
    if any(layer is not layers[0] for layer in layers):
        raise Problem(
            _("The selected strokes belong to several layers: select those of one, and try again.")
        )
    return layers[0]


def _layer_of(element: Any, svg: Any) -> Any:
    """The sketch that an element is or is in, else its layer, else the outermost group around it.
    Raises `Problem`.
    """
    around = [one for one in element.iterancestors() if one is not svg]
    if tag(element) == "g":
        around.insert(0, element)
    for one in around:
        if one.get(SKETCH):
            return one
    for one in around:
        if one.get(GROUPMODE) == "layer":
            return one
    if not around:
        raise Problem(
            # Translators: "Layer > Move Selection to Layer" is in Inkscape's menu: take its words.
            _(
                "The selected strokes are in no layer: put them into one (Layer > Move Selection to"
                " Layer), and try again."
            )
        )
    return around[-1]


def _each_once(elements: List[Any]) -> List[Any]:
    seen: Set[int] = set()
    found = []
    for element in elements:
        if id(element) not in seen:
            seen.add(id(element))
            found.append(element)
    return found
