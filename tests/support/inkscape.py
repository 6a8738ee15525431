"""Real Inkscape for the tests: settings, extension and engine of its own, and what it draws."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from lxml import etree
from numpy.typing import NDArray

from support.screen import Look, need, read_look

ROOT = Path(__file__).parents[2]
FAKE = ["/usr/bin/python3", str(ROOT / "tests" / "extension" / "support" / "fake_engine.py")]
TRUE = ["/usr/bin/env", f"PYTHONPATH={ROOT}", sys.executable, "-m", "clipasso_core"]
LIMIT_S = 120  # a run takes two seconds; one that hangs is a failure
RENDER_PX = 1000  # width of a rendered page
SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
LABEL = "{http://www.inkscape.org/namespaces/inkscape}label"
CLIPASSO = "{https://clipasso.org/ns}"
SECTORS = 72  # every 5 degrees around an ellipse there must be ink
# of a person's session, which a test's Inkscape must not see
UNSEEN = ("WAYLAND_DISPLAY", "GTK_THEME")
NO_BUS = "disabled:"  # else one would be started for the screen
QUIET = '<group id="options"><group id="boot" enabled="0"/></group>'  # no welcome


@dataclass
class Inkscape:
    """An installation for one test: nothing of the person's own is read or written."""

    folder: Path  # for everything
    display: str  # a virtual screen's name
    engine: list[str]  # its command
    more: dict[str, str]  # environment of Inkscape and what it starts

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
        pointer = {"command": own.engine, "home": str(own.home)}
        (folder / "engine.json").write_text(json.dumps(pointer))
        return own

    @property
    def profile(self) -> Path:
        return self.folder / "profile"

    @property
    def home(self) -> Path:
        return self.folder / "engine-home"

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in UNSEEN}
        own = {
            "DISPLAY": self.display,
            "INKSCAPE_PROFILE_DIR": str(self.profile),
            "CLIPASSO_ENGINE": str(self.folder / "engine.json"),
            "CLIPASSO_HOME": str(self.home),
            "GSETTINGS_BACKEND": "memory",
            "NO_AT_BRIDGE": "1",
            "DBUS_SESSION_BUS_ADDRESS": NO_BUS,
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
        """Keyboard shortcuts for menu entries of the extension.

        keys: the entry's action by the key as xdotool names it.
        """
        names = {"ctrl": "&lt;primary&gt;", "shift": "&lt;shift&gt;"}
        lines = []
        for key, action in keys.items():
            *modifiers, last = key.split("+")
            named = "".join(names[one] for one in modifiers) + last
            lines.append(f'<bind gaction="app.org.clipasso.{action}" keys="{named}"/>')
        (self.profile / "keys").mkdir(exist_ok=True)
        (self.profile / "keys" / "default.xml").write_text(
            f'<?xml version="1.0"?><keys name="Tests">{"".join(lines)}</keys>'
        )

    def open(self, document: Path, tag: str = "", **more: str) -> subprocess.Popen[bytes]:
        """Open a document in a window; in the Inkscape that runs with that tag, if one does."""
        return subprocess.Popen(
            [*self.command(tag), str(document)],
            env={**self.environment, **more},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def command(self, tag: str = "") -> list[str]:
        """Not handed to an Inkscape that runs, unless that has the same tag."""
        return ["inkscape", f"--app-id-tag={tag or new_tag()}"]

    def act(self, document: Path, *actions: str, **more: str) -> Path:
        """Open a document without a window, do these actions, save it beside.

        Returns the new file.
        """
        target = document.with_name(f"{document.stem}-{uuid.uuid4().hex[:6]}.svg")
        said = ";".join([*actions, f"export-filename:{target}", "export-do"])
        words = ["--batch-process", str(document), f"--actions={said}"]
        self.call(words, CLIPASSO_NO_GUI="1", **more)
        assert target.exists(), "Inkscape wrote nothing"
        return target

    def extend(self, document: Path, entry: str, *select: str, **more: str) -> Path:
        """Run a menu entry of the extension on a selection, without a window.

        Returns the new file.
        """
        selected = [f"select-by-id:{one}" for one in select]
        return self.act(document, *selected, f"org.clipasso.{entry}.noprefs", **more)

    def render(self, document: Path) -> Look:
        """What Inkscape draws of the page, on white."""
        picture = document.with_suffix(".png")
        page = ["--export-area-page", f"--export-width={RENDER_PX}", "--export-background=#fff"]
        self.call([str(document), f"--export-filename={picture}", *page])
        return read_look(picture)

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


def new_tag() -> str:
    """A name for an Inkscape that no other one has."""
    return f"t{uuid.uuid4().hex[:8]}"


def sketches(document: Path) -> list[etree._Element]:
    """The layers that the extension made."""
    groups = etree.parse(document).iter(f"{{{SVG}}}g")
    return [group for group in groups if group.get(f"{CLIPASSO}sketch")]


def element(document: Path, ident: str) -> etree._Element:
    """The element with that id."""
    found: etree._Element
    (found,) = etree.parse(document).xpath("//*[@id=$ident]", ident=ident)
    return found


def labels(document: Path) -> list[str]:
    return [str(layer.get(LABEL)) for layer in sketches(document)]


def rest(document: Path, loose: tuple[str, ...] = ()) -> str:
    """The document without the sketches and without how it was looked at.

    loose: ids of elements that may be treated.
    """
    tree = etree.parse(document, etree.XMLParser(remove_blank_text=True))
    for element in list(tree.iter(etree.Element)):
        if element.get(f"{CLIPASSO}sketch"):
            _remove(element)
        elif etree.QName(element).localname == "namedview":
            # Inkscape adds zoom and window when any effect runs
            element.attrib.clear()
        elif element.get("id") in loose:
            for name in map(str, list(element.attrib)):
                if name == "style" or name.startswith(CLIPASSO):
                    del element.attrib[name]
    return etree.canonicalize(tree.getroot(), strip_text=True)


def without(document: Path, sketched: bool) -> Path:
    """A copy without the sketches (`sketched` false), or with nothing on show but them."""
    tree = etree.parse(document)
    for element in list(tree.iter(etree.Element)):
        shown = element.tag in (f"{{{SVG}}}image", f"{{{SVG}}}rect") and not _is_effect(element)
        if element.get(f"{CLIPASSO}sketch") and not sketched:
            _remove(element)
        elif sketched and shown:
            # Inkscape 1.2 shows what is visibility:hidden
            element.set("style", f"{element.get('style') or 'fill-opacity:1'};opacity:0")
    copy = document.with_name(f"{document.stem}-{'sketch' if sketched else 'photo'}.svg")
    tree.write(copy)
    return copy


def _remove(element: etree._Element) -> None:
    parent = element.getparent()
    assert parent is not None
    parent.remove(element)


def _is_effect(element: etree._Element) -> bool:
    effects = (f"{{{SVG}}}clipPath", f"{{{SVG}}}mask")
    return any(above.tag in effects for above in element.iterancestors())


@dataclass(frozen=True)
class Fit:
    """How strokes lie on the edges of red shapes; lengths are shares of the photo's longer side."""

    off: float  # of the strokes' middle from the edge, the worst
    reach: float  # of the farthest dark pixel from the edge
    covered: float  # share of the edges
    shapes: int  # how many red shapes there are


def fit(photo: Look, sketch: Look) -> Fit:
    """Compare a rendered photo, twice as long as its red shape, with a rendered sketch."""
    off, stats, centres = _edges(photo)
    count = len(stats)
    rows, columns = np.nonzero(sketch.min(axis=2) < 128)
    assert len(rows), "there are no strokes on the page"
    # the shape that each dark pixel is nearest to: from [shapes, pixels] to [pixels]
    apart = [np.hypot(rows - y, columns - x) for x, y in centres[1:]]
    nearest = np.stack(apart).argmin(axis=0) + 1
    worst = reach = 0.0
    covered = []
    for part in range(1, count):
        mine = nearest == part
        side = 2 * max(stats[part][cv2.CC_STAT_WIDTH], stats[part][cv2.CC_STAT_HEIGHT])
        # of its pixels: the sector around the shape's middle, the distance from its edge
        angles = np.arctan2(rows[mine] - centres[part][1], columns[mine] - centres[part][0])
        sectors = ((angles + np.pi) / (2 * np.pi) * SECTORS).astype(int) % SECTORS
        distances = off[rows[mine], columns[mine]]
        drawn = np.unique(sectors)
        means = [abs(distances[sectors == one].mean()) for one in drawn]
        covered.append(len(drawn) / SECTORS)
        worst = max(worst, float(max(means)) / side)
        reach = max(reach, float(np.abs(distances).max()) / side)
    return Fit(worst, reach, min(covered), count - 1)


def _edges(photo: Look) -> tuple[NDArray[np.floating], NDArray[Any], NDArray[np.floating]]:
    """Signed distance [H, W] from the edges of red shapes; facts and middles of each part.

    The first part is all that is not red.
    """
    red = photo[..., 0].astype(float) - photo[..., 1]
    assert red.max() > 20, "there is nothing red on the page"
    shape = (red > red.max() / 2).astype(np.uint8)
    count, _, stats, centres = cv2.connectedComponentsWithStats(shape)
    assert count > 1
    from_inside = cv2.distanceTransform(shape, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    from_outside = cv2.distanceTransform(1 - shape, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    off = np.where(shape > 0, 0.5 - from_inside, from_outside - 0.5)
    return off, stats, np.asarray(centres, float)
