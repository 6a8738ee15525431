"""Takes the user guide's pictures with real Inkscape and the true engine.

    PYTHONPATH=. python tests/screenshots.py [FOLDER] [NAME=VALUE ...]

FOLDER is docs/images by default. NAME=VALUE go into the environment: ``GTK_THEME=Adwaita:dark``,
``GDK_SCALE=2``. Weights come from the ``models`` folder of the CLIPASSO_HOME that this is started
with.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from lxml import etree
from numpy.typing import NDArray
from PIL import Image
from support import canvas
from support.canvas import Canvas
from support.documents import SPACES
from support.inkscape import ROOT, TRUE, Inkscape, sketches
from support.screen import Desk, Look, desk, wait_for

from clipasso_core.document.drawing import read_drawing

# keys
SKETCH = "ctrl+F9"
REDRAW = "ctrl+F10"
LOCK = "ctrl+F11"
KEYS = {SKETCH: "sketch", REDRAW: "redraw.noprefs", LOCK: "lock"}
WINDOW = "^Sketch a Photograph$"
WORK_S = 600  # for a sketch without a GPU
IMAGE = (
    '<image id="photo" x="{}" y="{}" width="174" height="116" preserveAspectRatio="none"'
    ' xlink:href="coffee.jpg"/>'
)
EDGE_PX = 60  # the progress bar's left end is within
LIGHT = '<group id="theme" darkTheme="0" preferDarkTheme="0"/>'
SURFACE = np.array([106.4, 42.9])  # where the coffee's edge ends on the right, mm
LOWER = (-4.3, 8.2)  # how far from there it should end, mm
DOCKED = """[Windows]
Count=1
[Window0]
ColumnCount=1
Floating=false
[Window0Column0]
Notebook0Dialogs=FillStroke;Objects;
Notebook1Dialogs=UndoHistory;
NotebookCount=2
BeforeCanvas=false
"""
# by the brush's key, from where to where it paints in the window, px: the spoon, the saucer's rim
PAINTED = {"alt+r": ((370, 270), (400, 330)), "alt+n": ((60, 330), (150, 410))}
# a shape around the spoon, mm; from the slider back to the question, and its second answer
SPOON = '<ellipse cx="125" cy="91" rx="17" ry="15" transform="rotate(-20 125 91)" fill="none"/>'
MORE_THERE = ("shift+Tab", "shift+Tab", "Down")
# of the walk: what is pressed
STEPS: dict[str, list[str]] = {
    "moved": [],
    "locked": [LOCK],
    "redrawn": ["Escape", "Escape", REDRAW],
    "undone": ["ctrl+z"],
}
RULER_PX = 24
COLORS = 256


@contextmanager
def sitting(
    screen: Desk, environment: dict[str, str], page: str, image: str
) -> Iterator[tuple[Inkscape, Path]]:
    """Inkscape with our extension and the true engine, and a document with the photograph.

    All of it ends afterwards.
    """
    with tempfile.TemporaryDirectory() as scratch:
        inkscape = Inkscape.install(Path(scratch), screen.display, TRUE, **environment)
        inkscape.bind(KEYS)
        inkscape.prefer(LIGHT)
        inkscape.home.mkdir()
        # strokes show better in the last picture
        (inkscape.home / "extension.json").write_text('{"bitmap": "dim"}')
        if os.environ.get("CLIPASSO_HOME"):
            shutil.copytree(Path(os.environ["CLIPASSO_HOME"]) / "models", inkscape.home / "models")
        shutil.copy(ROOT / "examples" / "coffee.jpg", scratch)
        document = Path(scratch) / "coffee.svg"
        document.write_text(f"<svg {SPACES} {page}>{image}</svg>")
        try:
            yield inkscape, document
        finally:
            subprocess.run(
                [*TRUE, "engine", "stop"],
                env=inkscape.environment,
                stdout=subprocess.DEVNULL,
                timeout=60,
                check=False,
            )


@contextmanager
def sketching(
    environment: dict[str, str], scale: int, shapes: str = ""
) -> Iterator[tuple[Desk, str, str]]:
    """Inkscape with the photograph and shapes over it, and the sketching window with its first
    draft. Gives the screen, and the windows of both.
    """
    page = 'width="210mm" height="142mm" viewBox="0 0 210 142"'
    with (
        desk(f"{1280 * scale}x{860 * scale}") as screen,
        sitting(screen, environment, page, IMAGE.format(18, 13) + shapes) as (inkscape, document),
    ):
        process = inkscape.open(document)
        try:
            main = screen.window(r"coffee.svg - Inkscape$")
            screen.press("ctrl+a", SKETCH)
            own = screen.window(WINDOW)
            wait_worked(screen, own, scale)
            yield screen, main, own
        finally:
            process.terminate()
            process.wait()


def take_windows(folder: Path, environment: dict[str, str]) -> None:
    """The sketching window, and the sketch that comes of it."""
    scale = int(environment.get("GDK_SCALE", "1"))
    with sketching(environment, scale) as (screen, main, own):
        screen.shot(folder / "window-draft.png", own)
        screen.press("alt+f")
        wait_worked(screen, own, scale)
        screen.shot(folder / "window-finished.png", own)
        screen.press("alt+i")
        screen.gone(WINDOW)
        wait_changed(screen, main)
        screen.focus(main)
        screen.press("Escape", "5")  # nothing selected, the page fits the window
        screen.wait_still()
        screen.shot(folder / "in-inkscape.png")


def take_brush(folder: Path, environment: dict[str, str]) -> None:
    """What a person paints over the photograph, and the draft that follows."""
    scale = int(environment.get("GDK_SCALE", "1"))
    with sketching(environment, scale) as (screen, _, own):
        lines = screen.do("getwindowgeometry", "--shell", own).splitlines()
        facts = dict(line.split("=") for line in lines)
        for key, path in PAINTED.items():
            screen.press(key)
            (x, y), (to_x, to_y) = (
                (int(facts["X"]) + x * scale, int(facts["Y"]) + y * scale) for x, y in path
            )
            screen.drag((x, y), (to_x, to_y))
        wait_worked(screen, own, scale)
        screen.shot(folder / "window-brush.png", own)
        screen.press("Escape")
        screen.gone(WINDOW)


def take_shapes(folder: Path, environment: dict[str, str]) -> None:
    """What shapes that are selected with the photograph mean, and the draft that follows."""
    scale = int(environment.get("GDK_SCALE", "1"))
    with sketching(environment, scale, SPOON) as (screen, _, own):
        screen.press(*MORE_THERE)
        wait_worked(screen, own, scale)
        screen.shot(folder / "window-shapes.png", own)
        screen.press("Escape")
        screen.gone(WINDOW)


def take_walk(folder: Path, environment: dict[str, str]) -> None:
    """A node is moved, its stroke locked, all others are redrawn around it, and that is undone.

    On the right are the lock and the history.
    """
    scale = int(environment.get("GDK_SCALE", "1"))
    page = 'width="174mm" height="116mm" viewBox="0 0 174 116"'
    with (
        desk(f"{960 * scale}x{640 * scale}") as screen,
        sitting(screen, environment, page, IMAGE.format(0, 0)) as (inkscape, document),
    ):
        inkscape.prefer(f'{LIGHT}<group id="extensions" org.clipasso.parameters.bitmap="dim"/>')
        shutil.copy(inkscape.extend(document, "parameters", "photo"), document)
        assert sketches(document), inkscape.log
        chain = prepare(document)
        (inkscape.profile / "dialogs-state-ex.ini").write_text(DOCKED)
        process = inkscape.open(document)
        try:
            main = screen.window(r"coffee.svg - Inkscape$")
            seen = Canvas.find(screen, main, (174, 116))
            seen.move_last_node(chain, LOWER)
            for name, keys in STEPS.items():
                screen.press(*keys)
                wait_changed(screen, main)
                screen.focus(main)
                seen.keep_off()
                screen.wait_still()
                cut(screen.see(), seen, folder / f"edit-{name}.png", scale)
                screen.press("ctrl+s")
                wait_changed(screen, main, False)
        finally:
            process.terminate()
            process.wait()


def prepare(document: Path) -> NDArray[np.floating]:
    """Make a sketch ready for the walk.

    Returns the points [4, 2] of the stroke that ends where the coffee does.
    """
    lines = read_drawing(document, None).lines
    both_ways = [(line, line.chains[0][::way]) for line in lines for way in (1, -1)]
    line, chain = min(both_ways, key=lambda pair: float(np.hypot(*(pair[1][-1] - SURFACE))))
    tree = etree.parse(document)
    canvas.prepare(tree)
    (path,) = tree.xpath("//*[@id=$ident]", ident=line.id)
    path.getparent().append(path)  # what is on top stands first in the list of objects
    tree.write(document)
    return chain


def cut(picture: Look, seen: Canvas, path: Path, scale: int) -> None:
    """Save a picture of the canvas and of what is docked on its right.

    It has few colours, which makes it small.
    """
    left, top, _, bottom = seen.whole
    ruler = RULER_PX * scale
    part = Image.fromarray(np.ascontiguousarray(picture[top - ruler : bottom, left - ruler :]))
    part.quantize(COLORS, dither=Image.Dither.FLOYDSTEINBERG).save(path, optimize=True)


def wait_changed(screen: Desk, main: str, changed: bool = True) -> None:
    """Wait until Inkscape says that the document differs from the file, or does not."""

    def so() -> bool:
        return screen.do("getwindowname", main).startswith("*") == changed

    wait_for(so, "the title to change", WORK_S)


def wait_worked(screen: Desk, window: str, scale: int) -> None:
    """Wait until the progress bar has filled and is empty again."""

    def bar() -> bool:
        picture = screen.look(window).astype(int)
        corner = picture[len(picture) * 3 // 4 :, : EDGE_PX * scale]
        return bool((corner[..., 2] - corner[..., 0] > 100).any())

    wait_for(bar, "the work to begin", WORK_S)
    wait_for(lambda: not bar(), "the work to end", WORK_S)


if __name__ == "__main__":
    words = sys.argv[1:]
    values = dict(word.split("=", 1) for word in words if "=" in word)
    folders = [Path(word) for word in words if "=" not in word] or [ROOT / "docs" / "images"]
    for take in (take_windows, take_brush, take_shapes, take_walk):
        take(folders[0], values)
