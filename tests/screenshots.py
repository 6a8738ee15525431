"""Takes the user guide's pictures with real Inkscape and the true engine: ``python tests/screenshots.py [FOLDER] [NAME=VALUE ...]``.

FOLDER is docs/images by default. NAME=VALUE go into the environment: ``GTK_THEME=Adwaita:dark``, ``GDK_SCALE=2``. Weights come from
the ``models`` folder of the CLIPASSO_HOME that this is started with.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from documents import SPACES
from inkscape import ROOT, TRUE, Inkscape
from screen import Desk, desk, wait_for

KEY, WINDOW = "ctrl+F9", "^Sketch the Selected Bitmap$"
WORK_S = 600  # for a sketch without a GPU
IMAGE = '<image id="photo" x="18" y="13" width="174" height="116" preserveAspectRatio="none" xlink:href="coffee.jpg"/>'
EDGE_PX = 60  # the progress bar's left end is within


def take(folder: Path, environment: dict[str, str]) -> None:
    """All pictures, into a folder."""
    scale = int(environment.get("GDK_SCALE", "1"))
    with tempfile.TemporaryDirectory() as scratch, desk(f"{1280 * scale}x{860 * scale}") as screen:
        inkscape = Inkscape.install(Path(scratch), screen.display, TRUE, **environment)
        inkscape.bind({KEY: "sketch"})
        inkscape.prefer('<group id="theme" darkTheme="0" preferDarkTheme="0"/>')
        inkscape.home.mkdir()
        (inkscape.home / "extension.json").write_text('{"bitmap": "dim"}')  # strokes show better in the last picture
        if os.environ.get("CLIPASSO_HOME"):
            shutil.copytree(Path(os.environ["CLIPASSO_HOME"]) / "models", inkscape.home / "models")
        shutil.copy(ROOT / "examples" / "coffee.jpg", scratch)
        document = Path(scratch) / "coffee.svg"
        document.write_text(f'<svg {SPACES} width="210mm" height="142mm" viewBox="0 0 210 142">{IMAGE}</svg>')
        process = inkscape.open(document)
        try:
            main = screen.window(r"coffee.svg - Inkscape$")
            screen.press("ctrl+a", KEY)
            own = screen.window(WINDOW)
            wait_worked(screen, own, scale)
            screen.shot(folder / "window-draft.png", own)
            screen.press("alt+f")
            wait_worked(screen, own, scale)
            screen.shot(folder / "window-finished.png", own)
            screen.press("alt+i")
            screen.gone(WINDOW)
            wait_for(lambda: screen.do("getwindowname", main).startswith("*"), "the sketch in the document")
            screen.focus(main)
            screen.press("Escape", "5")  # nothing selected, the page fits the window
            wait_for(lambda: screen.same(screen.look(main), screen.look(main)), "Inkscape to draw")
            screen.shot(folder / "in-inkscape.png")
        finally:
            process.terminate()
            process.wait()
            subprocess.run([*TRUE, "engine", "stop"], env=inkscape.environment, stdout=subprocess.DEVNULL, timeout=60, check=False)


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
    take(folders[0], values)
