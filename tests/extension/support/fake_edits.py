"""What the fake engine makes of edits: standard library only.

``refine`` moves every stroke that is asked for by `STEP` pixels of the picture, whatever transforms
and relative commands it has. ``add`` draws two lines across the picture at `LINES` of its height.
``ink`` gives every stroke `INK`. ``join`` and ``order`` add a layer that holds the strokes as they
are.
"""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from typing import Any, Dict, List, Sequence, Tuple

from clipasso_ext.names import CLIPASSO_URI, GROUP, IMAGE, INSENSITIVE, LABEL, LOCKED, PATH

from matrices import UNIT, Matrix, applied, inverse, times

Parents = Dict[ET.Element, ET.Element]
STEP = (4.0, -3.0)
LINES = (0.25, 0.75)
INK = "#0a141e"
NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
# where else a command's numbers are not x and y in turns
AXES = {"H": "x", "V": "y", "A": ".....xy"}


def edited(edit: Dict[str, Any], width: int, height: int, worse: bool) -> Dict[str, Any]:
    """The event ``result``."""
    root = ET.fromstring(edit["svg"])
    layer = next((one for one in root.iter(GROUP) if one.get("id") == edit["layer"]), None)
    if layer is None:
        return error("no-layer", "the document has no layer with the id '%s'" % edit["layer"])
    assert not list(root.iter(IMAGE)), "a bitmap goes to the engine as a file"
    parents = {child: parent for parent in root.iter() for child in parent}
    there = {str(path.get("id")): path for path in layer.iter(PATH) if is_seen(path, parents)}
    missing = [one for one in edit["only"] or [] if one not in there]
    if missing:
        return error("no-stroke", "the sketch has no stroke '%s'" % missing[0])
    asked = list(there) if edit["only"] is None else edit["only"]
    locked = [one for one in asked if is_locked(there[one], layer, parents)]
    moving = asked if edit["do"] == "ink" else [one for one in asked if one not in locked]
    change = {
        "event": "changed",
        "before": 0.5,
        "after": 0.5 if worse else 0.4,
        "improved": not worse,
        "steps": 9,
        "strokes": moving,
        "kept": dict.fromkeys(locked, "locked") if edit["do"] == "refine" else {},
    }
    answer: Dict[str, Any] = {"event": "result", "change": change, "paths": {}, "added": []}
    page = tuple(edit["page"])
    if edit["do"] == "ink":
        answer["inks"] = dict.fromkeys(moving, INK)
    elif edit["do"] == "add":
        to_layer = times(inverse(place(layer, parents)), page)
        answer["added"] = [
            line(to_layer, width, height * share, number) for number, share in enumerate(LINES)
        ]
    elif not moving:
        return error("nothing-free", "there is no stroke to redraw")
    elif not worse:
        for one in moving:
            back = times(inverse(place(there[one], parents)), page)
            answer["paths"][one] = shifted(str(there[one].get("d")), turned(back, STEP))
    return answer


def error(code: str, message: str) -> Dict[str, Any]:
    return {"event": "error", "code": code, "message": message}


def add_layer(given: str, wanted: str, made: str, word: str, only: List[str]) -> int:
    """The commands ``join`` and ``order``. only: ids of the strokes to take, none for all. Returns
    how many were taken.
    """
    tree = ET.parse(given)
    parent, layer = next(
        (parent, layer)
        for parent in tree.iter()
        for layer in parent
        if layer.tag == GROUP and layer.get("id") == wanted
    )
    new = ET.Element(GROUP, {"id": "plot-1", LABEL: word})
    transform = layer.get("transform")
    if transform:
        new.set("transform", transform)
    chosen = [path for path in layer.iter(PATH) if not only or path.get("id") in only]
    for number, path in enumerate(chosen):
        looks = {"d": str(path.get("d")), "style": path.get("style", "")}
        ET.SubElement(new, PATH, {"id": "stroke-%d" % (number + 1), **looks})
    parent.insert(list(parent).index(layer) + 1, new)
    tree.write(made)
    return len(chosen)


def is_seen(path: ET.Element, parents: Parents) -> bool:
    return not any(
        re.search(r"display\s*:\s*none", one.get("style") or "") or one.get("display") == "none"
        for one in upwards(path, parents)
    )


def is_locked(path: ET.Element, layer: ET.Element, parents: Parents) -> bool:
    for one in upwards(path, parents):
        if one is layer:
            break
        if one.get(INSENSITIVE) == "true":
            return True
    return path.get(LOCKED) == "true"


def upwards(element: ET.Element, parents: Parents) -> List[ET.Element]:
    """The element and all around it."""
    found = [element]
    while found[-1] in parents:
        found.append(parents[found[-1]])
    return found


def line(to_layer: Matrix, width: int, y: float, number: int) -> str:
    """A path across the middle half of the picture."""
    ends = [
        "%.6g,%.6g" % applied(to_layer, point)
        for point in ((width / 4, y), (width / 3, y), (width / 2, y), (width * 3 / 4, y))
    ]
    spaces = 'xmlns="http://www.w3.org/2000/svg" xmlns:clipasso="%s"' % CLIPASSO_URI
    more = (
        'style="fill:none;stroke:#000000;stroke-width:1" clipasso:rank="%d" clipasso:locked="false"'
        % number
    )
    data = "M %s C %s" % (ends[0], " ".join(ends[1:]))
    return '<path %s id="stroke-%d" d="%s" %s/>' % (spaces, number + 1, data, more)


def shifted(data: str, by: Sequence[float]) -> str:
    """Path data moved: absolute commands by all their points, relative ones where the path
    begins.
    """
    parts, first = [], True
    for command, text in re.findall(r"([a-zA-Z])([^a-zA-Z]*(?:[eE][-+]?\d[^a-zA-Z]*)*)", data):
        numbers = [float(one) for one in re.findall(NUMBER, text)]
        axes = AXES.get(command.upper(), "xy")
        for place, _ in enumerate(numbers):
            axis = axes[place % len(axes)]
            if axis != "." and (command.isupper() or (first and place < 2)):
                numbers[place] += by["xy".index(axis)]
        parts.append(command + " ".join("%.9g" % one for one in numbers))
        first = False
    return " ".join(parts)


# Matrices (a, b, c, d, e, f) as SVG writes them.


def place(element: ET.Element, parents: Parents) -> Matrix:
    """From an element's content to the page."""
    total = UNIT
    for one in upwards(element, parents):
        total = times(parsed(one.get("transform") or ""), total)
    return total


def parsed(text: str) -> Matrix:
    total = UNIT
    for name, inside in re.findall(r"(\w+)\s*\(([^)]*)\)", text):
        total = times(total, one_of(name, [float(one) for one in re.findall(NUMBER, inside)]))
    return total


def one_of(name: str, v: List[float]) -> Matrix:
    """A transform by its name and its numbers."""
    if name == "matrix":
        a, b, c, d, e, f = v
        return a, b, c, d, e, f
    if name == "translate":
        return (1.0, 0.0, 0.0, 1.0, v[0], v[1] if len(v) > 1 else 0.0)
    if name == "scale":
        return (v[0], 0.0, 0.0, v[1] if len(v) > 1 else v[0], 0.0, 0.0)
    turn = math.radians(v[0])
    if name == "rotate":
        x, y = v[1:] if len(v) > 1 else (0.0, 0.0)
        turning = (math.cos(turn), math.sin(turn), -math.sin(turn), math.cos(turn), 0.0, 0.0)
        return times((1.0, 0.0, 0.0, 1.0, x, y), turning, (1.0, 0.0, 0.0, 1.0, -x, -y))
    if name == "skewX":
        return (1.0, 0.0, math.tan(turn), 1.0, 0.0, 0.0)
    return (1.0, math.tan(turn), 0.0, 1.0, 0.0, 0.0)


def turned(matrix: Matrix, step: Sequence[float]) -> Tuple[float, float]:
    """A direction under a matrix."""
    return applied((*matrix[:4], 0.0, 0.0), step)
