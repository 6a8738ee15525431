"""Real Inkscape for the tests: with settings, extension and engine of its own, its documents, and
what it draws.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from lxml import etree

from support.screen import need

ROOT = Path(__file__).parents[2]
FAKE = ["/usr/bin/python3", str(ROOT / "tests" / "extension" / "support" / "fake_engine.py")]
TRUE = ["/usr/bin/env", f"PYTHONPATH={ROOT}", sys.executable, "-m", "clipasso_core"]
LIMIT_S = 120  # a run takes two seconds; one that hangs is a failure
RENDER_PX = 1000  # width of a rendered page
SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
LABEL = "{http://www.inkscape.org/namespaces/inkscape}label"
CLIPASSO = "{https://clipasso.org/ns}"
SECTORS = 72  # every 5 degrees around an ellipse there must be ink
QUIET = '<group id="options"><group id="boot" enabled="0"/></group>'  # no welcome


@dataclass
class Inkscape:
    """An installation for one test: nothing of the person's own is read or written.

    folder: for everything. display: a virtual screen's name. engine: its command. more: environment
        of Inkscape and what it starts.
    """

    folder: Path
    display: str
    engine: list[str]
    more: dict[str, str]

    @classmethod
    def install(
        cls, folder: Path, display: str, engine: list[str] | None = None, **more: str
    ) -> Inkscape:
        """With the extension of this checkout."""
        need("inkscape")
        own = cls(folder, display, engine or FAKE, more)
        (own.profile / "extensions").mkdir(parents=True, exist_ok=True)
        (own.profile / "extensions" / "clipasso").symlink_to(ROOT / "inkscape_ext")
        own.prefer("")
        (folder / "engine.json").write_text(
            json.dumps({"command": own.engine, "home": str(own.home)})
        )
        return own

    @property
    def profile(self) -> Path:
        return self.folder / "profile"

    @property
    def home(self) -> Path:
        return self.folder / "engine-home"

    @property
    def environment(self) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if name not in ("WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "GTK_THEME")
        }
        own = {
            "DISPLAY": self.display,
            "INKSCAPE_PROFILE_DIR": str(self.profile),
            "CLIPASSO_ENGINE": str(self.folder / "engine.json"),
            "CLIPASSO_HOME": str(self.home),
            "GSETTINGS_BACKEND": "memory",
            "NO_AT_BRIDGE": "1",
            "LC_ALL": "C.UTF-8",
        }
        return {**kept, **own, **self.more}

    def prefer(self, settings: str) -> None:
        """Write Inkscape's preferences: groups as they stand in preferences.xml."""
        spaces = (
            'xmlns:sodipodi="http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd"'
            ' xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape"'
        )
        (self.profile / "preferences.xml").write_text(
            f'<inkscape {spaces} version="1">{QUIET}{settings}</inkscape>'
        )

    def bind(self, keys: dict[str, str]) -> None:
        """Keyboard shortcuts for menu entries of the extension: key as xdotool names it to the
        entry's action.
        """
        names = {"ctrl": "&lt;primary&gt;", "shift": "&lt;shift&gt;"}
        lines = []
        for key, action in keys.items():
            *modifiers, last = key.split("+")
            lines.append(
                f'<bind gaction="app.org.clipasso.{action}"'
                f' keys="{"".join(names[one] for one in modifiers)}{last}"/>'
            )
        (self.profile / "keys").mkdir(exist_ok=True)
        (self.profile / "keys" / "default.xml").write_text(
            f'<?xml version="1.0"?><keys name="Tests">{"".join(lines)}</keys>'
        )

    def open(self, document: Path, **more: str) -> subprocess.Popen[bytes]:
        """Open a document in a window."""
        silent = {
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.DEVNULL,
            "stderr": subprocess.DEVNULL,
        }
        return subprocess.Popen(
            [*self.command(), str(document)], env={**self.environment, **more}, **silent
        )

    def command(self) -> list[str]:
        """Not handed to an Inkscape that runs."""
        return ["inkscape", f"--app-id-tag=t{uuid.uuid4().hex[:8]}"]

    def act(self, document: Path, *actions: str, **more: str) -> Path:
        """Open a document without a window, do these actions, save it beside. Returns the new
        file.
        """
        target = document.with_name(f"{document.stem}-{uuid.uuid4().hex[:6]}.svg")
        said = ";".join([*actions, f"export-filename:{target}", "export-do"])
        self.call(
            ["--batch-process", str(document), f"--actions={said}"], CLIPASSO_NO_GUI="1", **more
        )
        assert target.exists(), "Inkscape wrote nothing"
        return target

    def extend(self, document: Path, entry: str, *select: str, **more: str) -> Path:
        """Run a menu entry of the extension on a selection, without a window. Returns the new
        file.
        """
        return self.act(
            document,
            *(f"select-by-id:{one}" for one in select),
            f"org.clipasso.{entry}.noprefs",
            **more,
        )

    def render(self, document: Path) -> np.ndarray:  # [H, W, 3] of 0..255, red green blue
        """What Inkscape draws of the page, on white."""
        picture = document.with_suffix(".png")
        self.call(
            [
                str(document),
                f"--export-filename={picture}",
                "--export-area-page",
                f"--export-width={RENDER_PX}",
                "--export-background=#fff",
            ]
        )
        return cv2.cvtColor(cv2.imread(str(picture)), cv2.COLOR_BGR2RGB)

    def call(self, words: list[str], **more: str) -> str:
        """Inkscape's command, to its end."""
        done = subprocess.run(
            [*self.command(), *words],
            env={**self.environment, **more},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @property
    def log(self) -> str:
        """The extension's log."""
        path = self.home / "logs" / "extension.log"
        return path.read_text() if path.exists() else ""


def sketches(document: Path) -> list[etree._Element]:
    """The layers that the extension made."""
    return [
        layer
        for layer in etree.parse(document).iter(f"{{{SVG}}}g")
        if layer.get(f"{CLIPASSO}sketch")
    ]


def element(document: Path, ident: str) -> etree._Element:
    """The element with that id."""
    (found,) = etree.parse(document).xpath("//*[@id=$ident]", ident=ident)
    return found


def labels(document: Path) -> list[str]:
    return [str(layer.get(LABEL)) for layer in sketches(document)]


def rest(document: Path, loose: tuple[str, ...] = ()) -> str:
    """The document without the sketches and without how it was looked at. loose: ids of elements
    that may be treated.
    """
    tree = etree.parse(document, etree.XMLParser(remove_blank_text=True))
    for element in list(tree.iter(etree.Element)):
        if element.get(f"{CLIPASSO}sketch"):
            element.getparent().remove(element)
        elif element.tag.endswith("}namedview"):
            # Inkscape adds zoom and window when any effect runs
            element.attrib.clear()
        elif element.get("id") in loose:
            for name in [
                name for name in element.attrib if name == "style" or name.startswith(CLIPASSO)
            ]:
                del element.attrib[name]
    return etree.canonicalize(tree.getroot(), strip_text=True)


def without(document: Path, sketched: bool) -> Path:
    """A copy without the sketches (`sketched` false), or with nothing on show but them."""
    tree = etree.parse(document)
    for element in list(tree.iter(etree.Element)):
        if element.get(f"{CLIPASSO}sketch") and not sketched:
            element.getparent().remove(element)
        elif (
            sketched
            and element.tag in (f"{{{SVG}}}image", f"{{{SVG}}}rect")
            and not _is_effect(element)
        ):
            # Inkscape 1.2 shows what is visibility:hidden
            element.set("style", f"{element.get('style') or 'fill-opacity:1'};opacity:0")
    copy = document.with_name(f"{document.stem}-{'sketch' if sketched else 'photo'}.svg")
    tree.write(copy)
    return copy


def _is_effect(element: etree._Element) -> bool:
    return any(
        above.tag in (f"{{{SVG}}}clipPath", f"{{{SVG}}}mask") for above in element.iterancestors()
    )


@dataclass(frozen=True)
class Fit:
    """How strokes lie on the edges of red shapes; lengths are shares of the photo's longer side.

    off: of the strokes' middle from the edge, the worst. reach: of the farthest dark pixel from the
        edge. covered: share of the edges.
    shapes: how many red shapes there are.
    """

    off: float
    reach: float
    covered: float
    shapes: int


def fit(photo: np.ndarray, sketch: np.ndarray) -> Fit:
    """Compare a rendered photo with a rendered sketch. A photo is twice as long as its red
    shape.
    """
    red = photo[..., 0].astype(float) - photo[..., 1]
    assert red.max() > 20, "there is nothing red on the page"
    shape = (red > red.max() / 2).astype(np.uint8)
    count, _, stats, centres = cv2.connectedComponentsWithStats(shape)
    assert count > 1
    from_inside = cv2.distanceTransform(shape, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    from_outside = cv2.distanceTransform(1 - shape, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    # [H, W] signed distance to the edge
    off = np.where(shape > 0, 0.5 - from_inside, from_outside - 0.5)
    rows, columns = np.nonzero(sketch.min(axis=2) < 128)
    assert len(rows), "there are no strokes on the page"
    # [shapes, pixels]
    apart = np.stack(
        [np.hypot(rows - centres[i][1], columns - centres[i][0]) for i in range(1, count)]
    )
    nearest = apart.argmin(axis=0) + 1
    worst, reach, covered = 0.0, 0.0, []
    for part in range(1, count):
        mine = nearest == part
        side = 2 * max(stats[part][cv2.CC_STAT_WIDTH], stats[part][cv2.CC_STAT_HEIGHT])
        angles = np.arctan2(rows[mine] - centres[part][1], columns[mine] - centres[part][0])
        sectors = ((angles + np.pi) / (2 * np.pi) * SECTORS).astype(int) % SECTORS
        distances = off[rows[mine], columns[mine]]
        means = np.array(
            [
                distances[sectors == one].mean() if (sectors == one).any() else np.nan
                for one in range(SECTORS)
            ]
        )
        covered.append(float(np.isfinite(means).mean()))
        worst = max(worst, float(np.nanmax(np.abs(means))) / side)
        reach = max(reach, float(np.abs(distances).max()) / side)
    return Fit(worst, reach, min(covered), count - 1)
