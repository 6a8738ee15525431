"""An engine that speaks the real protocol (docs/protocol.md) and draws an ellipse: standard library
only, no waiting.

``python fake_engine.py run`` stands for ``clipasso run``, ``fake_engine.py job FOLDER`` for
``clipasso job``, ``join`` and ``order`` for the commands of that name; other commands print a line.
The ellipse is inscribed in the middle half of the picture, in as many arcs as strokes are asked
for, which is where the tests' photographs have their subject. What becomes of edits is in
fake_edits.py. ``FAKE_ENGINE`` in the environment picks what goes wrong: ``die`` (ends in the
middle), ``error``, ``bug`` (of the warm engine, at the first request), ``garbage`` (a line that is
no JSON first), ``slow`` (goes on until stopped or replaced), ``slow finish``
(the same, of all but drafts), ``silent`` (``join`` and ``order`` say
nothing for a minute), ``worse`` (an edit finds no better place for strokes). While a file lies at
``FAKE_ENGINE_HOLD`` the requests of ``run`` are slow. ``FAKE_ENGINE_LOG`` names a file that gets
every line that comes in.
"""

from __future__ import annotations

import base64
import json
import math
import os
import struct
import sys
import threading
import time
import zlib
from typing import Any, Dict, List, Optional, Tuple

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "..", "..", "inkscape_ext"), HERE]
from clipasso_ext import VERSION, names  # noqa: E402

import fake_edits  # noqa: E402

STEPS = 4
ENDLESS = 10**6
PATIENCE_S = 60  # nothing of this outlives its test for longer
MODE = os.environ.get("FAKE_ENGINE", "")
HOLD = os.environ.get("FAKE_ENGINE_HOLD", "")
PLAIN = "the photo is one plain colour: there is nothing to sketch"
ENDED = "the engine ended unexpectedly: try again. Its log tells why"


class FakeEngine:
    """One conversation."""

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self.wish = threading.Event()  # stop and keep, cancel, or end of input
        self.keep = False
        self.working: Optional[threading.Thread] = None
        self.has_failed = False

    def say(self, ident: Any, **event: Any) -> None:
        with self.turn:
            print(json.dumps({"id": ident, **event}), flush=True)

    def serve(self) -> None:
        for line in sys.stdin:
            log(line)
            fields = json.loads(line)
            if fields.get("stop"):
                self.keep = True
                self.wish.set()
            elif fields.get("about"):
                self.tell_about(fields["id"])
            else:
                self.finish()
                self.wish = threading.Event()
                self.keep = False
                self.working = threading.Thread(target=self.work, args=(fields, self.wish))
                self.working.start()
        if is_held() or MODE.startswith("slow"):
            self.finish()
        elif self.working:
            self.working.join()

    def tell_about(self, ident: Any) -> None:
        self.say(
            ident,
            event="about",
            version=VERSION,
            guides=["auto", "lite", "clip:RN50:openai"],
            presets=["auto", "draft", "quick", "standard", "published"],
            device="cpu",
        )

    def finish(self) -> None:
        """Call off what computes."""
        if self.working and self.working.is_alive():
            self.keep = False
            self.wish.set()
            self.working.join()

    def work(self, fields: Dict[str, Any], wish: threading.Event) -> None:
        """One request, from its start to its last event."""
        ident = fields["id"]
        if MODE == "garbage":
            print("not JSON", flush=True)
        if MODE == "error":
            self.say(ident, event="error", code="bad-photo", message=PLAIN)
        elif MODE == "bug" and not self.has_failed:
            self.has_failed = True
            self.say(ident, event="error", code="bug", message=ENDED)
        else:
            self.compute(fields, wish)

    def compute(self, fields: Dict[str, Any], wish: threading.Event) -> None:
        ident = fields["id"]
        picture = png(40, 30) if fields.get("preview_px") else None
        self.tell_start(ident, fields["request"].get("preset", "auto"), picture)
        is_slow = MODE == "slow" or (MODE == "slow finish" and is_work(fields))
        step, steps = 0, 1
        while step < steps:
            step += 1
            steps = ENDLESS if is_slow or is_held() else STEPS
            progress = {"step": step, "steps": steps, "loss": 1 / step, "time_s": 0.1 * step}
            shown = {} if picture is None else {"preview": picture}
            if fields.get("preview_svg"):
                shown = {"svg": result_of(fields)["svg"]}
            self.say(ident, event="progress", time_left_s=3.0, **progress, **shown)
            if MODE == "die":
                os._exit(9)
            if wish.wait(0.05 if steps == ENDLESS else 0):
                break
        if wish.is_set() and not self.keep:
            self.say(ident, event="cancelled")
            return
        result = result_of(fields)
        if shown_as_picture(fields) and result["event"] == "result":
            result["preview"] = picture
        self.say(ident, **result)

    def tell_start(self, ident: Any, preset: str, picture: Optional[str]) -> None:
        shown = {} if picture is None else {"mask_preview": picture}
        self.say(
            ident,
            event="started",
            guide="lite",
            weights="embedded",
            why="no CLIP weights on this machine",
            preset=preset,
            device="cpu",
            mask="u2netp",
            saliency="edges",
            subjects=int(os.environ.get("FAKE_ENGINE_SUBJECTS", "1")),
            faces=int(os.environ.get("FAKE_ENGINE_FACES", "0")),
            steps=STEPS,
            seeds=1,
            time_s=0.1,
            line="guide lite (no CLIP weights on this machine) · cpu · mask u2netp",
            **shown,
        )


def is_work(fields: Dict[str, Any]) -> bool:
    """Whether a request is one to finish."""
    return bool(fields["request"].get("preset") != "draft")


def is_held() -> bool:
    return bool(HOLD) and os.path.exists(HOLD)


def shown_as_picture(fields: Dict[str, Any]) -> bool:
    return bool(fields.get("preview_px")) and not fields.get("preview_svg")


def result_of(fields: Dict[str, Any]) -> Dict[str, Any]:
    """The event that a request ends in."""
    width, height = size_of(fields["photo"])
    request = fields["request"]
    if fields.get("edit"):
        return fake_edits.edited(fields["edit"], width, height, MODE == "worse")
    count = request.get("strokes", 16)
    strokes = [{"points": arc} for arc in ellipse(width, height, count)]
    svg = drawing(width, height, count, request)
    # what goes on from a sketch gets better once
    loss = 0.5 if fields.get("start") else 1.0
    sketch = {"strokes": strokes, "loss": loss, "guide": "lite"}
    return {"event": "result", "sketch": sketch, "svg": svg}


def log(line: str) -> None:
    if os.environ.get("FAKE_ENGINE_LOG"):
        with open(os.environ["FAKE_ENGINE_LOG"], "a", encoding="utf-8") as file:
            file.write(line)


def size_of(path: str) -> Tuple[int, int]:
    from clipasso_ext.document.bitmap import upright_size

    with open(path, "rb") as file:
        size = upright_size(file.read())
    assert size is not None
    return size


def ellipse(width: float, height: float, count: int) -> List[List[Tuple[float, float]]]:
    """The control points of `count` arcs [4 points of (x, y)] of the ellipse in the picture's
    middle half.
    """
    reach = 4 / 3 * math.tan(math.pi / 2 / count) if count > 1 else 4 / 3
    arcs = []
    for number in range(count):
        a, b = 2 * math.pi * number / count, 2 * math.pi * (number + 1) / count
        unit = [
            (math.cos(a), math.sin(a)),
            (math.cos(a) - reach * math.sin(a), math.sin(a) + reach * math.cos(a)),
            (math.cos(b) + reach * math.sin(b), math.sin(b) - reach * math.cos(b)),
            (math.cos(b), math.sin(b)),
        ]
        arcs.append([(width * (0.5 + x / 4), height * (0.5 + y / 4)) for x, y in unit])
    return arcs


def drawing(width: int, height: int, count: int, request: Dict[str, Any]) -> str:
    """The document that the engine makes of a sketch."""
    stroke_width = request.get("width_px", max(width, height) * 0.013)
    color = "#000000" if request.get("color", "black") in ("black", "photo") else request["color"]
    paths = []
    for rank, points in enumerate(ellipse(width, height, count)):
        texts = [f"{x:.4f},{y:.4f}" for x, y in points]
        style = f"fill:none;stroke:{color};stroke-width:{stroke_width!r};"
        style += "stroke-linecap:round;stroke-linejoin:round"
        data = f"M {texts[0]} C {' '.join(texts[1:])}"
        paths.append(
            f'<path id="stroke-{rank + 1}" d="{data}" style="{style}" clipasso:rank="{rank}"'
            ' clipasso:locked="false"/>'
        )
    layer = (
        '<g id="sketch" inkscape:groupmode="layer" inkscape:label="Sketch" clipasso:sketch="1"'
        f' clipasso:picture="{width} {height}" clipasso:engine="{VERSION}" '
        f"clipasso:request='{json.dumps(request)}' clipasso:guide=\"lite\">{''.join(paths)}</g>"
    )
    spaces = 'xmlns="%s" xmlns:inkscape="%s" xmlns:clipasso="%s"' % tuple(
        space.strip("{}") for space in (names.SVG, names.INKSCAPE, names.CLIPASSO)
    )
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    return f"<svg {spaces} {size}>{layer}</svg>"


def png(width: int, height: int) -> str:
    """A transparent PNG with one dark line, in base64."""
    rows = b"".join(
        b"\0" + (b"\0\0\0\xff" if row == height // 2 else b"\0\0\0\0") * width
        for row in range(height)
    )
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    ]
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + body).decode()


def run_job(folder: str) -> None:
    """``clipasso job``: the outcome of one request, written beside and renamed."""
    with open(os.path.join(folder, "job.json"), encoding="utf-8") as file:
        line = json.load(file)["line"]
    log(json.dumps(line) + "\n")
    if MODE == "slow":
        return
    if MODE == "error":
        outcome = {"event": "error", "code": "bad-photo", "message": PLAIN.partition(":")[0]}
    else:
        outcome = result_of({**line, "photo": os.path.join(folder, line["photo"])})
    with open(os.path.join(folder, "outcome.new"), "w", encoding="utf-8") as file:
        json.dump({"id": line["id"], **outcome}, file)
    os.replace(os.path.join(folder, "outcome.new"), os.path.join(folder, "outcome.json"))


def plot(command: str, words: List[str]) -> int:
    """``clipasso join`` and ``order`` with ``--json``. Returns the status."""
    given = words[0]
    layer = words[words.index("--layer") + 1]
    made = words[words.index("-o") + 1]
    only = [word[len("--only=") :] for word in words if word.startswith("--only=")]
    assert "--json" in words
    log(json.dumps({"command": command, "pid": os.getpid()}) + "\n")
    if MODE == "silent":
        threading.Event().wait(PATIENCE_S)
    if MODE == "error":
        message = "the sketch has no stroke that could be plotted"
        print(json.dumps({"event": "error", "code": "bad-sketch", "message": message}))
        print("clipasso: " + message, file=sys.stderr)
        return 2
    pause_s = 0.05 if MODE == "slow" else 0.0
    never = threading.Event()
    steps = ENDLESS if MODE == "slow" else STEPS
    until = time.monotonic() + PATIENCE_S
    for step in range(1, steps + 1):
        if time.monotonic() > until:
            break
        print(json.dumps({"event": "progress", "step": step, "steps": steps}), flush=True)
        never.wait(pause_s)
        if MODE == "die":
            os._exit(9)
    strokes = fake_edits.add_layer(given, layer, made, command, only)
    saved = None if command == "join" else 0.25
    print(json.dumps({"event": "plotted", "strokes": strokes, "travel_saved": saved}))
    print(f"{strokes} strokes: {made}", file=sys.stderr)
    return 0


def engine(do: str) -> str:
    """What the engine is at after that, as JSON."""
    if do == "stop":
        return "null"
    return json.dumps({"version": "7.7", "working": do == "start", "waiting": 0, "pid": 1})


def main(words: List[str]) -> int:
    command = words[0]
    if command == "run":
        FakeEngine().serve()
    elif command == "job":
        run_job(words[1])
    elif command == "doctor":
        print(json.dumps([{"subject": "Python", "state": "ok", "text": "fake", "advice": ""}]))
    elif command == "engine" and words[-1] == "--json":
        print(engine(words[1]))
    elif words == ["models", "path"]:
        print(os.path.join(os.sep, "weights", "of", "another", "disk"))
    elif command in ("join", "order"):
        return plot(command, words[1:])
    else:
        print("the engine", *words)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
