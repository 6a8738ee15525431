"""What the fake engine makes of edits: standard library only.

``refine`` moves every stroke that is asked for by `STEP` pixels of the picture, whatever transforms
and relative commands it has. ``add`` draws two lines across the picture at `LINES` of its height.
``ink`` gives every stroke `INK`. ``join`` and ``order`` add a layer that holds the strokes as they
are.
"""

import math
import re
import xml.etree.ElementTree as ET

STEP = (4.0, -3.0)
LINES = (0.25, 0.75)
INK = "#0a141e"
SVG, CLIPASSO = "{http://www.w3.org/2000/svg}", "{https://clipasso.org/ns}"
INSENSITIVE = "{http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd}insensitive"
NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
# where else a command's numbers are not x and y in turns
AXES = {"H": "x", "V": "y", "A": ".....xy"}
UNIT = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


def edited(edit, width, height, worse):
    """The event ``result``."""
    root = ET.fromstring(edit["svg"])
    layer = next((one for one in root.iter(SVG + "g") if one.get("id") == edit["layer"]), None)
    if layer is None:
        return {
            "event": "error",
            "code": "no-layer",
            "message": "the document has no layer with the id '%s'" % edit["layer"],
        }
    assert not list(root.iter(SVG + "image")), "a bitmap goes to the engine as a file"
    parents = {child: parent for parent in root.iter() for child in parent}
    there = {path.get("id"): path for path in layer.iter(SVG + "path") if is_seen(path, parents)}
    missing = [one for one in edit["only"] or [] if one not in there]
    if missing:
        return {
            "event": "error",
            "code": "no-stroke",
            "message": "the sketch has no stroke '%s'" % missing[0],
        }
    asked = list(there) if edit["only"] is None else edit["only"]
    locked = [one for one in asked if is_locked(there[one], layer, parents)]
    moving = asked if edit["do"] == "ink" else [one for one in asked if one not in locked]
    change = {
        "event": "changed",
        "before": 0.5,
        "after": 0.5 if worse else 0.4,
        "improved": not worse,
        "steps": 9,
    }
    change.update(
        strokes=moving, kept=dict.fromkeys(locked, "locked") if edit["do"] == "refine" else {}
    )
    answer = {"event": "result", "change": change, "paths": {}, "added": []}
    if edit["do"] == "ink":
        return dict(answer, inks=dict.fromkeys(moving, INK))
    if edit["do"] == "add":
        to_layer = times(inverse(place(layer, parents)), tuple(edit["page"]))
        return dict(
            answer,
            added=[
                line(to_layer, width, height * share, number) for number, share in enumerate(LINES)
            ],
        )
    if not moving:
        return {"event": "error", "code": "nothing-free", "message": "there is no stroke to redraw"}
    if not worse:
        for one in moving:
            back = times(inverse(place(there[one], parents)), tuple(edit["page"]))
            answer["paths"][one] = shifted(there[one].get("d"), turned(back, STEP))
    return answer


def add_layer(given, wanted, made, word, only):
    """The commands ``join`` and ``order``. only: ids of the strokes to take, none for all."""
    tree = ET.parse(given)
    for parent in tree.iter():
        for index, layer in enumerate(parent):
            if layer.tag == SVG + "g" and layer.get("id") == wanted:
                own = ET.Element(
                    SVG + "g", {name: layer.get(name) for name in ("transform",) if layer.get(name)}
                )
                own.set("id", "plot-1")
                own.set("{http://www.inkscape.org/namespaces/inkscape}label", word)
                for number, path in enumerate(
                    path for path in layer.iter(SVG + "path") if not only or path.get("id") in only
                ):
                    ET.SubElement(
                        own,
                        SVG + "path",
                        {
                            "id": "stroke-%d" % (number + 1),
                            "d": path.get("d"),
                            "style": path.get("style", ""),
                        },
                    )
                parent.insert(index + 1, own)
                tree.write(made)
                return


def is_seen(path, parents):
    one = path
    while one is not None:
        if re.search(r"display\s*:\s*none", one.get("style") or "") or one.get("display") == "none":
            return False
        one = parents.get(one)
    return True


def is_locked(path, layer, parents):
    one = path
    while one is not layer:
        if one.get(INSENSITIVE) == "true":
            return True
        one = parents[one]
    return path.get(CLIPASSO + "locked") == "true"


def line(to_layer, width, y, number):
    ends = [
        "%.6g,%.6g" % applied(to_layer, point)
        for point in ((width / 4, y), (width / 3, y), (width / 2, y), (width * 3 / 4, y))
    ]
    spaces = 'xmlns="http://www.w3.org/2000/svg" xmlns:clipasso="https://clipasso.org/ns"'
    more = (
        'style="fill:none;stroke:#000000;stroke-width:1" clipasso:rank="%d" clipasso:locked="false"'
        % number
    )
    return '<path %s id="stroke-%d" d="M %s C %s" %s/>' % (
        spaces,
        number + 1,
        ends[0],
        " ".join(ends[1:]),
        more,
    )


def shifted(data, by):
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


def place(element, parents):
    """From an element's content to the page."""
    total = UNIT
    while element is not None:
        total = times(parsed(element.get("transform") or ""), total)
        element = parents.get(element)
    return total


def parsed(text):
    total = UNIT
    for name, inside in re.findall(r"(\w+)\s*\(([^)]*)\)", text):
        total = times(total, one_of(name, [float(one) for one in re.findall(NUMBER, inside)]))
    return total


def one_of(name, v):
    if name == "matrix":
        return tuple(v)
    if name == "translate":
        return (1.0, 0.0, 0.0, 1.0, v[0], v[1] if len(v) > 1 else 0.0)
    if name == "scale":
        return (v[0], 0.0, 0.0, v[1] if len(v) > 1 else v[0], 0.0, 0.0)
    turn = math.radians(v[0])
    if name == "rotate":
        x, y = v[1:] if len(v) > 1 else (0.0, 0.0)
        turning = (math.cos(turn), math.sin(turn), -math.sin(turn), math.cos(turn), 0.0, 0.0)
        return times((1.0, 0.0, 0.0, 1.0, x, y), turning, (1.0, 0.0, 0.0, 1.0, -x, -y))
    return (
        (1.0, 0.0, math.tan(turn), 1.0, 0.0, 0.0)
        if name == "skewX"
        else (1.0, math.tan(turn), 0.0, 1.0, 0.0, 0.0)
    )


def times(*matrices):
    total = UNIT
    for a, b, c, d, e, f in matrices:
        p, q, r, s, t, u = total
        total = (
            p * a + r * b,
            q * a + s * b,
            p * c + r * d,
            q * c + s * d,
            p * e + r * f + t,
            q * e + s * f + u,
        )
    return total


def inverse(matrix):
    a, b, c, d, e, f = matrix
    size = a * d - b * c
    return (
        d / size,
        -b / size,
        -c / size,
        a / size,
        (c * f - d * e) / size,
        (b * e - a * f) / size,
    )


def applied(matrix, point):
    a, b, c, d, e, f = matrix
    return (a * point[0] + c * point[1] + e, b * point[0] + d * point[1] + f)


def turned(matrix, step):
    """A direction under a matrix."""
    return applied((*matrix[:4], 0.0, 0.0), step)
