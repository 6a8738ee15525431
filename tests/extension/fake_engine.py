"""An engine that speaks the real protocol (docs/protocol.md) and draws an ellipse: standard library
only, no waiting.

``python fake_engine.py run`` stands for ``clipasso run``, ``fake_engine.py job FOLDER`` for
``clipasso job``; other commands print a line. The ellipse is inscribed in the middle half of the
picture, in as many arcs as strokes are asked for, which is where the tests' photographs have their
subject. What becomes of edits is in fake_edits.py. ``FAKE_ENGINE`` in the environment picks what
goes wrong: ``die`` (ends in the middle), ``error``, ``garbage`` (a line that is no JSON first),
``slow`` (goes on until stopped or replaced), ``worse`` (an edit finds no better place for strokes).
``FAKE_ENGINE_LOG`` names a file that gets every line that comes in.
"""

import json
import math
import os
import struct
import sys
import threading
import zlib

sys.path.insert(
    0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "inkscape_ext")
)
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fake_edits import add_layer, edited

STEPS = 4
MODE = os.environ.get("FAKE_ENGINE", "")


class Engine:
    def __init__(self):
        self.turn = threading.Lock()
        self.newest = None  # id of the request that counts
        self.wish = threading.Event()  # stop and keep, cancel, or end of input
        self.keep = False
        self.working = None

    def say(self, ident, **event):
        with self.turn:
            print(json.dumps({"id": ident, **event}), flush=True)

    def serve(self):
        for line in sys.stdin:
            log(line)
            fields = json.loads(line)
            if fields.get("stop"):
                self.keep = True
                self.wish.set()
            elif fields.get("about"):
                guides = ["auto", "lite", "clip:RN50:openai"]
                presets = ["auto", "draft", "quick", "standard", "published"]
                self.say(
                    fields["id"],
                    event="about",
                    version="0.1.0",
                    guides=guides,
                    presets=presets,
                    device="cpu",
                )
            else:
                self.finish(keep=False)
                self.wish, self.keep = threading.Event(), False
                self.working = threading.Thread(target=self.sketch, args=(fields, self.wish))
                self.working.start()
        if MODE == "slow":
            self.finish(keep=False)
        elif self.working:
            self.working.join()

    def finish(self, keep):
        if self.working and self.working.is_alive():
            self.keep = keep
            self.wish.set()
            self.working.join()

    def sketch(self, fields, wish):
        ident, request = fields["id"], fields["request"]
        if MODE == "garbage":
            print("not JSON", flush=True)
        if MODE == "error":
            self.say(
                ident,
                event="error",
                code="bad-photo",
                message="the photo is one plain colour: there is nothing to sketch",
            )
            return
        width, height = size_of(fields["photo"])
        count, preset = request.get("strokes", 16), request.get("preset", "auto")
        picture = png(40, 30) if fields.get("preview_px") else None
        started = {
            "guide": "lite",
            "why": "no CLIP weights on this machine",
            "preset": preset,
            "device": "cpu",
            "mask": "u2netp",
        }
        line = "guide lite (no CLIP weights on this machine) · cpu · mask u2netp"
        started.update(
            weights="embedded", saliency="edges", steps=STEPS, seeds=1, time_s=0.1, line=line
        )
        if picture:
            started["mask_preview"] = picture
        self.say(ident, event="started", **started)
        step = 0
        while step < STEPS or MODE == "slow":
            step += 1
            progress = {
                "step": step,
                "steps": STEPS if MODE != "slow" else 10**6,
                "loss": 1 / step,
                "time_s": 0.1 * step,
                "time_left_s": 3.0,
            }
            if picture:
                progress["preview"] = picture
            self.say(ident, event="progress", **progress)
            if MODE == "die":
                os._exit(9)
            if wish.wait(0.05 if MODE == "slow" else 0):
                break
        if wish.is_set() and not self.keep:
            self.say(ident, event="cancelled")
            return
        if fields.get("edit"):
            self.say(ident, **edited(fields["edit"], width, height, MODE == "worse"))
            return
        result = {
            "sketch": {"version": 1, "strokes": [{}] * count, "width": width, "height": height}
        }
        result["svg"] = drawing(width, height, count, request)
        if picture:
            result["preview"] = picture
        self.say(ident, event="result", **result)


def log(line):
    if os.environ.get("FAKE_ENGINE_LOG"):
        with open(os.environ["FAKE_ENGINE_LOG"], "a", encoding="utf-8") as file:
            file.write(line)


def size_of(path):
    from clipasso_ext.document.bitmap import upright_size

    with open(path, "rb") as file:
        return upright_size(file.read())


def ellipse(width, height, count):
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


def drawing(width, height, count, request):
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
        f' clipasso:picture="{width} {height}" '
        f"clipasso:request='{json.dumps(request)}' clipasso:guide=\"lite\">{''.join(paths)}</g>"
    )
    spaces = (
        'xmlns="http://www.w3.org/2000/svg"'
        ' xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape"'
    )
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    return f'<svg {spaces} xmlns:clipasso="https://clipasso.org/ns" {size}>{layer}</svg>'


def png(width, height):
    """A transparent PNG with one dark line, in base64."""
    import base64

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


def job(folder):
    """``clipasso job``: the outcome of one request, written beside and renamed."""
    with open(os.path.join(folder, "job.json"), encoding="utf-8") as file:
        line = json.load(file)["line"]
    width, height = size_of(os.path.join(folder, line["photo"]))
    outcome = {"id": line["id"], "event": "result", "sketch": {"strokes": []}}
    outcome["svg"] = drawing(width, height, line["request"].get("strokes", 16), line["request"])
    if MODE == "error":
        outcome = {
            "id": line["id"],
            "event": "error",
            "code": "bad-photo",
            "message": "the photo is one plain colour",
        }
    if MODE != "slow":
        with open(os.path.join(folder, "outcome.new"), "w", encoding="utf-8") as file:
            json.dump(outcome, file)
        os.replace(os.path.join(folder, "outcome.new"), os.path.join(folder, "outcome.json"))


if __name__ == "__main__":
    if sys.argv[1:] == ["run"]:
        Engine().serve()
    elif sys.argv[1] == "job":
        job(sys.argv[2])
    elif sys.argv[1] == "doctor":
        print(json.dumps([{"subject": "Python", "state": "ok", "text": "fake", "advice": ""}]))
    elif sys.argv[1] in ("join", "order"):
        chosen = [word[len("--only=") :] for word in sys.argv if word.startswith("--only=")]
        add_layer(
            sys.argv[2],
            sys.argv[sys.argv.index("--layer") + 1],
            sys.argv[sys.argv.index("-o") + 1],
            sys.argv[1],
            chosen,
        )
    else:
        print("the engine", *sys.argv[1:])
