"""Whether a change to the code changes what it draws, byte for byte.

    python benchmarks/golden.py draw FOLDER --photos DIR [--checkout DIR]
    python benchmarks/golden.py compare FOLDER OTHER

The one makes sketches and edits with a checkout's code, the other compares them with another's.
Both must be drawn on the same machine with the same torch: the last bits of a sum depend on them.
"""

from __future__ import annotations

import argparse
import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
WAYS = {
    "draft": ["--preset", "draft"],
    "quick": ["--preset", "quick"],
    "strokes-32": ["--strokes", "32"],
    "one-line": ["--strokes", "12", "--one-line"],
    "background": ["--preset", "draft", "--background", "8"],
    "published": ["--preset", "published", "--steps", "20", "--guide", "lite"],
    "color-photo": ["--preset", "draft", "--color", "photo", "--seed", "3"],
    "series": ["--preset", "draft", "--series", "4,8,16"],
    "standard": ["--preset", "standard", "--steps", "12", "--seeds", "3", "--guide", "lite"],
}
EDITS = {
    "refine": ["--preset", "draft"],
    "refine-nudge": ["--preset", "draft", "--reach", "nudge", "--only", "stroke-3"],
    "refine-afresh": ["--preset", "draft", "--reach", "afresh", "--lock", "stroke-1"],
    "add": ["--preset", "draft", "--strokes", "3"],
}
LATER: dict[str, list[str]] = {
    "level": ["--strokes", "8"],
    "join": [],
    "order": [],
    "animate": ["--seconds", "5"],
}


def draw(folder: Path, photos: list[Path], checkout: Path) -> None:
    """Every way and every edit, as files of their own."""
    folder.mkdir(parents=True, exist_ok=True)
    for photo in photos:
        for way, options in WAYS.items():
            _clipasso(checkout, "sketch", photo, "-o", folder / f"{photo.stem}-{way}.svg", *options)
        sketch = folder / f"{photo.stem}-quick.svg"
        for edit, options in EDITS.items():
            target = folder / f"{photo.stem}-{edit}.svg"
            command = edit.partition("-")[0]
            _clipasso(checkout, command, sketch, "--photo", photo, "-o", target, *options)
        for edit, options in LATER.items():
            _clipasso(checkout, edit, sketch, "-o", folder / f"{photo.stem}-{edit}.svg", *options)
        _converse(checkout, photo, sketch, folder / f"{photo.stem}-ink.json")
        print(f"{photo.stem}: drawn", flush=True)


def _converse(checkout: Path, photo: Path, sketch: Path, target: Path) -> None:
    """What `clipasso run` answers to an edit, and to a small sketch; without times."""
    edit = {"do": "ink", "svg": sketch.read_text(), "layer": "sketch", "page": [1, 0, 0, 1, 0, 0]}
    data = base64.b64encode(photo.read_bytes()).decode()
    request = {"version": 1, "strokes": 5, "preset": "draft", "steps": 4}
    lines = [
        {"id": 1, "data": data, "edit": edit},
        {"id": "2", "data": data, "request": request, "preview_px": 128},
    ]
    answers = []
    for line in lines:
        said = _clipasso(checkout, "run", "--cold", said=json.dumps(line) + "\n")
        events = [json.loads(one) for one in said.splitlines()]
        answers += [_without_times(one) for one in events]
    keep = [one for one in answers if one["event"] in ("result", "started", "error")]
    target.write_text(json.dumps(keep, indent=1, sort_keys=True))


def _without_times(event: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in event.items() if not name.startswith("time")}


def _clipasso(checkout: Path, *words: object, said: str | None = None) -> str:
    command = [sys.executable, "-m", "clipasso_core", *(str(word) for word in words)]
    done = subprocess.run(command, input=said, cwd=checkout, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{words}: {done.stderr}")
    return done.stdout


def compare(one: Path, other: Path) -> int:
    """Names the files that differ, and returns their number."""
    names = sorted({path.name for folder in (one, other) for path in folder.iterdir()})
    differ = 0
    for name in names:
        here, there = one / name, other / name
        if not (here.is_file() and there.is_file()):
            print(f"{name}: only in one of them")
        elif here.read_bytes() != there.read_bytes():
            print(f"{name}: differs")
        else:
            continue
        differ += 1
    print(f"{len(names) - differ} of {len(names)} files are the same")
    return differ


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    drawing = commands.add_parser("draw")
    drawing.add_argument("folder", type=Path)
    example = ROOT / "examples" / "coffee.jpg"
    drawing.add_argument("--photos", type=Path, nargs="+", default=[example])
    drawing.add_argument("--checkout", type=Path, default=ROOT)
    comparing = commands.add_parser("compare")
    comparing.add_argument("folder", type=Path)
    comparing.add_argument("other", type=Path)
    options = parser.parse_args()
    if options.command == "compare":
        return 1 if compare(options.folder, options.other) else 0
    photos: list[Path] = []
    for named in options.photos:
        photos += sorted(named.iterdir()) if named.is_dir() else [named]
    draw(
        options.folder.resolve(), [photo.resolve() for photo in photos], options.checkout.resolve()
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
